"""Nearest vectors, near copies and regions: brute force, scikit-learn, and planted truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import ortho_group
from sklearn.metrics import roc_auc_score

from auditor.stats import near_vectors as module
from auditor.stats.moments import Vectors
from auditor.stats.near_vectors import near_vectors
from auditor.stats.nearest import NEIGHBOURS, nearest
from auditor.stats.regions import regions


def test_the_nearest_are_those_of_largest_cosine_about_the_mean() -> None:
    rng = np.random.default_rng(0)
    others, own = rng.normal(2.0, 1.0, size=(300, 8)), rng.normal(2.0, 1.0, size=(2_100, 8))
    found = nearest(others, own)
    alike = 1 - cdist(own - others.mean(axis=0), others - others.mean(axis=0), "cosine")
    for row in (0, 1_999, 2_000, 2_099):  # of both blocks
        best = np.argsort(-alike[row])[:NEIGHBOURS]
        assert {*found.places[row]} == {*best}
        assert found.weights[row].sum() == pytest.approx(np.maximum(alike[row][best], 1e-3).sum())


def test_the_share_of_a_class_is_weighted_and_leaves_out_what_is_not_known() -> None:
    others = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])  # their mean is 0
    near = nearest(others, np.array([[2.0, 1.0]]), k=2)
    long, short = 2 / np.sqrt(5), 1 / np.sqrt(5)  # cosines of the first two
    assert near.shares(np.array([[1.0], [0.0], [0.0], [0.0]]))[0, 0] == pytest.approx(long / (long + short))
    assert near.shares(np.array([[1.0], [np.nan], [0.0], [0.0]]))[0, 0] == pytest.approx(1.0)
    assert np.isnan(near.shares(np.array([[np.nan], [np.nan], [0.0], [1.0]]))[0, 0])


def test_turned_and_shifted_vectors_have_the_same_neighbours() -> None:
    rng = np.random.default_rng(1)
    others, own, turn = rng.normal(size=(200, 12)), rng.normal(size=(50, 12)), ortho_group.rvs(12, random_state=2)
    one, other = nearest(others, own), nearest(others @ turn + 7.0, own @ turn + 7.0)
    order = [np.argsort(of.places, axis=1) for of in (one, other)]
    assert (np.take_along_axis(one.places, order[0], 1) == np.take_along_axis(other.places, order[1], 1)).all()
    assert np.sort(other.weights) == pytest.approx(np.sort(one.weights), abs=1e-6)


def test_neighbours_find_a_group_that_differs_in_its_spread_alone() -> None:
    rng = np.random.default_rng(3)
    codes = (np.arange(2_000) < 1_000).astype(float)
    wide = np.where(np.arange(64) < 32, codes[:, None], 1 - codes[:, None])
    values = rng.normal(size=(2_000, 64)) * (1 + wide)
    test = rng.permutation(2_000) < 400
    found = nearest(values[~test], values[test]).shares(codes[~test, None])[:, 0]
    assert roc_auc_score(codes[test], found) > 0.9


def test_zero_vectors_are_no_error() -> None:
    near = nearest(np.zeros((30, 4)), np.zeros((2, 4)))
    assert np.isfinite(near.shares(np.ones((30, 1)))).all()


def _copied(rows: int, width: int, noise: float, seed: int = 0) -> np.ndarray:
    """Return vectors of which each of the last tenth is a copy of one of the first, up to some noise."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, width)).astype(np.float32)
    n = rows // 10
    values[-n:] = values[:n] + noise * rng.normal(size=(n, width)).astype(np.float32)
    return values


def _exact(values: np.ndarray) -> int:
    """Return how many sets there are when every pair is compared."""
    centred = values - values.mean(axis=0, dtype=float)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    parent = [*range(len(values))]
    for i, j in zip(*np.nonzero(np.triu(centred @ centred.T >= 0.995, 1)), strict=True):
        while parent[i] != i:
            i = parent[i]
        while parent[j] != j:
            j = parent[j]
        parent[j] = i
    return sum(parent[i] == i for i in range(len(values)))


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.098, 0.15])
def test_near_copies_are_joined(noise: float) -> None:
    """With noise of 0.15 the cosine is 0.989, and only a few pairs reach 0.995; with 0.098, two thirds."""
    values = _copied(1_000, 60, noise)
    found = near_vectors(Vectors(values))
    assert len(np.unique(found)) == _exact(values)
    if noise <= 0.05:
        assert (found[-100:] == found[:100]).all() and len(np.unique(found)) == 900


def test_of_many_rows_hyperplanes_find_what_all_pairs_would(monkeypatch: pytest.MonkeyPatch) -> None:
    values = _copied(4_000, 60, 0.09, seed=5)
    expected = near_vectors(Vectors(values))
    monkeypatch.setattr(module, "EXACT", 0)
    found = near_vectors(Vectors(values))
    copies = 4_000 - len(np.unique(expected))
    assert copies > 300
    assert 0.98 * copies <= 4_000 - len(np.unique(found)) <= copies  # none that is not there, and nearly all
    assert all(len({*expected[found == unit]}) == 1 for unit in np.unique(found)[:200])


def test_what_all_vectors_share_makes_no_copies() -> None:
    rng = np.random.default_rng(6)
    flat = rng.normal(size=(500, 2)) @ rng.normal(
        size=(2, 30)
    )  # all lie in one plane, and point the same way by chance
    assert len(np.unique(near_vectors(Vectors(flat)))) == 500
    few = rng.normal(size=(500, 3))
    assert len(np.unique(near_vectors(Vectors(few)))) == 500
    few[1] = few[0]
    assert len(np.unique(near_vectors(Vectors(few)))) == 499


def test_regions_are_of_the_searched_rows_and_turn_with_the_vectors() -> None:
    rng = np.random.default_rng(7)
    centres = 8 * rng.normal(size=(12, 20))
    true = rng.integers(0, 12, 1_200)
    values = centres[true] + rng.normal(size=(1_200, 20))
    searched = rng.permutation(1_200) < 600
    found = regions(Vectors(values), searched)
    for cluster in range(12):  # planted clusters are found as they are
        labels = found[true == cluster]
        assert (labels == np.bincount(labels).argmax()).all()
    moved = values.copy()
    moved[~searched] += rng.normal(size=(600, 20))  # rows that are not searched shape no region
    assert (regions(Vectors(moved), searched)[searched] == found[searched]).all()
    turned = regions(Vectors(values @ ortho_group.rvs(20, random_state=8) + 3.0), searched)
    assert len({*zip(found, turned, strict=True)}) == 12
    assert (regions(Vectors(values[:10]), np.ones(10, dtype=bool)) == 0).all()
