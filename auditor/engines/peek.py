"""A look at some rows, spread over the source: what roles, bins and kept levels are decided from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from auditor.engines.holds import held, is_list
from auditor.engines.sql import as_text
from auditor.guesses import is_numeric
from auditor.roles import Opaque, Seen
from auditor.source import Source, quoted

PEEK_ROWS = 20_000
PEEK_CHUNKS = 10
PEEK_COLUMNS = 50  # looked at in one query: each holds its distinct values in memory
KEPT_LEVELS = 1_000
NUMERIC_LEVELS = 20  # a number with no more distinct values keeps them as levels
BINS = 20
LONG = 15  # characters per value, which eight words have at least: of shorter ones, words are not counted
TABLE = "dataudit_peek"


@contextmanager
def peeked(source: Source) -> Iterator[tuple[str, bool]]:
    """Give the name of a table of up to PEEK_ROWS rows, in chunks over the source; and whether it has them all."""
    run = source.connection.execute
    rows = run(f"SELECT count(*) FROM {source.relation}").fetchall()[0][0]
    chunk = PEEK_ROWS // PEEK_CHUNKS
    starts = [0] if rows <= PEEK_ROWS else [i * (rows - chunk) // (PEEK_CHUNKS - 1) for i in range(PEEK_CHUNKS)]
    limit = PEEK_ROWS if rows <= PEEK_ROWS else chunk
    for i, start in enumerate(starts):  # one by one: each scan has buffers for every column
        verb = f"INSERT INTO {TABLE}" if i else f"CREATE OR REPLACE TEMP TABLE {TABLE} AS"
        run(f"{verb} SELECT * FROM {source.relation} LIMIT {limit} OFFSET {start}").fetchall()
    try:
        yield TABLE, rows <= PEEK_ROWS
    finally:
        run(f"DROP TABLE {TABLE}").fetchall()


def peek(source: Source) -> dict[str, Seen]:
    """Look at the peeked rows, and say of each column what was seen."""
    with peeked(source) as (_, complete):
        names = list(source.fields)
        batches = (names[at : at + PEEK_COLUMNS] for at in range(0, len(names), PEEK_COLUMNS))
        return {name: seen for batch in batches for name, seen in _seen(source, batch, complete)}


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
            steps = [i / BINS for i in range(1, BINS)]
            asked += [f"quantile_disc(CAST({column} AS DOUBLE), {steps})", f"min({column})", f"max({column})"]
            asked.append(f"bool_and({column} = trunc({column}))")
        else:
            dated = kind.startswith(("DATE", "TIMESTAMP"))
            finite = f"{column}) FILTER (isfinite({column}))"
            ends = [f"epoch({end}({finite})" if dated else "NULL" for end in ("min", "max")]
            asked += [f"avg(length({column}))" if kind == "VARCHAR" else "0", *ends, "false"]
    facts = run(f"SELECT {', '.join(asked)} FROM {TABLE}").fetchall()[0]
    rows = facts[0]
    by_name = {name: facts[1 + 6 * i : 7 + 6 * i] for i, name in enumerate(names)}
    levelled = [name for name, fact in by_name.items() if _levelled(fact[1], fact[0], fields[name])]
    holds = dict(_held(source, names))
    wordless = {name for name, (what, _) in holds.items() if what and what is not Opaque.NESTED}
    texts = [name for name in names if fields[name] == "VARCHAR" and name not in wordless]
    long = [name for name in texts if (by_name[name][2] or 0) >= LONG]
    more = [f"histogram({as_text(name, fields[name])})" for name in levelled]
    more += [f"avg(len(regexp_split_to_array(trim({quoted(name)}), '\\s+')))" for name in long]
    found = run(f"SELECT {', '.join(more)} FROM {TABLE}").fetchall()[0] if more else ()
    levels: dict[str, Mapping[str, int]] = dict(zip(levelled, found, strict=False))
    words: dict[str, float] = dict(zip(long, found[len(levelled) :], strict=True))
    for name, (known, distinct, shape, low, high, whole) in by_name.items():
        common = sorted((levels.get(name) or {}).items(), key=lambda item: (-item[1], item[0]))[:KEPT_LEVELS]
        number = is_numeric(fields[name])
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
                holds=holds[name][0] if known else None,
                width=holds[name][1],
            ),
        )


def _held(source: Source, names: Sequence[str]) -> Iterator[tuple[str, tuple[Opaque | None, tuple[int, int] | None]]]:
    """Yield of each column what its values are, where no rule reads them, told of texts by three of them at first."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        return source.connection.execute(sql).fetchall()

    texts = [name for name in names if source.fields[name] == "VARCHAR"]
    some = ", ".join(f"[any_value({of}), min({of}), max({of})]" for of in map(quoted, texts))
    samples = dict(zip(texts, run(f"SELECT {some} FROM {TABLE}")[0], strict=True)) if texts else {}
    for name in names:
        yield name, held(run, TABLE, name, source.fields[name], samples.get(name, ()))


def _levelled(distinct: int, known: int, kind: str) -> bool:
    """Whether a column's values are worth keeping apart: few, or of a text that recurs."""
    if is_numeric(kind) or is_list(kind):
        return distinct <= NUMERIC_LEVELS
    return distinct <= NUMERIC_LEVELS or distinct <= 0.5 * known
