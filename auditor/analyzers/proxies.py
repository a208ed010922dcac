"""Columns that stand in for a group: PRX001."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET
from auditor.analyzers.suppressed import LEVELS
from auditor.analyzers.unchecked import columns_unchecked
from auditor.counts.effects import of_carried, of_group_link, of_link, of_outcome_link, of_rates
from auditor.counts.tally import COUNT, LEVEL, NO_OUTCOME, OUTCOME, Tally
from auditor.model import Finding, Measure, ProxyKind, Severity
from auditor.stats.association import Carried, carried_gap, cramers_v, independence, stratified_independence, theils_u
from auditor.stats.counts import Pair
from auditor.stats.proportions import newcombe
from auditor.stats.tails import benjamini_hochberg
from auditor.use.names import words_of
from auditor.use.roles import is_numeric
from auditor.use.says import Says
from auditor.use.usecase import UseCase
from auditor.use.vocabulary import PLACES

if TYPE_CHECKING:
    import pandas as pd

PREFIX = 3
ALIAS = 1 - 1e-9  # Theil's U from which a column is the group under another name
LINK = 0.1  # Cramér's V from which a column is said to leak the group

SAYS = Says(
    proxy="'{column}' {opening} {group}: Cramér's V {v:fixed 3}, and it explains {told:fixed 1} % of the variation in "
    "{group} (Theil's U). Used alone, blind to the group, it gives '{level}' {carried:points} points against "
    "'{reference}' {carried_bounds:points_interval}; the raw gap is {raw:points} {raw_bounds:points_interval}: {kind} "
    "({p:p}, both links, Benjamini-Hochberg; within the groups {within_p:p}).",
    alias="It names {group} outright: each of its values belongs to one group alone, as if given out by group.",
    offset="It runs against the gap: without it the gap would be wider, not narrower.",
    watch="Watch the columns that are linked with {group} and carry no gap here (PRX001 lists them).",
    leave_out="Leave '{column}' out of what a model sees, or justify in writing that the task needs it.",
)


@dataclass(frozen=True)
class _Column:
    """One column against one group column: its links, and the gap it carries between each level and the reference."""

    name: str
    total: int
    v: float
    u: float
    link_p: float
    outcome_v: float
    outcome_p: float
    within_p: float
    carried: dict[str, Carried]

    @property
    def p(self) -> float:
        """Both links must hold: the larger of the two p-values (intersection-union)."""
        return max(self.link_p, self.outcome_p)


@rule(
    "PRX001",
    "proxy-feature",
    needs=(GROUPS, TARGET),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="rest",
    columns=LEVELS,
    measures=quantities("cramers_v", "theils_u", "carried_gap", "raw_gap", "q", "within_p"),
)
def proxy_feature(evidence: Evidence, use: UseCase, *, carried_points: float = 1.0) -> Iterator[Finding | Record]:
    """A column stands in for a group and carries its gap: a model that never sees the group would repeat it.

    How it is measured: The link of every column with the group by the bias-corrected Cramér's V and Theil's U (the
    share of what there is to know about the group that the column tells); numbers in bins, missing a level of its own,
    postal codes also by their first three characters. The carried gap is the gap in points that a lookup of this
    column alone, blind to the group, reproduces; leave-one-out, with its closed-form standard error. A column is a
    carrier when the carried gap is at least `carried_points` and a tenth of the raw gap, its interval excludes 0, and
    both links, with group and with outcome, hold (the larger p, Benjamini-Hochberg over the columns, below 0.05); of a
    column that names the group outright the group's own link with the outcome is taken. Where the same is true but the
    carried gap runs against the raw gap, the column offsets the gap: it is reported, and is no fault. Of several
    groups, one whose gap the column carries comes first. It leaks without carrying when V is 0.1 or more, the link has
    a p below 0.025 (Benjamini-Hochberg), and it neither carries nor offsets; one that names the group outright is shown
    all the same. The test within the groups (CMH) stands beside it and never clears: a blind model uses the link across
    groups.

    Why it matters: Taking the group's column out changes nothing while its proxies are there.

    What to do: Leave a carrier out, or justify it as needed for the task; then ask what the other columns still tell.
    Keep in mind what offsets the gap: without it the gap would be wider.

    Source: Bergsma 2013 (V); Theil 1970 (U); Kitagawa 1955 and leave-one-out for the carried gap; Benjamini and
    Hochberg 1995; the point and the tenth are judgement.
    """
    tally = evidence.tally
    yield from columns_unchecked(tally, use, "be a proxy")
    compared = False
    for group, totals, reference in tally.comparable(use):
        columns = [
            column for name in tally.roles.features for column in _columns(tally, name, group, reference, list(totals))
        ]
        if not columns:
            continue
        compared = True
        both = benjamini_hochberg([column.p for column in columns])
        links = benjamini_hochberg([column.link_p for column in columns])
        for column, q, link in sorted(zip(columns, both, links, strict=True), key=lambda item: -_most(item[0])[1]):
            yield from _judged(
                column, (float(q), float(link)), group, reference, totals, tally, use, carried_points / 100
            )
    if not compared:
        raise NotRun("no group column has two groups with outcomes, or no feature is left to compare")


def _columns(tally: Tally, name: str, group: str, reference: str, names: list[str]) -> Iterator[_Column]:
    """Yield a column, and a postal code once more by its first characters."""
    counted = tally.columns[name]
    frame = next(frame for key, frame in counted.tables.items() if group in key)
    known = frame[frame[group].isin(names) & (frame[OUTCOME] != NO_OUTCOME) & (frame[COUNT] > 0)]
    there = set(known[group])  # of a tally with a least cell, a column may have lost all rows of a group
    names = [level for level in names if level in there]
    if reference not in there or len(names) < 2:
        return
    at, levels = known[LEVEL].factorize(use_na_sentinel=False)
    if len(levels) < 2:
        return
    places = {level if isinstance(level, str) else None: i for i, level in enumerate(levels)}
    yield _column(name, at, known, group, reference, names, _Effects(tally, name, places))
    if words_of(name) & PLACES and not counted.edges:
        # As numbers, codes have lost their leading zeros: 1001 is 01001.
        width = max(len(level) for level in levels if isinstance(level, str)) if is_numeric(counted.type) else 0
        prefixes = [level.zfill(width)[:PREFIX] if isinstance(level, str) else None for level in levels]
        place = {prefix: i for i, prefix in enumerate(dict.fromkeys(prefixes))}
        if 1 < len(place) < len(levels):
            first = np.array([place[prefix] for prefix in prefixes])
            effects = _Effects(tally, name, {level: int(first[i]) for level, i in places.items()})
            yield _column(f"{name} (first {PREFIX})", first[at], known, group, reference, names, effects)


@dataclass(frozen=True)
class _Effects:
    """The design effects of what is asked of a column; `at` gives the place of each of its levels."""

    tally: Tally
    name: str
    at: Mapping[str | None, int]


def _column(
    name: str,
    at_level: np.ndarray,
    known: pd.DataFrame,
    group: str,
    reference: str,
    names: list[str],
    by: _Effects,
) -> _Column:
    """Judge a column by itself; `at_level` has the place of each row's level among the levels."""
    at_group = {level: i for i, level in enumerate(names)}
    outcomes, counts = known[OUTCOME].to_numpy(), known[COUNT].to_numpy()
    rows = np.zeros((at_level.max() + 1, len(names)))
    favourable = np.zeros_like(rows)
    where = (at_level, known[group].map(at_group).to_numpy())
    np.add.at(rows, where, counts)
    np.add.at(favourable, where, counts * (outcomes == 1))
    by_outcome = np.column_stack([favourable.sum(axis=1), (rows - favourable).sum(axis=1)])
    told = theils_u(rows)
    # A column that names the group holds all that the group tells of the outcome: its many levels must not dilute that.
    by_group = np.column_stack([favourable.sum(axis=0), (rows - favourable).sum(axis=0)])
    base = at_group[reference]
    asked = (by.tally, by.name, by.at, group)
    by_link, by_outcomes = of_link(*asked, names), of_outcome_link(*asked, names)
    link, link_p = independence(rows, by_link)
    outcome, outcome_p = independence(by_outcome, by_outcomes)
    carried = {}
    for level, i in at_group.items():
        if i != base:
            pair = rows[:, [i, base]], favourable[:, [i, base]]
            effect = of_carried(*asked, (level, reference), np.stack(pair))
            carried[level] = carried_gap(*pair, effect=effect)
    return _Column(
        name=name,
        total=int(rows.sum()),
        v=cramers_v(rows, link, by_link),
        u=told,
        link_p=link_p,
        outcome_v=cramers_v(by_outcome, outcome, by_outcomes),
        outcome_p=independence(by_group, of_group_link(by.tally, group, names))[1] if told >= ALIAS else outcome_p,
        within_p=stratified_independence(rows, favourable, by_outcomes),
        carried=carried,
    )


def _most(column: _Column) -> tuple[str, float]:
    """Return the level with the widest carried gap, and that gap's size."""
    level = max(column.carried, key=lambda level: abs(column.carried[level].gap))
    return level, abs(column.carried[level].gap)


def _judged(
    column: _Column,
    adjusted: tuple[float, float],
    group: str,
    reference: str,
    totals: dict[str, tuple[float, float]],
    tally: Tally,
    use: UseCase,
    least: float,
) -> Iterator[Finding | Record]:
    q, link_q = adjusted
    linked = q < use.limits.alpha
    by = {level: of_rates(tally, {group: level}) for level in (*column.carried, reference)}
    raws = {level: Pair(*totals[level], *totals[reference], by[level], by[reference]) for level in column.carried}
    kinds = {level: _carries(column.carried[level], raws[level], least) if linked else None for level in raws}
    level = _told_of(column, kinds)
    kind = kinds[level]
    if kind is None:
        leaks = (math.isnan(column.v) or column.v >= LINK) and link_q < use.limits.alpha / 2
        kind = ProxyKind.NONE if not leaks else ProxyKind.ALIAS if column.u >= ALIAS else ProxyKind.LEAK
    carried, raw = column.carried[level], raws[level]
    yield {
        "group": group,
        "level": level,
        "reference": reference,
        "column": column.name,
        "kind": str(kind),
        "cramers_v": None if math.isnan(column.v) else column.v,
        "theils_u": column.u,
        "carried_gap": carried.gap,
        "low": carried.interval.low,
        "high": carried.interval.high,
        "raw_gap": raw.rate - raw.rate_ref,
        "q": q,
        "outcome_v": None if math.isnan(column.outcome_v) else column.outcome_v,
        "outcome_p": column.outcome_p,
        "within_p": column.within_p,
    }
    if kind is not ProxyKind.NONE:
        subject = {"group": group, "level": level, "reference": reference, "column": column.name}
        yield _finding(column, kind, subject, raw, q, use.limits.alpha, least)


def _carries(carried: Carried, raw: Pair, least: float) -> ProxyKind | None:
    """Return whether a column whose links hold carries the gap of a level, or runs against it; None for neither."""
    gap = raw.rate - raw.rate_ref
    off_zero = not carried.interval.low <= 0 <= carried.interval.high
    if not (off_zero and abs(carried.gap) >= least and abs(carried.gap) >= abs(gap) / 10):
        return None
    return ProxyKind.OFFSET if carried.gap * gap < 0 else ProxyKind.CARRIER


def _told_of(column: _Column, kinds: Mapping[str, ProxyKind | None]) -> str:
    """Return the level that a column is judged by: the widest of those whose gap it carries, else offsets, else of all.

    What it offsets for one level must not hide what it carries for another.
    """
    for kind in (ProxyKind.CARRIER, ProxyKind.OFFSET, None):
        if of := [level for level, found in kinds.items() if found is kind]:
            return max(of, key=lambda level: abs(column.carried[level].gap))
    raise AssertionError("a column is compared for one level at least")


OPENING = {
    ProxyKind.CARRIER: "is a proxy for",
    ProxyKind.ALIAS: "is a proxy for",
    ProxyKind.LEAK: "says something about",
    ProxyKind.OFFSET: "is linked with",
}


def _finding(
    column: _Column, kind: ProxyKind, subject: dict[str, str], raw: Pair, q: float, alpha: float, least: float
) -> Finding:
    carried, gap, total = column.carried[subject["level"]], raw.rate - raw.rate_ref, column.total
    bounds = newcombe(raw, alpha)
    said = SAYS(
        "proxy",
        "offset" if kind is ProxyKind.OFFSET else "alias" if column.u >= ALIAS else "",
        **subject,
        opening=OPENING[kind],
        v=column.v,
        told=100 * column.u,
        carried=carried.gap,
        carried_bounds=carried.interval,
        raw=gap,
        raw_bounds=bounds,
        kind=kind.words,
        p=q,
        within_p=column.within_p,
    )
    return Finding(
        states.proxy(kind, carried.interval, least),
        subject,
        said,
        {
            "cramers_v": Measure(column.v, n=total, limit=LINK),
            "theils_u": Measure(column.u, n=total),
            "carried_gap": Measure(carried.gap, *carried.interval, n=total, limit=least),
            "raw_gap": Measure(gap, *bounds, n=raw.n + raw.n_ref),
            "q": Measure(q, n=total, limit=alpha),
            "within_p": Measure(column.within_p, n=total),
        },
        remedy=_remedy(kind, **subject),
    )


def _remedy(kind: ProxyKind, **facts: str) -> str | None:
    key = "" if kind is ProxyKind.OFFSET else "watch" if kind is ProxyKind.LEAK else "leave_out"
    return SAYS(key, **facts) or None
