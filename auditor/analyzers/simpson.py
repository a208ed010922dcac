"""Simpson's paradox: strata that contradict the gap over all rows."""

from __future__ import annotations

import math

from auditor.analyzers import states
from auditor.stats.counts import Pair
from auditor.stats.gaps import turned_interval
from auditor.stats.proportions import equal_rates, ratio_interval
from auditor.stats.strata import Stratified
from auditor.use.policy import Limits


def paradox(found: Stratified, crude: Pair, limits: Limits) -> bool:
    """Whether the strata rule out the crude odds ratio, and reverse the gap or show none where the crude one is shown.

    An interval that holds both the crude odds ratio and 1 is no paradox: there the strata only say little.
    """
    low, high = found.odds_interval
    if low <= found.crude_odds_ratio <= high or math.isnan(found.odds_ratio):
        return False
    if (found.crude_odds_ratio - 1) * (found.odds_ratio - 1) < 0:
        return True
    shown = any(
        states.ratio_gap(of, bounds, equal_rates(of).p, limits.impact_ratio, limits.alpha).found
        for of, bounds in (
            (crude, ratio_interval(crude, limits.alpha)),
            (crude.swapped, turned_interval(ratio_interval(crude, limits.alpha))),
        )
    )
    return shown and low <= 1 <= high
