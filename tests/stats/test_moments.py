"""Sums of vectors by class and fold, and the shrunk covariance: numpy, scikit-learn, a case by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.covariance import OAS

from auditor.stats.moments import BATCH, Moments, Vectors
from auditor.stats.shrinkage import shrunk


def _draw(rows: int = 700, width: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, width)) * np.arange(1, width + 1), rng.integers(-1, 3, rows), rng.integers(0, 5, rows)


def test_a_covariance_is_shrunk_as_by_hand() -> None:
    """Of diag(3, 1) and 10 rows: trace 4, trace of the square 10, so 16 / (10 (10 - 8)) = 0.8 of the way to 2 I."""
    assert shrunk(np.diag([3.0, 1.0]), 10) == pytest.approx(np.diag([2.2, 1.8]))
    assert shrunk(np.diag([3.0, 1.0]), 4) == pytest.approx(np.diag([2.0, 2.0]))  # never beyond
    assert shrunk(np.eye(3), 5) == pytest.approx(np.eye(3))


def test_the_shrinkage_is_scikit_learns_but_for_terms_in_two_over_the_width() -> None:
    values = np.random.default_rng(1).normal(size=(300, 120)) * np.linspace(0.5, 3, 120)
    model = OAS().fit(values)
    found = shrunk(np.cov(values.T, bias=True), 300)
    whole = np.cov(values.T, bias=True)
    share = 1 - found[0, 1] / whole[0, 1]
    assert share == pytest.approx(model.shrinkage_, rel=2 / 120)
    assert found == pytest.approx(model.covariance_, abs=0.02 * float(whole.max()))


def test_sums_give_the_means_and_the_covariance_of_any_folds() -> None:
    values, codes, fold = _draw()
    moments = Moments.of(Vectors(values), codes, fold, 3, 5)
    rows = (codes >= 0) & np.isin(fold, [1, 3])
    part = moments.among([1, 3])
    origin = values.mean(axis=0)
    assert part.rows == rows.sum()
    assert part.mean + origin == pytest.approx(values[rows].mean(axis=0))
    for code in range(3):
        assert part.sizes[code] == (codes[rows] == code).sum()
        assert part.means[code] + origin == pytest.approx(values[rows & (codes == code)].mean(axis=0))
    assert part.covariance == pytest.approx(np.cov(values[rows].T, bias=True))


def test_sums_of_two_sites_add_up_to_those_of_all_rows() -> None:
    values, codes, fold = _draw()
    whole = Vectors(values)
    first = np.arange(len(values)) < 300
    one, other = (Moments.of(whole, np.where(part, codes, -1), fold, 3, 5) for part in (first, ~first))
    together, added = Moments.of(whole, codes, fold, 3, 5), one + other
    assert added.sizes.tolist() == together.sizes.tolist()
    assert added.sums == pytest.approx(together.sums)
    assert added.products == pytest.approx(together.products)


def test_many_rows_of_small_numbers_are_summed_as_doubles() -> None:
    """Far from 0, single precision would lose the spread of 1/64: the sums are of doubles, less the mean."""
    rows = 2 * BATCH + 17
    values = (1_000 + np.random.default_rng(2).integers(-8, 9, (rows, 3)) / 64).astype(np.float32)
    part = Moments.of(Vectors(values), np.zeros(rows, dtype=int), np.zeros(rows, dtype=int), 1, 1).among([0])
    assert part.covariance == pytest.approx(np.cov(values.astype(float).T, bias=True), rel=1e-9, abs=1e-12)


def test_a_class_without_rows_is_not_usable() -> None:
    values, _, fold = _draw()
    moments = Moments.of(Vectors(values), np.zeros(len(values), dtype=int), fold, 2, 5)
    assert not moments.among([0, 1]).usable
