"""The last step of every loader: one view with plain types, and the checks that hold for every kind of data."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.errors import ColumnError, SourceError
from auditor.format import listed, without_null
from auditor.loaders import blobs, missing
from auditor.loaders.names import distinct
from auditor.loaders.notes import seconds
from auditor.loaders.recipe import Made, Recipe, loaded_first
from auditor.loaders.source import Source, literal, quoted
from auditor.model import Decision
from auditor.use.roles import is_numeric
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.store import Store

NESTED = ("STRUCT(", "TUPLE(", "MAP(", "UNION(")
ZONED = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
TEXTLESS = ("JSON", "BIT", "VARIANT", '"NULL"', "GEOMETRY")
TIMES = ("INTERVAL", "TIME", "TIME WITH TIME ZONE", "TIME_NS")
LONGEST = 10**37  # of a number with a decimal
SAYS = Says(
    load="Load the data into a table named data first.",
    query="Load the result of the query that selected the rows into a table named data first.",
)
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
    columns = [(name, "BIGNUM" if _is_endless(store, relation, name, kind) else kind) for name, kind, *_ in columns]
    bytes_ = blobs.read(store, relation, {column: kind for column, kind, *_ in columns})
    plain = {column: _kept(store, column, kind, bytes_.get(column)) for column, kind, *_ in columns}
    called = _without_null(store, [*plain], label)
    selected = ", ".join(f"{sql} AS {quoted(called[column])}" for column, sql in plain.items())
    store.run(f"CREATE OR REPLACE VIEW data AS SELECT {selected} FROM {relation}")
    recipe = _recipe(store, {column: kind for column, kind, *_ in columns}, asked=asked)
    recipe = recipe.then({called[column]: Made(sql, column) for column, sql in plain.items()})
    missing.note_stated(store, relation, {column: kind for column, kind, *_ in columns}, label)
    if zoned := [column for column, kind, *_ in columns if kind in ZONED]:
        store.note(f"times with a zone are read in UTC: {listed(zoned)}")
    seconds(store, [column for column, kind, *_ in columns if kind in TIMES])
    rows = "data" if count is None else _counted(store.run, "data", label, count)
    if count is not None:
        store.note(f"rows counted by column '{count}'", "counts", (count,))
    if not store.run(f"SELECT 1 FROM {rows} LIMIT 1"):
        raise SourceError(f"the query of {label} gives no rows" if asked else f"{label} has no rows")
    fields = {column: kind for column, kind, *_ in store.run(f"DESCRIBE {rows}")}
    return Source(
        name or label,
        store.connection,
        rows,
        fields,
        tuple(store.reading),
        store.close,
        hashing=hashing,
        recipe=recipe if count is None else recipe.counted(count),
        images=dict(store.images),
    )


def _recipe(store: Store, kinds: Mapping[str, str], *, asked: bool) -> Recipe:
    """Return how anyone reads the rows again: as their loader knows, else from a table that is made of them first."""
    if store.recipe is not None and not asked:
        return store.recipe
    recipe = loaded_first(kinds, SAYS("query" if asked else "load"))
    if not store.spelled:
        return recipe
    texts = ", ".join(map(literal, missing.SPELLINGS))
    found = [name for name, kind in kinds.items() if kind == "VARCHAR" and store.options.recognises(name)]
    return recipe.then(
        {name: Made(f"CASE WHEN {quoted(name)} NOT IN ({texts}) THEN {quoted(name)} END", name) for name in found}
    )


def _is_endless(store: Store, relation: str, column: str, kind: str) -> bool:
    """Whether a column of whole numbers holds one that no decimal number of the engine does."""
    if kind != "HUGEINT":
        return False
    ((low, high),) = store.run(f"SELECT min({quoted(column)}), max({quoted(column)}) FROM {relation}")
    return low is not None and not -LONGEST < low <= high < LONGEST


def _without_null(store: Store, names: Sequence[str], label: str) -> dict[str, str]:
    """Return what columns are called here, and note what is not called as it was."""
    called = {name: without_null(name) for name in names}
    if changed := [new for name, new in called.items() if new != name]:
        distinct([*called.values()], label)
        store.note(f"Names of columns hold a null character, shown as \ufffd: {listed(changed)}.", "names", changed)
    return called


def _kept(store: Store, column: str, kind: str, read: str | None) -> str:
    """Return the SQL of a column in a plain type, without what was stated to be missing; `read` is that of bytes."""
    return missing.without(quoted(column), kind, read or _plain(column, kind), store.options.means_missing(column))


def _plain(column: str, kind: str) -> str:
    name = quoted(column)
    if kind in ("FLOAT", "DOUBLE"):
        return f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END"
    if kind in ZONED:
        return f"(CAST({name} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')"
    if kind.startswith("TIMESTAMP_"):
        return f"CAST({name} AS TIMESTAMP)"
    if kind in TIMES:
        return f"epoch({name})"
    if kind in ("BIGNUM", "UHUGEINT"):  # wider than any number in Python that is handed over
        return f"CAST({name} AS DOUBLE)"
    if kind.endswith("]") and is_numeric(re.sub(r"(\[\d*\])+$", "", kind)):
        return name
    if kind.startswith(NESTED) or kind.endswith("]"):
        return f"CAST(to_json({name}) AS VARCHAR)"
    # The same frame gives categories as ENUM or as text, depending on its other columns.
    if kind in TEXTLESS or kind.startswith("ENUM("):
        name = f"CAST({name} AS VARCHAR)"
    elif kind != "VARCHAR":
        return name
    # An empty text is a missing value, as it is in CSV: a level without a name would be lost in every table.
    return f"nullif({name}, '')"


def counted(source: Source, count: str, *reading: Decision) -> Source:
    """Return a source in which each row occurs as often as its count."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        return source.connection.execute(sql).fetchall()

    relation = _counted(run, source.relation, source.name, count)
    fields = {column: kind for column, kind in source.fields.items() if column != count}
    recipe = source.recipe and source.recipe.counted(count)
    return replace(source, relation=relation, fields=fields, reading=(*source.reading, *reading), recipe=recipe)


def _counted(run: Callable[[str], list[tuple[Any, ...]]], data: str, label: str, count: str) -> str:
    """Make a view in which each row of `data` occurs as often as its count, and return its name."""
    fields = {column: kind for column, kind, *_ in run(f"DESCRIBE SELECT * FROM {data}")}
    if count not in fields:
        raise ColumnError.missing(count, fields, label)
    others = ", ".join(quoted(column) for column in fields if column != count)
    if not others:
        raise SourceError(f"{label} has no column beside the counts in '{count}'")
    _check_counts(run, data, label, count, fields[count])
    # A list as long as the largest count would be held in memory whole, so it is unfolded in two short ones.
    n, start = (quoted(_unused(name, fields)) for name in ("(n)", "(from)"))
    sized = f"SELECT {others}, CAST({quoted(count)} AS BIGINT) AS {n} FROM {data}"
    steps = f"SELECT {others}, {n}, unnest(range(0, {n}, {STEP})) AS {start} FROM ({sized})"
    rows = f"SELECT {others}, unnest(range({start}, least({start} + {STEP}, {n}))) FROM ({steps})"
    run(f"CREATE VIEW counted AS SELECT {others} FROM ({rows})")
    return "counted"


def _unused(name: str, names: Collection[str]) -> str:
    """Return a name that no column of the data has."""
    taken = {each.lower() for each in names}
    while name in taken:
        name = f"({name})"
    return name


def _check_counts(run: Callable[[str], list[tuple[Any, ...]]], data: str, label: str, count: str, kind: str) -> None:
    right = "a column of counts holds whole numbers from 0, none missing"
    if not is_numeric(kind):
        raise SourceError(f"{label}: column '{count}' cannot count rows, its type is {kind}; {right}")
    column = quoted(count)
    faults = run(
        f"SELECT CAST({column} AS VARCHAR), count(*) FROM {data} WHERE {column} IS NULL OR {column} < 0 "
        f"OR {column} <> floor({column}) OR {column} > {2**53} GROUP BY {column} ORDER BY {column} NULLS FIRST LIMIT 1"
    )
    for value, rows in faults:
        got = f"it holds {value}" if value is not None else f"{rows} of its values are missing"
        raise SourceError(f"{label}: column '{count}' cannot count rows, {got}; {right}")
