"""The figures of pay that employers report: PAY001."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.measures import quantities
from auditor.analyzers.pay.pairs import Pair, direction, pairs
from auditor.analyzers.preconditions import GROUPS, PAY, PAY_COUNTED, PAY_ROWS, UNWEIGHTED
from auditor.model import Finding, Measure, Severity
from auditor.stats.pay import PayGap, quarters
from auditor.use.says import Says
from auditor.use.usecase import UseCase

ALL = "all workers"
RECEIVING = "workers who receive some"
QUARTERS = ("1 (lowest pay)", "2", "3", "4 (highest pay)")
SAYS = Says(
    figures="{group} '{level}' against '{reference}', {n:people} and {n_ref:people} workers. The mean of {what} is "
    "{size:percent} {direction}, the median {size_median:percent} {direction_median}.",
    hourly="pay for an hour",
    period="pay",
    whole="pay not divided by hours",
    one_side="only '{there}' is in this figure",
    nobody="nobody is in this figure",
    none_paid="that of '{reference}' is 0, so there is nothing to compare with",
)


@rule(
    "PAY001",
    "pay-figures",
    needs=(GROUPS, UNWEIGHTED, PAY_COUNTED, PAY_ROWS),
    about=PAY,
    units="facts",
    severity=Severity.NOTE,
    suppressed="whole",
    measures=quantities("pay_gap", "median_pay_gap", "variable_pay_gap", "median_variable_pay_gap"),
    leading={"pay_gap": "Gap of mean pay"},
)
def pay_figures(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """An employer must report seven figures of pay, and here they are; nothing in them is judged.

    How it is measured: Pay is basic and variable pay; where hours are named it is divided by them, so that part-time
    and full-time work compare. A gap is the reference's mean (or median) less the group's, as a share of the
    reference's: above 0 the group has less. The reference is the one that the use states, else men, else the largest
    group. The figures are the points of Article 9(1): (a) and (c) the gap of means and of medians, (b) and (d) those of
    variable pay, (e) the share of each group that receives variable pay, (f) the share of each group in each quarter of
    the workers of both by their pay, (g) the gap in each category of workers, for basic and for variable pay. The
    Directive does not state whether workers without variable pay count in (b) and (d); both are given, and (g) is about
    those who receive some. Medians are exact, the mean of the two middle amounts where their number is even. Equal
    amounts at the border of two quarters are divided between them in proportion. Intervals of means are Student's t of
    the logarithm of their ratio, wider for a long tail; those of medians are of order statistics. All figures rest on
    the same workers: those whose amounts PAY003 finds usable. Intervals are left out where some rows are not
    independent people.

    Why it matters: Employers with 100 workers or more report these figures under Directive (EU) 2023/970. Raw gaps mix
    unequal pay for the same work with who does which work.

    What to do: Check the categories of workers and the period, and have the accuracy confirmed by the management, as
    Article 9(6) asks after hearing the workers' representatives.

    Source: Directive (EU) 2023/970, Articles 3 and 9; Hinkley 1969 and Conover 1999 (intervals of ratios and medians).
    """
    roles = evidence.tally.roles
    for pair in pairs(evidence):
        people = not evidence.tally.recurs
        for record in _records(pair, use):
            yield record if people else record | {"low": None, "high": None}
        yield _finding(pair, use, SAYS("hourly" if roles.pay.hours else "period"), people=people)


def _records(pair: Pair, use: UseCase) -> Iterator[dict[str, Any]]:
    """Yield a row for each figure of Article 9(1), in its order."""
    alpha, has_variable = use.limits.alpha, pair.rows.variable is not None
    some = pair.receiving
    yield _gap(pair, "(a)", "Gap of mean pay", ALL, pair.total(alpha))
    if has_variable:
        yield _gap(some, "(b)", "Gap of mean variable pay", RECEIVING, some.variable(alpha))
        yield _gap(pair, "(b)", "Gap of mean variable pay", ALL, pair.variable(alpha))
    yield _gap(pair, "(c)", "Gap of median pay", ALL, pair.medians(alpha))
    if has_variable:
        yield _gap(some, "(d)", "Gap of median variable pay", RECEIVING, some.medians(alpha, variable=True))
        yield _gap(pair, "(d)", "Gap of median variable pay", ALL, pair.medians(alpha, variable=True))
        yield _shares(pair, "(e)", "Share who receive variable pay", ALL, _share(some, pair), pair.sizes)
    yield from _quarters(pair)
    for code, category in enumerate(pair.rows.categories):
        assert pair.rows.category is not None
        within = pair.within(pair.rows.category == code)
        yield _gap(within, "(g)", "Gap of mean basic pay", category, within.base(alpha))
        if has_variable:
            there = within.receiving
            yield _gap(there, "(g)", "Gap of mean variable pay", category, there.variable(alpha))


def _row(pair: Pair, point: str, figure: str, of: str, sizes: tuple[int, int]) -> dict[str, Any]:
    what = SAYS("whole" if pair.rows.hours is None else "hourly")
    pair_ = f"{pair.group}: '{pair.level}' against '{pair.reference}', {what}"
    row = {**pair.subject, "pair": pair_, "point": point, "figure": figure, "of": of}
    return {**row, "n": sizes[0], "reference_n": sizes[1]}


def _gap(pair: Pair, point: str, figure: str, of: str, gap: PayGap | None) -> dict[str, Any]:
    row = _row(pair, point, figure, of, pair.sizes)
    if gap is not None:
        low, high = (end if math.isfinite(end) else None for end in gap.interval)
        return {**row, "gap": gap.value, "low": low, "high": high, "why": None}
    there = [name for name, n in zip((pair.level, pair.reference), pair.sizes, strict=True) if n]
    key = ("nobody", "one_side", "none_paid")[len(there)]
    why = SAYS(key, there="".join(there[:1]), reference=pair.reference)
    return {**row, "gap": None, "low": None, "high": None, "why": str(why)}


def _share(some: Pair, pair: Pair) -> tuple[float, float]:
    return some.sizes[0] / pair.sizes[0], some.sizes[1] / pair.sizes[1]


def _shares(
    pair: Pair, point: str, figure: str, of: str, shares: tuple[float, float], sizes: tuple[int, int]
) -> dict[str, Any]:
    return {**_row(pair, point, figure, of, sizes), "share": shares[0], "reference_share": shares[1], "why": None}


def _quarters(pair: Pair) -> Iterator[dict[str, Any]]:
    """Yield the share of each of the two groups among the workers of both in a quarter.

    Others are in none: where there are few, their shares would be what is missing to the whole.
    """
    there = pair.own | pair.theirs
    held = quarters(pair.amounts[there], pair.theirs[there].astype(int), 2)
    for name, counts in zip(QUARTERS, held, strict=True):
        total = float(counts.sum())
        own, theirs = (float(of) for of in counts)
        shares = (own / total, theirs / total) if total else (math.nan, math.nan)
        sizes = int(np.rint(own)), int(np.rint(theirs))
        yield _shares(pair, "(f)", "Share of the workers in the quarter", name, shares, sizes)


def _finding(pair: Pair, use: UseCase, what: str, *, people: bool) -> Finding:
    """State the gaps of mean and median, those of variable pay as measures; intervals only of rows that are people."""
    alpha, some = use.limits.alpha, pair.receiving
    total, median = pair.total(alpha), pair.medians(alpha)
    assert total is not None  # both have usable pay, which is above 0
    assert median is not None
    found = {"pay_gap": (total, pair), "median_pay_gap": (median, pair)}
    if pair.rows.variable is not None:
        for name, gap in (
            ("variable_pay_gap", some.variable(alpha)),
            ("median_variable_pay_gap", some.medians(alpha, variable=True)),
        ):
            if gap is not None:
                found[name] = (gap, some)
    measures = {}
    for name, (gap, of) in found.items():
        low, high = gap.interval if people else (None, None)
        measures[name] = Measure(gap.value, low, high, n=sum(of.sizes))
    said = SAYS(
        "figures",
        group=pair.group,
        level=pair.level,
        reference=pair.reference,
        n=pair.sizes[0],
        n_ref=pair.sizes[1],
        what=what,
        size=abs(total.value),
        direction=direction(total.value),
        size_median=abs(median.value),
        direction_median=direction(median.value),
    )
    return Finding(states.DESCRIBED, pair.subject, said, measures)
