"""What every sentence about a gap between two groups states."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from auditor.analyzers.comparing import Comparison, Gap, confidence, threshold
from auditor.stats.stratified_gaps import Tested

if TYPE_CHECKING:
    from auditor.use.policy import Limits


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
