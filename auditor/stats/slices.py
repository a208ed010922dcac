"""The slices of lowest rate: every combination of a few levels counted, the clearly low ones kept. Codes in, codes out.

The results are candidates. They were chosen for their low rates, so only other rows can confirm these.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Conditions = tuple[tuple[int, int], ...]
Numbers = NDArray[np.float64]

COMBINED = 25  # columns: 2,625 tables to depth three, near a second for 100,000 rows
LOW = -1.645  # a z that chance gives to one slice in twenty
RANKED = 1000  # slices compared for overlap: many times what is kept


def low(x: Numbers, n: Numbers, x_rest: Numbers, n_rest: Numbers) -> Numbers:
    """Return the pooled z of rates against the rates of the rest; nan where either has no rows or nothing varies.

    >>> low(np.array([12.0]), np.array([60.0]), np.array([40.0]), np.array([100.0])).round(6)
    array([-2.614882])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = (x + x_rest) / (n + n_rest)
        spread: Numbers = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / n_rest))
        return (x / n - x_rest / n_rest) / np.where(spread > 0, spread, np.nan)


def is_low(x: float, n: float, x_rest: float, n_rest: float) -> bool:
    """Whether one rate is clearly below the rate of the rest."""
    return bool(low(*(np.array(float(number)) for number in (x, n, x_rest, n_rest))) < LOW)


def candidates(
    codes: Sequence[NDArray[np.integer]],
    levels: Sequence[int],
    favourable: NDArray[np.bool_],
    *,
    depth: int = 3,
    support: float = 0.01,
    most: int = 50,
) -> list[Conditions]:
    """Return the slices whose rate lies clearly below the rate of all other rows, lowest z first.

    Every combination of up to `depth` levels of distinct columns is counted. A refinement stays only if its rate is
    clearly below what remains of each of its generalisations without it; of slices that share their rows, the later
    only if the rows that it adds are clearly low themselves. Of more than COMBINED columns, those are combined that
    have the level of largest absolute z; the others' single levels are still searched.

    Args:
        codes: A whole number per row for each column: its level, or -1 where the row has none that is to be a
            condition.
        levels: How many levels each column has.
        favourable: The outcome per row.
        depth: The largest number of conditions.
        support: The smallest share of the rows.
        most: How many are kept.

    Returns:
        Slices as (index of column, level) pairs, in the order of the columns.
    """
    least = max(1.0, support * len(favourable))
    ranked: list[tuple[float, Conditions]] = []
    strength = np.zeros(len(codes))
    for column in range(len(codes)):
        _, table = next(_tables([column], codes, levels, favourable, 1, least))
        found, strength[column] = _judged((column,), table, least)
        ranked += found
    strongest = sorted(np.argsort(-strength, kind="stable")[:COMBINED].tolist())
    for columns, table in _tables(strongest, codes, levels, favourable, depth, least):
        if len(columns) > 1:
            ranked += _judged(columns, table, least)[0]
    return _distinct([conditions for _, conditions in sorted(ranked)[:RANKED]], codes, favourable, most)


def _tables(
    columns: Sequence[int],
    codes: Sequence[NDArray[np.integer]],
    levels: Sequence[int],
    favourable: NDArray[np.bool_],
    depth: int,
    least: float,
) -> Iterator[tuple[tuple[int, ...], Numbers]]:
    """Yield counts by outcome and levels, the last place of each axis for no level, of every set of columns.

    Sets with a part that has no cell of `least` rows are left out, smaller ones before larger: they have none either.
    """
    shifted = {c: np.where(codes[c] < 0, levels[c], codes[c]).astype(np.int64) for c in columns}
    supported: set[tuple[int, ...]] = {()}
    for size in range(1, depth + 1):
        previous, supported = supported, set()
        for first in combinations(columns, size - 1):
            nexts = [c for c in columns if not first or c > first[-1]]
            sets = [(*first, c) for c in nexts if all(part in previous for part in combinations((*first, c), size - 1))]
            if not sets:
                continue
            places = favourable.astype(np.int64)
            for column in first:
                places = places * (levels[column] + 1) + shifted[column]
            for chosen in sets:
                shape = (2, *(levels[column] + 1 for column in chosen))
                at = places * shape[-1] + shifted[chosen[-1]]
                table = np.bincount(at, minlength=math.prod(shape)).reshape(shape).astype(np.float64)
                yield chosen, table
                if (_inside(table.sum(axis=0)) >= least).any():
                    supported.add(chosen)


def _inside(table: Numbers) -> Numbers:
    """Return the cells that have a level on every axis."""
    return table[tuple(slice(0, size - 1) for size in table.shape)]


def _judged(columns: tuple[int, ...], table: Numbers, least: float) -> tuple[list[tuple[float, Conditions]], float]:
    """Return z and conditions of the table's low slices, and the largest absolute z of any with enough rows."""
    rows, x = table.sum(axis=0), table[1]
    at = np.nonzero(_inside(rows) >= least)
    if not len(at[0]):
        return [], 0.0
    own = x[at], rows[at]
    z = low(*own, x.sum() - own[0], rows.sum() - own[1])
    strength = float(np.nanmax(np.abs(z), initial=0.0))
    kept = z < LOW
    at, own, z = tuple(places[kept] for places in at), (own[0][kept], own[1][kept]), z[kept]
    for length in range(1, len(columns)):
        for dropped in combinations(range(len(columns)), length):
            if not len(z):
                return [], strength
            within = tuple(places for axis, places in enumerate(at) if axis not in dropped)
            parent = [part.sum(axis=dropped)[within] for part in (x, rows)]
            kept = low(*own, parent[0] - own[0], parent[1] - own[1]) < LOW
            at, own, z = tuple(places[kept] for places in at), (own[0][kept], own[1][kept]), z[kept]
    cells = zip(*(places.tolist() for places in at), strict=True)
    return [
        (value, tuple(zip(columns, cell, strict=True))) for value, cell in zip(z.tolist(), cells, strict=True)
    ], strength


def _distinct(
    ranked: Sequence[Conditions], codes: Sequence[NDArray[np.integer]], favourable: NDArray[np.bool_], most: int
) -> list[Conditions]:
    """Keep, lowest first, what is not another slice under a second name or a shadow of lower ones within it."""
    kept: list[tuple[Conditions, NDArray[np.bool_]]] = []
    for conditions in ranked:
        rows = np.logical_and.reduce([codes[column] == level for column, level in conditions])
        added = rows.copy()
        for other, untaken in kept:
            # A refinement was already compared with what remains of its generalisation.
            if not set(other) < set(conditions):
                added &= untaken
        rest = ~rows
        if is_low(*(int(np.count_nonzero(part)) for part in (added & favourable, added, rest & favourable, rest))):
            kept.append((conditions, rest))
        if len(kept) == most:
            break
    return [conditions for conditions, _ in kept]
