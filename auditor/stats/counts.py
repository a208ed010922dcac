"""What is compared: two groups' counts, the moments of numbers; and an interval. No library of statistics is loaded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Protocol, Self


class Interval(NamedTuple):
    """A closed interval; `high` may be inf."""

    low: float
    high: float


def mover(value: float, own: Interval, other: float, theirs: Interval) -> Interval:
    """Return the interval of `value` less `other`, two independent numbers, from the intervals of both.

    Each end lies as far from the difference as the near ends of both intervals lie from their numbers, at right angles.

    Source: Zou and Donner 2008, Statistics in Medicine 27 (MOVER); of rates with Wilson's intervals it is Newcombe's.

    >>> [round(end, 3) for end in mover(0.5, Interval(0.47, 0.54), 0.3, Interval(0.27, 0.34))]
    [0.15, 0.25]
    """
    below = math.hypot(value - own.low, theirs.high - other)
    above = math.hypot(own.high - value, other - theirs.low)
    return Interval(value - other - below, value - other + above)


class Contrast(Protocol):
    """A group compared with a reference, over all rows (`Pair`) or within strata (`Within`)."""

    @property
    def ratio(self) -> float:
        """The ratio of rates, group over reference."""

    @property
    def swapped(self) -> Self:
        """The same seen from the reference."""

    def below(self, limit: Fraction) -> bool:
        """Whether the ratio is below the threshold."""

    def flips(self) -> bool:
        """Whether moving one selection from the reference to the group would give the group the higher rate."""


@dataclass(frozen=True)
class Pair:
    """Two groups' counts: `x` favourable of `n` in the group, `x_ref` of `n_ref` in the reference (all n > 0).

    Whole numbers, except for weighted rows. `effect` and `effect_ref` are design effects: how many rows of each count
    as one where people appear more than once. Tests and intervals use the effective size (`sized`); rates, and what is
    shown, all rows.
    """

    x: float
    n: float
    x_ref: float
    n_ref: float
    effect: float = 1.0
    effect_ref: float = 1.0

    @property
    def rate(self) -> float:
        """Selection rate of the group."""
        return self.x / self.n

    @property
    def rate_ref(self) -> float:
        """Selection rate of the reference."""
        return self.x_ref / self.n_ref

    @property
    def ratio(self) -> float:
        """Impact ratio; inf over a reference rate of 0, nan for 0 over 0."""
        if self.x_ref == 0:
            return math.inf if self.x else math.nan
        return self.x * self.n_ref / (self.x_ref * self.n)

    @property
    def swapped(self) -> Pair:
        """The same pair seen from the reference."""
        return Pair(self.x_ref, self.n_ref, self.x, self.n, self.effect_ref, self.effect)

    @property
    def sized(self) -> Pair:
        """The pair in rows of effective size."""
        if self.effect == self.effect_ref == 1:
            return self
        own, theirs = self.effect, self.effect_ref
        return Pair(self.x / own, self.n / own, self.x_ref / theirs, self.n_ref / theirs)

    @property
    def unfavourable(self) -> Pair:
        """The same two groups, with the unfavourable outcomes counted."""
        return Pair(self.n - self.x, self.n, self.n_ref - self.x_ref, self.n_ref, self.effect, self.effect_ref)

    def below(self, limit: Fraction) -> bool:
        """Whether the impact ratio is below the threshold, decided in whole numbers.

        >>> Pair(60, 100, 75, 100).below(Fraction("0.8"))
        False
        """
        return limit.denominator * self.x * self.n_ref < limit.numerator * self.x_ref * self.n

    def flips(self) -> bool:
        """Whether moving one selection from the reference to the group would give the group the higher rate."""
        return (self.x + 1) * self.n_ref > (self.x_ref - 1) * self.n

    def shortfall(self) -> float:
        """Selections that the group lacks to reach the reference's rate, in people; 0 where it has as many or more."""
        return max(0.0, self.n * self.x_ref / self.n_ref - self.x)

    def shortfall_to(self, limit: Fraction) -> int:
        """Whole selections that the group lacks to reach `limit` times the reference's rate.

        >>> Pair(0, 5, 3, 4).shortfall_to(Fraction("0.8"))
        3
        """
        needed = -(-limit.numerator * self.x_ref * self.n // (limit.denominator * self.n_ref))
        return max(0, math.ceil(needed - self.x))


class Moments(NamedTuple):
    """Number, mean and variance (ddof 0) of values."""

    n: int
    mean: float
    variance: float


def pool(parts: Sequence[Moments]) -> Moments:
    """Return the moments of several sets of values taken together."""
    n = sum(part.n for part in parts)
    mean = sum(part.n * part.mean for part in parts) / n
    return Moments(n, mean, sum(part.n * (part.variance + (part.mean - mean) ** 2) for part in parts) / n)
