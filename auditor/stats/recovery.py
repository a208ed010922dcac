"""What models find out about a group or an outcome from many columns: cross-fitted, and with the strongest peeled off.

Everything is fitted and chosen on the rows of the other folds. Choosing columns on all rows would hide what is left:
it pushes the area under the curve below the truth, under pure noise below a half.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

FOLDS = 5
LOGISTIC, BOOSTING = LEARNERS = ("logistic regression", "gradient boosting")
BAYES = "naive Bayes"  # of words, in place of the gradient boosting
TWIN = 0.5  # Cramér's V from which a column counts as another one's twin
STRENGTH = 0.1  # sklearn's C of the logistic regression


@dataclass(frozen=True)
class Feature:
    """A column for models: the level of every row (missing is one), and the numbers where it holds them (or nan)."""

    name: str
    codes: np.ndarray
    levels: int
    numbers: np.ndarray | None = None


@dataclass(frozen=True)
class Matrix:
    """Columns as learners take them; `fold` gives every row's fold, shape (n,)."""

    features: tuple[Feature, ...]
    fold: np.ndarray

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.features)

    @cached_property
    def owners(self) -> np.ndarray:
        """The column that each place of `ones` belongs to."""
        return np.repeat(np.arange(len(self.features)), [feature.levels for feature in self.features])

    @cached_property
    def ones(self) -> sparse.csr_matrix:
        """A place per level of every column, 1 where the row has it; shape (n, places)."""
        return _one_hot(self.features, len(self.fold))

    @cached_property
    def numbers(self) -> np.ndarray:
        """A place per column, numbers as they are and levels by their codes; shape (n, columns)."""
        return np.column_stack(
            [feature.codes if feature.numbers is None else feature.numbers for feature in self.features]
        ).astype(float)

    @cached_property
    def coded(self) -> np.ndarray:
        """Which columns of `numbers` hold codes, that have no order."""
        return np.array([feature.numbers is None for feature in self.features])

    def prepare(self) -> None:
        """Compute what the learners share, before they do so side by side."""
        _ = self.ones, self.numbers, self.coded, self.owners

    def take(self, rows: np.ndarray) -> Matrix:
        """Return these rows (their places) alone, in the same folds."""
        taken = Matrix(
            tuple(
                Feature(of.name, of.codes[rows], of.levels, None if of.numbers is None else of.numbers[rows])
                for of in self.features
            ),
            self.fold[rows],
        )
        return taken


@dataclass(frozen=True)
class Words:
    """Documents as learners take them: `ones` has a place per term, 1 where the document holds it; shape (n, terms).

    `parts` is 1 where a term (a pair of words) contains another: shape (terms, terms).
    """

    ones: sparse.csr_matrix
    fold: np.ndarray
    parts: sparse.csr_matrix

    @property
    def width(self) -> int:
        """The number of terms."""
        return int(self.ones.shape[1])

    @cached_property
    def owners(self) -> np.ndarray:
        """The term that each place belongs to: its own."""
        return np.arange(self.width)

    def prepare(self) -> None:
        """Compute what the learners share, before they do so side by side."""
        _ = self.owners

    def take(self, rows: np.ndarray) -> Words:
        """Return these documents (their places) alone, in the same folds."""
        return Words(self.ones[rows], self.fold[rows], self.parts)


def _one_hot(features: Sequence[Feature], rows: int) -> sparse.csr_matrix:
    from scipy import sparse

    starts = np.concatenate([[0], np.cumsum([feature.levels for feature in features])])
    places = np.column_stack([feature.codes + start for feature, start in zip(features, starts, strict=False)])
    pointers = np.arange(rows + 1) * len(features)
    ones = np.ones(rows * len(features), dtype=np.float32)
    return sparse.csr_matrix((ones, places.ravel(), pointers), shape=(rows, int(starts[-1])))


def folds(strata: np.ndarray, units: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    """Return a fold for every row, balanced over `strata`; rows of one unit (a person) are in the same fold.

    `strata` and `units` are whole numbers per row, shape (n,); without units each row is one.
    """
    rng = np.random.default_rng(seed)
    first, unit = (
        (np.arange(len(strata)), np.arange(len(strata)))
        if units is None
        else np.unique(units, return_index=True, return_inverse=True)[1:]
    )
    order = np.lexsort([rng.random(len(first)), strata[first]])
    place = np.empty(len(first), dtype=int)
    place[order] = np.arange(len(first)) % FOLDS
    return place[unit]


@dataclass(frozen=True)
class Fit:
    """What a learner is to be tried on: tell `positive`, boolean of shape (n,), from the rows of a matrix.

    `kept` says per fold which columns the model may see, shape (FOLDS, columns); all, if it is None.
    """

    matrix: Matrix | Words
    positive: np.ndarray
    learner: str
    kept: np.ndarray | None = None

    def score(self, fold: int, scores: np.ndarray) -> None:
        """Write into `scores` the probabilities of a fold's rows, from a model of the other folds.

        Where the other folds have one class only, or no column may be seen, it is their share.
        """
        train, test = self.matrix.fold != fold, self.matrix.fold == fold
        columns = np.ones(self.matrix.width, dtype=bool) if self.kept is None else self.kept[fold]
        share = self.positive[train].mean() if train.any() else 0.5
        if not columns.any() or share in (0, 1):
            scores[test] = share
        else:
            scores[test] = _predicted(self, columns, train, test)


def cross_fit(fits: Sequence[Fit]) -> list[np.ndarray]:
    """Return for each fit the probability of `positive` for every row, from models of the other folds; shape (n,).

    All folds of all fits share the processors, the slower learner's first, so that none waits for another's last.
    """
    scores = [np.empty(len(fit.positive)) for fit in fits]
    for matrix in {id(fit.matrix): fit.matrix for fit in fits}.values():
        matrix.prepare()
    order = sorted(range(len(fits)), key=lambda i: (BOOSTING, LOGISTIC, BAYES).index(fits[i].learner))
    with _one_thread_each() as threads:
        tasks = [threads.submit(fits[i].score, fold, scores[i]) for i in order for fold in range(FOLDS)]
        for task in tasks:
            task.result()
    return scores


@contextmanager
def _one_thread_each() -> Iterator[ThreadPoolExecutor]:
    """Fit side by side, each in one thread: faster than threads within a fit, and the same on any machine."""
    from threadpoolctl import ThreadpoolController

    found = ThreadpoolController()
    openmp = found.select(user_api="openmp")
    workers = min(2 * FOLDS, os.cpu_count() or 1)
    # OpenMP's limit holds for the thread that sets it, BLAS's for the process.
    with (
        found.select(user_api="blas").limit(limits=1),
        ThreadPoolExecutor(workers, initializer=lambda: openmp.limit(limits=1).__enter__()) as threads,
    ):
        yield threads


def _predicted(fit: Fit, columns: np.ndarray, train: np.ndarray, test: np.ndarray) -> np.ndarray:
    if fit.learner == BOOSTING:
        assert isinstance(fit.matrix, Matrix)  # words have too many places for it
        seen: Any = fit.matrix.numbers[:, columns]
        model = boosting(fit.matrix.coded[columns])
    else:
        seen = fit.matrix.ones if columns.all() else fit.matrix.ones[:, columns[fit.matrix.owners]]
        model = logistic() if fit.learner == LOGISTIC else bayes()
    scores: np.ndarray = model.fit(seen[train], fit.positive[train]).predict_proba(seen[test])[:, 1]
    return scores


def logistic() -> Any:  # of scikit-learn, which ships no types
    """Return the unfitted logistic regression."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH, tol=1e-3, max_iter=1000)


def bayes() -> Any:  # of scikit-learn, which ships no types
    """Return the unfitted naive Bayes of words that are there or not."""
    from sklearn.naive_bayes import BernoulliNB

    return BernoulliNB()


def boosting(coded: np.ndarray) -> Any:  # of scikit-learn, which ships no types
    """Return the unfitted gradient boosting; `coded` says which columns hold codes without an order."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        early_stopping=True, n_iter_no_change=5, categorical_features=coded if coded.any() else None, random_state=0
    )


@dataclass(frozen=True)
class Peel:
    """The columns that go when the `k` strongest do: per fold `kept` (FOLDS, columns), and `gone` in most folds.

    `strength` is each column's Cramér's V with the group, the mean of the folds.
    """

    k: int
    kept: np.ndarray
    strength: np.ndarray

    @cached_property
    def gone(self) -> np.ndarray:
        """Which columns most folds do without, shape (columns,)."""
        gone: np.ndarray = (~self.kept).sum(axis=0) > FOLDS / 2
        return gone

    def named(self, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[tuple[str, float], ...]]:
        """Return the names of what is gone, and of what is left with its strength; each strongest first."""
        order = [int(i) for i in np.argsort(-self.strength, kind="stable")]
        gone = tuple(names[i] for i in order if self.gone[i])
        return gone, tuple((names[i], float(self.strength[i])) for i in order if not self.gone[i])


def peels(matrix: Matrix, group: np.ndarray, steps: Sequence[int]) -> list[Peel]:
    """Return what goes at each step: in every fold, the k columns closest to the group and their twins.

    `group` is the level of every row as a whole number, shape (n,). Closeness is Cramér's V, bias-corrected, on the
    training rows of the fold; a twin is a column whose V with one that goes is TWIN or more.
    """
    levels = int(group.max()) + 1
    features = (*matrix.features, Feature("", group, levels))
    ones = _one_hot(features, len(group))
    owners = np.repeat(np.arange(len(features)), [feature.levels for feature in features])
    strengths = [associations(ones[matrix.fold != fold], owners) for fold in range(FOLDS)]
    mean = np.mean([strength[-1, :-1] for strength in strengths], axis=0)
    found = []
    for k in steps:
        kept = np.ones((FOLDS, len(matrix.features)), dtype=bool)
        for fold, strength in enumerate(strengths):
            strongest = np.argsort(-strength[-1, :-1], kind="stable")[:k]
            kept[fold, strongest] = False
            kept[fold, (strength[strongest, :-1] >= TWIN).any(axis=0)] = False
        found.append(Peel(k, kept, mean))
    return found


def term_peels(words: Words, group: np.ndarray, steps: Sequence[int]) -> list[Peel]:
    """Return what goes at each step: in every fold, the k terms closest to the group and their twins.

    Closeness is Cramér's V (of two groups, phi) on the training rows of the fold; a twin is a term whose phi with one
    that goes is TWIN or more. A pair of words goes with either of its words.
    """
    links = [_links(words, group, words.fold != fold) for fold in range(FOLDS)]
    mean = np.mean(links, axis=0)
    most = max(steps)
    twins = []
    for fold, link in enumerate(links):
        strongest = np.argsort(-link, kind="stable")[:most]
        twins.append((strongest, _phi(words.ones[words.fold != fold], strongest) >= TWIN))
    found = []
    for k in steps:
        kept = np.ones((FOLDS, words.width), dtype=bool)
        for fold, (strongest, alike) in enumerate(twins):
            gone = np.zeros(words.width, dtype=bool)
            gone[strongest[:k]] = True
            gone |= alike[:k].any(axis=0)
            gone |= np.asarray(words.parts @ gone.astype(np.float32)).ravel() > 0
            kept[fold] = ~gone
        found.append(Peel(k, kept, mean))
    return found


def _links(words: Words, group: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return Cramér's V of every term with the group on some rows, shape (terms,)."""
    from scipy import sparse

    levels = int(group.max()) + 1
    codes = group[rows]
    member = sparse.csr_matrix((np.ones(len(codes)), (np.arange(len(codes)), codes)), shape=(len(codes), levels))
    held = np.asarray((words.ones[rows].T @ member).todense(), dtype=float)
    n, sizes = len(codes), np.bincount(codes, minlength=levels)
    total = held.sum(axis=1, keepdims=True)
    expected = total * sizes / n
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = ((held - expected) ** 2 / expected).sum(axis=1) * n / (n - total[:, 0])
    v: np.ndarray = np.sqrt(np.where(np.isfinite(statistic), statistic, 0.0) / n)
    return v


def _phi(ones: sparse.csr_matrix, of: np.ndarray) -> np.ndarray:
    """Return phi of some terms with all, shape (len(of), terms)."""
    n = ones.shape[0]
    sizes = np.asarray(ones.sum(axis=0), dtype=float).ravel()
    both = np.asarray((ones[:, of].T @ ones).todense(), dtype=float)
    spread = np.sqrt(sizes * (n - sizes))
    with np.errstate(divide="ignore", invalid="ignore"):
        phi = (n * both - np.outer(sizes[of], sizes)) / np.outer(spread[of], spread)
    found: np.ndarray = np.where(np.isfinite(phi), phi, 0.0)
    return found


def associations(ones: sparse.csr_matrix, owners: np.ndarray) -> np.ndarray:
    """Return the bias-corrected Cramér's V of every pair of columns, shape (columns, columns).

    All tables are blocks of one product: with counts G, chi-square over n is the block's sum of G^2 / (row x column)
    less 1. Levels that do not occur count for nothing.
    """
    n = ones.shape[0]
    counts = np.asarray((ones.T @ ones).todense(), dtype=np.float64)
    sizes = np.diag(counts)
    there = sizes > 0
    inverse = np.divide(1.0, sizes, out=np.zeros_like(sizes), where=there)
    starts = np.searchsorted(owners, np.arange(owners[-1] + 1))
    cells = counts**2 * inverse[:, None] * inverse[None, :]
    phi2 = np.add.reduceat(np.add.reduceat(cells, starts, axis=0), starts, axis=1) - 1
    levels = np.add.reduceat(there.astype(float), starts)
    corrected = np.maximum(0, phi2 - np.outer(levels - 1, levels - 1) / (n - 1))
    room = levels - (levels - 1) ** 2 / (n - 1) - 1
    smaller = np.minimum(room[:, None], room[None, :])
    v: np.ndarray = np.sqrt(np.divide(corrected, smaller, out=np.zeros_like(corrected), where=smaller > 1e-9))
    np.minimum(v, 1.0, out=v)
    return v


def cut(ranks: np.ndarray, favourable: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return who is selected when as many are as were favourable; of equal ranks those that come first in the sample.

    All arrays have the shape (n,), counts are weighted; the order of the sample knows nothing of the people in it.
    """
    wanted = float(weights[favourable].sum())
    order = np.argsort(-ranks, kind="stable")
    selected = np.zeros(len(ranks), dtype=bool)
    selected[order] = np.cumsum(weights[order]) - weights[order] / 2 <= wanted
    return selected


def effective(selected: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return (selected, rows) of some rows in rows of Kish's effective size: whole numbers where weights are equal."""
    if np.all(weights == weights[0]):
        return float(selected.sum()), float(len(selected))
    size = float(weights.sum() ** 2 / (weights**2).sum())
    return size * float(np.average(selected, weights=weights)), size
