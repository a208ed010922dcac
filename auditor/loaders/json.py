"""JSON -> rows: an array of objects, or one object after another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.loaders import limits, rows
from auditor.loaders.forms import CODE, MACROS, Form
from auditor.loaders.kinds import escaped
from auditor.loaders.names import distinct
from auditor.loaders.source import literal, quoted
from auditor.loaders.store import reason
from auditor.loaders.text import plain

if TYPE_CHECKING:
    from auditor.loaders.files import File, Found
    from auditor.loaders.store import Store

WORDS = {"VARCHAR": "strings", "BOOLEAN": "truth values", "ARRAY": "arrays", "NULL": "nulls"}
RIGHT = "right is an array of objects, or one object per line"

# Strings stay text, also "5" and "true": JSON has numbers and truth values of its own. Only dates are read from text.
TEXT_OF_JSON = """
CREATE OR REPLACE MACRO text_of_json(j) AS
  CASE WHEN json_type(j) <> 'DOUBLE' OR (j ->> '$') <> 'NaN' THEN j ->> '$' END
"""
FORM_OF_JSON = f"""
CREATE OR REPLACE MACRO form_of_json(j) AS CASE
  WHEN text_of_json(j) IS NULL THEN NULL
  WHEN json_type(j) = 'BOOLEAN' THEN {Form.BOOLEAN:d}
  WHEN json_type(j) = 'VARCHAR' THEN CASE
    WHEN form_of(j ->> '$') & {int(Form.DATE | Form.TIME | Form.ZONED)} > 0 THEN form_of(j ->> '$')
    ELSE {Form.TEXT:d} END
  WHEN json_type(j) IN ('OBJECT', 'ARRAY') THEN {Form.TEXT:d}
  WHEN json_type(j) <> 'DOUBLE' OR regexp_full_match(j ->> '$', {literal(CODE)}) THEN form_of(j ->> '$')
  WHEN isfinite(TRY_CAST(j ->> '$' AS DOUBLE)) THEN
    CASE WHEN contains(j ->> '$', 'e') THEN {Form.SCIENTIFIC | Form.BARE:d} ELSE {Form.POINT | Form.BARE:d} END
  ELSE {Form.CODE:d} END
"""


def load(store: Store, found: Found) -> str:
    """Read the files into one table, and return what to put behind FROM."""
    for macro in MACROS:
        store.run(macro)
    store.run(TEXT_OF_JSON)
    store.run(FORM_OF_JSON)
    scans = [_scan(store, file) for file in found.files]
    try:
        relation = rows.load(store, scans).relation
    except rows.Unreadable as error:
        cause = error.__cause__ or error
        raise SourceError(
            f"{error.scan.label} cannot be read as JSON: {reason(cause, store, error.scan.label)}"
        ) from error
    _check_one_row(store, relation, found.label)
    return relation


def _scan(store: Store, file: File) -> rows.Scan:
    path, _ = plain(store, file)
    shape = _shape(path, file.label)
    names, shape = _keys(store, path, shape, file.label)
    distinct(names, file.label)
    quotes = [quoted(name) for name in names]
    columns = "{" + ", ".join(f"{name}: 'JSON'" for name in quotes) + "}"
    options = f"format = '{shape}', maximum_object_size = {limits.OBJECT}, compression = 'none'"
    sql = f"read_json({escaped(path)}, columns = {columns}, {options})"
    return rows.Scan(file.label, names, sql, quotes, _places, form="form_of_json", text="text_of_json({0})", typed=True)


def objects(store: Store, file: File, rows: int) -> Iterator[str]:
    """Yield each object as it is written; `rows` of them are held in memory."""
    path, _ = plain(store, file)
    _, shape = _keys(store, path, _shape(path, file.label), file.label)
    answer = store.connection.execute(f"SELECT json FROM {_objects(path, shape)}")
    while found := answer.fetchmany(rows):
        yield from (written for (written,) in found)


def _objects(path: Path, shape: str) -> str:
    return f"read_json_objects({escaped(path)}, format = '{shape}', maximum_object_size = {limits.OBJECT})"


def _shape(path: Path, label: str) -> str:
    """Return DuckDB's word for how the objects follow each other, by the first character."""
    with path.open(encoding="utf-8-sig") as stream:
        start = ""
        while not start and (chunk := stream.read(4096)):
            start = chunk.lstrip()
    if not start:
        raise SourceError(f"{label} is empty")
    if start[0] == "[":
        return "array"
    if start[0] == "{":
        return "newline_delimited"
    raise SourceError(f"{label} holds no JSON objects, it begins with {start[:10]!r}; {RIGHT}")


def _keys(store: Store, path: Path, shape: str, label: str) -> tuple[list[str], str]:
    """Return all keys in the order in which they come up, and the shape under which the file can be read."""
    import duckdb

    objects = _objects(path, shape)
    try:
        other = store.run(f"SELECT json_type(json) FROM {objects} WHERE json_type(json) <> 'OBJECT' LIMIT 1")
        found = store.run(
            f"SELECT key FROM (SELECT key, row_number() OVER () AS place FROM "
            f"(SELECT unnest(json_keys(json)) AS key FROM {objects})) GROUP BY key ORDER BY min(place)"
        )
    except duckdb.Error as error:
        if shape == "newline_delimited":  # objects may also span lines
            try:
                return _keys(store, path, "unstructured", label)
            except SourceError:
                pass
        if "maximum_object_size" in str(error):
            raise SourceError(
                f"{label} holds an object of over {limits.amount(limits.OBJECT)}, the limit for one; {RIGHT}"
            ) from error
        raise SourceError(f"{label} cannot be read as JSON: {_placed(reason(error, store, label), path)}") from error
    if other:
        raise SourceError(f"{label} holds {WORDS.get(other[0][0], 'numbers')} where objects should be; {RIGHT}")
    names = [row[0] for row in found]
    if not names:
        raise SourceError(f"{label} has no rows")
    if "" in names:
        raise SourceError(f"{label} holds a value without a name; give it one")
    return names, shape


def _placed(message: str, path: Path) -> str:
    """Return DuckDB's message with the line that is broken: it may name a later line, or number objects otherwise."""
    found = re.search(r"in line (\d+)", message)
    if not found:
        return re.sub(r" in record/value \d+", "", message)
    named = int(found[1])
    with path.open(encoding="utf-8-sig") as stream:
        for number, line in enumerate(islice(stream, named), start=1):
            if number >= named - 1 and line.strip():
                try:
                    loads(line)
                except (ValueError, RecursionError):  # nested deeper than Python reads
                    return message.replace(found[0], f"in line {number}")
    return message.replace(f" {found[0]}", "")


def _check_one_row(store: Store, relation: str, label: str) -> None:
    """Refuse a table that is wrapped up in a single object."""
    first = store.run(f"SELECT * FROM {relation} LIMIT 2")
    if len(first) == 1 and any(isinstance(value, str) and value.startswith(("{", "[")) for value in first[0]):
        raise SourceError(f"{label} holds one object with the data inside it; {RIGHT}")


def _places(wanted: Collection[int]) -> Mapping[int, str]:
    return {row: f"row {row + 1}" for row in wanted}
