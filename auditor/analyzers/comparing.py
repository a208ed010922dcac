"""Groups held against a reference group, over all rows and within strata: the numbers of each gap, and its state."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from auditor.analyzers.states import directed
from auditor.model import State
from auditor.stats.counts import Interval, Pair
from auditor.stats.gaps import Counts, Terms, turned_interval
from auditor.stats.proportions import Evidence, detectable_ratio, equal_rates, newcombe, ratio_interval
from auditor.stats.stratified_gaps import Tested
from auditor.stats.tails import holm
from auditor.stats.within import Within, ratio_within_interval


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
    the adjustment is made as if their pairs had been tested and had shown nothing.
    """

    counts: Counts
    terms: Terms = field(default_factory=Terms)
    effects: Mapping[str, float] = field(default_factory=dict)
    unseen: int = 0

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
    """Compare the groups of several columns: the pairs of all of them are one family, of which Holm's test is made.

    `beside` are the p-values of tests that share alpha with them and are not looked at here.
    Who asks about three columns asks three questions of the same people: each at full alpha would find something in
    11 of 100 data sets where nothing is.
    """
    of = [(name, pair, evidence.p) for name, column in columns.items() for pair, evidence in column.tested.items()]
    rest = [*beside, *[1.0] * sum(column.untested for column in columns.values())]
    holms = dict(zip([key[:2] for key in of], holm([*(p for *_, p in of), *rest]), strict=False))
    return {
        name: _compared(column, {pair: holms[name, pair] for pair in column.tested}, len(of) + len(rest))
        for name, column in columns.items()
    }


def _compared(column: Column, adjusted: Mapping[frozenset[str], float], tests: int) -> Comparison:
    """Hold the levels of a column against its reference; `adjusted` has the p of each pair in a family of `tests`."""
    counts, terms, sized, effects = column.counts, column.terms, column.sized, column.effects
    limit, alpha = terms.limit, terms.alpha
    reference, chosen = terms.choose(counts)
    overall = sum(x for x, _ in counts.values()) / sum(n for _, n in counts.values())
    large = terms.large(counts)
    each = alpha / max(1, tests)

    def gap(level: str) -> Gap:
        p = adjusted[frozenset((level, reference))]
        straight = _pair(sized, level, reference)
        pair, state, reverse = directed(terms, straight, ratio_interval(straight, alpha), p, (level, reference), large)
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
        )

    return Comparison(reference, chosen, tests, each, tuple(gap(level) for level in counts if level != reference))


def _pair(counts: Counts, level: str, reference: str) -> Pair:
    return Pair(*counts[level], *counts[reference])


def compare_within(
    tested: Mapping[frozenset[str], Tested], adjusted: Mapping[frozenset[str], float], counts: Counts, terms: Terms
) -> list[GapWithin]:
    """Hold the levels against the reference within strata; `adjusted` has the p of each pair after Holm's adjustment.

    The reference is that of all rows (`counts`), so that both comparisons speak of the same two groups.
    """
    reference, _ = terms.choose(counts)
    large = terms.large(counts)
    found = []
    for level in counts:
        pair = frozenset((level, reference))
        if level == reference or pair not in tested:
            continue
        straight, _ = tested[pair].seen_from(level)
        bounds, p = ratio_within_interval(straight, terms.alpha), adjusted[pair]
        within, state, reverse = directed(terms, straight, bounds, p, (level, reference), large)
        low, high = (reference, level) if reverse else (level, reference)
        bounds = turned_interval(bounds) if reverse else bounds
        _, evidence = tested[pair].seen_from(low)
        flipped = within.flips() and bounds.low < terms.limit and p < terms.alpha
        found.append(GapWithin(low, high, within, bounds, evidence, p, state, flipped, reverse))
    return found
