"""Rates of several groups compared with one another within strata; the pairs are those of `gaps`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.stats.gaps import Counts, Terms
from auditor.stats.proportions import Evidence
from auditor.stats.within import Within, equal_within


@dataclass(frozen=True)
class Tested:
    """A level compared with another within the strata that hold both, and the test that their rates are equal there."""

    level: str
    within: Within
    evidence: Evidence

    def seen_from(self, level: str) -> tuple[Within, Evidence]:
        """Return counts and test with `level`, one of the two, as the group."""
        if level == self.level:
            return self.within, self.evidence
        return self.within.swapped, self.evidence._replace(z=-self.evidence.z)


def tested_within(
    strata: Collection[Mapping[str, tuple[float, float]]],
    counts: Counts,
    terms: Terms,
    least: int = 1,
    beside: Sequence[tuple[str, str]] = (),
    effect: Callable[[str, str], float] = lambda level, reference: 1.0,
) -> dict[frozenset[str], Tested]:
    """Test the pairs of levels within strata (level -> favourable, rows), in those that hold both, if `least` do.

    `counts` are those of all rows; the pairs are `terms.family`'s, and those `beside` them. `effect` gives the design
    effect of a pair's ratio.
    """
    at = {level: i for i, level in enumerate(counts)}
    held = np.zeros((len(strata), len(at), 2))
    for i, of in enumerate(strata):
        for level, pair in of.items():
            if level in at:
                held[i, at[level]] = pair
    found = {}
    for level, reference in (*terms.family(counts), *beside):
        own, theirs = held[:, at[level]], held[:, at[reference]]
        both = (own[:, 1] > 0) & (theirs[:, 1] > 0)
        if both.sum() >= max(1, least):
            within = Within.of(np.concatenate([own[both], theirs[both]], axis=1), effect(level, reference))
            found[frozenset((level, reference))] = Tested(level, within, equal_within(within))
    return found
