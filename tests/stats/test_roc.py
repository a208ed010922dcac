"""Areas under the curve: the oracle row, scikit-learn, and folds brought to one scale."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from auditor.stats.roc import auc, auc_change, pooled_ranks


def test_the_oracle_row_of_delong() -> None:
    own, other = [3.1, 4.2, 5, 6.3, 7.7, 8.1], [2, 3.3, 3.9, 4.4, 5.1, 5.5, 6, 7.2]
    found = auc(np.array([True] * 6 + [False] * 8), np.array([*own, *other]))
    assert found.value == pytest.approx(0.645833, abs=5e-7)
    assert found.error == pytest.approx(0.169397, abs=5e-7)
    assert found.interval == pytest.approx((0.645833 - 1.959964 * 0.169397, 0.645833 + 1.959964 * 0.169397), abs=1e-5)


def test_weighted_and_with_ties_it_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    positive, scores, weights = rng.random(500) < 0.3, rng.integers(0, 9, 500).astype(float), rng.random(500) + 0.1
    assert auc(positive, scores, weights).value == pytest.approx(roc_auc_score(positive, scores, sample_weight=weights))


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Two normals, d = 1: the truth is Phi(1 / sqrt 2). 400 intervals; 3 standard errors of 0.05 are 0.033."""
    rng = np.random.default_rng(2)
    truth = stats.norm.cdf(1 / np.sqrt(2))
    positive = np.arange(150) < 60
    missed = 0
    for _ in range(400):
        low, high = auc(positive, rng.normal(size=150) + positive).interval
        missed += not low <= truth <= high
    assert abs(missed / 400 - 0.05) < 0.035


def test_weights_make_no_rows() -> None:
    rng = np.random.default_rng(3)
    positive, scores = rng.random(300) < 0.5, rng.normal(size=300)
    once, often = auc(positive, scores), auc(positive, scores, np.full(300, 40.0))
    assert often.error == pytest.approx(once.error)


def test_ranks_take_each_folds_scale_away() -> None:
    scores, fold = np.array([0.1, 0.2, 100.0, 300.0]), np.array([0, 0, 1, 1])
    assert pooled_ranks(scores, fold).tolist() == [0.25, 0.75, 0.25, 0.75]


def test_a_change_of_areas_has_delongs_error_of_two_curves() -> None:
    """The oracle compares every positive with every negative, and takes the covariance of what each adds."""
    rng = np.random.default_rng(88)
    positive = rng.random(60) < 0.4
    one = rng.normal(size=60) + positive
    other = one + rng.normal(size=60)
    parts = []
    for scores in (one, other):
        beats = np.sign(scores[positive][:, None] - scores[~positive][None, :]) / 2 + 0.5
        parts.append((beats.mean(), beats.mean(axis=1), beats.mean(axis=0)))
    own = np.cov([parts[0][1], parts[1][1]]) / positive.sum()
    theirs = np.cov([parts[0][2], parts[1][2]]) / (~positive).sum()
    both = own + theirs
    change = auc_change(positive, one, other, np.ones(60))
    assert change.value == pytest.approx(parts[0][0] - parts[1][0])
    assert change.error == pytest.approx(np.sqrt(both[0, 0] + both[1, 1] - 2 * both[0, 1]))
    by_row = auc_change(positive, one, other, np.ones(60), [np.arange(60)])
    assert by_row.error == pytest.approx(change.error)
