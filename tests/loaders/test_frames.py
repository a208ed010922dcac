"""Frames of every library: scanned in place where that is the same every time, else read once."""

from __future__ import annotations

import datetime as dt
import sys
import types
from collections.abc import Callable
from typing import Any

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import auditor
from auditor.loaders import in_memory, open_source
from tests.loaders.reading import read, refusal

COLUMNS = {"sex": ["f", "m", None], "x": [1.5, float("nan"), 2.5]}
ROWS = [("f", 1.5), ("m", None), (None, 2.5)]
TABLE = pa.table(COLUMNS)


class Stream:
    """An object that is known by its Arrow stream alone."""

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return TABLE.__arrow_c_stream__(requested_schema)


MAKERS: dict[str, Callable[[], object]] = {
    "DataFrame": lambda: pl.DataFrame(COLUMNS, strict=False),
    "LazyFrame": lambda: pl.LazyFrame(COLUMNS, strict=False),
    "Table": lambda: TABLE,
    "RecordBatch": lambda: TABLE.to_batches()[0],
    "RecordBatchReader": TABLE.to_reader,
    "InMemoryDataset": lambda: ds.dataset(TABLE),
    "relation": lambda: duckdb.connect().from_arrow(TABLE),
    "Stream": Stream,
}


@pytest.mark.parametrize("name", MAKERS)
def test_frames_give_their_rows_as_often_as_asked(name: str) -> None:
    with open_source(MAKERS[name]()) as source:
        assert source.name == name
        assert source.sha256 is None
        assert source.fields == {"sex": "VARCHAR", "x": "DOUBLE"}
        for _ in range(2):
            assert source.connection.execute(f"FROM {source.relation}").fetchall() == ROWS


def test_a_wrapped_frame_is_unwrapped() -> None:
    assert read(nw.from_native(pl.DataFrame(COLUMNS))).rows == ROWS
    assert read(nw.from_native(pl.LazyFrame(COLUMNS))).rows == ROWS


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "Stream"])
def test_a_frame_without_rows(name: str) -> None:
    empty: dict[str, Callable[[], object]] = {
        "DataFrame": lambda: pl.DataFrame(schema={"x": pl.Int64}),
        "LazyFrame": lambda: pl.LazyFrame(schema={"x": pl.Int64}),
        "Table": lambda: TABLE.slice(0, 0),
        "RecordBatch": lambda: TABLE.to_batches()[0].slice(0, 0),
        "RecordBatchReader": lambda: TABLE.slice(0, 0).to_reader(),
        "InMemoryDataset": lambda: ds.dataset(TABLE.slice(0, 0)),
        "relation": lambda: duckdb.connect().sql("SELECT 1 AS x WHERE false"),
    }
    assert refusal(empty[name]()) == f"{name} has no rows"


@pytest.mark.parametrize("frame", [pl.DataFrame(), pl.LazyFrame(), pa.table({})])
def test_a_frame_without_columns(frame: object) -> None:
    assert refusal(frame) == f"{type(frame).__name__} has no columns"


@pytest.mark.parametrize(
    "make",
    [
        lambda table: table,
        lambda table: table.to_reader(),
        lambda table: ds.dataset(table),
        lambda table: pl.from_arrow(table),
        lambda table: pl.DataFrame(table).lazy(),
    ],
)
def test_names_that_differ_only_by_case(make: Callable[[Any], object]) -> None:
    assert "columns 'a' (position 1) and 'A' (position 2) differ only by case" in refusal(make(pa.table({"a": [1], "A": [2]})))  # fmt: skip


def test_a_relation_is_read_once_and_its_connection_left_alone() -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE t AS SELECT range AS x FROM range(5000)").fetchall()
    relation = connection.sql("SELECT x, random() AS r FROM t WHERE x % 2 = 0")
    with open_source(relation) as source:
        first = source.connection.execute(f"SELECT * FROM {source.relation} LIMIT 3").fetchall()
        connection.execute("DROP TABLE t").fetchall()
        assert source.connection.execute(f"SELECT * FROM {source.relation} LIMIT 3").fetchall() == first
        assert source.connection.execute(f"SELECT count(*) FROM {source.relation}").fetchall() == [(2500,)]
    assert connection.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchall() == [(0,)]
    assert connection.execute("SELECT current_setting('TimeZone')").fetchall() != []


def test_kinds_of_polars_columns() -> None:
    frame = pl.DataFrame(
        {
            "c": pl.Series(["u", None], dtype=pl.Categorical),
            "e": pl.Series(["u", None], dtype=pl.Enum(["u", "v"])),
            "n": [None, None],
            "l": [[1], None],
            "s": [{"a": 1}, None],
            "z": pl.Series([dt.datetime(2024, 1, 1), None], dtype=pl.Datetime("ns", "Europe/Paris")),
            "o": pl.Series([{1}, None], dtype=pl.Object),
            "u": pl.Series([1, None], dtype=pl.UInt8),
        }
    )
    found = read(frame)
    assert found.rows == [("u", "u", None, [1], '{"a":1}', dt.datetime(2024, 1, 1), "{1}", 1), (None,) * 8]
    assert found.fields["z"] == "TIMESTAMP"
    assert found.fields["n"] == "VARCHAR"
    assert found.notes == (
        "column 'o' is read as text: it holds Python objects",
        "times with a zone are read in UTC: 'z'",
    )


def test_a_lazy_frame_that_fails() -> None:
    assert refusal(pl.LazyFrame({"a": [1]}).select("b")).startswith("LazyFrame cannot be read: ")


def test_a_reader_that_was_read_before() -> None:
    reader = TABLE.to_reader()
    reader.read_all()
    assert refusal(reader) == "RecordBatchReader has no rows"


def test_a_dataset_of_files_is_scanned_in_place(tmp_path: Any) -> None:
    pq.write_table(TABLE, tmp_path / "a.parquet")
    assert read(ds.dataset(tmp_path / "a.parquet")).rows == ROWS


@pytest.mark.parametrize("thing", [3, None, b"a.csv", object(), pl.DataFrame])
def test_anything_else_is_refused_in_one_line(thing: object) -> None:
    text = refusal(thing)
    assert text.startswith(
        f"a value of type {type(thing).__name__} cannot be read; a path, a pandas frame, a Polars frame"
    )


def test_a_name_of_ones_own() -> None:
    assert read(TABLE, name="people").name == "people"


@pytest.mark.parametrize("lazy", [False, True])
def test_a_column_whose_name_holds_a_null_is_read(lazy: bool) -> None:
    frame = pl.DataFrame({"a\0b": ["x", "y"], "n": [1, 2]})
    found = read(frame.lazy() if lazy else frame)
    assert (list(found.fields), found.rows) == (["a\ufffdb", "n"], [("x", 1), ("y", 2)])


def test_a_name_with_a_null_fails_no_rule() -> None:
    people = {"a\0b": ["x", "y", "z"] * 100, "sex": ["f", "m"] * 150, "hired": [0, 1, 1, 0, 1] * 60}
    audit = auditor.check(pa.table(people), target="hired", groups=["sex"], only=["PRX", "MDL001"])
    assert [(result.rule, result.reason) for result in audit.results if result.failed] == []


def test_a_library_that_another_thread_is_importing_does_not_fail_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules are loaded beside the reading of the data: pandas is then known, and has no classes yet."""
    monkeypatch.setitem(sys.modules, "pandas", types.ModuleType("pandas"))
    assert not in_memory.is_a(pl.DataFrame({"a": [1]}), "pandas", "Series", "Index")
    assert in_memory.is_a(pl.DataFrame({"a": [1]}), "polars", "DataFrame")
