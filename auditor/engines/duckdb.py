"""Source and roles to a tally, on DuckDB: one scan, aggregates only, memory bounded by the levels kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from auditor.engines.assemble import assemble, repeats, rows_of
from auditor.engines.peek import KEPT_LEVELS, peek, peeked
from auditor.engines.people import Alike, Twins, alike, twin_sets
from auditor.engines.plans import (
    HASHED_ROWS,
    KEYED,
    TWIN_ROWS,
    Plan,
    agreed_plan,
    bounded,
    derived,
    joint,
    key_sets,
    modulus_for,
    plan_of,
)
from auditor.engines.progress import watched
from auditor.engines.settle import settle
from auditor.engines.sql import as_text, doubles, group_key, outcome_sql
from auditor.engines.tally import OTHER, PERIOD, STRATA, Column, Tally
from auditor.roles import Roles, Seen
from auditor.source import Source, columns, literal, quoted

__all__ = ["KEPT_LEVELS", "peek", "tally"]

MAX_CELLS = 4_000_000  # counts held by one scan: a wider or finer table takes several
SCAN_COLUMNS = 50  # of a scan: with more, DuckDB makes its hash table anew time and again
LEVELS = "dataudit_levels"


class Numbers:
    """What DuckDB says of the numbers in the target column."""

    def __init__(self, source: Source, name: str) -> None:
        self.source, self.run = source, source.connection.execute
        self.number = f"CAST({quoted(name)} AS DOUBLE)"

    def quantiles(self, steps: Sequence[float]) -> Sequence[float]:
        """Return these quantiles of the peeked rows."""
        with peeked(self.source) as (table, _):
            found = self.run(f"SELECT quantile_disc({self.number}, {list(steps)}) FROM {table}").fetchall()
        return found[0][0] or ()

    def binned(self, edges: Sequence[float]) -> tuple[int, float | None, Mapping[float, int]]:
        """Return how many rows have a number, the highest, and the rows in each bin."""
        asked = f"count({self.number}), max({self.number}), histogram({self.number}, {doubles(edges)})"
        known, high, bins = self.run(f"SELECT {asked} FROM {self.source.relation}").fetchall()[0]
        return known, high, bins or {}

    def ranked(self, low: float | None, high: float, rank: int) -> float:
        """Return the value of a rank among those above `low` and up to `high`."""
        within = f"{self.number} <= '{high!r}'::DOUBLE"
        within += "" if low is None else f" AND {self.number} > '{low!r}'::DOUBLE"
        sums = f"SELECT {self.number} AS v, sum(count(*)) OVER (ORDER BY v) AS upto FROM {self.source.relation}"
        found = self.run(f"SELECT min(v) FROM ({sums} WHERE {within} GROUP BY v) WHERE upto >= {rank}")
        return float(found.fetchall()[0][0])


def _kept(place: int, plan: Plan) -> Plan:
    """Return a plan that keeps some levels apart, those at its place in the table of kept ones."""
    if not plan.kept or not plan.by_levels:
        return plan
    text = as_text(plan.name, plan.seen.type)
    # A join, for a list of literals is gone through from its start for every value.
    kept = f"{text} IN (SELECT level FROM {LEVELS} WHERE place = {place})"
    text = f"CASE WHEN {kept} THEN {text} WHEN {quoted(plan.name)} IS NOT NULL THEN {literal(OTHER)} END"
    return replace(plan, sql=f"histogram({text})")


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
    import pyarrow.compute as pc

    sets = key_sets(roles, seen)
    if agreed:
        single = [agreed_plan(agreed[name], seen[name], roles, len(sets) == 1) for name in source.fields]
    else:
        roles, fine = settle(Numbers(source, roles.target or ""), roles)
        single = [plan_of(name, seen[name], roles, fine, len(sets) == 1) for name in source.fields]
    placed = enumerate(bounded(single, partial(_estimated, source)))
    plans = [*(_kept(place, plan) for place, plan in placed), *derived(roles, seen)]
    rows = _rows(source)
    twins = alike(roles, seen, modulus_for(rows, TWIN_ROWS), aggregated)
    grouping = ", ".join("(" + ", ".join([*(f"k{i}" for i in key), "outcome"]) + ")" for key in sets)
    order = ", ".join([*(f"k{i}" for i in range(len(roles.groups))), "outcome", "which"])
    scanned: Any = None  # an Arrow table, which ships no types
    _keep(source, plans)
    try:
        batches = list(_batches(plans, sum(joint(key, roles, seen) for key in sets)))
        for number, batch in enumerate(batches):
            asked = [*_keys(roles, seen, sets), "count(*) AS n"]
            relation = source.relation
            if scanned is None:
                asked += _beside(source, roles, modulus_for(rows, HASHED_ROWS), twins)
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
    first = rows_of(scanned, roles, sets)[sets[0]]
    repeated = [
        repeats(pc.list_flatten(scanned[name].take(first)).to_numpy(), modulus_for(rows, HASHED_ROWS))
        for name in ("row_hashes", *(["id_hashes"] if roles.id else []))
    ]
    found = _twins(scanned, twins, roles, sets) if twins else None
    return assemble(scanned, plans, roles, sets, repeated[0], repeated[1] if roles.id else None, found, aggregated)


def _estimated(source: Source, names: Sequence[str]) -> tuple[int, ...]:
    """Return the number of levels of columns, estimated in little memory however many there are."""
    asked = ", ".join(f"approx_count_distinct({quoted(name)})" for name in names)
    return tuple(source.connection.execute(f"SELECT {asked} FROM {source.relation}").fetchall()[0])


def _twins(scanned: Any, alike: Alike, roles: Roles, sets: Sequence[tuple[int, ...]]) -> dict[str, tuple[Twins, Twins]]:
    """Return group column -> sets of identical and of near-identical records, from the hashes in each cell."""
    import pyarrow.compute as pc

    belongs = rows_of(scanned, roles, sets)
    outcome = np.asarray(scanned["outcome"].to_pylist(), dtype=np.int8)
    found = {}
    for i, group in enumerate(roles.groups):
        at = next(belongs[key] for key in sets if i in key)
        level = np.asarray(scanned[f"k{i}"].to_pylist(), dtype=object)
        pair = []
        for name, asked in (("exact_hashes", alike.whole), ("near_hashes", alike.shared)):
            lists = scanned[name].take(at)
            rows = np.repeat(at, pc.fill_null(pc.list_value_length(lists), 0).to_numpy())
            hashes = pc.list_flatten(lists).to_numpy() if asked else np.empty(0, np.uint64)
            sums = twin_sets(hashes, level[rows], outcome[rows]) if asked else ()
            pair.append(Twins(sums, tuple(asked), alike.modulus))
        found[group] = (pair[0], pair[1])
    return found


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
