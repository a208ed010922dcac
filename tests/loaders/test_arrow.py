"""Arrow IPC and Feather: mapped where the format allows, else read once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.feather as feather
import pytest

from tests.loaders.reading import read, refusal, write

TABLE = pa.table({"sex": pa.array(["f", "m"]).dictionary_encode(), "x": [1.5, float("nan")]})


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_feather(tmp_path: Path, compression: str) -> None:
    feather.write_feather(TABLE, str(tmp_path / "a.feather"), compression=compression)
    assert read(tmp_path / "a.feather").rows == [("f", 1.5), ("m", None)]


@pytest.mark.parametrize("suffix", ["arrow", "arrows", "ipc"])
def test_a_stream(tmp_path: Path, suffix: str) -> None:
    with pa.ipc.new_stream(tmp_path / f"a.{suffix}", TABLE.schema) as stream:
        stream.write_table(TABLE)
    assert read(tmp_path / f"a.{suffix}").rows == [("f", 1.5), ("m", None)]


def test_files_of_a_folder_are_joined_by_name(tmp_path: Path) -> None:
    feather.write_feather(pa.table({"x": [1], "y": ["p"]}), str(tmp_path / "a.feather"))
    feather.write_feather(pa.table({"y": ["q"], "z": [True]}), str(tmp_path / "b.feather"))
    found = read(tmp_path)
    assert found.rows == [(1, "p", None), (None, "q", True)]
    assert found.notes == ("a.feather has no 'z': missing in its rows", "b.feather has no 'x': missing in its rows")


@pytest.mark.parametrize("content", [b"ARROW1 nonsense", b"plain text", b"\xff\xff\xff\xff\x10\0\0\0junk"])
def test_a_broken_file(tmp_path: Path, content: bytes) -> None:
    assert refusal(write(tmp_path, "a.arrow", content)).startswith("a.arrow cannot be read as Arrow: ")


def test_names_that_cannot_stand_together(tmp_path: Path) -> None:
    feather.write_feather(pa.table([[1], [2]], names=["a", "A"]), str(tmp_path / "a.feather"))
    assert "differ only by case" in refusal(tmp_path / "a.feather")


def test_no_rows(tmp_path: Path) -> None:
    feather.write_feather(TABLE.slice(0, 0), str(tmp_path / "a.feather"))
    assert refusal(tmp_path / "a.feather") == "a.feather has no rows"


@pytest.mark.parametrize("suffix", ["feather", "arrows"])
def test_a_column_without_a_value_beside_one_that_is_cast(tmp_path: Path, suffix: str) -> None:
    table = pa.table({"none": pa.nulls(2), "half": pa.array(np.array([1.5, 2.0], np.float16))})
    if suffix == "feather":
        feather.write_feather(table, str(tmp_path / "a.feather"))
    else:
        with pa.ipc.new_stream(tmp_path / "a.arrows", table.schema) as stream:
            stream.write_table(table)
    assert read(tmp_path / f"a.{suffix}").rows == [(None, 1.5), (None, 2.0)]
