"""Values in Python -> rows: the loader is chosen by the value's class, or by what it offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders import catalog, connections, offered
from auditor.loaders.catalog import Loader, values_in_words
from auditor.loaders.in_memory import is_a
from auditor.loaders.in_memory import label as label

if TYPE_CHECKING:
    from auditor.loaders.store import Store

SERIES = (
    ("pandas", "Series"),
    ("pandas", "Index"),
    ("polars", "Series"),
    ("pyarrow", "ChunkedArray"),
)  # single columns, whatever else they offer


def load(store: Store, frame: object, table: str | None = None, sql: str | None = None) -> str:
    """Return what to put behind FROM to scan a frame; `table` and `sql` are of a connection to a database."""
    given = frame
    if connections.is_one(frame):
        frame = connections.rows(frame, table, sql)
    elif table is not None:
        raise SourceError(f"{label(frame)} is not a database and has no table '{table}'; leave table out")
    for _ in range(offered.MOST):
        if hasattr(frame, "to_native"):  # narwhals wraps what we know
            frame = frame.to_native()
        if loader := _loader(frame):
            relation: str = loader.load(store, frame)
            return relation
        if _is_series(frame):
            raise SourceError(
                f"a {label(frame)} cannot be read: it is one column, and a table is needed; give the table"
            )
        if hasattr(type(frame), "tocsr"):
            raise SourceError(f"a {label(frame)} cannot be read: it is sparse and has no columns; give its toarray()")
        if isinstance(frame, type):
            break
        if (frame := offered.unwrapped(store, frame)) is None:
            break
    raise SourceError(f"a value of type {type(given).__name__} cannot be read; {values_in_words()}")


def _is_series(frame: object) -> bool:
    return any(is_a(frame, *kind) for kind in SERIES)


def _loader(frame: Any) -> Loader | None:
    """Return the loader whose class a value is of, else the one of what it offers."""
    if _is_series(frame) or isinstance(frame, type):
        return None
    for loader in catalog.LOADERS:
        if any(is_a(frame, *kind) for kind in loader.types):
            return loader
    return next((loader for loader in catalog.LOADERS if loader.offers and hasattr(frame, loader.offers)), None)
