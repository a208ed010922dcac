"""What the rules about change over time share: the order of periods, how these vary, and rows to collect."""

from __future__ import annotations

import math

from auditor.analyzers.catalog import NotRun
from auditor.analyzers.timeline import timeline
from auditor.counts.tally import Tally
from auditor.model import State
from auditor.stats.tails import normal
from auditor.use.periods.order import Order
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

SAYS = Says(
    two="With two periods the test is that of two shares.",
    differ="The periods differ significantly (chi-square {statistic:fixed 1}, {differ_p:p}).",
    unclear="The periods vary too much to show a trend, step or bend. Whether the change lasts is inconclusive.",
    independent="The test assumes independent rows, and periods that vary no more than rows do.",
)


def ordered(tally: Tally, use: UseCase) -> Order:
    """Return the order of the periods; NotRun where it is not known."""
    order = timeline(tally, use)
    if order.reason:
        raise NotRun(order.reason)
    return order


def variation(state: State, periods: int, differ_p: float, statistic: float, alpha: float) -> Sentence:
    """State how periods vary, and what the test assumes."""
    differ = "differ" if differ_p < alpha else ""
    unclear = "unclear" if state is State.BORDERLINE else ""
    keys = ("two",) if periods == 2 else (differ, unclear)
    return SAYS(*keys, "independent", statistic=statistic, differ_p=differ_p)


def rows_per_period(variance: float, least: float, limits: Limits) -> int:
    """Return about how many rows a period needs, with this variance each, to show a difference less than `least`."""
    reach = normal(1 - limits.alpha / 2) + normal((1 + limits.power) / 2)
    return math.ceil(variance * (reach / least) ** 2)
