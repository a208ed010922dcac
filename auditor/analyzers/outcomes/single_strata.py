"""Each stratum by itself, where the strata of two groups differ so that no one number holds for all: part of OUT003."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from auditor.analyzers import states
from auditor.analyzers.comparing import GapWithin
from auditor.model import Finding, Measure, State
from auditor.stats.counts import Pair
from auditor.stats.gaps import Terms, turned_interval
from auditor.stats.proportions import equal_rates, ratio_interval, wilson
from auditor.stats.tails import holm
from auditor.use.says import Says

# The part of alpha at which strata are judged one by one. The tests over all strata use the rest, so that both together
# find a gap in at most 5% of data sets without one.
ONE_BY_ONE = 0.1

SAYS = Says(
    stratum="In {place}, the favourable outcome goes to {rate:percent} of '{level}' ({x:people} of {n:people}) and "
    "{rate_ref:percent} of '{reference}' ({x_ref:people} of {n_ref:people}). The impact ratio is "
    "{impact_ratio:ratio limit} {bounds:interval limit}, {p:p} (Holm over {tests} tests of all group columns; "
    "significance level {alpha:number}).",
    find="Find where the gap of '{level}' in {place} arises before these outcomes are used.",
    of_one="{column} '{stratum}'",
    of_several="stratum '{stratum}' of {columns:ands}",
    more_rows="Collect more rows in {place}, or make no claim about '{level}' there.",
)


@dataclass(frozen=True)
class Apart:
    """One stratum of two groups whose strata differ: its name and counts, and the gap within all of them.

    `terms` are those of comparisons within the group column, `large` are its levels that may be a reference.
    """

    group: str
    terms: Terms
    large: set[str]
    gap: GapWithin
    stratum: str
    counts: Pair


def each_stratum(apart: Sequence[Apart], tests: int, target: str, columns: Sequence[str]) -> Iterator[Finding]:
    """Judge the counts of two groups in every stratum by itself; the tests of all strata and pairs share their alpha.

    `tests` is how many strata there are of all pairs of groups of all group columns, those that agree too.
    """
    p_values = [equal_rates(one.counts).p for one in apart]
    # The strata of groups that agree are tested too, by the pooled ratio: they count as if each had shown nothing.
    adjusted = holm([*p_values, *[1.0] * (tests - len(apart))])
    for one, p in zip(apart, adjusted, strict=False):
        gap, stratum, terms, group = one.gap, one.stratum, one.terms, one.group
        strict = replace(terms, alpha=ONE_BY_ONE * terms.alpha)
        bounds = ratio_interval(one.counts, terms.alpha)
        pair, state, turned = states.directed(strict, one.counts, bounds, p, (gap.level, gap.reference), one.large)
        level, reference = (gap.reference, gap.level) if turned else (gap.level, gap.reference)
        bounds = turned_interval(bounds) if turned else bounds
        rows, limit = pair.n + pair.n_ref, float(terms.limit)
        of = "of_one" if len(columns) == 1 else "of_several"
        place = str(SAYS(of, stratum=stratum, column=columns[0], columns=columns))
        yield Finding(
            state,
            {"target": target, "group": group, "level": level, "reference": reference, "stratum": stratum},
            SAYS(
                "stratum",
                place=place,
                level=level,
                reference=reference,
                rate=pair.rate,
                x=pair.x,
                n=pair.n,
                rate_ref=pair.rate_ref,
                x_ref=pair.x_ref,
                n_ref=pair.n_ref,
                impact_ratio=pair.ratio,
                bounds=bounds,
                limit=limit,
                p=p,
                tests=tests,
                alpha=strict.alpha,
            ),
            {
                "selection_rate": Measure(pair.rate, *wilson(pair.x, pair.n, terms.alpha), n=pair.n),
                "reference_rate": Measure(pair.rate_ref, *wilson(pair.x_ref, pair.n_ref, terms.alpha), n=pair.n_ref),
                "impact_ratio": Measure(pair.ratio, *bounds, n=rows, limit=limit),
                "p_adjusted": Measure(p, n=rows, limit=strict.alpha),
            },
            remedy=SAYS("find", level=level, place=place),
            settle=SAYS("more_rows", place=place, level=level) if state is State.UNDETERMINED else None,
        )
