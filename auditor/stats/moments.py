"""Vectors by their sums: rows by class and fold, sums of vectors, sums of their products. Sums of parts add up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

BATCH = 8_192  # rows that are doubles at a time


@dataclass(frozen=True)
class Vectors:
    """Vectors of shape (n, d), read in batches as doubles less their mean, so that a shift of all changes nothing."""

    values: np.ndarray

    @property
    def width(self) -> int:
        """The number of dimensions."""
        return int(self.values.shape[1])

    @cached_property
    def origin(self) -> np.ndarray:
        """The mean of all vectors, shape (d,)."""
        mean: np.ndarray = self.values.mean(axis=0, dtype=np.float64)
        return mean

    def batches(self, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield places of rows, and their vectors less the origin; of `rows`, places of shape (m,)."""
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            yield part, self.values[part] - self.origin

    def along(self, directions: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the products of some rows with directions of shape (d, k); shape (m, k)."""
        found = [block @ directions for _, block in self.batches(rows)]
        return np.concatenate(found) if found else np.empty((0, directions.shape[1]))


class Part(NamedTuple):
    """Some folds together: rows by class (k,), the mean (d,), the means of the classes (k, d), the covariance (d, d).

    The covariance is that of all rows about the mean of all, divided by their number.
    """

    sizes: np.ndarray
    mean: np.ndarray
    means: np.ndarray
    covariance: np.ndarray

    @property
    def rows(self) -> float:
        """All rows."""
        return float(self.sizes.sum())

    @property
    def usable(self) -> bool:
        """Whether every class has a row."""
        return bool(len(self.sizes) > 1 and (self.sizes > 0).all())


@dataclass(frozen=True)
class Moments:
    """Sums by fold: `sizes` (folds, classes), `sums` (folds, classes, d), `products` (folds, d, d); of one origin."""

    sizes: np.ndarray
    sums: np.ndarray
    products: np.ndarray

    @classmethod
    def of(cls, vectors: Vectors, codes: np.ndarray, fold: np.ndarray, classes: int, folds: int) -> Moments:
        """Sum the rows whose code, the number of a class, is not negative; `codes` and `fold` have the shape (n,)."""
        sizes, d = np.zeros((folds, classes)), vectors.width
        sums, products = np.zeros((folds, classes, d)), np.zeros((folds, d, d))
        for number in range(folds):
            for rows, block in vectors.batches(np.flatnonzero((fold == number) & (codes >= 0))):
                ones = (codes[rows, None] == np.arange(classes)).astype(float)
                sizes[number] += ones.sum(axis=0)
                sums[number] += ones.T @ block
                products[number] += block.T @ block
        return cls(sizes, sums, products)

    def __add__(self, other: Moments) -> Moments:
        """Return the sums of both, of vectors with the same origin."""
        return Moments(self.sizes + other.sizes, self.sums + other.sums, self.products + other.products)

    def among(self, folds: Sequence[int]) -> Part:
        """Return these folds together; nan for the mean of a class without rows."""
        chosen = [*folds]
        sizes, sums = self.sizes[chosen].sum(axis=0), self.sums[chosen].sum(axis=0)
        rows = max(1.0, float(sizes.sum()))
        mean = sums.sum(axis=0) / rows
        means = sums / np.where(sizes > 0, sizes, np.nan)[:, None]
        return Part(sizes, mean, means, self.products[chosen].sum(axis=0) / rows - np.outer(mean, mean))
