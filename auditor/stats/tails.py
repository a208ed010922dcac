"""Quantiles and tails of the usual distributions, and p-values adjusted for many tests.

They use scipy.special: importing scipy.stats takes as long as counting a million rows, and its distributions check
their arguments at every call, which is most of the cost of a comparison. Exact tests, which only small tables need, use
scipy.stats where they are needed; the tests compare both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special


def normal(share: float) -> float:
    """Return the standard normal quantile of a share; `normal(1 - alpha / 2)` is an interval's reach."""
    return float(special.ndtri(share))


def student(share: float, freedom: float) -> float:
    """Return the quantile of a share of Student's t with so many degrees of freedom."""
    return float(special.stdtrit(freedom, share))


def two_sided(z: float) -> float:
    """Return the two-sided p of a standard normal statistic."""
    return float(2 * special.ndtr(-abs(z)))


def two_sided_each(z: np.ndarray) -> np.ndarray:
    """Return the two-sided p of each standard normal statistic."""
    p: np.ndarray = 2 * special.ndtr(-np.abs(z))
    return p


def chi_square_tail(statistic: float, freedom: float) -> float:
    """Return P(chi-square with so many degrees of freedom > statistic)."""
    return float(special.chdtrc(freedom, statistic))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm-adjusted p-values, in the given order. Source: Holm 1979, Scandinavian Journal of Statistics 6.

    Written out because statsmodels' multipletests runs a garbage collection at every call, which costs more than all
    the rest of a comparison.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return [float(value) for value in adjusted]


def distinct_tests(levels: int) -> int:
    """Return how many different tests the levels of one whole have: with two shares that sum to 1 both are one test."""
    return 1 if levels == 2 else levels


def holm_of_shares(p_values: Sequence[float]) -> list[float]:
    """Holm-adjusted p-values of tests of all levels of one whole; with two levels they are one test, not adjusted."""
    return holm(p_values) if distinct_tests(len(p_values)) > 1 else list(p_values)


def benjamini_hochberg(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return p-values adjusted for the false discovery rate, in the given order; an empty list stays empty.

    Source: Benjamini and Hochberg 1995, Journal of the Royal Statistical Society B 57.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")[::-1]
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(p[order] * len(p) / np.arange(len(p), 0, -1)))
    return adjusted
