"""How the shares of groups change over time: REP004."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.periods.common import ordered, rows_per_period, variation
from auditor.analyzers.preconditions import DATED, GROUPS, TIME, WHOLE_PERIODS
from auditor.analyzers.timeline import rows_by_period
from auditor.counts.effects import of_share_trend
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.stats.proportions import goodman, newcombe, wilson
from auditor.stats.trends import Drift, DriftP, adjusted_drifts, jump_by_chance, share_drift, share_trend
from auditor.use.policy import Limits
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

SAYS = Says(
    undated="no row of {group} '{level}' is dated, so its share over time is not known.",
    alone="'{group}' has one group only, or no group, so its share cannot change.",
    share="{group} '{level}' made up {first:percent} of the rows in {start} and {last:percent} in {end}. The change "
    "is {change:points} points {bounds:points_interval} over {periods} periods.{>trend}",
    trend=" The test of a trend, step or bend gives {p:p}; the trend has z = {z:signed}.",
    share_step="It changes most with {after}, by {moved:points} points {around:points_interval} from those before.",
    share_bend="The first and last periods differ from the middle by {moved:points} points {around:points_interval}.",
    recent="Use recent periods, or weight them. The share of '{level}' ({group}) changes over time.",
    more="Collect about {rows:people} row{rows:s} of '{level}' and the others together in each period ({group}).",
)


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
    needs=(GROUPS, TIME, WHOLE_PERIODS, DATED),
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
    order = ordered(tally, use)
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
    course = SAYS(
        "share",
        f"share_{shape.kind}" if shape else "",
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
    )
    varied = variation(state, len(rows), p_values.differ, found.statistic, alpha)
    rate = (sum(counts) + 2) / (n + 4)
    return Finding(
        state,
        subject,
        together(course, varied),
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
        settle=SAYS("more", **subject, rows=rows_per_period(2 * rate * (1 - rate), least, limits))
        if state is State.UNDETERMINED
        else None,
    )


def _largest_jump(table: list[list[int]]) -> float:
    """Return the largest total variation distance between neighbouring periods."""
    shares = [np.array(row) / max(1, sum(row)) for row in table]
    return max(float(np.abs(after - before).sum() / 2) for before, after in itertools.pairwise(shares))
