"""Cross-fitting and peeling: scikit-learn's own folds, planted truth, and what choosing on all rows would do."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import PredefinedSplit, cross_val_predict

from auditor.stats.association import cramers_v
from auditor.stats.matrices import FOLDS, Feature, Matrix, folds, one_hot
from auditor.stats.peeling import associations, peels
from auditor.stats.recovery import BOOSTING, LOGISTIC, MOST_LEARNT, RIDGE, Fit, cross_fit, cut, effective, learnt_from
from auditor.stats.roc import auc, pooled_ranks


def _scores(matrix: Matrix, positive: np.ndarray, learner: str, kept: np.ndarray | None = None) -> np.ndarray:
    return cross_fit([Fit(matrix, positive, learner, kept)])[0]


def _binary(rows: np.ndarray) -> tuple[Feature, ...]:
    return tuple(Feature(f"c{i}", column.astype(int), 2) for i, column in enumerate(rows.T))


def test_associations_are_cramers_v_of_every_pair() -> None:
    rng = np.random.default_rng(0)
    codes = [rng.integers(0, levels, 700) for levels in (2, 3, 7)]
    codes.append(np.where(rng.random(700) < 0.5, codes[1], rng.integers(0, 3, 700)))
    features = [Feature(f"c{i}", column, int(column.max()) + 2) for i, column in enumerate(codes)]  # one level is empty
    ones = one_hot(features, 700)
    found = associations((ones.T @ ones).toarray(), 700, np.repeat(np.arange(4), [f.levels for f in features]))
    for i in range(4):
        for j in range(4):
            table = np.zeros((8, 9))
            np.add.at(table, (codes[i], codes[j]), 1)
            assert found[i, j] == pytest.approx(cramers_v(table), abs=1e-6)


def test_a_fold_is_balanced_and_keeps_a_person_together() -> None:
    rng = np.random.default_rng(1)
    strata, units = rng.integers(0, 3, 1000), rng.integers(0, 400, 1000)
    alone = folds(strata)
    for level in range(3):
        sizes = np.bincount(alone[strata == level], minlength=FOLDS)
        assert sizes.max() - sizes.min() <= 1
    together = folds(strata, units)
    assert all(len(set(together[units == unit])) == 1 for unit in np.unique(units))
    assert np.bincount(together).max() < 260


def test_the_scores_are_scikit_learns_of_the_same_folds() -> None:
    rng = np.random.default_rng(2)
    rows = rng.random((600, 5)) < 0.4
    positive = rng.random(600) < 0.2 + 0.4 * rows[:, 0]
    matrix = Matrix(_binary(rows), folds(positive.astype(int)))
    ones = np.concatenate([np.eye(2)[column.astype(int)] for column in rows.T], axis=1)
    expected = cross_val_predict(
        LogisticRegression(C=0.1, tol=1e-8), ones, positive, cv=PredefinedSplit(matrix.fold), method="predict_proba"
    )[:, 1]
    assert _scores(matrix, positive, LOGISTIC) == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize("learner", [RIDGE, LOGISTIC, BOOSTING])
def test_nothing_to_see_predicts_the_share_of_the_other_folds(learner: str) -> None:
    positive = np.arange(100) % 4 == 0
    matrix = Matrix(_binary(np.zeros((100, 1))), np.arange(100) % FOLDS)
    kept = np.zeros((FOLDS, 1), dtype=bool)
    expected = [positive[np.arange(100) % FOLDS != i % FOLDS].mean() for i in range(100)]
    assert _scores(matrix, positive, learner, kept) == pytest.approx(expected)


@pytest.mark.parametrize("narrow", [True, False])
def test_the_ridge_regression_is_scikit_learns_of_the_same_folds_and_columns(narrow: bool) -> None:
    """Its sums of the other folds are the whole less the fold's: the same as a fit to their rows, columns gone or not."""
    rng = np.random.default_rng(7)
    rows = rng.random((500, 6)) < 0.4
    positive = rng.random(500) < 0.2 + 0.4 * rows[:, 0] + 0.2 * rows[:, 3]
    matrix = Matrix(_binary(rows), folds(positive.astype(int)))
    kept = rng.random((FOLDS, 6)) < (0.7 if narrow else 1.0)
    kept[:, 5] = True
    ones = matrix.ones.toarray().astype(float)
    expected = np.empty(500)
    for fold in range(FOLDS):
        train, seen = matrix.fold != fold, kept[fold][matrix.owners]
        # scikit-learn's penalty is on the same squares; its columns are centred where an intercept is fitted.
        model = Ridge(alpha=10.0).fit(ones[train][:, seen], positive[train].astype(float))
        expected[~train] = model.predict(ones[~train][:, seen])
    both = cross_fit([Fit(matrix, ~positive, RIDGE), Fit(matrix, positive, RIDGE, kept)])
    assert both[1] == pytest.approx(expected, abs=1e-9)


def test_the_ridge_regression_tells_a_group_as_a_logistic_one_does() -> None:
    group, columns, _ = _planted(4000, 3)
    matrix = Matrix(_binary(columns), folds(group.astype(int)))
    areas = [
        auc(group, pooled_ranks(_scores(matrix, group, learner), matrix.fold)).value for learner in (RIDGE, LOGISTIC)
    ]
    assert areas[0] == pytest.approx(areas[1], abs=0.005)


def test_the_rarer_kind_is_learned_from_whole_and_the_odds_are_corrected() -> None:
    few = np.arange(200_000) % 100 == 0
    chosen, factor = learnt_from(few, np.ones(200_000, dtype=bool))
    assert chosen[few].all() and chosen.sum() <= MOST_LEARNT
    assert chosen[few].sum() / chosen[~few].sum() * factor == pytest.approx(1 / 99)
    half = np.arange(200_000) % 2 == 0
    chosen, factor = learnt_from(half, np.ones(200_000, dtype=bool))
    assert chosen.sum() == pytest.approx(MOST_LEARNT, abs=2) and chosen[half].sum() == chosen[~half].sum()
    assert factor == 1 and learnt_from(half[:1000], np.ones(1000, dtype=bool))[0].all()


@pytest.mark.parametrize("tested", [1, 2, 3, FOLDS])
def test_the_error_of_a_few_tested_folds_is_that_of_data_without_a_link(tested: int) -> None:
    """The spread of 150 areas over DeLong's mean error is 1 with one fold, and grows with the pairs of tested folds."""
    rng = np.random.default_rng(8)
    areas = []
    for _ in range(150):
        positive = rng.random(400) < 0.5
        matrix = Matrix(_binary(rng.random((400, 12)) < 0.5), folds(positive.astype(int)))
        rows = matrix.fold < tested
        ranks = pooled_ranks(_scores(matrix, positive, RIDGE)[rows], matrix.fold[rows])
        areas.append(auc(positive[rows], ranks))
    spread = np.std([of.value for of in areas]) / np.mean([of.error for of in areas])
    widened = areas[0].cross_fitted((tested - 1) / (FOLDS - 1)).error / areas[0].error
    assert spread == pytest.approx(widened, abs=0.2)  # the standard error of a spread of 150 is 6% of it


def test_fits_side_by_side_leave_the_warning_filters_as_they_were() -> None:
    rng = np.random.default_rng(3)
    columns = tuple(Feature(f"x{i}", codes := rng.integers(0, 40, 600), 40, codes.astype(float)) for i in range(6))
    positive = rng.random(600) < 0.5
    matrix = Matrix(columns, folds(positive.astype(int)))
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as caught:
        cross_fit([Fit(matrix, positive, BOOSTING) for _ in range(8)])
        assert list(warnings.filters) == before
    assert [str(of.message) for of in caught] == []


def test_scores_learned_from_a_part_are_probabilities_of_the_whole() -> None:
    """Two of a hundred, at rates of 6, 1 and 1% by a column: what is predicted is that, not the thinned share."""
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 3, 200_000)
    positive = rng.random(200_000) < np.array([0.06, 0.01, 0.01])[codes]
    matrix = Matrix((Feature("x", codes, 3), Feature("y", rng.integers(0, 4, 200_000), 4)), folds(positive.astype(int)))
    scores = cross_fit([Fit(matrix, positive, BOOSTING, tested=1)])[0]
    tested = matrix.fold == 0
    assert np.isnan(scores[~tested]).all()
    for code, rate in enumerate((0.06, 0.01, 0.01)):
        assert scores[tested & (codes == code)].mean() == pytest.approx(rate, rel=0.12)  # sd of a rate of 440: 5%


STRONG, WEAK, BASE = 1.33, 0.19, 0.2  # log odds ratios of 5 and 60 columns, and their share among the others


def _planted(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Group, columns, and the log odds that each column adds to the group: the best that can be known."""
    rng = np.random.default_rng(seed)
    group = rng.random(rows) < 0.5
    effects = np.array([STRONG] * 5 + [WEAK] * 60)
    odds = BASE / (1 - BASE) * np.exp(effects)
    among = odds / (1 + odds)
    columns = rng.random((rows, 65)) < np.where(group[:, None], among, BASE)
    evidence = np.where(columns, np.log(among / BASE), np.log((1 - among) / (1 - BASE)))
    return group, columns, evidence


def test_a_peel_of_the_strong_leaves_what_the_weak_truly_tell() -> None:
    big, _, evidence = _planted(200_000, 1)
    truth = roc_auc_score(big, evidence[:, 5:].sum(axis=1))
    assert truth == pytest.approx(0.663, abs=0.006)
    group, columns, _ = _planted(8000, 2)
    matrix = Matrix(_binary(columns), folds(group.astype(int)))
    whole, peel = peels(matrix, group.astype(int), (0, 5))
    assert peel.removed.nonzero()[0].tolist() == [0, 1, 2, 3, 4]
    left = auc(group, pooled_ranks(_scores(matrix, group, RIDGE, peel.kept), matrix.fold))
    assert left.value == pytest.approx(truth, abs=0.02)
    told = auc(group, pooled_ranks(_scores(matrix, group, RIDGE, whole.kept), matrix.fold))
    assert told.value == pytest.approx(roc_auc_score(big, evidence.sum(axis=1)), abs=0.02)


def test_choosing_on_all_rows_would_push_pure_noise_below_guessing() -> None:
    rng = np.random.default_rng(4)
    group = (rng.random(400) < 0.5).astype(int)
    matrix = Matrix(_binary(rng.random((400, 300)) < 0.4), folds(group))
    (inside,) = peels(matrix, group, (60,))
    ones = one_hot((*matrix.features, Feature("", group, 2)), 400)
    links = associations((ones.T @ ones).toarray(), 400, np.repeat(np.arange(301), 2))[-1, :-1]
    kept = np.ones((FOLDS, 300), dtype=bool)
    kept[:, np.argsort(-links)[:60]] = False
    areas = [
        auc(group == 1, pooled_ranks(_scores(matrix, group == 1, RIDGE, of), matrix.fold)).value
        for of in (inside.kept, kept)
    ]
    assert areas[0] == pytest.approx(0.5, abs=0.07)
    assert areas[1] < 0.42


def test_a_twin_goes_with_its_other() -> None:
    rng = np.random.default_rng(5)
    group = rng.random(2000) < 0.5
    proxy = np.where(rng.random(2000) < 0.8, group, rng.random(2000) < 0.5)
    twin = np.where(rng.random(2000) < 0.9, proxy, rng.random(2000) < 0.5)
    other = np.where(rng.random(2000) < 0.3, group, rng.random(2000) < 0.5)
    matrix = Matrix(_binary(np.column_stack([other, twin, proxy])), folds(group.astype(int)))
    (peel,) = peels(matrix, group.astype(int), (1,))
    assert peel.named(["other", "twin", "proxy"])[0] == ("proxy", "twin")


def test_under_no_link_the_lower_bound_rarely_passes_a_half() -> None:
    """Nominal: 1.25% one-sided; of 100 data sets more than 5 have a chance of 0.1%. DeLong's own error is too small."""
    areas = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        group = rng.random(400) < 0.4
        matrix = Matrix(_binary(rng.random((400, 12)) < 0.4), folds(group.astype(int)))
        areas.append(auc(group, pooled_ranks(_scores(matrix, group, RIDGE), matrix.fold)))
    assert sum(area.cross_fitted().at(0.025).low > 0.5 for area in areas) <= 5
    values, errors = np.array([(area.value, area.error) for area in areas]).T
    assert values.std() / errors.mean() == pytest.approx(math.sqrt(2), abs=0.2)  # its own standard error is 0.1


def test_boosting_sees_what_no_sum_of_columns_shows() -> None:
    rng = np.random.default_rng(6)
    columns = rng.random((3000, 2)) < 0.5
    positive = columns[:, 0] ^ columns[:, 1]
    matrix = Matrix(_binary(columns), folds(positive.astype(int)))
    assert auc(positive, _scores(matrix, positive, BOOSTING)).value > 0.99


def test_the_cut_selects_as_many_as_were_favourable() -> None:
    ranks, favourable = np.array([0.9, 0.5, 0.5, 0.5, 0.1]), np.array([False, True, False, False, True])
    assert cut(ranks, favourable, np.ones(5)).tolist() == [True, True, False, False, False]
    weights = np.array([1.0, 3.0, 1.0, 1.0, 1.0])
    assert weights[cut(ranks, favourable, weights)].sum() == 4.0


def test_effective_counts_are_whole_where_weights_are_equal_and_kishs_elsewhere() -> None:
    selected = np.array([True, False, False, True])
    assert effective(selected, np.full(4, 7.0)) == (2.0, 4.0)
    weights = np.array([2.0, 1.0, 1.0, 0.0])
    size = 16 / 6  # (2 + 1 + 1)^2 / (4 + 1 + 1)
    assert effective(selected, weights) == pytest.approx((size / 2, size))


def test_terms_that_are_masked_by_zeros_are_as_if_cut_out() -> None:
    """Scikit-learn's logistic regression of the kept terms alone, fold by fold."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    from auditor.stats.matrices import Words
    from auditor.stats.recovery import OF_WORDS

    rng = np.random.default_rng(5)
    held = (rng.random((400, 30)) < 0.2).astype(np.float32)
    positive = rng.random(400) < 0.3 + 0.4 * held[:, 3]
    fold = folds(positive.astype(int))
    kept = rng.random((FOLDS, 30)) < 0.6
    words = Words(sparse.csr_matrix(held), fold, sparse.csr_matrix(np.zeros((30, 30), dtype=np.float32)))
    (scores,) = cross_fit([Fit(words, positive, LOGISTIC, kept)])
    _, after = cross_fit([Fit(words, positive, LOGISTIC), Fit(words, positive, LOGISTIC, kept)])
    for place in range(FOLDS):
        train, test = fold != place, fold == place
        model = LogisticRegression(C=OF_WORDS, tol=1e-3, max_iter=1000)
        model.fit(held[np.ix_(train, kept[place])], positive[train])
        assert scores[test] == pytest.approx(model.predict_proba(held[np.ix_(test, kept[place])])[:, 1], abs=2e-3)
        # One that starts from the fit of all terms ends near by, within the tolerance of the last step.
        assert after[test] == pytest.approx(scores[test], abs=0.02)
        assert np.corrcoef(after[test], scores[test])[0, 1] > 0.999
