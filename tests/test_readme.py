"""The README says what is so."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from tests.generated import fresh

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_rules_table_is_fresh() -> None:
    assert fresh(TEXT) == TEXT, "run python -m tests.generated"


def test_the_two_commands_are_one_line_each() -> None:
    for mark in ("main", "tests"):
        block = re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```", TEXT, flags=re.DOTALL)
        assert block is not None
        assert block.group(1).strip().count("\n") == 0


def test_every_file_that_it_names_is_there() -> None:
    links = re.findall(r"\]\(((?!https?:)[^)]+)\)", TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
