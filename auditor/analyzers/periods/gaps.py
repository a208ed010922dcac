"""How the gap between groups changes over time: OUT006."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.periods.common import ordered, rows_per_period, variation
from auditor.analyzers.preconditions import DATED, GROUPS, TARGET, TIME, WHOLE_PERIODS
from auditor.analyzers.timeline import pairs_by_period
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import ratio_interval
from auditor.stats.trends import Drift, DriftP, adjusted_drifts
from auditor.stats.trends import gap_drift as gap_drift_of
from auditor.stats.widening import Course, course
from auditor.use.policy import Limits
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

SAYS = Says(
    ratio="For {group} '{level}' compared with '{reference}', the fitted impact ratio is {first:ratio limit} in "
    "{start} and {last:ratio limit} in {end}. That is {times:ratio 1} times {around:interval 1}; {course}. The test "
    "of a trend, step or bend gives {p:p}; the trend has z = {z:signed}.",
    ratio_step="It changes most with {after}, to {moved:ratio 1} times that of the periods before {shape:interval 1}.",
    ratio_bend="In the first and last periods it is {moved:ratio 1} times that of the middle {shape:interval 1}.",
    more_ratio="Collect about {rows:people} row{rows:s} of '{level}' and as many of '{reference}' in each period "
    "({group}).",
    changed="Find what changed for '{level}' ({group}) between {start} and {end}.",
)


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
    needs=(GROUPS, TIME, TARGET, WHOLE_PERIODS, DATED),
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
    Nor is it where to have a date predicts the outcome, as to have a day of entry does.

    Why it matters: A gap that grows has a current cause. If it closes, old outcomes no longer describe today's
    decisions.

    What to do: Ask what changed: people, rules, or those who decide. Prefer periods under today's rules.

    Source: Inverse-variance weighted regression of log risk ratios (as in meta-regression); Wedderburn 1974
    (overdispersion); the tenth is judgement.
    """
    tally = evidence.tally
    order = ordered(tally, use)
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
    changed = SAYS(
        "ratio",
        f"ratio_{shape.kind}" if shape else "",
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
    )
    varied = variation(state, len(known), p_values.differ, found.statistic, alpha)
    both = [pair for pair in pairs.values() if pair]
    rate = (sum(of.x + of.x_ref for of in both) + 2) / (sum(of.n + of.n_ref for of in both) + 4)
    names = {name: subject[name] for name in ("group", "level", "reference")}
    return Finding(
        state,
        subject,
        together(changed, varied),
        {
            "first_ratio": Measure(first),
            "last_ratio": Measure(last),
            "ratio_change": Measure(times, *bounds, limit=TENTH),
            "trend_z": Measure(found.line.z),
            "differ_p": Measure(p_values.differ, limit=alpha),
            "p_adjusted": Measure(p_values.course, limit=alpha),
        },
        remedy=SAYS("changed", **between),
        settle=SAYS("more_ratio", **names, rows=rows_per_period(2 * (1 - rate) / rate, least, limits))
        if state is State.UNDETERMINED
        else None,
    )


def _as_ratios(bounds: Interval) -> Interval:
    return Interval(math.exp(bounds.low), math.exp(bounds.high))
