"""Linear probes from sums: scikit-learn's discriminant, folds apart, chance, and turned or shifted vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import norm, ortho_group
from sklearn.covariance import OAS
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import PredefinedSplit, cross_val_predict

from auditor.stats.erasing import floor, leace
from auditor.stats.matrices import FOLDS, folds
from auditor.stats.moments import Moments, Vectors
from auditor.stats.probing import beside, by_chance, discriminants, erased, raw, scored, shuffles, split
from auditor.stats.roc import auc, pooled_ranks


def _people(
    rows: int, width: int, distance: float, share: float = 0.3, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return normal vectors of two groups at a Mahalanobis distance, the group, and folds."""
    rng = np.random.default_rng(seed)
    codes = (np.arange(rows) < share * rows).astype(int)
    values = rng.normal(size=(rows, width))
    values[:, 0] += distance * codes
    return values, codes, folds(codes, seed=seed)


def _moments(values: np.ndarray, codes: np.ndarray, fold: np.ndarray) -> Moments:
    return Moments.of(Vectors(values), codes, fold, int(codes.max()) + 1, FOLDS)


def _area(codes: np.ndarray, scores: np.ndarray, fold: np.ndarray) -> float:
    return float(roc_auc_score(codes, pooled_ranks(scores, fold)))


def _scored(values: np.ndarray, fold: np.ndarray, directions: Callable[[int], np.ndarray]) -> np.ndarray:
    return scored(Vectors(values), fold, np.arange(len(values)), [directions(test) for test in range(FOLDS)])


def _raw(values: np.ndarray, codes: np.ndarray, fold: np.ndarray) -> np.ndarray:
    return _scored(values, fold, lambda test: raw(_moments(values, codes, fold), test))[:, 1]


def _left(values: np.ndarray, codes: np.ndarray, fold: np.ndarray) -> np.ndarray:
    moments = _moments(values, codes, fold)
    return _scored(values, fold, lambda test: erased(moments, lambda of: leace(moments.among(of)), test))[:, 1]


def test_the_probe_is_scikit_learns_shrunk_discriminant() -> None:
    values, codes, fold = _people(1_500, 40, 1.0)
    model = LinearDiscriminantAnalysis(solver="lsqr", covariance_estimator=OAS())
    direction = discriminants(_moments(values, codes, fold).among(range(FOLDS)))[:, 1]
    own = model.fit(values, codes).coef_[0]
    assert direction @ own / np.linalg.norm(direction) / np.linalg.norm(own) == pytest.approx(1, abs=1e-3)
    theirs = cross_val_predict(model, values, codes, cv=PredefinedSplit(fold), method="decision_function")
    assert _area(codes, _raw(values, codes, fold), fold) == pytest.approx(_area(codes, theirs, fold), abs=2e-3)


def test_each_of_several_groups_has_its_direction_against_the_rest() -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 3, 900)
    values = rng.normal(size=(900, 10))
    values[np.arange(900), codes] += 3.0
    fold = folds(codes)
    scores = _scored(values, fold, lambda test: raw(_moments(values, codes, fold), test))
    for code in range(3):
        assert _area(codes == code, scores[:, code], fold) > 0.95


@pytest.mark.parametrize("score", [_raw, _left])
def test_turned_and_shifted_vectors_are_scored_alike(score: object) -> None:
    """Rotation and shift change no score, and so no area, interval or gap that follows from it."""
    values, codes, fold = _people(600, 20, 1.5, seed=2)
    values *= np.linspace(0.2, 3.0, 20)
    turn = ortho_group.rvs(20, random_state=3)
    found = score(values, codes, fold)  # type: ignore[operator]
    again = score(values @ turn + 50.0, codes, fold)  # type: ignore[operator]
    for number in range(FOLDS):  # scores of one fold are compared with one another alone
        one, other = (of[fold == number] - of[fold == number].mean() for of in (found, again))
        assert other == pytest.approx(one, abs=1e-6)
    assert _area(codes, again, fold) == pytest.approx(_area(codes, found, fold), abs=1e-6)


def test_eraser_probe_and_test_are_of_different_folds() -> None:
    values, codes, fold = _people(600, 20, 1.5)
    moments = _moments(values, codes, fold)
    for test in range(FOLDS):
        first, second = split(moments, test)
        assert sorted([test, *first, *second]) == [*range(FOLDS)]
    asked: list[tuple[int, ...]] = []

    def learn(chosen: list[int]) -> object:
        asked.append(tuple(sorted(chosen)))
        return leace(moments.among(chosen))

    for test in range(FOLDS):
        erased(moments, learn, test)  # type: ignore[arg-type]
    assert len({*asked}) == FOLDS and all(len(of) == 2 for of in asked)


def test_on_the_rows_of_the_eraser_a_probe_finds_nothing_and_on_others_it_does() -> None:
    values, codes, fold = _people(1_500, 150, 2.0)
    part = _moments(values, codes, fold).among(range(FOLDS))
    before, left = (np.linalg.norm(discriminants(of)) for of in (part, leace(part).of_part(part)))
    assert left < 1e-9 * before
    assert _area(codes, _left(values, codes, fold), fold) > 0.58


@pytest.mark.parametrize(("distance", "area"), [(0.5, 0.589), (1.0, 0.717), (2.0, 0.911)])
def test_planted_groups_are_found_and_no_more_is_left_than_theory_allows(distance: float, area: float) -> None:
    """384 dimensions, 5,000 rows, 30% in the group: the published simulation's areas, and the bound."""
    values, codes, fold = _people(5_000, 384, distance, seed=4)
    assert _area(codes, _raw(values, codes, fold), fold) == pytest.approx(area, abs=0.02)
    found = auc(codes == 1, pooled_ranks(_left(values, codes, fold), fold)).cross_fitted()
    assert found.value <= floor(384, 0.4 * 1_500, 0.4 * 3_500, distance) + 2 * found.error


def test_a_probe_of_nothing_is_at_chance_with_the_error_that_is_stated() -> None:
    z = []
    for seed in range(25):
        values, codes, fold = _people(300, 60, 0.0, seed=seed)
        found = auc(codes == 1, pooled_ranks(_raw(values, codes, fold), fold)).cross_fitted()
        z.append((found.value - 0.5) / found.error)
    assert np.mean(z) == pytest.approx(0, abs=0.5)
    assert 0.7 < np.std(z) < 1.3


def test_a_model_of_the_outcome_on_erased_rows_learns_from_the_rows_of_the_eraser() -> None:
    """The outcome follows the group alone: erased, it is not predicted where many rows were learnt from."""
    rng = np.random.default_rng(6)
    values, codes, fold = _people(4_000, 10, 3.0, share=0.5)
    outcome = (rng.random(4_000) < np.where(codes == 1, 0.8, 0.2)).astype(int)
    groups, outcomes = _moments(values, codes, fold), _moments(values, outcome, fold)
    left = _scored(values, fold, lambda test: beside(outcomes, lambda of: leace(groups.among(of)), test))[:, 1]
    assert _area(outcome, _raw(values, outcome, fold), fold) == pytest.approx(
        0.5 + 0.3 * (2 * norm.cdf(3 / np.sqrt(2)) - 1), abs=0.03
    )
    assert _area(outcome, left, fold) == pytest.approx(0.5, abs=0.03)


def test_shuffled_groups_are_scored_as_their_own_sums_would_be() -> None:
    """One factor for all shuffles gives what each shuffle's own sums and factor give."""
    values, codes, fold = _people(400, 15, 1.0)
    rows = np.arange(400)
    moments = _moments(values, codes, fold)
    for i, (shuffled, scores) in enumerate(by_chance(Vectors(values), moments, codes, fold, rows, [0, 1])):
        assert sorted(shuffled) == sorted(codes)
        own = _moments(values, shuffled, fold)
        alone = _scored(values, fold, lambda test, own=own: raw(own, test))  # type: ignore[misc]
        assert scores == pytest.approx(alone, abs=1e-6)  # of 32-bit numbers
        if i == 3:
            break


def test_shuffles_give_the_areas_of_chance() -> None:
    """97.5% of them lie below a half and twice the error of cross-fitted scores, whatever the true link is."""
    values, codes, fold = _people(1_000, 30, 1.0)
    rows = np.arange(1_000)
    found = [
        _area(shuffled, scores[:, 0], fold)
        for shuffled, scores in by_chance(Vectors(values), _moments(values, codes, fold), codes, fold, rows, [1])
    ]
    error = np.sqrt(1_001 / (12 * 300 * 700))
    assert np.mean(found) == pytest.approx(0.5, abs=0.01)
    assert np.quantile(found, 0.975) == pytest.approx(0.5 + 1.96 * np.sqrt(2) * error, abs=0.012)


def test_units_keep_their_groups_together_when_groups_are_shuffled() -> None:
    unit = np.array([0, 1, 1, 2, 3, 3, 4, 5, 5])
    codes = np.array([0, 1, 1, 1, 0, 1, 0, 0, 0])
    for row in shuffles(codes, unit, 20):
        pairs = sorted(tuple(row[unit == of]) for of in (1, 3, 5))
        assert pairs == [(0, 0), (0, 1), (1, 1)]
        assert sorted(row[np.isin(unit, [0, 2, 4])]) == [0, 0, 1]
    assert len({tuple(row) for row in shuffles(codes, unit, 20)}) > 5


def test_sums_for_several_codings_are_those_of_each_alone() -> None:
    """Rows without a code are few, many, none, or the same as in another coding."""
    rng = np.random.default_rng(9)
    values, fold = rng.normal(size=(700, 5)) + 3.0, rng.integers(0, FOLDS, 700)
    few, many = (np.where(rng.random(700) < share, -1, rng.integers(0, 3, 700)) for share in (0.1, 0.8))
    codings = [(few, 3), (many, 3), (np.arange(700) % 2, 2), (np.where(few < 0, -1, few % 2), 2)]
    vectors = Vectors(values)
    less = values - values.mean(axis=0)
    for (codes, classes), found in zip(codings, Moments.each(vectors, codings, fold, FOLDS), strict=True):
        for number in range(FOLDS):
            own = (fold == number) & (codes >= 0)
            assert found.products[number] == pytest.approx(less[own].T @ less[own], abs=1e-8)
            for code in range(classes):
                assert found.sizes[number, code] == (own & (codes == code)).sum()
                assert found.sums[number, code] == pytest.approx(less[own & (codes == code)].sum(axis=0), abs=1e-8)
