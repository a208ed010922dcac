"""One small table in every kind there is gives the same rows."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from tests.loaders.reading import read, workbook, write

NAMES = ["name", "age", "score", "hired", "since"]
ROWS: list[tuple[Any, ...]] = [
    ("Ann, the first", 31, 1.5, True, dt.date(2024, 1, 2)),
    ("Zoë", None, 2.25, False, dt.date(2023, 12, 31)),
    (None, 40, None, None, None),
]
TYPES = {"name": "VARCHAR", "age": "BIGINT", "score": "DOUBLE", "hired": "BOOLEAN", "since": "DATE"}


def table() -> pa.Table:
    types = [pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.date32()]
    columns = zip(*ROWS, strict=True)
    return pa.table([pa.array(column, kind) for column, kind in zip(columns, types, strict=True)], names=NAMES)


def text(mark: str) -> str:
    def field(value: Any) -> str:
        return f'"{value}"' if isinstance(value, str) else "" if value is None else str(value)

    return "".join(mark.join(map(field, row)) + "\n" for row in [NAMES, *ROWS])


def records() -> list[dict[str, Any]]:
    return [
        {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in zip(NAMES, row, strict=True)} for row in ROWS
    ]


def feathered(folder: Path) -> Path:
    feather.write_feather(table(), str(folder / "a.feather"))
    return folder / "a.feather"


def parquet(folder: Path) -> Path:
    pq.write_table(table(), folder / "a.parquet")
    return folder / "a.parquet"


KINDS: dict[str, Callable[[Path], object]] = {
    "csv": lambda folder: write(folder, "a.csv", text(",")),
    "tsv": lambda folder: write(folder, "a.tsv", text("\t")),
    "gz": lambda folder: write(folder, "a.csv.gz", gzip.compress(text(",").encode())),
    "zst": lambda folder: write(folder, "a.csv.zst", pa.compress(text(",").encode(), "zstd", asbytes=True)),
    "json": lambda folder: write(folder, "a.json", json.dumps(records())),
    "json.gz": lambda folder: write(folder, "a.json.gz", gzip.compress(json.dumps(records()).encode())),
    "jsonl": lambda folder: write(folder, "a.jsonl", "\n".join(map(json.dumps, records()))),
    "xlsx": lambda folder: workbook(folder / "a.xlsx", {"s": [NAMES, *ROWS]}),
    "parquet": parquet,
    "feather": feathered,
    "pandas": lambda folder: table().to_pandas(types_mapper=pd.ArrowDtype),
    "pandas objects": lambda folder: pd.DataFrame(ROWS, columns=NAMES, dtype=object),
    "polars": lambda folder: pl.from_arrow(table()),
    "lazy": lambda folder: pl.scan_parquet(parquet(folder)),
    "pyarrow": lambda folder: table(),
    "relation": lambda folder: duckdb.connect().from_arrow(table()),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_rows_are_the_same(tmp_path: Path, kind: str) -> None:
    found = read(KINDS[kind](tmp_path))
    assert found.fields == TYPES
    assert found.rows == ROWS
    assert found.notes == ()
