"""Each stratum by itself, where the strata of two groups differ so that no one number holds for all: part of OUT003."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from auditor.analyzers import states
from auditor.analyzers.comparing import GapWithin
from auditor.model import Finding, Measure, State
from auditor.stats.counts import Pair
from auditor.stats.gaps import Terms, turned_interval
from auditor.stats.proportions import equal_rates, ratio_interval
from auditor.stats.tails import holm
from auditor.use.says import Says

# The part of alpha at which strata are judged one by one. The test over all strata spends the rest: by simulation
# without a gap, both together then show one in 5 % of data sets, and in 7 % at full alpha each.
ONE_BY_ONE = 0.1

SAYS = Says(
    stratum="In {stratum}: '{level}' {rate:percent} of {n:people} against '{reference}' {rate_ref:percent} of "
    "{n_ref:people}: impact ratio {impact_ratio:ratio limit} {bounds:interval limit}, {p:p} (Holm over {tests} tests, "
    "held to {alpha:number}).",
    find="Find where the gap of '{level}' within {stratum} arises before these outcomes are used.",
    more_rows="More rows in {stratum}, or no claim about '{level}' there.",
)


def each_stratum(
    apart: Sequence[tuple[GapWithin, str, Pair]], tests: int, target: str, group: str, terms: Terms, large: set[str]
) -> Iterator[Finding]:
    """Judge the counts of two groups in every stratum by itself; the tests of all strata and pairs share their alpha.

    `apart` has, for each stratum by its name, the gap within all of them and the counts. `tests` is how many strata
    there are of all pairs of groups, those that agree too.
    """
    strict = replace(terms, alpha=ONE_BY_ONE * terms.alpha)
    p_values = [equal_rates(pair).p for *_, pair in apart]
    # The strata of groups that agree are tested too, by what is pooled there: as if each had shown nothing.
    adjusted = holm([*p_values, *[1.0] * (tests - len(apart))])
    for (gap, stratum, straight), p in zip(apart, adjusted, strict=False):
        bounds = ratio_interval(straight, terms.alpha)
        pair, state, turned = states.directed(strict, straight, bounds, p, (gap.level, gap.reference), large)
        level, reference = (gap.reference, gap.level) if turned else (gap.level, gap.reference)
        bounds = turned_interval(bounds) if turned else bounds
        rows, limit = pair.n + pair.n_ref, float(terms.limit)
        yield Finding(
            state,
            {"target": target, "group": group, "level": level, "reference": reference, "stratum": stratum},
            SAYS(
                "stratum",
                stratum=stratum,
                level=level,
                reference=reference,
                rate=pair.rate,
                n=pair.n,
                rate_ref=pair.rate_ref,
                n_ref=pair.n_ref,
                impact_ratio=pair.ratio,
                bounds=bounds,
                limit=limit,
                p=p,
                tests=tests,
                alpha=strict.alpha,
            ),
            {
                "selection_rate": Measure(pair.rate, n=pair.n),
                "reference_rate": Measure(pair.rate_ref, n=pair.n_ref),
                "impact_ratio": Measure(pair.ratio, *bounds, n=rows, limit=limit),
                "p_adjusted": Measure(p, n=rows, limit=strict.alpha),
            },
            remedy=SAYS("find", level=level, stratum=stratum),
            settle=SAYS("more_rows", stratum=stratum, level=level) if state is State.UNDETERMINED else None,
        )
