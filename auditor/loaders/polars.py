"""Polars frames -> frames whose types the engine can read, as exactly as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders import arrow_check
from auditor.loaders.in_memory import in_place, is_a, label
from auditor.loaders.names import named
from auditor.loaders.notes import rounded, seconds
from auditor.loaders.parquet import scanned
from auditor.loaders.store import reason

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import polars as pl

    from auditor.loaders.store import Store


def load(store: Store, frame: Any) -> str:
    """Return what to put behind FROM to scan a frame, or what a lazy one gives."""
    return _sunk(store, frame) if is_a(frame, "polars", "LazyFrame") else _scannable(store, frame)


def _scannable(store: Store, frame: Any) -> str:
    frame = frame.rename(dict(zip(frame.columns, named(store, frame.columns, label(frame)), strict=True)))
    if any("\0" in name for name in frame.columns):  # which Polars cannot hand over in memory
        return _sunk(store, frame.lazy())
    table = _eager(store, frame).to_arrow()  # as the engine would, but looked at before
    arrow_check.whole(table, label(frame))
    return in_place(store, table)


def _sunk(store: Store, frame: Any) -> str:
    """Run a lazy frame once, in a stream, so that every scan sees the same rows."""
    import polars as pl

    try:
        columns = frame.collect_schema().names()
        names = named(store, columns, label(frame))
        if any(kind == pl.Object for kind in frame.collect_schema().dtypes()):
            return _scannable(store, frame.collect())
        path = _sink(store, frame.rename(dict(zip(columns, names, strict=True))))
    except pl.exceptions.PolarsError as error:
        raise SourceError(f"{label(frame)} cannot be read: {reason(error, store, label(frame))}") from error
    return scanned([path])


def _eager(store: Store, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame that the engine can scan in place; Python objects become text."""
    import polars as pl

    for name, kind in frame.schema.items():
        if kind == pl.Object:
            texts = [None if value is None else str(value) for value in frame[name]]
            frame = frame.with_columns(pl.Series(name, texts, dtype=pl.String))
            store.note(f"column '{name}' is read as text: it holds Python objects")
    try:
        return frame.cast(_wanted(frame.schema, exact=True))
    except pl.exceptions.InvalidOperationError:
        rounded(store, _long(frame.schema))
        return frame.cast(_wanted(frame.schema, exact=False))


def _sink(store: Store, frame: pl.LazyFrame) -> Path:
    """Write what a lazy frame gives to a Parquet file; a duration in seconds, for which Parquet has no type."""
    import polars as pl

    schema = frame.collect_schema()
    times = [name for name, kind in schema.items() if kind == pl.Duration]
    if times:
        frame = frame.with_columns((pl.col(name).dt.total_microseconds() / 1e6).alias(name) for name in times)
        seconds(store, times)
        schema = frame.collect_schema()
    try:
        frame.cast(_wanted(schema, exact=True)).sink_parquet(path := store.temporary(".parquet"))
    except pl.exceptions.InvalidOperationError:
        if not (long := _long(schema)):
            raise
        rounded(store, long)
        # To another file: what gave up may still be writing to the first.
        frame.cast(_wanted(schema, exact=False)).sink_parquet(path := store.temporary(".parquet"))
    return path


def _long(schema: Mapping[str, Any]) -> list[str]:
    """Return the columns of whole numbers with up to 39 digits."""
    return [name for name, kind in schema.items() if _plain(kind, exact=True) != _plain(kind, exact=False)]


def _wanted(schema: Mapping[str, Any], *, exact: bool) -> dict[Any, Any]:
    """Return column -> type, for the columns of a type that the engine cannot read."""
    wanted = {name: _plain(kind, exact) for name, kind in schema.items()}
    return {name: kind for name, kind in wanted.items() if kind != schema[name]}


def _plain(kind: Any, exact: bool) -> Any:
    """Return a type that the engine can read, for whole numbers of 128 bits by 38 digits where they are to be exact."""
    import polars as pl

    half, *long = (getattr(pl, name, None) for name in ("Float16", "Int128", "UInt128"))  # older Polars lack some
    if half is not None and kind == half:
        return pl.Float32()
    if any(each is not None and kind == each for each in long):
        return pl.Decimal(38, 0) if exact else pl.Float64()
    if isinstance(kind, pl.List):
        return pl.List(_plain(kind.inner, exact))
    if isinstance(kind, pl.Array):
        return pl.Array(_plain(kind.inner, exact), kind.size)
    if isinstance(kind, pl.Struct):
        return pl.Struct([pl.Field(field.name, _plain(field.dtype, exact)) for field in kind.fields])
    return kind
