"""What all values in Python have in common: what they are called, whose class they are, and how one is scanned."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError

if TYPE_CHECKING:
    from auditor.loaders.store import Store


def label(frame: object) -> str:
    """Return what to call a frame; a table with columns beside it is called as the table is."""
    if type(frame).__name__ == "Separate":
        frame = getattr(frame, "data", frame)
    if is_a(frame, "duckdb", "DuckDBPyRelation"):
        return "relation"
    return "connection" if is_a(frame, "duckdb", "DuckDBPyConnection") else type(frame).__name__


def is_a(frame: object, library: str, *names: str) -> bool:
    """Return whether a frame is of one of a library's classes, without importing the library.

    A class that the library does not have is one that another thread, which imports it, has not come to yet.
    """
    module = sys.modules.get(library)
    kinds = (getattr(module, name, None) for name in names)
    return isinstance(frame, tuple(kind for kind in kinds if isinstance(kind, type)))


def in_place(store: Store, frame: Any) -> str:
    """Let the engine scan a frame where it is; return what to put behind FROM."""
    if not len(getattr(frame, "columns", "any")):
        raise SourceError(f"{label(frame)} has no column that can be read")
    store.connection.register("frame", frame)
    return "frame"
