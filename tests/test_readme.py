"""The README says what is so."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from auditor.cli.commands import main
from auditor.loaders.catalog import LOADERS
from auditor.reporter.formats import suffixes
from auditor.use.policy import Policy
from tests.conftest import ROOT
from tests.generated import TABLES, fresh

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
}


@pytest.mark.parametrize("document", TABLES)
def test_generated_tables_are_fresh(document: str) -> None:
    assert fresh(DOCUMENTS[document], TABLES[document]) == DOCUMENTS[document], "run python -m tests.generated"


def _table(document: str, name: str) -> str:
    return DOCUMENTS[document].partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]


def test_tables_name_every_format_and_every_suffix_that_is_read() -> None:
    written = _table("README.md", "written")
    assert re.findall(r"^\| `(\S+)`", written, flags=re.MULTILINE) == list(suffixes())
    marks = set(re.findall(r"`(\S+?)`", _table("docs/data.md", "read")))
    assert {suffix for loader in LOADERS for suffix in loader.suffixes} <= marks
    assert {f"{scheme}://" for loader in LOADERS for scheme in loader.schemes} <= marks


def _first_minutes() -> list[list[str]]:
    block = re.search(r"<!-- five -->\n```sh\n(.*?)```", TEXT, flags=re.DOTALL)
    assert block is not None
    return [shlex.split(line, comments=True) for line in block.group(1).splitlines() if line[0] != "#"]


def test_the_first_minutes_use_files_that_are_there_or_were_written_before() -> None:
    written: set[str] = set()
    for program, command, *words in _first_minutes():
        assert program == "dataudit"
        made = {words[at + 1] for at, word in enumerate(words) if word in {"-o", "--report"}}
        read = {word for word in words if "." in word} - made
        assert all(name in written or (ROOT / name).exists() for name in read), command
        flags = {flag for option in main.commands[command].params for flag in option.opts}
        assert {word for word in words if word.startswith("-")} <= flags
        written |= made


def test_the_python_of_the_first_minutes_runs_and_gives_what_its_comments_state(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    names = _ran(block.replace("groups=[", "no_models=True, groups=["), monkeypatch, tmp_path)
    audit = names["audit"]
    assert "'unfit'" in block and audit.verdict.level == "unfit"
    assert "# 0.51," in block and f"{audit.impact_ratio('gender', 'female').value:.2f}" == "0.51"
    assert (tmp_path / "report.html").exists()


def test_the_python_page_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENTS["docs/python.md"], flags=re.DOTALL)
    assert len(blocks) > 4
    names = _ran("\n".join(blocks), monkeypatch, tmp_path)
    assert not names["audit"].fit
    assert names["again"].verdict == names["review"].verdict
    assert str(names["ratio"].value).startswith("0.51")
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {"audit.json", "audit.html", "use_case.toml"}


def _ran(code: str, monkeypatch: pytest.MonkeyPatch, folder: Path) -> dict[str, Any]:
    """Run code in a folder that has the samples, and return its names."""
    (folder / "sample_data").symlink_to(ROOT / "sample_data")
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    exec(compile("from __future__ import annotations\n" + code, "document", "exec"), names)
    return names


def test_the_two_commands_are_one_line_each() -> None:
    for mark in ("main", "tests"):
        block = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```", TEXT, flags=re.DOTALL)
        assert block is not None
        assert block.group(1).strip().count("\n") == 0


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_a_document_names_is_there(document: str) -> None:
    links = re.findall(r"\]\(((?!https?:)[^)#]+)[^)]*\)", DOCUMENTS[document])
    assert [link for link in links if not (ROOT / document).parent.joinpath(link).exists()] == []


def test_the_readme_links_the_documentation_which_has_every_page() -> None:
    assert "](docs/index.md)" in TEXT
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    assert [name for name in DOCUMENTS if name != "README.md" and f"{name.removeprefix('docs/')}\n" not in nav] == []


@pytest.mark.parametrize("folder", ["engines", "reporter"])
def test_a_folders_own_readme_names_each_of_its_files(folder: str) -> None:
    there = ROOT / "auditor" / folder
    named = set(re.findall(r"`(?:\w+/)?(\w+\.py)`", (there / "README.md").read_text(encoding="utf-8")))
    files = {path.name for path in there.rglob("*.py") if path.name != "__init__.py" and path.parent.name != "spark"}
    assert files <= named
    assert named <= {path.name for path in there.rglob("*.py")}


def test_the_readme_of_the_rules_names_each_concern_and_what_they_share() -> None:
    there = ROOT / "auditor" / "analyzers"
    named = set(re.findall(r"`(\w+\.py|\w+/)`", (there / "README.md").read_text(encoding="utf-8")))
    folders = {f"{path.parent.name}/" for path in there.glob("*/__init__.py")}
    assert named == folders | {path.name for path in there.glob("*.py") if path.name != "__init__.py"}


def test_the_checks_that_a_verdict_rests_on_are_those_of_the_default_policy() -> None:
    table = (
        DOCUMENTS["docs/use-case.md"]
        .partition("| the use | must settle it | must have run |\n")[2]
        .partition("\n\n")[0]
    )
    rows = [line.strip("|").split("|") for line in table.splitlines()[1:]]
    rests = Policy.load("default").verdict
    for column, kinds in ((1, rests.required), (2, rests.checked)):
        named = [code for row in rows for code in re.findall(r"[A-Z]+\d+", re.sub(r"\(.*?\)", "", row[column]))]
        assert sorted(named) == sorted(code for codes in kinds.model_dump().values() for code in codes)
