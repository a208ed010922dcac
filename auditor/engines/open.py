"""Data and an engine -> rows that can be counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from auditor.engines.catalog import ENGINES, Asked, engine_for, silent
from auditor.engines.engine import Engine
from auditor.errors import AuditError
from auditor.loaders.options import ReadOptions


@contextmanager
def opened(
    data: object,
    *,
    engine: str | None = None,
    master: str | None = None,
    name: str | None = None,
    count: str | None = None,
    memory_limit: str | None = None,
    table: str | None = None,
    sql: str | None = None,
    options: ReadOptions | None = None,
    progress: Callable[[str], None] = silent,
    vectors: Mapping[str, Path] | None = None,
) -> Iterator[Engine]:
    """Give the rows of `data` on an engine: the one asked for, else that whose own frame they are, else the first.

    The engines are in `auditor.engines.catalog`. `master` is the address of one that counts elsewhere; the others are
    as for `auditor.loaders.open_source`.

    Raises:
        AuditError: There is no such engine, or it cannot do what is asked.
    """
    entry = engine_for(data, engine)
    if master is not None and not entry.remote:
        remote = next(each.name for each in ENGINES if each.remote)
        raise AuditError(f"a master is {remote.capitalize()}'s; give --engine {remote} with it")
    asked = Asked(name, count, memory_limit, table, sql, master, options, progress, vectors or {})
    with entry.load()(data, asked) as rows:
        yield rows
