"""Names and texts of the data, quoted for SQL, whatever they hold."""

from __future__ import annotations

from collections.abc import Iterable


def quoted(name: str) -> str:
    """Return a column name as an SQL identifier.

    >>> print(quoted('the "label" column'))
    "the ""label"" column"
    """
    return '"' + name.replace('"', '""') + '"'


def columns(names: Iterable[str]) -> str:
    """Return column names as an SQL list."""
    return ", ".join(map(quoted, names))


def literal(text: str) -> str:
    """Return a text as an SQL string literal.

    >>> literal("women's")
    "'women''s'"
    """
    return "'" + text.replace("'", "''") + "'"
