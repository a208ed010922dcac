"""Fisher's exact mid-p of many tables at once: scipy's distribution takes milliseconds for each of large tables."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

Numbers = NDArray[np.float64]

LARGE = 16.0  # from which Stirling's series is as exact as a float
CLOSE, SERIES = 0.1, 8  # of a count and its mean; the terms that are then as exact as a float
NEGLIGIBLE = 1e-18  # of a sum: what is less no longer changes it


def mid_p(x: Numbers, n: float, n_a: float, held: Numbers) -> Numbers:
    """Return the two-sided mid-p of each of `x` of `held` being among `n_a` drawn of `n`; shape (tables,).

    Twice the smaller tail, the point itself counted half. The counts are whole and possible. Source: Lancaster 1961,
    Journal of the American Statistical Association 56.
    """
    point = np.exp(log_mass(x, n, n_a, held))
    tail = point * _outward(x, n, n_a, held)
    p: Numbers = 2 * np.minimum(tail, 1 + point - tail) - point
    return p


def log_mass(x: Numbers, n: float, n_a: float, held: Numbers) -> Numbers:
    """Return the logarithm of the chance of each `x`: that of three binomials.

    Their masses are distances from the mean, in which no large logarithms cancel. Source: Loader 2000, Fast and
    accurate computation of binomial probabilities.
    """
    shares = n_a / n, (n - n_a) / n
    mass: Numbers = _log_binomial(x, held, *shares) + _log_binomial(n_a - x, n - held, *shares)
    mass -= _log_binomial(np.array([n_a]), np.array([n]), *shares)
    return mass


def _log_binomial(x: Numbers, n: Numbers, share: float, other: float) -> Numbers:
    """Return the logarithm of the chance of x of n, each with the chance `share`, which is 1 less `other`."""
    away = _distance(x, n * share) + _distance(n - x, n * other)
    mass: Numbers = _beyond_power(n) - _beyond_power(x) - _beyond_power(n - x) - away
    return mass


def _distance(x: Numbers, mean: Numbers) -> Numbers:
    """Return x log(x / mean) - x + mean: by its series where they are close, for the terms would cancel."""
    v = np.divide(x - mean, x + mean, out=np.zeros(len(x)), where=x + mean > 0)
    square = v * v
    powers = np.zeros(len(x))
    for j in range(SERIES, 0, -1):
        powers = square * (powers + 1 / (2 * j + 1))
    found: Numbers = np.where(np.abs(v) < CLOSE, (x - mean) * v + 2 * x * v * powers, special.kl_div(x, mean))
    return found


def _beyond_power(n: Numbers) -> Numbers:
    """Return log n! less that of (n / e)^n."""
    small, large = np.minimum(n, LARGE), np.maximum(n, LARGE)
    series = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / 1680 / large**2) / large**2) / large**2) / large
    found: Numbers = np.where(
        n < LARGE,
        special.gammaln(small + 1) - special.xlogy(small, small) + small,
        0.5 * np.log(2 * math.pi * large) + series,
    )
    return found


def _outward(x: Numbers, n: float, n_a: float, held: Numbers) -> Numbers:
    """Return the tail that begins with each `x` and leads away from the mean, over the chance of `x` itself."""
    total = np.ones(len(x))
    for up in (True, False):
        at = np.flatnonzero((x * n >= held * n_a) == up)
        k, of, term = x[at], held[at], np.ones(len(at))
        while len(at):
            if up:
                term *= (of - k) * (n_a - k) / ((k + 1) * (n - of - n_a + k + 1))
            else:
                term *= k * (n - n_a - of + k) / ((of - k + 1) * (n_a - k + 1))
            total[at] += term
            going = term > NEGLIGIBLE * total[at]
            at, k, of, term = at[going], k[going] + (1 if up else -1), of[going], term[going]
    return total
