"""The whole distribution of an outcome: a number's (OUT002), or the shares of several classes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from auditor.behind import rest_behind
from auditor.engines.tally import Column, Tally
from auditor.model import Finding, Measure, State
from auditor.rules import NotRun, Record, rule
from auditor.stats.gaps import compare
from auditor.stats.numeric import Delta, cliffs_delta, mean_gap
from auditor.stats.tails import holm
from auditor.usecase import UseCase
from auditor.words import interval, p_value, people, percent, ratio, signed

QUANTILES = (0.1, 0.5, 0.9)
# Absolute values of Cliff's delta for a small, medium and large effect (d = 0.2, 0.5, 0.8 of normal populations).
SMALL, MEDIUM, LARGE = 0.11, 0.28, 0.43


@rule("OUT002", "numeric-outcome-gap")
def numeric_outcome_gap(tally: Tally, use: UseCase) -> Iterator[Finding | Record]:
    """The distribution of a numeric or graded outcome is lower for a group, or differs between groups.

    How it is measured: A number: the scoring rate (share above the median of all rows, or past the cut that was named)
    and its impact ratio as in OUT001; Cliff's delta with its interval, from 256 bins; the gap of the means with
    Welch's interval and test (Holm over the groups), Hedges' g; the gaps of the quantiles at 0.1, 0.5 and 0.9, each
    within the bounds of its bin. Shown when the delta is beyond 0.28 (medium) against the group with p below 0.05,
    strongly when its whole interval is; near the limit from 0.11 (small). Several classes: the share of each class
    per group, and the total variation distance between the groups' distributions, which is told and not judged.

    Why it matters: A cut can hide a gap that lies elsewhere in the distribution.

    What to do: Look at the quantiles: is everybody shifted, or are the highest or lowest missing?

    Source: 6 RCNY 5-300 (scoring rate); Cliff 1993; Welch 1947; Hedges 1981.
    """
    if tally.roles.target is None:
        raise NotRun("no outcome column is named (--target)")
    if tally.roles.weight:
        raise NotRun("distributions are not weighted, and the use names survey weights")
    column = tally.columns[tally.roles.target]
    if tally.roles.cut is None:
        if column.levels <= 2:
            raise NotRun("the outcome has two values (OUT001 judges it)")
        yield from _classes(tally, column)
        yield from rest_behind(tally)
        return
    if not len(column.table):
        raise NotRun("some bins of the outcome hold too few rows to leave their site (--min-cell)")
    compared = False
    for group in tally.roles.groups:
        for item in _numeric(tally, column, group, use):
            compared = True
            yield item
    if not compared:
        raise NotRun("no group column has two groups with outcomes")
    yield from rest_behind(tally)


def _numeric(tally: Tally, column: Column, group: str, use: UseCase) -> Iterator[Finding | Record]:
    counts = {level: pair for level, pair in tally.outcomes(group).items() if pair[1] > 1}
    if len(counts) < 2:
        return
    limits = use.limits
    reference, _ = use.terms(group).choose(counts)
    comparison = compare(counts, replace(use.terms(group), reference=reference))
    moments = tally.moments_of(group)
    histograms = _histograms(tally, column, group)
    for level, counted in histograms.items():
        yield {
            "group": group,
            "level": level,
            "n": int(counted.sum()),
            "mean": moments[level].mean if level in moments else None,
            "quantiles": [list(_bin_of(column, counted, share)) for share in QUANTILES],
        }
    gaps = []
    for gap in comparison.gaps:
        pair = [moments[level] for level in (gap.level, reference) if level in moments]
        if all(math.isfinite(of.mean) and math.isfinite(of.variance) for of in pair):
            gaps += [gap] if len(pair) == 2 else []
        else:
            endless = f"'{column.name}' holds values of {group} '{gap.level}' or '{reference}' that are infinite"
            subject = {"target": column.name, "group": group, "level": gap.level, "reference": reference}
            yield Finding(State.NOT_RUN, subject, f"{endless}: their means cannot be compared.")
    means = [mean_gap(moments[gap.level], moments[reference], limits.alpha) for gap in gaps]
    for gap, mean, p in zip(gaps, means, holm([mean.p for mean in means]), strict=True):
        delta = cliffs_delta(histograms[gap.level], histograms[reference], limits.alpha)
        subject = {"target": column.name, "group": group, "level": gap.level, "reference": reference}
        limit = float(limits.impact_ratio)
        yield Finding(
            _state(delta, p, limits.alpha),
            subject,
            f"{group} '{gap.level}' against '{reference}': {percent(gap.pair.rate)} of {people(gap.pair.n)} score "
            f"{tally.roles.cut}, against {percent(gap.pair.rate_ref)} (ratio {ratio(gap.pair.ratio, limit)} "
            f"{interval(*gap.interval, limit)}); Cliff's delta {signed(delta.value, 3)} "
            f"[{signed(delta.interval.low, 3)}, {signed(delta.interval.high, 3)}]; mean lower by "
            f"{-mean.difference:,.6g} [{-mean.interval.high:,.6g}, {-mean.interval.low:,.6g}], "
            f"{p_value(p)} (Welch, Holm).",
            {
                "scoring_rate": Measure(gap.pair.rate, n=gap.pair.n),
                "impact_ratio": Measure(gap.pair.ratio, *gap.interval, n=gap.pair.n + gap.pair.n_ref, limit=limit),
                "cliffs_delta": Measure(delta.value, *delta.interval, n=gap.pair.n + gap.pair.n_ref, limit=-MEDIUM),
                "mean_difference": Measure(mean.difference, *mean.interval, n=gap.pair.n + gap.pair.n_ref),
                "hedges_g": Measure(mean.hedges_g, n=gap.pair.n + gap.pair.n_ref),
                "p_adjusted": Measure(p, n=gap.pair.n + gap.pair.n_ref, limit=limits.alpha),
                **_quantile_gaps(column, histograms[gap.level], histograms[reference]),
            },
            remedy=f"Find where the lower '{column.name}' of '{gap.level}' ({group}) comes from before it is used.",
        )


def _state(delta: Delta, p: float, alpha: float) -> State:
    if delta.interval.low >= -SMALL:
        return State.CLEAR
    if not p < alpha:
        return State.UNDETERMINED
    if delta.interval.high < -MEDIUM:
        return State.SHOWN_STRONG
    return State.SHOWN if delta.value < -MEDIUM else State.BORDERLINE


def _histograms(tally: Tally, column: Column, group: str) -> dict[str, np.ndarray]:
    """Return level of the group -> rows in each bin of the outcome, lowest bin first."""
    order = {label: i for i, label in enumerate(column.bins)}
    found: dict[str, np.ndarray] = {}
    for label, of in tally.rows_by(column.name, group).items():
        for level, n in of.items():
            found.setdefault(level, np.zeros(len(order)))[order[label]] += n
    return found


def _bin_of(column: Column, counts: np.ndarray, share: float) -> tuple[float | None, float | None]:
    """Return the bounds of the bin that holds a quantile."""
    at = int(np.searchsorted(np.cumsum(counts), share * counts.sum() - 1e-9))
    low = column.edges[at - 1] if at > 0 else column.low
    return low, column.edges[at] if at < len(column.edges) else column.high


def _quantile_gaps(column: Column, counts: np.ndarray, reference: np.ndarray) -> dict[str, Measure]:
    gaps = {}
    for share in QUANTILES:
        low, high = _bin_of(column, counts, share)
        low_ref, high_ref = _bin_of(column, reference, share)
        if None in (low, high, low_ref, high_ref):
            continue
        least, most = low - high_ref, high - low_ref  # type: ignore[operator] # none of them is None
        gaps[f"quantile_gap_{round(100 * share)}"] = Measure((least + most) / 2, least, most)
    return gaps


def _classes(tally: Tally, column: Column) -> Iterator[Finding | Record]:
    """Yield the share of every class per group, and how far the groups' distributions lie apart."""
    for group in tally.roles.groups:
        by_class = tally.rows_by(column.name, group)
        totals: dict[str, int] = {}
        for of in by_class.values():
            for level, n in of.items():
                totals[level] = totals.get(level, 0) + n
        if len(totals) < 2:
            continue
        for name, of in by_class.items():
            for level, total in totals.items():
                rows = of.get(level, 0)
                yield {"group": group, "level": level, "class": name, "rows": rows, "share": rows / total}
        largest = max(totals, key=lambda level: totals[level])
        for level in totals:
            if level != largest:
                yield _distance(column, group, level, largest, by_class, totals)


def _distance(
    column: Column, group: str, level: str, reference: str, by_class: dict[str, dict[str, int]], totals: dict[str, int]
) -> Finding:
    shares = [(of.get(level, 0) / totals[level], of.get(reference, 0) / totals[reference]) for of in by_class.values()]
    distance = sum(abs(own - theirs) for own, theirs in shares) / 2
    return Finding(
        State.CLEAR,
        {"target": column.name, "group": group, "level": level, "reference": reference},
        f"The {len(by_class)} classes of '{column.name}' are spread over {group} '{level}' and '{reference}' with a "
        f"total variation distance of {percent(distance)}. That is told, not judged: OUT001 judges the "
        "favourable classes.",
        {"total_variation": Measure(distance, n=totals[level] + totals[reference])},
    )
