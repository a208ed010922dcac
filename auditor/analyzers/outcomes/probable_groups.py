"""Rates of groups that are known by probabilities alone: OUT007."""

from __future__ import annotations

import math
from collections.abc import Iterator

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import PROBABLE, PROBABLE_SUMS, TARGET, UNWEIGHTED
from auditor.counts.probable import ProbableSums
from auditor.model import Finding, Measure, Severity
from auditor.stats.probable import Compared, Rates, compared, weighted_rates
from auditor.stats.tails import holm
from auditor.use.says import Says
from auditor.use.usecase import UseCase

SAYS = Says(
    gap="An estimated {rate:percent} of {group} '{level}' (about {n:people} by their probabilities) and "
    "{rate_ref:percent} of '{reference}' have the favourable outcome. The ratio is {ratio:ratio limit} "
    "{bounds:interval limit}, {p:p} (adjusted).",
    bias="If '{level}' do worse than others with the same probabilities, the true gap is wider than this estimate; if "
    "they do better, it is narrower.",
    no_ratio="An estimated {rate:percent} of {group} '{level}' and {rate_ref:percent} of '{reference}' have the "
    "favourable outcome, which is too few for a ratio.",
    few="Only about {n:people} are '{level}' by their probabilities, too few to judge.",
    unusable="{unusable:people} of {rows:people} row{rows:s} with an outcome are left out, because their probabilities "
    "of {group} are missing, outside of 0 to 1, or add up to more than 1.",
    record="Record {group} itself, of a sample at least, and compare.",
    nobody="no row has probabilities and an outcome",
    none_usable="all {unusable:people} row{unusable:s} with an outcome have probabilities of {groups:listed} that are "
    "missing, outside of 0 to 1, or add up to more than 1; percentages are to be divided by 100",
)


@rule(
    "OUT007",
    "probable-group-gap",
    asks=Ask(
        "Explain or correct the estimated gap, or record the group and audit again",
        "decision owner",
        "no gap is found, or it is justified in writing",
        ("level",),
    ),
    headlines=Headlines(
        found="By their probabilities '{level}' are selected at {selection_rate:percent}, '{reference}' at "
        "{reference_rate:percent}",
        open="Probabilities of {group} do not settle whether '{level}' are selected less",
        near="By their probabilities '{level}' are selected less, within the threshold",
    ),
    needs=(TARGET, UNWEIGHTED, PROBABLE_SUMS),
    about=PROBABLE,
    units="models",
    severity=Severity.CONDITION,
    suppressed="whole",
    measures=quantities(
        "selection_rate", "reference_rate", "impact_ratio", "rate_difference", "p_adjusted", "missing_share"
    ),
    leading={"impact_ratio": "Impact ratio of estimated groups"},
)
def probable_group_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A group that is known by probabilities alone is estimated to get the favourable outcome less often.

    How it is measured: The rate of a level is estimated by weights: the sum of its probabilities over the people with
    the favourable outcome, over that of all people. Nobody is assigned to a level. The reference is the stated one, or
    the level with the highest rate among those with the policy's `min_n` and `min_share`. Intervals are simulated: 512
    blocks of rows, which keep the rows of a person or cluster together, are drawn with replacement 2,000 times. The
    p-value is that of the difference by its simulated error, adjusted by Holm over the levels. Evidence is strong when
    the whole interval of the ratio is below the threshold of the impact ratio; a gap is found when the ratio is below
    it with an adjusted p below 0.05, and near the threshold when it is significant above it. No issue is never
    reported. The estimate is unbiased only if the level makes no difference among people with the same probabilities.
    If its members do worse than others with the same probabilities, their rate is overestimated, and the gap is wider
    than estimated. Intervals do not cover errors of the probabilities themselves. Rows whose probabilities are missing,
    below 0, above 1, or add up to more than 1.01 are left out and counted.

    Why it matters: Where a group may not be recorded, as in lending, a gap still shows through probabilities.

    What to do: Treat it as a reason to look closer. Record the group, of a sample at least, before you rely on it.

    Source: Chen, Kallus, Mao, Svacha and Udell 2019, Fairness under unawareness (weighted estimator and its bias);
    Efron 1979 (bootstrap); 29 CFR 1607.4(D) (four fifths). Local Law 144 takes no estimated groups.
    """
    sums = evidence.probable
    assert sums is not None  # the rule needs it
    there = False
    for group, of in sums.items():
        if not of.weight.sum():
            continue
        there = True
        yield from _of_group(group, of, use)
        if of.unusable:
            yield _unusable(group, of, use)
    if not there:
        unusable = {group: of.unusable for group, of in sums.items() if of.unusable}
        key = "none_usable" if unusable else "nobody"
        raise NotRun(SAYS(key, groups=[*unusable], unusable=max(unusable.values(), default=0)))


def _of_group(group: str, of: ProbableSums, use: UseCase) -> Iterator[Finding | Record]:
    rates = weighted_rates(of.weight, of.favourable)
    sizes = of.weight.sum(axis=0)
    reference = _reference(group, of, rates, use)
    others = [place for place in range(len(of.levels)) if place != reference and sizes[place] > 0]
    found = {place: compared(rates, place, reference, use.limits.alpha) for place in others}
    tested = [1.0 if math.isnan(one.p) else one.p for one in found.values()]
    adjusted = dict(zip(found, holm(tested), strict=True))
    for place in (reference, *others):
        yield _record(group, of, rates, place, reference, found.get(place))
    for place, one in found.items():
        yield _finding(group, of, rates, (place, reference), one, adjusted[place], use)


def _reference(group: str, of: ProbableSums, rates: Rates, use: UseCase) -> int:
    """Return the place of the level that others are compared with."""
    if (stated := use.groups.reference.get(group)) in of.levels:
        return of.levels.index(str(stated))
    sizes = of.weight.sum(axis=0)
    least = max(use.limits.min_n, use.limits.min_share * float(sizes.sum()))
    eligible = [place for place, size in enumerate(sizes) if size >= least]
    if not eligible:
        return int(sizes.argmax())
    return max(eligible, key=lambda place: float(rates.values[place]))


def _record(
    group: str, of: ProbableSums, rates: Rates, place: int, reference: int, one: Compared | None
) -> dict[str, object]:
    low, high = rates.interval(place)
    bounds = one.ratio_interval if one else (None, None)
    return {
        "group": group,
        "level": of.levels[place],
        "reference": of.levels[reference],
        "n": round(float(of.weight[:, place].sum())),
        "selection_rate": float(rates.values[place]),
        "low": low,
        "high": high,
        "impact_ratio": one.ratio if one else None,
        "ratio_low": bounds[0],
        "ratio_high": bounds[1],
    }


def _finding(
    group: str, of: ProbableSums, rates: Rates, places: tuple[int, int], one: Compared, p: float, use: UseCase
) -> Finding:
    place, reference = places
    limit, n = float(use.limits.impact_ratio), float(of.weight[:, place].sum())
    enough = n >= use.limits.min_n and float(of.weight[:, reference].sum()) >= use.limits.min_n
    state = states.estimated_gap(one.ratio, one.ratio_interval, p, limit, use.limits.alpha, enough=enough)
    own, theirs = (float(rates.values[at]) for at in places)
    ratio = not math.isnan(one.ratio_interval.low)
    said = SAYS(
        "gap" if ratio else "no_ratio",
        "few" if not enough else "",
        "bias",
        group=group,
        level=of.levels[place],
        reference=of.levels[reference],
        rate=own,
        rate_ref=theirs,
        n=round(n),
        ratio=one.ratio if ratio else None,
        bounds=tuple(one.ratio_interval) if ratio else None,
        limit=limit,
        p=p,
    )
    both = round(n + float(of.weight[:, reference].sum()))
    measures = {
        "selection_rate": Measure(own, *rates.interval(place), n=round(n)),
        "reference_rate": Measure(theirs, *rates.interval(reference), n=both - round(n)),
        "impact_ratio": Measure(one.ratio, *one.ratio_interval, n=both, limit=limit),
        "rate_difference": Measure(one.difference, *one.difference_interval, n=both),
        "p_adjusted": Measure(p, n=both, limit=use.limits.alpha),
    }
    subject = {"group": group, "level": of.levels[place], "reference": of.levels[reference]}
    settle = None if states.is_gap(state) else SAYS("record", group=group)
    return Finding(
        state,
        {"target": use.label.column or "", **subject},
        said,
        measures,
        remedy=SAYS("record", group=group) if states.is_gap(state) else None,
        settle=settle,
    )


def _unusable(group: str, of: ProbableSums, use: UseCase) -> Finding:
    """State how many rows are left out."""
    rows = of.rows + of.unusable
    share = of.unusable / rows
    said = SAYS("unusable", unusable=of.unusable, rows=rows, group=group)
    measure = Measure(share, n=rows, limit=use.limits.missing_share)
    headline = "Rows without usable probabilities are left out"
    return Finding(
        states.part(share, use.limits.missing_share),
        {"group": group},
        said,
        {"missing_share": measure},
        headline=headline,
    )
