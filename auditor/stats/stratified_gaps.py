"""Rates of several groups held against a reference within strata; reference, family, guards and states as in `gaps`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from auditor.model import State
from auditor.stats.counts import Interval
from auditor.stats.gaps import Counts, Terms, turned_interval
from auditor.stats.proportions import Evidence
from auditor.stats.within import Within, equal_within, ratio_within_interval


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
class Tested:
    """A level against another within the strata that hold both, and the test that their rates are equal there."""

    level: str
    within: Within
    evidence: Evidence

    def seen_from(self, level: str) -> tuple[Within, Evidence]:
        """Return counts and test with `level`, one of the two, as the group."""
        if level == self.level:
            return self.within, self.evidence
        return self.within.swapped, self.evidence._replace(z=-self.evidence.z)


def tested_within(
    strata: Collection[Mapping[str, tuple[float, float]]], counts: Counts, terms: Terms, least: int = 1
) -> dict[frozenset[str], Tested]:
    """Test the pairs of levels within strata (level -> favourable, rows), in those that hold both, if `least` do.

    `counts` are those of all rows; the pairs are `terms.family`'s.
    """
    at = {level: i for i, level in enumerate(counts)}
    held = np.zeros((len(strata), len(at), 2))
    for i, of in enumerate(strata):
        for level, pair in of.items():
            if level in at:
                held[i, at[level]] = pair
    found = {}
    for level, reference in terms.family(counts):
        own, theirs = held[:, at[level]], held[:, at[reference]]
        both = (own[:, 1] > 0) & (theirs[:, 1] > 0)
        if both.sum() >= max(1, least):
            within = Within.of(np.concatenate([own[both], theirs[both]], axis=1))
            found[frozenset((level, reference))] = Tested(level, within, equal_within(within))
    return found


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
        within, state, reverse = terms.directed(straight, bounds, p, (level, reference), large)
        low, high = (reference, level) if reverse else (level, reference)
        bounds = turned_interval(bounds) if reverse else bounds
        _, evidence = tested[pair].seen_from(low)
        flipped = within.flips() and bounds.low < terms.limit and p < terms.alpha
        found.append(GapWithin(low, high, within, bounds, evidence, p, state, flipped, reverse))
    return found
