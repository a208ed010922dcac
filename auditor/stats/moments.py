"""Vectors by their sums: rows by class and fold, sums of vectors, sums of their products. Sums of parts add up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

BATCH = 2_048  # rows that are doubles at a time: few enough for the cache
Run = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]  # as `map`, or that of threads


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

    def less_origin(self, rows: np.ndarray) -> np.ndarray:
        """Return some rows less the origin, in their own precision; shape (m, d)."""
        found: np.ndarray = self.values[rows]
        for start in range(0, len(rows), BATCH):
            found[start : start + BATCH] = found[start : start + BATCH] - self.origin
        return found

    def along(self, directions: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """Return the products of some rows with directions of shape (d, k); shape (m, k)."""
        found, start = np.empty((len(rows), directions.shape[1])), 0
        for part, block in self.batches(rows):
            found[start : start + len(part)] = block @ directions
            start += len(part)
        return found


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
        return cls.each(vectors, [(codes, classes)], fold, folds)[0]

    @classmethod
    def each(
        cls, vectors: Vectors, codings: Sequence[tuple[np.ndarray, int]], fold: np.ndarray, folds: int, run: Run = map
    ) -> list[Moments]:
        """Sum the rows for several codings at once, pairs of the codes and how many classes they have, as `of` does.

        Products take most of the time and memory. They are made of all rows once, less those of rows without a code.
        Codings of the same rows share one array.
        """
        d = vectors.width
        known, place = _different([codes >= 0 for codes, _ in codings])
        products = [np.zeros((folds, d, d)) for _ in known]
        found = [
            cls(np.zeros((folds, classes)), np.zeros((folds, classes, d)), products[i])
            for i, (_, classes) in zip(place, codings, strict=True)
        ]
        some = np.any(known, axis=0)

        def add(number: int) -> None:
            for rows, block in vectors.batches(np.flatnonzero((fold == number) & some)):
                whole = block.T @ block
                for of, product in zip(known, products, strict=True):
                    product[number] += _less(whole, block, of[rows])
                for (codes, classes), moments in zip(codings, found, strict=True):
                    ones = (codes[rows, None] == np.arange(classes)).astype(float)
                    moments.sizes[number] += ones.sum(axis=0)
                    moments.sums[number] += ones.T @ block

        for _ in run(add, range(folds)):
            pass
        return found

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


def _different(rows: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[int]]:
    """Return the sets of rows, boolean of shape (n,), that differ, and the place of each set among these."""
    by_bytes: dict[bytes, int] = {}
    places = [by_bytes.setdefault(of.tobytes(), len(by_bytes)) for of in rows]
    return [rows[places.index(i)] for i in range(len(by_bytes))], places


def _less(product: np.ndarray, block: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return the product of the known rows of a block; `product` is that of all its rows."""
    unknown = len(block) - int(known.sum())
    if not unknown:
        return product
    rows = block[known if 2 * unknown > len(block) else ~known]
    part: np.ndarray = rows.T @ rows
    return part if 2 * unknown > len(block) else product - part
