"""Tables and queries: which one is meant, and SQL over what was read."""

from __future__ import annotations

import glob
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditor.errors import AuditError, SourceError, hint
from auditor.loaders.credentials import scrubbed, shown_query
from auditor.loaders.names import distinct
from auditor.loaders.store import reason
from auditor.use.inputs import reading

if TYPE_CHECKING:
    from auditor.loaders.store import Store

QUERIED = "kept.queried"
SHOWN = 15


def refuse_unclear(table: str | None, sql: str | None) -> None:
    """Refuse a table together with a query, and an empty query."""
    if table is not None and sql is not None:
        raise AuditError("a table and a query are both given; give --table or --sql")
    if sql is not None and not bare(sql):
        raise AuditError("the query is empty")


def table_of(tables: Sequence[str], table: str | None, label: str) -> str:
    """Return the name of the table that is meant: the one that was named, or the only one there is."""
    some = ", ".join(tables[:SHOWN]) + (", …" if len(tables) > SHOWN else "")
    if table is None:
        if len(tables) == 1:
            return tables[0]
        if not tables:
            raise SourceError(f"{label} has no table that can be read")
        raise SourceError(f"{label} has {len(tables)} tables; name one with --table, or give --sql: {some}")
    if table not in tables:
        raise SourceError(f"{label} has no table '{table}'{hint(table, tables)} (it has {some or 'none'})")
    return table


def bare(sql: str) -> str:
    """Return a query in a form that can be put in parentheses."""
    return sql.strip().rstrip(";").rstrip()


def queried(store: Store, sql: str, label: str) -> str:
    """Run one query in DuckDB, keep what it gives, and return what to put behind FROM.

    It may name files ('data/*.parquet'), and what was read before as `data`.
    """
    import duckdb

    try:
        statements = store.connection.extract_statements(sql)
        if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
            raise SourceError(f"--sql takes one query that selects rows, not '{shown_query(sql)[:60]}'")
        _guard(store, sql)
        distinct([name for name, *_ in store.run(f"DESCRIBE {bare(sql)}")], "the query")
        store.run(f"CREATE TABLE {QUERIED} AS FROM (\n{bare(sql)}\n)")
    except duckdb.Error as error:
        raise SourceError(f"the query over {label} failed: {scrubbed(reason(error, store, label), sql)}") from error
    note_query(store, sql)
    return QUERIED


def _guard(store: Store, sql: str) -> None:
    """Say that the files are read that a query's texts name: a path, or a pattern of paths."""
    for single, double in re.findall(r"'((?:[^']|'')*)'|\"((?:[^\"]|\"\")*)\"", sql):
        named = (single or double).replace("''", "'")
        for path in glob.iglob(named, recursive=True) if glob.has_magic(named) else (named,):
            reading(path)


def note_query(store: Store, sql: str) -> None:
    """Say by which query the rows were read."""
    store.note(f"Read by the query: {shown_query(sql)}")
