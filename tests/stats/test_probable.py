"""Rates of groups known by probabilities: fractions of hand, the linearised error, and the direction of the bias."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.stats.probable import compared, weighted_rates


def _sums(p: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows in up to 256 blocks; the second level is the rest of the first."""
    both = np.column_stack([p, 1 - p])
    starts = np.linspace(0, len(p), min(256, len(p)), endpoint=False).astype(int)
    return np.add.reduceat(both, starts), np.add.reduceat(both * y[:, None], starts)


def test_four_people_have_the_rates_of_hand() -> None:
    """Probabilities of 1, 1/2, 1/4 and 1/4, the first and the last hired: 5/4 of 2, and 3/4 of 2."""
    rates = weighted_rates(*_sums(np.array([1, 0.5, 0.25, 0.25]), np.array([1.0, 0, 0, 1])))
    assert rates.values == pytest.approx([5 / 8, 3 / 8])
    found = compared(rates, 1, 0)
    assert found.ratio == pytest.approx(3 / 5)
    assert found.difference == pytest.approx(-1 / 4)


def test_the_error_is_that_of_a_ratio_of_sums() -> None:
    """The oracle is the linearised variance of p(y - rate) over the sum of p (Cochran 1977, chapter 6)."""
    rng = np.random.default_rng(5)
    p, y = rng.beta(0.5, 1, 3_000), (rng.random(3_000) < 0.3).astype(float)
    rates = weighted_rates(*_sums(p, y))
    error = np.sqrt(((p * (y - rates.values[0])) ** 2).sum()) / p.sum()
    assert rates.drawn[:, 0].std() == pytest.approx(
        error, rel=0.12
    )  # 256 blocks err by 4.4% of it, 2,000 draws by 1.6%
    low, high = rates.interval(0)
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.12)


def test_certain_probabilities_give_the_plain_rates_and_no_reference_rate_no_ratio() -> None:
    rng = np.random.default_rng(6)
    who, y = rng.random(500) < 0.3, (rng.random(500) < 0.5).astype(float)
    rates = weighted_rates(*_sums(who.astype(float), y))
    assert rates.values == pytest.approx([y[who].mean(), y[~who].mean()])
    nobody = compared(weighted_rates(*_sums(who.astype(float), y * who)), 0, 1)
    assert np.isnan(nobody.ratio) and np.isnan(nobody.ratio_interval.low)


@pytest.mark.parametrize(("penalty", "narrower"), [(0.2, True), (-0.2, False)])
def test_who_does_worse_at_the_same_probabilities_has_a_wider_gap_than_estimated(
    penalty: float, narrower: bool
) -> None:
    rng = np.random.default_rng(7)
    p = rng.beta(0.5, 1, 50_000)
    who = rng.random(len(p)) < p
    y = (rng.random(len(p)) < 0.5 - penalty * who).astype(float)
    estimated = compared(weighted_rates(*_sums(p, y)), 0, 1).difference
    true = y[who].mean() - y[~who].mean()
    assert (abs(estimated) < abs(true)) and np.sign(estimated) == np.sign(true)
    assert bool(estimated > true) is narrower


def test_without_a_difference_at_the_same_probabilities_the_interval_holds_the_truth() -> None:
    rng, held, rounds = np.random.default_rng(8), 0, 100
    for _ in range(rounds):
        p = rng.beta(0.5, 1, 600)
        y = (rng.random(600) < 0.3 + 0.3 * p).astype(float)
        low, high = weighted_rates(*_sums(p, y)).interval(0)
        # E[y | a] = .3 + .3 E[p^2] / E[p]; of a beta of .5 and 1 that is (a + 1) / (a + b + 1) = .6.
        held += low <= 0.3 + 0.3 * 0.6 <= high
    assert held >= (0.95 - 2 * np.sqrt(0.95 * 0.05 / rounds)) * rounds
