"""Values in Python -> rows: the loader is chosen by the value's class, or by what it offers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders import catalog
from auditor.loaders.catalog import Loader, values_in_words
from auditor.loaders.in_memory import is_a
from auditor.loaders.in_memory import label as label

if TYPE_CHECKING:
    from auditor.loaders.store import Store

SERIES = (("pandas", "Series"), ("polars", "Series"))  # single columns, whatever else they offer


def load(store: Store, frame: object) -> str:
    """Return what to put behind FROM to scan a frame."""
    if hasattr(frame, "to_native"):  # narwhals wraps what we know
        frame = frame.to_native()
    loader = _loader(frame)
    if loader is None:
        raise SourceError(f"a value of type {type(frame).__name__} cannot be read; {values_in_words()}")
    relation: str = loader.load(store, frame)
    return relation


def _loader(frame: Any) -> Loader | None:
    """Return the loader whose class a value is of, else the one of what it offers."""
    if any(is_a(frame, *kind) for kind in SERIES):
        return None
    for loader in catalog.LOADERS:
        if any(is_a(frame, *kind) for kind in loader.types):
            return loader
    return next((loader for loader in catalog.LOADERS if loader.offers and hasattr(frame, loader.offers)), None)
