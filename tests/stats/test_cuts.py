"""Selection rates over all cuts of a score: the band holds at all of them at once; cuts are far enough apart."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditor.stats.cuts import cut_places, of_each, rate_band, ratio_band, tail_of_band


@pytest.mark.parametrize("rows", [30, 400])
def test_a_groups_band_holds_at_all_cuts_at_once(rows: int) -> None:
    """A thousand samples: the true rate above every row lies in the band in 95 of 100 (2.5 errors of that share)."""
    rng = np.random.default_rng(1)
    low, high = rate_band(np.arange(rows + 1.0), rows, tail_of_band(rows))
    ordered = np.sort(rng.random((1_000, rows)), axis=1)  # the true rate above the k-th best row, k = 1, 2, …
    held = ((ordered >= low[1:]) & (ordered <= high[:-1])).all(axis=1)
    assert held.mean() == pytest.approx(0.95, abs=2.5 * np.sqrt(0.95 * 0.05 / 1_000))


def test_the_bounds_of_a_rate_are_clopper_and_pearsons() -> None:
    low, high = rate_band(np.array([0.0, 7.0, 40.0]), 40, 0.01)
    exact = [stats.binomtest(k, 40).proportion_ci(0.98, method="exact") for k in (0, 7, 40)]
    assert low == pytest.approx([each.low for each in exact])
    assert high == pytest.approx([each.high for each in exact])


@pytest.mark.parametrize("step", [0.0, 0.5])
def test_the_band_of_the_ratio_holds_for_scores_of_any_form(step: float) -> None:
    """Two groups whose scores differ by half a standard deviation, continuous or rounded: no more than 5% misses."""
    rng = np.random.default_rng(2)
    sizes, shift, rounds, missed = (60, 200), (0.0, 0.5), 200, 0
    tails = [tail_of_band(n, of_each(2, 0.05)) for n in sizes]
    for _ in range(rounds):
        drawn = [rng.normal(at, 1, n) for at, n in zip(shift, sizes, strict=True)]
        drawn = [np.round(of / step) * step for of in drawn] if step else drawn
        cuts = np.unique(np.concatenate(drawn))
        selected = [(len(of) - np.searchsorted(np.sort(of), cuts)).astype(float) for of in drawn]
        bands = [rate_band(of, n, tail) for of, n, tail in zip(selected, sizes, tails, strict=True)]
        true = np.divide(*(stats.norm.sf(cuts - step / 2, at) for at in shift))
        missed += not all(of.low <= at <= of.high for of, at in zip(ratio_band(*bands), true, strict=True))
    assert missed <= 0.05 * rounds


def test_a_large_groups_band_is_narrower_than_that_of_the_dvoretzky_kiefer_wolfowitz_inequality_at_the_ends() -> None:
    rows = 10_000
    tail = tail_of_band(rows)
    low, high = rate_band(np.array([100.0]), rows, tail)
    dkw = np.sqrt(np.log(2 / 0.05) / 2 / rows)
    assert 0.01 - low[0] < dkw / 2 and high[0] - 0.01 < dkw / 2


def test_cuts_leave_no_few_people_between_them() -> None:
    rng = np.random.default_rng(3)
    groups = [rng.integers(0, 3, 200).astype(float), rng.integers(0, 9, 200).astype(float)]
    places = cut_places(groups[0] + groups[1], groups, 100, 5, chosen=77)
    assert 77 in places and places == sorted(places)
    for of in groups:
        sums = np.concatenate([[0], np.cumsum(of)])[[0, *places, len(of)]]
        between = np.diff(sums)
        near = [places.index(77), places.index(77) + 1]  # the stated cut is there, whatever it parts
        assert all(n == 0 or n >= 5 for i, n in enumerate(between) if i not in near)
