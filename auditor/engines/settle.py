"""A numeric outcome: where its median lies, and the edges of its fine bins; the same for every engine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from auditor.errors import RoleError
from auditor.model import Decision
from auditor.roles import Cut, Roles

FINE_BINS = 256  # of a numeric outcome: Cliff's delta from them is exact to 0.00005


class Numbers(Protocol):
    """What an engine can say of the numbers in a column."""

    def quantiles(self, steps: Sequence[float]) -> Sequence[float]:
        """Return these quantiles of the peeked rows, each a value that occurs."""

    def binned(self, edges: Sequence[float]) -> tuple[int, float | None, Mapping[float, int]]:
        """Return how many rows have a number, the highest, and the rows in each bin by its inclusive upper edge."""

    def ranked(self, low: float | None, high: float, rank: int) -> float:
        """Return the value of a rank, from 1 in ascending order, among those above `low` and up to `high`."""


def settle(numbers: Numbers, roles: Roles) -> tuple[Roles, tuple[float, ...]]:
    """Return the roles with the median of a numeric outcome found, and the edges of its fine bins.

    The edges are quantiles of the peek; the median is exact, found by counting in the bins and then in the one that
    holds it, so that no column is held in memory.
    """
    if roles.cut is None or roles.target is None:
        return roles, ()
    edges = sorted({float(cut) for cut in numbers.quantiles([i / FINE_BINS for i in range(1, FINE_BINS)])})
    known, high, bins = numbers.binned(edges)
    if not known or high is None:
        raise RoleError(f"target '{roles.target}' has no value in any row")
    fine = tuple(edge for edge in edges if edge < high) or (float(high),)
    if roles.cut.value is not None:
        return roles, fine
    middle = [_ranked(numbers, edges, bins, rank) for rank in ((known + 1) // 2, known // 2 + 1)]
    median = sum(middle) / 2
    if not math.isfinite(median):
        raise RoleError(
            f"the median of target '{roles.target}' is not finite; say what is favourable: --positive '>= …'"
        )
    decision = Decision(
        f"'{roles.target}' is a number: favourable is what lies above the median of all rows, {median:g}.",
        "favourable outcome",
        (roles.target,),
        "--positive '>= …'",
        warning=True,
    )
    return replace(roles, cut=Cut(">", median, median=True), reading=(*roles.reading, decision)), fine


def _ranked(numbers: Numbers, edges: Sequence[float], bins: Mapping[float, int], rank: int) -> float:
    """Return the value of a rank by way of the bin that holds it."""
    below, low = 0, -math.inf
    for edge in (*edges, math.inf):
        if below + bins.get(edge, 0) >= rank:
            break
        below, low = below + bins.get(edge, 0), edge
    return numbers.ranked(low if below else None, edge, rank - below)
