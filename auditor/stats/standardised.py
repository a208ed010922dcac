"""Rates standardised over strata and Kitagawa's parts of a gap, with their intervals; and the E-value of a ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import wilson
from auditor.stats.tails import normal
from auditor.stats.within import Numbers, Within


class Estimate(NamedTuple):
    """A number with its interval."""

    value: float
    interval: Interval


def standardised_rates(pairs: Sequence[Pair], alpha: float = 0.05) -> tuple[Estimate, Estimate]:
    """Return the rates of a group and of its reference, standardised to the pooled distribution over strata.

    The distribution is taken as fixed; the intervals come from the Wilson intervals of the strata's rates (MOVER), so
    that a stratum with a rate of 0 or 1 has its error too. Source: Zou and Donner 2008, Statistics in Medicine 27.
    """
    size = np.array([pair.n + pair.n_ref for pair in pairs], dtype=float)
    share = size / size.sum()
    return _standardised(pairs, share, alpha), _standardised([pair.swapped for pair in pairs], share, alpha)


def _standardised(pairs: Sequence[Pair], share: Numbers, alpha: float) -> Estimate:
    rate = np.array([pair.rate for pair in pairs])
    bounds = np.array([wilson(pair.sized.x, pair.sized.n, alpha) for pair in pairs])
    value = float((share * rate).sum())
    low = value - math.sqrt(float((share**2 * (rate - bounds[:, 0]) ** 2).sum()))
    high = value + math.sqrt(float((share**2 * (bounds[:, 1] - rate) ** 2).sum()))
    return Estimate(value, Interval(max(0.0, low), min(1.0, high)))


def kitagawa(pairs: Sequence[Pair], alpha: float = 0.05) -> tuple[Estimate, Estimate]:
    """Split the gap of rates, group minus reference, into a part due to composition and a part within strata.

    The two add up to the gap. Each group's rows are a sample of it: both its distribution and its rates have error
    (delta method, from the influence of each row). Source: Kitagawa 1955, Journal of the American Statistical
    Association 50.
    """
    counts = np.array([(pair.x, pair.n, pair.x_ref, pair.n_ref) for pair in pairs], dtype=float)
    n, n_ref = counts[:, 1].sum(), counts[:, 3].sum()
    share, share_ref = counts[:, 1] / n, counts[:, 3] / n_ref
    rate, rate_ref = counts[:, 0] / counts[:, 1], counts[:, 2] / counts[:, 3]
    middle, apart, mean = (share + share_ref) / 2, rate - rate_ref, (rate + rate_ref) / 2
    own, theirs = counts[:, :2], counts[:, 2:]
    by, by_ref = max(pair.effect for pair in pairs), max(pair.effect_ref for pair in pairs)

    def estimate(value: float, of_rate: Numbers, of_share: Numbers) -> Estimate:
        variance = by * _variance(own, of_rate, of_share) + by_ref * _variance(theirs, of_rate, of_share)
        reach = normal(1 - alpha / 2) * math.sqrt(variance)
        return Estimate(value, Interval(value - reach, value + reach))

    composition = estimate(float(((share - share_ref) * mean).sum()), (share - share_ref) / 2, mean)
    return composition, estimate(float((apart * middle).sum()), middle, apart / 2)


def _variance(counts: Numbers, of_rate: Numbers, of_share: Numbers) -> float:
    """Return the variance due to a group's rows, given the weights of each stratum's rate and share.

    One favourable and one other row are added to each rate, so that no stratum is without error.
    """
    x, n = counts.T
    rate, share, rows = (x + 1) / (n + 2), n / n.sum(), n.sum()
    of_shares = (share * of_share**2).sum() - (share * of_share).sum() ** 2
    return float((of_rate**2 * rate * (1 - rate) / n).sum() + of_shares / rows)


def pooled_difference(within: Within, alpha: float = 0.05) -> Estimate:
    """Return the Mantel-Haenszel difference of rates, group minus reference, with Sato's interval.

    It holds for few large strata and for many small ones. Source: Sato 1989, Biometrics 45 (letter).
    """
    x, n, x_ref, n_ref, size = within.x, within.n, within.x_ref, within.n_ref, within.size

    def total(values: Numbers) -> float:
        return float((within.times * values).sum())

    weight = total(n * n_ref / size)
    value = total((x * n_ref - x_ref * n) / size) / weight
    p = total((n**2 * x_ref - n_ref**2 * x + n * n_ref * (n_ref - n) / 2) / size**2)
    q = total((x * (n_ref - x_ref) + x_ref * (n - x)) / (2 * size))
    reach = normal(1 - alpha / 2) * math.sqrt(max(0.0, value * p + q) * within.effect) / weight
    return Estimate(value, Interval(max(-1.0, value - reach), min(1.0, value + reach)))


def e_value(ratio: float) -> float:
    """Return the strength that an unrecorded factor needs, with group and outcome, to explain a ratio of rates.

    Both of its ratios must be at least this. nan for a ratio of 0 or infinity. Source: VanderWeele and Ding 2017,
    Annals of Internal Medicine 167.

    >>> round(e_value(3.9), 2), round(e_value(1 / 3.9), 2), e_value(1.0)
    (7.26, 7.26, 1.0)
    """
    if not 0 < ratio < math.inf:
        return math.nan
    above = max(ratio, 1 / ratio)
    return above + math.sqrt(above * (above - 1))


def e_value_of_interval(interval: Interval) -> float:
    """Return the E-value of the end nearer 1; 1 where the interval includes 1, because there is nothing to explain.

    >>> round(e_value_of_interval(Interval(1.8, 8.7)), 1), e_value_of_interval(Interval(0.9, 1.4))
    (3.0, 1.0)
    """
    if interval.low <= 1 <= interval.high:
        return 1.0
    return e_value(interval.low if interval.low > 1 else interval.high)
