"""SQLite files -> rows: read through a stream, with one type for each column, whatever SQLite lets it hold."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders import arrow_check, limits
from auditor.loaders.arrow import stored
from auditor.loaders.databases import bare, note_query, table_of
from auditor.loaders.missing import OVERRULE, count, is_one_of
from auditor.loaders.names import distinct
from auditor.loaders.source import quoted
from auditor.use.says import Says

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.loaders.files import Found
    from auditor.loaders.store import Store

BATCH = 16_384
BATCH_BYTES = 2**26  # of texts and bytes, after which a batch is shorter
COLUMNS = 32  # of a row that may have values as long as can be
STEPS = 2_000  # of SQLite's own, after which the time is looked at
RANK = "CASE typeof({0}) WHEN 'integer' THEN 1 WHEN 'real' THEN 2 WHEN 'text' THEN 3 WHEN 'blob' THEN 4 END"
WHOLE, NUMBER, TEXT, BLOB = 1, 2, 3, 4
EXACT = 2**53  # up to which a floating-point number holds every whole number
SAYS = Says(
    read="Read from table {table} of {file}.",
    mixed="Read as text, as it holds numbers and text: {columns:listed}.",
    long="Read as text, as whole numbers are too long for the precision of those like 1.2E+17: {columns:listed}.",
)


def load(store: Store, found: Found, table: str | None, sql: str | None) -> tuple[str, str]:
    """Store a table, or what a query gives, and return what to put behind FROM and what to call it."""
    file = found.files[0]
    size = file.path.stat().st_size
    try:
        with closing(
            sqlite3.connect(f"{file.path.resolve().as_uri()}?mode=ro", uri=True, check_same_thread=False)
        ) as connection:
            connection.text_factory = lambda raw: raw.decode(errors="replace")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.CELL)
            connection.execute("BEGIN")  # both readings see the same rows
            if sql is not None:
                query, name = bare(sql), file.label
                note_query(store, sql)
            else:
                name = table_of(_tables(connection), table, file.label)
                query = f"SELECT * FROM {quoted(name)}"
                _limit_time(connection, size)
                store.note(SAYS("read", table=name, file=file.label))
            return _stored(store, connection, query, file.label, size), name
    except sqlite3.DataError as error:
        if "too big" not in str(error):
            raise SourceError(f"{file.label} cannot be read as SQLite: {error}") from error
        at_most = limits.amount(limits.CELL)
        raise SourceError(f"{file.label} holds, or makes up, a value of over {at_most}, the limit") from error
    except (sqlite3.Error, sqlite3.Warning) as error:
        if str(error) == "interrupted":
            raise SourceError(
                f"table {name} of {file.label} is a view that takes over {limits.seconds(size):.0f} seconds; "
                "write what it gives into a table, or name a query with --sql"
            ) from error
        what = "the query over " if sql is not None else ""
        raise SourceError(f"{what}{file.label} cannot be read as SQLite: {error}") from error


def _limit_time(connection: sqlite3.Connection, size: int) -> None:
    """Break a view off that takes long for a file of `size` bytes: it may never end."""
    end = time.process_time() + limits.seconds(size)
    connection.set_progress_handler(lambda: int(time.process_time() > end), STEPS)


def _tables(connection: sqlite3.Connection) -> list[str]:
    listed = connection.execute(
        "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "ORDER BY name"
    )
    return [name for (name,) in listed]


def _stored(store: Store, connection: sqlite3.Connection, query: str, label: str, size: int) -> str:
    import pyarrow as pa

    connection.execute(f"SELECT * FROM (\n{query}\n) LIMIT 0").close()  # whatever is no query fails here
    with closing(connection.execute(query)) as cursor:  # in parentheses, a second "a" would be called "a:1"
        names = [name for name, *_ in cursor.description]
    distinct(names, label)
    # Of a whole row too: SQLite makes all of its values before it gives one.
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limits.CELL // -(-len(names) // COLUMNS))
    # Columns by their places: SQLite takes "true", and any quoted name that it does not find, for a value.
    places = [f"c{i}" for i in range(len(names))]
    given = f"WITH given({', '.join(places)}) AS (\n{query}\n)"
    given = _without_missing(store, connection, given, dict(zip(places, names, strict=True)))
    ranks = [RANK.format(place) for place in places]
    bounds = ", ".join(f"min({rank}), max({rank})" for rank in ranks)
    (*found,) = connection.execute(f"{given} SELECT {bounds} FROM kept").fetchone()
    least, most = found[::2], found[1::2]
    mixed = [name for name, low, high in zip(names, least, most, strict=True) if (low or TEXT) <= NUMBER < (high or 0)]
    if mixed:
        store.note(SAYS("mixed", columns=mixed), "text among numbers", mixed, OVERRULE, warning=True)
    ends = zip(places, names, least, most, strict=True)
    both = {place: name for place, name, low, high in ends if (low, high) == (WHOLE, NUMBER)}
    if long := _long(connection, given, both):
        store.note(SAYS("long", columns=long), "codes", long)
        most = [TEXT if name in long else high for name, high in zip(names, most, strict=True)]
    types = {None: pa.null(), 1: pa.int64(), 2: pa.float64(), TEXT: pa.string(), BLOB: pa.binary()}
    schema = pa.schema([(name, types[rank]) for name, rank in zip(names, most, strict=True)])
    values = ", ".join(_value(*one) for one in zip(places, most, strict=True))
    cursor = connection.execute(f"{given} SELECT {values} FROM kept")
    batches = arrow_check.watched(store, _batches(cursor, schema, label, size))
    relation = stored(store, pa.RecordBatchReader.from_batches(schema, batches))
    _date(store, relation, [name for name, rank in zip(names, most, strict=True) if rank == TEXT])
    return relation


def _without_missing(store: Store, connection: sqlite3.Connection, given: str, names: Mapping[str, str]) -> str:
    """Return the query without the texts that were stated to mean none, so that they do not make a column text.

    `names` maps the places of the columns in `given` to what they are called.
    """
    stated = {place: store.options.means_missing(name) for place, name in names.items()}
    asked = [(place, value) for place, values in stated.items() for value in values]
    if not asked:
        return f"{given}, kept AS (SELECT * FROM given)"

    def is_one(place: str, values: Sequence[str]) -> str:
        return f"typeof({place}) = 'text' AND {is_one_of(place, values)}"

    tests = ", ".join(f"sum(coalesce({is_one(place, [value])}, 0))" for place, value in asked)
    (*found,) = connection.execute(f"{given} SELECT {tests} FROM given").fetchone()
    count(store, [(names[place], value) for place, value in asked], [n or 0 for n in found])
    kept = (
        f"CASE WHEN NOT coalesce({is_one(place, values)}, 0) THEN {place} END AS {place}" if values else place
        for place, values in stated.items()
    )
    return f"{given}, kept AS (SELECT {', '.join(kept)} FROM given)"


def _long(connection: sqlite3.Connection, given: str, names: Mapping[str, str]) -> list[str]:
    """Return the columns in which a whole number would not survive as a floating-point number, and is no measurement.

    Beside fractions it is one.
    """
    if not names:
        return []
    beyond = "typeof({0}) = 'integer' AND {0} NOT BETWEEN -{1} AND {1}"
    fraction = "typeof({0}) = 'real' AND abs({0}) < {1} AND {0} <> CAST({0} AS INTEGER)"
    tests = ", ".join(
        f"max({beyond.format(place, EXACT)}) AND NOT max({fraction.format(place, EXACT)})" for place in names
    )
    (*found,) = connection.execute(f"{given} SELECT {tests} FROM kept").fetchone()
    return [name for name, is_long in zip(names.values(), found, strict=True) if is_long]


def _value(place: str, rank: int | None) -> str:
    kind = {NUMBER: "REAL", TEXT: "TEXT", BLOB: "BLOB"}.get(rank or 0)
    return f"CAST({place} AS {kind})" if kind else place


def _batches(cursor: sqlite3.Cursor, schema: pa.Schema, label: str, size: int) -> Iterator[pa.RecordBatch]:
    import pyarrow as pa

    n = total = 0
    for rows, held in _chunks(cursor, [i for i, kind in enumerate(schema.types) if kind in (pa.string(), pa.binary())]):
        n, total = n + len(rows), total + held
        limits.refuse_rows(n, size, label)
        limits.refuse_unpacked(total, size, label, "write what the view gives into a table")
        columns: Sequence[Sequence[Any]] = list(zip(*rows, strict=True))
        arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def _chunks(cursor: sqlite3.Cursor, long: Sequence[int]) -> Iterator[tuple[list[Any], int]]:
    """Yield rows in chunks of bounded size, each with the bytes of its columns `long`, of texts and bytes."""
    if not long:
        while some := cursor.fetchmany(BATCH):
            yield some, 0
        return
    get = itemgetter(*long) if len(long) > 1 else itemgetter(slice(long[0], long[0] + 1))
    rows: list[Any] = []
    held = 0
    for row in cursor:
        rows.append(row)
        held += sum(map(len, filter(None, get(row))))
        if held >= BATCH_BYTES or len(rows) == BATCH:
            yield rows, held
            rows, held = [], 0
    if rows:
        yield rows, held


def _date(store: Store, relation: str, names: Sequence[str]) -> None:
    """Make dates of columns that hold nothing but dates: SQLite has no type for them."""
    for name in names:
        column = quoted(name)
        for kind, form in (
            ("DATE", "[0-9]{4}-[0-9]{2}-[0-9]{2}"),
            ("TIMESTAMP", r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:.]+"),
        ):
            fits = f"regexp_full_match({column}, '{form}') AND TRY_CAST({column} AS {kind}) IS NOT NULL"
            # A first look, for most columns of text hold no dates.
            first = store.run(
                f"SELECT bool_and({fits}) FROM (SELECT {column} FROM {relation} WHERE {column} IS NOT NULL LIMIT 100)"
            )
            if first[0][0] and store.run(f"SELECT bool_and({fits}) FROM {relation} WHERE {column} IS NOT NULL")[0][0]:
                store.run(f"ALTER TABLE {relation} ALTER {column} TYPE {kind}")
                break
