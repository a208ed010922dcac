"""People who recur: how many rows count as one where their rows are alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Clusters:
    """How often people of a level recur: sums over people of squared rows, squared favourable, and their product."""

    people: int
    rows: int
    favourable: int
    rows_squared: int
    favourable_squared: int
    product: int

    def plus(self, other: Clusters) -> Clusters:
        """Return the sums over these people and others."""
        return Clusters(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))

    @property
    def effect(self) -> float:
        """Variance of the favourable rate with people as units over that with rows as units; never under 1.

        Source: the ratio estimator of a cluster sample, Cochran 1977, Sampling Techniques, chapter 9.
        """
        n, rate = self.rows, self.favourable / self.rows if self.rows else 0.0
        plain = n * rate * (1 - rate)
        if plain <= 0:
            return max(1.0, self.rows_squared / n) if n else 1.0
        clustered = self.favourable_squared - 2 * rate * self.product + rate**2 * self.rows_squared
        return max(1.0, clustered / plain)


def clustered(people: np.ndarray, favourable: np.ndarray, among: int) -> Clusters:
    """Return the sums over the people of some rows: person of each row, below `among`, and whether it is favourable."""
    rows = np.bincount(people, minlength=among).astype(np.int64)
    x = np.bincount(people[favourable], minlength=among).astype(np.int64)
    n, known = int(rows.sum()), int((rows > 0).sum())
    return Clusters(known, n, int(x.sum()), int((rows**2).sum()), int((x**2).sum()), int((rows * x).sum()))
