"""Gaps of pay and quarters, against fractions worked by hand, numpy, and simulated pay with a known gap."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.stats.pay import gap_of_means, gap_of_medians, quarters

WOMEN, MEN = np.array([10.0, 15, 20]), np.array([12.0, 14, 25, 26])


def test_the_gaps_of_seven_people_are_the_fractions_of_hand() -> None:
    means, medians = gap_of_means(WOMEN, MEN), gap_of_medians(WOMEN, MEN)
    assert means and medians
    assert means.value == pytest.approx(float(Fraction(17, 77)))  # 15 of 77/4
    assert medians.value == pytest.approx(float(Fraction(3, 13)))  # 15 of 39/2


def test_there_is_no_gap_without_somebody_to_compare_with() -> None:
    none = np.array([])
    assert gap_of_means(none, MEN) is gap_of_means(WOMEN, none) is gap_of_medians(none, MEN) is None
    assert gap_of_means(WOMEN, np.zeros(4)) is gap_of_medians(WOMEN, np.array([0.0, 0, 5])) is None
    alone = gap_of_means(WOMEN[:1], MEN)
    assert alone and alone.value == pytest.approx(1 - 40 / 77) and np.isnan(alone.interval.low) and np.isnan(alone.p)


@given(st.integers(1, 9), st.permutations(range(3)))
def test_a_gap_has_no_currency_and_no_order(times: int, order: list[int]) -> None:
    one, other = gap_of_means(WOMEN, MEN), gap_of_means(WOMEN[order] * times, MEN[::-1] * times)
    assert one and other and other.value == pytest.approx(one.value) and other.p == pytest.approx(one.p)


@pytest.mark.parametrize("gap", [0.0, 0.065])
def test_intervals_hold_the_gap_of_skewed_pay_and_no_gap_is_found_five_times_in_a_hundred(gap: float) -> None:
    rng, rounds = np.random.default_rng(970), 400
    inside = {gap_of_means: 0, gap_of_medians: 0}
    found = 0
    for _ in range(rounds):
        women = rng.lognormal(3, 0.5, 25) * (1 - gap)
        men = rng.lognormal(3, 0.5, 60)
        for of in inside:
            made = of(women, men)
            assert made
            inside[of] += made.interval.low <= gap <= made.interval.high
        means = gap_of_means(women, men)
        found += means is not None and means.p < 0.05
    # 94% less two standard errors, of 400: 91.6%; and 5% with two, 7.2%.
    assert all(held >= 0.916 * rounds for held in inside.values())
    assert gap or found <= 0.072 * rounds


def test_quarters_of_seven_people_are_those_of_hand() -> None:
    pay = np.concatenate([WOMEN, MEN])  # 10w 12m | 14m 15w | 20w | 25m 26m: the borders are the ranks 2, 4 and 5
    held = quarters(pay, np.array([0, 0, 0, 1, 1, 1, 1]), 2)
    assert held.tolist() == [[1, 1], [1, 1], [1, 0], [0, 2]]


def test_equal_pay_at_a_border_is_divided_in_proportion() -> None:
    """Of four who are paid 2, one is a woman: a quarter of her is in each place that they take."""
    pay, who = np.array([1.0, 2, 2, 2, 2, 3, 3, 4]), np.array([0, 0, 1, 1, 1, 1, 0, 0])
    held = quarters(pay, who, 2)
    # The first quarter: the one with 1, and one of the four with 2. The second: two of these. The third: one, and one
    # of the two with 3, of whom one is a woman.
    assert held == pytest.approx(np.array([[1.25, 0.75], [0.5, 1.5], [0.25 + 0.5, 0.75 + 0.5], [0.5 + 1, 0.5]]))


@given(st.lists(st.integers(0, 1), min_size=4, max_size=60))
def test_without_ties_quarters_are_those_of_a_sorted_list(who: list[int]) -> None:
    """Every quarter is a run of the ranks; together they hold everybody, none more than one more than another."""
    codes = np.array(who)
    held = quarters(np.arange(len(codes), dtype=float), codes, 2)
    sizes = held.sum(axis=1)
    assert sizes.sum() == len(codes) and sizes.max() - sizes.min() <= 1
    ends = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
    expected = [[int((codes[a:b] == code).sum()) for code in (0, 1)] for a, b in pairwise(ends)]
    assert held == pytest.approx(np.array(expected))
