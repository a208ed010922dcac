"""The whole distribution of an outcome: a number's (OUT002), or the shares of several classes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.outcomes.distribution import QUANTILES, Against, Gap, Numbers, Scale, gaps
from auditor.analyzers.preconditions import TARGET, UNWEIGHTED, WHOLE_BINS
from auditor.counts.columns import Column
from auditor.counts.effects import of_numbers
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Moments, Pair
from auditor.stats.numeric import Delta
from auditor.stats.proportions import ratio_interval, wilson
from auditor.stats.shares import total_variation_interval
from auditor.use.needs import needed
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

OPEN = 0.02  # of a Cliff's delta, from which the report states that bins leave it uncertain

SAYS = Says(
    alone="The reference '{reference}' has only one row with an outcome, so there is no distribution to compare with.",
    gap="{rate:percent} of {group} '{level}' ({x:people} of {n:people}) and {rate_ref:percent} of '{reference}' score "
    "{cut}. The ratio is {impact_ratio:ratio limit} {bounds:interval limit}. Cliff's delta is {delta:signed 3} "
    "[{low:signed 3}, {high:signed 3}], {p:p} (Brunner-Munzel, adjusted). {means}.",
    means="The mean is {difference:higher_or_lower} (interval of the difference [{low:amount}, {high:amount}]){>ratio}",
    ratio=", {times:ratio limit} times the other {around:interval limit}",
    quantiles="Ratios of the quantiles are {quantiles:clauses}.",
    quantile="{value:ratio limit} {each:interval limit} at {share:number}",
    purpose="to know how '{column}' is distributed",
    means_same="The mean is {difference:higher_or_lower}, without an interval, because neither group varies",
    means_infinite="The means cannot be compared, because some values are infinite",
    open="The two groups share bins, so the delta is uncertain by a further {open_by:fixed 3} in either direction.",
    reverse="The gap is the reference's own. '{level}' has the {worse} values.",
    find="Find where the {worse} '{column}' of '{level}' ({group}) comes from before it is used.",
    finer="Count '{column}' in finer bins where the rows are.",
    spread="The distribution over the {classes} classes of '{column}' differs between {group} '{level}' and "
    "'{reference}' by {distance:percent} (total variation distance). This describes the data; OUT001 judges the "
    "favourable classes.",
)


@rule(
    "OUT002",
    "numeric-outcome-gap",
    asks=Ask(
        "Explain or correct the gap in the outcome before it is used",
        "decision owner",
        "no gap is found, or it is justified in writing",
        ("level",),
    ),
    headlines=Headlines(
        found=("'{level}' has a worse outcome than '{reference}' (Cliff's delta {cliffs_delta:fixed 2})",),
        near="'{level}' has a worse outcome than '{reference}', near the threshold",
        open="Too little data to compare the outcomes of '{level}' and '{reference}'",
        clear=("The outcomes of '{level}' and '{reference}' are alike",),
    ),
    compares=True,
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
        "mean_ratio",
        "hedges_g",
        "quantile_gap_10",
        "quantile_gap_50",
        "quantile_gap_90",
        "quantile_ratio_10",
        "quantile_ratio_50",
        "quantile_ratio_90",
    ),
)
def numeric_outcome_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """The distribution of a numeric or graded outcome is lower for a group, or differs between groups.

    How it is measured: For a number, the scoring rate (share above the median of all rows, or past the cut that was
    named) and its impact ratio are as in OUT001. Three things are judged, in both directions. The first is Cliff's
    delta, with its interval and the Brunner-Munzel test. The second is the ratio of the means, with the interval of its
    logarithm, wider where the numbers have a long tail. The third is the ratios of the quantiles at 0.1, 0.5 and 0.9,
    with intervals of order statistics. Ratios are judged where no number is negative, those of quantiles where there
    are 20 values or more. Alpha is shared by Holm over all pairs of groups, or those with a fixed reference. Within a
    pair the delta has seven tenths of it, the means two and the quantiles one. All but the means come from counts in
    256 bins, finer where groups lie close together. Two groups in one bin leave the delta uncertain; this is added to
    its interval, as the width of a bin is to a quantile's. Lower values are unfavourable, or higher ones where the cut
    names low values favourable. A gap is found when the delta is beyond 0.28 (medium) against the group, the ratio of
    the means beyond the threshold of the impact ratio, or the whole interval of a quantile's ratio beyond it, with an
    adjusted p below 0.05. The evidence is strong when the whole interval of the delta or of the means is beyond. A gap
    is near the threshold when the delta is beyond 0.11 (small) or the ratio of the means is significant but within the
    threshold. No issue is found when the interval of the delta is within 0.11, and those of the ratios within the
    threshold, in both directions. For a group under `min_n` rows (the policy's) only the delta is judged, by its whole
    interval. The report also gives the gap of the means with Welch's interval, Hedges' g and the gaps of the quantiles.
    Where the reference is worse off and the other group is large enough to be a reference, the gap is the reference's
    own. For several classes, the share of each class per group, and the total variation distance between the groups'
    distributions with its interval, are reported and not judged.

    Why it matters: A cut can hide a gap that lies elsewhere in the distribution.

    What to do: Look at the quantiles. Is everybody shifted, or are the highest or lowest missing?

    Source: 6 RCNY 5-300 (scoring rate); Cliff 1993; Brunner and Munzel 2000; Welch 1947; Hedges 1981; Brown and Mood
    1951 (quantiles); Zou and Donner 2008; the thresholds are Cohen's d of 0.2 and 0.5, and by analogy the four fifths.
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
    by = of_numbers(tally, group, levels)  # where people recur, each number rests on as many fewer rows
    moments = {level: Moments(round(of.n / by.get(level, 1.0)), of.mean, of.variance) for level, of in moments.items()}
    moments = {level: of for level, of in moments.items() if of.n > 1}
    low_is_good = str(tally.roles.cut).startswith("<")
    numbers = {level: Numbers(histograms[level] / by[level], moments.get(level)) for level in levels}
    terms = use.terms(group)
    for gap in gaps(numbers, reference, outcomes, Scale.of(column), terms, low_is_good):
        yield _finding(gap, _pair(outcomes, by, gap), column, group, tally, use)


def _pair(outcomes: Mapping[str, tuple[float, float]], by: Mapping[str, float], gap: Gap) -> Pair:
    return Pair(*outcomes[gap.level], *outcomes[gap.reference], by[gap.level], by[gap.reference])


def _finding(gap: Gap, pair: Pair, column: Column, group: str, tally: Tally, use: UseCase) -> Finding:
    limits, of, n = use.limits, gap.against, pair.n + pair.n_ref
    limit, delta = float(limits.impact_ratio), of.delta
    lower = gap.worse == "lower"
    of_ratios = limit if lower else 1 / limit
    undetermined = gap.state is State.UNDETERMINED
    measures = {
        "scoring_rate": Measure(pair.rate, *wilson(pair.sized.x, pair.sized.n, limits.alpha), n=pair.n),
        "impact_ratio": Measure(pair.ratio, *ratio_interval(pair, limits.alpha), n=n, limit=limit),
        "cliffs_delta": Measure(delta.value, *delta.interval, n=n, limit=states.MEDIUM * (-1 if lower else 1)),
        "p_adjusted": Measure(gap.p, n=n, limit=limits.alpha),
    }
    if of.mean:
        measures["mean_difference"] = Measure(of.mean.difference, *of.mean.interval, n=n)
        measures["hedges_g"] = Measure(of.mean.hedges_g, *of.mean.g_interval, n=n)
    if of.ratio:
        measures["mean_ratio"] = Measure(of.ratio.value, *of.ratio.interval, n=n, limit=of_ratios)
    for share, each in of.gaps.items():
        if not math.isnan(each.value):
            measures[f"quantile_gap_{round(100 * share)}"] = Measure(each.value, *each.interval, n=n)
    for share, each in of.ratios.items():
        measures[f"quantile_ratio_{round(100 * share)}"] = Measure(each.value, *each.interval, n=n, limit=of_ratios)
    purpose = SAYS("purpose", column=column.name)
    names = gap.level, gap.reference
    return Finding(
        gap.state,
        {"target": column.name, "group": group, "level": gap.level, "reference": gap.reference},
        _gap_said(gap, pair, group, str(tally.roles.cut), use),
        measures,
        remedy=SAYS("find", worse=gap.worse, column=column.name, level=gap.level, group=group)
        if states.is_gap(gap.state)
        else None,
        needs=tuple(
            need
            for name, rows in zip(names, gap.needs, strict=True)
            for need in needed(group, name, rows, purpose)
            if undetermined
        ),
        settle=SAYS("finer", column=column.name) if undetermined and _is_open(delta) else None,
    )


def _gap_said(gap: Gap, pair: Pair, group: str, cut: str, use: UseCase) -> Sentence:
    """State the rates past the cut, the delta, the means and the quantiles, with their caveats."""
    of, limit = gap.against, float(use.limits.impact_ratio)
    return SAYS(
        "gap",
        "quantiles" if of.ratios else "",
        "open" if _is_open(of.delta) else "",
        "reverse" if gap.reverse else "",
        group=group,
        level=gap.level,
        reference=gap.reference,
        rate=pair.rate,
        x=pair.x,
        n=pair.n,
        cut=cut,
        rate_ref=pair.rate_ref,
        impact_ratio=pair.ratio,
        bounds=ratio_interval(pair, use.limits.alpha),
        limit=limit,
        delta=of.delta.value,
        low=of.delta.interval.low,
        high=of.delta.interval.high,
        p=gap.p,
        means=_means_said(of, limit if gap.worse == "lower" else 1 / limit),
        quantiles=[
            SAYS("quantile", share=share, value=each.value, each=each.interval, limit=limit)
            for share, each in of.ratios.items()
        ],
        open_by=of.delta.open_by,
        worse=gap.worse,
    )


def _means_said(of: Against, limit: float) -> Sentence:
    if of.mean is None:
        return SAYS("means_infinite")
    low, high = of.mean.interval
    ratio = of.ratio if of.ratio and not math.isnan(of.ratio.interval.low) else None
    return SAYS(
        "means_same" if math.isnan(low) else "means",
        difference=of.mean.difference,
        low=low,
        high=high,
        times=ratio.value if ratio else None,
        around=ratio.interval if ratio else None,
        limit=limit,
    )


def _is_open(delta: Delta) -> bool:
    """Whether shared bins leave a delta so uncertain that the report states it."""
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
    counts = {name: of.get(level, 0) for name, of in by_class.items()}
    theirs = {name: of.get(reference, 0) / totals[reference] for name, of in by_class.items()}
    bounds = total_variation_interval(counts, theirs, surveyed=totals[reference])
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
            bounds=bounds,
        ),
        {"total_variation": Measure(distance, *bounds, n=totals[level] + totals[reference])},
    )
