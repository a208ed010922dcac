"""A covariance matrix estimated from few rows: shrunk towards a multiple of the identity."""

from __future__ import annotations

import numpy as np


def shrunk(covariance: np.ndarray, rows: float) -> np.ndarray:
    """Return the oracle-approximating shrinkage of a covariance (divided by `rows`); both have the shape (d, d).

    The amount depends on the trace of the matrix and of its square alone, so that the result turns with the vectors.

    Source: Chen, Wiesel, Eldar and Hero 2010, IEEE Transactions on Signal Processing 58, equation 23.
    """
    d = len(covariance)
    trace = float(np.trace(covariance))
    share = shrinkage(trace, float((covariance * covariance).sum()), d, rows)
    result: np.ndarray = (1 - share) * covariance
    result[np.diag_indices(d)] += share * trace / d
    return result


def shrinkage(trace: float, square: float, d: int, rows: float) -> float:
    """Return how far a covariance of `d` dimensions is shrunk, from 0 to 1, by its trace and that of its square."""
    above = (1 - 2 / d) * square + trace**2
    below = (rows + 1 - 2 / d) * (square - trace**2 / d)
    return 1.0 if below <= 0 else min(1.0, above / below)


def solved(covariance: np.ndarray, rows: float, right: np.ndarray) -> np.ndarray:
    """Return the inverse of a shrunk covariance times `right`, shape (d, k); 0 where nothing varies."""
    from scipy.linalg.lapack import dposv  # `solve` takes three times as long to estimate the condition

    if not float(np.trace(covariance)) > 0:
        return np.zeros_like(right)
    matrix = shrunk(covariance, rows)
    found: np.ndarray
    _, found, failed = dposv(matrix, right)
    if failed:  # so many rows that nothing is shrunk, and directions in which nothing varies
        found = np.linalg.lstsq(matrix, right, rcond=None)[0]
    return found
