"""How much attention the places of a list get, and how two groups share it within lists."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.stats.counts import Interval
from auditor.stats.tails import normal, two_sided

EXACT, STEP, LAST = 20, 1.1, 1_000_000  # places one by one up to EXACT, then bins STEP times as far, up to LAST
ROUND = (25, 50, 75)  # and these, times powers of ten, so that a list can be cut there
Numbers = NDArray[np.float64]


def _edges() -> Iterator[int]:
    yield from range(1, EXACT + 1)
    at = EXACT
    while at < LAST:
        at = max(at + 1, math.floor(at * STEP))
        yield at
    for power in range(6):
        yield from (each * 10**power for each in (10, *ROUND) if each * 10**power <= LAST)
        yield 20 * 10**power


EDGES = tuple(sorted(set(_edges())))  # the last place of each bin; places beyond all of them are in one more


def discount(place: float) -> float:
    """Return the attention that a place gets, 1 for the first.

    Source: Järvelin and Kekäläinen 2002 (DCG), as exposure by Singh and Joachims 2018, KDD.

    >>> [round(discount(place), 4) for place in (1, 2, 3, 7)]
    [1.0, 0.6309, 0.5, 0.3333]
    """
    return 1 / math.log2(1 + place)


def exposures() -> tuple[float, ...]:
    """Return the attention that the places of each bin get on average; of those beyond all bins, that of the first."""
    firsts = (1, *(edge + 1 for edge in EDGES[:-1]))
    return (
        *(
            math.fsum(map(discount, range(first, last + 1))) / (last - first + 1)
            if last - first < 1000
            else discount((first + last) / 2)
            for first, last in zip(firsts, EDGES, strict=True)
        ),
        discount(EDGES[-1] + 1),
    )


@dataclass(frozen=True)
class Exposure:
    """The ratio of two groups' mean exposure within lists, with its interval, and z and p of the test that it is 1."""

    ratio: float
    interval: Interval
    z: float
    p: float


def compared(
    n: NDArray[np.number], sums: Numbers, all_n: NDArray[np.number], all_sums: Numbers, squares: Numbers,
    alpha: float = 0.05, effect: float = 1.0,
) -> Exposure | None:  # fmt: skip
    """Compare the mean exposure of a group with another's within lists that hold both; None where no list does.

    Args:
        n: People of both groups on each list; shape (2, lists), the group first.
        sums: The sums of their exposure; shape (2, lists).
        all_n: All people on each list; shape (lists,).
        all_sums: The sums of their exposure.
        squares: The sums of its squares.
        alpha: One less the confidence.
        effect: By how much larger the variance is where people recur.

    Lists have the Mantel-Haenszel weights. The variance is that of a list in random order: people of a group are a
    sample, without replacement, of the places. So the test holds with any number of places, and with ties.

    Source: Singh and Joachims 2018 (exposure); van Elteren 1960 (stratified permutation test).
    """
    both = (n > 0).all(axis=0)
    n, sums, all_n, all_sums, squares = n[:, both], sums[:, both], all_n[both], all_sums[both], squares[both]
    if not both.any():
        return None
    weights = n[0] * n[1] / (n[0] + n[1])
    spread = np.maximum(0.0, squares - all_sums**2 / all_n) / np.maximum(1, all_n - 1)
    own, theirs = ((weights * sums[i] / n[i]).sum() for i in (0, 1))
    variances = [float((weights**2 * spread * (1 / n[i] - 1 / all_n)).sum()) * effect for i in (0, 1)]
    covariance = -float((weights**2 * spread / all_n).sum()) * effect
    error = math.sqrt(max(0.0, sum(variances) - 2 * covariance))
    z = (own - theirs) / error if error else math.nan
    ratio = float(own / theirs)
    log = math.sqrt(max(0.0, variances[0] / own**2 + variances[1] / theirs**2 - 2 * covariance / (own * theirs)))
    reach = normal(1 - alpha / 2) * log
    bounds = Interval(ratio * math.exp(-reach), ratio * math.exp(reach))
    return Exposure(ratio, bounds, float(z), two_sided(z) if error else 1.0)
