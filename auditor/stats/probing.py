"""A class predicted from vectors by a linear discriminant that is computed from sums: raw, erased, and by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from auditor.stats.erasing import Eraser
from auditor.stats.moments import Moments, Part, Vectors
from auditor.stats.shrinkage import solved

LINEAR = "linear discriminant"
SHUFFLES = 200
Learn = Callable[[Sequence[int]], Eraser]  # from the rows of some folds


def discriminants(part: Part) -> np.ndarray:
    """Return for each class the direction that separates it from all others, shape (d, classes).

    It is S⁻¹(mean of the class - mean of all), with S the shrunk total covariance. Of two classes it is that of the
    linear discriminant analysis, which takes the covariance within classes: both directions are parallel.

    Source: Fisher 1936; Ledoit and Wolf 2004 (shrinkage in a discriminant); Chen and others 2010 (its amount).
    """
    found: np.ndarray = solved(part.covariance, part.rows, (part.means - part.mean).T)
    return found


def raw_scores(vectors: Vectors, moments: Moments, fold: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the scores of `rows`, from the other folds, for every class against the rest; shape (m, classes)."""
    return _scores(vectors, fold, rows, moments, [(_others(i, len(moments.sizes)), None) for i in _folds(moments)])


def split(moments: Moments, test: int) -> tuple[list[int], list[int]]:
    """Return the folds that an eraser, and those that a probe, learns from where fold `test` is predicted."""
    others = _others(test, len(moments.sizes))
    return others[: len(others) // 2], others[len(others) // 2 :]


def erased_scores(vectors: Vectors, groups: Moments, learn: Learn, fold: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return how erased `rows` are scored for each group: eraser, probe and test are of different folds; (m, classes).

    If an eraser and a probe learn from the same rows, the probe finds nothing by construction, which shows nothing
    about other rows.
    """
    plans = []
    for test in _folds(groups):
        first, second = split(groups, test)
        plans.append((second, learn(first)))
    return _scores(vectors, fold, rows, groups, plans)


def outcome_scores(vectors: Vectors, outcome: Moments, learn: Learn, fold: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return the scores for each outcome of erased `rows`; eraser and model learn from the same other folds.

    That is how a team would use them; shape (m, outcomes).
    """
    others = [_others(test, len(outcome.sizes)) for test in _folds(outcome)]
    return _scores(vectors, fold, rows, outcome, [(of, learn(of)) for of in others])


def _scores(
    vectors: Vectors,
    fold: np.ndarray,
    rows: np.ndarray,
    moments: Moments,
    plans: Sequence[tuple[list[int], Eraser | None]],
) -> np.ndarray:
    scores = np.zeros((len(rows), moments.sizes.shape[1]))
    for test, (learnt, eraser) in enumerate(plans):
        part = moments.among(learnt)
        if not part.usable:
            continue  # nothing to learn from: all are alike
        found = discriminants(part) if eraser is None else eraser.turned(discriminants(eraser.of_part(part)))
        here = np.flatnonzero(fold[rows] == test)
        scores[here] = vectors.along(found, rows[here])
    return scores


def by_chance(
    vectors: Vectors,
    moments: Moments,
    codes: np.ndarray,
    fold: np.ndarray,
    rows: np.ndarray,
    unit: np.ndarray | None = None,
    seed: int = 0,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield SHUFFLES times shuffled codes of `rows`, and the scores that a probe of them gives; (m,), (m, classes).

    The covariance does not depend on the codes, so that one factor per fold serves all shuffles. Codes are exchanged
    between units (`unit`, of `rows`) with as many rows.
    """
    classes, folds = moments.sizes.shape[1], len(moments.sizes)
    shuffled = shuffles(codes[rows], unit, SHUFFLES, seed)
    sums = np.zeros((folds, SHUFFLES * classes, vectors.width))
    sizes = np.zeros((folds, SHUFFLES * classes))
    for number in range(folds):
        at = np.flatnonzero(fold[rows] == number)
        ones = (shuffled[:, None, at] == np.arange(classes)[:, None]).reshape(SHUFFLES * classes, len(at))
        start = 0
        for here, block in vectors.batches(rows[at]):
            sums[number] += ones[:, start : start + len(here)].astype(float) @ block
            start += len(here)
        sizes[number] = ones.sum(axis=1)
    scores = np.zeros((len(rows), SHUFFLES * classes))
    for test in range(folds):
        others = _others(test, folds)
        part, own = moments.among(others), sizes[others].sum(axis=0)
        total = sums[others].sum(axis=0).reshape(SHUFFLES, classes, -1).sum(axis=1) / max(1.0, own[:classes].sum())
        means = sums[others].sum(axis=0) / np.maximum(own, 1)[:, None] - np.repeat(total, classes, axis=0)
        here = np.flatnonzero(fold[rows] == test)
        found = solved(part.covariance, part.rows, means.T)
        scores[here] = vectors.along(found, rows[here])
    for i in range(SHUFFLES):
        yield shuffled[i], scores[:, i * classes : (i + 1) * classes]


def shuffles(codes: np.ndarray, unit: np.ndarray | None, count: int, seed: int = 0) -> np.ndarray:
    """Return `count` shuffles of codes, shape (count, m); those of a unit go to another with as many rows, together."""
    rng = np.random.default_rng(seed)
    if unit is None:
        return np.stack([rng.permutation(codes) for _ in range(count)])
    order = np.argsort(unit, kind="stable")
    sizes = np.bincount(unit)
    starts = np.cumsum(sizes) - sizes
    found = np.tile(codes, (count, 1))
    for size in np.unique(sizes[sizes > 0]):
        places = order[starts[sizes == size][:, None] + np.arange(size)]
        for row in found:
            row[places] = codes[places[rng.permutation(len(places))]]
    return found


def _folds(moments: Moments) -> range:
    return range(len(moments.sizes))


def _others(test: int, folds: int) -> list[int]:
    """Return the other folds, beginning with the next."""
    return [(test + i) % folds for i in range(1, folds)]
