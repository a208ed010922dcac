"""How far a number moved between two samples: Newcombe's interval, and hand-worked logarithms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from auditor.stats.changes import Estimate, moved, moved_ratio


def _wilson(x: int, n: int) -> Estimate:
    return Estimate(x / n, *proportion_confint(x, n, method="wilson"))


@pytest.mark.parametrize(("was", "now"), [((180, 600), (100, 500)), ((3, 20), (11, 30)), ((0, 12), (5, 9))])
def test_a_change_of_rates_has_newcombes_interval(was: tuple[int, int], now: tuple[int, int]) -> None:
    found = moved(_wilson(*was), _wilson(*now))
    expected = confint_proportions_2indep(*now, *was, method="newcomb", compare="diff")
    assert found.interval == pytest.approx(expected, abs=1e-9)
    assert (found.p < 0.05) == (expected[0] > 0 or expected[1] < 0)


def test_a_change_of_ratios_by_hand() -> None:
    """From 0.8 [0.4, 1.6] to 0.2 [0.05, 0.8]: a quarter, of logs -ln 4, each near end at ln 2 and ln 4 from its value."""
    found = moved_ratio(Estimate(0.8, 0.4, 1.6), Estimate(0.2, 0.05, 0.8))
    reach = np.sqrt(np.log(4) ** 2 + np.log(2) ** 2)
    assert found.value == pytest.approx(1 / 4)
    assert found.interval == pytest.approx((np.exp(-np.log(4) - reach), np.exp(-np.log(4) + reach)))
    assert found.p == pytest.approx(2 * norm.sf(np.log(4) / (reach / norm.ppf(0.975))))


def test_what_no_interval_decides_is_not_tested() -> None:
    assert np.isnan(moved_ratio(Estimate(0.0, 0.0, 0.4), Estimate(0.5, 0.3, 0.9)).p)
    assert np.isnan(moved(Estimate(2.0, 1.0, np.inf), Estimate(3.0, 2.0, np.inf)).p)
    assert moved(Estimate(0.5, 0.4, 0.6), Estimate(0.5, 0.4, 0.6)).p == 1
