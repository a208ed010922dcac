"""Fisher's exact mid-p of many tables: whole numbers in full, scipy where those would take too long."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from auditor.stats.hypergeometric import log_mass, mid_p


def by_whole_numbers(x: int, n: int, n_a: int, held: int, reach: int) -> float:
    """Add up the tables on both sides of x, at most `reach` of them."""

    def weight(k: int) -> int:
        return math.comb(held, k) * math.comb(n - held, n_a - k)

    low = sum(weight(k) for k in range(max(0, held - n + n_a, x - reach), x + 1))
    high = sum(weight(k) for k in range(x, min(held, n_a, x + reach) + 1))
    return float(Fraction(2 * min(low, high) - weight(x), math.comb(n, n_a)))


def test_every_table_of_small_margins() -> None:
    for n in (1, 2, 7, 23):
        for n_a in range(1, n):
            for held in range(n + 1):
                x = np.arange(max(0, held - n + n_a), min(held, n_a) + 1)
                found = mid_p(x.astype(float), n, n_a, np.full(len(x), float(held)))
                assert found == pytest.approx([by_whole_numbers(int(k), n, n_a, held, n) for k in x], rel=1e-11)


@pytest.mark.parametrize(
    ("x", "n", "n_a", "held"),
    [(100, 2_000, 900, 180), (30, 2_000, 900, 180), (120, 20_000, 300, 6_000), (75, 20_000, 9_000, 150)],
)
def test_larger_margins(x: int, n: int, n_a: int, held: int) -> None:
    found = mid_p(np.array([float(x)]), n, n_a, np.array([float(held)]))
    assert found[0] == pytest.approx(by_whole_numbers(x, n, n_a, held, 60), rel=1e-12)


@pytest.mark.parametrize(
    ("n", "n_a"), [(60, 25), (1_000, 10), (200_000, 300), (200_000, 90_000), (3_000_000, 2_900_000)]
)
def test_tables_of_any_size_are_those_of_scipy(n: int, n_a: int) -> None:
    rng = np.random.default_rng(0)
    held = rng.integers(0, min(n, 400) + 1, 300).astype(float)
    held = np.where(rng.random(300) < 0.2, n - held, held)
    low, high = np.maximum(0, held - n + n_a), np.minimum(held, n_a)
    drawn = rng.hypergeometric(n_a, n - n_a, held.astype(int))
    x = np.where(rng.random(300) < 0.3, np.floor(low + rng.random(300) * (high - low)), drawn).astype(float)
    theirs = stats.hypergeom(n, n_a, held)
    p = 2 * np.minimum(theirs.cdf(x), theirs.sf(x - 1)) - theirs.pmf(x)
    assert mid_p(x, n, n_a, held) == pytest.approx(p, rel=1e-8, abs=1e-290)
    assert log_mass(x, n, n_a, held) == pytest.approx(theirs.logpmf(x), abs=1e-6)


def test_chances_add_up_to_one() -> None:
    x = np.arange(301.0)
    assert np.exp(log_mass(x, 200_000, 70_000, np.full(301, 300.0))).sum() == pytest.approx(1, abs=1e-13)
