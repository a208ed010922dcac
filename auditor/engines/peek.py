"""A look at some rows, spread over the source: what roles, bins and kept levels are decided from."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from auditor.engines.sql import as_text, doubles
from auditor.engines.tokens import words_in
from auditor.engines.value_kinds import Held, held, is_list
from auditor.loaders.source import Source, columns, quoted
from auditor.use.infer import is_coded_name
from auditor.use.levels.placeholders import DAYS, may_be_placeholder
from auditor.use.levels.unknown import PLACEHOLDERS
from auditor.use.roles import BINS, Opaque, Seen, is_dated, is_numeric
from auditor.use.stands_for import may_count

PEEK_ROWS = 20_000
PEEK_CHUNKS = 10
PEEK_COLUMNS = 16  # looked at in one query: each holds its distinct values in memory, and planning is quadratic
KEPT_LEVELS = 1_000
NUMERIC_LEVELS = 20  # a number with no more distinct values keeps them as levels
CODE_LEVELS = 200  # whole numbers with no more may be codes, whose levels are asked for
STEPS = [i / BINS for i in range(1, BINS)]
LONG = 15  # characters per value, which eight words have at least: of shorter ones, words are not counted
SECONDS = 86_400  # of a day
TABLE = "dataudit_peek"


@contextmanager
def peeked(source: Source) -> Iterator[tuple[str, bool]]:
    """Give the name of a table of up to PEEK_ROWS rows, in chunks over the source; and whether it has them all."""
    run, named = source.connection.execute, columns(source.fields)
    rows = run(f"SELECT count(*) FROM {source.relation}").fetchall()[0][0]
    chunk = PEEK_ROWS // PEEK_CHUNKS
    starts = [0] if rows <= PEEK_ROWS else [i * (rows - chunk) // (PEEK_CHUNKS - 1) for i in range(PEEK_CHUNKS)]
    limit = PEEK_ROWS if rows <= PEEK_ROWS else chunk
    if len(starts) > 1 and any(map(is_list, source.fields.values())):
        # To skip rows with vectors costs as much as to read them, so that all chunks come from one scan.
        numbered = f'(SELECT *, row_number() OVER () AS "(place)" FROM {source.relation})'
        chosen = " OR ".join(f'"(place)" BETWEEN {start + 1} AND {start + limit}' for start in starts)
        run(f"CREATE OR REPLACE TEMP TABLE {TABLE} AS SELECT {named} FROM {numbered} WHERE {chosen}").fetchall()
        starts = []
    for i, start in enumerate(starts):  # one by one: each scan has buffers for every column
        verb = f"INSERT INTO {TABLE}" if i else f"CREATE OR REPLACE TEMP TABLE {TABLE} AS"
        run(f"{verb} SELECT {named} FROM {source.relation} LIMIT {limit} OFFSET {start}").fetchall()
    try:
        yield TABLE, rows <= PEEK_ROWS
    finally:
        run(f"DROP TABLE {TABLE}").fetchall()


def peek(source: Source, names: Collection[str] | None = None) -> dict[str, Seen]:
    """Look at the peeked rows, and say of each column, or of those of these names, what was seen."""
    if names is not None:
        source = replace(source, fields={name: kind for name, kind in source.fields.items() if name in names})
    with peeked(source) as (_, complete):
        names = list(source.fields)
        batches = (names[at : at + PEEK_COLUMNS] for at in range(0, len(names), PEEK_COLUMNS))
        seen = {name: seen for batch in batches for name, seen in _seen(source, batch, complete)}
        for name, of in seen.items():
            if of.whole and 1 < of.rows == of.distinct:
                of = replace(of, running=_runs(source, name, of.rows, 1 if complete else PEEK_CHUNKS))
            if of.whole and may_count(name):
                of = replace(of, apart=_apart(source, [each for each in names if each != name]))
            seen[name] = of
        return seen


def _runs(source: Source, name: str, rows: int, chunks: int) -> bool:
    """Whether a column rises by one from row to row; between the chunks of the peek it may leap."""
    number = f"CAST({quoted(name)} AS DOUBLE)"
    steps = f"SELECT {number} - lag({number}) OVER (ORDER BY rowid) AS step FROM {TABLE}"
    found: int = source.connection.execute(f"SELECT count(*) FILTER (step = 1) FROM ({steps})").fetchall()[0][0]
    return found >= rows - chunks


def _apart(source: Source, others: Sequence[str]) -> bool:
    """Whether no two rows are alike in all other columns."""
    if not others:
        return False
    distinct = f"SELECT DISTINCT {', '.join(map(quoted, others))} FROM {TABLE}"
    asked = f"SELECT (SELECT count(*) FROM ({distinct})) = (SELECT count(*) FROM {TABLE})"
    return bool(source.connection.execute(asked).fetchall()[0][0])


def _seen(source: Source, names: Sequence[str], complete: bool) -> Iterator[tuple[str, Seen]]:
    run, fields = source.connection.execute, source.fields
    asked = ["count(*)"]
    for name in names:
        kind = fields[name]
        column = quoted(name)
        # Of long values, like vectors, it is enough to hold the hashes.
        distinct = f"hash({column})) FILTER ({column} IS NOT NULL" if is_list(kind) else column
        asked += [f"count({column})", f"count(DISTINCT {distinct})"]
        if is_numeric(kind):
            asked += [f"quantile_disc(CAST({column} AS DOUBLE), {STEPS})", f"min({column})", f"max({column})"]
            asked.append(f"bool_and({column} = trunc({column}))")
        else:
            dated = is_dated(kind)
            finite = f"FILTER (isfinite({column}))"
            ends = [f"epoch({end}({column}) {finite})" if dated else "NULL" for end in ("min", "max")]
            years = f"quantile_disc(year({column}), {STEPS}) {finite}"
            shape = f"avg(length({column}))" if kind == "VARCHAR" else years if dated else "0"
            asked += [shape, *ends, "false"]
    facts = run(f"SELECT {', '.join(asked)} FROM {TABLE}").fetchall()[0]
    rows = facts[0]
    by_name = {name: facts[1 + 6 * i : 7 + 6 * i] for i, name in enumerate(names)}
    levelled = [name for name, fact in by_name.items() if _levelled(name, fields[name], fact[0], fact[1], fact[5])]
    holds = dict(_held(source, names))
    wordless = {name for name, of in holds.items() if of.what and of.what is not Opaque.NESTED}
    texts = [name for name in names if fields[name] == "VARCHAR" and name not in wordless]
    long = [name for name in texts if (by_name[name][2] or 0) >= LONG]
    more = [f"histogram({as_text(name, fields[name])})" for name in levelled]
    more += [f"avg({words_in(quoted(name))})" for name in long]
    ended = [name for name, fact in by_name.items() if _may_be_ended(fields[name], *fact[2:5])]
    more += [_ends(name, dated=is_dated(fields[name])) for name in ended]
    found = run(f"SELECT {', '.join(more)} FROM {TABLE}").fetchall()[0] if more else ()
    levels: dict[str, Mapping[str, int]] = dict(zip(levelled, found, strict=False))
    words: dict[str, float] = dict(zip(long, found[len(levelled) :], strict=False))
    outer = {name: _outer(of) for name, of in zip(ended, found[len(levelled) + len(long) :], strict=True)}
    for name, (known, distinct, shape, low, high, whole) in by_name.items():
        common = sorted((levels.get(name) or {}).items(), key=lambda item: (-item[1], item[0]))[:KEPT_LEVELS]
        number, dated = is_numeric(fields[name]), is_dated(fields[name])
        yield (
            name,
            Seen(
                type=fields[name],
                rows=rows,
                missing=rows - known,
                distinct=distinct,
                complete=complete,
                levels=dict(common),
                cuts=tuple(filter(math.isfinite, shape or ())) if number else (),
                low=None if low is None else float(low),
                high=None if high is None else float(high),
                whole=bool(whole),
                words=words.get(name, 0.0),
                years=tuple(map(float, shape or ())) if dated else (),
                ends=outer[name][0] if name in outer else {},
                inner=outer[name][1] if name in outer else None,
                holds=holds[name].what if known else None,
                width=holds[name].width,
                dimension=holds[name].dimension,
                even=holds[name].even,
            ),
        )


def _may_be_ended(kind: str, cuts: Sequence[float] | None, low: float | None, high: float | None) -> bool:
    """Whether the lowest or the highest value of a column may mean "no value"."""
    if low is None or high is None:
        return False
    if is_dated(kind):
        return low // SECONDS in DAYS or high // SECONDS in DAYS
    return is_numeric(kind) and bool(cuts) and may_be_placeholder(float(low), float(high), cuts or ())


def _ends(name: str, *, dated: bool) -> str:
    """Return the SQL of the rows by number of usual placeholders for "no value", and of the range of all others."""
    number = f"floor(epoch({quoted(name)}) / {SECONDS})" if dated else f"CAST({quoted(name)} AS DOUBLE)"
    usual = DAYS if dated else PLACEHOLDERS
    listed = f"list_contains({doubles(sorted(usual))}, {number})"
    others = f"FILTER (isfinite({number}) AND NOT {listed})"
    rows = f"histogram({number}) FILTER ({listed})"
    return f"{{'rows': {rows}, 'low': min({number}) {others}, 'high': max({number}) {others}}}"


def _outer(found: Mapping[str, Any]) -> tuple[Mapping[float, int], tuple[float, float] | None]:
    """Return those rows by number that lie beyond all other numbers, and the range of these."""
    low, high = found["low"], found["high"]
    if low is None:
        return {}, None
    return {value: n for value, n in (found["rows"] or {}).items() if not low <= value <= high}, (low, high)


def _held(source: Source, names: Sequence[str]) -> Iterator[tuple[str, Held]]:
    """Yield of each column what its values are, where no rule reads them; of texts three decide at first."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        return source.connection.execute(sql).fetchall()

    texts = [name for name in names if source.fields[name] == "VARCHAR"]
    some = ", ".join(f"[any_value({of}), min({of}), max({of})]" for of in map(quoted, texts))
    samples = dict(zip(texts, run(f"SELECT {some} FROM {TABLE}")[0], strict=True)) if texts else {}
    for name in names:
        yield name, held(run, TABLE, name, source.fields[name], samples.get(name, ()))


def _levelled(name: str, kind: str, known: int, distinct: int, whole: bool | None) -> bool:
    """Whether a column's values are worth keeping apart: few, or of a text or a code that recurs."""
    recurs = distinct <= 0.5 * known
    if is_numeric(kind):
        return distinct <= NUMERIC_LEVELS or bool(whole and recurs and (distinct <= CODE_LEVELS or is_coded_name(name)))
    if is_list(kind):
        return distinct <= NUMERIC_LEVELS
    return distinct <= NUMERIC_LEVELS or recurs
