"""The world -> Source: a file, a folder, standard input or a frame becomes rows that DuckDB can scan."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from auditor.errors import SourceError

if TYPE_CHECKING:
    from auditor.loaders.store import Store
    from auditor.source import Source

__all__ = ["open_source"]


def open_source(
    data: object, *, name: str | None = None, count: str | None = None, memory_limit: str | None = None
) -> Source:
    """Return the rows of `data`: a path, a glob, "-" for standard input, or a frame.

    `count` names a column of frequencies: each row then stands for that many rows. `memory_limit` bounds what the
    engine holds ("512MB"); more is spilled to a temporary folder. Close the source when done.
    """
    import duckdb

    from auditor.loaders.store import Store, reason

    path = os.fsdecode(data) if isinstance(data, str | os.PathLike) else None
    store = Store(memory_limit)
    try:
        return _from_frame(store, data, name, count) if path is None else _from_path(store, path, name, count)
    except BaseException as error:
        store.close()
        if isinstance(error, duckdb.Error | OSError):
            label = type(data).__name__ if path is None else "stdin" if path == "-" else path
            raise SourceError(f"{label} cannot be read: {reason(error, store, label)}") from error
        raise


def _from_path(store: Store, path: str, name: str | None, count: str | None) -> Source:
    from auditor.loaders import arrow, csv, excel, files, json, parquet
    from auditor.loaders.finish import finished

    readers = {
        "CSV": csv.load,
        "JSON": json.load,
        "Parquet": parquet.load,
        "Excel": excel.load,
        "Arrow": arrow.load,
    }
    found = files.find(store, path)
    relation = readers[found.kind](store, found)
    return finished(store, relation, found.label, name=name, count=count, sha256=files.sha256(found))


def _from_frame(store: Store, frame: object, name: str | None, count: str | None) -> Source:
    from auditor.loaders import frames
    from auditor.loaders.finish import finished

    return finished(store, frames.load(store, frame), frames.label(frame), name=name, count=count)
