"""Columns of bytes -> text where they spell one, else a short mark of each value: images can be large."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from auditor.format import listed
from auditor.loaders.source import literal, quoted
from auditor.use.opaque import HEAD, MARK, SHORT

if TYPE_CHECKING:
    from auditor.loaders.store import Store

LOOKED_AT = 100  # values that decide what a column of bytes holds
CONTROL = r"[\x00-\x08\x0e-\x1f\x7f]"


def read(store: Store, relation: str, kinds: Mapping[str, str]) -> dict[str, str]:
    """Return the SQL of the values of each column of bytes, or of values with bytes in them, and report it."""
    found = {}
    texts = []
    for name, kind in kinds.items():
        if kind == "BLOB":
            form = _form(store, relation, name)
            texts += [name] if form == _TEXT else []
            found[name] = form.format(column=quoted(name)) if form else _mark(quoted(name), quoted(name))
        elif not kind.startswith("ENUM(") and re.search(r"(?<![\"'])\bBLOB\b(?![\"'])", kind):
            found[name] = _marked(store, relation, name, kind)
    if texts:
        store.note(f"{listed(texts)}: bytes, read as the text that they spell", "bytes", texts)
    return found


_TEXT = "nullif(coalesce(TRY(decode({column})), CAST({column} AS VARCHAR)), '')"
_HEX = "nullif(hex({column}), '')"


def _form(store: Store, relation: str, name: str) -> str:
    """Return how to read a column of bytes, by its first values: as text, in hexadecimal, or neither ("")."""
    text = "TRY(decode(value))"
    ((readable, longest),) = store.run(
        f"SELECT bool_and({text} IS NOT NULL AND NOT regexp_matches({text}, '{CONTROL}')), max(octet_length(value)) "
        f"FROM (SELECT {quoted(name)} AS value FROM {relation} WHERE {quoted(name)} IS NOT NULL LIMIT {LOOKED_AT})"
    )
    if readable is not False:
        return _TEXT
    return _HEX if longest <= SHORT else ""


def _marked(store: Store, relation: str, name: str, kind: str) -> str:
    """Return the SQL of a mark of nested values with bytes in them, as images in files of Hugging Face are."""
    column = quoted(name)
    if not kind.startswith("STRUCT("):
        return _mark(column, "NULL::BLOB")
    fields = store.run(f"DESCRIBE SELECT unnest({column}) FROM {relation}")
    own = next((field for field, of, *_ in fields if of == "BLOB"), None)
    inner = f"struct_extract({column}, {literal(own)})" if own is not None else "NULL::BLOB"
    empty = " AND ".join(f"struct_extract({column}, {literal(field)}) IS NULL" for field, *_ in fields)
    return f"CASE WHEN NOT ({empty}) THEN {_mark(column, inner)} END"


def _mark(column: str, inner: str) -> str:
    """Return the SQL of the mark of a value: the first of the bytes in it, and a hash of the whole."""
    head = f"coalesce(hex(({inner})[1:{HEAD}]), '')"
    return (
        f"CASE WHEN {column} IS NOT NULL THEN '{MARK[0]}' || {head} || '{MARK[1]}' || hash({column}) || '{MARK[2]}' END"
    )
