"""Areas under the ROC curve, and how a score is calibrated, from counts in bins of the score."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.stats.changes import Estimate, Moved, moved
from auditor.stats.counts import Interval
from auditor.stats.numeric import cliffs_delta
from auditor.stats.tails import normal

Numbers = NDArray[np.float64]


class Area(NamedTuple):
    """An area under the curve with DeLong's variance and an interval; from rows with (own) and without the outcome."""

    value: float
    variance: float
    interval: Interval
    own: float
    others: float


def area(own: Numbers, others: Numbers, alpha: float = 0.05, effect: float = 1.0) -> Area:
    """Return the probability that a row with the outcome has a better score than one without it; ties count half.

    `own` and `others` are their counts by bin, the worst bin first, two rows or more of each. The variance is DeLong's.
    The interval is that of Cliff's delta, on the logit scale, which allows for few rows and for complete separation.
    `effect` is the design effect of rows that recur.

    Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44.
    """
    m, n = float(own.sum()), float(others.sum())
    below, above = placements(own, others)
    value = float((own * below).sum()) / m
    variance = float((own * (below - value) ** 2).sum()) / m / (m - 1)
    variance += float((others * (above - value) ** 2).sum()) / n / (n - 1)
    delta = cliffs_delta(own / effect, others / effect, alpha)
    bounds = Interval((delta.interval.low + 1) / 2, (delta.interval.high + 1) / 2)
    return Area(value, variance * effect, bounds, m, n)


def placements(own: Numbers, others: Numbers) -> tuple[Numbers, Numbers]:
    """Return, for each bin, the share of `others` that it beats, and the share of `own` that beat it."""
    below = (np.cumsum(others) - others / 2) / others.sum()
    above = 1 - (np.cumsum(own) - own / 2) / own.sum()
    return below, above


def area_gap(group: Area, reference: Area, alpha: float = 0.05) -> Moved:
    """Return the difference of the areas of two groups, whose rows are different people.

    The interval is made of the two areas' own at `alpha` (MOVER), so that an area of 1 has its error too. The test has
    the error of that interval towards no difference, so that the two agree.

    Source: DeLong and others 1988; Zou and Donner 2008, Statistics in Medicine 27.
    """
    return moved(Estimate(reference.value, *reference.interval), Estimate(group.value, *group.interval), alpha)


class InTheLarge(NamedTuple):
    """The mean of a score, the observed rate, and the one less the other with its interval."""

    mean: float
    rate: float
    difference: float
    interval: Interval


def in_the_large(
    values: Numbers, own: Numbers, others: Numbers, alpha: float = 0.05, effect: float = 1.0
) -> InTheLarge:
    """Compare the mean of scores that are probabilities with the observed rate.

    `values` are the scores of bins, `own` and `others` the rows of each with and without the outcome. The variance is
    that of each row's score less its outcome; one row of either outcome at the mean is added to it, so that no group is
    without error.
    """
    n = float(own.sum() + others.sum())
    rate, mean = float(own.sum()) / n, float((values * (own + others)).sum()) / n
    squares = float((own * (values - 1) ** 2 + others * values**2).sum()) + (mean - 1) ** 2 + mean**2
    variance = max(0.0, squares / (n + 2) - (mean - rate) ** 2) / n * effect
    reach = normal(1 - alpha / 2) * math.sqrt(variance)
    return InTheLarge(mean, rate, mean - rate, Interval(mean - rate - reach, mean - rate + reach))


def joined(counts: Numbers, parts: int) -> list[tuple[int, int]]:
    """Return up to `parts` ranges of neighbouring bins with about as many rows, as (first, after the last).

    Where no more bins than that hold rows, each is a range.

    >>> joined(np.array([1.0, 1.0, 4.0, 2.0]), 2)
    [(0, 3), (3, 4)]
    """
    held = np.flatnonzero(counts > 0)
    if parts >= len(held):
        return [(int(at), int(at) + 1) for at in held]
    upto = np.cumsum(counts)
    at = np.unique(np.searchsorted(upto, upto[-1] * np.arange(1, parts) / parts - 1e-9) + 1)
    edges = [0, *at[at < len(counts)].tolist(), len(counts)]
    return [(low, high) for low, high in itertools.pairwise(edges) if counts[low:high].sum() > 0]
