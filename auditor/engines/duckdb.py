"""Source and roles to a tally, on DuckDB: groups first, then all else in one scan; memory bounded by levels kept."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from auditor.counts.columns import Column
from auditor.counts.edges import Values
from auditor.counts.extras import Twins
from auditor.counts.names import OTHER
from auditor.counts.tally import Tally
from auditor.engines.assemble import Entries, assemble, repeats
from auditor.engines.cells import Cells, Counted, Kept, enums, streamed
from auditor.engines.codes import Coder, coder, is_text, sorted_levels
from auditor.engines.derivations import beside
from auditor.engines.group_counts import Head
from auditor.engines.outcome_bins import Binned, settle
from auditor.engines.peek import peek, peeked
from auditor.engines.people import Alike, alike, twin_sets
from auditor.engines.plans import (
    HASHED_ROWS,
    TWIN_ROWS,
    Plan,
    agreed_plan,
    bounded,
    derived,
    key_sets,
    modulus_for,
    plan_of,
)
from auditor.engines.progress import saying
from auditor.engines.score_bins import score_edges
from auditor.engines.slice_rows import Drawn
from auditor.engines.slices import ask
from auditor.engines.sql import doubles, group_key
from auditor.loaders.source import Source, columns, literal, quoted
from auditor.stats.units import sharing
from auditor.use.derivations import Derivation
from auditor.use.roles import Roles, Seen

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["matched", "peek", "tally"]

MAX_CELLS = 8_000_000  # counts held by one scan: a finer table takes several


class Numbers:
    """What DuckDB says of the numbers in a column: the target, unless another is named."""

    def __init__(self, source: Source, roles: Roles, seen: Mapping[str, Seen], column: str | None = None) -> None:
        self.source, self.run = source, source.connection.execute
        self.roles, self.seen = roles, seen
        self.number = f"CAST({quoted(column or roles.target or '')} AS DOUBLE)"

    def quantiles(self, steps: Sequence[float]) -> Sequence[float]:
        """Return these quantiles of the peeked rows."""
        with peeked(self.source) as (table, _):
            found = self.run(f"SELECT quantile_disc({self.number}, {list(steps)}) FROM {table}").fetchall()
        return found[0][0] or ()

    def distinct(self, most: int) -> Sequence[float]:
        """Return the values of the peeked rows, in ascending order; of more than `most`, one more than these."""
        with peeked(self.source) as (table, _):
            found = self.run(
                f"SELECT DISTINCT {self.number} AS v FROM {table} WHERE v IS NOT NULL ORDER BY v LIMIT {most + 1}"
            )
            return [float(value) for (value,) in found.fetchall()]

    def binned(self, edges: Sequence[float], groups: Sequence[str]) -> Sequence[Binned]:
        """Return the rows with a number in each bin, for each combination of these groups that has some."""
        keys = [f"{group_key(group, self.roles, self.seen)} AS k{i}" for i, group in enumerate(groups)]
        rows = f"(SELECT {', '.join([f'{self.number} AS v', *keys])} FROM {self.source.relation})"
        names = [f"k{i}" for i in range(len(groups))]
        asked = ["min(v)", "max(v)", f"histogram(v, {doubles(edges)})", *names]
        query = f"SELECT {', '.join(asked)} FROM {rows} WHERE v IS NOT NULL"
        found = self.run(f"{query} GROUP BY {', '.join(names)} ORDER BY ALL" if names else query).fetchall()
        return [Binned(tuple(levels), low, high, bins) for low, high, bins, *levels in found if bins]

    def ranked(self, low: float | None, high: float, rank: int) -> float:
        """Return the value of a rank among those above `low` and up to `high`."""
        within = f"{self.number} <= '{high!r}'::DOUBLE"
        within += "" if low is None else f" AND {self.number} > '{low!r}'::DOUBLE"
        sums = f"SELECT {self.number} AS v, count(*) AS n FROM {self.source.relation} WHERE {within} GROUP BY 1"
        upto = f"SELECT v, sum(n) OVER (ORDER BY v) AS upto FROM ({sums})"
        found = self.run(f"SELECT min(v) FROM ({upto}) WHERE upto >= {rank}")
        return float(found.fetchall()[0][0])

    def within(
        self, group: str, ranges: Sequence[tuple[float, float]], moduli: Mapping[str, int]
    ) -> Mapping[str, Values]:
        """Return a group's level -> its values in some ranges: of as many values as its modulus says, one."""
        key = group_key(group, self.roles, self.seen)
        inside = " OR ".join(f"(v > '{low!r}'::DOUBLE AND v <= '{high!r}'::DOUBLE)" for low, high in ranges)
        chosen = " ".join(f"WHEN {literal(level)} THEN hash(v) % {modulus} = 0" for level, modulus in moduli.items())
        rows = f"(SELECT {self.number} AS v, {key} AS k FROM {self.source.relation})"
        wanted = f"({inside}) AND CASE k {chosen} ELSE false END"
        return by_level(self.run(f"SELECT k, v, count(*) FROM {rows} WHERE {wanted} GROUP BY 1, 2").fetchall())


def by_level(rows: Iterable[tuple[str, float, int]]) -> dict[str, Values]:
    """Return level -> its numbers in ascending order, each with its rows."""
    found: dict[str, list[tuple[float, int]]] = {}
    for level, value, n in sorted(rows):
        found.setdefault(level, []).append((float(value), int(n)))
    return dict(found)


def tally(
    source: Source,
    roles: Roles,
    seen: Mapping[str, Seen],
    aggregated: bool = False,
    progress: Callable[[str], None] = lambda message: None,
    agreed: Mapping[str, Column] | None = None,
    drawn: Drawn | None = None,
    derivations: Sequence[Derivation] = (),
) -> Tally:
    """Count the source: first groups and outcomes, then all columns within them, as one scan streams by.

    `aggregated`: its rows were counts, so that repeats mean nothing. `agreed` columns have the edges and the kept
    levels to be used, of another tally with the same roles. `drawn` is given rows to search for slices, where the same
    scan can give them. `derivations` are features that the source's relation has beside its columns.
    """
    sets = key_sets(roles, seen)
    if agreed:
        plans = [agreed_plan(agreed[name], seen[name], roles, len(sets) == 1) for name in source.fields]
    else:
        roles, fine = settle(Numbers(source, roles, seen), roles, seen)
        scores = score_edges(Numbers(source, roles, seen, roles.scoring.score), roles, seen)
        plans = [plan_of(name, seen[name], roles, fine, len(sets) == 1, scores) for name in source.fields]
        plans += beside(derivations, seen, roles, len(sets) == 1)
    extra = list(derived(roles, seen))
    head = Head(source, roles, seen, sets)
    counts = head.ask([*plans, *extra])
    cells = Cells(head.table, roles, seen, sets)
    modulus = modulus_for(cells.rows, HASHED_ROWS)
    twins = alike(roles, seen, modulus_for(cells.rows, TWIN_ROWS), aggregated)
    with _coders(source, plans, cells) as coders:
        relation = twins.hashed(source.relation) if twins else source.relation
        hashes = dict(_hashes(source, roles, modulus, twins))
        if drawn and not aggregated:
            labels = {of.name: of.labels for of in coders.values()} | dict(zip(roles.groups, cells.levels, strict=True))
            ask(drawn, source, roles, seen, cells.known, labels)
        watching = partial(saying, progress, "counting", cells.rows)
        counted, kept = _scanned(source, relation, cells, coders, hashes, drawn, watching)
        plans, whole = _all_levels(source, head, cells, plans, counted, known=not agreed)
    return assemble(
        head.table,
        {**whole, **counts},
        [*plans, *extra],
        roles,
        sets,
        repeats(kept["row"].of(0)[0], modulus),
        repeats(kept["id"].of(0)[0], modulus) if roles.id else None,
        _twins(head.table, cells, kept, twins, roles) if twins else None,
        aggregated,
        {of.name: of.source for of in derivations},
    )


def matched(source: Source, roles: Roles, seen: Mapping[str, Seen]) -> dict[str, tuple[Twins, Twins]] | None:
    """Return the sets of matched records of rows that are no counts, by the features that the roles have, in a scan."""
    sets = key_sets(roles, seen)
    head = Head(source, roles, seen, sets)
    cells = Cells(head.table, roles, seen, sets)
    by = alike(roles, seen, modulus_for(cells.rows, TWIN_ROWS), aggregated=False)
    if by is None:
        return None
    hashes = {name: sql for name, sql in _hashes(source, roles, 1, by) if name in ("exact", "near")}
    with enums(source, cells.kinds):
        _, kept = streamed(source, by.hashed(source.relation), cells, {}, hashes, None, lambda rows: None)
    return _twins(head.table, cells, kept, by, roles)


@contextmanager
def _coders(source: Source, plans: Sequence[Plan], cells: Cells) -> Iterator[dict[int, Coder]]:
    """Give the coders of the plans by levels or bins; their types and those of the groups are there meanwhile."""
    levels = {i: sorted_levels(plan) for i, plan in enumerate(plans) if plan.by_levels}
    kinds = {i: f"dataudit_levels{i}" for i in levels}
    texts = {kinds[i]: of for i, of in levels.items() if is_text(plans[i], of)}
    with enums(source, {**cells.kinds, **texts}):
        yield {
            i: coder(plan, levels.get(i, ()), kinds.get(i, ""))
            for i, plan in enumerate(plans)
            if plan.edges or plan.by_levels
        }


def _scanned(
    source: Source,
    relation: str,
    cells: Cells,
    coders: Mapping[int, Coder],
    hashes: Mapping[str, str],
    drawn: Drawn | None,
    watching: Callable[[int, int], Callable[[int], None]],
) -> tuple[dict[int, Counted], dict[str, Kept]]:
    """Count all columns in as many scans as MAX_CELLS asks for: one, but for very many joint groups.

    Only where it is one are rows drawn.
    """
    parts: list[dict[int, Coder]] = [{}]
    held = 0
    for i, of in coders.items():
        own = sum(map(len, cells.belongs.values())) * (len(of.labels) + 1)
        if parts[-1] and held + own > MAX_CELLS:
            parts.append({})
            held = 0
        parts[-1][i] = of
        held += own
    drawn = drawn if drawn and drawn.sql and len(parts) == 1 else None
    counted, kept = streamed(source, relation, cells, parts[0], hashes, drawn, watching(0, len(parts)))
    for i, part in enumerate(parts[1:], start=1):
        counted |= streamed(source, relation, cells, part, {}, None, watching(i, len(parts)))[0]
    if drawn:
        first = next(iter(cells.belongs.values()))
        drawn.elsewhere = {
            of.coder.name: int(of.elsewhere(cells)[first].sum())
            for of in counted.values()
            if of.coder.name not in cells.groups
        }
    return counted, kept


def _all_levels(
    source: Source, head: Head, cells: Cells, plans: Sequence[Plan], counted: Mapping[int, Counted], *, known: bool
) -> tuple[list[Plan], dict[int, Entries]]:
    """Return plans and counts with the levels that were not known: apart, or as one where they are too many.

    `known`: where the peek kept all levels of all rows, there are no others.
    """
    counts = {i: of.entries(cells) for i, of in counted.items()}
    lost = {i: of.elsewhere(cells) for i, of in counted.items() if plans[i].by_levels}
    sure = {i for i in lost if known and plans[i].seen.all_levels}
    missing = head.missing({i: plans[i] for i, n in lost.items() if n.any() and i not in sure})
    others = {i: rest for i, n in missing.items() if (rest := lost[i] - n).any()}
    plans = list(bounded(plans, partial(_estimated, source, {plans[i].name for i in others})))
    for i, n in others.items():
        row = np.flatnonzero(n)
        as_one = Entries(np.full(len(row), OTHER, dtype=object), row, n[row])
        counts[i] = counts[i].plus(as_one if plans[i].kept else head.levels(plans[i], counted[i].coder.unknown))
    return plans, counts


def _estimated(source: Source, new: Collection[str], names: Sequence[str]) -> list[int]:
    """Return the number of levels of columns, estimated in little memory; 0 for those without a `new` one."""
    asked = [name for name in names if name in new]
    if not asked:
        return [0] * len(names)
    sql = ", ".join(f"approx_count_distinct({quoted(name)})" for name in asked)
    found = source.connection.execute(f"SELECT {sql} FROM {source.relation}").fetchall()[0]
    return [dict(zip(asked, found, strict=True)).get(name, 0) for name in names]


def _twins(
    table: pa.Table, cells: Cells, kept: Mapping[str, Kept], alike: Alike, roles: Roles
) -> dict[str, tuple[Twins, Twins]]:
    """Return group column -> sets of identical and of near-identical records, from the hashes in each cell."""
    outcome = np.asarray(table["outcome"].to_pylist(), dtype=np.int8)
    found = {}
    for i, group in enumerate(roles.groups):
        place, at = next((place, at) for place, (key, at) in enumerate(cells.belongs.items()) if i in key)
        level = np.asarray(table[f"k{i}"].to_pylist(), dtype=object)
        pair = []
        for name, asked in (("exact", alike.whole), ("near", alike.shared)):
            hashes, cell = kept[name].of(place)
            shared = sharing(hashes)
            row = at[cell[shared]]
            sums = twin_sets(hashes[shared], level[row], outcome[row]) if asked else ()
            pair.append(Twins(sums, tuple(asked), alike.modulus))
        found[group] = (pair[0], pair[1])
    return found


def _hashes(source: Source, roles: Roles, modulus: int, twins: Alike | None) -> Iterator[tuple[str, str]]:
    """Yield the hashes that are kept of rows, people and twins: one in so many."""
    row = f"hash({columns(source.record)})"
    if twins:  # their hash is a part of the record's: every column is hashed once
        rest = (quoted(name) for name in source.record if name not in twins.whole)
        row = f"hash({', '.join([twins.exact, *rest])})"
        yield "exact", f"CASE WHEN {twins.exact} % {twins.modulus} = 0 THEN {twins.exact} END"
        yield "near", f"CASE WHEN {twins.chosen} % {twins.modulus} = 0 THEN {twins.near} END"
    yield "row", f"CASE WHEN {row} % {modulus} = 0 THEN {row} END"
    if roles.id:
        person = f"hash({quoted(roles.id)})"
        yield "id", f"CASE WHEN {person} % {modulus} = 0 AND {quoted(roles.id)} IS NOT NULL THEN {person} END"
