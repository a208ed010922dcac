"""Shares against a stated population, against published rows and scipy."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

from auditor.analyzers.states import share_gap
from auditor.model import State
from auditor.stats.proportions import goodman
from auditor.stats.shares import (
    against_population,
    goodness_of_fit,
    rows_for_distance,
    rows_for_share,
    total_variation,
    total_variation_interval,
)

COUNTS = {"a": 120, "b": 60, "c": 15, "d": 5}
STATED = {"a": 0.5, "b": 0.3, "c": 0.15, "d": 0.05}


def test_goodness_of_fit_gives_the_published_row() -> None:
    statistic, p = goodness_of_fit(COUNTS, STATED)
    assert statistic == pytest.approx(14.0)
    assert p == pytest.approx(0.002905, abs=1e-6)
    assert total_variation(COUNTS, STATED) == pytest.approx(0.1)


LIMIT = Fraction(4, 5)


def test_one_share_gives_the_published_row() -> None:
    share = next(s for s in against_population({"x": 15, "y": 185}, {"x": 0.15, "y": 0.85}) if s.level == "x")
    assert share.p == pytest.approx(0.001996, abs=1e-6)
    assert share.z == pytest.approx(-2.970443, abs=1e-6)
    assert share.ratio == pytest.approx(0.5)
    assert share.shortfall == pytest.approx(15)
    assert share_gap(share, LIMIT, 0.05) is State.SHOWN


def test_states_of_shares() -> None:
    states = {s.level: share_gap(s, LIMIT, 0.05) for s in against_population({"x": 10, "y": 990}, {"x": 0.5, "y": 0.5})}
    assert states == {"x": State.SHOWN_STRONG, "y": State.CLEAR}
    states = {s.level: share_gap(s, LIMIT, 0.05) for s in against_population({"x": 4, "y": 6}, {"x": 0.5, "y": 0.5})}
    assert states["x"] is State.UNDETERMINED


def test_a_stated_group_that_is_absent_is_counted_as_none() -> None:
    share = next(s for s in against_population({"y": 100}, {"x": 0.3, "y": 0.7}) if s.level == "x")
    assert share.count == 0
    assert share_gap(share, LIMIT, 0.05) is State.SHOWN_STRONG
    assert share.p == pytest.approx(stats.binomtest(0, 100, 0.3).pvalue)


def test_small_expected_counts_are_simulated() -> None:
    """Four rows over rare categories: against the exact probability by enumeration."""
    counts, stated = {"x": 2, "y": 2}, {"x": 0.1, "y": 0.9}
    statistic, p = goodness_of_fit(counts, stated)
    reached = [k for k in range(5) if (k - 0.4) ** 2 / 0.4 + (0.4 - k) ** 2 / 3.6 >= statistic - 1e-9]
    assert p == pytest.approx(sum(float(stats.binom.pmf(k, 4, 0.1)) for k in reached), abs=0.003)


@pytest.mark.parametrize(
    ("drawn", "stated"),
    [
        ([0.4, 0.6], [0.5, 0.5]),
        ([0.3, 0.175, 0.175, 0.175, 0.175], [0.2] * 5),
        ([0.25, 0.25, 0.2, 0.2, 0.1], [0.2] * 5),
        ([1 / 12] * 12, [1 / 12] * 12),
    ],
)
@pytest.mark.parametrize("rows", [200, 1500])
def test_the_interval_of_a_distance_covers_the_true_one(drawn: list[float], stated: list[float], rows: int) -> None:
    """Of 500 samples; 4 standard errors under 95%, each bound by itself 4 of them over 2.5%."""
    true = sum(abs(own - of) for own, of in zip(drawn, stated, strict=True)) / 2
    levels = [str(place) for place in range(len(drawn))]
    samples = np.random.default_rng(5).multinomial(rows, drawn, 500)
    bounds = [
        total_variation_interval(dict(zip(levels, sample, strict=True)), dict(zip(levels, stated, strict=True)))
        for sample in samples.tolist()
    ]
    assert sum(high < true - 1e-12 for _, high in bounds) <= 500 * (0.025 + 4 * (0.025 * 0.975 / 500) ** 0.5)
    assert sum(low <= true <= high + 1e-12 for low, high in bounds) >= 500 * (0.95 - 4 * (0.05 * 0.95 / 500) ** 0.5)


def test_rows_that_earn_clear_do_so() -> None:
    """Four in five samples of so many rows, from the stated shares; 2 standard errors of 400 are .04."""
    rng, stated = np.random.default_rng(6), {"a": 0.5, "b": 0.3, "c": 0.2}
    rows = rows_for_distance(stated, 0.1)
    samples = rng.multinomial(rows, list(stated.values()), 400).tolist()
    ends = [total_variation_interval(dict(zip(stated, sample, strict=True)), stated).high for sample in samples]
    assert sum(end <= 0.1 for end in ends) / 400 >= 0.76
    rows = rows_for_share(0.2, 0.8, 3) or 0
    lows = [goodman(sample)[2].low / 0.2 for sample in rng.multinomial(rows, list(stated.values()), 400).tolist()]
    assert 0.76 <= sum(low >= 0.8 for low in lows) / 400 <= 0.92
