"""The last step of every loader: one view with plain types, and the checks that hold for every kind of data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from auditor.errors import ColumnError, SourceError
from auditor.loaders import missing
from auditor.source import Source, quoted
from auditor.words import listed

if TYPE_CHECKING:
    from auditor.loaders.store import Store

NESTED = ("STRUCT(", "TUPLE(", "MAP(", "UNION(")
ZONED = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
TEXTLESS = ("JSON", "BLOB", "BIT", "VARIANT", '"NULL"', "GEOMETRY")
STEP = 2048  # rows of one count that are unfolded at a time: what one row needs in memory


def finished(
    store: Store,
    relation: str,
    label: str,
    *,
    name: str | None,
    count: str | None,
    hashing: Callable[[], str] | None = None,
    asked: bool = False,
) -> Source:
    """Return the source for what a loader left behind `relation`; `hashing` waits for its hash.

    `asked`: it is what a query gave.
    """
    columns = store.run(f"DESCRIBE SELECT * FROM {relation}")
    selected = ", ".join(f"{_kept(store, column, kind)} AS {quoted(column)}" for column, kind, *_ in columns)
    store.run(f"CREATE OR REPLACE VIEW data AS SELECT {selected} FROM {relation}")
    missing.note_stated(store, relation, {column: kind for column, kind, *_ in columns}, label)
    if zoned := [column for column, kind, *_ in columns if kind in ZONED]:
        store.note(f"times with a zone are read in UTC: {listed(zoned)}")
    rows = "data" if count is None else _counted(store, label, count)
    if not store.run(f"SELECT 1 FROM {rows} LIMIT 1"):
        raise SourceError(f"the query of {label} gives no rows" if asked else f"{label} has no rows")
    fields = {column: kind for column, kind, *_ in store.run(f"DESCRIBE {rows}")}
    return Source(name or label, store.connection, rows, fields, tuple(store.reading), store.close, hashing=hashing)


def _kept(store: Store, column: str, kind: str) -> str:
    """Return the SQL of a column in a plain type, without what was stated to be missing."""
    return missing.without(quoted(column), kind, _plain(column, kind), store.options.means_missing(column))


def _plain(column: str, kind: str) -> str:
    name = quoted(column)
    if kind in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END"
    if kind in ZONED:
        return f"(CAST({name} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"
    if kind.startswith(("TIMESTAMP_", "TIME_")):
        return f"CAST({name} AS {kind.partition('_')[0]})"
    if kind.startswith(NESTED) or kind.endswith("]"):
        return f"CAST(to_json({name}) AS VARCHAR)"
    # The same frame gives categories as ENUM or as text, depending on its other columns.
    if kind in TEXTLESS or kind.startswith("ENUM("):
        name = f"CAST({name} AS VARCHAR)"
    elif kind != "VARCHAR":
        return name
    # An empty text is a missing value, as it is in CSV: a level without a name would be lost in every table.
    return f"nullif({name}, '')"


def _counted(store: Store, label: str, count: str) -> str:
    """Make a view in which each row stands as often as its count says, and return its name."""
    fields = {column: kind for column, kind, *_ in store.run("DESCRIBE data")}
    if count not in fields:
        raise ColumnError.missing(count, fields, label)
    others = ", ".join(quoted(column) for column in fields if column != count)
    if not others:
        raise SourceError(f"{label} has no column beside the counts in '{count}'")
    _check_counts(store, label, count, fields[count])
    # A list as long as the largest count would be held in memory whole, so it is unfolded in two short ones.
    sized = f'SELECT {others}, CAST({quoted(count)} AS BIGINT) AS "(n)" FROM data'
    steps = f'SELECT {others}, "(n)", unnest(range(0, "(n)", {STEP})) AS "(from)" FROM ({sized})'
    rows = f'SELECT {others}, unnest(range("(from)", least("(from)" + {STEP}, "(n)"))) FROM ({steps})'
    store.run(f"CREATE VIEW counted AS SELECT {others} FROM ({rows})")
    store.note(f"rows counted by column '{count}'")
    return "counted"


def _check_counts(store: Store, label: str, count: str, kind: str) -> None:
    right = "a column of counts holds whole numbers from 0, none missing"
    if not kind.startswith(("DECIMAL", "FLOAT", "DOUBLE")) and not kind.endswith(("INT", "INTEGER")):
        raise SourceError(f"{label}: column '{count}' cannot count rows, its type is {kind}; {right}")
    column = quoted(count)
    faults = store.run(
        f"SELECT CAST({column} AS VARCHAR), count(*) FROM data WHERE {column} IS NULL OR {column} < 0 "
        f"OR {column} <> floor({column}) OR {column} > {2**53} GROUP BY {column} ORDER BY {column} NULLS FIRST LIMIT 1"
    )
    for value, rows in faults:
        got = f"it holds {value}" if value is not None else f"{rows} of its values are missing"
        raise SourceError(f"{label}: column '{count}' cannot count rows, {got}; {right}")
