"""Tables in binary files: Parquet, Arrow, workbooks, SQLite, DuckDB, and anything compressed."""

from __future__ import annotations

import gzip
import io
import random
import sqlite3
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.fuzz.tables import Made


def arrow(random: random.Random, made: Made, *, odd: bool = True) -> pa.Table:
    """Return an Arrow table; a column whose values are of several kinds becomes text."""
    arrays, names = [], []
    for name, values in made.columns.items():
        arrays.append(_array(random, values, odd=odd))
        names.append(_unicode(name))
    return pa.Table.from_arrays(arrays, names=names)


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _array(random: random.Random, values: list[Any], *, odd: bool) -> pa.Array:
    try:
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        array = pa.array([None if value is None else _unicode(str(value)) for value in values], pa.string())
    if not odd or random.random() < 0.6:
        return array
    kind = array.type
    other = {
        "int64": (
            pa.int8(),
            pa.uint64(),
            pa.float16(),
            pa.decimal128(38, 10),
            pa.decimal256(60, 2),
            pa.timestamp("s"),
            pa.date32(),
            pa.time32("s"),
        ),
        "string": (
            pa.large_string(),
            pa.binary(),
            pa.dictionary(pa.int8(), pa.string()),
            pa.string_view(),
            pa.large_binary(),
        ),
        "double": (pa.float32(), pa.float16(), pa.decimal128(20, 3)),
        "bool": (pa.int8(), pa.string()),
        "timestamp[us]": (pa.timestamp("ns"), pa.timestamp("s", "Europe/Paris"), pa.date32(), pa.date64()),
        "date32[day]": (pa.timestamp("ms"), pa.date64()),
    }.get(str(kind), ())
    wrapped = random.random()
    try:
        if wrapped < 0.1:
            return pa.array([[value] for value in array.to_pylist()], pa.list_(kind))
        if wrapped < 0.2:
            return pa.StructArray.from_arrays([array, array], ["a", "b"])
        if wrapped < 0.25:
            return pa.array([[("k", value)] for value in array.to_pylist()], pa.map_(pa.string(), kind))
        return array.cast(random.choice(other)) if other else array
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, pa.ArrowKeyError, TypeError):
        return array


def parquet(random: random.Random, made: Made, *, odd: bool = True) -> bytes:
    """Return a table as Parquet."""
    import pyarrow.parquet as pq

    out = io.BytesIO()
    table = arrow(random, made, odd=odd)
    options: dict[str, Any] = {
        "compression": random.choice(("snappy", "zstd", "gzip", "none", "brotli", "lz4")),
        "row_group_size": random.choice((7, 50, 1000)),
        "version": random.choice(("1.0", "2.4", "2.6")),
        "use_dictionary": random.random() < 0.7,
    }
    try:
        pq.write_table(table, out, **(options if odd else {}))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # not every type has a place in Parquet
        out = io.BytesIO()
        pq.write_table(arrow(random, made, odd=False), out)
    return out.getvalue()


def feather(random: random.Random, made: Made) -> bytes:
    """Return a table as an Arrow file or stream."""
    table, out = arrow(random, made), io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=random.choice((None, "lz4", "zstd")))
    new = random.choice((pa.ipc.new_file, pa.ipc.new_stream))
    with new(out, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=random.choice((10, 1000)))
    return out.getvalue()


def workbook(random: random.Random, made: Made) -> bytes:
    """Return a table as a workbook, with blank rows before it, or another sheet."""
    import openpyxl  # type: ignore[import-untyped]
    from openpyxl.utils.exceptions import IllegalCharacterError  # type: ignore[import-untyped]

    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = [list(made.columns), *zip(*made.columns.values(), strict=True)]
    for at, row in enumerate(rows, start=random.choice((1, 1, 1, 2, 4))):
        for i, value in enumerate(row, start=1):
            try:
                sheet.cell(at, i).value = value if isinstance(value, date | datetime | bool | int) else _cell(value)
            except (IllegalCharacterError, ValueError):
                sheet.cell(at, i).value = ascii(value)
    if random.random() < 0.2:
        other = book.create_sheet(random.choice(("2", "Notes", "data")))
        other.append(["x", "y"])
    if random.random() < 0.03:
        sheet.merge_cells("A1:B2")
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _cell(value: object) -> Any:
    if isinstance(value, float):
        return value if value == value and abs(value) < 1e307 else str(value)
    return None if value is None else str(value)[:5000]


def sqlite(random: random.Random, made: Made, path: Path) -> None:
    """Write a table as an SQLite file; columns may be declared of another type than their values."""
    kinds = (
        "",
        "TEXT",
        "INTEGER",
        "REAL",
        "NUMERIC",
        "BLOB",
        "DATE",
        "DATETIME",
        "BOOLEAN",
        "VARCHAR(5)",
        "DECIMAL(10,2)",
    )
    columns = ", ".join(f"{_quoted(name, i)} {random.choice(kinds)}" for i, name in enumerate(made.columns))
    table = _quoted(random.choice(("data", "people", "a b", "select", "o'x")), 0)
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE {table} ({columns})")
        marks = ", ".join("?" * len(made.columns))
        rows = [[_sqlite(value) for value in row] for row in zip(*made.columns.values(), strict=True)]
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
        if random.random() < 0.2:
            connection.execute(f"CREATE VIEW v AS SELECT * FROM {table}")
        if random.random() < 0.1:
            connection.execute("CREATE TABLE other (x)")
    connection.close()


def _quoted(name: str, i: int) -> str:
    name = _unicode(name).replace("\0", "")
    return '"' + (name or f"c{i}").replace('"', '""') + '"'


def _sqlite(value: object) -> object:
    if isinstance(value, str):
        return _unicode(value)
    if isinstance(value, date):
        return value.isoformat()
    return value if not isinstance(value, int) or abs(value) < 2**63 else str(value)


def duckdb_file(random: random.Random, made: Made, path: Path) -> None:
    """Write a table as a DuckDB file."""
    import duckdb

    frame = arrow(random, made, odd=random.random() < 0.5)
    names = [(name.replace("\0", "") or f"c{i}") for i, name in enumerate(frame.column_names)]
    frame = frame.rename_columns(names)
    with duckdb.connect(str(path)) as connection:
        try:
            connection.register("made", frame)
            connection.execute("CREATE TABLE data AS FROM made")
        except (duckdb.Error, pa.ArrowException):
            connection.execute("CREATE TABLE data AS SELECT range AS x, range % 2 AS y FROM range(50)")
        if random.random() < 0.2:
            connection.execute("CREATE VIEW v AS FROM data")
        connection.unregister("made")


def compressed(random: random.Random, data: bytes) -> tuple[str, bytes]:
    """Return a suffix and the bytes compressed: gzip in one member or several, or zstd."""
    if random.random() < 0.5:
        import pyarrow

        return ".zst", pyarrow.compress(data, "zstd", asbytes=True)
    middle = random.randint(0, len(data))
    parts = (data,) if random.random() < 0.7 else (data[:middle], data[middle:])
    return ".gz", b"".join(map(gzip.compress, parts))
