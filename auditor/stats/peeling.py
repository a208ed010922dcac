"""Which columns or terms are removed with the strongest: chosen in every fold on the rows that a model is fitted to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from auditor.stats.matrices import FOLDS, Feature, Matrix, Words, one_hot

if TYPE_CHECKING:
    from scipy import sparse

TWIN = 0.5  # Cramér's V from which a column counts as another one's twin


@dataclass(frozen=True)
class Peel:
    """The columns removed with the `k` strongest: per fold `kept` (FOLDS, columns), and those `removed` in most folds.

    `strength` is each column's Cramér's V with the group, the mean of the folds.
    """

    k: int
    kept: np.ndarray
    strength: np.ndarray

    @cached_property
    def removed(self) -> np.ndarray:
        """Which columns are removed in most folds, shape (columns,)."""
        removed: np.ndarray = (~self.kept).sum(axis=0) > FOLDS / 2
        return removed

    def named(self, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[tuple[str, float], ...]]:
        """Return the names of what is removed, and of what remains with its strength; each strongest first."""
        order = [int(i) for i in np.argsort(-self.strength, kind="stable")]
        removed = tuple(names[i] for i in order if self.removed[i])
        return removed, tuple((names[i], float(self.strength[i])) for i in order if not self.removed[i])


def peels(matrix: Matrix, group: np.ndarray, steps: Sequence[int]) -> list[Peel]:
    """Return what is removed at each step: in every fold, the k columns closest to the group and their twins.

    `group` is the level of every row as a whole number, shape (n,). Closeness is Cramér's V, bias-corrected, on the
    training rows of the fold; a twin is a column whose V with one of these is TWIN or more.
    """
    levels = int(group.max()) + 1
    owners = np.append(matrix.owners, np.full(levels, matrix.width))
    strengths = [associations(counts, n, owners) for counts, n in _counted(matrix, group, levels)]
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


def _counted(matrix: Matrix, group: np.ndarray, levels: int) -> Iterator[tuple[np.ndarray, int]]:
    """Yield, for each fold, how often two places (the group's levels are the last) meet in a row of the others."""
    if matrix.is_narrow:  # its sums are those that the ridge regression takes
        member = np.eye(levels)[group]
        products = matrix.sums.products(member)
        for fold in range(FOLDS):
            rest = matrix.fold != fold
            beside = products.sum(axis=0) - products[fold]
            sizes = np.diag(member[rest].sum(axis=0))
            yield np.block([[matrix.sums.without(fold), beside], [beside.T, sizes]]), int(rest.sum())
        return
    ones = one_hot((*matrix.features, Feature("", group, levels)), len(group))
    for fold in range(FOLDS):
        part = ones[matrix.fold != fold]
        yield np.asarray((part.T @ part).todense(), dtype=np.float64), part.shape[0]


def term_peels(words: Words, group: np.ndarray, steps: Sequence[int]) -> list[Peel]:
    """Return what is removed at each step: in every fold, the k terms closest to the group and their twins.

    Closeness is Cramér's V (of two groups, phi) on the training rows of the fold; a twin is a term whose phi with one
    of these is TWIN or more. A pair of words is removed with either of its words.
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
            removed = np.zeros(words.width, dtype=bool)
            removed[strongest[:k]] = True
            removed |= alike[:k].any(axis=0)
            removed |= np.asarray(words.parts @ removed.astype(np.float32)).ravel() > 0
            kept[fold] = ~removed
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


def associations(counts: np.ndarray, n: int, owners: np.ndarray) -> np.ndarray:
    """Return the bias-corrected Cramér's V of every pair of columns, shape (columns, columns).

    `counts` is how often two places meet in one of `n` rows, shape (places, places), `owners` the column of each place.
    All tables are blocks of it: with counts G, chi-square over n is the block's sum of G^2 / (row x column) less 1.
    Levels that do not occur count for nothing.
    """
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
