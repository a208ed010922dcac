"""A column of frequencies: each row stands for that many."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from auditor.loaders import open_source
from tests.loaders.reading import read, refusal, write


def test_rows_are_unfolded(tmp_path: Path) -> None:
    found = read(write(tmp_path, "a.csv", "sex,n,x\nf,2,p\nm,0,q\nm,1,r\n"), count="n")
    assert found.fields == {"sex": "VARCHAR", "x": "VARCHAR"}
    assert found.rows == [("f", "p"), ("f", "p"), ("m", "r")]
    assert found.notes == ("rows counted by column 'n'",)


@pytest.mark.parametrize("counts", [[3, 1], [3.0, 1.0], pd.array([3, 1], dtype="UInt8")])
def test_counts_of_any_numeric_type(counts: Any) -> None:
    assert len(read(pd.DataFrame({"a": ["x", "y"], "n": counts}), count="n").rows) == 4


def test_hostile_names() -> None:
    frame = pd.DataFrame({"size": ["x"], "start": ["y"], "range": ["z"], 'the "n"': [2]})
    assert read(frame, count='the "n"').rows == [("x", "y", "z")] * 2


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([1, None], "1 of its values are missing"),
        ([1.5, 2], "it holds 1.5"),
        ([1, -2], "it holds -2"),
        ([1, float("inf")], "it holds inf"),
        (["1", "2"], "its type is VARCHAR"),
        ([True, False], "its type is BOOLEAN"),
    ],
)
def test_counts_that_are_none(counts: list[Any], told: str) -> None:
    text = refusal(pd.DataFrame({"a": ["x", "y"], "n": counts}), count="n")
    assert text == f"DataFrame: column 'n' cannot count rows, {told}; a column of counts holds whole numbers from 0, none missing"  # fmt: skip


def test_a_column_that_is_not_there() -> None:
    assert "column 'm' is not in DataFrame" in refusal(pd.DataFrame({"a": ["x"], "n": [1]}), count="m")


def test_nothing_but_counts() -> None:
    assert refusal(pd.DataFrame({"n": [1]}), count="n") == "DataFrame has no column beside the counts in 'n'"
    assert refusal(pd.DataFrame({"a": ["x"], "n": [0]}), count="n") == "DataFrame has no rows"


def test_ten_million_rows_are_counted_fast() -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "n": [9_999_999, 1]})
    with open_source(frame, count="n") as source:
        start = time.perf_counter()
        query = f"SELECT a, count(*) FROM {source.relation} GROUP BY a ORDER BY a"
        assert source.connection.execute(query).fetchall() == [("x", 9_999_999), ("y", 1)]
        assert time.perf_counter() - start < 5
