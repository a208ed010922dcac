"""Rates of several groups compared with a reference group: how it is chosen, and which pairs share alpha."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TypeVar

from auditor.stats.counts import Interval

Counts = Mapping[str, tuple[float, float]]
Group = TypeVar("Group", bound=Hashable)  # a level, or the levels of a joint group


def eligible(counts: Mapping[Group, tuple[float, float]], rows: float, min_n: int, min_share: float) -> list[Group]:
    """Return the levels large enough to be a reference: at least min_n rows and min_share of all rows."""
    return [level for level, (_, n) in counts.items() if n >= max(min_n, min_share * rows)]


def choose_reference(
    counts: Mapping[Group, tuple[float, float]], rows: float, min_n: int, min_share: float
) -> tuple[Group, str]:
    """Return the highest-rate eligible level and how it was chosen; the largest level where none is eligible."""
    able = eligible(counts, rows, min_n, min_share)
    parts = [f"{min_n} rows"] if min_n > 1 else []
    least = " and ".join([*parts, *([f"{100 * min_share:.3g}% of the data"] if min_share else [])])
    if able:
        best = max(able, key=lambda level: (_rate(counts[level]), counts[level][1]))
        return best, f"highest rate among groups of at least {least}" if least else "highest rate of all groups"
    largest = max(counts, key=lambda level: (counts[level][1], _rate(counts[level])))
    return largest, f"largest group, because no group has {least}"


def _rate(counts: tuple[float, float]) -> Fraction:
    return Fraction(counts[0]) / Fraction(counts[1])


@dataclass(frozen=True)
class Terms:
    """The terms of a comparison: a fixed reference or the rule for choosing one, the threshold, alpha and power.

    A reference has `min_n` rows and `min_share` of all, or half an even share where this is less because there are many
    groups: no group of sixty equal ones has 2% of the rows, and each may be compared with the best of them.

    `literal` takes the highest rate as reference, however small the group; only those under `exclude_below` of the
    rows, which a policy excludes from its comparison, are skipped.
    """

    reference: str | None = None
    limit: Fraction = Fraction(4, 5)
    alpha: float = 0.05
    power: float = 0.8
    min_n: int = 30
    min_share: float = 0.02
    literal: bool = False
    exclude_below: float = 0.0

    def choose(self, counts: Counts) -> tuple[str, str]:
        """Return the reference of these counts and how it was chosen."""
        if self.reference in counts:
            return str(self.reference), "fixed by the stated use"
        return choose_reference(counts, sum(n for _, n in counts.values()), *self._least(counts))

    def able(self, counts: Mapping[str, tuple[float, float]]) -> list[str]:
        """Return the levels that the reference is chosen among."""
        return eligible(counts, sum(n for _, n in counts.values()), *self._least(counts))

    def _least(self, counts: Mapping[Group, tuple[float, float]]) -> tuple[int, float]:
        """The fewest rows, and the smallest share of all, that a reference may have."""
        return (1, self.exclude_below) if self.literal else (self.min_n, self._share(counts))

    def _share(self, counts: Mapping[Group, tuple[float, float]]) -> float:
        return min(self.min_share, 0.5 / max(1, len(counts)))

    def large(self, counts: Counts) -> set[str]:
        """Return the levels that may be a reference: the eligible ones, and the one that is named."""
        rows = sum(n for _, n in counts.values())
        named = {self.choose(counts)[0]} if self.literal or self.reference in counts else set()
        return {*eligible(counts, rows, self.min_n, self._share(counts)), *named}

    def enough(self, counts: Counts) -> set[str]:
        """Return the levels with enough rows to be compared, though perhaps too small a part to be a reference."""
        return {level for level, (_, n) in counts.items() if n >= self.min_n}

    def family(self, counts: Counts) -> list[tuple[str, str]]:
        """Return the pairs that share alpha: all, because picking the reference for its high rate biases naive tests.

        Only those with the reference where the user fixed it.
        """
        if self.reference in counts:
            return [(level, str(self.reference)) for level in counts if level != self.reference]
        return list(combinations(counts, 2))


def turned_interval(bounds: Interval) -> Interval:
    """Return the interval of a ratio seen from the other side."""
    low, high = (1 / bound if bound else math.inf for bound in (bounds.high, bounds.low))
    return Interval(low, high)
