"""Standardised rates, Kitagawa's parts and the pooled difference hold the truth; the E-value is the published one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import Table2x2

from auditor.stats.counts import Interval, Pair
from auditor.stats.standardised import (
    Estimate,
    e_value,
    e_value_of_interval,
    kitagawa,
    pooled_difference,
    standardised_rates,
)
from auditor.stats.strata import stratify
from auditor.stats.within import Within


def test_the_e_value_is_that_of_the_paper() -> None:
    """VanderWeele and Ding 2017: a risk ratio of 3.9 [1.8, 8.7] has an E-value of 7.26, and 3.0 for its lower end."""
    assert round(e_value(3.9), 2) == 7.26
    assert round(e_value_of_interval(Interval(1.8, 8.7)), 2) == 3.0
    # and seen from the other side
    assert round(e_value_of_interval(Interval(1 / 8.7, 1 / 1.8)), 2) == 3.0
    assert e_value_of_interval(Interval(0.97, 1.6)) == 1.0
    assert math.isnan(e_value(0.0)) and math.isnan(e_value(math.inf)) and math.isnan(e_value(math.nan))


@pytest.mark.parametrize(
    ("sizes", "spread", "spread_ref"),
    [((300, 500), (0.5, 0.3, 0.2), (0.2, 0.3, 0.5)), ((60, 80), (0.5, 0.3, 0.2), (0.3, 0.3, 0.4))],
)
def test_the_intervals_hold_the_truth(
    sizes: tuple[int, int], spread: Sequence[float], spread_ref: Sequence[float]
) -> None:
    """95% of 1,000 data sets with known rates and shares; under 93% has a chance of 0.2%."""
    rng = np.random.default_rng(5)
    share, share_ref = np.array(spread), np.array(spread_ref)
    rate, rate_ref = np.array([0.6, 0.4, 0.2]), np.array([0.5, 0.4, 0.3])
    composition = ((share - share_ref) * (rate + rate_ref) / 2).sum()
    within = ((rate - rate_ref) * (share + share_ref) / 2).sum()
    held = np.zeros(4)
    for _ in range(1000):
        n, n_ref = rng.multinomial(sizes[0], share), rng.multinomial(sizes[1], share_ref)
        cells = np.stack([rng.binomial(n, rate), n, rng.binomial(n_ref, rate_ref), n_ref], axis=1)
        pairs = [Pair(*map(float, cell)) for cell in cells]
        weight, total = n * n_ref / (n + n_ref), (n + n_ref) / (n + n_ref).sum()
        found = *kitagawa(pairs), standardised_rates(pairs)[0], pooled_difference(Within.of(cells))
        pooled = (weight * (rate - rate_ref)).sum() / weight.sum()
        truth = composition, within, (total * rate).sum(), pooled
        held += [of.interval.low <= value <= of.interval.high for of, value in zip(found, truth, strict=True)]
    assert (held / 1000 >= 0.93).all()
    assert (held / 1000 <= 0.985).all()


def test_the_pooled_difference_of_one_stratum_is_that_of_two_rates() -> None:
    """By hand: 12 of 60 against 40 of 100, weight 60 * 100 / 160 = 37.5, and Sato's two sums."""
    found = pooled_difference(Within.pairs([Pair(12, 60, 40, 100)]))
    assert found.value == pytest.approx(-0.2)
    # P = (3600 * 40 - 10000 * 12 + 6000 * 40 / 2) / 160^2 = 5.625; Q = (12 * 60 + 40 * 48) / 320 = 8.25
    reach = 1.959964 * math.sqrt(-0.2 * 5.625 + 8.25) / 37.5
    assert found.interval == pytest.approx((-0.2 - reach, -0.2 + reach))


def test_the_crude_odds_ratio_has_woolfs_interval() -> None:
    found = stratify({"a": Pair(12, 60, 40, 100)})
    assert found is not None
    theirs = Table2x2(np.array([[40, 60], [12, 48]]))
    assert found.crude_odds_ratio == pytest.approx(theirs.oddsratio)
    assert found.crude_odds_interval == pytest.approx(theirs.oddsratio_confint())


def test_no_stratum_is_without_error() -> None:
    """Everybody in one stratum and nobody in the other: what is seen of 20 people has an error all the same."""
    pairs = [Pair(20, 20, 20, 20), Pair(0, 20, 0, 20)]
    estimates: list[Estimate] = [*kitagawa(pairs), *standardised_rates(pairs)]
    assert all(of.interval.high - of.interval.low > 0.05 for of in estimates)


def test_rows_that_count_a_fourth_have_intervals_twice_as_wide() -> None:
    pairs = [Pair(40, 100, 90, 200), Pair(30, 120, 60, 180)]
    fourths = [Pair(40, 100, 90, 200, 4.0, 4.0), Pair(30, 120, 60, 180, 4.0, 4.0)]
    for once, fourth in zip(kitagawa(pairs), kitagawa(fourths), strict=True):
        assert fourth.value == once.value
        assert fourth.interval.high - fourth.value == pytest.approx(2 * (once.interval.high - once.value))
    once, fourth = pooled_difference(Within.pairs(pairs)), pooled_difference(Within.pairs(pairs, 4.0))
    assert fourth.interval.high - fourth.value == pytest.approx(2 * (once.interval.high - once.value))
    rates = standardised_rates(fourths)
    fewer = standardised_rates([Pair(10, 25, 22.5, 50), Pair(7.5, 30, 15, 45)])
    assert [rate.interval for rate in rates] == [rate.interval for rate in fewer]
