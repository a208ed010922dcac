"""What a command writes for people to read or to edit holds no character that drives a terminal, and is what it says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.audit.draft import draft, written
from auditor.cli.commands import main
from auditor.format import printable
from auditor.loaders.store import Store, reason
from auditor.reporter import markdown
from auditor.use.toml import key_text, value_text
from tests.conftest import rows_of
from tests.fuzz import pages

HARD = ("a\x9b31mb", "a\u202eb", "\x7f", "\U000e0001", "\u061ca", "\x1b]0;x\x07", "a\u2028b", "\ufeff", "\x00", '"\\', "\u0378", "🙂")  # fmt: skip


@pytest.mark.parametrize("text", HARD)
def test_a_text_in_toml_is_printable_and_read_back_as_it_is(text: str) -> None:
    line = f"{key_text(text)} = {value_text([text, {text: text}])}"
    assert printable(line) == line
    assert tomllib.loads(line) == {text: [text, {text: text}]}


def test_a_drafted_use_case_is_printable_whatever_the_data_hold(tmp_path: Path) -> None:
    levels = [level for level in HARD if level != "\x00"]
    frame = pd.DataFrame({"gender": levels * 20, "hired": ["yes", *levels[1:]] * 20, "a\x9b": levels * 20})
    frame.to_parquet(tmp_path / "d.parquet")
    text = written(draft(str(tmp_path / "d.parquet")), tmp_path)
    assert all(printable(line) == line for line in text.split("\n"))
    assert tomllib.loads(text)["label"]["column"] == "hired"


def test_the_reason_of_a_fault_has_no_head_of_a_traceback() -> None:
    fault = "IO Error: LZ4 decompress failed. Detail: Python exception: Traceback (most recent call last):\n  File x"
    store = Store()
    assert reason(OSError(fault), store, "d.arrow") == "LZ4 decompress failed"
    store.close()


@pytest.mark.parametrize("name", ["a\u2066b", "a\u2028b", "a\x1b]0;x\x07b", "a\nb"])
def test_what_was_written_is_said_in_one_printable_line(name: str, tmp_path: Path) -> None:
    rows_of({"a": (5, 20), "b": (10, 20)}).to_csv(tmp_path / "d.csv", index=False)
    data = str(tmp_path / "d.csv")
    asked = ["--target=hired", "--group=group"]
    commands = [
        ["check", data, *asked, "--only=OUT001", f"--report={tmp_path}/{name}.json"],
        ["render", f"{tmp_path}/{name}.json", f"--output={tmp_path}/{name}2.json"],
        ["compare", f"{tmp_path}/{name}.json", f"{tmp_path}/{name}2.json", f"--output={tmp_path}/{name}.md"],
        ["tally", data, *asked, f"--output={tmp_path}/{name}.tally"],
        ["init", data, f"--output={tmp_path}/{name}.toml"],
    ]
    for command in commands:
        done = CliRunner().invoke(main, command)
        assert done.exit_code in (0, 1), done.output
        (line,) = [line for line in done.stderr.split("\n") if line]
        assert line.startswith("wrote ") and printable(line) == line


def test_a_group_that_the_use_names_is_no_mark_up_in_markdown() -> None:
    name = "<b>@SUM ~~x~~</b> [a](http://x)"
    frame = rows_of({"a": (5, 20), "b": (10, 20)}, group=name)
    audit = auditor.check(frame, target="hired", groups=[name], reference={name: {"a": 0.5, "b": 0.5}}, only="REP001")
    assert not list(pages.markdown(markdown.render(audit)))
