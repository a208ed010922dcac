"""Rates of groups that are known by probabilities alone: the weighted estimator, and its interval by simulation."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from auditor.stats.counts import Interval
from auditor.stats.tails import two_sided

DRAWS = 2_000


class Rates(NamedTuple):
    """The rates of levels, shape (levels,), and those of simulated data, shape (DRAWS, levels)."""

    values: np.ndarray
    drawn: np.ndarray

    def interval(self, level: int, alpha: float = 0.05) -> Interval:
        """Return the interval of a level's rate."""
        return _between(self.drawn[:, level], alpha)


class Compared(NamedTuple):
    """The rate of a level over that of a reference, the difference, their intervals, and the p of equal rates."""

    ratio: float
    ratio_interval: Interval
    difference: float
    difference_interval: Interval
    p: float


def weighted_rates(weight: np.ndarray, favourable: np.ndarray, seed: int = 0) -> Rates:
    """Return the sums of probabilities of the favourable over those of all, by level.

    `weight` (of all) and `favourable` have the shape (blocks, levels).

    The interval draws as many blocks of rows as there are, with replacement. Blocks hold whole units, so that rows of
    one person stay together.

    Source: Chen, Kallus, Mao, Svacha and Udell 2019, Fairness under unawareness; Efron 1979 (bootstrap).
    """
    rng = np.random.default_rng(seed)
    there = weight.sum(axis=1) > 0
    weight, favourable = weight[there], favourable[there]
    times = rng.multinomial(len(weight), np.full(len(weight), 1 / max(1, len(weight))), size=DRAWS)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = favourable.sum(axis=0) / weight.sum(axis=0)
        drawn = (times @ favourable) / (times @ weight)
    return Rates(values, drawn)


def compared(rates: Rates, level: int, reference: int, alpha: float = 0.05) -> Compared:
    """Compare two levels; a ratio to a rate of 0 is nan."""
    own, theirs = (float(rates.values[place]) for place in (level, reference))
    drawn, drawn_ref = rates.drawn[:, level], rates.drawn[:, reference]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = drawn / drawn_ref
        spread = float(np.std(drawn - drawn_ref))
    difference = own - theirs
    p = two_sided(difference / spread) if spread > 0 else math.nan
    ratio = own / theirs if theirs > 0 else math.nan
    return Compared(ratio, _between(ratios, alpha), difference, _between(drawn - drawn_ref, alpha), p)


def _between(drawn: np.ndarray, alpha: float) -> Interval:
    if not np.isfinite(drawn).all():
        return Interval(math.nan, math.nan)
    low, high = np.quantile(drawn, [alpha / 2, 1 - alpha / 2])
    return Interval(float(low), float(high))
