"""The exact distribution of a group's favourable total, given every margin of its 2 x 2 tables."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

NEGLIGIBLE = 1e-18  # probability at either end that is cut off, and added to p again
SAME = 1 + 1e-7  # the ratio up to which two probabilities count as equal despite rounding (as in R's mantelhaen.test)

Numbers = NDArray[np.float64]


def hypergeometric(n: int, n_ref: int, selected: int) -> tuple[int, Numbers]:
    """Return the fewest of `selected` that may fall to the `n` of n + n_ref, and the probability of each number up."""
    low, high = max(0, selected - n_ref), min(n, selected)
    k = np.arange(low, high, dtype=float)
    steps = np.log((n - k) * (selected - k)) - np.log((k + 1) * (n_ref - selected + k + 1))
    logarithms = np.concatenate([[0.0], np.cumsum(steps)])
    weights = np.exp(logarithms - logarithms.max())
    return low, weights / weights.sum()


def conditional_p(tables: Iterable[tuple[int, int, int, int]], favourable: int) -> float:
    """Return the two-sided exact p of equal odds in every table, given all their margins.

    Args:
        tables: (n, n_ref, selected, times): rows of the group and of the reference, favourable rows of both, and how
            many tables are like that.
        favourable: The group's favourable rows in all tables together.

    The distribution of a sum of independent hypergeometric numbers is their convolution. P sums the probabilities that
    are no larger than the observed one, as Fisher's test does for a single table. It is an upper bound by less than
    1e-12, because ends of negligible weight are cut off.

    Source: Birch 1964, Journal of the Royal Statistical Society B 26; Jung 2014, Biometrical Journal 56 (stratified
    Fisher test).
    """
    start, whole, cut = 0, np.ones(1), 0.0
    for n, n_ref, selected, times in tables:
        low, one = hypergeometric(n, n_ref, selected)
        for _ in range(times):
            start, whole = start + low, np.convolve(whole, one)
            kept = np.flatnonzero(whole > NEGLIGIBLE)
            first, last = kept[0], kept[-1] + 1
            cut += float(whole[:first].sum() + whole[last:].sum())
            start, whole = start + int(first), whole[first:last]
    at = favourable - start
    observed = whole[at] if 0 <= at < len(whole) else 0.0
    return min(1.0, float(whole[whole <= observed * SAME].sum()) + cut)
