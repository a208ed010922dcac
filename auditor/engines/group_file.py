"""Columns of a side file joined to the rows by a key, with what does not match counted and reported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from auditor.engines.sql import as_text
from auditor.errors import ColumnError, SourceError
from auditor.loaders import open_source
from auditor.loaders.source import Source, quoted
from auditor.model import Decision
from auditor.use.says import Says

KEY, PLACE, SIDE, JOINED = "(key)", "(place)", "kept.group_file", "kept.with_group_file"
SAYS = Says(
    joined="{columns:listed} {are} from {file} (SHA-256 {sha}), joined by '{key}': {matched:people} of {rows:people} "
    "row{rows:s} have a match.{>unmatched}{>keyless}{>alike}{>conflicting}{>repeated}{>unused}",
    unmatched=" Without a match, and so without a recorded group: {unmatched:people}.",
    keyless=" Without a key: {keyless:people} of these.",
    alike=" {alike:people} of these would have one if case, spaces and zeros at the beginning of '{key}' did not "
    "count: write the keys alike.",
    conflicting=" Keys of {file} with different values, which match nothing: {conflicting:people}.",
    repeated=" Rows of {file} that repeat another exactly, and count once: {repeated:people}.",
    unused=" Keys of {file} of no row here: {unused:people}.",
    none="no row of {data} has a key that {file} has (--on {key}); are both spelled alike?",
    few="{matched:people} of {rows:people} row{rows:s} of {data} have a match in {file} (--on {key}), all with one "
    "value of '{column}': there is nothing to compare; are the keys of both spelled alike?",
    both="{data} and {file} both have a column '{column}'; rename one of them, or leave --group-file out",
    alone="{file} has no column beside its key '{key}'",
)


class Key(NamedTuple):
    """The name of the key in the data, and in the side file."""

    own: str
    theirs: str

    @classmethod
    def read(cls, written: str) -> Key:
        """Return the key that is written as a name, or as `name of the data=name of the file`.

        >>> Key.read("id"), Key.read("applicant=id")
        (Key(own='id', theirs='id'), Key(own='applicant', theirs='id'))
        """
        own, sign, theirs = written.partition("=")
        return cls(own.strip(), theirs.strip()) if sign else cls(written, written)


class _Side(NamedTuple):
    """What a side file holds: its columns beside the key, and its keys, by what can be done with them."""

    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    keys: int
    conflicting: int
    repeated: int


def with_group_file(source: Source, path: str | Path, on: str) -> tuple[Source, tuple[str, ...]]:
    """Return the source with the columns of a side file, and their names; rows without a match have no value in them.

    Raises:
        ColumnError: One of the two has no such key, or both have a column of one name.
        SourceError: The file cannot be read, or no row has a match.
    """
    key = Key.read(on)
    own = _known(key.own, source, "--on")
    file = Path(os.fsdecode(path)).name
    with open_source(path) as people:
        theirs = _known(key.theirs, people, "--on")
        side = _copied(people, theirs, source, file)
        sha = people.sha256 or ""
    chosen = ", ".join(f"side.{quoted(name)}" for name in side.columns)
    text = as_text(own, source.fields[own])
    data = ", ".join(f"given.{quoted(name)}" for name in source.fields)
    rows = f"(SELECT *, row_number() OVER () AS {quoted(PLACE)}, {text} AS {quoted(KEY)} FROM {source.relation})"
    run = source.connection.execute
    run(
        f"CREATE OR REPLACE TABLE {JOINED} AS SELECT {data}, {chosen}, side.{quoted(KEY)} AS {quoted(KEY)}, "
        f"given.{quoted(KEY)} AS {quoted(PLACE)} FROM {rows} given LEFT JOIN {SIDE} side USING ({quoted(KEY)}) "
        f"ORDER BY given.{quoted(PLACE)}"
    ).fetchall()
    counts = f"count(*), count({quoted(KEY)}), count(DISTINCT {quoted(KEY)}), count(*) - count({quoted(PLACE)})"
    ((total, matched, used, keyless),) = run(f"SELECT {counts} FROM {JOINED}").fetchall()
    if not matched:
        raise SourceError(SAYS("none", data=source.name, file=file, key=on))
    if 2 * matched < total and (column := _left_with_one_value(source, side.columns)):
        raise SourceError(SAYS("few", data=source.name, file=file, key=on, column=column, matched=matched, rows=total))
    facts = {
        "alike": _nearly(source) or None,
        "unmatched": total - matched or None,
        "keyless": keyless or None,
        "conflicting": side.conflicting or None,
        "repeated": side.repeated or None,
        "unused": side.keys - used or None,
    }
    are = "are" if len(side.columns) > 1 else "is"
    said = SAYS(
        "joined", columns=side.columns, are=are, file=file, sha=sha[:12], key=own, matched=matched, rows=total, **facts
    )
    decision = Decision(said, "group file", side.columns, "--group-file", warning=bool(total - matched))
    fields = {**source.fields, **dict(zip(side.columns, side.kinds, strict=True))}
    relation = f"(SELECT {', '.join(map(quoted, fields))} FROM {JOINED})"
    made = replace(source, relation=relation, fields=fields, reading=(*source.reading, decision), recipe=None)
    return made, side.columns


def _left_with_one_value(source: Source, columns: Sequence[str]) -> str | None:
    """Return a column of the side file that has several values there, and one in the rows that have a match."""

    def values(table: str) -> tuple[int, ...]:
        listed = ", ".join(f"count(DISTINCT {quoted(name)})" for name in columns)
        return source.connection.execute(f"SELECT {listed} FROM {table}").fetchall()[0]

    return next(
        (name for name, there, here in zip(columns, values(SIDE), values(JOINED), strict=True) if here == 1 < there),
        None,
    )


def _nearly(source: Source) -> int:
    """Return how many rows without a match would have one, were their keys and the file's written in one way."""

    def plain(key: str) -> str:
        return f"ltrim(lower(trim({quoted(key)})), '0')"

    keys = f"SELECT {plain(KEY)} FROM {SIDE} GROUP BY ALL HAVING count(*) = 1"
    query = f"SELECT count(*) FROM {JOINED} WHERE {quoted(KEY)} IS NULL AND {plain(PLACE)} IN ({keys})"
    return int(source.connection.execute(query).fetchall()[0][0])


def _known(name: str, source: Source, flag: str) -> str:
    by_case = {column.lower(): column for column in source.fields}
    if name.lower() not in by_case:
        raise ColumnError.missing(name, list(source.fields), source.name, flag)
    return by_case[name.lower()]


def _copied(people: Source, key: str, source: Source, file: str) -> _Side:
    """Copy the keys of a side file that have one meaning, with their columns, to where the rows are."""
    columns = tuple(name for name in people.fields if name != key)
    if not columns:
        raise SourceError(SAYS("alone", file=file, key=key))
    _refuse_both(columns, source, file)
    listed = ", ".join(map(quoted, columns))
    named = f"{as_text(key, people.fields[key])} AS {quoted(KEY)}"
    whole = f"(SELECT {named}, {listed} FROM {people.relation} WHERE {quoted(key)} IS NOT NULL)"
    distinct = f"(SELECT DISTINCT * FROM {whole})"
    query = f"SELECT *, count(*) OVER (PARTITION BY {quoted(KEY)}) AS {quoted(PLACE)} FROM {distinct}"
    table = people.connection.sql(f"SELECT * FROM ({query}) ORDER BY ALL").to_arrow_table()
    ((given,),) = people.connection.execute(f"SELECT count(*) FROM {whole}").fetchall()
    run = source.connection.execute
    source.connection.register("group_file_given", table)
    try:
        ((conflicting, keys),) = run(
            f"SELECT count(DISTINCT {quoted(KEY)}) FILTER ({quoted(PLACE)} > 1), count(DISTINCT {quoted(KEY)}) FILTER "
            f"({quoted(PLACE)} = 1) FROM group_file_given"
        ).fetchall()
        once = f"SELECT {quoted(KEY)}, {listed} FROM group_file_given WHERE {quoted(PLACE)} = 1"
        run(f"CREATE OR REPLACE TABLE {SIDE} AS {once}").fetchall()
    finally:
        source.connection.unregister("group_file_given")
    kinds = tuple(kind for _, kind, *_ in run(f"DESCRIBE SELECT {listed} FROM {SIDE}").fetchall())
    return _Side(columns, kinds, int(keys), int(conflicting), int(given) - len(table))


def _refuse_both(columns: Sequence[str], source: Source, file: str) -> None:
    own = {name.lower() for name in source.fields}
    if both := next((name for name in columns if name.lower() in own), None):
        raise ColumnError(SAYS("both", data=source.name, file=file, column=both))
