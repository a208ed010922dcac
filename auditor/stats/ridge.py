"""The ridge regression, from sums alone: predictions, with or without some columns, are algebra on one small matrix.

Per fold the sums of the one-hot columns and of their products are taken once; those of the rows that a model learns
from are the whole less the fold's. A model of any target, without any columns, is then a solve of a part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy import sparse

PENALTY = 10.0  # on the squares of the coefficients of centred one-hot columns


@dataclass(frozen=True)
class Sums:
    """The sums of one-hot columns: `ones` of shape (rows, places), `fold` the fold of every row, of `folds`."""

    ones: sparse.csr_matrix
    fold: np.ndarray
    folds: int

    @cached_property
    def of_folds(self) -> np.ndarray:
        """How often two places are 1 in one row of a fold; shape (folds, places, places), exact up to 2**24 rows."""
        places = self.ones.shape[1]
        found = np.empty((self.folds, places, places), dtype=np.float32)
        for fold in range(self.folds):
            part = self.ones[self.fold == fold]
            found[fold] = (part.T @ part).toarray()
        return found

    @cached_property
    def total(self) -> np.ndarray:
        """How often two places are 1 in one row; shape (places, places)."""
        found: np.ndarray = self.of_folds.sum(axis=0, dtype=float)
        return found

    def without(self, fold: int) -> np.ndarray:
        """Return how often two places are 1 in one row of the other folds; shape (places, places)."""
        others: np.ndarray = self.total - self.of_folds[fold]
        return others

    def products(self, targets: np.ndarray) -> np.ndarray:
        """Return the sums of some targets, shape (rows, targets), over each place; shape (folds, places, targets)."""
        return np.stack([self.ones[self.fold == fold].T @ targets[self.fold == fold] for fold in range(self.folds)])


def predictions(sums: Sums, targets: np.ndarray, kept: np.ndarray, penalty: float = PENALTY) -> np.ndarray:
    """Return the cross-fitted predictions of some targets, of shape (rows, targets).

    `targets` are numbers of that shape, `kept` marks per fold and target the places that its model sees: shape
    (folds, targets, places). Without any, or without rows in the other folds, the prediction is the mean of the others,
    or a half.
    """
    from scipy import linalg

    predicted = np.empty(targets.shape)
    products = sums.products(targets)
    for fold in range(sums.folds):
        test = sums.fold == fold
        n = int((~test).sum())
        if not test.any():
            continue
        if not n:
            predicted[test] = 0.5
            continue
        gram = sums.without(fold)
        means = np.diag(gram) / n  # a place times itself is the place
        totals = targets[~test].sum(axis=0)
        centred = gram - n * np.outer(means, means)
        centred.flat[:: len(means) + 1] += penalty
        right = products.sum(axis=0) - products[fold] - np.outer(means, totals)
        coefficients = np.zeros(right.shape)
        for places, which in _alike(kept[fold]):
            if len(places):
                block = linalg.cho_factor(centred[np.ix_(places, places)], overwrite_a=True, check_finite=False)
                solved = linalg.cho_solve(block, right[np.ix_(places, which)], check_finite=False)
                coefficients[np.ix_(places, which)] = solved
        predicted[test] = totals / n + sums.ones[test] @ coefficients - means @ coefficients
    return predicted


def _alike(kept: np.ndarray) -> Sequence[tuple[np.ndarray, np.ndarray]]:
    """Return the places that are seen, and which targets are predicted from just these, for each such set."""
    masks, inverse = np.unique(kept, axis=0, return_inverse=True)
    return [(np.flatnonzero(mask), np.flatnonzero(inverse.ravel() == i)) for i, mask in enumerate(masks)]
