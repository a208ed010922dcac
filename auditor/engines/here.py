"""Data -> rows on this machine, counted by DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from auditor.engines.catalog import Asked
from auditor.engines.engine import Engine, OnDuckDB
from auditor.loaders import open_source


@contextmanager
def opened(data: object, asked: Asked) -> Iterator[Engine]:
    """Give the rows of whatever a loader reads; SourceError where none does."""
    with open_source(
        data,
        name=asked.name,
        count=asked.count,
        memory_limit=asked.memory_limit,
        table=asked.table,
        sql=asked.sql,
        options=asked.options,
        progress=asked.progress,
        vectors=asked.vectors,
    ) as source:
        yield OnDuckDB(source)
