"""Rows of effective size: worked by hand from the weights of a few rows."""

from __future__ import annotations

import pytest

from auditor.stats.effective import effective_rows, effective_share


def test_kish_is_the_square_of_the_sum_over_the_sum_of_squares() -> None:
    """Weights 1, 1 and 2: 16 / 6 rows, of 4 units of weight."""
    assert effective_share(4, 6) == pytest.approx(16 / 6 / 4)
    assert effective_share(0, 0) == 0


def test_the_linearised_variance_counts_fewer_rows_than_kish() -> None:
    """One favourable row of weight 4, eight others of 1: the rate is 1/3, its variance (16 4/9 + 8 1/9) / 144 = 1/18.

    As many rows as 2/9 / (1/18) = 4 have that variance; Kish's are 144 / 24 = 6.
    """
    assert effective_rows(4, 16, 8, 8) == pytest.approx(4 / 12)
    assert effective_share(12, 24) == pytest.approx(6 / 12)


def test_it_is_never_more_than_kish() -> None:
    """Favourable weights 1, others 1 and 4: the variance is that of 4.29 rows, Kish's are 36 / 18 = 2."""
    assert effective_rows(1, 1, 5, 17) == pytest.approx(2 / 6)


@pytest.mark.parametrize("weight", [0.5, 1.0, 3.0])
def test_equal_weights_are_rows(weight: float) -> None:
    assert effective_rows(3 * weight, 3 * weight**2, 7 * weight, 7 * weight**2) * 10 * weight == pytest.approx(10)


def test_outcomes_that_do_not_vary_have_no_variance_of_their_own() -> None:
    assert effective_rows(4, 6, 0, 0) == effective_rows(0, 0, 4, 6) == pytest.approx(4 / 6)
