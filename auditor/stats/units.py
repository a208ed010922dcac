"""Rows of units (people, sites, copies of a text) that are not independent: how far a mean of them may err.

A row may belong to units in several ways: to a person, and to the site where the person was seen. Each way is an array
of shape (n,) that gives every row's unit as a whole number from 0. Of several ways that with the wider interval counts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from auditor.stats.clusters import few_units
from auditor.stats.tails import normal, student

FEW = 100.0  # degrees of freedom under which Student's t takes the place of the normal
MOST_LINKED = 0.2  # share of the rows that may be linked into one unit for folds: one of five folds

Ways = Sequence[np.ndarray]


def quantile(share: float, freedom: float) -> float:
    """Return the quantile of a share: Student's t where little stands behind an error, else the normal one.

    >>> round(quantile(0.975, 9.0), 3), round(quantile(0.975, 500.0), 3)
    (2.262, 1.96)
    """
    return student(share, freedom) if freedom < FEW else normal(share)


def sums(unit: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the sum of `values` in each unit that occurs; both arrays have the shape (n,)."""
    there = np.bincount(unit) > 0
    of_all: np.ndarray = np.bincount(unit, weights=values)[there]
    return of_all


def count(unit: np.ndarray) -> int:
    """Return how many units there are."""
    return int(np.count_nonzero(np.bincount(unit)))


def kish(weights: np.ndarray) -> float:
    """Return how many rows of equal weight say as much as these (Kish 1965); 0 of none.

    >>> kish(np.ones(3)), kish(np.array([1.0, 3.0])), kish(np.array([]))
    (3.0, 1.6, 0.0)
    """
    if not len(weights) or np.all(weights == weights[0]):
        return float(len(weights))
    return float(weights.sum()) ** 2 / float((weights**2).sum())


def effective_size(values: np.ndarray, weights: np.ndarray, ways: Ways = ()) -> float:
    """Return how many independent rows would estimate the mean of `values` (0 or 1) as well as these weighted rows.

    Arrays have the shape (n,), n of 1 or more; without units it is Kish's effective size, which it never exceeds. The
    variance is the linearised one of a ratio of sums over units; where units are few it is larger by m / (m - 1) and by
    the square of Student's t over the normal quantile, so that 95% intervals keep their coverage.

    Source: Cochran 1977, Sampling Techniques, chapter 9; Rao and Scott 1992, Biometrics 48 (effective size).
    """
    total = float(weights.sum())
    least = kish(weights)
    rate = float(np.average(values, weights=weights))
    for unit in ways:
        m = count(unit)
        if m == len(unit):
            continue
        if m < 2:
            return min(1.0, least)
        few = few_units(m) if m - 1 < FEW else 1.0
        heavy = float((sums(unit, weights) ** 2).sum()) / total**2
        spread = float((sums(unit, weights * (values - rate)) ** 2).sum()) / total**2
        # Where no value differs, or units happen to be alike, only their number is known.
        variance = spread / (rate * (1 - rate)) if 0 < rate < 1 else heavy
        least = min(least, 1 / (few * variance)) if variance > 0 else least
    return least


def linearised(values: np.ndarray, ways: Ways = ()) -> float:
    """Return the variance of the sum of `values`, deviations that sum to 0, shape (n,): the largest of all ways.

    Few units count as in `effective_size`. Without units every row is one.
    """
    largest = float((values**2).sum())
    for unit in ways:
        m = count(unit)
        if m < 2:
            return float("inf")
        if m < len(unit):
            few = few_units(m) if m - 1 < FEW else 1.0
            largest = max(largest, few * float((sums(unit, values) ** 2).sum()))
    return largest


def taken(ways: Ways, rows: np.ndarray) -> list[np.ndarray]:
    """Return the units of some rows: their places, or a boolean of shape (n,)."""
    return [way[rows] for way in ways]


def nested(inner: np.ndarray, outer: np.ndarray) -> bool:
    """Whether every unit of one way lies within a unit of the other.

    >>> nested(np.array([0, 0, 1, 2]), np.array([0, 0, 0, 1])), nested(np.array([0, 0, 1]), np.array([0, 1, 1]))
    (True, False)
    """
    both = inner.astype(np.int64) * (int(outer.max(initial=0)) + 1) + outer
    return len(np.unique(both)) == count(inner)


def coarsest(ways: Ways) -> tuple[np.ndarray, ...]:
    """Return the ways that lie within no other one: where people stay within their sites, the sites are enough."""
    kept: list[np.ndarray] = []
    for i, way in enumerate(ways):
        others = [*kept, *ways[i + 1 :]]
        if not any(nested(way, other) for other in others):
            kept.append(way)
    return tuple(kept)


def linked(ways: Ways) -> np.ndarray | None:
    """Return a unit per row for folds, so that what is one in any way stays together; None without a way.

    Where links would chain more than a fifth of the rows into one unit, the way with the fewest units takes their
    place.
    """
    if len(ways) < 2:
        return ways[0] if ways else None
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    n = len(ways[0])
    starts = np.cumsum([n, *(int(way.max(initial=0)) + 1 for way in ways)])
    rows = np.tile(np.arange(n), len(ways))
    units = np.concatenate([way + start for way, start in zip(ways, starts, strict=False)])
    size = int(starts[-1])
    graph = sparse.coo_matrix((np.ones(len(rows), dtype=np.int8), (rows, units)), shape=(size, size))
    parts: np.ndarray = connected_components(graph, directed=False)[1][:n]
    if np.bincount(parts).max(initial=0) <= MOST_LINKED * n:
        return parts
    return min(ways, key=count)


def sharing(hashes: np.ndarray) -> np.ndarray:
    """Return the places of the rows whose hash another row has too; to sort alone is quick, to sort places is not."""
    ordered = np.sort(hashes)
    recurring = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(recurring):
        return np.empty(0, np.intp)
    at = np.searchsorted(recurring, hashes)
    at[at == len(recurring)] = 0
    return np.flatnonzero(recurring[at] == hashes)
