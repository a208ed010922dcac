"""What models find out about a group or an outcome from many columns: cross-fitted, and with the strongest peeled off.

Everything is fitted and chosen on the rows of the other folds. Choosing columns on all rows would hide what is left:
it pushes the area under the curve below the truth, under pure noise below a half.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.stats.matrices import FOLDS, Matrix, Words
from auditor.stats.ridge import predictions
from auditor.stats.units import Ways, effective_size

if TYPE_CHECKING:
    pass

RIDGE, LOGISTIC, BOOSTING = "ridge regression", "logistic regression", "gradient boosting"
BAYES = "naive Bayes"  # of words, in place of the gradient boosting
STRENGTH = 0.1  # sklearn's C of the logistic regression of columns
OF_WORDS = 0.05  # the same of words: by comparison on texts, masked or not, no area is smaller by over .002
MOST_LEARNT = 27_000  # rows that the gradient boosting learns from: more change the area by under half a hundredth
TO_CHECK = 18_000  # rows that it learns from where it checks another learner: the area is smaller by under .002
SMALL = 10_000  # rows up to which fits of the gradient boosting are faster one by one than side by side
CONTROLS = 10  # rows of the commoner kind to one of the rarer that it learns from: more add next to nothing
FEW = 1_000  # rows of the rarer kind, under which the gradient boosting learns in smaller steps
AT_ONCE = 8  # targets that the ridge regression predicts at a time: each takes a number per row
_BINNING = Lock()
LEAF = 20  # rows that a leaf of the gradient boosting holds at least: sklearn's own choice


@dataclass(frozen=True)
class Fit:
    """A task for a learner: predict `positive`, boolean of shape (n,), from the rows of a matrix.

    `kept` marks per fold the columns that the model may see, shape (FOLDS, columns); None for all of them.
    """

    matrix: Matrix | Words
    positive: np.ndarray
    learner: str
    kept: np.ndarray | None = None
    tested: int = FOLDS

    def score(self, fold: int, scores: np.ndarray) -> None:
        """Write into `scores` the probabilities of a fold's rows, from a model of the other folds.

        Where the other folds have one class only, or no column may be seen, it is their share.
        """
        train, test = self.matrix.fold != fold, self.matrix.fold == fold
        if not test.any():
            return
        columns = np.ones(self.matrix.width, dtype=bool) if self.kept is None else self.kept[fold]
        share = self.positive[train].mean() if train.any() else 0.5
        if not columns.any() or share in (0, 1):
            scores[test] = share
        else:
            scores[test] = _predicted(self, columns, train, test)


def cross_fit(fits: Sequence[Fit], done: Callable[[int, int], None] | None = None) -> list[np.ndarray]:
    """Return for each fit the probability of `positive` for every row, from models of the other folds; shape (n,).

    All folds of all fits share the processors, the slower learner's first, so that none waits for another's last.
    `done` is called with how many parts of the work are done, from none on, and how many there are.
    """
    if not fits:
        return []
    scores = [np.full(len(fit.positive), np.nan) for fit in fits]
    for matrix in {id(fit.matrix): fit.matrix for fit in fits}.values():
        matrix.prepare()
    for summed in {id(fit.matrix): fit.matrix for fit in fits if fit.learner == RIDGE}.values():
        assert isinstance(summed, Matrix)  # words have too many places for it
        _ = summed.sums.total
    linear = [i for i, fit in enumerate(fits) if fit.learner == RIDGE]
    order = [i for learner in (BOOSTING, LOGISTIC, BAYES) for i, fit in enumerate(fits) if fit.learner == learner]
    chains = _chained(fits)
    order = [i for i in order if not any(i in chain for chain in chains)]
    alone = all(fit.learner == BOOSTING and len(fit.positive) <= SMALL for fit in fits)
    with side_by_side(workers=1 if alone else None) as threads:
        tasks = [threads.submit(fits[i].score, fold, scores[i]) for i in order for fold in range(fits[i].tested)]
        for chain in chains:
            part = [fits[i] for i in chain], [scores[i] for i in chain]
            tasks += [threads.submit(_in_turn, fold, *part) for fold in range(FOLDS)]
        for of in {id(fits[i].matrix): fits[i].matrix for i in linear}.values():
            alike = [i for i in linear if fits[i].matrix is of]
            parts = [alike[i : i + AT_ONCE] for i in range(0, len(alike), AT_ONCE)]
            tasks += [threads.submit(_solved, of, [fits[i] for i in few], [scores[i] for i in few]) for few in parts]
        for i, task in enumerate(tasks):
            if done:
                done(i, len(tasks))
            task.result()
    return scores


def _chained(fits: Sequence[Fit]) -> list[list[int]]:
    """Return the places of the logistic regressions of one target from words, which differ in the terms they see."""
    chains: dict[tuple[int, int], list[int]] = {}
    for i, fit in enumerate(fits):
        if fit.learner == LOGISTIC and isinstance(fit.matrix, Words):
            chains.setdefault((id(fit.matrix), id(fit.positive)), []).append(i)
    return list(chains.values())


def _in_turn(fold: int, fits: Sequence[Fit], scores: Sequence[np.ndarray]) -> None:
    """Write the scores of a fold's documents, each fit starting from the one before, without the terms it may not see.

    A few terms fewer change the others little: it takes a third of the steps.
    """
    words, positive = fits[0].matrix, fits[0].positive
    assert isinstance(words, Words)
    train, test = words.fold != fold, words.fold == fold
    tested = words.ones[test]
    model = logistic(words=True).set_params(warm_start=True)
    for fit, score in zip(fits, scores, strict=True):
        columns = np.ones(words.width, dtype=bool) if fit.kept is None else fit.kept[fold]
        if not columns.any() or not 0 < positive[train].sum() < train.sum() or not test.any():
            fit.score(fold, score)
            continue
        if hasattr(model, "coef_"):
            model.coef_ = model.coef_ * columns
        model.fit(words.without(fold, columns), positive[train])
        score[test] = model.predict_proba(tested)[:, 1]


def _solved(matrix: Matrix | Words, fits: Sequence[Fit], scores: Sequence[np.ndarray]) -> None:
    """Write the ridge regression's scores of all fits of one matrix, which share its sums."""
    assert isinstance(matrix, Matrix)  # words have too many places for it
    targets = np.column_stack([fit.positive for fit in fits]).astype(float)
    columns = np.stack([np.ones((FOLDS, matrix.width), bool) if fit.kept is None else fit.kept for fit in fits], axis=1)
    predicted = predictions(matrix.sums, targets, columns[:, :, matrix.owners])
    for score, found in zip(scores, predicted.T, strict=True):
        score[:] = found


@contextmanager
def side_by_side(workers: int | None = None) -> Iterator[ThreadPoolExecutor]:
    """Fit side by side, each in one thread: faster than threads within a fit, and the same on any machine."""
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController()
    openmp = found.select(user_api="openmp")
    workers = workers or min(2 * FOLDS, os.cpu_count() or 1)
    # OpenMP's limit holds for the thread that sets it, BLAS's for the process.
    with (
        found.select(user_api="blas").limit(limits=1),
        ThreadPoolExecutor(workers, initializer=lambda: openmp.limit(limits=1).__enter__()) as threads,
    ):
        yield threads


def _predicted(fit: Fit, columns: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    if fit.learner == BOOSTING:
        return _boosted(fit, columns, train, test)
    seen = fit.matrix.ones if columns.all() else fit.matrix.ones[:, columns[fit.matrix.owners]]
    model = logistic(words=isinstance(fit.matrix, Words)) if fit.learner == LOGISTIC else bayes()
    scores: np.ndarray = model.fit(seen[train], fit.positive[train]).predict_proba(seen[test])[:, 1]
    return scores


def _boosted(fit: Fit, columns: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    assert isinstance(fit.matrix, Matrix)  # words have too many places for it
    chosen, factor = learnt_from(fit.positive, train, TO_CHECK if fit.tested < FOLDS else MOST_LEARNT)
    learned, positive = fit.matrix.numbers[chosen], fit.positive[chosen]
    # With fewer numbers than a leaf must hold, a column can part no rows, and scikit-learn may fail to bin it.
    columns = columns & ((~np.isnan(learned)).sum(axis=0) >= LEAF)
    if not columns.any():
        return np.full(int(test.sum()), fit.positive[train].mean())
    model = boosting(fit.matrix.coded[columns], slow=min(positive.sum(), (~positive).sum()) < FEW)
    # Without sample weights, with which scikit-learn takes three times as long: the scores are corrected instead.
    share = model.fit(learned[:, columns], positive).predict_proba(fit.matrix.numbers[np.ix_(test, columns)])[:, 1]
    scores: np.ndarray = share * factor / (share * factor + 1 - share)
    return scores


def learnt_from(positive: np.ndarray, train: np.ndarray, in_all: int = MOST_LEARNT) -> tuple[np.ndarray, float]:
    """Return which rows the gradient boosting learns from, and the factor that corrects the odds of its scores.

    At most `in_all`, half of them of either kind where there are as many, and CONTROLS to one; the first ones, as
    the order of the sample is random. `train` is boolean, of shape (n,), as is what is returned.

    Source: King and Zeng 2001, Political Analysis 9 (prior correction).
    """
    kinds = [np.flatnonzero(train & (positive == kind)) for kind in (True, False)]
    fewer = min(len(kind) for kind in kinds)
    most = min(max(in_all // 2, in_all - fewer), max(CONTROLS * fewer, in_all // 27))
    chosen = np.zeros(len(train), dtype=bool)
    for kind in kinds:
        chosen[kind[:most]] = True
    own, other = (len(kind) / len(kind[:most]) for kind in kinds)
    return chosen, own / other


def logistic(*, words: bool = False) -> Any:  # of scikit-learn, which ships no types
    """Return the unfitted logistic regression, of columns or of words."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=OF_WORDS if words else STRENGTH, tol=1e-3, max_iter=1000)


def bayes() -> Any:  # of scikit-learn, which ships no types
    """Return the unfitted naive Bayes of words that are there or not."""
    from sklearn.naive_bayes import BernoulliNB

    return BernoulliNB()


def boosting(coded: np.ndarray, *, slow: bool = False) -> Any:  # of scikit-learn, which ships no types
    """Return the unfitted gradient boosting; `coded` marks the columns that hold codes without an order.

    `slow`: it learns in smaller steps, as it must of a kind with few rows. Small trees and few bins are as good as
    scikit-learn's own here, by comparison on real data, and take a third of the time.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(
        learning_rate=0.1 if slow else 0.2,
        max_iter=50 if slow else 30,
        max_leaf_nodes=15,
        max_bins=63,
        min_samples_leaf=LEAF,
        early_stopping=False,
        categorical_features=coded if coded.any() else None,
        random_state=0,
    )
    # To bin its columns, scikit-learn empties the process's warning filters for a moment, and another thread that bins
    # at that moment warns of it, or leaves them empty.
    binned = model._bin_data

    def one_by_one(*args: Any, **options: Any) -> Any:
        with _BINNING:
            return binned(*args, **options)

    model._bin_data = one_by_one
    return model


def cut(ranks: np.ndarray, favourable: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return who is selected when as many are as were favourable; of equal ranks those that come first in the sample.

    All arrays have the shape (n,), counts are weighted; the order of the sample is random.
    """
    wanted = float(weights[favourable].sum())
    order = np.argsort(-ranks, kind="stable")
    selected = np.zeros(len(ranks), dtype=bool)
    selected[order] = np.cumsum(weights[order]) - weights[order] / 2 <= wanted
    return selected


def effective(selected: np.ndarray, weights: np.ndarray, ways: Ways = ()) -> tuple[float, float]:
    """Return (selected, rows) of some rows in rows of effective size; (0, 0) where there is no row.

    They are whole numbers where weights are equal and no unit has several of the rows.
    """
    if not len(selected):
        return 0.0, 0.0
    size = effective_size(selected, weights, ways)
    if size == len(selected):
        return float(selected.sum()), size
    return size * float(np.average(selected, weights=weights)), size
