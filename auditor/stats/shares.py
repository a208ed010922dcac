"""Shares of groups compared with a stated population: intervals and tests."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import scipy

from auditor.stats.association import independence
from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import equal_rates, goodman, ratio_interval, wilson
from auditor.stats.tails import chi_square_tail, distinct_tests, holm_of_shares, normal

MONTE_CARLO_ROUNDS = 100_000
MOST_SETS = 10  # levels, up to which all sets of them are examined


@dataclass(frozen=True)
class Share:
    """One group's share beside the stated one, with `z`; `p_adjusted` is Holm's over the groups.

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
    effect: float = 1.0  # design effect: how many rows of its kind count as one

    @property
    def ratio(self) -> float:
        """Representation ratio: the share over the stated share."""
        return self.count / (self.n * self.stated) if self.stated else math.inf

    @property
    def shortfall(self) -> float:
        """People fewer than proportional representation; 0 where there are enough."""
        return max(0.0, self.n * self.stated - self.count)

    @property
    def shortfall_interval(self) -> Interval:
        """The interval of the shortfall, by the joint bounds of the share."""
        return Interval(*(max(0.0, self.n * (self.stated - bound)) for bound in (self.joint.high, self.joint.low)))


def against_population(
    counts: Mapping[str, float],
    stated: Mapping[str, float],
    limit: Fraction = Fraction(4, 5),
    alpha: float = 0.05,
    surveyed: float | None = None,
    effects: Mapping[str, float] | None = None,
) -> list[Share]:
    """Compare the counts of the stated levels (a level may have no rows) with shares that sum to 1; at least one row.

    The test is the exact binomial test per level, Holm over the levels (with two levels it is one test); `joint` are
    Goodman's bounds. Where the shares were estimated from `surveyed` people, both have error: the test is that of two
    shares, and the bounds are those of their ratio (Miettinen and Nurminen) at alpha shared among the levels. `effects`
    are the design effects of the shares, where rows are not independent: tests and bounds use the effective size.
    """
    levels = [level for level, share in stated.items() if share > 0]
    n = sum(counts.get(level, 0) for level in levels)
    observed = [counts.get(level, 0) for level in levels]
    by = [(effects or {}).get(level, 1.0) for level in levels]
    joint = goodman(observed, alpha, by) if len(levels) > 1 else [wilson(observed[0] / by[0], n / by[0], alpha)]
    if surveyed:
        pairs = [
            Pair(k, n, stated[level] * surveyed, surveyed, effect)
            for level, k, effect in zip(levels, observed, by, strict=True)
        ]
        p_values = [equal_rates(pair).p for pair in pairs]
        each = alpha / distinct_tests(len(levels))
        ratios = [ratio_interval(pair, each) for pair in pairs]
        joint = [Interval(low * stated[of], high * stated[of]) for of, (low, high) in zip(levels, ratios, strict=True)]
    else:
        p_values = [
            float(scipy.stats.binomtest(round(k / effect), round(n / effect), min(1.0, stated[level])).pvalue)
            for level, k, effect in zip(levels, observed, by, strict=True)
        ]
    found = []
    holms = holm_of_shares(p_values)
    for level, k, bounds, p, adjusted, effect in zip(levels, observed, joint, p_values, holms, by, strict=True):
        q = stated[level]
        spread = math.sqrt(q * (1 - q) / n * effect)
        below = Fraction(k) < limit * Fraction(n) * Fraction(q)
        z = (k / n - q) / spread if spread else math.nan
        interval = wilson(k / effect, n / effect, alpha)
        found.append(Share(level, k, n, q, interval, bounds, z, p, adjusted, below, effect))
    return found


def goodness_of_fit(
    counts: Mapping[str, float],
    stated: Mapping[str, float],
    seed: int = 0,
    surveyed: float | None = None,
    effects: Mapping[str, float] | None = None,
) -> tuple[float, float]:
    """Return Pearson's chi-square and its p; by simulation of the multinomial where an expected count is below 1.

    With shares of `surveyed` people it is that of two samples. `effects` are the design effects of the shares: the
    chi-square uses the rows, its p the effective size by the mean of the effects (first-order Rao and Scott 1981).
    """
    levels = [level for level, share in stated.items() if share > 0]
    observed = np.array([counts.get(level, 0) for level in levels], dtype=float)
    shares = np.array([stated[level] for level in levels]) / sum(stated[level] for level in levels)
    effect = _mean_effect(levels, observed, shares, effects or {})
    if surveyed:
        return independence(np.stack([observed, shares * surveyed]), effect)
    expected = observed.sum() * shares
    statistic = float(((observed - expected) ** 2 / expected).sum())
    if expected.min() / effect >= 1:
        return statistic, chi_square_tail(statistic / effect, len(levels) - 1)
    n = max(1, round(float(observed.sum()) / effect))
    draws = np.random.default_rng(seed).multinomial(n, shares, MONTE_CARLO_ROUNDS)
    simulated = ((draws - n * shares) ** 2 / (n * shares)).sum(axis=1)
    reached = int((simulated >= statistic / effect * (1 - 1e-12)).sum())
    return statistic, (reached + 1) / (MONTE_CARLO_ROUNDS + 1)


def _mean_effect(levels: list[str], observed: np.ndarray, shares: np.ndarray, effects: Mapping[str, float]) -> float:
    """Return the mean design effect of all shares, each by its part in the chi-square's expectation."""
    if not effects or len(levels) < 2:
        return 1.0
    found = observed / observed.sum()
    parts = found * (1 - found) / shares
    by = np.array([effects.get(level, 1.0) for level in levels])
    return float(max(1.0, (by * parts).sum() / parts.sum())) if parts.sum() > 0 else float(by.max())


def total_variation(counts: Mapping[str, float], stated: Mapping[str, float]) -> float:
    """Total variation distance: the share of rows that would have to change for the stated shares to hold.

    >>> round(total_variation({"a": 120, "b": 60, "c": 15, "d": 5}, {"a": .5, "b": .3, "c": .15, "d": .05}), 6)
    0.1
    """
    n = sum(counts.get(level, 0) for level in stated)
    return 0.5 * sum(abs(counts.get(level, 0) / n - share) for level, share in stated.items())


def total_variation_interval(
    counts: Mapping[str, float], stated: Mapping[str, float], alpha: float = 0.05, surveyed: float | None = None
) -> Interval:
    """Interval of the total variation distance, at least 1 - alpha; the bounds share alpha equally.

    The distance is the largest excess of any set of levels over its stated share. The set with the true excess does not
    depend on the data, so the true distance is at most the largest upper bound of any set, each bound taken alone
    (Wilson). A lower bound must allow for the set being picked from the data: the distance expected by chance is
    subtracted, and the reach of a share of one half. With two levels only a side is picked, and Wilson's bound is
    valid. With more than `MOST_SETS` levels the upper bound uses the reach of a share of one half too, which is wider.
    Where the shares are of `surveyed` people the reach is that of two shares.

    >>> total_variation_interval({"a": 0, "b": 20}, {"a": 1.0, "b": 0.0}).high
    1.0
    """
    levels = list(stated)
    n = sum(counts.get(level, 0) for level in levels)
    observed = np.array([counts.get(level, 0) / n for level in levels])
    shares = np.array([stated[level] for level in levels])
    value = float(np.abs(observed - shares).sum() / 2)
    size = n * surveyed / (n + surveyed) if surveyed else n  # the equivalent number against shares without error
    half = wilson(size / 2, size, alpha).high - 0.5
    if len(levels) > MOST_SETS:
        return Interval(_above_chance(value, observed, size, half), min(1.0, value + half))
    sets = np.array(list(itertools.product((0.0, 1.0), repeat=len(levels))))
    own, theirs = np.clip(sets @ observed, 0, 1), sets @ shares
    bounds = [wilson(float(share) * size, size, alpha) for share in own]
    high = max(bound.high - share for bound, share in zip(bounds, theirs, strict=True))
    if len(levels) == 2:
        low = max(bound.low - share for bound, share in zip(bounds, theirs, strict=True))
    else:
        low = _above_chance(value, observed, size, half)
    return Interval(min(value, max(0.0, float(low))), max(value, min(1.0, float(high))))


def _above_chance(value: float, observed: np.ndarray, n: float, half: float) -> float:
    """Return a lower bound of a distance: less its expectation by chance, and the reach of a half."""
    by_chance = float(np.sqrt(2 / math.pi * observed * (1 - observed) / n).sum() / 2)
    return max(0.0, value - by_chance - half)


def rows_for_distance(stated: Mapping[str, float], most: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """Return about how many rows show that their shares lie within a distance of the stated ones, if they are equal.

    The distance expected by chance with so many rows, and the reach of its upper bound, are `most` together in about
    `power` of the samples.
    """
    by_chance = sum(math.sqrt(2 / math.pi * share * (1 - share)) for share in stated.values()) / 2
    return math.ceil(((by_chance + (normal(1 - alpha / 2) + 0.6 * normal(power)) / 2) / most) ** 2)


def rows_for_share(share: float, limit: float, levels: int, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """Return about how many rows show a share to be at least `limit` of an equal stated one; None: no number.

    `levels` share alpha, as Goodman's bounds do.
    """
    if not (0 < share < 1 and limit < 1):
        return None
    reach = normal(1 - alpha / distinct_tests(levels) / 2) + normal(power)
    return math.ceil((1 - share) / share * (reach / (1 - limit)) ** 2)
