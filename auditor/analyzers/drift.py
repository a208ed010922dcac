"""Change over time: who is in the data (REP004), and how large the gap is (OUT006)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET, TIME, WHOLE_PERIODS
from auditor.analyzers.timeline import pairs_by_period, rows_by_period, timeline
from auditor.counts.effects import of_share_trend
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import goodman, newcombe, ratio_interval, wilson
from auditor.stats.tails import normal
from auditor.stats.trends import Drift, DriftP, adjusted_drifts, jump_by_chance, share_drift, share_trend
from auditor.stats.trends import gap_drift as gap_drift_of
from auditor.stats.widening import Course, course
from auditor.use.periods.order import Order
from auditor.use.policy import Limits
from auditor.use.says import Says
from auditor.use.usecase import UseCase

SAYS = Says(
    undated="no row of {group} '{level}' is dated, so its share over time is not known.",
    alone="'{group}' has one group only, or no group, so its share cannot change.",
    share="{group} '{level}' was {first:percent} of the rows in {start} and {last:percent} in {end}. The change is "
    "{change:points} points {bounds:points_interval} over {periods} periods.{>trend}",
    trend=" The test of a trend, step or bend gives {p:p}; the trend has z = {z:signed}.",
    share_step="It changes most with {after}, by {moved:points} points {around:points_interval} from those before.",
    share_bend="The first and last periods differ from the middle by {moved:points} points {around:points_interval}.",
    two="With two periods the test is that of two shares.",
    differ="The periods differ significantly (chi-square {statistic:fixed 1}, {differ_p:p}).",
    unclear="The periods vary too much to show a trend, step or bend. Whether the change lasts is inconclusive.",
    independent="The test assumes independent rows, and periods that vary no more than rows do.",
    recent="Use recent periods, or weight them. The share of '{level}' ({group}) changes over time.",
    more="Collect about {rows:people} row{rows:s} of '{level}' and the others together in each period ({group}).",
    ratio="For {group} '{level}' compared with '{reference}', the fitted impact ratio is {first:ratio limit} in "
    "{start} and {last:ratio limit} in {end}. That is {times:ratio 1} times {around:interval 1}; {course}. The test "
    "of a trend, step or bend gives {p:p}; the trend has z = {z:signed}.",
    ratio_step="It changes most with {after}, to {moved:ratio 1} times that of the periods before {shape:interval 1}.",
    ratio_bend="In the first and last periods it is {moved:ratio 1} times that of the middle {shape:interval 1}.",
    more_ratio="Collect about {rows:people} row{rows:s} of '{level}' and as many of '{reference}' in each period "
    "({group}).",
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
    asks=Ask(
        "Use recent periods, or weight them",
        "data owner",
        "the shares are those of the period that the use is about",
        ("level",),
    ),
    headlines=Headlines(
        found=("The share of '{level}' moved from {first_share:percent} to {last_share:percent} over the periods",),
        open="Too little data to determine whether the share of '{level}' changes over time",
        clear="The share of '{level}' is stable over time",
    ),
    needs=(GROUPS, TIME, WHOLE_PERIODS),
    units="counts",
    severity=Severity.NOTE,
    suppressed="rest",
    measures=quantities(
        "first_share",
        "last_share",
        "change",
        "departure",
        "largest_jump",
        "jump_by_chance",
        "trend_z",
        "differ_p",
        "p_adjusted",
    ),
)
def representation_drift(evidence: Evidence, use: UseCase, *, min_change: float = 0.05) -> Iterator[Finding | Record]:
    """A group's share of the data changes over the periods.

    How it is measured: The share of each group by period has Goodman's joint 95% interval. The rule tests for a trend
    (Cochran-Armitage), a step at any period, and a bend; the trend has four fifths of alpha. Holm's adjustment is over
    the groups of all columns (with two groups there is one test). Drift is found when one of these, with an adjusted p
    below 0.05, changes the share by `min_change` (5 points) or more. Rows are assumed to be independent. Periods need
    not be: where they vary significantly more than rows would, the excess counts six times and the test is Student's t,
    so that a run of high years is seldom taken as a trend. Drift is near the threshold when the periods differ
    (chi-square) without a significant trend, step or bend. No issue is found only when the interval of the change from
    the first to the last period, and that of each period less the others, lie within `min_change`. With two periods the
    test is that of two shares. The report also gives the largest total variation distance between neighbouring periods,
    and the value that chance alone would exceed 5 times in 100. Periods are in the order of time; without a known order
    the rule is not run.

    Why it matters: A model trained on all years reflects the people of those years. If the groups' shares change, it
    will not fit the people of today.

    What to do: Use the recent periods, or weight them, and monitor the shares in use.

    Source: Cochran 1954 and Armitage 1955 (trend); Wedderburn 1974 (overdispersion); the 5 points, and the weight of
    overdispersion, are judgement after simulation.
    """
    tally = evidence.tally
    order = _timeline(tally, use)
    columns: dict[str, tuple[list[str], dict[str, dict[str, int]]]] = {}
    effects: dict[str, dict[str, float]] = {}
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
            columns[group] = levels, rows
            yield from _shares(group, levels, rows)
            effects[group] = of_share_trend(tally, group, levels, order.places, list(rows))
    if not columns:
        raise NotRun("the data hold one period only")
    yield from _drifts(columns, min_change, use.limits, effects)


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
    columns: dict[str, tuple[list[str], dict[str, dict[str, int]]]],
    least: float,
    limits: Limits,
    effects: Mapping[str, Mapping[str, float]],
) -> Iterator[Finding]:
    """Judge how the share of each level of each column changes over the periods; all share alpha."""
    drifts = {
        group: {
            level: share_drift(
                [of.get(level, 0) for of in rows.values()],
                [sum(of.values()) for of in rows.values()],
                effect=effects[group][level],
            )
            for level in levels
        }
        for group, (levels, rows) in columns.items()
    }
    # With two levels the second test is the first.
    tested = [(group, level) for group, of in drifts.items() for level in (list(of)[:1] if len(of) == 2 else of)]
    adjusted = dict(zip(tested, adjusted_drifts([drifts[group][level] for group, level in tested]), strict=True))
    for group, (levels, rows) in columns.items():
        jump = _largest_jump([[of.get(level, 0) for level in levels] for of in rows.values()])
        by_chance = jump_by_chance(
            [sum(of.values()) / max(effects[group].values()) for of in rows.values()],
            [sum(of.get(level, 0) for of in rows.values()) for level in levels],
        )
        jumps = {"largest_jump": Measure(jump), "jump_by_chance": Measure(by_chance)}
        for level in levels:
            p_values = adjusted.get((group, level), adjusted[group, levels[0]])
            yield _share_finding(
                {"group": group, "level": level},
                rows,
                drifts[group][level],
                p_values,
                least,
                limits,
                jumps,
                effects[group][level],
            )


def _share_finding(
    subject: dict[str, str],
    rows: dict[str, dict[str, int]],
    found: Drift,
    p_values: DriftP,
    least: float,
    limits: Limits,
    jumps: dict[str, Measure],
    effect: float,
) -> Finding:
    """Judge the share of one level over the periods."""
    level, alpha = subject["level"], limits.alpha
    start, *_, end = rows
    counts, totals = [of.get(level, 0) for of in rows.values()], [sum(of.values()) for of in rows.values()]
    ends, n = Pair(counts[-1], totals[-1], counts[0], totals[0], effect, effect), sum(totals)
    change, bounds = ends.rate - ends.rate_ref, newcombe(ends, alpha)
    state = states.drift(p_values.of(found), p_values.differ, [bounds, *found.departures], least, alpha)
    trend = share_trend(counts, totals, effect)
    shape = found.shape if found.shape and p_values.shape < min(alpha, p_values.line) else None
    said = SAYS(
        "share",
        f"share_{shape.kind}" if shape else "",
        *_scatter(state, len(rows), p_values.differ < alpha),
        **subject,
        first=ends.rate_ref,
        last=ends.rate,
        start=start,
        end=end,
        change=change,
        bounds=bounds,
        periods=len(rows),
        z=None if math.isnan(trend.z) else trend.z,
        p=p_values.course,
        after=list(rows)[shape.place] if shape else None,
        moved=shape.change if shape else None,
        around=shape.interval if shape else None,
        statistic=found.statistic,
        differ_p=p_values.differ,
    )
    rate = (sum(counts) + 2) / (n + 4)
    return Finding(
        state,
        subject,
        said,
        {
            "first_share": Measure(ends.rate_ref, *wilson(counts[0] / effect, totals[0] / effect, alpha), n=totals[0]),
            "last_share": Measure(ends.rate, *wilson(counts[-1] / effect, totals[-1] / effect, alpha), n=totals[-1]),
            "change": Measure(change, *bounds, n=n, limit=least),
            "departure": Measure(sum(found.widest) / 2, *found.widest, n=n, limit=least),
            "trend_z": Measure(trend.z, n=n),
            "differ_p": Measure(p_values.differ, n=n, limit=alpha),
            "p_adjusted": Measure(p_values.course, n=n, limit=alpha),
            **jumps,
        },
        remedy=SAYS("recent", **subject),
        settle=SAYS("more", **subject, rows=_rows(2 * rate * (1 - rate), least, limits))
        if state is State.UNDETERMINED
        else None,
    )


def _scatter(state: State, periods: int, differ: bool) -> tuple[str, ...]:
    """Return the keys of the sentences on how periods vary, and on what the test assumes."""
    if periods == 2:
        return ("two", "independent")
    return "differ" if differ else "", "unclear" if state is State.BORDERLINE else "", "independent"


def _rows(variance: float, least: float, limits: Limits) -> int:
    """Return about how many rows a period needs, with this variance each, to show a difference less than `least`."""
    reach = normal(1 - limits.alpha / 2) + normal((1 + limits.power) / 2)
    return math.ceil(variance * (reach / least) ** 2)


def _largest_jump(table: list[list[int]]) -> float:
    """Return the largest total variation distance between neighbouring periods."""
    shares = [np.array(row) / max(1, sum(row)) for row in table]
    return max(float(np.abs(after - before).sum() / 2) for before, after in itertools.pairwise(shares))


@rule(
    "OUT006",
    "gap-drift",
    asks=Ask(
        "Find what changed between the periods",
        "decision owner",
        "the ratio is stable, or the change is explained",
        ("level",),
    ),
    headlines=Headlines(
        found=("The ratio of '{level}' to '{reference}' moved from {first_ratio:fixed 2} to {last_ratio:fixed 2}",),
        open="Too little data to determine whether the ratio of '{level}' to '{reference}' changes over time",
        clear="The ratio of '{level}' to '{reference}' is stable over time",
    ),
    needs=(GROUPS, TIME, TARGET, WHOLE_PERIODS),
    units="counts",
    severity=Severity.NOTE,
    suppressed="rest",
    measures=quantities("first_ratio", "last_ratio", "ratio_change", "trend_z", "differ_p", "p_adjusted"),
)
def gap_drift(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """The gap between a group and the reference changes over the periods.

    How it is measured: The impact ratio by period has its Miettinen-Nurminen interval. The rule fits a line through the
    log ratios weighted by their precision, and tests for a step at any period and a bend, as in REP004. Holm's
    adjustment is over the groups of all columns. Drift is found when one of these, with an adjusted p below 0.025
    (half, because REP004 tests time too), changes the ratio by more than a tenth. Rows are assumed to be independent;
    where periods vary significantly more than rows would, the excess counts six times and the test is Student's t.
    Drift is near the threshold when the periods differ (chi-square) without a significant trend, step or bend. No issue
    is found only when the interval of the fitted change, and that of each period less the others, lie within a tenth. A
    period that lacks one of the two groups keeps its place. Without a known order of time the rule is not run.

    Why it matters: A gap that grows has a current cause. If it closes, old outcomes no longer describe today's
    decisions.

    What to do: Ask what changed: people, rules, or those who decide. Prefer periods under today's rules.

    Source: Inverse-variance weighted regression of log risk ratios (as in meta-regression); Wedderburn 1974
    (overdispersion); the tenth is judgement.
    """
    tally = evidence.tally
    order = _timeline(tally, use)
    found = []
    for group, totals, reference in tally.comparable(use):
        for level in (level for level in totals if level != reference):
            pairs = pairs_by_period(tally, order, group, level, reference)
            for place, (period, pair) in enumerate(pairs.items(), 1):
                if pair:
                    yield _row(group, level, reference, period, place, pair)
            drift = gap_drift_of(list(pairs.values()), use.limits.alpha)
            if drift is not None:
                subject = {"target": evidence.target, "group": group, "level": level, "reference": reference}
                found.append((subject, pairs, drift))
    if not found:
        raise NotRun("fewer than three periods hold two groups with outcomes")
    for (subject, pairs, drift), p_values in zip(found, adjusted_drifts([drift for *_, drift in found]), strict=True):
        yield _finding(subject, pairs, drift, p_values, use.limits)


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
    Course.NOT_SHOWN: "the change is not significant",
}


def _finding(
    subject: dict[str, str], pairs: Mapping[str, Pair | None], found: Drift, p_values: DriftP, limits: Limits
) -> Finding:
    """Judge the ratio of one level over the periods."""
    known = [period for period, pair in pairs.items() if pair]
    places = [place for place, pair in enumerate(pairs.values()) if pair]
    first, last = _ends(list(pairs.values()), found.line.change / (places[-1] - places[0]))
    alpha, least, times = limits.alpha / 2, -math.log(TENTH), math.exp(found.line.change)
    intervals = [found.line.interval, *found.departures]
    state = states.drift(p_values.of(found), p_values.differ, intervals, least, alpha)
    how = course(first, times, p_values.line, TENTH, alpha)
    shape = found.shape if found.shape and p_values.shape < min(alpha, p_values.line) else None
    bounds = _as_ratios(found.line.interval)
    between = {"group": subject["group"], "level": subject["level"], "start": known[0], "end": known[-1]}
    said = SAYS(
        "ratio",
        f"ratio_{shape.kind}" if shape else "",
        *_scatter(state, len(known), p_values.differ < alpha),
        **between,
        reference=subject["reference"],
        first=first,
        last=last,
        limit=float(limits.impact_ratio),
        z=found.line.z,
        times=times,
        around=bounds,
        p=p_values.course,
        course=COURSES[how],
        after=known[shape.place] if shape else None,
        moved=math.exp(shape.change) if shape else None,
        shape=_as_ratios(shape.interval) if shape else None,
        statistic=found.statistic,
        differ_p=p_values.differ,
    )
    both = [pair for pair in pairs.values() if pair]
    rate = (sum(of.x + of.x_ref for of in both) + 2) / (sum(of.n + of.n_ref for of in both) + 4)
    names = {name: subject[name] for name in ("group", "level", "reference")}
    return Finding(
        state,
        subject,
        said,
        {
            "first_ratio": Measure(first),
            "last_ratio": Measure(last),
            "ratio_change": Measure(times, *bounds, limit=TENTH),
            "trend_z": Measure(found.line.z),
            "differ_p": Measure(p_values.differ, limit=alpha),
            "p_adjusted": Measure(p_values.course, limit=alpha),
        },
        remedy=SAYS("changed", **between),
        settle=SAYS("more_ratio", **names, rows=_rows(2 * (1 - rate) / rate, least, limits))
        if state is State.UNDETERMINED
        else None,
    )


def _as_ratios(bounds: Interval) -> Interval:
    return Interval(math.exp(bounds.low), math.exp(bounds.high))
