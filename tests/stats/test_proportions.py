"""Intervals, tests and power against published rows, hand fractions, statsmodels, scipy, and laws."""

from __future__ import annotations

import math
from dataclasses import astuple
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    multinomial_proportions_confint,
    power_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

from auditor.stats.counts import Pair
from auditor.stats.proportions import (
    detectable_ratio,
    equal_rates,
    goodman,
    needed_n,
    newcombe,
    ratio_interval,
    ratio_z,
    rows_to_bound,
    wilson,
)

FOUR_FIFTHS = Fraction(4, 5)


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    n, n_ref = draw(st.integers(1, 400)), draw(st.integers(1, 400))
    return Pair(draw(st.integers(0, n)), n, draw(st.integers(0, n_ref)), n_ref)


@pytest.mark.parametrize(
    ("pair", "ratio", "low", "high"),
    [
        ((120, 1000, 900, 5000), 2 / 3, 0.557237, 0.794947),
        ((12, 60, 40, 100), 0.5, 0.281760, 0.851415),
        ((48, 80, 12, 40), 2.0, 1.257455, 3.416781),
        ((3, 7, 40, 50), 15 / 28, 0.194528, 0.971167),
        ((0, 20, 5, 20), 0.0, 0.0, 0.704847),
        ((5, 20, 0, 20), math.inf, 1.418747, math.inf),
        ((20, 20, 20, 20), 1.0, 0.835423, 1.196998),
        ((10, 20, 20, 20), 0.5, 0.297160, 0.702840),
        ((10**8, 10**9, 2 * 10**8, 10**9), 0.5, 0.499888, 0.500112),
    ],
)
def test_ratio_interval_gives_the_published_rows(
    pair: tuple[int, int, int, int], ratio: float, low: float, high: float
) -> None:
    found = ratio_interval(Pair(*pair))
    assert Pair(*pair).ratio == pytest.approx(ratio)
    assert found.low == pytest.approx(low, abs=1e-6)
    assert found.high == pytest.approx(high, abs=1e-6)


@given(pairs())
def test_ratio_interval_equals_statsmodels_in_the_interior(pair: Pair) -> None:
    if not (2 < pair.x < pair.n - 2 and 2 < pair.x_ref < pair.n_ref - 2):
        return
    ours = ratio_interval(pair)
    theirs = confint_proportions_2indep(
        pair.x, pair.n, pair.x_ref, pair.n_ref, method="score", compare="ratio", correction=True
    )
    assert ours == pytest.approx(theirs, rel=1e-4)


@given(pairs())
def test_ratio_interval_contains_the_ratio_and_turns_over_with_the_pair(pair: Pair) -> None:
    low, high = ratio_interval(pair)
    assert 0 <= low <= high
    if not math.isnan(pair.ratio):
        assert low * (1 - 1e-9) <= pair.ratio <= high * (1 + 1e-9)
    other = ratio_interval(pair.swapped)
    if pair.x and pair.x_ref:
        assert other.low == pytest.approx(1 / high, rel=1e-6)
        assert other.high == pytest.approx(1 / low, rel=1e-6)


@given(pairs())
def test_at_ratio_one_the_score_is_the_pooled_z_but_for_its_small_sample_factor(pair: Pair) -> None:
    z = equal_rates(pair).z
    total = pair.n + pair.n_ref
    if math.isnan(z):
        return
    assert ratio_z(pair, 1.0) == pytest.approx(z * math.sqrt((total - 1) / total), abs=1e-9)


def test_ratio_interval_covers_a_known_ratio_as_often_as_it_says() -> None:
    """Exact coverage by enumeration of all tables at 60 against 100 rows, rates 0.24 and 0.4 (ratio 0.6)."""
    n, n_ref, p_ref, ratio = 60, 100, 0.4, 0.6
    chance = [float(stats.binom.pmf(x, n, ratio * p_ref)) for x in range(n + 1)]
    chance_ref = [float(stats.binom.pmf(y, n_ref, p_ref)) for y in range(n_ref + 1)]
    z = stats.norm.ppf(0.975)
    covered = sum(
        chance[x] * chance_ref[y]
        for x in range(n + 1)
        for y in range(n_ref + 1)
        if chance[x] * chance_ref[y] > 1e-12 and abs(ratio_z(Pair(x, n, y, n_ref), ratio)) <= z
    )
    assert 0.94 <= covered <= 0.965


def test_two_zero_rates_say_nothing() -> None:
    assert ratio_interval(Pair(0, 20, 0, 30)) == (0.0, math.inf)
    assert math.isnan(Pair(0, 20, 0, 30).ratio)


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [(0, 20, 0, 0.161125), (3, 50, 0.020615, 0.162171), (20, 100, 0.133367, 0.288829), (199, 1000, 0.175427, 0.224877)],
)
def test_wilson_gives_the_published_rows(x: int, n: int, low: float, high: float) -> None:
    assert wilson(x, n) == pytest.approx((low, high), abs=1e-6)


@given(pairs(), st.sampled_from([0.1, 0.05, 0.01, 0.0001]))
def test_wilson_and_newcombe_equal_statsmodels(pair: Pair, alpha: float) -> None:
    found = wilson(pair.x, pair.n, alpha)
    assert found == pytest.approx(proportion_confint(pair.x, pair.n, alpha, method="wilson"), abs=1e-12)
    assert 0 <= found.low <= pair.rate <= found.high <= 1
    theirs = confint_proportions_2indep(*astuple(pair)[:4], method="newcomb", compare="diff", alpha=alpha)
    assert newcombe(pair, alpha) == pytest.approx(theirs, abs=1e-12)


@given(st.lists(st.integers(0, 500), min_size=3, max_size=9).filter(any))  # two shares are one test
def test_goodman_equals_statsmodels(counts: list[int]) -> None:
    theirs = multinomial_proportions_confint(counts, 0.05, method="goodman")
    for found, (low, high) in zip(goodman(counts), theirs, strict=True):
        assert found == pytest.approx((low, high), abs=1e-12)


def test_goodman_gives_the_published_rows() -> None:
    expected = [(0.511717, 0.682233), (0.226119, 0.385981), (0.040276, 0.135435), (0.008647, 0.070089)]
    for found, row in zip(goodman([120, 60, 15, 5]), expected, strict=True):
        assert found == pytest.approx(row, abs=1e-6)


def test_newcombe_gives_the_published_row() -> None:
    assert newcombe(Pair(12, 60, 40, 100)) == pytest.approx((-0.327596, -0.051376), abs=1e-6)


@given(pairs())
def test_newcombe_contains_the_difference(pair: Pair) -> None:
    low, high = newcombe(pair)
    assert low - 1e-9 <= pair.rate - pair.rate_ref <= high + 1e-9


@pytest.mark.parametrize(
    ("pair", "z", "p", "test"),
    [
        ((12, 60, 40, 100), -2.614882, 0.008926, "pooled Z"),
        ((120, 1000, 900, 5000), -4.611021, None, "pooled Z"),
        ((3, 7, 40, 50), -2.138201, 0.054064, "Fisher exact"),
    ],
)
def test_equal_rates_gives_the_published_rows(
    pair: tuple[int, int, int, int], z: float, p: float | None, test: str
) -> None:
    found = equal_rates(Pair(*pair))
    assert found.z == pytest.approx(z, abs=1e-6)
    assert found.test == test
    if p is not None:
        assert found.p == pytest.approx(p, abs=1e-6)


@given(pairs())
def test_equal_rates_is_scipys_fisher_or_statsmodels_z(pair: Pair) -> None:
    found = equal_rates(pair)
    if found.test == "Fisher exact":
        table = [[pair.x, pair.n - pair.x], [pair.x_ref, pair.n_ref - pair.x_ref]]
        assert found.p == pytest.approx(stats.fisher_exact(table).pvalue)  # type: ignore[arg-type] # a list serves
    else:
        z, p = proportions_ztest([pair.x, pair.x_ref], [pair.n, pair.n_ref])
        assert (found.z, found.p) == pytest.approx((z, p))


def test_four_fifths_is_decided_in_whole_numbers() -> None:
    assert 60 / 100 / (75 / 100) < 0.8  # what a float would say
    assert not Pair(60, 100, 75, 100).below(FOUR_FIFTHS)
    assert not Pair(240, 400, 300, 400).below(FOUR_FIFTHS)
    assert Pair(59, 100, 75, 100).below(FOUR_FIFTHS)


@given(pairs())
def test_below_agrees_with_fractions(pair: Pair) -> None:
    if pair.x_ref:
        assert pair.below(FOUR_FIFTHS) == (
            Fraction(pair.x) * Fraction(pair.n_ref) / Fraction(pair.n) / Fraction(pair.x_ref) < FOUR_FIFTHS
        )


def test_shortfall_in_people() -> None:
    pair = Pair(510, 2441, 925, 2409)
    assert pair.shortfall() == pytest.approx(2441 * 925 / 2409 - 510)
    assert pair.shortfall_to(FOUR_FIFTHS) == 240  # the count published for this table
    assert not Pair(510 + 240, 2441, 925, 2409).below(FOUR_FIFTHS)
    assert Pair(510 + 239, 2441, 925, 2409).below(FOUR_FIFTHS)


def test_one_person_flips_the_order() -> None:
    assert Pair(1, 3, 2, 4).flips()  # 2/3 against 1/4
    assert not Pair(10, 40, 30, 40).flips()


@pytest.mark.parametrize(
    ("n", "expected"),
    [
        (50, (0.028, 0.417, 0.592)),
        (100, (0.246, 0.574, 0.708)),
        (200, (0.437, 0.693, 0.792)),
        (500, (0.629, 0.803, 0.868)),
        (1000, (0.732, 0.860, 0.907)),
        (5000, (0.877, 0.937, 0.958)),
    ],
)
def test_detectable_ratio_gives_the_published_table(n: int, expected: tuple[float, ...]) -> None:
    found = [detectable_ratio(rate, n, 9 * n) for rate in (0.1, 0.3, 0.5)]
    assert found == pytest.approx(expected, abs=6e-4)


@given(st.integers(60, 5000), st.integers(1, 9), st.floats(0.1, 0.7))
def test_detectable_ratio_has_the_power_that_statsmodels_computes(n: int, times: int, rate: float) -> None:
    found = detectable_ratio(rate, n, times * n)
    if found is not None and found > 0.01:
        power = power_proportions_2indep(diff=(found - 1) * rate, prop2=rate, nobs1=n, ratio=times).power
        assert power == pytest.approx(0.8, abs=1e-4)


def test_needed_n_gives_the_published_table() -> None:
    found = [needed_n(rate, 0.8) for rate in (0.05, 0.1, 0.2, 0.3, 0.5, 0.7)]
    assert found == [6745, 3213, 1447, 859, 388, 186]


def test_no_number_of_rows_will_do_against_a_reference_that_is_too_small() -> None:
    assert needed_n(0.3, 0.8, n_ref=100) is None
    assert detectable_ratio(0.05, 5, 5) is None
    assert detectable_ratio(0.0, 50, 50) is None


def test_rows_that_bound_a_difference_do_so_in_four_of_five_samples() -> None:
    """Of a pair with rates of a tenth: as many rows as are asked for, in 1,000 samples (2 standard errors are .025)."""
    pair, rng = Pair(5, 50, 40, 400), np.random.default_rng(7)
    more, more_ref = rows_to_bound(pair, 0.05)
    n, n_ref = 50 + more, 400 + more_ref
    samples = zip(rng.binomial(n, 0.1, 1000).tolist(), rng.binomial(n_ref, 0.1, 1000).tolist(), strict=True)
    within = sum(low > -0.05 and high < 0.05 for low, high in (newcombe(Pair(x, n, y, n_ref)) for x, y in samples))
    assert 0.77 <= within / 1000 <= 0.88
    assert rows_to_bound(Pair(100, 10_000, 100, 10_000), 0.05) == (0, 0)
