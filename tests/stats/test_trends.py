"""Courses over periods: lines, steps and bends, of shares and of gaps, by simulations with known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.regression.linear_model import WLS

from auditor.stats.counts import Pair
from auditor.stats.trends import BEND, STEP, Drift, adjusted_drifts, drift_of, gap_drift, jump_by_chance, share_drift

LEAST = 0.05


def _shown(drift: Drift) -> bool:
    """Whether a course is evident and of 5 points, as the rule has it."""
    (p_values,) = adjusted_drifts([drift])
    return any(p < 0.05 and abs(change) >= LEAST for change, p in p_values.of(drift))


def _rate(shares: np.ndarray, rows: int, seed: int = 1) -> float:
    """Return how often drift is shown; `shares` has a sample per row and a period per column."""
    counts = np.random.default_rng(seed).binomial(rows, shares)
    return float(np.mean([_shown(share_drift(sample, [rows] * len(sample))) for sample in counts.tolist()]))


def _lasting(samples: int, periods: int, spread: float, seed: int = 2) -> np.ndarray:
    """Return shares about .3 whose logits follow one another: AR(1) with .7, stationary."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(0, spread, (samples, periods))
    for period in range(1, periods):
        noise[:, period] = 0.7 * noise[:, period - 1] + np.sqrt(1 - 0.49) * noise[:, period]
    return np.asarray(1 / (1 + np.exp(-(np.log(0.3 / 0.7) + noise))))


def test_a_line_is_that_of_weighted_regression() -> None:
    values, variances, at = [0.1, 0.3, 0.2, 0.5, 0.4], [0.04, 0.02, 0.03, 0.05, 0.02], [0, 1, 2, 4, 5]
    found = drift_of(values, variances, at)
    theirs = WLS(values, np.column_stack([np.ones(5), at]), weights=1 / np.array(variances)).fit()
    assert found.line.change == pytest.approx(5 * theirs.params[1])
    error = float(np.sqrt(theirs.normalized_cov_params[1, 1]))  # of rows alone
    assert found.line.z == pytest.approx(theirs.params[1] / error)
    assert found.line.p == pytest.approx(2 * stats.norm.sf(abs(found.line.z)), rel=1e-4)
    level = np.average(values, weights=1 / np.array(variances))
    assert found.statistic == pytest.approx(sum((np.array(values) - level) ** 2 / np.array(variances)))
    assert found.differ_p == pytest.approx(stats.chi2.sf(found.statistic, 4))


def test_periods_without_change_show_a_course_at_the_rate_of_alpha() -> None:
    """Of 1,000 samples; 5% and 2 standard errors are 6.4%."""
    assert _rate(np.full((1000, 6), 0.3), 150) <= 0.064


@pytest.mark.parametrize(
    ("shares", "least"),
    [
        (np.linspace(0.25, 0.37, 6), 0.9),
        (np.where(np.arange(6) < 3, 0.3, 0.2), 0.85),
        (np.where(np.arange(6) < 5, 0.3, 0.18), 0.85),
        (0.2 + 0.1 * np.abs(np.linspace(-1, 1, 6)), 0.6),
    ],
    ids=["line", "step", "last year", "bend"],
)
def test_a_line_a_step_a_last_year_and_a_bend_are_found(shares: np.ndarray, least: float) -> None:
    """Of 500 rows a period and 200 samples; a test of trend found the bend in 5%."""
    assert _rate(np.tile(shares, (200, 1)), 500) >= least


def test_years_that_follow_one_another_are_seldom_taken_for_a_trend() -> None:
    """A stationary noise of .3 on the logit, 2,000 rows a year: a plain test of trend finds "drift" in half of them."""
    shares = _lasting(300, 8, 0.3)
    assert _rate(shares, 2000) <= 0.1
    counts = np.random.default_rng(1).binomial(2000, shares)
    evident = [adjusted_drifts([share_drift(of, [2000] * 8)])[0].differ < 0.05 for of in counts.tolist()]
    assert np.mean(evident) > 0.9  # they are not alike, and that is said


def test_a_gap_is_level_at_its_rate_and_a_planted_slope_is_found() -> None:
    rng = np.random.default_rng(4)
    level = [
        gap_drift([Pair(int(rng.binomial(60, 0.15)), 60, int(rng.binomial(500, 0.3)), 500) for _ in range(10)])
        for _ in range(400)
    ]
    assert np.mean([drift is not None and drift.p < 0.05 for drift in level]) <= 0.07
    even = gap_drift([Pair(round(500 * 0.9**i), 1000, 500, 1000) for i in range(10)])
    assert even is not None and even.line.change == pytest.approx(9 * np.log(0.9), abs=0.01)
    falling = gap_drift([Pair(400 - 30 * i, 1000, 500, 1000) for i in range(10)])
    assert falling is not None and falling.line.change < 0
    assert falling.p < 1e-6
    assert gap_drift([Pair(1, 2, 1, 2)] * 2) is None


def test_which_course_fits_best_and_where() -> None:
    step = share_drift([300, 300, 300, 200, 200, 200], [1000] * 6).shape
    assert step is not None and (step.kind, step.place) == (STEP, 3)
    assert step.change == pytest.approx(-0.1)
    bend = share_drift([300, 220, 190, 190, 220, 300], [1000] * 6).shape
    assert bend is not None and bend.kind == BEND and bend.change > 0


def test_two_periods_are_two_shares() -> None:
    found = share_drift([300, 360], [1000, 1000])
    z = (0.36 - 0.3) / np.sqrt(0.33 * 0.67 * 2 / 1000)
    assert found.shape is None
    assert found.p == pytest.approx(2 * stats.norm.sf(z), rel=0.01)


def test_the_largest_jump_is_held_against_that_of_chance() -> None:
    """Two periods of two groups: the jump is the distance of two shares, under 1.96 standard errors in 95%."""
    assert jump_by_chance([1000, 1000], [300, 700]) == pytest.approx(1.96 * np.sqrt(0.21 * 2 / 1000), rel=0.12)
