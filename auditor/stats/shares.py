"""Shares of groups held against a stated population: intervals, tests, the five states."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy

from auditor.stats.association import independence
from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import equal_rates, goodman, ratio_interval, wilson
from auditor.stats.tails import chi_square_tail, distinct_tests, holm_of_shares

MONTE_CARLO_ROUNDS = 100_000


@dataclass(frozen=True)
class Share:
    """One group's share against the stated one; `z` in standard deviations, `p_adjusted` Holm's over the groups.

    `below`: the share is under `limit` times the stated one, decided in whole numbers.
    """

    level: str
    count: float
    n: float
    stated: float
    interval: Interval
    joint: Interval
    z: float
    p: float
    p_adjusted: float
    below: bool

    @property
    def ratio(self) -> float:
        """Representation ratio: the share over the stated share."""
        return self.count / (self.n * self.stated) if self.stated else math.inf

    @property
    def shortfall(self) -> float:
        """People lacking to the stated share of as many rows; 0 where none are."""
        return max(0.0, self.n * self.stated - self.count)


def against_population(
    counts: Mapping[str, float],
    stated: Mapping[str, float],
    limit: Fraction = Fraction(4, 5),
    alpha: float = 0.05,
    surveyed: float | None = None,
) -> list[Share]:
    """Hold the counts of the stated levels (a level may have none) against shares that sum to 1; at least one row.

    Evidence is the exact binomial test per level, Holm over the levels (of two levels it is one test); `joint` are
    Goodman's bounds. Where the shares were estimated from `surveyed` people, both have error: the test is
    that of two shares, and the bounds are those of their ratio (Miettinen and Nurminen) at alpha shared among the
    levels.
    """
    levels = [level for level, share in stated.items() if share > 0]
    n = sum(counts.get(level, 0) for level in levels)
    observed = [counts.get(level, 0) for level in levels]
    joint = goodman(observed, alpha) if len(levels) > 1 else [wilson(observed[0], n, alpha)]
    if surveyed:
        pairs = [Pair(k, n, stated[level] * surveyed, surveyed) for level, k in zip(levels, observed, strict=True)]
        p_values = [equal_rates(pair).p for pair in pairs]
        each = alpha / distinct_tests(len(levels))
        ratios = [ratio_interval(pair, each) for pair in pairs]
        joint = [Interval(low * stated[of], high * stated[of]) for of, (low, high) in zip(levels, ratios, strict=True)]
    else:
        p_values = [
            float(scipy.stats.binomtest(round(k), round(n), min(1.0, stated[level])).pvalue)
            for level, k in zip(levels, observed, strict=True)
        ]
    found = []
    for level, k, bounds, p, adjusted in zip(levels, observed, joint, p_values, holm_of_shares(p_values), strict=True):
        q = stated[level]
        spread = math.sqrt(q * (1 - q) / n)
        below = Fraction(k) < limit * Fraction(n) * Fraction(q)
        z = (k / n - q) / spread if spread else math.nan
        found.append(Share(level, k, n, q, wilson(k, n, alpha), bounds, z, p, adjusted, below))
    return found


def goodness_of_fit(
    counts: Mapping[str, float], stated: Mapping[str, float], seed: int = 0, surveyed: float | None = None
) -> tuple[float, float]:
    """Return Pearson's chi-square and its p; by simulation of the multinomial where an expected count is below 1.

    Against shares of `surveyed` people it is that of two samples.
    """
    levels = [level for level, share in stated.items() if share > 0]
    observed = np.array([counts.get(level, 0) for level in levels], dtype=float)
    shares = np.array([stated[level] for level in levels]) / sum(stated[level] for level in levels)
    if surveyed:
        return independence(np.stack([observed, shares * surveyed]))
    expected = observed.sum() * shares
    statistic = float(((observed - expected) ** 2 / expected).sum())
    if expected.min() >= 1:
        return statistic, chi_square_tail(statistic, len(levels) - 1)
    draws = np.random.default_rng(seed).multinomial(int(observed.sum()), shares, MONTE_CARLO_ROUNDS)
    simulated = ((draws - expected) ** 2 / expected).sum(axis=1)
    reached = int((simulated >= statistic * (1 - 1e-12)).sum())
    return statistic, (reached + 1) / (MONTE_CARLO_ROUNDS + 1)


def total_variation(counts: Mapping[str, float], stated: Mapping[str, float]) -> float:
    """Total variation distance: the share of rows that would have to change for the stated shares to hold.

    >>> round(total_variation({"a": 120, "b": 60, "c": 15, "d": 5}, {"a": .5, "b": .3, "c": .15, "d": .05}), 6)
    0.1
    """
    n = sum(counts.get(level, 0) for level in stated)
    return 0.5 * sum(abs(counts.get(level, 0) / n - share) for level, share in stated.items())
