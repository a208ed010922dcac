"""Ratios of means, quantiles and deltas of two groups: by scipy, by hand, and by how often intervals hold the truth."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from auditor.stats.counts import Interval, Moments
from auditor.stats.numeric import cliffs_delta, mean_gap, mean_ratio, skewness
from auditor.stats.quantiles import Estimate, equal_below, quantile, quantile_gap, quantile_ratio

Draw = Callable[[np.random.Generator, int], np.ndarray]
NUMBERS: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(50, 10, n),
    "lognormal": lambda rng, n: rng.lognormal(0, 1, n),
    "exponential": lambda rng, n: rng.exponential(1, n),
    "seven of ten are 0": lambda rng, n: rng.lognormal(0, 1, n) * (rng.random(n) < 0.3),
    "nine of ten are 0": lambda rng, n: rng.lognormal(0, 1, n) * (rng.random(n) < 0.1),
    "grades": lambda rng, n: rng.integers(1, 6, n).astype(float),
}
SAMPLES = 400
LEAST = 0.94 - 2 * math.sqrt(0.06 * 0.94 / SAMPLES)


def _moments(values: np.ndarray) -> Moments:
    return Moments(len(values), float(values.mean()), float(values.var()))


def _skew(values: np.ndarray) -> float:
    return skewness(*np.unique(values, return_counts=True))


def _counts(own: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[tuple[float, float]]]:
    """Return the rows of both at each value that occurs, and the values as bins of one value."""
    values, places = np.unique(np.concatenate([own, theirs]), return_inverse=True)
    counts = [np.bincount(of, minlength=len(values)).astype(float) for of in np.split(places, [len(own)])]
    return counts[0], counts[1], [(float(value), float(value)) for value in values]


@pytest.mark.parametrize("rows", [10, 30])
@pytest.mark.parametrize("kind", NUMBERS)
def test_intervals_of_small_groups_hold_the_truth(kind: str, rows: int) -> None:
    """Two groups of the same numbers, 10 or 30 against 300: delta 0, ratio 1, no gap of quantiles; 400 samples."""
    rng, held = np.random.default_rng(rows), np.zeros(5)
    for _ in range(SAMPLES):
        own, theirs = NUMBERS[kind](rng, rows), NUMBERS[kind](rng, 300)
        counts, counts_ref, bins = _counts(own, theirs)
        delta = cliffs_delta(counts, counts_ref).interval
        ratio = mean_ratio(_moments(own), _moments(theirs), (_skew(own), _skew(theirs)))
        gaps = [quantile_gap(quantile(counts, bins, at), quantile(counts_ref, bins, at)) for at in (0.1, 0.5, 0.9)]
        known = ratio is None or ratio.interval.low <= 1 <= ratio.interval.high
        held += [delta.low <= 0 <= delta.high, known, *(gap.interval.low <= 0 <= gap.interval.high for gap in gaps)]
    assert (held / SAMPLES >= LEAST).all(), held / SAMPLES


def test_the_ratio_of_means_is_welchs_on_the_logarithm() -> None:
    """Means 8 and 10, variances 4 and 9 (by n - 1) of 20 and 40: worked by hand from the delta method."""
    found = mean_ratio(Moments(20, 8.0, 4 * 19 / 20), Moments(40, 10.0, 9 * 39 / 40))
    assert found is not None
    parts = 4 / 20 / 64, 9 / 40 / 100
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 19 + parts[1] ** 2 / 39)
    reach = stats.t.ppf(0.975, freedom) * math.sqrt(sum(parts))
    assert found.value == pytest.approx(0.8)
    assert found.interval == pytest.approx((0.8 * math.exp(-reach), 0.8 * math.exp(reach)))
    assert found.p == pytest.approx(2 * stats.t.sf(-math.log(0.8) / math.sqrt(sum(parts)), freedom))
    assert found.turned.value == pytest.approx(1.25)
    assert mean_ratio(Moments(20, -8.0, 4.0), Moments(40, 10.0, 9.0)) is None
    same = mean_ratio(Moments(20, 1.0, 0.0), Moments(40, 2.0, 0.0))
    assert same is not None and math.isnan(same.interval.low) and math.isnan(same.p)


def test_a_long_tail_makes_the_interval_longer_on_the_side_of_the_mean_that_may_be_too_low() -> None:
    straight = mean_ratio(Moments(30, 8.0, 4.0), Moments(300, 10.0, 9.0))
    skewed = mean_ratio(Moments(30, 8.0, 4.0), Moments(300, 10.0, 9.0), (2.0, 0.0))
    assert straight is not None and skewed is not None
    assert skewed.interval.high > straight.interval.high
    assert skewed.interval.low == straight.interval.low
    assert skewed.p > straight.p


def test_skewness_is_scipys() -> None:
    values = np.random.default_rng(1).lognormal(0, 1, 500)
    assert _skew(values) == pytest.approx(stats.skew(values))
    assert skewness(np.array([3.0]), np.array([5.0])) == 0.0


def test_hedges_g_has_its_interval() -> None:
    """Of 40 and 60 with a g of .5: the error is the root of 1/40 + 1/60 + g squared over twice 98."""
    found = mean_gap(Moments(40, 5.0, 98 / 100), Moments(60, 4.5, 98 / 100))
    g = 0.5 * (1 - 3 / (4 * 98 - 1))
    error = math.sqrt(1 / 40 + 1 / 60 + g**2 / (2 * 98))
    assert found.hedges_g == pytest.approx(g)
    assert found.g_interval == pytest.approx((g - stats.norm.ppf(0.975) * error, g + stats.norm.ppf(0.975) * error))


@pytest.mark.parametrize(("rows", "share"), [(5, 0.5), (36, 0.1), (37, 0.9), (200, 0.5), (5000, 0.1)])
def test_the_interval_of_a_quantile_is_that_of_order_statistics(rows: int, share: float) -> None:
    """Rows 1 to n, each a value: the ends are the places that scipy's binomial gives; scipy's quantile_test agrees."""
    bins = [(float(i), float(i)) for i in range(1, rows + 1)]
    found = quantile(np.ones(rows), bins, share)
    first = int(stats.binom.ppf(0.025, rows, share))
    last = int(stats.binom.ppf(0.975, rows, share)) + 1
    assert found.interval.low == (first if first >= 1 else -math.inf)
    assert found.interval.high == (last if last <= rows else math.inf)
    theirs: Any = stats.quantile_test(np.arange(1, rows + 1), p=share)
    low, high = theirs.confidence_interval(0.95)
    assert found.interval.low == pytest.approx(low, abs=1) or not math.isfinite(found.interval.low)
    assert found.interval.high == pytest.approx(high, abs=1) or not math.isfinite(found.interval.high)


def test_bins_only_widen_the_interval_of_a_quantile() -> None:
    values = np.random.default_rng(2).normal(50, 10, 500)
    exact, _, single = _counts(values, values[:0])
    edges = np.quantile(values, np.linspace(0, 1, 21))
    counts = np.histogram(values, edges)[0].astype(float)
    for share in (0.1, 0.5, 0.9):
        fine = quantile(exact, single, share)
        coarse = quantile(counts, list(itertools.pairwise(edges.tolist())), share)
        assert coarse.interval.low <= fine.interval.low <= fine.interval.high <= coarse.interval.high


def test_ratios_of_quantiles_are_by_logarithms_and_need_numbers_above_nought() -> None:
    """8 in [6, 10] over 10 in [9, 12]: the reach below is the root of ln(8/6)^2 + ln(12/10)^2."""
    own, theirs = Estimate(8.0, Interval(6.0, 10.0)), Estimate(10.0, Interval(9.0, 12.0))
    found = quantile_ratio(own, theirs)
    assert found is not None and found.value == pytest.approx(0.8)
    assert found.interval.low == pytest.approx(0.8 * math.exp(-math.hypot(math.log(8 / 6), math.log(1.2))))
    assert quantile_ratio(Estimate(0.0, own.interval), theirs) is None


def test_the_test_of_a_quantile_is_moods() -> None:
    rng = np.random.default_rng(3)
    own, theirs = rng.normal(0, 1, 200), rng.normal(0.3, 1, 300)
    counts, counts_ref, _ = _counts(own, theirs)
    _, p, _, _ = stats.median_test(own, theirs, correction=False, ties="below")
    assert equal_below(counts, counts_ref, 0.5) == pytest.approx(p)
