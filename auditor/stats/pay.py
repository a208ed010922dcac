"""Pay of two groups: how far the mean and the median of one are below the other's, and who is in each quarter."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from auditor.stats.counts import Interval, Moments
from auditor.stats.numeric import mean_ratio, skewness
from auditor.stats.quantiles import Estimate, quantile, quantile_ratio

UNKNOWN = Interval(math.nan, math.nan)
BANDS = 4


class PayGap(NamedTuple):
    """A gap as a share of the reference's pay (above 0: the group has less), its interval, and the p of no gap."""

    value: float
    interval: Interval
    p: float


def gap_of_means(group: np.ndarray, reference: np.ndarray, alpha: float = 0.05) -> PayGap | None:
    """Return 1 less the ratio of the means of two sets of amounts; None where one is empty, or the second's is 0.

    Amounts are not negative. Interval and p are those of the logarithm of the ratio (`mean_ratio`), nan where a group
    has one amount only, no amount varies, or a mean is 0.
    """
    if not len(group) or not len(reference):
        return None
    mean, mean_ref = (float(np.sort(of).mean()) for of in (group, reference))  # sorted: the same sum in any order
    if not mean_ref > 0:
        return None
    found = None
    if min(len(group), len(reference)) > 1:
        (own, own_skewed), (theirs, theirs_skewed) = _described(group), _described(reference)
        found = mean_ratio(own, theirs, skewness=(own_skewed, theirs_skewed), alpha=alpha)
    value = 1 - mean / mean_ref
    if found is None:
        return PayGap(value, UNKNOWN, math.nan)
    return PayGap(value, Interval(1 - found.interval.high, 1 - found.interval.low), found.p)


def gap_of_medians(group: np.ndarray, reference: np.ndarray, alpha: float = 0.05) -> PayGap | None:
    """Return 1 less the ratio of the medians; None where one is empty, or the second's is 0.

    A median is the middle amount, or the mean of the two in the middle. The interval is made of those of order
    statistics of both; it is endless where few amounts bound nothing, and nan where a median is 0. There is no test.

    Source: Conover 1999 (order statistics); Zou and Donner 2008 (limits of a ratio from those of its parts).
    """
    if not len(group) or not len(reference):
        return None
    medians = float(np.median(group)), float(np.median(reference))
    if not medians[1] > 0:
        return None
    value = 1 - medians[0] / medians[1]
    parts = [_median(of, middle, alpha) for of, middle in zip((group, reference), medians, strict=True)]
    ratio = quantile_ratio(*parts)
    if ratio is None:
        return PayGap(value, UNKNOWN, math.nan)
    return PayGap(value, Interval(1 - ratio.interval.high, 1 - ratio.interval.low), math.nan)


def quarters(amounts: np.ndarray, codes: np.ndarray, levels: int) -> np.ndarray:
    """Return how many of each level are in each quarter of all amounts, the lowest first; shape (4, levels).

    `codes` are levels from 0. A quarter is as many amounts as the others, up to one. Where equal amounts are on both
    sides of a border, each side has the same share of each level among them, so that counts may be fractions.

    Source: the Equality Act 2010 (Gender Pay Gap Information) Regulations 2017, regulation 13(2), for equal amounts.
    """
    values, place = np.unique(amounts, return_inverse=True)
    held = np.zeros((len(values), levels))
    np.add.at(held, (place, codes), 1.0)
    upto = np.vstack([np.zeros(levels), np.cumsum(held, axis=0)])
    total = upto.sum(axis=1)
    n = len(amounts)
    borders = []
    for quarter in range(BANDS + 1):
        rank = (n * quarter + BANDS // 2) // BANDS
        at = min(int(np.searchsorted(total, rank, side="right")) - 1, len(values) - 1)
        inside = (rank - total[at]) / held[at].sum()
        borders.append(upto[at] + held[at] * inside)
    found: np.ndarray = np.diff(np.array(borders), axis=0)
    return found


def _described(amounts: np.ndarray) -> tuple[Moments, float]:
    """Return number, mean and variance of amounts, and their skewness."""
    ordered = np.sort(amounts)
    return Moments(len(ordered), float(ordered.mean()), float(ordered.var())), skewness(ordered, np.ones(len(ordered)))


def _median(amounts: np.ndarray, middle: float, alpha: float) -> Estimate:
    values, counts = np.unique(amounts, return_counts=True)
    found = quantile(counts, [(float(value), float(value)) for value in values], 0.5, alpha)
    return Estimate(middle, Interval(min(found.interval.low, middle), max(found.interval.high, middle)))
