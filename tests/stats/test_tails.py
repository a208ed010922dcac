"""Tails, quantiles and adjusted p-values against scipy.stats and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from auditor.stats.tails import benjamini_hochberg, chi_square_tail, holm, normal, two_sided, two_sided_each

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(st.floats(1e-12, 1 - 1e-12), st.floats(-38, 38), st.integers(1, 500), st.floats(0, 1500))
def test_tails_and_quantiles_equal_scipys(share: float, z: float, freedom: int, statistic: float) -> None:
    assert normal(share) == pytest.approx(stats.norm.ppf(share), rel=1e-12)
    assert two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12, abs=0)
    assert two_sided_each(np.array([z, -z])) == pytest.approx([two_sided(z)] * 2, rel=0, abs=0)
    assert chi_square_tail(statistic, freedom) == pytest.approx(stats.chi2.sf(statistic, freedom), rel=1e-9, abs=1e-300)


@settings(max_examples=20)  # statsmodels collects garbage at every call
@given(P_VALUES)
def test_holm_equals_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


def test_holm_gives_the_published_row() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@settings(max_examples=20)  # statsmodels collects garbage at every call
@given(P_VALUES)
def test_benjamini_hochberg_equals_scipys_and_statsmodels(p_values: list[float]) -> None:
    found = list(benjamini_hochberg(p_values))
    assert found == pytest.approx(list(stats.false_discovery_control(p_values)))
    assert found == pytest.approx(list(multipletests(p_values, method="fdr_bh")[1]))


def test_benjamini_hochberg_by_hand_and_of_none() -> None:
    assert list(benjamini_hochberg([0.01, 0.04, 0.03, 0.005])) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert list(benjamini_hochberg([])) == []
