"""Areas and calibration from counts: scikit-learn, a published example, bootstraps and simulations with known truth."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from auditor.stats.binned import area, area_gap, in_the_large, joined


def _counts(own: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts of two samples over all values that occur, in ascending order."""
    values = np.unique(np.concatenate([own, others]))
    first, second = ((of[:, None] == values).sum(axis=0).astype(float) for of in (own, others))
    return first, second


def test_the_area_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    own, others = rng.integers(0, 12, 300) + 2, rng.integers(0, 12, 500)
    truth = np.repeat([1, 0], [300, 500])
    expected = roc_auc_score(truth, np.concatenate([own, others]))
    assert area(*_counts(own, others)).value == pytest.approx(expected)


def test_the_variance_is_delongs_on_a_worked_example() -> None:
    """Six and eight numbers: the area of 31/48 has DeLong's standard error of .169397 (from its definition, by rows)."""
    own = np.array([3.1, 4.2, 5, 6.3, 7.7, 8.1])
    others = np.array([2, 3.3, 3.9, 4.4, 5.1, 5.5, 6, 7.2])
    beats = (own[:, None] > others) + 0.5 * (own[:, None] == others)
    error = np.sqrt(beats.mean(axis=1).var(ddof=1) / 6 + beats.mean(axis=0).var(ddof=1) / 8)
    found = area(*_counts(own, others))
    assert found.value == pytest.approx(31 / 48)
    assert np.sqrt(found.variance) == pytest.approx(error) == pytest.approx(0.169397, abs=1e-6)


def test_delongs_error_is_that_of_a_bootstrap() -> None:
    rng = np.random.default_rng(2)
    own, others = rng.normal(0.8, 1, 150).round(1), rng.normal(0, 1, 250).round(1)
    drawn = [area(*_counts(rng.choice(own, 150), rng.choice(others, 250))).value for _ in range(600)]
    assert np.sqrt(area(*_counts(own, others)).variance) == pytest.approx(np.std(drawn), rel=0.12)


@pytest.mark.parametrize("shift", [0.0, 2.5])
def test_the_interval_of_a_difference_of_areas_holds(shift: float) -> None:
    """Groups of 12 + 40 and 60 + 90 rows with one true area: 95% of intervals hold 0, and the test agrees."""
    rng = np.random.default_rng(3)
    held, rounds = 0, 600
    for _ in range(rounds):
        areas = [
            area(*_counts(rng.normal(shift, 1, m).round(1), rng.normal(0, 1, n).round(1)))
            for m, n in ((12, 40), (60, 90))
        ]
        gap = area_gap(areas[0], areas[1])
        held += gap.interval.low <= 0 <= gap.interval.high
        assert (gap.p < 0.05) is not (gap.interval.low <= 0 <= gap.interval.high)
    assert held / rounds > 0.93


def test_complete_separation_has_an_error_all_the_same() -> None:
    found = area(np.array([0.0, 10.0]), np.array([12.0, 0.0]))
    assert found.value == 1 and found.interval.low < 0.8
    gap = area_gap(found, area(np.array([5.0, 10.0]), np.array([10.0, 5.0])))
    assert gap.interval.low < gap.value < gap.interval.high


@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_calibration_in_the_large_covers_the_truth(rate: float) -> None:
    """Outcomes are drawn from the scores themselves: the true difference is 0."""
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(500):
        score = np.clip(rng.beta(2, 2 * (1 - rate) / rate, 120), 0.001, 0.999).round(2)
        y = rng.random(120) < score
        values = np.unique(score)
        own, others = ((score[y == of][:, None] == values).sum(axis=0) for of in (True, False))
        found = in_the_large(values, own.astype(float), others.astype(float))
        assert found.difference == pytest.approx(score.mean() - y.mean())
        held += found.interval.low <= 0 <= found.interval.high
    assert held / 500 > 0.92


def test_ranges_of_bins_have_about_as_many_rows() -> None:
    rng = np.random.default_rng(5)
    counts = rng.integers(0, 9, 200).astype(float)
    parts = joined(counts, 10)
    assert parts[0][0] == 0 and parts[-1][1] == 200
    sums = [counts[low:high].sum() for low, high in parts]
    assert sum(sums) == counts.sum() and max(sums) - min(sums) < 2 * 9
