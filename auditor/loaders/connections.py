"""Connections to databases that are open in Python -> the rows of one table, or of a query."""

from __future__ import annotations

from typing import Any

from auditor.errors import SourceError
from auditor.loaders.databases import table_of
from auditor.loaders.in_memory import is_a, label
from auditor.loaders.source import quoted


def is_one(given: object) -> bool:
    """Return whether a value is a connection to a database."""
    # Of its class: a frame may have a column of that name.
    return is_a(given, "duckdb", "DuckDBPyConnection") or hasattr(type(given), "cursor")


def rows(given: Any, table: str | None, sql: str | None) -> Any:
    """Return the relation of a table of a connection, or of a query in it.

    Raises:
        SourceError: It is no connection of DuckDB, has no such table, or several and no name was given.
    """
    if not is_a(given, "duckdb", "DuckDBPyConnection"):
        raise SourceError(
            f"a {label(given)} cannot be read; give the path or the address of the database, or the rows of a query "
            "as a frame"
        )
    if sql is not None:
        return given.sql(sql)
    found = given.sql(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal UNION ALL "
        "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal ORDER BY 1, 2"
    ).fetchall()
    names = {name if schema == "main" else f"{schema}.{name}": (schema, name) for schema, name in found}
    schema, name = names[table_of(list(names), table, "the connection")]
    return given.sql(f"FROM {quoted(schema)}.{quoted(name)}")
