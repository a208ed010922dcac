"""Erasers: the published formula written anew, what they guarantee, and how much they leave on other rows."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from auditor.stats.erasing import (
    REMOVED,
    Eraser,
    floor,
    leace,
    mean_difference,
    nothing,
    null_spaces,
    rows_needed,
)
from auditor.stats.moments import Moments, Part, Vectors
from auditor.stats.shrinkage import shrunk


def _draw(levels: int, rows: int = 900, width: int = 12, seed: int = 0) -> tuple[np.ndarray, np.ndarray, Part]:
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, levels, rows)
    values = rng.normal(size=(rows, width)) @ rng.normal(size=(width, width)) + rng.normal(size=(levels, width))[codes]
    values -= values.mean(axis=0)
    return values, codes, Moments.of(Vectors(values), codes, np.zeros(rows, dtype=int), levels, 1).among([0])


def _published(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return r(x) = x - W⁺ P W (x - E x), W = (S^½)⁺ and P the projector on the columns of W S_xz, z one-hot."""
    centred = values - values.mean(axis=0)
    onehot = np.eye(int(codes.max()) + 1)[codes]
    between = centred.T @ (onehot - onehot.mean(axis=0)) / len(values)
    sizes, axes = np.linalg.eigh(centred.T @ centred / len(values))
    whiten = axes @ np.diag(sizes**-0.5) @ axes.T
    left, singular, _ = np.linalg.svd(whiten @ between, full_matrices=False)
    left = left[:, singular > 1e-8 * singular.max()]
    projector = np.linalg.inv(whiten) @ left @ left.T @ whiten
    return np.asarray(values - centred @ projector.T)


@pytest.mark.parametrize("levels", [2, 3, 5])
def test_the_eraser_is_the_published_one(levels: int) -> None:
    values, codes, part = _draw(levels)
    eraser = leace(part, shrink=False)
    assert eraser(values) == pytest.approx(_published(values, codes), abs=1e-9)
    assert eraser.directions == levels - 1


def test_of_two_groups_it_is_a_step_along_the_difference_of_the_means() -> None:
    values, codes, part = _draw(2)
    d = values[codes == 1].mean(axis=0) - values[codes == 0].mean(axis=0)
    a = np.linalg.solve(np.cov(values.T, bias=True), d)
    by_hand = values - np.outer((values - values.mean(axis=0)) @ a / (a @ d), d)
    assert leace(part, shrink=False)(values) == pytest.approx(by_hand, abs=1e-10)


@pytest.mark.parametrize("levels", [2, 4])
@pytest.mark.parametrize("kind", ["leace", "mean difference"])
def test_no_group_is_linearly_left_on_the_rows_it_was_learnt_from(levels: int, kind: str) -> None:
    values, codes, part = _draw(levels)
    left = (leace if kind == "leace" else mean_difference)(part)(values)
    onehot = np.eye(levels)[codes]
    cross = (left - left.mean(axis=0)).T @ (onehot - onehot.mean(axis=0)) / len(left)
    assert np.abs(cross).max() < 1e-12
    model = LogisticRegression(C=1e6).fit(left, codes == 0)
    assert roc_auc_score(codes == 0, model.predict_proba(left)[:, 1]) < 0.52


def test_of_those_erasers_leace_changes_the_vectors_least() -> None:
    values, _, part = _draw(3)
    least, other = (((kind(values) - values) ** 2).sum() for kind in (leace(part, shrink=False), mean_difference(part)))
    assert least < other


@pytest.mark.parametrize("kind", [leace, mean_difference, nothing, lambda part: [*null_spaces(part, [2, 5])][1]])
def test_the_moments_of_erased_rows_follow_from_those_of_the_rows(kind: object) -> None:
    values, codes, part = _draw(3)
    eraser = kind(part)  # type: ignore[operator]
    assert isinstance(eraser, Eraser)
    left = eraser(values)
    again = eraser.of_part(part)
    assert again.covariance == pytest.approx(np.cov(left.T, bias=True), abs=1e-9)
    for code in range(3):
        assert again.means[code] == pytest.approx(left[codes == code].mean(axis=0), abs=1e-9)
    directions = np.random.default_rng(3).normal(size=(12, 2))
    moved = (values - left.mean(axis=0)) @ eraser.turned(directions) - (left - left.mean(axis=0)) @ directions
    assert np.ptp(moved, axis=0) == pytest.approx(0, abs=1e-9)  # the same but for a constant


def test_null_spaces_take_out_one_direction_after_another() -> None:
    values, codes, part = _draw(2, width=40)
    found = [*null_spaces(part, REMOVED)]
    assert [each.directions for each in found] == [*REMOVED]
    for smaller, larger in pairwise(found):
        basis = larger.out
        assert basis.T @ basis == pytest.approx(np.eye(basis.shape[1]), abs=1e-10)
        assert basis[:, : smaller.directions] == pytest.approx(smaller.out)
    d = values[codes == 1].mean(axis=0) - values[codes == 0].mean(axis=0)
    first = next(null_spaces(part, [1])).out[:, 0]
    fisher = np.linalg.solve(shrunk(np.cov(values.T, bias=True), len(values)), d)
    assert abs(first @ fisher) / np.linalg.norm(fisher) == pytest.approx(1)
    assert next(null_spaces(part, [100])).directions == 40  # nothing is left


@pytest.mark.parametrize(
    ("distance", "rows", "expected"),
    [
        (0.5, 1_000, 0.635), (0.5, 5_000, 0.623), (0.5, 20_000, 0.596),
        (1.0, 1_000, 0.739), (1.0, 5_000, 0.687), (1.0, 20_000, 0.620),
        (2.0, 1_000, 0.849), (2.0, 5_000, 0.730), (2.0, 20_000, 0.628),
    ],
)  # fmt: skip
def test_what_an_eraser_leaves_is_known_from_its_rows(distance: float, rows: int, expected: float) -> None:
    """Of 384 dimensions and 30% in the group, with an eraser of two folds of five."""
    assert floor(384, 0.3 * 0.4 * rows, 0.7 * 0.4 * rows, distance) == pytest.approx(expected, abs=1.5e-3)


def test_a_hundred_and_one_rows_a_dimension_leave_what_no_rule_reports() -> None:
    assert rows_needed(384, 0.5, 0.556) == pytest.approx(384 * 2 / norm.ppf(0.556) ** 2)
    assert rows_needed(1, 0.5, 0.556) == pytest.approx(101, abs=0.5)
    assert floor(384, *[101 * 384 / 2] * 2) <= 0.556 < floor(384, *[100 * 384 / 2] * 2)
    assert rows_needed(384, 0.0, 0.556) == math.inf and floor(384, 0, 10) == 1.0


def test_an_eraser_leaves_what_theory_says_on_rows_that_it_was_not_learnt_from() -> None:
    """The best linear model of erased normal vectors is known: its AUC is that of the floor, over many erasers."""
    rng = np.random.default_rng(5)
    width, own, other, distance = 30, 45, 105, 1.5
    mean = np.zeros(width)
    mean[0] = distance
    found = []
    for _ in range(100):
        values = rng.normal(size=(own + other, width))
        values[:own] += mean
        codes = np.repeat([1, 0], [own, other])
        part = Moments.of(Vectors(values), codes, np.zeros(len(values), dtype=int), 2, 1).among([0])
        eraser = leace(part)
        p = np.eye(width) - eraser.out @ eraser.into.T
        left = p @ mean
        squared = float(left @ np.linalg.pinv(p @ p.T, rcond=1e-9) @ left)
        found.append(norm.cdf(math.sqrt(squared / 2)))
    assert np.mean(found) == pytest.approx(floor(width, own, other, distance), abs=0.01)
