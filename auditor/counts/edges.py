"""The edges of a numeric outcome's fine bins: over all rows, and finer where groups would share a bin."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np

from auditor.counts.columns import only_value
from auditor.use.roles import WHOLE

FINE_BINS = 256  # quantiles over all rows, or over one group
MOST_EDGES = 1_024  # about: with those of the groups
MOST_GROUPS = 200  # levels of a group column that are looked at
OPEN = 0.01  # what shared bins may leave open of a difference between two groups (Cliff's delta)

Values = Sequence[tuple[float, int]]  # a number and its rows, in ascending order


def marked(quantiles: Sequence[float], kind: str) -> list[float]:
    """Return edges at quantiles in ascending order; one that comes twice is common, and gets a bin to itself.

    `kind` is the column's DuckDB type: below a whole number comes the next whole one, below others the next double.

    >>> marked([1.0, 3.0, 3.0, 7.0], "BIGINT")
    [1.0, 2.0, 3.0, 7.0]
    """
    edges = {float(value) for value in quantiles if value < math.inf}
    twice = {float(value) for value, after in itertools.pairwise(quantiles) if value == after}
    return sorted(edges | {edge for value in twice if math.isfinite(edge := below(value, kind))})


def below(value: float, kind: str) -> float:
    """Return the next number below one that a column of a DuckDB type can hold, as a double."""
    return value - 1 if kind in WHOLE and abs(value) < 2**53 else math.nextafter(value, -math.inf)


def between(edges: Sequence[float], low: float, high: float) -> tuple[float, ...]:
    """Return the edges that part the values from `low` to `high`; one edge, where none does."""
    return tuple(edge for edge in edges if low <= edge < high) or (float(high),)


def crowded(
    counts: Mapping[str, Sequence[int]], edges: Sequence[float], kind: str, low: float, high: float
) -> dict[str, list[int]]:
    """Return level -> the bins, by place, in which it shares so much with another level that they cannot be compared.

    `counts` has the rows of each level in each bin. Of two groups in one bin it is not known which has the larger
    numbers: a share s of one and t of the other leave s * t of Cliff's delta open, unless the bin holds one value only.
    """
    rows = np.array([of for of in counts.values() if sum(of) > 1], dtype=float)
    if not 1 < len(rows) <= MOST_GROUPS:
        return {}
    names = [level for level, of in counts.items() if sum(of) > 1]
    shares = rows / rows.sum(axis=1, keepdims=True)
    shares[:, [value is not None for value in only_value(edges, kind, low, high)]] = 0.0
    found: dict[str, set[int]] = {}
    for i, j in zip(*np.nonzero(np.triu(shares @ shares.T > OPEN, 1)), strict=True):
        shared = shares[i] * shares[j]
        order = np.argsort(-shared, kind="stable")
        left_open = shared.sum() - np.cumsum(shared[order])
        bins = order[: int(np.argmax(left_open <= OPEN / 2)) + 1].tolist()
        for name in (names[i], names[j]):
            found.setdefault(name, set()).update(bins)
    return {name: sorted(bins) for name, bins in found.items()}


def bounds_of(edges: Sequence[float], place: int) -> tuple[float, float]:
    """Return what a bin lies above, and its highest number."""
    return (edges[place - 1] if place else -math.inf), (edges[place] if place < len(edges) else math.inf)


def finer(values: Values, edges: Sequence[float], bins: Sequence[int], rows: int, parts: int, kind: str) -> list[float]:
    """Return more edges, within these bins, at a level's own quantiles: `parts` of them for all of its `rows`.

    `values` are the level's in these bins, or as many as were looked at.
    """
    numbers = np.array([value for value, _ in values], dtype=float)
    counts = np.array([n for _, n in values], dtype=float)
    found: list[float] = []
    for place in bins:
        above, highest = bounds_of(edges, place)
        inside = (numbers > above) & (numbers <= highest)
        if inside.any():
            upto = np.cumsum(counts[inside])
            steps = max(2, math.ceil(parts * upto[-1] / rows))
            at = np.searchsorted(upto, upto[-1] * np.arange(1, steps + 1) / steps - 1e-9)
            found += marked(numbers[inside][at].tolist(), kind)
    return found
