"""Parquet: scanned in place, one file or many, with partitions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.errors import SourceError
from auditor.loaders import open_source
from tests.loaders.reading import read, refusal, write


def put(path: Path, **columns: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def test_a_file_is_scanned_and_not_copied(tmp_path: Path) -> None:
    path = put(tmp_path / "a.parquet", sex=["f", "m"], age=[31, None])
    with open_source(path) as source:
        plan = str(source.connection.execute(f"EXPLAIN FROM {source.relation}").fetchall())
    assert "PARQUET" in plan.upper()
    assert read(path).rows == [("f", 31), ("m", None)]


def test_nan_and_an_empty_string_are_missing(tmp_path: Path) -> None:
    path = put(tmp_path / "a.parquet", x=[1.5, float("nan"), None], f=pa.array([1, float("nan"), 2], pa.float32()), s=["", None, "x"])  # fmt: skip
    assert read(path).rows == [(1.5, 1.0, None), (None, None, None), (None, 2.0, "x")]


def test_nested_values_become_text_but_for_lists_of_numbers(tmp_path: Path) -> None:
    path = put(tmp_path / "a.parquet", s=[{"a": 1}], l=[[1, 2]], b=[b"\xff"], d=pa.array(["x"]).dictionary_encode())
    found = read(path)
    assert found.fields == {"s": "VARCHAR", "l": "BIGINT[]", "b": "VARCHAR", "d": "VARCHAR"}
    assert found.rows == [('{"a":1}', [1, 2], "FF", "x")]


def test_files_of_a_folder_are_joined_by_name(tmp_path: Path) -> None:
    put(tmp_path / "a.parquet", x=[1], y=["p"])
    put(tmp_path / "b.parquet", y=["q"], x=[2], z=[True])
    found = read(tmp_path)
    assert found.rows == [(1, "p", None), (2, "q", True)]
    assert found.notes == ("a.parquet has no 'z': missing in its rows",)


def test_partitions_are_columns(tmp_path: Path) -> None:
    put(tmp_path / "d" / "sex=f" / "a.parquet", x=[1])
    put(tmp_path / "d" / "sex=m" / "a.parquet", x=[2])
    assert read(tmp_path / "d").rows == [(1, "f"), (2, "m")]
    assert list(read(f"{tmp_path}/d/*/a.parquet").fields) == ["x", "sex"]
    assert list(read(tmp_path / "d" / "sex=f" / "a.parquet").fields) == ["x"]


def test_a_path_with_pattern_characters_names_one_file(tmp_path: Path) -> None:
    put(tmp_path / "a1.parquet", x=[9])
    assert read(put(tmp_path / "a[1].parquet", x=[1])).rows == [(1,)]
    assert read(put(tmp_path / "it's.parquet", x=[2])).rows == [(2,)]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"PAR1 nonsense PAR1", "Footer length error"), (b"PAR1" + b"x" * 100, "No magic bytes"), (b"plain text" * 9, "No magic bytes")],
)  # fmt: skip
def test_a_broken_file(tmp_path: Path, content: bytes, reason: str) -> None:
    assert refusal(write(tmp_path, "data.parquet", content)).startswith(
        f"data.parquet cannot be read as Parquet: {reason}"
    )


def test_a_broken_file_in_a_folder_is_named(tmp_path: Path) -> None:
    put(tmp_path / "a.parquet", x=[1])
    write(tmp_path, "b.parquet", b"PAR1")
    assert refusal(tmp_path).startswith("b.parquet cannot be read as Parquet")


@pytest.mark.parametrize(("names", "told"), [(["a", "A"], "differ only by case"), (["a", "a"], "'a' occurs twice")])
def test_names_that_cannot_stand_together(tmp_path: Path, names: list[str], told: str) -> None:
    pq.write_table(pa.table([[1], [2]], names=names), tmp_path / "a.parquet")
    assert told in refusal(tmp_path / "a.parquet")


def test_a_nested_name_may_recur(tmp_path: Path) -> None:
    assert list(read(put(tmp_path / "a.parquet", s=[{"x": {"x": 1}}], x=[1])).fields) == ["s", "x"]


def test_no_rows(tmp_path: Path) -> None:
    assert refusal(put(tmp_path / "a.parquet", x=pa.array([], pa.int64()))) == "a.parquet has no rows"


def test_no_columns(tmp_path: Path) -> None:
    assert refusal(put(tmp_path / "a.parquet")).startswith("a.parquet")


def _torn(path: Path) -> Path:
    """Write a file that opens well; a page in its midst is overwritten."""
    put(path, x=np.random.default_rng(0).normal(size=30_000))
    at = pq.ParquetFile(path).metadata.row_group(0).column(0).data_page_offset + 5_000
    content = bytearray(path.read_bytes())
    content[at : at + 1_000] = b"\xff" * 1_000
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("streamed", [False, True])
def test_a_file_torn_in_the_middle_is_one_clear_line(tmp_path: Path, streamed: bool) -> None:
    path = _torn(tmp_path / "torn.parquet")
    with (
        pytest.raises(SourceError, match=r"^torn\.parquet cannot be read to its end: \w"),
        open_source(path) as source,
    ):
        rows = source.connection.sql(f"SELECT x FROM {source.relation}")
        rows.to_arrow_reader(1000).read_all() if streamed else rows.fetchall()


@pytest.mark.parametrize("streamed", [False, True])
def test_too_little_memory_is_one_clear_line(tmp_path: Path, streamed: bool) -> None:
    path = put(tmp_path / "a.parquet", x=[1])
    with pytest.raises(SourceError, match="raise --memory-limit"), open_source(path, memory_limit="128MiB") as source:
        rows = source.connection.sql("SELECT string_agg(range, ' ') FROM range(100_000_000)")
        rows.to_arrow_reader(1000).read_all() if streamed else rows.fetchall()


def test_a_fault_of_the_program_is_not_blamed_on_the_data(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="a fault"), open_source(put(tmp_path / "a.parquet", x=[1])):
        raise KeyError("a fault")
