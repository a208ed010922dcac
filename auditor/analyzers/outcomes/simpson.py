"""Simpson's paradox: strata that contradict the gap over all rows."""

from __future__ import annotations

import math

from auditor.analyzers import states
from auditor.stats.counts import Interval, Pair
from auditor.stats.gaps import turned_interval
from auditor.stats.proportions import equal_rates, ratio_interval
from auditor.stats.strata import Stratified
from auditor.use.policy import Limits


def paradox(found: Stratified, crude: Pair, within: Interval, limits: Limits) -> bool:
    """Whether the strata rule out the crude odds ratio, and reverse the gap or clear it where the crude one is shown.

    `within` is the interval of the pooled ratio of rates, of the same group. An interval of the odds ratio that holds
    1 reverses nothing, and one of the ratio of rates that goes beyond the threshold clears nothing: where a stratum is
    almost the group itself, the strata show little.
    """
    (low, high), crude_odds = found.odds_interval, found.crude_odds_ratio
    if low <= crude_odds <= high or math.isnan(found.odds_ratio):
        return False
    if (crude_odds > 1 and high < 1) or (crude_odds < 1 and low > 1):
        return True
    return any(
        states.ratio_gap(of, bounds, equal_rates(of).p, limits.impact_ratio, limits.alpha).found
        and states.within_limits(inside, low=limits.impact_ratio)
        for of, bounds, inside in (
            (crude, ratio_interval(crude, limits.alpha), within),
            (crude.swapped, turned_interval(ratio_interval(crude, limits.alpha)), turned_interval(within)),
        )
    )
