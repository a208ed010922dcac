"""A class predicted from vectors by a linear discriminant that is computed from sums: raw, erased, and by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from auditor.stats.erasing import Eraser
from auditor.stats.moments import BATCH, Moments, Part, Run, Vectors
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


def raw(moments: Moments, test: int) -> np.ndarray:
    """Return the directions that predict each class of fold `test`, from the other folds; shape (d, classes)."""
    return _learned(moments, _others(test, len(moments.sizes)))


def split(moments: Moments, test: int) -> tuple[list[int], list[int]]:
    """Return the folds that an eraser, and those that a probe, learns from where fold `test` is predicted."""
    others = _others(test, len(moments.sizes))
    return others[: len(others) // 2], others[len(others) // 2 :]


def erased(groups: Moments, learn: Learn, test: int) -> np.ndarray:
    """Return the directions that predict each group of fold `test` from erased vectors; shape (d, groups).

    Eraser, probe and test are of different folds. If an eraser and a probe learn from the same rows, the probe finds
    nothing by construction, which shows nothing about other rows.
    """
    first, second = split(groups, test)
    return _learned(groups, second, learn(first))


def beside(outcome: Moments, learn: Learn, test: int) -> np.ndarray:
    """Return the directions that predict each outcome of fold `test` from erased vectors; shape (d, outcomes).

    Eraser and model learn from the same other folds, as a team would use them.
    """
    others = _others(test, len(outcome.sizes))
    return _learned(outcome, others, learn(others))


def scored(
    vectors: Vectors, fold: np.ndarray, rows: np.ndarray, found: Sequence[np.ndarray], run: Run = map
) -> np.ndarray:
    """Return the scores of `rows` by the directions (d, k) that were found for their fold, in one pass; (m, k)."""
    scores = np.zeros((len(rows), found[0].shape[1]))

    def score(test: int) -> None:
        here = np.flatnonzero(fold[rows] == test)
        scores[here] = vectors.along(found[test], rows[here])

    for _ in run(score, range(len(found))):
        pass
    return scores


def _learned(moments: Moments, folds: list[int], eraser: Eraser | None = None) -> np.ndarray:
    part = moments.among(folds)
    if not part.usable:
        return np.zeros(part.means.T.shape)  # nothing to learn from: all are alike
    return discriminants(part) if eraser is None else eraser.turned(discriminants(eraser.of_part(part)))


def by_chance(
    vectors: Vectors,
    moments: Moments,
    codes: np.ndarray,
    fold: np.ndarray,
    rows: np.ndarray,
    asked: Sequence[int],
    unit: np.ndarray | None = None,
    seed: int = 0,
    run: Run = map,
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield SHUFFLES times shuffled codes of `rows`, and the scores that a probe of them gives; (m,), (m, asked).

    `asked` are the classes to be predicted. The covariance does not depend on the codes, so that one factor per fold
    serves all shuffles. Codes are exchanged between units (`unit`, of `rows`) with as many rows. Scores are 32-bit
    numbers, as they are many.
    """
    classes, folds = len(asked), len(moments.sizes)
    shuffled = shuffles(codes[rows], unit, SHUFFLES, seed)
    sums, total = np.zeros((folds, SHUFFLES * classes, vectors.width)), np.zeros((folds, vectors.width))
    sizes = np.zeros((folds, SHUFFLES * classes))

    def add(number: int) -> None:
        at = np.flatnonzero(fold[rows] == number)
        start = 0
        for here, block in vectors.batches(rows[at]):
            codes_of = shuffled[:, None, at[start : start + len(here)]]
            ones = (codes_of == np.array(asked)[:, None]).reshape(SHUFFLES * classes, len(here)).astype(float)
            sums[number] += ones @ block
            sizes[number] += ones.sum(axis=1)
            total[number] += block.sum(axis=0)
            start += len(here)

    scores = np.zeros((len(rows), SHUFFLES * classes), np.float32)
    counts = np.bincount(fold[rows], minlength=folds)

    def score(test: int) -> None:
        others = _others(test, folds)
        part = moments.among(others)
        mean = total[others].sum(axis=0) / max(1, counts[others].sum())
        means = sums[others].sum(axis=0) / np.maximum(sizes[others].sum(axis=0), 1)[:, None] - mean
        here = np.flatnonzero(fold[rows] == test)
        found = solved(part.covariance, part.rows, means.T)
        for start in range(0, len(here), BATCH):
            some = here[start : start + BATCH]
            scores[some] = vectors.along(found, rows[some])

    for step in (add, score):
        for _ in run(step, range(folds)):
            pass
    for i in range(SHUFFLES):
        yield shuffled[i], scores[:, i * classes : (i + 1) * classes]


def shuffles(codes: np.ndarray, unit: np.ndarray | None, count: int, seed: int = 0) -> np.ndarray:
    """Return `count` shuffles of codes, shape (count, m); those of a unit go to another with as many rows, together."""
    rng = np.random.default_rng(seed)
    found = np.tile(codes.astype(np.int16), (count, 1))
    if unit is None:
        for row in found:
            rng.shuffle(row)
        return found
    order = np.argsort(unit, kind="stable")
    sizes = np.bincount(unit)
    starts = np.cumsum(sizes) - sizes
    for size in np.unique(sizes[sizes > 0]):
        places = order[starts[sizes == size][:, None] + np.arange(size)]
        for row in found:
            row[places] = codes[places[rng.permutation(len(places))]]
    return found


def _others(test: int, folds: int) -> list[int]:
    """Return the other folds, beginning with the next."""
    return [(test + i) % folds for i in range(1, folds)]
