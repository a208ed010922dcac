"""Frames -> rows: pandas, Polars, Arrow, DuckDB, and whatever exports an Arrow stream."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders import arrow_check, arrow_types, polars
from auditor.loaders.arrow import stored
from auditor.loaders.names import distinct, named
from auditor.loaders.parquet import scanned
from auditor.loaders.source import quoted
from auditor.loaders.store import reason

if TYPE_CHECKING:
    from auditor.loaders.store import Store

READABLE = (
    "a path, a pandas or Polars frame, an Arrow table, reader or dataset, a DuckDB relation, "
    "or an object with __arrow_c_stream__ is needed"
)


def label(frame: object) -> str:
    """Return what to call a frame."""
    return "relation" if is_a(frame, "duckdb", "DuckDBPyRelation") else type(frame).__name__


def is_a(frame: object, library: str, *names: str) -> bool:
    """Tell whether a frame is of one of a library's classes, without importing the library."""
    module = sys.modules.get(library)
    return module is not None and isinstance(frame, tuple(getattr(module, name) for name in names))


def load(store: Store, frame: object) -> str:
    """Return what to put behind FROM to scan a frame."""
    if hasattr(frame, "to_native"):  # narwhals wraps what we know
        frame = frame.to_native()
    if is_a(frame, "pandas", "DataFrame"):
        from auditor.loaders.pandas import readable

        return _in_place(store, readable(store, frame))
    if is_a(frame, "polars", "LazyFrame"):
        return _sunk(store, frame)
    if is_a(frame, "polars", "DataFrame"):
        return _polars(store, frame)
    if is_a(frame, "pyarrow", "Table", "RecordBatch") or is_a(frame, "pyarrow.dataset", "Dataset"):
        return _arrow(store, frame)
    series = is_a(frame, "pandas", "Series") or is_a(frame, "polars", "Series")
    if hasattr(frame, "__arrow_c_stream__") and not series:
        return _streamed(store, frame)
    raise SourceError(f"a value of type {type(frame).__name__} cannot be read; {READABLE}")


def _in_place(store: Store, frame: Any) -> str:
    if not len(getattr(frame, "columns", "any")):
        raise SourceError(f"{label(frame)} has no column that can be read")
    store.connection.register("frame", frame)
    return "frame"


def _arrow(store: Store, frame: Any) -> str:
    import pyarrow as pa

    names = named(store, frame.schema.names, label(frame))
    if isinstance(frame, pa.Table | pa.RecordBatch):
        arrow_check.whole(frame, label(frame))
    elif not _is_parquet(frame):
        for _ in arrow_check.batches(_scanned(frame), label(frame)):
            pass
    if isinstance(frame, pa.RecordBatch):
        frame = pa.Table.from_batches([frame])
    if isinstance(frame, pa.Table):
        return _in_place(store, arrow_types.table(store, frame.rename_columns(names)))
    data = arrow_types.dataset(store, frame)
    return _in_place(store, data) if data is frame else stored(store, data)


def _is_parquet(data: Any) -> bool:
    """Whether a dataset is read from Parquet files, whose reader makes its arrays itself."""
    from pyarrow import dataset

    return isinstance(getattr(data, "format", None), dataset.ParquetFileFormat)


def _scanned(data: Any) -> Any:
    import pyarrow as pa

    try:
        yield from data.scanner(batch_readahead=1, fragment_readahead=1).to_batches()
    except pa.ArrowException as error:
        raise SourceError(f"{label(data)} cannot be read: {next(iter(str(error).splitlines()), '')}") from error


def _polars(store: Store, frame: Any) -> str:
    frame = frame.rename(dict(zip(frame.columns, named(store, frame.columns, label(frame)), strict=True)))
    if any("\0" in name for name in frame.columns):  # which Polars cannot hand over in memory
        return _sunk(store, frame.lazy())
    table = polars.eager(store, frame).to_arrow()  # as the engine would, but looked at before
    arrow_check.whole(table, label(frame))
    return _in_place(store, table)


def _sunk(store: Store, frame: Any) -> str:
    """Run a lazy frame once, in a stream, so that every scan sees the same rows."""
    import polars as pl

    try:
        columns = frame.collect_schema().names()
        names = named(store, columns, label(frame))
        if any(kind == pl.Object for kind in frame.collect_schema().dtypes()):
            return _polars(store, frame.collect())
        path = polars.sink(store, frame.rename(dict(zip(columns, names, strict=True))))
    except pl.exceptions.PolarsError as error:
        raise SourceError(f"{label(frame)} cannot be read: {reason(error, store, label(frame))}") from error
    return scanned([path])


def _streamed(store: Store, frame: Any) -> str:
    """Read what may give its rows only once; a DuckDB relation too, whose query may give other rows next time."""
    import pyarrow as pa

    columns = getattr(frame, "columns", None)
    if isinstance(columns, list):  # a relation's own: it would rename the second of two that differ by case
        distinct(columns, label(frame))
        frame = _without_widest(frame)
    reader = frame if isinstance(frame, pa.RecordBatchReader) else pa.RecordBatchReader.from_stream(_Stream(frame))
    names = named(store, reader.schema.names, label(frame))
    return stored(store, arrow_types.stream(store, reader, names, label(frame)))


def _without_widest(relation: Any) -> Any:
    """Return a relation whose unsigned numbers of 128 bits are doubles: Arrow would be given them as negative ones."""
    kinds = [(quoted(name), str(kind)) for name, kind in zip(relation.columns, relation.types, strict=True)]
    if not any(kind == "UHUGEINT" for _, kind in kinds):
        return relation
    return relation.project(
        ", ".join(f"CAST({name} AS DOUBLE) AS {name}" if kind == "UHUGEINT" else name for name, kind in kinds)
    )


class _Stream:
    """The Arrow stream of an object, and nothing else of it."""

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.frame.__arrow_c_stream__(requested_schema)
