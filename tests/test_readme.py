"""The README says what is so."""

from __future__ import annotations

import re

import pytest

from auditor.loaders.catalog import LOADERS
from auditor.reporter.formats import suffixes
from auditor.use.policy import Policy
from tests.conftest import ROOT
from tests.generated import fresh

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_its_tables_of_rules_of_what_is_read_and_of_what_is_written_are_fresh() -> None:
    assert fresh(TEXT) == TEXT, "run python -m tests.generated"


def test_its_tables_name_every_format_and_every_suffix_that_is_read() -> None:
    read, written = (
        TEXT.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0] for name in ("read", "written")
    )
    assert re.findall(r"^\| `(\S+)`", written, flags=re.MULTILINE) == list(suffixes())
    told = set(re.findall(r"`(\S+?)`", read))
    assert {suffix for loader in LOADERS for suffix in loader.suffixes} <= told
    assert {f"{scheme}://" for loader in LOADERS for scheme in loader.schemes} <= told


def test_the_two_commands_are_one_line_each() -> None:
    for mark in ("main", "tests"):
        block = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```", TEXT, flags=re.DOTALL)
        assert block is not None
        assert block.group(1).strip().count("\n") == 0


def test_every_file_that_it_names_is_there() -> None:
    links = re.findall(r"\]\(((?!https?:)[^)]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("folder", ["engines", "reporter"])
def test_a_folders_own_readme_names_each_of_its_files(folder: str) -> None:
    there = ROOT / "auditor" / folder
    named = set(re.findall(r"`(?:\w+/)?(\w+\.py)`", (there / "README.md").read_text(encoding="utf-8")))
    files = {path.name for path in there.rglob("*.py") if path.name != "__init__.py" and path.parent.name != "spark"}
    assert files <= named
    assert named <= {path.name for path in there.rglob("*.py")}


def test_the_checks_that_a_verdict_rests_on_are_those_of_the_default_policy() -> None:
    table = TEXT.partition("| the use | must settle it | must have run |\n")[2].partition("\n\n")[0]
    rows = [line.strip("|").split("|") for line in table.splitlines()[1:]]
    rests = Policy.load("default").verdict
    for column, kinds in ((1, rests.required), (2, rests.checked)):
        named = [code for row in rows for code in re.findall(r"[A-Z]+\d+", re.sub(r"\(.*?\)", "", row[column]))]
        assert sorted(named) == sorted(code for codes in kinds.model_dump().values() for code in codes)
