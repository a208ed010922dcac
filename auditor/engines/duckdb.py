"""Source and roles to a tally, on DuckDB: one scan, aggregates only, memory bounded by the levels kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.engines.assemble import KEYED, Plan, assemble
from auditor.engines.peek import KEPT_LEVELS, NUMERIC_LEVELS, peek, peeked
from auditor.engines.people import Alike, alike
from auditor.engines.progress import watched
from auditor.engines.sql import PERIOD_TEXT, as_text, doubles, group_key, outcome_sql
from auditor.engines.tally import LEVEL, OTHER, PERIOD, STRATA, Column, Tally
from auditor.errors import RoleError
from auditor.roles import Cut, Roles, Seen
from auditor.source import Source, columns, literal, quoted

__all__ = ["KEPT_LEVELS", "peek", "tally"]

MAX_JOINT = 5_000
MAX_CELLS = 4_000_000  # counts held by one scan: a wider or finer table takes several
SCAN_COLUMNS = 50  # of a scan: with more, DuckDB makes its hash table anew time and again
HASHED_ROWS = 1 << 20
TWIN_ROWS = 1 << 18  # rows whose likeness to others is looked at
FINE_BINS = 256  # of a numeric outcome: Cliff's delta from them is exact to 0.00005
LEVELS = "dataudit_levels"


def settle(source: Source, roles: Roles) -> tuple[Roles, tuple[float, ...]]:
    """Return the roles with the median of a numeric outcome found, and the edges of its fine bins.

    The edges are quantiles of the peek; the median is exact, found by counting in the bins and then in the one that
    holds it, so that no column is held in memory.
    """
    if roles.cut is None or roles.target is None:
        return roles, ()
    run = source.connection.execute
    number = f"CAST({quoted(roles.target)} AS DOUBLE)"
    steps = [i / FINE_BINS for i in range(1, FINE_BINS)]
    with peeked(source) as (table, _):
        cuts = run(f"SELECT quantile_disc({number}, {steps}) FROM {table}").fetchall()[0][0] or ()
    edges = sorted({float(cut) for cut in cuts})
    known, high, bins = run(
        f"SELECT count({number}), max({number}), histogram({number}, {doubles(edges)}) FROM {source.relation}"
    ).fetchall()[0]
    if not known:
        raise RoleError(f"target '{roles.target}' has no value in any row")
    fine = tuple(edge for edge in edges if edge < high) or (float(high),)
    if roles.cut.value is not None:
        return roles, fine
    middle = [_ranked(source, number, edges, bins or {}, rank) for rank in ((known + 1) // 2, known // 2 + 1)]
    median = sum(middle) / 2
    if not math.isfinite(median):
        raise RoleError(
            f"the median of target '{roles.target}' is not finite; say what is favourable: --positive '>= …'"
        )
    note = (
        f"'{roles.target}' is a number: favourable is what lies above the median of all rows, {median:g} "
        "(say otherwise with --positive '>= …')."
    )
    return replace(roles, cut=Cut(">", median), notes=(*roles.notes, note)), fine


def _ranked(source: Source, number: str, edges: Sequence[float], bins: Mapping[float, int], rank: int) -> float:
    """Return the value of a rank (from 1) in ascending order, by way of the bin that holds it."""
    below, low = 0, -math.inf
    for edge in (*edges, math.inf):
        if below + bins.get(edge, 0) >= rank:
            break
        below, low = below + bins.get(edge, 0), edge
    within = f"{number} <= '{edge!r}'::DOUBLE" + (f" AND {number} > '{low!r}'::DOUBLE" if below else "")
    sums = f"SELECT {number} AS v, sum(count(*)) OVER (ORDER BY v) AS upto FROM {source.relation} WHERE {within}"
    found = source.connection.execute(f"SELECT min(v) FROM ({sums} GROUP BY v) WHERE upto >= {rank - below}")
    return float(found.fetchall()[0][0])


def _plan(name: str, seen: Seen, roles: Roles, fine: tuple[float, ...], joint: bool) -> Plan:
    """Return how a column is to be counted: by bins, by levels, or not but for what is missing."""
    column = quoted(name)
    plan = Plan(name, seen, missing=f"count(*) - count({column})")
    if seen.numeric and (seen.distinct > NUMERIC_LEVELS or (name == roles.target and fine)):
        edges = fine if name == roles.target and fine else _edges(seen)
        number = column if name == roles.target else None
        whole = _is_whole(seen) and all(edge.is_integer() for edge in edges)
        bins = f"{column}, {list(map(int, edges))}" if whole else f"CAST({column} AS DOUBLE), {doubles(edges)}"
        return replace(plan, edges=edges, sql=f"histogram({bins})", number=number)
    idle = name in roles.text or name == roles.id or (name in roles.ignored and seen.distinct > NUMERIC_LEVELS)
    if idle or not (seen.levels or seen.complete):
        return plan
    if joint and name in roles.groups and name not in roles.bands:
        return replace(plan, sql=KEYED)
    # Whole numbers are spelled when they are counted.
    return replace(plan, sql=f"histogram({column if _is_whole(seen) else as_text(name, seen.type)})")


def _is_whole(seen: Seen) -> bool:
    return seen.type.endswith(("INT", "INTEGER"))


def _bounded(source: Source, plans: Sequence[Plan]) -> Iterator[Plan]:
    """Yield the plans, with those changed that would hold more levels than KEPT_LEVELS: they keep the peek's.

    The levels are estimated on all rows, which needs little memory however many there are.
    """
    asked = [plan for plan in plans if plan.by_levels and not plan.seen.complete and not plan.kept]
    numbers: tuple[int, ...] = ()
    if asked:
        sql = ", ".join(f"approx_count_distinct({quoted(plan.name)})" for plan in asked)
        numbers = source.connection.execute(f"SELECT {sql} FROM {source.relation}").fetchall()[0]
    many = {plan.name for plan, n in zip(asked, numbers, strict=True) if n > KEPT_LEVELS}
    many |= {plan.name for plan in plans if plan.seen.complete and plan.seen.distinct > KEPT_LEVELS}
    for plan in plans:
        yield replace(plan, kept=tuple(plan.seen.levels)) if plan.by_levels and plan.name in many else plan


def _agreed(column: Column, seen: Seen, roles: Roles, joint: bool) -> Plan:
    """Return how a column is to be counted so that its counts can be added to those of another tally."""
    levels = {level: 1 for level in column.table[LEVEL] if isinstance(level, str) and level != OTHER}
    seen = replace(seen, distinct=column.levels, levels=levels)
    plan = _plan(column.name, seen, roles, column.edges, joint)
    if column.edges:
        bins = f"histogram(CAST({quoted(column.name)} AS DOUBLE), {doubles(column.edges)})"
        return replace(plan, edges=column.edges, sql=bins)
    if not levels:
        return replace(plan, sql="NULL")
    return replace(plan, kept=column.kept) if plan.by_levels else plan


def _kept(place: int, plan: Plan) -> Plan:
    """Return a plan that keeps some levels apart, those at its place in the table of kept ones."""
    if not plan.kept or not plan.by_levels:
        return plan
    text = as_text(plan.name, plan.seen.type)
    # A join, for a list of literals is gone through from its start for every value.
    kept = f"{text} IN (SELECT level FROM {LEVELS} WHERE place = {place})"
    text = f"CASE WHEN {kept} THEN {text} WHEN {quoted(plan.name)} IS NOT NULL THEN {literal(OTHER)} END"
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
        text = column if _is_whole(seen[roles.time]) else as_text(roles.time, seen[roles.time].type)
        period = PERIOD_TEXT[roles.period].format(column=column, text=text)
        missing = f"count(*) - count({column})"
        yield Plan(PERIOD, Seen("VARCHAR", 0, 0, 0, True, {}), missing, f"histogram({period})")


def tally(
    source: Source,
    roles: Roles,
    seen: Mapping[str, Seen],
    aggregated: bool = False,
    progress: Callable[[str], None] = lambda message: None,
    agreed: Mapping[str, Column] | None = None,
) -> Tally:
    """Count the source in one scan; a table too wide or too fine for the memory takes several.

    `aggregated`: its rows were counts, so that repeats mean nothing. `agreed` columns have the edges and the kept
    levels to be used, of another tally with the same roles.
    """
    sets = _key_sets(roles, seen)
    if agreed:
        single = [_agreed(agreed[name], seen[name], roles, len(sets) == 1) for name in source.fields]
    else:
        roles, fine = settle(source, roles)
        single = [_plan(name, seen[name], roles, fine, len(sets) == 1) for name in source.fields]
    bounded = enumerate(_bounded(source, single))
    plans = [*(_kept(place, plan) for place, plan in bounded), *_derived(roles, seen)]
    rows = _rows(source)
    twins = alike(roles, seen, _modulus(rows, TWIN_ROWS), aggregated)
    grouping = ", ".join("(" + ", ".join([*(f"k{i}" for i in key), "outcome"]) + ")" for key in sets)
    order = ", ".join([*(f"k{i}" for i in range(len(roles.groups))), "outcome", "which"])
    scanned: Any = None  # an Arrow table, which ships no types
    _keep(source, plans)
    try:
        batches = list(_batches(plans, sum(_joint(key, roles, seen) for key in sets)))
        for number, batch in enumerate(batches):
            asked = [*_keys(roles, seen, sets), "count(*) AS n"]
            relation = source.relation
            if scanned is None:
                asked += _beside(source, roles, _modulus(rows, HASHED_ROWS), twins)
                relation = twins.hashed(relation) if twins else relation
            asked += [sql for i in batch for sql in _counts(i, plans[i])]
            query = f"SELECT {', '.join(asked)} FROM {relation} GROUP BY GROUPING SETS ({grouping})"
            with watched(source, progress, "counting", rows, number, len(batches)):
                part = source.connection.sql(f"{query} ORDER BY {order}").to_arrow_table()
            for name in part.column_names if scanned is not None else ():
                if name.startswith(("counts", "missing", "low", "high")):
                    scanned = scanned.append_column(name, part[name])
            scanned = part if scanned is None else scanned
    finally:
        source.connection.execute(f"DROP TABLE {LEVELS}").fetchall()
    return assemble(scanned, plans, roles, sets, _modulus(rows, HASHED_ROWS), twins, aggregated)


def _keep(source: Source, plans: Sequence[Plan]) -> None:
    """Make the table of the levels that are kept apart."""
    run = source.connection.execute
    run(f"CREATE OR REPLACE TEMP TABLE {LEVELS} (place INTEGER, level VARCHAR)").fetchall()
    for place, plan in enumerate(plans):
        if plan.kept:
            run(f"INSERT INTO {LEVELS} SELECT {place}, unnest(?::VARCHAR[])", [list(plan.kept)]).fetchall()


def _batches(plans: Sequence[Plan], joint: int) -> Iterator[range]:
    """Yield the plans of one scan after the other: as many as MAX_CELLS and SCAN_COLUMNS allow."""
    start, cells = 0, 0
    for i, plan in enumerate(plans):
        own = joint * max(len(plan.edges), len(plan.seen.levels), 1)
        if i > start and (cells + own > MAX_CELLS or i - start == SCAN_COLUMNS):
            yield range(start, i)
            start, cells = i, 0
        cells += own
    yield range(start, len(plans))


def _counts(i: int, plan: Plan) -> Iterator[str]:
    if plan.sql != KEYED:
        yield f"{plan.sql} AS counts{i}"
    if not plan.counted or plan.name in (STRATA, PERIOD):
        yield f"{plan.missing} AS missing{i}"  # else it is what the histogram leaves of the rows
    if plan.number:
        yield from (f"{end}({plan.number}) AS {as_}{i}" for end, as_ in (("min", "low"), ("max", "high")))


def _keys(roles: Roles, seen: Mapping[str, Seen], sets: list[tuple[int, ...]]) -> Iterator[str]:
    """Yield the keys that rows are grouped by."""
    names = [f"k{i}" for i in range(len(roles.groups))]
    yield from (f"{group_key(group, roles, seen)} AS {name}" for group, name in zip(roles.groups, names, strict=True))
    yield f"{outcome_sql(roles, seen)} AS outcome"
    yield f"grouping_id({', '.join(names)}) AS which" if len(sets) > 1 else "0 AS which"


def _beside(source: Source, roles: Roles, modulus: int, twins: Alike | None) -> Iterator[str]:
    """Yield what is asked beside keys, rows and columns: weights, moments, hashes."""
    if roles.weight:
        weight = f"CAST({quoted(roles.weight)} AS DOUBLE)"
        yield from (f"coalesce(sum({weight}), 0) AS weight", f"coalesce(sum({weight} * {weight}), 0) AS squares")
    if roles.cut and roles.target:
        number = f"CAST({quoted(roles.target)} AS DOUBLE)"
        yield from (f"count({number}) AS known", f"avg({number}) AS mean", f"var_pop({number}) AS variance")
    row_hash = f"hash({columns(source.record)})"
    if twins:  # their hash is a part of the record's: every column is hashed once
        row_hash = (
            f"hash({', '.join([twins.exact, *(quoted(name) for name in source.record if name not in twins.whole)])})"
        )
        yield f"list({twins.exact}) FILTER ({twins.exact} % {twins.modulus} = 0) AS exact_hashes"
        yield f"list({twins.near}) FILTER ({twins.chosen} % {twins.modulus} = 0) AS near_hashes"
    yield f"list({row_hash}) FILTER ({row_hash} % {modulus} = 0) AS row_hashes"
    if roles.id:
        id_hash = f"hash({quoted(roles.id)})"
        yield f"list({id_hash}) FILTER ({id_hash} % {modulus} = 0 AND {quoted(roles.id)} IS NOT NULL) AS id_hashes"


def _rows(source: Source) -> int:
    return int(source.connection.execute(f"SELECT count(*) FROM {source.relation}").fetchall()[0][0])


def _modulus(rows: int, kept: int) -> int:
    """Return the power of two by which about `kept` of `rows` hashes, or up to half of them, are left."""
    return 1 << max(0, math.ceil(math.log2(max(1, rows) / kept)))


def _joint(key: tuple[int, ...], roles: Roles, seen: Mapping[str, Seen]) -> int:
    """Return how many joint groups and outcomes a key can have."""
    names = [roles.groups[i] for i in key]
    levels = (len(roles.bands[name].labels) if name in roles.bands else seen[name].distinct + 1 for name in names)
    return 3 * math.prod(levels)


def _key_sets(roles: Roles, seen: Mapping[str, Seen]) -> list[tuple[int, ...]]:
    """Return the joint of all groups as one key, or each group by itself where the joint could be too large."""
    whole = tuple(range(len(roles.groups)))
    return [whole] if _joint(whole, roles, seen) <= 3 * MAX_JOINT else [(i,) for i in whole]
