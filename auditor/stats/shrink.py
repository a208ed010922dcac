"""Rates of many small groups, shrunk towards each other but for odd ones: a Bayesian mixture on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from auditor.stats.roots import root

MEANS = 99
SHRINKAGES = 24
ODD = 0.05  # the prior chance that a group is unlike the others, with any rate


@dataclass(frozen=True)
class Shrunk:
    """One group's rate: posterior mean, 95% interval, and the probability that it is below threshold x mean rate."""

    rate: float
    low: float
    high: float
    below: float


@dataclass(frozen=True)
class _Grid:
    """The beta distributions that rates may come from: mean, both parameters and posterior weight, each an array."""

    mean: np.ndarray
    a: np.ndarray
    b: np.ndarray
    weight: np.ndarray


def shrink(
    favourable: Sequence[float], rows: Sequence[float], limit: float = 0.8, alpha: float = 0.05, odd: float = ODD
) -> list[Shrunk]:
    """Shrink the rates of groups of one row or more towards their common mean.

    Rates are beta with mean m ~ U(0,1) and concentration k; the share of shrinkage k / (k + n), n the geometric mean
    size, is U(0,1). Both are integrated over, on a grid of 99 x 24: plugging in their best values would make the
    intervals far too narrow for few groups. With probability `odd` a group is unlike the others and its rate U(0,1):
    without that the one odd group is pulled to the mean of the others. In simulations its interval then covers the
    true rate in 54% of data sets with 12 groups and in 3% with 60, instead of in 97 and 90%.
    """
    x, n = np.asarray(favourable, dtype=float), np.asarray(rows, dtype=float)
    shrinkage = (np.arange(SHRINKAGES) + 0.5) / SHRINKAGES
    size = np.exp(np.log(n).mean())
    mean, k = np.meshgrid(np.linspace(0.01, 0.99, MEANS), size * shrinkage / (1 - shrinkage), indexing="ij")
    mean, k = mean.ravel(), k.ravel()
    a, b = mean * k, (1 - mean) * k
    log_weight = sum(_log_likelihood(xi, ni, a, b, odd)[0] for xi, ni in zip(x, n, strict=True))
    weight = np.exp(log_weight - np.max(log_weight))
    weight /= weight.sum()
    keep = weight > 1e-9  # the rest of the grid changes no reported figure
    grid = _Grid(mean[keep], a[keep], b[keep], weight[keep] / weight[keep].sum())
    return [_posterior(xi, ni, grid, limit, alpha, odd) for xi, ni in zip(x, n, strict=True)]


def _log_likelihood(x: float, n: float, a: np.ndarray, b: np.ndarray, odd: float) -> tuple[np.ndarray, np.ndarray]:
    """Return how likely a group's counts are at each point of the grid, and the chance that it is odd there."""
    like = special.betaln(x + a, n - x + b) - special.betaln(a, b)
    if not odd:
        return like, np.zeros_like(like)
    unlike = np.log(odd) + special.betaln(x + 1, n - x + 1)
    total = np.logaddexp(np.log1p(-odd) + like, unlike)
    return total, np.exp(unlike - total)


def _posterior(x: float, n: float, grid: _Grid, limit: float, alpha: float, odd: float) -> Shrunk:
    """Mix the beta posteriors of one group over the grid, with the one that it has where it is odd."""
    _, chance = _log_likelihood(x, n, grid.a, grid.b, odd)
    weight, odd_weight = grid.weight * (1 - chance), grid.weight * chance
    a, b, odd_share = x + grid.a, n - x + grid.b, float(odd_weight.sum())

    def quantile(share: float) -> float:
        def excess(rate: float) -> float:
            mixed = float((special.betainc(a, b, rate) * weight).sum())
            return mixed + odd_share * float(special.betainc(x + 1, n - x + 1, rate)) - share

        return root(excess, 0.0, 1.0, absolute=1e-9)

    least = limit * grid.mean
    below = special.betainc(a, b, least) * weight + special.betainc(x + 1, n - x + 1, least) * odd_weight
    return Shrunk(
        rate=float((a / (a + b) * weight).sum()) + odd_share * (x + 1) / (n + 2),
        low=quantile(alpha / 2),
        high=quantile(1 - alpha / 2),
        below=float(below.sum()),
    )
