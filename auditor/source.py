"""Where rows come from: what a loader hands to an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    import duckdb


def quoted(name: str) -> str:
    """Return a column name as an SQL identifier.

    >>> print(quoted('the "label" column'))
    "the ""label"" column"
    """
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as an SQL string literal.

    >>> literal("women's")
    "'women''s'"
    """
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Source:
    """Rows that DuckDB can scan, as often as it likes, in one order.

    `relation` stands behind FROM; `fields` maps column names to DuckDB types, in order; `notes` says what was decided
    on reading; `close` frees the connection and the temporary files.
    """

    name: str
    connection: duckdb.DuckDBPyConnection
    relation: str
    fields: Mapping[str, str]
    notes: tuple[str, ...] = ()
    sha256: str | None = None
    close: Callable[[], None] = field(default=lambda: None, compare=False)

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
