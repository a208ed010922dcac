"""Repeated people, clusters and weights: how many rows count as one, by sums over the units that are independent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from auditor.stats.tails import normal

Numbers = NDArray[np.float64]


def few_units(units: float, strata: int = 1) -> float:
    """Return the correction of a variance for few units: m / (m - 1), and t in place of the normal quantile.

    `units` is m, `strata` how many means were estimated from them. The second factor makes an interval of 1.96 standard
    errors one of Student's t at 95%. Infinite for a single unit.

    Source: Cochran 1977, Sampling Techniques, chapters 6 and 9; degrees of freedom m - 1 as in complex surveys (Korn
    and Graubard 1990, American Statistician 44).

    >>> round(few_units(15), 3)
    1.283
    """
    left = units - strata
    if left <= 0:
        return float("inf")
    return float(units / left * (special.stdtrit(left, 0.975) / normal(0.975)) ** 2)


@dataclass(frozen=True)
class Clusters:
    """The units of a level: how many there are, their rows, and sums over them.

    Each unit has its size and its favourable part, in rows, or in weights where rows are weighted:
    `favourable` sums the second, `rows_squared` and `favourable_squared` the squares of both, `product` their products.
    `weight` sums the sizes; 0 where they are the rows.
    """

    people: int
    rows: int
    favourable: float
    rows_squared: float
    favourable_squared: float
    product: float
    weight: float = 0.0

    def plus(self, other: Clusters) -> Clusters:
        """Return the sums over these units and others."""
        return Clusters(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def size(self) -> float:
        """The sum of the sizes: of weights, or else of rows."""
        return self.weight or float(self.rows)

    @property
    def effect(self) -> float:
        """How many rows count as one in tests and intervals: `recurrence`, with the correction for few units.

        Never above the number of rows, so that at least one row remains.
        """
        found = self.recurrence
        few = few_units(self.people) if self.people < self.rows or self.weight else 1.0
        return min(float(self.rows), found * few) if self.rows else 1.0

    @property
    def recurrence(self) -> float:
        """How many rows count as one: the variance of the favourable rate over that of as many independent rows.

        Never under 1. Where every row is a unit and nothing is weighted it is 1. The variance is the linearised one of
        a ratio.

        Source: the ratio estimator of a cluster sample, Cochran 1977, Sampling Techniques, chapter 9.
        """
        size, n = self.size, self.rows
        if not size or (self.people == n and not self.weight):
            return 1.0
        rate = min(1.0, self.favourable / size)
        plain = rate * (1 - rate)
        if plain <= 1e-12:  # nobody differs: units of one kind count as their sizes do
            found = n * self.rows_squared / size**2
        else:
            squares = self.favourable_squared - 2 * rate * self.product + rate**2 * self.rows_squared
            found = n * squares / size**2 / plain
        return max(1.0, found)


def clustered(people: np.ndarray, favourable: np.ndarray, among: int) -> Clusters:
    """Return the sums over the people of some rows: person of each row, below `among`, and whether it is favourable."""
    rows = np.bincount(people, minlength=among).astype(np.int64)
    x = np.bincount(people[favourable], minlength=among).astype(np.int64)
    n, known = int(rows.sum()), int((rows > 0).sum())
    return Clusters(known, n, int(x.sum()), int((rows**2).sum()), int((x**2).sum()), int((rows * x).sum()))
