"""How far a number moved between two independent samples, from its value and interval in each."""

from __future__ import annotations

import math
from typing import NamedTuple

from auditor.stats.counts import Interval, mover
from auditor.stats.tails import normal, two_sided


class Estimate(NamedTuple):
    """A number with its interval; an end may be infinite."""

    value: float
    low: float
    high: float

    @property
    def interval(self) -> Interval:
        """Its interval."""
        return Interval(self.low, self.high)


class Moved(NamedTuple):
    """A difference of two numbers, its interval, and the p of no difference (nan where no interval decides it)."""

    value: float
    interval: Interval
    p: float


def moved(was: Estimate, now: Estimate, alpha: float = 0.05) -> Moved:
    """Return the difference of two independent numbers, now minus before, from intervals of level 1 - alpha.

    The interval is `mover`'s. The p takes its side towards 0 as that of a normal quantity.
    """
    value = now.value - was.value
    interval = mover(now.value, now.interval, was.value, was.interval)
    side = value - interval.low if value > 0 else interval.high - value
    if value == 0:
        p = 1.0
    elif not math.isfinite(side):
        p = math.nan
    else:
        p = two_sided(normal(1 - alpha / 2) * value / side) if side else 0.0
    return Moved(value, interval, p)


def moved_ratio(was: Estimate, now: Estimate, alpha: float = 0.05) -> Moved:
    """Return the ratio of two independent ratios, now over before, as `moved` gives the difference of their logarithms.

    A ratio of 0 has no logarithm: the change is nan, without bounds.
    """
    if min(was.value, now.value) <= 0 or not math.isfinite(was.value + now.value):
        return Moved(math.nan, Interval(0.0, math.inf), math.nan)
    logs = moved(_logs(was), _logs(now), alpha)
    return Moved(math.exp(logs.value), Interval(*(_exp(end) for end in logs.interval)), logs.p)


def _logs(of: Estimate) -> Estimate:
    return Estimate(*(math.log(end) if end > 0 else -math.inf for end in of))


def _exp(end: float) -> float:
    return math.exp(min(end, 700.0)) if end < math.inf else math.inf
