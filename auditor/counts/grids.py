"""Round places at which numbers may be cut: they depend on no request, and the roundest are taken first."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from auditor.use.roles import Seen

FINEST = 40  # steps, at least, that the middle nine tenths of the rows span
MOST = 64  # bins from which on no less round edge is added
DECADES = 6  # powers of ten, at most, that the tails are cut in


def on_grids(seen: Mapping[str, Seen]) -> dict[str, Seen]:
    """Return what was seen with the places where each number may be cut in place of its quantiles."""
    return {
        name: replace(of, cuts=tuple(places(of.cuts, of.low, of.high, of.whole))) if of.cuts else of
        for name, of in seen.items()
    }


def places(quantiles: Sequence[float], low: float | None, high: float | None, whole: bool) -> list[float]:
    """Return the round numbers from `low` to under `high` at which a number may be cut; none where it has no range.

    They are the multiples of a step around the middle of the rows, and in the tails the multiples of half a power of
    ten with no more than two digits. The quantiles decide on the step only.

    >>> places([20.0, 60.0], 18.0, 64.0, whole=True)[:3]
    [18.0, 19.0, 20.0]
    >>> places([-math.inf, -1e308, 1e308, math.inf], -math.inf, math.inf, whole=False)[::50]
    [-1e+308, -5e+307, 0.0, 5e+307]
    """
    quantiles = [of for of in quantiles if math.isfinite(of)]
    if low is None or high is None or not quantiles:
        return []
    first, last = quantiles[0], quantiles[-1]
    low, high = low if math.isfinite(low) else first, high if math.isfinite(high) else last
    if low >= high:
        return []
    span = min(last - first if last > first else high - low, sys.float_info.max / 4)  # which no sum takes to infinity
    step = _step(span / FINEST)
    if whole and step[1] < 0:
        step = (1, 0)
    near = _multiples(step, max(low, first - span / 2), min(high, last + span / 2))
    smallest = min((abs(of) for of in quantiles if of), default=1.0)
    found = {*near, *_two_digits(low, high, min(step[1], math.floor(math.log10(smallest))))}
    return sorted(edge for edge in found if low <= edge < high)


def _step(most: float) -> tuple[int, int]:
    """Return the largest step of the grid up to `most`, as digit and power of ten.

    Each step, 1 or 5 times a power of ten, is a multiple of all smaller ones, so that the grids of two sites agree.
    """
    power = math.floor(math.log10(most)) if most > 0 else 0
    return (5 if most >= 5 * 10.0**power else 1), power


def _number(digits: int, power: int) -> float:
    return float(f"{digits}e{power}")  # the double next to the decimal number, however it was come by


def _multiples(step: tuple[int, int], low: float, high: float) -> list[float]:
    digit, power = step
    width = _number(digit, power)
    return [_number(digit * i, power) for i in range(math.ceil(low / width), math.floor(high / width) + 1)]


def _two_digits(low: float, high: float, least: int) -> list[float]:
    top = math.floor(math.log10(max(abs(low), abs(high))))
    found = [0.0]
    for power in range(max(least, top - DECADES) + 1, top + 1):
        for digits in range(10, 100, 5):
            found += [_number(digits, power - 1), -_number(digits, power - 1)]
    return found


def roundness(edge: float) -> float:
    """Return the largest step that divides a number; infinite for zero.

    >>> [roundness(edge) for edge in (30.0, 35.0, 150.0, 0.25)]
    [10.0, 5.0, 50.0, 0.05]
    """
    if not edge:
        return math.inf
    text = f"{abs(edge):.15e}"
    digits, power = text.split("e")
    figures = digits.replace(".", "").rstrip("0")
    ones = int(power) - len(figures) + 1
    # 150 is 15e1 and a multiple of 50; of 30, 3e1, only 10 is sure.
    return _number(5 if figures.endswith("5") else 1, ones)


def finest(edges: Sequence[float], counts: NDArray[np.int64], least: int) -> list[float]:
    """Return the edges, the roundest first, that leave no cell of any bin between 0 and `least`, nor a bin empty.

    `counts` are rows by cell and bin: one more bin than edges.
    """
    upto = np.concatenate([np.zeros((len(counts), 1), np.int64), np.cumsum(counts, axis=1)], axis=1)
    taken = [0, len(edges) + 1]  # places in `upto`
    order = sorted(range(len(edges)), key=lambda i: (-roundness(edges[i]), edges[i]))
    last = math.inf
    for i in order:
        size = roundness(edges[i])
        if size < last and len(taken) > MOST:
            break
        last = size
        at = int(np.searchsorted(taken, i + 1))
        below, above = upto[:, i + 1] - upto[:, taken[at - 1]], upto[:, taken[at]] - upto[:, i + 1]
        if all(part.any() and not ((part > 0) & (part < least)).any() for part in (below, above)):
            taken.insert(at, i + 1)
    return [edges[at - 1] for at in taken[1:-1]]


def thinned(edges: Sequence[float], rows: Sequence[int], bins: int) -> list[float]:
    """Return up to `bins` - 1 of the edges, the roundest near quantiles of the rows of the bins that they part.

    >>> thinned([9.0, 10.0, 11.0, 20.0], [9, 1, 1, 10, 19], 4)
    [10.0, 20.0]
    """
    upto, total = np.cumsum(rows[:-1]), sum(rows)
    found = set()
    for i in range(1, bins if len(edges) else 0):
        away = np.abs(upto - i * total / bins)
        near = np.flatnonzero(away <= max(float(away.min()), total / bins / 3))
        found.add(max((roundness(edges[at]), -float(away[at]), edges[at]) for at in near.tolist())[2])
    return sorted(found)
