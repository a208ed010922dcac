"""What sentences about a gap between two groups share: the facts they state, and what a result means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from auditor.analyzers.comparing import Comparison, Gap, confidence, threshold
from auditor.stats.stratified_gaps import Tested

if TYPE_CHECKING:
    from auditor.use.policy import Limits

# What a ratio within strata, or within lists, means.
WITHIN_STRATA = {
    "clear_in_part": "The whole interval is at or above {limit:number}, but only part of the group is covered. The "
    "result is inconclusive for the rest.",
    "shown_strong": "The ratio is below {threshold} even at the upper end of the {confidence} confidence interval.",
    "shown": "The ratio is below {limit:number} and statistically significant, but the confidence interval includes "
    "{limit:number}.",
    "borderline": "The difference is statistically significant. The ratio is not below {limit:number}, but the "
    "confidence interval reaches below it.",
    "own": "The gap is the reference's own.",
    "clear": "The ratio is within {threshold} over the whole {confidence} confidence interval.",
    "flipped": "Inconclusive, because the numbers are small. One selection moved from one group to the other would "
    "reverse the order.",
    "undetermined": "Inconclusive.",
}


def facts_of(gap: Gap, limits: Limits) -> dict[str, object]:
    """Return the facts of a gap: who is compared, their rates, the ratio with its interval, threshold and test."""
    pair = gap.pair
    return {
        "level": gap.level,
        "reference": gap.reference,
        "rate": pair.rate,
        "x": pair.x,
        "n": pair.n,
        "rate_ref": pair.rate_ref,
        "x_ref": pair.x_ref,
        "n_ref": pair.n_ref,
        "impact_ratio": pair.ratio,
        "bounds": gap.interval,
        "limit": float(limits.impact_ratio),
        "threshold": threshold(limits.impact_ratio),
        "confidence": confidence(limits.alpha),
        "p": gap.p_adjusted,
        "test": gap.evidence.test,
    }


def p_values_of(tested: Mapping[frozenset[str], Tested], compared: Comparison) -> list[float]:
    """Return the p of each pair; of the widest beside a fixed reference, that of one picked of many."""
    picked = {frozenset(pair): compared.others for pair in compared.beside}
    return [min(1.0, one.evidence.p * picked.get(pair, 1)) for pair, one in tested.items()]
