"""Change over time: who is in the data (REP004), and how large the gap is (OUT006)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET, TIME, WHOLE_PERIODS
from auditor.analyzers.timeline import pairs_by_period, rows_by_period, timeline
from auditor.counts.effects import of_share_trend
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity
from auditor.stats.counts import Pair
from auditor.stats.proportions import goodman, ratio_interval
from auditor.stats.tails import holm, holm_of_shares
from auditor.stats.trends import gap_trend, share_trend
from auditor.stats.widening import Course, course
from auditor.use.periods.order import Order
from auditor.use.says import Says
from auditor.use.usecase import UseCase

SAYS = Says(
    undated="{group} '{level}': none of its rows is dated, so that its share over time is not known.",
    alone="'{group}' holds one group only, or none: its share cannot change.",
    share="{group} '{level}': {first:percent} of the rows in {start}, {last:percent} in {end} ({change:points} points "
    "over {periods} periods{>trend}).",
    trend="; trend {z:signed} standard deviations, {p:p}",
    recent="Use recent periods or weight them: the share of '{level}' ({group}) changes over time.",
    ratio="{group} '{level}' against '{reference}': the fitted impact ratio is {first:ratio limit} in {start} and "
    "{last:ratio limit} in {end}, {z:signed} standard deviations, {p:p}: {course}.",
    changed="Find what changed for '{level}' ({group}) between {start} and {end}.",
)


def _timeline(tally: Tally, use: UseCase) -> Order:
    """Return the order of the periods; NotRun where it is not known."""
    order = timeline(tally, use)
    if order.reason:
        raise NotRun(order.reason)
    return order


@rule(
    "REP004",
    "representation-drift",
    needs=(GROUPS, TIME, WHOLE_PERIODS),
    units="counts",
    severity=Severity.NOTE,
    suppressed="rest",
    measures=quantities("first_share", "last_share", "change", "largest_jump", "trend_z", "p_adjusted"),
)
def representation_drift(evidence: Evidence, use: UseCase, *, min_change: float = 0.05) -> Iterator[Finding | Record]:
    """A group's share of the data changes over the periods.

    How it is measured: The share of each group by period, with Goodman's joint 95 % interval; the Cochran-Armitage
    trend test, Holm-adjusted over the groups (of two groups it is one test). Drift is shown when the share changes by
    `min_change` (5 points) or more from the first to the last period and the adjusted p is below 0.05. Beside it the
    largest total variation distance between neighbouring periods. Periods are in the order of time; without a known
    order the rule is not run.

    Why it matters: What is learnt from all years is learnt mostly from those who were there then; a share that moves
    makes yesterday's model tomorrow's stranger.

    What to do: Use the recent periods, or weight them; watch the shares in use.

    Source: Cochran 1954 and Armitage 1955 (trend); the 5 points are judgement.
    """
    tally = evidence.tally
    order = _timeline(tally, use)
    compared = False
    for group in tally.roles.groups:
        rows = rows_by_period(tally, order, group)
        known = [cell.level for cell in tally.cells(group) if cell.level is not None]
        levels = [level for level in known if any(level in of for of in rows.values())]
        for level in known if rows else ():
            if level not in levels:
                subject = {"group": group, "level": level}
                yield Finding(states.NOTHING_TO_JUDGE, subject, SAYS("undated", **subject))
        if len(levels) < 2:
            yield Finding(states.NOTHING_TO_JUDGE, {"group": group}, SAYS("alone", group=group))
        elif len(rows) > 1:
            compared = True
            yield from _shares(group, levels, rows)
            effects = of_share_trend(tally, group, levels, order.places, list(rows))
            yield from _drifts(group, levels, rows, min_change, use.limits.alpha, effects)
    if not compared:
        raise NotRun("the data hold one period only")


def _shares(group: str, levels: list[str], rows: dict[str, dict[str, int]]) -> Iterator[Record]:
    """Yield a row per period and level for the chart; `rows` has the rows of each level by period."""
    for place, (period, of) in enumerate(rows.items(), 1):
        bounds = goodman([of.get(level, 0) for level in levels])
        for level, (low, high) in zip(levels, bounds, strict=True):
            yield {
                "group": group,
                "period": period,
                "place": place,
                "level": level,
                "rows": of.get(level, 0),
                "share": of.get(level, 0) / sum(of.values()),
                "low": low,
                "high": high,
            }


def _drifts(
    group: str,
    levels: list[str],
    rows: dict[str, dict[str, int]],
    least: float,
    alpha: float,
    effects: Mapping[str, float],
) -> Iterator[Finding]:
    """Judge how the share of each level changes from the first period to the last."""
    start, *_, end = rows
    totals = [sum(of.values()) for of in rows.values()]
    jump = _largest_jump([[of.get(level, 0) for level in levels] for of in rows.values()])
    trends = [share_trend([of.get(level, 0) for of in rows.values()], totals, effects[level]) for level in levels]
    for level, trend, p in zip(levels, trends, holm_of_shares([trend.p for trend in trends]), strict=True):
        first, last = (rows[period].get(level, 0) / sum(rows[period].values()) for period in (start, end))
        change, subject = last - first, {"group": group, "level": level}
        z = None if math.isnan(trend.z) else trend.z
        facts = {"first": first, "last": last, "start": start, "end": end, "change": change, "z": z, "p": p}
        yield Finding(
            states.change(change, p, least, alpha),
            subject,
            SAYS("share", **subject, **facts, periods=len(rows)),
            {
                "first_share": Measure(first, n=totals[0]),
                "last_share": Measure(last, n=totals[-1]),
                "change": Measure(change, n=sum(totals), limit=least),
                "trend_z": Measure(trend.z, n=sum(totals)),
                "p_adjusted": Measure(p, n=sum(totals), limit=alpha),
                "largest_jump": Measure(jump),
            },
            remedy=SAYS("recent", **subject),
        )


def _largest_jump(table: list[list[int]]) -> float:
    """Return the largest total variation distance between neighbouring periods."""
    shares = [np.array(row) / max(1, sum(row)) for row in table]
    return max(float(np.abs(after - before).sum() / 2) for before, after in itertools.pairwise(shares))


@rule(
    "OUT006",
    "gap-drift",
    needs=(GROUPS, TIME, TARGET, WHOLE_PERIODS),
    units="counts",
    severity=Severity.NOTE,
    suppressed="rest",
    measures=quantities("first_ratio", "last_ratio", "trend_z", "p_adjusted"),
)
def gap_drift(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """The gap between a group and the reference changes over the periods.

    How it is measured: The impact ratio by period with its Miettinen-Nurminen interval, and a line through the log
    ratios weighted by their precision, less sure where the periods scatter widely; the test that it is level,
    Holm-adjusted over the groups of a column. Drift is shown when the adjusted p is below 0.025 (half, for
    REP004 looks at time as well) and the fitted ratio changes by more than a tenth from the first to the last period.
    A period that lacks one of the two groups keeps its place. Without a known order of time the rule is not run.

    Why it matters: A gap that grows is being made; one that closes makes old outcomes a bad teacher.

    What to do: Ask what changed: people, rules, or those who decide. Prefer periods made under today's rules.

    Source: Inverse-variance weighted regression of log risk ratios (as in meta-regression); the tenth is judgement.
    """
    tally = evidence.tally
    order = _timeline(tally, use)
    compared = False
    for group, totals, reference in tally.comparable(use):
        found = []
        for level in (level for level in totals if level != reference):
            pairs = pairs_by_period(tally, order, group, level, reference)
            for place, (period, pair) in enumerate(pairs.items(), 1):
                if pair:
                    yield _row(group, level, reference, period, place, pair)
            trend = gap_trend(list(pairs.values()), use.limits.alpha)
            if trend is not None:
                found.append((level, pairs, trend))
        for (level, pairs, trend), p in zip(found, holm([trend.p for *_, trend in found]), strict=True):
            compared = True
            subject = {"target": evidence.target, "group": group, "level": level, "reference": reference}
            first, last = _ends(list(pairs.values()), trend.slope)
            known = {period: place for place, (period, pair) in enumerate(pairs.items()) if pair}
            moved = math.exp(trend.slope * (max(known.values()) - min(known.values())))
            yield _finding(subject, list(known), (first, last), moved, trend.z, p, use)
    if not compared:
        raise NotRun("fewer than three periods hold two groups with outcomes")


def _row(group: str, level: str, reference: str, period: str, place: int, pair: Pair) -> Record:
    bounds = ratio_interval(pair)
    return {
        "group": group,
        "level": level,
        "reference": reference,
        "period": period,
        "place": place,
        "n": pair.n,
        "reference_n": pair.n_ref,
        "selection_rate": pair.rate,
        "reference_rate": pair.rate_ref,
        "impact_ratio": pair.ratio if math.isfinite(pair.ratio) else None,
        "low": bounds.low,
        "high": bounds.high if math.isfinite(bounds.high) else None,
    }


def _ends(pairs: Sequence[Pair | None], slope: float) -> tuple[float, float]:
    """Return the fitted ratios of the first and last period with both: the line through the pooled ratio at the middle.

    A period without both keeps its place in time.
    """
    known = {place: pair for place, pair in enumerate(pairs) if pair}
    at = np.array(list(known), dtype=float)
    size = np.array([min(pair.n, pair.n_ref) for pair in known.values()], dtype=float)
    middle = float((size * at).sum() / size.sum())
    sums = (sum(getattr(pair, name) for pair in known.values()) for name in ("x", "n", "x_ref", "n_ref"))
    pooled = Pair(*sums).ratio
    return pooled * math.exp(slope * (at[0] - middle)), pooled * math.exp(slope * (at[-1] - middle))


TENTH = 0.9
COURSES = {
    Course.WIDER: "the gap grows",
    Course.NARROWER: "the gap narrows",
    Course.REVERSED: "the gap is reversed",
    Course.WITHIN: "it changes by less than a tenth",
    Course.NOT_SHOWN: "no change is shown",
}


def _finding(
    subject: dict[str, str],
    periods: list[str],
    ends: tuple[float, float],
    moved: float,
    z: float,
    p: float,
    use: UseCase,
) -> Finding:
    first, last = ends
    found = course(first, moved, p, TENTH, use.limits.alpha / 2)
    between = {"group": subject["group"], "level": subject["level"], "start": periods[0], "end": periods[-1]}
    said = SAYS(
        "ratio",
        **between,
        reference=subject["reference"],
        first=first,
        last=last,
        limit=float(use.limits.impact_ratio),
        z=z,
        p=p,
        course=COURSES[found],
    )
    return Finding(
        states.course(moved=found.moved, factor=moved, tenth=TENTH),
        subject,
        said,
        {
            "first_ratio": Measure(first),
            "last_ratio": Measure(last),
            "trend_z": Measure(z),
            "p_adjusted": Measure(p, limit=use.limits.alpha / 2),
        },
        remedy=SAYS("changed", **between),
    )
