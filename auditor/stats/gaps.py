"""Rates of several groups held against a reference group: who it is, what each gap is, what the data show of it."""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TypeVar

from auditor.model import State
from auditor.stats.counts import Contrast, Interval, Pair
from auditor.stats.proportions import Evidence, detectable_ratio, equal_rates, newcombe, ratio_interval
from auditor.stats.tails import holm

Counts = Mapping[str, tuple[float, float]]
Compared = TypeVar("Compared", bound=Contrast)
Group = TypeVar("Group", bound=Hashable)  # a level, or the levels of a joint group


@dataclass(frozen=True)
class Gap:
    """One group against the reference; where `reverse`, the fixed reference against the group, whose gap it is.

    `p_adjusted` is Holm's over the family of pairs tested, `evident` whether it is below alpha. `flipped`: the small-
    numbers guard withheld a gap. `detectable` is the ratio that these sizes would show at the alpha left to one pair.
    """

    level: str
    reference: str
    pair: Pair
    interval: Interval
    difference: Interval
    evidence: Evidence
    p_adjusted: float
    detectable: float | None
    state: State
    flipped: bool
    reverse: bool
    evident: bool


@dataclass(frozen=True)
class Comparison:
    """All groups of one column; `chosen` says how the reference came about, `pairs` how many tests share the alpha.

    `alpha` is what is left to the first of them, Holm's hardest step: power is stated at it.
    """

    reference: str
    chosen: str
    pairs: int
    alpha: float
    gaps: tuple[Gap, ...]


def state_of(contrast: Contrast, interval: Interval, p: float, limit: Fraction, alpha: float) -> State:
    """Decide what a comparison shows: size and evidence make a finding, and absence needs evidence of its own.

    The one-person flip guards against small numbers: where moving one selection would give the group the higher
    rate, a gap is not reported. Nor is one whose size the data do not bound: the point value alone decides nothing.
    """
    low_enough = interval.low >= limit
    if low_enough:
        return State.CLEAR
    if not p < alpha or contrast.flips() or not math.isfinite(interval.high):
        return State.UNDETERMINED
    if interval.high < limit:
        return State.SHOWN_STRONG
    return State.SHOWN if contrast.below(limit) else State.BORDERLINE


def eligible(counts: Mapping[Group, tuple[float, float]], rows: float, min_n: int, min_share: float) -> list[Group]:
    """Return the levels large enough to be a reference: at least min_n rows and min_share of all rows."""
    return [level for level, (_, n) in counts.items() if n >= max(min_n, min_share * rows)]


def choose_reference(
    counts: Mapping[Group, tuple[float, float]], rows: float, min_n: int, min_share: float
) -> tuple[Group, str]:
    """Return the highest-rate eligible level and how it was chosen; the largest level where none is eligible."""
    able = eligible(counts, rows, min_n, min_share)
    parts = [f"{min_n} rows"] if min_n > 1 else []
    least = " and ".join([*parts, *([f"{100 * min_share:g} % of the data"] if min_share else [])])
    if able:
        best = max(able, key=lambda level: (_rate(counts[level]), counts[level][1]))
        return best, f"highest rate among groups of at least {least}" if least else "highest rate of all groups"
    largest = max(counts, key=lambda level: (counts[level][1], _rate(counts[level])))
    return largest, f"largest group; none has {least}"


def _rate(counts: tuple[float, float]) -> Fraction:
    return Fraction(counts[0]) / Fraction(counts[1])


@dataclass(frozen=True)
class Terms:
    """What a comparison is held to: a fixed reference or the rule for choosing one, the limit, alpha and power.

    `literal` takes the highest rate as reference, however small the group; only those under `exclude_below` of the
    rows, which a policy leaves out of its comparison, are passed over.
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
        """Return the reference of these counts and how it came about."""
        if self.reference in counts:
            return str(self.reference), "fixed by the stated use"
        return choose_reference(counts, sum(n for _, n in counts.values()), *self._least)

    def able(self, counts: Mapping[str, tuple[float, float]]) -> list[str]:
        """Return the levels that the reference is chosen among."""
        return eligible(counts, sum(n for _, n in counts.values()), *self._least)

    @property
    def _least(self) -> tuple[int, float]:
        """The rows, and the share of all, that a reference has at least."""
        return (1, self.exclude_below) if self.literal else (self.min_n, self.min_share)

    def large(self, counts: Counts) -> set[str]:
        """Return the levels that others may be held against: the eligible ones, and the one that is named."""
        rows = sum(n for _, n in counts.values())
        named = {self.choose(counts)[0]} if self.literal or self.reference in counts else set()
        return {*eligible(counts, rows, self.min_n, self.min_share), *named}

    def family(self, counts: Counts) -> list[tuple[str, str]]:
        """Return the pairs that share alpha: all, since a reference picked for its high rate makes naive tests lie.

        Only those with the reference where the user fixed it.
        """
        if self.reference in counts:
            return [(level, str(self.reference)) for level in counts if level != self.reference]
        return list(combinations(counts, 2))

    def directed(
        self, contrast: Compared, bounds: Interval, p: float, names: tuple[str, str], large: Collection[str]
    ) -> tuple[Compared, State, bool]:
        """Return the contrast in the direction that matters, its state, and whether it was turned round.

        The gap may be the reference's own: where the use fixed it, or within strata. A level too small to be a
        reference shows nothing about anybody who is held against it.
        """

        def judged(one: Contrast, interval: Interval, against: str) -> State:
            state = state_of(one, interval, p, self.limit, self.alpha)
            return state if against in large or state is State.CLEAR else State.UNDETERMINED

        level, reference = names
        state, turned = judged(contrast, bounds, reference), contrast.swapped
        if level not in large or not turned.below(Fraction(1)):
            return contrast, state, False
        other = judged(turned, turned_interval(bounds), level)
        if other.found or other is State.BORDERLINE:
            return turned, other, True
        return contrast, min(state, other, key=list(State).index), False


def turned_interval(bounds: Interval) -> Interval:
    """Return the interval of a ratio seen from the other side."""
    low, high = (1 / bound if bound else math.inf for bound in (bounds.high, bounds.low))
    return Interval(low, high)


def compare(
    counts: Counts,
    terms: Terms | None = None,
    effects: Mapping[str, float] | None = None,
    unseen: int = 0,
) -> Comparison:
    """Compare at least two groups' counts (level -> favourable, rows > 0) with a reference group.

    `effects` are design effects: how many rows of a level count as one where people recur. Rates stay those of the
    rows; intervals and tests rest on as many fewer. `unseen` levels are there too, but their outcomes are not known:
    the adjustment is made as if their pairs had been tested and had shown nothing.
    """
    terms = terms or Terms()
    limit, alpha = terms.limit, terms.alpha
    effects = effects or {}
    sized = {level: (x / effects.get(level, 1), n / effects.get(level, 1)) for level, (x, n) in counts.items()}
    rows = sum(n for _, n in counts.values())
    fixed = terms.reference in counts
    reference, chosen = terms.choose(counts)
    others = [level for level in counts if level != reference]
    pairs = terms.family(counts)
    tested = {frozenset(pair): equal_rates(_pair(sized, *pair)) for pair in pairs}
    more = unseen if fixed else math.comb(len(counts) + unseen, 2) - len(pairs)
    adjusted = dict(zip(tested, holm([*(evidence.p for evidence in tested.values()), *[1.0] * more]), strict=False))
    overall = sum(x for x, _ in counts.values()) / rows
    large = terms.large(counts)
    each = alpha / max(1, len(pairs) + more)

    def gap(level: str) -> Gap:
        p = adjusted[frozenset((level, reference))]
        straight = _pair(sized, level, reference)
        pair, state, reverse = terms.directed(straight, ratio_interval(straight, alpha), p, (level, reference), large)
        low, high = (reference, level) if reverse else (level, reference)
        bounds = ratio_interval(pair, alpha)
        return Gap(
            level=low,
            reference=high,
            pair=_pair(counts, low, high),
            interval=bounds,
            difference=newcombe(pair, alpha),
            evidence=equal_rates(pair),
            p_adjusted=p,
            detectable=detectable_ratio(overall, pair.n, pair.n_ref, each, terms.power),
            state=state,
            flipped=pair.flips() and bounds.low < limit and p < alpha,
            reverse=reverse,
            evident=p < alpha,
        )

    return Comparison(reference, chosen, len(pairs) + more, each, tuple(gap(level) for level in others))


def _pair(counts: Counts, level: str, reference: str) -> Pair:
    return Pair(*counts[level], *counts[reference])
