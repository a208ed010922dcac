"""The whole distribution of an outcome: a number's (OUT002), or the shares of several classes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import TARGET, UNWEIGHTED, WHOLE_BINS
from auditor.counts.effects import of_numbers
from auditor.counts.tally import Column, Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Moments, Pair
from auditor.stats.gaps import Terms
from auditor.stats.numeric import Delta, MeanGap, cliffs_delta, mean_gap
from auditor.stats.proportions import ratio_interval
from auditor.stats.tails import holm
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

QUANTILES = (0.1, 0.5, 0.9)
OPEN = 0.02  # of a Cliff's delta, from which it is said that bins leave it open

SAYS = Says(
    alone="'{reference}', which the others are held against, has one row with an outcome: no distribution.",
    gap="{group} '{level}' against '{reference}': {rate:percent} of {n:people} score {cut}, against {rate_ref:percent} "
    "(ratio {impact_ratio:ratio limit} {bounds:interval limit}); Cliff's delta {delta:signed 3} [{low:signed 3}, "
    "{high:signed 3}], {p:p} (Brunner-Munzel, Holm); {means}.",
    means="mean {difference:higher_or_lower}, difference [{low:amount}, {high:amount}]",
    means_same="mean {difference:higher_or_lower}, without an interval, for neither group varies",
    means_infinite="the means cannot be compared, for values are infinite",
    open="The two groups share bins, which leaves the delta open by {open_by:fixed 3} to either side.",
    reverse="The gap is the reference's own: '{level}' has the {worse} values.",
    find="Find where the {worse} '{column}' of '{level}' ({group}) comes from before it is used.",
    finer="Finer bins of '{column}', from where the rows are.",
    spread="The {classes} classes of '{column}' are spread over {group} '{level}' and '{reference}' with a total "
    "variation distance of {distance:percent}. That is told, not judged: OUT001 judges the favourable classes.",
)


@rule(
    "OUT002",
    "numeric-outcome-gap",
    needs=(TARGET, UNWEIGHTED, WHOLE_BINS),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="rest",
    measures=quantities(
        "scoring_rate",
        "impact_ratio",
        "cliffs_delta",
        "p_adjusted",
        "total_variation",
        "mean_difference",
        "hedges_g",
        "quantile_gap_10",
        "quantile_gap_50",
        "quantile_gap_90",
    ),
)
def numeric_outcome_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """The distribution of a numeric or graded outcome is lower for a group, or differs between groups.

    How it is measured: A number: the scoring rate (share above the median of all rows, or past the cut that was named)
    and its impact ratio as in OUT001; Cliff's delta with its interval and the Brunner-Munzel test, Holm-adjusted over
    all pairs of groups, or those with a fixed reference; the gap of the means with Welch's interval, Hedges' g; the
    gaps of the quantiles at 0.1, 0.5 and 0.9, each within the bounds of its bin. All but the means come from counts in
    256 bins, and in finer ones where groups lie close together; what two groups in one bin leave open of the delta is
    added to its interval. Against a group are lower values, or higher ones where the cut names low values favourable.
    Shown when the delta is beyond 0.28 (medium) against the group with p below 0.05, strongly when its whole interval
    is; near the threshold from 0.11 (small); clear when its whole interval is within 0.11 or in its favour. Where the
    reference is worse off and the other group is large enough to be a reference, the gap is the reference's own.
    Several classes: the share of each class per group, and the total variation distance between the groups'
    distributions, which is reported and not judged.

    Why it matters: A cut can hide a gap that lies elsewhere in the distribution.

    What to do: Look at the quantiles: is everybody shifted, or are the highest or lowest missing?

    Source: 6 RCNY 5-300 (scoring rate); Cliff 1993; Brunner and Munzel 2000; Welch 1947; Hedges 1981; the thresholds
    are Cohen's d of 0.2 and 0.5.
    """
    tally = evidence.tally
    column = tally.columns[evidence.target]
    if tally.roles.cut is None:
        if column.levels <= 2:
            raise NotRun("the outcome has two values (OUT001 judges it)")
        yield from _classes(tally, column)
        return
    compared = False
    for group in tally.roles.groups:
        for item in _numeric(tally, column, group, use):
            compared = True
            yield item
    if not compared:
        raise NotRun("no group column has two groups with outcomes")


def _numeric(tally: Tally, column: Column, group: str, use: UseCase) -> Iterator[Finding | Record]:
    outcomes = tally.outcomes(group)
    moments = tally.moments_of(group)
    histograms = _histograms(tally, column, group)
    reference = tally.reference(group, use)[0] if outcomes else ""
    levels = [level for level, (_, n) in outcomes.items() if n > 1]
    if len(levels) < 2:
        return
    if reference not in levels:
        yield Finding(states.NOTHING_TO_JUDGE, {"group": group}, SAYS("alone", reference=reference))
        return
    for level, counted in histograms.items():
        yield {
            "group": group,
            "level": level,
            "n": int(counted.sum()),
            "mean": moments[level].mean if level in moments else None,
            "quantiles": [list(_bin_of(column, counted, share)) for share in QUANTILES],
        }
    by = of_numbers(tally, group, levels)  # where people recur, as many fewer rows stand behind each number
    moments = {level: Moments(round(of.n / by.get(level, 1.0)), of.mean, of.variance) for level, of in moments.items()}
    moments = {level: of for level, of in moments.items() if of.n > 1}
    low_is_good = str(tally.roles.cut).startswith("<")
    of = {level: histograms[level] / by[level] for level in levels}
    for gap in _gaps(of, reference, outcomes, column, use.terms(group), low_is_good):
        pair = Pair(*outcomes[gap.level], *outcomes[gap.reference], by[gap.level], by[gap.reference])
        yield _finding(gap, pair, _means(moments, gap, use.limits.alpha), histograms, column, group, tally, use)


@dataclass(frozen=True)
class _Gap:
    """A group against another by Cliff's delta, whose p is adjusted; `reverse`: the reference against the group.

    `worse` is the word for the values that count against it: lower ones, or higher.
    """

    level: str
    reference: str
    delta: Delta
    p: float
    state: State
    worse: str
    reverse: bool = False


def _gaps(
    histograms: Mapping[str, np.ndarray],
    reference: str,
    outcomes: Mapping[str, tuple[float, float]],
    column: Column,
    terms: Terms,
    low_is_good: bool,
) -> Iterator[_Gap]:
    """Yield every other level against the reference, in the direction in which a gap is shown."""
    single = np.array([value is not None for value in column.only_values])
    deltas = {
        (level, other): cliffs_delta(histograms[level], histograms[other], terms.alpha, single)
        for level, other in terms.family({level: outcomes[level] for level in histograms})
    }
    adjusted = dict(zip(deltas, holm([delta.p for delta in deltas.values()]), strict=True))
    large = terms.large(outcomes)
    for pair, delta in deltas.items():
        if reference not in pair:
            continue
        level = pair[0] if pair[1] == reference else pair[1]
        straight, turned = (delta, delta.turned) if pair[1] == reference else (delta.turned, delta)
        p, worse = adjusted[pair], "higher" if low_is_good else "lower"
        own, others = (turned, straight) if low_is_good else (straight, turned)  # below 0 where it is worse off
        state = states.delta_gap(own, p, terms.alpha, firm=reference in large)
        other = states.delta_gap(others, p, terms.alpha, firm=level in large)
        if level in large and states.is_gap(other):
            yield _Gap(reference, level, turned, p, other, worse, reverse=True)
        else:
            yield _Gap(level, reference, straight, p, state, worse)


def _means(moments: Mapping[str, Moments], gap: _Gap, alpha: float) -> MeanGap | None:
    """Return the gap of the means; None where one is not known, or infinite."""
    pair = [moments[level] for level in (gap.level, gap.reference) if level in moments]
    finite = all(math.isfinite(of.mean) and math.isfinite(of.variance) for of in pair)
    return mean_gap(pair[0], pair[1], alpha) if len(pair) == 2 and finite else None


def _finding(
    gap: _Gap,
    pair: Pair,
    mean: MeanGap | None,
    histograms: Mapping[str, np.ndarray],
    column: Column,
    group: str,
    tally: Tally,
    use: UseCase,
) -> Finding:
    limits, delta, n = use.limits, gap.delta, pair.n + pair.n_ref
    limit, bounds = float(limits.impact_ratio), ratio_interval(pair, limits.alpha)
    shown = gap.state.found or gap.state is State.BORDERLINE
    unknown = gap.state is State.UNDETERMINED and _is_open(delta)
    return Finding(
        gap.state,
        {"target": column.name, "group": group, "level": gap.level, "reference": gap.reference},
        _gap_said(gap, pair, mean, group, str(tally.roles.cut), use),
        {
            "scoring_rate": Measure(pair.rate, n=pair.n),
            "impact_ratio": Measure(pair.ratio, *bounds, n=n, limit=limit),
            "cliffs_delta": Measure(
                delta.value, *delta.interval, n=n, limit=states.MEDIUM * (1 if gap.worse == "higher" else -1)
            ),
            **({"mean_difference": Measure(mean.difference, *mean.interval, n=n)} if mean else {}),
            **({"hedges_g": Measure(mean.hedges_g, n=n)} if mean else {}),
            "p_adjusted": Measure(gap.p, n=n, limit=limits.alpha),
            **_quantile_gaps(column, histograms[gap.level], histograms[gap.reference]),
        },
        remedy=SAYS("find", worse=gap.worse, column=column.name, level=gap.level, group=group) if shown else None,
        settle=SAYS("finer", column=column.name) if unknown else None,
    )


def _gap_said(gap: _Gap, pair: Pair, mean: MeanGap | None, group: str, cut: str, use: UseCase) -> Sentence:
    """Say the rates past the cut, the delta and the means, and what is to be known of them."""
    return SAYS(
        "gap",
        "open" if _is_open(gap.delta) else "",
        "reverse" if gap.reverse else "",
        group=group,
        level=gap.level,
        reference=gap.reference,
        rate=pair.rate,
        n=pair.n,
        cut=cut,
        rate_ref=pair.rate_ref,
        impact_ratio=pair.ratio,
        bounds=ratio_interval(pair, use.limits.alpha),
        limit=float(use.limits.impact_ratio),
        delta=gap.delta.value,
        low=gap.delta.interval.low,
        high=gap.delta.interval.high,
        p=gap.p,
        means=_means_said(mean),
        open_by=gap.delta.open_by,
        worse=gap.worse,
    )


def _means_said(mean: MeanGap | None) -> Sentence:
    if mean is None:
        return SAYS("means_infinite")
    low, high = mean.interval
    return SAYS("means_same" if math.isnan(low) else "means", difference=mean.difference, low=low, high=high)


def _is_open(delta: Delta) -> bool:
    """Whether shared bins leave so much of a delta open that it is said."""
    return delta.open_by >= OPEN


def _histograms(tally: Tally, column: Column, group: str) -> dict[str, np.ndarray]:
    """Return level of the group -> rows in each bin of the outcome, lowest bin first."""
    order = {label: i for i, label in enumerate(column.bins)}
    found: dict[str, np.ndarray] = {}
    for label, of in tally.rows_by(column.name, group).items():
        for level, n in of.items():
            found.setdefault(level, np.zeros(len(order)))[order[label]] += n
    return found


def _bin_of(column: Column, counts: np.ndarray, share: float) -> tuple[float | None, float | None]:
    """Return the bounds of the bin that holds a quantile; twice the value of a bin that holds one value only."""
    at = int(np.searchsorted(np.cumsum(counts), share * counts.sum() - 1e-9))
    if (only := column.only_values[at]) is not None:
        return only, only
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
        states.DESCRIBED,
        {"target": column.name, "group": group, "level": level, "reference": reference},
        SAYS(
            "spread",
            classes=len(by_class),
            column=column.name,
            group=group,
            level=level,
            reference=reference,
            distance=distance,
        ),
        {"total_variation": Measure(distance, n=totals[level] + totals[reference])},
    )
