"""Rates of many small groups, shrunk towards each other: a beta-binomial model, all Bayes, on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import optimize, special

MEANS = 99
SHRINKAGES = 24


@dataclass(frozen=True)
class Shrunk:
    """One group's rate: posterior mean, 95 % interval, and the probability that it is below limit x the mean rate."""

    rate: float
    low: float
    high: float
    below: float


def shrink(favourable: Sequence[float], rows: Sequence[float], limit: float = 0.8, alpha: float = 0.05) -> list[Shrunk]:
    """Shrink the rates of groups of one row or more towards their common mean.

    Rates are beta with mean m ~ U(0,1) and concentration k; the share of shrinkage k / (k + n), n the geometric mean
    size, is U(0,1). Both are integrated over, on a grid of 99 x 24: plugging in their best values would make the
    intervals far too narrow for few groups.
    """
    x, n = np.asarray(favourable, dtype=float), np.asarray(rows, dtype=float)
    shrinkage = (np.arange(SHRINKAGES) + 0.5) / SHRINKAGES
    size = np.exp(np.log(n).mean())
    mean, k = np.meshgrid(np.linspace(0.01, 0.99, MEANS), size * shrinkage / (1 - shrinkage), indexing="ij")
    mean, k = mean.ravel(), k.ravel()
    a, b = mean * k, (1 - mean) * k
    log_likelihood = sum(
        special.betaln(xi + a, ni - xi + b) - special.betaln(a, b) for xi, ni in zip(x, n, strict=True)
    )
    weight = np.exp(log_likelihood - np.max(log_likelihood))
    weight /= weight.sum()
    keep = weight > 1e-9  # the rest of the grid moves no figure that is shown
    mean, a, b, weight = mean[keep], a[keep], b[keep], weight[keep] / weight[keep].sum()
    return [_posterior(xi + a, ni - xi + b, mean, weight, limit, alpha) for xi, ni in zip(x, n, strict=True)]


def _posterior(
    a: np.ndarray, b: np.ndarray, mean: np.ndarray, weight: np.ndarray, limit: float, alpha: float
) -> Shrunk:
    """Mix the beta posteriors of one group over the grid."""

    def cdf(rate: float | np.ndarray) -> float:
        return float((special.betainc(a, b, rate) * weight).sum())

    def quantile(share: float) -> float:
        return float(optimize.brentq(lambda rate: cdf(rate) - share, 0.0, 1.0, xtol=1e-9))

    return Shrunk(
        rate=float((a / (a + b) * weight).sum()),
        low=quantile(alpha / 2),
        high=quantile(1 - alpha / 2),
        below=cdf(limit * mean),
    )
