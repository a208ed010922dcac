"""Groups compared with a reference group, over all rows and within strata: the numbers of each gap, and its state."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from itertools import permutations

from auditor.analyzers.states import directed, is_gap, refusals
from auditor.model import State
from auditor.stats.counts import Interval, Pair
from auditor.stats.gaps import Counts, Terms, turned_interval
from auditor.stats.proportions import Evidence, detectable_ratio, equal_rates, newcombe, ratio_interval
from auditor.stats.stratified_gaps import Tested
from auditor.stats.tails import holm
from auditor.stats.within import Within, ratio_within_interval

FOUR_FIFTHS = 0.8


def threshold(limit: Fraction | float) -> str:
    """Return the threshold of an impact ratio in words.

    >>> threshold(Fraction(4, 5)), threshold(0.75)
    ('the four-fifths threshold', 'the threshold of 0.75')
    """
    return "the four-fifths threshold" if float(limit) == FOUR_FIFTHS else f"the threshold of {float(limit):g}"


def confidence(alpha: float) -> str:
    """Return the confidence of intervals at an alpha.

    >>> confidence(0.05)
    '95%'
    """
    return f"{100 * (1 - alpha):g}%"


@dataclass(frozen=True)
class Gap:
    """One group against the reference; where `reverse`, the reference against the group, whose gap it is.

    `p_adjusted` is Holm's over the family of pairs tested, `evident` whether it is below alpha. `flipped`: the small-
    numbers guard withheld a gap. `detectable` is the ratio that these sizes would show at the alpha left to one pair.
    `refusals` is the interval of the ratio of unfavourable rates; `refused`: the gap is in these rates alone. `small`:
    the group that it is compared with is too small a part of the data to be a reference.
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
    refusals: Interval
    refused: bool = False
    small: bool = False


@dataclass(frozen=True)
class Comparison:
    """All groups of one column; `chosen` is how the reference was chosen, `pairs` how many tests share the alpha.

    `alpha` is that of the first of them, Holm's hardest step, at which power is stated. Where the use fixed the
    reference, `widest` is the widest gap between two other groups, so that no choice of reference hides it. It was
    picked from `others` pairs, and its p is adjusted for that.
    """

    reference: str
    chosen: str
    pairs: int
    alpha: float
    gaps: tuple[Gap, ...]
    widest: Gap | None = None
    others: int = 0

    @property
    def beside(self) -> list[tuple[str, str]]:
        """The two groups of the widest gap beside a fixed reference, where there is one."""
        return [(self.widest.level, self.widest.reference)] if self.widest else []


@dataclass(frozen=True)
class GapWithin:
    """One group against the reference within strata that hold both; `reverse` and `flipped` as in `Gap`."""

    level: str
    reference: str
    within: Within
    interval: Interval
    evidence: Evidence
    p_adjusted: float
    state: State
    flipped: bool
    reverse: bool


@dataclass(frozen=True)
class Column:
    """What is compared in one group column: counts of two groups or more (level -> favourable, rows > 0), and how.

    `effects` are design effects: how many rows of a level count as one where people recur. Rates stay those of the
    rows; intervals and tests rest on as many fewer. `unseen` levels are there too, but their outcomes are not known:
    the adjustment is made as if their pairs had been tested and had shown nothing. `against` is the reference that was
    chosen elsewhere, over all rows, where these are some of them.
    """

    counts: Counts
    terms: Terms = field(default_factory=Terms)
    effects: Mapping[str, float] = field(default_factory=dict)
    unseen: int = 0
    against: tuple[str, str] | None = None

    @property
    def reference(self) -> tuple[str, str]:
        """The level that the others are compared with, and how it was chosen."""
        there = self.against is not None and self.against[0] in self.counts
        return self.against if there and self.against else self.terms.choose(self.counts)

    @cached_property
    def sized(self) -> Counts:
        """The counts in rows of effective size."""
        return {
            level: (x / self.effects.get(level, 1), n / self.effects.get(level, 1))
            for level, (x, n) in self.counts.items()
        }

    @cached_property
    def tested(self) -> Mapping[frozenset[str], Evidence]:
        """The test of each pair that shares alpha."""
        return {frozenset(pair): equal_rates(_pair(self.sized, *pair)) for pair in self.terms.family(self.counts)}

    @cached_property
    def widest(self) -> tuple[tuple[str, str], float] | None:
        """The pair furthest apart beside a fixed reference, the lower rate first, and its p, for all of them as tested.

        It is the one with the most evidence among those under the threshold; if there are no such pairs, the one that
        is furthest apart.
        """
        if self.terms.reference not in self.counts:
            return None
        rest = [level for level in self.counts if level != self.terms.reference]
        enough, large = self.terms.enough(self.counts), self.terms.large(self.counts)
        found: dict[tuple[str, str], tuple[Pair, float]] = {}
        for one, other in permutations(filter(enough.__contains__, rest), 2):
            pair = _pair(self.sized, one, other)
            if other in large and pair.below(Fraction(1)):
                found[one, other] = pair, equal_rates(pair).p
        if not found:
            return None
        below = {names: p for names, (pair, p) in found.items() if pair.below(self.terms.limit)}
        apart = below or {names: pair.ratio for names, (pair, _) in found.items()}
        names = min(apart, key=apart.__getitem__)
        return names, min(1.0, self.others * found[names][1])

    @property
    def others(self) -> int:
        """The number of pairs without the fixed reference; only the widest of them is reported."""
        return math.comb(len(self.counts) - 1 + self.unseen, 2)

    @property
    def p_values(self) -> dict[frozenset[str], float]:
        """The p of each test that shares alpha: of the pairs, and of the widest beside a fixed reference."""
        found = {pair: evidence.p for pair, evidence in self.tested.items()}
        return {**found, frozenset(self.widest[0]): self.widest[1]} if self.widest else found

    @property
    def untested(self) -> int:
        """The pairs with levels that are not seen."""
        if self.terms.reference in self.counts:
            return self.unseen
        return math.comb(len(self.counts) + self.unseen, 2) - len(self.tested)


def compare(
    counts: Counts, terms: Terms | None = None, effects: Mapping[str, float] | None = None, unseen: int = 0
) -> Comparison:
    """Compare the groups of one column by itself (`Column`)."""
    return compare_all({"": Column(counts, terms or Terms(), effects or {}, unseen)})[""]


def compare_all(columns: Mapping[str, Column], beside: Sequence[float] = ()) -> dict[str, Comparison]:
    """Compare the groups of several columns: the pairs of all of them are one family, adjusted by Holm's method.

    `beside` are the p-values of other tests that share alpha with them. Three columns are three questions about the
    same people: each at full alpha would find something in 11 of 100 data sets where nothing is.
    """
    of = [(name, pair, p) for name, column in columns.items() for pair, p in column.p_values.items()]
    rest = [*beside, *[1.0] * sum(column.untested for column in columns.values())]
    holms = dict(zip([key[:2] for key in of], holm([*(p for *_, p in of), *rest]), strict=False))
    return {
        name: _compared(column, {pair: holms[name, pair] for pair in column.p_values}, len(of) + len(rest))
        for name, column in columns.items()
    }


def _compared(column: Column, adjusted: Mapping[frozenset[str], float], tests: int) -> Comparison:
    """Compare the levels of a column with its reference; `adjusted` has the p of each pair in a family of `tests`."""
    counts, terms, sized, effects = column.counts, column.terms, column.sized, column.effects
    limit, alpha = terms.limit, terms.alpha
    reference, chosen = column.reference
    overall = sum(x for x, _ in counts.values()) / sum(n for _, n in counts.values())
    large, enough = terms.large(counts), terms.enough(counts)
    each = alpha / max(1, tests)

    def gap(level: str, reference: str) -> Gap:
        p = adjusted[frozenset((level, reference))]
        straight, names = _pair(sized, level, reference), (level, reference)
        pair, state, reverse = directed(terms, straight, ratio_interval(straight, alpha), p, names, large, enough)
        refused = None if state is not State.CLEAR else _refused(straight, p, names, terms, large)
        if refused:
            pair, state, reverse = refused
        low, high = (reference, level) if reverse else (level, reference)
        bounds = ratio_interval(pair, alpha)
        return Gap(
            level=low,
            reference=high,
            pair=replace(_pair(counts, low, high), effect=effects.get(low, 1.0), effect_ref=effects.get(high, 1.0)),
            interval=bounds,
            difference=newcombe(pair, alpha),
            evidence=equal_rates(pair),
            p_adjusted=p,
            detectable=detectable_ratio(overall, pair.n, pair.n_ref, each, terms.power),
            state=state,
            flipped=pair.flips() and bounds.low < limit and p < alpha,
            reverse=reverse,
            evident=p < alpha,
            refusals=ratio_interval(pair.unfavourable, alpha),
            refused=refused is not None,
            small=high not in large,
        )

    gaps = tuple(gap(level, reference) for level in counts if level != reference)
    return Comparison(
        reference, chosen, tests, each, gaps, gap(*column.widest[0]) if column.widest else None, column.others
    )


def _refused(
    straight: Pair, p: float, names: tuple[str, str], terms: Terms, large: Collection[str]
) -> tuple[Pair, State, bool] | None:
    """Return a pair whose ratio is clear but whose refusals are near the threshold, and whether turned; else None."""
    for pair, against, turned in ((straight, names[1], False), (straight.swapped, names[0], True)):
        if p < terms.alpha and against in large:
            bounds = ratio_interval(pair.unfavourable, terms.alpha)
            state = refusals(pair, bounds, p, terms.limit, terms.alpha)
            if is_gap(state):
                return pair, state, turned
    return None


def _pair(counts: Counts, level: str, reference: str) -> Pair:
    return Pair(*counts[level], *counts[reference])


def never_together(tested: Mapping[frozenset[str], Tested], counts: Counts, terms: Terms) -> Iterator[tuple[str, str]]:
    """Yield each level, and the reference, that no stratum holds both of, so that they are not compared."""
    chosen, _ = terms.choose(counts)
    for level in counts:
        if level != chosen and frozenset((level, chosen)) not in tested:
            yield level, chosen


def compare_within(
    tested: Mapping[frozenset[str], Tested],
    adjusted: Mapping[frozenset[str], float],
    counts: Counts,
    terms: Terms,
    beside: Sequence[tuple[str, str]] = (),
    part: float = 1.0,
) -> list[GapWithin]:
    """Compare the levels with the reference within strata; `adjusted` has the p of each pair after Holm's adjustment.

    These tests use `part` of alpha; their intervals do not.

    The reference is that of all rows (`counts`), so that both comparisons are about the same two groups. Pairs `beside`
    these are compared too, the first level of each with the second.
    """
    chosen, _ = terms.choose(counts)
    large, strict = terms.large(counts), replace(terms, alpha=part * terms.alpha)
    found = []
    for level, reference in (*((level, chosen) for level in counts if level != chosen), *beside):
        pair = frozenset((level, reference))
        if pair not in tested:
            continue
        straight, _ = tested[pair].seen_from(level)
        bounds, p = ratio_within_interval(straight, terms.alpha), adjusted[pair]
        within, state, reverse = directed(strict, straight, bounds, p, (level, reference), large)
        low, high = (reference, level) if reverse else (level, reference)
        bounds = turned_interval(bounds) if reverse else bounds
        _, evidence = tested[pair].seen_from(low)
        flipped = within.flips() and bounds.low < terms.limit and p < strict.alpha
        found.append(GapWithin(low, high, within, bounds, evidence, p, state, flipped, reverse))
    return found
