"""Quantiles of a number counted in bins: their intervals, and how those of two groups differ."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from auditor.stats.counts import Interval, Pair, mover
from auditor.stats.proportions import equal_rates

Bounds = Sequence[tuple[float, float]]  # lowest and highest value that each bin can hold; -inf or inf: not known


class Estimate(NamedTuple):
    """A number and its interval, whose ends may be infinite."""

    value: float
    interval: Interval


def quantile(counts: np.ndarray, bounds: Bounds, share: float, alpha: float = 0.05) -> Estimate:
    """Return a quantile of one row or more, the middle of the bin that holds it, with its interval of order statistics.

    The interval needs no distribution: its ends are the rows between which the quantile lies with a chance of 1 -
    alpha at least, by the binomial distribution of how many are below it. Each end is that of its row's bin, so that
    bins only widen it; it is infinite where too few rows are there for one.

    Source: Thompson 1936, Annals of Mathematical Statistics 7; Conover 1999, Practical Nonparametric Statistics.
    """
    below = np.cumsum(counts)
    n = int(below[-1])
    first, last = _places(n, share, alpha)
    low = bounds[_bin(below, first)][0] if first >= 1 else -math.inf
    high = bounds[_bin(below, last)][1] if last <= n else math.inf
    least, most = bounds[_bin(below, max(1, math.ceil(share * n - 1e-9)))]
    value = (least + most) / 2 if math.isfinite(least) and math.isfinite(most) else math.nan
    return Estimate(value, Interval(low, high))


def _places(n: int, share: float, alpha: float) -> tuple[int, int]:
    """Return the places, from 1, of the rows that bound a quantile; 0 and n + 1 where there is no such row."""
    first = 0 if special.bdtr(0, n, share) > alpha / 2 else math.floor(special.bdtrik(alpha / 2, n, share)) + 1
    last = n + 1 if 1 - special.bdtr(n - 1, n, share) > alpha / 2 else _last(n, share, alpha)
    return first, last


def _last(n: int, share: float, alpha: float) -> int:
    return math.ceil(special.bdtrik(1 - alpha / 2, n, share)) + 1


def _bin(below: np.ndarray, place: int) -> int:
    """Return the bin of the row at a place, lowest first."""
    return int(np.searchsorted(below, place))


def quantile_gap(own: Estimate, theirs: Estimate) -> Estimate:
    """Return the difference of two quantiles, the first less the second, with the interval that theirs make.

    Source: Zou and Donner 2008, Statistics in Medicine 27 (limits of a difference from those of its parts).
    """
    return Estimate(own.value - theirs.value, mover(own.value, own.interval, theirs.value, theirs.interval))


def quantile_ratio(own: Estimate, theirs: Estimate) -> Estimate | None:
    """Return the first quantile over the second, by their logarithms; None unless both are above 0.

    An end of an interval at 0 or below is unbounded.
    """
    if not (own.value > 0 and theirs.value > 0):
        return None
    logs = [
        Estimate(math.log(of.value), Interval(*(math.log(end) if end > 0 else -math.inf for end in of.interval)))
        for of in (own, theirs)
    ]
    value, (low, high) = quantile_gap(*logs)
    return Estimate(math.exp(value), Interval(math.exp(low), math.exp(high)))


def equal_below(counts: np.ndarray, reference: np.ndarray, share: float) -> float:
    """Return the p of as many rows of both groups being up to the bin that holds a quantile of all rows together.

    Source: Brown and Mood 1951 (the median test), at another quantile.
    """
    together = np.cumsum(counts + reference)
    at = _bin(together, max(1, math.ceil(share * float(together[-1]) - 1e-9))) + 1
    x, x_ref = float(counts[:at].sum()), float(reference[:at].sum())
    return equal_rates(Pair(x, float(counts.sum()), x_ref, float(reference.sum()))).p
