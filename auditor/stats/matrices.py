"""Columns and words as learners take them, and folds that keep the rows of a unit together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from auditor.stats.ridge import Sums

if TYPE_CHECKING:
    from scipy import sparse

FOLDS = 5
MOST_PLACES = 1_500  # of one-hot columns that the ridge regression takes: its matrix has their square


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
        return one_hot(self.features, len(self.fold))

    @cached_property
    def sums(self) -> Sums:
        """The sums of `ones`, from which the ridge regression is solved."""
        return Sums(self.ones, self.fold, FOLDS)

    @property
    def is_narrow(self) -> bool:
        """Whether the places are few enough for a matrix of their products."""
        return sum(feature.levels for feature in self.features) <= MOST_PLACES

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
        """Return these rows (their places in order) alone, in the same folds; itself, with its sums, for all rows."""
        if len(rows) == len(self.fold):
            return self
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

    @cached_property
    def others(self) -> list[sparse.csr_matrix]:
        """The documents of all folds but one, for every fold."""
        return [self.ones[self.fold != fold] for fold in range(FOLDS)]

    def without(self, fold: int, columns: np.ndarray) -> sparse.csr_matrix:
        """Return the documents of the other folds as if they held the terms of `columns` alone: others are zero.

        A penalised regression gives zeros no weight, as if they were not there. To cut them out takes much longer.
        """
        from scipy import sparse

        part = self.others[fold]
        if columns.all():
            return part
        held = columns.astype(part.dtype)[part.indices]
        return sparse.csr_matrix((held, part.indices, part.indptr), shape=part.shape)

    def prepare(self) -> None:
        """Compute what the learners share, before they do so side by side."""
        _ = self.owners, self.others

    def take(self, rows: np.ndarray) -> Words:
        """Return these documents (their places in order) alone, in the same folds; itself for all of them."""
        if len(rows) == len(self.fold):
            return self
        return Words(self.ones[rows], self.fold[rows], self.parts)


def one_hot(features: Sequence[Feature], rows: int) -> sparse.csr_matrix:
    """Return a place per level of every column, 1 where the row has it; shape (rows, places)."""
    from scipy import sparse

    starts = np.cumsum([0, *(feature.levels for feature in features)], dtype=np.int32)
    places = np.empty((rows, len(features)), dtype=np.int32)
    for i, feature in enumerate(features):
        places[:, i] = feature.codes + starts[i]
    pointers = np.arange(rows + 1, dtype=np.int32) * np.int32(len(features))
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
