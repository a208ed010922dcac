"""DuckDB files -> rows: a table or a view of one, or a query over it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.loaders import views
from auditor.loaders.databases import queried, table_of
from auditor.loaders.recipe import Recipe
from auditor.loaders.source import literal, quoted
from auditor.loaders.store import reason
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.files import Found
    from auditor.loaders.store import Store

SAYS = Says(
    open="Open the database file in DuckDB first.",
    read="Read from table {table} of {file}.",
    view="view {table} of {file}",
)


def load(store: Store, found: Found, table: str | None, sql: str | None) -> tuple[str, str]:
    """Return what to put behind FROM for a table of a DuckDB file, or a query over it, and what to call it."""
    import duckdb

    file = found.files[0]
    try:
        store.run(f"ATTACH {literal(str(file.path))} AS given (READ_ONLY)")
        if sql is not None:
            store.run("USE given")
            try:
                return queried(store, sql, file.label), file.label
            finally:
                store.run("USE memory")
        tables = {
            name if schema == "main" else f"{schema}.{name}": (f"given.{quoted(schema)}.{quoted(name)}", viewed)
            for schema, name, viewed in store.run(
                "SELECT schema_name, table_name, false FROM duckdb_tables() WHERE database_name = 'given' UNION ALL "
                "SELECT schema_name, view_name, true FROM duckdb_views() WHERE database_name = 'given' "
                "AND NOT internal ORDER BY 1, 2"
            )
        }
    except duckdb.Error as error:
        raise SourceError(f"{file.label} cannot be read as DuckDB: {reason(error, store, file.label)}") from error
    name = table_of(list(tables), table, file.label)
    store.note(SAYS("read", table=name, file=file.label))
    relation, viewed = tables[name]
    store.recipe = Recipe(relation.removeprefix("given."), SAYS("open"))
    if viewed and sys.executable:
        try:
            called = SAYS("view", table=name, file=file.label)
            relation = views.stored(store, file, f"FROM {relation}", called)
        except views.Failed as error:
            raise SourceError(f"{file.label} cannot be read as DuckDB: {reason(error, store, file.label)}") from error
    return relation, name
