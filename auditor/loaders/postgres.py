"""A PostgreSQL server -> rows: one query, read in a stream into the store."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from auditor.errors import SourceError
from auditor.loaders.arrow import stored
from auditor.loaders.credentials import scrubbed
from auditor.loaders.credentials import shown as without_secrets
from auditor.loaders.databases import bare, note_query, table_of
from auditor.loaders.names import distinct
from auditor.loaders.source import quoted
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.store import Store

PATIENCE = "10"  # seconds in which a server must answer
TABLES = """
SELECT n.nspname, c.relname, pg_table_is_visible(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname NOT LIKE 'pg\\_%'
  AND n.nspname <> 'information_schema' AND has_table_privilege(c.oid, 'SELECT')
ORDER BY 3 DESC, 1, 2
"""
# What the driver hands over in a form of its own -> how to have it as a number or a text; {0} is the column.
CASTS = {
    "money": "{0}::numeric::float8",
    "oid": "{0}::int8",
    "bpchar": "{0}::text",  # without the blanks that only fill it up
    # The ends of time have no date.
    "date": "CASE WHEN isfinite({0}) THEN {0} END",
    "timestamp": "CASE WHEN isfinite({0}) THEN {0} END",
    "timestamptz": "CASE WHEN isfinite({0}) THEN {0} END",
}
SAYS = Says(read="Read from {server}.", read_table="Read from table {table} of {server}.")


def load(store: Store, address: str, table: str | None, sql: str | None) -> tuple[str, str]:
    """Store a table, or what a query gives, and return what to put behind FROM and what to call it."""
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise SourceError("to read from PostgreSQL, install its driver: pip install 'dataudit[postgres]'") from None
    label, failed = shown(address), ""
    try:
        with closing(dbapi.connect(_whole(address))) as connection, closing(connection.cursor()) as cursor:
            # Nothing is ever changed there, and the rows come as they lie, not as another's reading has got to.
            cursor.execute("SET TRANSACTION READ ONLY")
            cursor.execute("SET LOCAL synchronize_seqscans = off")
            if sql is not None:
                query, name = bare(sql), label.rpartition("/")[2] or label
            else:
                name, query = _table(cursor, table, label)
            relation = _stored(store, cursor, query, label)
    except dbapi.Error as error:
        failed = scrubbed(_reason(error), address, sql)
    if failed:  # not the driver's whole text, and not chained to it: it may repeat what it was given
        raise SourceError(f"{label} cannot be read: {failed}")
    if sql is not None:
        store.note(SAYS("read", server=label))
        note_query(store, sql)
    else:
        store.note(SAYS("read_table", table=name, server=label))
    return relation, name


def shown(address: str) -> str:
    """Return an address without what opens it: scheme, host, port and database.

    >>> shown("postgresql://ann:pass@db.example:5433/hr?sslmode=require")
    'postgresql://db.example:5433/hr'
    """
    _whole(address)  # refuses what is unclear
    return without_secrets(address)


def _whole(address: str) -> str:
    """Return an address in which user and password are written so that none of their characters misleads.

    >>> _whole("postgresql://ann:p@s:s%@db.example/hr")
    'postgresql://ann:p%40s%3As%25@db.example/hr?connect_timeout=10'
    >>> _whole("postgresql:///hr?password=a+b%2B")
    'postgresql:///hr?connect_timeout=10&password=a%2Bb%2B'
    """
    unclear = SourceError(
        "the address of the database cannot be made out; it is postgresql://user:password@host:port/database, with "
        "the special characters of a password written as %2F and so on, or left to PGPASSWORD"
    )
    if "://" not in address:
        raise unclear
    try:
        parts = urlsplit(address)
        user, at, host = parts.netloc.rpartition("@")
        _ = parts.port
    except ValueError:
        raise unclear from None
    if "@" in parts.path + parts.query + parts.fragment or parts.fragment:
        raise unclear
    named = ":".join(quote(unquote(word), safe="") for word in user.split(":", 1))
    query = {"connect_timeout": PATIENCE}
    for setting in filter(None, parts.query.split("&")):  # a plus stands for itself there, as it does not in a form
        key, _, value = setting.partition("=")
        query[unquote(key)] = unquote(value)
    return f"{parts.scheme}://{named}{at}{host}{parts.path}?{urlencode(query, quote_via=quote)}"


def _table(cursor: Any, table: str | None, label: str) -> tuple[str, str]:
    """Return the name of the table that is meant, and the query that reads it."""
    cursor.execute(TABLES)
    places: dict[str, str] = {}
    whole: dict[str, str] = {}
    for schema, name, visible in cursor.fetchall():
        called = name if visible else f"{schema}.{name}"
        whole[f"{schema}.{name}"] = called
        places[called] = f"{quoted(schema)}.{quoted(name)}"
    called = table_of(list(places), whole.get(table or "", table), label)
    return called, f"SELECT * FROM {places[called]}"


def _stored(store: Store, cursor: Any, query: str, label: str) -> str:
    """Read what a query gives into the store, in types that lose nothing."""
    fields = list(cursor.adbc_execute_schema(query))
    distinct([field.name for field in fields], label)
    sent = ", ".join(f"{_sent(field)} AS {quoted(field.name)}" for field in fields)
    cursor.execute(f"SELECT {sent} FROM (\n{query}\n) AS asked")
    kept = ", ".join(_kept(field) for field in fields)
    return stored(store, cursor.fetch_record_batch(), kept)


def _sent(field: Any) -> str:
    column, kind = quoted(field.name), _kind(field)
    if kind in CASTS:
        return CASTS[kind].format(column)
    return f"{column}::text" if "opaque" in str(field.type) else column


def _kept(field: Any) -> str:
    """Return the SQL that makes a number of a numeric, which is sent as text."""
    column = quoted(field.name)
    if _kind(field) != "numeric":
        return column
    size = int(field.metadata.get(b"POSTGRESQL:typmod", b"-1")) - 4
    digits, scale = size >> 16, size & 0x7FF
    kind = f"DECIMAL({digits}, {scale})" if size >= 0 and digits <= 38 and scale <= digits else "DOUBLE"
    return f"TRY_CAST(nullif({column}, 'NaN') AS {kind}) AS {column}"


def _kind(field: Any) -> str:
    metadata: dict[bytes, bytes] = field.metadata or {}
    return metadata.get(b"POSTGRESQL:type", b"").decode()


def _reason(error: Exception) -> str:
    r"""Return the message of the server or its driver, in a line.

    >>> _reason(Exception('NOT_FOUND: Failed to prepare query: ERROR:  relation "x" does not exist\nLINE 1: …'))
    'relation "x" does not exist'
    """
    line = str(error).strip().partition("\n")[0]
    message = re.split(r"(?:ERROR|FATAL):\s+|Failed to connect: ", line)[-1]
    return message.rstrip(". ")
