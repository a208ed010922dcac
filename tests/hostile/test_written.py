"""What a command writes for people to read or to edit holds no character that drives a terminal, and is what it says."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pandas as pd
import pytest

from auditor.draft import draft, written
from auditor.loaders.store import Store, reason
from auditor.toml import key_text, value_text
from auditor.words import printable

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
