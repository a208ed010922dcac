"""Regions of a column of vectors with a low selection rate: EMB003."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import ROWS, TARGET, UNWEIGHTED, VECTOR_MODELS, VECTORS
from auditor.model import Finding, Measure, Severity, State
from auditor.stats import proportions
from auditor.stats.counts import Interval
from auditor.stats.proportions import equal_rates, newcombe, ratio_interval, wilson
from auditor.stats.tails import benjamini_hochberg
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.vector_regions import Region, Regions
    from auditor.learn.vectors import VectorStudy

MOST_NAMED = 3  # levels that differ most between a region and the rest
NOTICED = 0.05  # a difference of shares that counts

SAYS = Says(
    region="region {number:whole} of '{column}'",
    gap="{slice}: {outcome} for {rate:percent} of {n:people}, and for {rate_ref:percent} of all {n_ref:people} other "
    "rows. The impact ratio is {impact_ratio:ratio limit} {bounds:interval limit} (z = {z:signed}, {p:p}, "
    "{test}{>family}).",
    family=", Benjamini-Hochberg over {regions} regions",
    shown_strong="The ratio is below {limit:number} even at the upper end of the confidence interval.",
    shown="The ratio is below {limit:number} and statistically significant, but the confidence interval includes "
    "{limit:number}.",
    people="In the region are more of {levels:clauses}.",
    people_level="'{level}' ({group}: {share:percent}, elsewhere {share_rest:percent})",
    tested="The region was found on {searched:people} row{searched:s} and tested on {tested:people} other{tested:s}.",
    split="They were found on {searched:people} row{searched:s} and tested on {tested:people} other{tested:s}.",
    find="Find out who is in {slice} and why its selection rate is lower before the outcomes are used.",
    none_of="Of {clusters} regions of '{column}', {regions} had a low rate in the search, and not one was found below "
    "{limit:number} times the rate of all other rows.",
    lowest="The one whose interval reaches lowest has a ratio of {ratio:ratio limit} {bounds:interval limit}.",
    settle="Collect more rows. The smallest regions have too few for a result.",
)


@rule(
    "EMB003",
    "vector-slice",
    asks=Ask(
        "Review the regions of vectors with low selection rates", "decision owner", "the gaps are explained", ("slice",)
    ),
    headlines=Headlines(
        found="{slice}: selected at {selection_rate:percent}, all others at {reference_rate:percent}",
        open="No region of the vectors '{column}' could be shown or ruled out",
        clear="No region of the vectors '{column}' falls below the threshold",
    ),
    needs=(TARGET, UNWEIGHTED, VECTORS, ROWS, VECTOR_MODELS),
    units="models",
    severity=Severity.CONDITION,
    measures=quantities(
        "selection_rate", "reference_rate", "support", "impact_ratio", "rate_difference", "z", "p_adjusted"
    ),
)
def vector_slice(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A region of the vectors is selected at less than four fifths of the rate of all others.

    How it is measured: Half of the units (people, near copies) are searched: the vectors' ten main components, and 12
    clusters of them by k-means, 20 from 5,000 rows on, are formed on 10,000 of these rows at most. Regions with 30 rows
    or more and a rate clearly below all others (z under -1.645) are tested on the other half, sorted into the same
    clusters. The test is that of OUT005: the ratio with its Miettinen-Nurminen interval, pooled Z or Fisher's exact
    test. A finding needs a ratio below the threshold, and a p, adjusted by Benjamini and Hochberg over the tested
    regions, below alpha. No issue is found only where the interval of every tested region lies within the threshold.
    Single rows of a region are never shown.

    Why it matters: A gap may be absent in every named group, and appear where texts or images are alike.

    What to do: Find out who is in the region and why; treat it as any group with a gap before using the outcome.

    Source: Eyuboglu and others 2022, arXiv:2203.14960 (slices of embeddings); testing on held-out rows: Cox 1975,
    Biometrika 62; Benjamini and Hochberg 1995.
    """
    from auditor.learn.vector_regions import low_regions

    searched = 0
    for study in evidence.vectors.values():
        regions = low_regions(study, evidence.tally.roles.groups)
        if regions is None or not regions.found:
            continue
        searched += 1
        tested = _tested(study, regions, use.limits)
        for one in tested:
            yield _row(study, one, use.limits)
        shown = [one for one in tested if one.state(use.limits).found]
        for one in shown:
            yield _finding(study, one, regions, evidence, use.limits)
        if not shown:
            yield _none_shown(study, tested, regions, evidence.target, use.limits)
    if not searched:
        raise NotRun("no region of vectors had a low rate among the rows that were searched, or too few have outcomes")


class _Tested(NamedTuple):
    """A region against all other tested rows."""

    name: str
    region: Region
    interval: Interval
    evidence: proportions.Evidence
    p_adjusted: float

    def state(self, limits: Limits) -> State:
        """Decide as OUT005 does, at alpha."""
        pair, units = self.region.pair, self.region.units
        return states.lower_slice(
            pair, units, self.interval.high, self.p_adjusted, limits.impact_ratio, limits.alpha, limits.min_n
        )


def _tested(study: VectorStudy, regions: Regions, limits: Limits) -> list[_Tested]:
    found = [equal_rates(region.units) for region in regions.found]
    adjusted = benjamini_hochberg([each.p for each in found])
    tested = [
        _Tested(
            SAYS("region", number=region.number, column=study.name),
            region,
            ratio_interval(region.units, limits.alpha),
            each,
            float(p),
        )
        for region, each, p in zip(regions.found, found, adjusted, strict=True)
    ]
    return sorted(tested, key=lambda one: one.evidence.z if one.evidence.z == one.evidence.z else 0.0)


def _row(study: VectorStudy, one: _Tested, limits: Limits) -> Record:
    pair, units = one.region.pair, one.region.units
    low, high = wilson(units.x, units.n, limits.alpha)
    return {
        "column": study.name,
        "slice": one.name,
        "n": pair.n,
        "favourable": pair.x,
        "selection_rate": pair.rate,
        "low": low,
        "high": high,
        "support": pair.n / (pair.n + pair.n_ref),
        "impact_ratio": pair.ratio if pair.x_ref else None,
        "z": one.evidence.z if one.evidence.z == one.evidence.z else None,
        "p_adjusted": one.p_adjusted,
        "shown": one.state(limits).found,
    }


def _finding(study: VectorStudy, one: _Tested, regions: Regions, evidence: Evidence, limits: Limits) -> Finding:
    pair, units, limit = one.region.pair, one.region.units, float(limits.impact_ratio)
    total, state = pair.n + pair.n_ref, one.state(limits)
    levels = _levels(one.region.shares)
    return Finding(
        state,
        {"target": evidence.target, "column": study.name, "slice": one.name},
        SAYS(
            "gap",
            str(state),
            "people" if levels else "",
            "tested",
            slice=one.name,
            column=study.name,
            outcome=evidence.tally.roles.favourable,
            rate=pair.rate,
            n=pair.n,
            rate_ref=pair.rate_ref,
            n_ref=pair.n_ref,
            impact_ratio=pair.ratio,
            bounds=one.interval,
            limit=limit,
            z=one.evidence.z,
            p=one.p_adjusted,
            test=one.evidence.test,
            regions=len(regions.found) if len(regions.found) > 1 else None,
            searched=regions.searched,
            tested=regions.tested,
            levels=levels,
        ),
        {
            "selection_rate": Measure(pair.rate, *wilson(units.x, units.n, limits.alpha), n=pair.n),
            "reference_rate": Measure(pair.rate_ref, *wilson(units.x_ref, units.n_ref, limits.alpha), n=pair.n_ref),
            "support": Measure(pair.n / total, n=total),
            "impact_ratio": Measure(pair.ratio, *one.interval, n=total, limit=limit),
            "rate_difference": Measure(pair.rate - pair.rate_ref, *newcombe(units, limits.alpha), n=total),
            "z": Measure(one.evidence.z, n=total),
            "p_adjusted": Measure(one.p_adjusted, n=total, limit=limits.alpha),
        },
        remedy=SAYS("find", slice=one.name),
    )


def _levels(shares: Mapping[str, Mapping[str, tuple[float, float]]]) -> list[Sentence]:
    """Name the levels that are more frequent in a region than elsewhere, the largest difference first."""
    found = [
        (own - rest, group, level, own, rest)
        for group, levels in shares.items()
        for level, (own, rest) in levels.items()
        if own - rest >= NOTICED
    ]
    return [
        SAYS("people_level", level=level, group=group, share=own, share_rest=rest)
        for _, group, level, own, rest in sorted(found, key=lambda of: (-of[0], of[1:3]))[:MOST_NAMED]
    ]


def _none_shown(
    study: VectorStudy, tested: Sequence[_Tested], regions: Regions, target: str, limits: Limits
) -> Finding:
    """Return the finding where no gap was found: clear only if each interval lies within the threshold."""
    limit = float(limits.impact_ratio)
    lowest = min(tested, key=lambda one: one.interval.low)
    pair = lowest.region.pair
    clear = all(states.within_limits(one.interval, low=limit) for one in tested)
    return Finding(
        states.unshown(all_known=clear),
        {"target": target, "column": study.name},
        SAYS(
            "none_of",
            "split",
            "lowest",
            column=study.name,
            clusters=regions.clusters,
            regions=len(tested),
            searched=regions.searched,
            tested=regions.tested,
            ratio=pair.ratio,
            bounds=lowest.interval,
            limit=limit,
        ),
        {"impact_ratio": Measure(pair.ratio, *lowest.interval, n=pair.n + pair.n_ref, limit=limit)},
        settle=None if clear else SAYS("settle"),
    )
