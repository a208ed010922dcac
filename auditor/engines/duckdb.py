"""Source and roles to peek and tally, on DuckDB: one scan, aggregates only, memory bounded by the levels kept."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.engines.assemble import Plan, assemble
from auditor.engines.tally import NO_OUTCOME, OTHER, PERIOD, STRATA, Tally
from auditor.errors import RoleError
from auditor.guesses import is_numeric
from auditor.roles import Cut, Roles, Seen
from auditor.source import Source, columns, literal, quoted

PEEK_ROWS = 20_000
PEEK_CHUNKS = 10
PEEK_COLUMNS = 50  # looked at in one query: each holds its distinct values in memory
KEPT_LEVELS = 1_000
NUMERIC_LEVELS = 20  # a number with no more distinct values keeps them as levels
BINS = 20
MAX_JOINT = 5_000
SCAN_COLUMNS = 100  # in one query: a wider table takes several, for each column holds its counts in memory
HASHED_ROWS = 1 << 20
FINE_BINS = 256  # of a numeric outcome: Cliff's delta from them is exact to 0.00005
# Unit of time -> the SQL of the period's name; names sort as time runs.
PERIOD_TEXT = {
    "year": "strftime({column}, '%Y')",
    "quarter": "strftime({column}, '%Y') || '-Q' || quarter({column})",
    "month": "strftime({column}, '%Y-%m')",
    "week": "strftime(date_trunc('week', {column}), '%Y-%m-%d')",
    "day": "strftime({column}, '%Y-%m-%d')",
    "value": "{text}",
    "five": "CAST(CAST(floor({column} / 5) * 5 AS BIGINT) AS VARCHAR)",
}


def as_text(name: str, kind: str) -> str:
    """Return the SQL that spells a value as text, the same for 1, 1.0 and '1'."""
    column = quoted(name)
    if kind.startswith(("DOUBLE", "FLOAT", "DECIMAL", "REAL")):
        whole = f"{column} = trunc({column}) AND abs({column}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
    return f"CAST({column} AS VARCHAR)"


def peek(source: Source) -> dict[str, Seen]:
    """Look at up to PEEK_ROWS rows in chunks spread over the source: what roles and bins are decided from."""
    run = source.connection.execute
    rows = run(f"SELECT count(*) FROM {source.relation}").fetchall()[0][0]
    chunk = PEEK_ROWS // PEEK_CHUNKS
    starts = [0] if rows <= PEEK_ROWS else [i * (rows - chunk) // (PEEK_CHUNKS - 1) for i in range(PEEK_CHUNKS)]
    limit = PEEK_ROWS if rows <= PEEK_ROWS else chunk
    parts = [f"(SELECT * FROM {source.relation} LIMIT {limit} OFFSET {start})" for start in starts]
    run(f"CREATE OR REPLACE TEMP TABLE dataudit_peek AS {' UNION ALL '.join(parts)}").fetchall()
    try:
        names = list(source.fields)
        batches = (names[at : at + PEEK_COLUMNS] for at in range(0, len(names), PEEK_COLUMNS))
        return {name: seen for batch in batches for name, seen in _seen(source, batch, rows <= PEEK_ROWS)}
    finally:
        run("DROP TABLE dataudit_peek").fetchall()


def _seen(source: Source, names: Sequence[str], complete: bool) -> Iterator[tuple[str, Seen]]:
    run, fields = source.connection.execute, source.fields
    asked = ["count(*)"]
    for name in names:
        kind = fields[name]
        column = quoted(name)
        asked += [f"count({column})", f"count(DISTINCT {column})"]
        if is_numeric(kind):
            steps = [i / BINS for i in range(1, BINS)]
            asked += [f"quantile_disc(CAST({column} AS DOUBLE), {steps})", f"min({column})", f"max({column})"]
            asked.append(f"bool_and({column} = trunc({column}))")
        else:
            dated = kind.startswith(("DATE", "TIMESTAMP"))
            ends = [f"epoch({end}({column}))" if dated else "NULL" for end in ("min", "max")]
            words = f"avg(len(regexp_split_to_array(trim(CAST({column} AS VARCHAR)), '\\s+')))"
            asked += [words if kind == "VARCHAR" else "0", *ends, "false"]
    facts = run(f"SELECT {', '.join(asked)} FROM dataudit_peek").fetchall()[0]
    rows = facts[0]
    by_name = {name: facts[1 + 6 * i : 7 + 6 * i] for i, name in enumerate(names)}
    levelled = [name for name, fact in by_name.items() if _levelled(fact[1], fact[0], fields[name])]
    levels: dict[str, Mapping[str, int]] = {}
    if levelled:
        texts = ", ".join(f"histogram({as_text(name, fields[name])})" for name in levelled)
        levels = dict(zip(levelled, run(f"SELECT {texts} FROM dataudit_peek").fetchall()[0], strict=True))
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
                cuts=tuple(shape or ()) if number else (),
                low=None if low is None else float(low),
                high=None if high is None else float(high),
                whole=bool(whole),
                words=0.0 if number else float(shape or 0),
            ),
        )


def _levelled(distinct: int, known: int, kind: str) -> bool:
    """Whether a column's values are worth keeping apart: few, or of a text that recurs."""
    if is_numeric(kind):
        return distinct <= NUMERIC_LEVELS
    return distinct <= NUMERIC_LEVELS or distinct <= 0.5 * known


def settle(source: Source, roles: Roles) -> tuple[Roles, tuple[float, ...]]:
    """Return the roles with the median of a numeric outcome found, and the edges of its fine bins; one look."""
    if roles.cut is None or roles.target is None:
        return roles, ()
    number = f"CAST({quoted(roles.target)} AS DOUBLE)"
    steps = [i / FINE_BINS for i in range(1, FINE_BINS)]
    asked = f"SELECT median({number}), quantile_disc({number}, {steps}), max({number}) FROM {source.relation}"
    median, edges, high = source.connection.execute(asked).fetchall()[0]
    if median is None:
        raise RoleError(f"target '{roles.target}' has no value in any row")
    fine = tuple(sorted({float(edge) for edge in edges if edge < high})) or (float(high),)
    if roles.cut.value is not None:
        return roles, fine
    note = (
        f"'{roles.target}' is a number: favourable is what lies above the median of all rows, {median:g} "
        "(say otherwise with --positive '>= …')."
    )
    return replace(roles, cut=Cut(">", float(median)), notes=(*roles.notes, note)), fine


def _plan(name: str, seen: Seen, roles: Roles, fine: tuple[float, ...]) -> Plan:
    column = quoted(name)
    plan = Plan(name, seen, missing=f"count(*) - count({column})")
    if seen.numeric and (seen.distinct > NUMERIC_LEVELS or (name == roles.target and fine)):
        edges = fine if name == roles.target and fine else _edges(seen)
        return replace(plan, edges=edges, sql=f"histogram(CAST({column} AS DOUBLE), {list(edges)})", number=column)
    idle = name in roles.text or name == roles.id or (name in roles.ignored and seen.distinct > NUMERIC_LEVELS)
    if idle or not (seen.levels or seen.complete):
        return plan
    text = as_text(name, seen.type)
    if not seen.complete or seen.distinct > KEPT_LEVELS:
        listed = ", ".join(literal(level) for level in seen.levels)
        text = f"CASE WHEN {text} IN ({listed}) THEN {text} WHEN {column} IS NOT NULL THEN {literal(OTHER)} END"
    return replace(plan, sql=f"histogram({text})")


def _edges(seen: Seen) -> tuple[float, ...]:
    edges = tuple(sorted({float(cut) for cut in seen.cuts if cut < (seen.high or 0)}))
    return edges or (float(seen.low or 0),)


def _derived(roles: Roles, seen: Mapping[str, Seen]) -> Iterator[Plan]:
    """Yield the plans of the joined strata and of the period; their levels are all kept."""
    if roles.strata:
        parts = [f"coalesce({group_key(name, roles, seen)}, '(missing)')" for name in roles.strata]
        yield Plan(STRATA, Seen("VARCHAR", 0, 0, 0, True, {}), "0", f"histogram(concat_ws(' · ', {', '.join(parts)}))")
    if roles.time and roles.period:
        column = quoted(roles.time)
        period = PERIOD_TEXT[roles.period].format(column=column, text=as_text(roles.time, seen[roles.time].type))
        missing = f"count(*) - count({column})"
        yield Plan(PERIOD, Seen("VARCHAR", 0, 0, 0, True, {}), missing, f"histogram({period})")


def tally(source: Source, roles: Roles, seen: Mapping[str, Seen], aggregated: bool = False) -> Tally:
    """Count the source in one scan, or one per SCAN_COLUMNS columns.

    `aggregated`: its rows were counts, so that repeats mean nothing.
    """
    roles, fine = settle(source, roles)
    plans = [*(_plan(name, seen[name], roles, fine) for name in source.fields), *_derived(roles, seen)]
    sets = _key_sets(roles, seen)
    modulus = 1 << max(0, math.ceil(math.log2(max(1, _rows(source)) / HASHED_ROWS)))
    grouping = ", ".join("(" + ", ".join([*(f"k{i}" for i in key), "outcome"]) + ")" for key in sets)
    order = ", ".join([*(f"k{i}" for i in range(len(roles.groups))), "outcome", "which"])
    scanned: Any = None  # an Arrow table, which ships no types
    for start in range(0, len(plans), SCAN_COLUMNS):
        asked = list(_keys(source, roles, seen, sets, modulus if start == 0 else None))
        for i, plan in enumerate(plans[start : start + SCAN_COLUMNS], start):
            low, high = (f"{end}({plan.number})" if plan.number else "NULL" for end in ("min", "max"))
            asked += [
                f"{plan.sql} AS counts{i}",
                f"{plan.missing} AS missing{i}",
                f"{low} AS low{i}",
                f"{high} AS high{i}",
            ]
        query = f"SELECT {', '.join(asked)} FROM {source.relation} GROUP BY GROUPING SETS ({grouping}) ORDER BY {order}"
        part = source.connection.sql(query).to_arrow_table()
        for name in part.column_names if scanned is not None else ():
            if name.startswith(("counts", "missing", "low", "high")):
                scanned = scanned.append_column(name, part[name])
        scanned = part if scanned is None else scanned
    return assemble(scanned, plans, roles, sets, modulus, aggregated)


def _keys(
    source: Source, roles: Roles, seen: Mapping[str, Seen], sets: list[tuple[int, ...]], modulus: int | None
) -> Iterator[str]:
    """Yield what the query asks beside single columns: keys; and, with a modulus, sizes, weights, moments, hashes."""
    names = [f"k{i}" for i in range(len(roles.groups))]
    yield from (f"{group_key(group, roles, seen)} AS {name}" for group, name in zip(roles.groups, names, strict=True))
    yield f"{outcome_sql(roles, seen)} AS outcome"
    yield f"grouping_id({', '.join(names)}) AS which" if len(sets) > 1 else "0 AS which"
    if modulus is None:
        return
    yield "count(*) AS n"
    if roles.weight:
        weight = f"CAST({quoted(roles.weight)} AS DOUBLE)"
        yield from (f"coalesce(sum({weight}), 0) AS weight", f"coalesce(sum({weight} * {weight}), 0) AS squares")
    if roles.cut and roles.target:
        number = f"CAST({quoted(roles.target)} AS DOUBLE)"
        yield from (f"count({number}) AS known", f"avg({number}) AS mean", f"var_pop({number}) AS variance")
    row_hash = f"hash({columns(source.record)})"
    yield f"list({row_hash}) FILTER ({row_hash} % {modulus} = 0) AS row_hashes"
    if roles.id:
        id_hash = f"hash({quoted(roles.id)})"
        yield f"list({id_hash}) FILTER ({id_hash} % {modulus} = 0 AND {quoted(roles.id)} IS NOT NULL) AS id_hashes"


def _rows(source: Source) -> int:
    return int(source.connection.execute(f"SELECT count(*) FROM {source.relation}").fetchall()[0][0])


def group_key(name: str, roles: Roles, seen: Mapping[str, Seen]) -> str:
    """Return the SQL of a group column's level: its text, or the band that it falls in."""
    if name not in roles.bands:
        return as_text(name, seen[name].type)
    bands = roles.bands[name]
    cases = [
        f"WHEN {quoted(name)} < {edge!r} THEN {literal(label)}"
        for edge, label in zip(bands.edges, bands.labels, strict=False)
    ]
    return f"CASE {' '.join(cases)} WHEN {quoted(name)} IS NOT NULL THEN {literal(bands.labels[-1])} END"


def outcome_sql(roles: Roles, seen: Mapping[str, Seen]) -> str:
    """Return the SQL of a row's outcome: 1 favourable, 0 not, NO_OUTCOME where none is recorded."""
    if roles.target is None:
        return str(NO_OUTCOME)
    column = quoted(roles.target)
    if roles.cut:
        test = f"{column} {roles.cut.sign} {roles.cut.value!r}"
    else:
        listed = ", ".join(literal(value) for value in roles.positive)
        test = f"{as_text(roles.target, seen[roles.target].type)} IN ({listed})"
    return f"CASE WHEN {column} IS NULL THEN {NO_OUTCOME} WHEN {test} THEN 1 ELSE 0 END"


def _key_sets(roles: Roles, seen: Mapping[str, Seen]) -> list[tuple[int, ...]]:
    """Return the joint of all groups as one key, or each group by itself where the joint could be too large."""
    joint = math.prod(
        len(roles.bands[name].labels) if name in roles.bands else seen[name].distinct + 1 for name in roles.groups
    )
    if joint <= MAX_JOINT:
        return [tuple(range(len(roles.groups)))]
    return [(i,) for i in range(len(roles.groups))]
