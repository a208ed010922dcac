"""Arrow data that lie about their sizes are refused in a line; nothing reads beyond them, and no process ends."""

from __future__ import annotations

import io
import multiprocessing
import random
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from auditor.errors import AuditError
from auditor.loaders import arrow_check, limits, open_source
from auditor.loaders.arrow_sizes import Malformed, sizes


def _offsets(*numbers: int) -> pa.Buffer:
    return pa.py_buffer(np.array(numbers, dtype=np.int32).tobytes())


def _text() -> pa.Array:
    """Three texts, the first of which ends a million bytes beyond all of them."""
    return pa.Array.from_buffers(pa.string(), 3, [None, _offsets(0, 1_000_000, 2, 2), pa.py_buffer(b"ab")])


def _codes() -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array([0, 1, 1_000_000], pa.int32()), pa.array(["a", "b"]), safe=False)


def _views() -> pa.Array:
    view = struct.pack("<iiii", 1000, 0, 7, 1_000_000)
    return pa.Array.from_buffers(pa.string_view(), 3, [None, pa.py_buffer(view * 3), pa.py_buffer(b"ab")])


DAMAGED: dict[str, Callable[[], pa.Array]] = {
    "text": _text,
    "not UTF-8": lambda: pa.Array.from_buffers(pa.string(), 3, [None, _offsets(0, 1, 2, 3), pa.py_buffer(b"\xff" * 3)]),
    "codes": _codes,
    "dictionary": lambda: pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int8()), _text(), safe=False),
    "views": _views,
    "list": lambda: pa.Array.from_buffers(
        pa.list_(pa.int64()), 3, [None, _offsets(0, 9_000_000, 2, 2)], children=[pa.array([1, 2])]
    ),
    "nested": lambda: pa.StructArray.from_arrays([_text()], ["inner"]),
}


def refused(data: object) -> str:
    with pytest.raises(AuditError) as caught:
        open_source(data).close()
    assert "\n" not in str(caught.value)
    return str(caught.value)


class _Exported:
    """An object that offers nothing but a stream of Arrow."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize("kind", DAMAGED)
@pytest.mark.parametrize("held", ["table", "batch", "reader", "dataset", "stream", "file", "ipc", "pandas"])
def test_damaged_arrays_are_refused(tmp_path: Path, kind: str, held: str) -> None:
    table = pa.table({"y": [1, 0, 1], "g": DAMAGED[kind]()})
    path = tmp_path / "x.arrow"
    if held in ("file", "ipc"):
        make = pa.ipc.new_file if held == "file" else pa.ipc.new_stream
        with make(str(path), table.schema) as writer:
            writer.write_table(table)
    data: Any = {
        "table": lambda: table,
        "batch": lambda: table.to_batches()[0],
        "reader": table.to_reader,
        "dataset": lambda: ds.dataset(table),
        "stream": lambda: _Exported(table),
        "pandas": lambda: pd.DataFrame(
            {"y": [1, 0, 1], "g": pd.Series(pd.array(table["g"], dtype=pd.ArrowDtype(table["g"].type)))}
        ),
    }.get(held, lambda: path)()
    assert "it is cut off or damaged" in refused(data)


def test_codes_without_a_category_are_refused() -> None:
    values = pd.Categorical.from_codes([0, 5, 1], categories=pd.Index(["a", "b"]), validate=False)
    assert "codes of categories that it does not have" in refused(pd.DataFrame({"y": [1, 0, 1], "g": values}))


def test_sound_frames_are_read() -> None:
    table = pa.table({"y": [1, 0], "g": pa.array(["a", None]).dictionary_encode(), "s": [{"a": [1]}, None]})
    for data in (table, table.to_reader(), ds.dataset(table), _Exported(table), pl.from_arrow(table)):
        with open_source(data) as source:
            assert source.connection.execute(f"SELECT y, g FROM {source.relation}").fetchall() == [(1, "a"), (0, None)]


def _file(table: pa.Table, compression: str | None = None, *, stream: bool = False) -> bytes:
    sink = io.BytesIO()
    make = pa.ipc.new_stream if stream else pa.ipc.new_file
    with make(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, max_chunksize=100)
    return sink.getvalue()


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_sizes_are_those_of_the_batches(stream: bool, compression: str | None) -> None:
    table = pa.table({"n": np.zeros(250), "g": pa.array(["a" * 100] * 250).dictionary_encode()})
    found = list(sizes(_file(table, compression, stream=stream)))
    assert [each.rows for each in found if each.rows] == [100, 100, 50]
    assert all(each.packed == bool(compression) for each in found)
    assert 250 * 12 + 100 <= sum(each.unpacked for each in found) <= 250 * 12 + 1_000


def test_content_that_is_cut_off_is_malformed() -> None:
    content = _file(pa.table({"n": [1.0] * 100}))
    for end in range(8, len(content), 7):
        with pytest.raises(Malformed):
            list(sizes(content[:end]))


@pytest.mark.parametrize("stream", [True, False])
def test_batches_that_unpack_to_very_much_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stream: bool
) -> None:
    path = tmp_path / "x.arrow"
    path.write_bytes(_file(pa.table({"n": np.zeros(200_000)}).combine_chunks(), "zstd", stream=stream))
    monkeypatch.setattr(limits, "UNPACKED", 2**18)
    monkeypatch.setattr(limits, "RATIO", 1)
    assert "unpacks to over" in refused(path)
    monkeypatch.setattr(arrow_check, "BATCH", 700)
    assert "has a batch of over 700 bytes, the limit" in refused(path)


def test_rows_without_bytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.arrow"
    monkeypatch.setattr(limits, "ROWS", 1_000)
    batch = pa.RecordBatch.from_arrays([pa.nulls(100_000), pa.nulls(100_000)], ["y", "g"])
    with pa.ipc.new_file(str(path), batch.schema) as writer:
        writer.write_batch(batch)
    assert "100,000 rows in" in refused(path)


def test_a_long_text_for_every_row_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "UNPACKED", 2**18)
    monkeypatch.setattr(limits, "RATIO", 1)
    codes = pa.DictionaryArray.from_arrays(pa.array([0] * 30_000, pa.int8()), pa.array(["x" * 1_000]))
    path = tmp_path / "x.arrow"
    path.write_bytes(_file(pa.table({"y": [1] * 30_000, "g": codes})))
    assert "write it without dictionaries" in refused(path)


def _samples() -> Iterator[tuple[str, bytes]]:
    n = 120
    table = pa.table(
        {
            "y": [i % 2 for i in range(n)],
            "g": ["xz"[i % 2] * (i % 20) for i in range(n)],
            "d": pa.array(["abc"[i % 3] for i in range(n)]).dictionary_encode(),
            "l": [["q"] * (i % 3) for i in range(n)],
            "s": [{"a": i, "b": "t" * (i % 9)} if i % 3 else None for i in range(n)],
            "b": [i % 2 == 0 for i in range(n)],
        }
    )
    for compression in (None, "lz4"):
        yield "file.arrow", _file(table, compression)
        yield "stream.arrow", _file(table, compression, stream=True)
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=50)
    yield "x.parquet", sink.getvalue()


def _broken(random_: random.Random, content: bytes) -> bytes:
    broken = bytearray(content)
    for _ in range(random_.choice([1, 1, 2, 5])):
        at = random_.choice([random_.randrange(len(broken)), random_.randrange(-800, 0) + len(broken)])
        wide = random_.random() < 0.3
        broken[at : at + 4 if wide else at + 1] = (
            random_.choice([b"\xff\xff\xff\x7f", b"\xff\xff\xff\xff", b"\0\0\0\x40"])
            if wide
            else bytes([random_.randrange(256)])
        )
    return bytes(broken)


def _fuzz(folder: str, seed: int, cases: int) -> None:
    """Read files with some bytes broken; runs in a process of its own, which a fault would end."""
    random_, samples = random.Random(seed), list(_samples())
    for _ in range(cases):
        name, content = random_.choice(samples)
        path = Path(folder, name)
        path.write_bytes(_broken(random_, content))
        try:
            with open_source(path, memory_limit="256MB") as source:
                source.connection.execute(f"SELECT * FROM {source.relation}").fetchall()
        except (AuditError, duckdb.Error) as error:
            assert isinstance(error, duckdb.Error) or "\n" not in str(error), str(error)


def test_files_with_broken_bytes_end_no_process(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_fuzz, args=(str(tmp_path), 20261129, 25))
    process.start()
    process.join(120)
    assert process.exitcode == 0
