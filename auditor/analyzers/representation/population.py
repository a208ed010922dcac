"""The shares of group columns compared with the stated population, as one family of tests: part of REP001."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.counts.effects import of_shares
from auditor.counts.tally import Tally
from auditor.stats.shares import Share, against_population, goodness_of_fit
from auditor.stats.tails import distinct_tests, holm
from auditor.use.usecase import UseCase


@dataclass(frozen=True)
class ColumnShares:
    """The shares of a column beside the stated ones; `statistic` and `p` are of all of them together, `p_adjusted` too.

    `tests` is how many share alpha, those of all columns.
    """

    shares: tuple[Share, ...]
    statistic: float
    p: float
    p_adjusted: float = math.nan
    tests: int = 1

    @property
    def p_values(self) -> list[float]:
        """Those of its tests: one per level and one of all together; of two levels all three are one."""
        if distinct_tests(len(self.shares)) < 2:
            return [self.shares[0].p]
        return [*(share.p for share in self.shares), self.p]


def share_effects(tally: Tally, stated: Mapping[str, Mapping[str, float] | None]) -> dict[str, dict[str, float]]:
    """Return the design effects of the shares of each column that has a population; empty if nobody recurs.

    Copies are counted once already, weighted rows in rows of Kish's size.
    """
    if tally.copied or not (tally.recurs or (tally.roles.weight and tally.units)):
        return {}
    return {
        group: of_shares(tally, group, [level for level, q in of.items() if q > 0])
        for group, of in stated.items()
        if of
    }


def compared_shares(
    counts: Mapping[str, Mapping[str, float]], use: UseCase, effects: Mapping[str, Mapping[str, float]]
) -> dict[str, ColumnShares]:
    """Compare each column in which a stated level occurs with the population; all their tests share alpha (Holm)."""
    limits, found = use.limits, {}
    for group, of in counts.items():
        stated, surveyed = use.population.shares(group) or {}, use.population.survey.get(group)
        if any(of.get(level) for level in stated):
            by = effects.get(group)
            shares = against_population(of, stated, limits.representation_ratio, limits.alpha, surveyed, by)
            found[group] = ColumnShares(tuple(shares), *goodness_of_fit(of, stated, surveyed=surveyed, effects=by))
    adjusted = iter(holm([p for held in found.values() for p in held.p_values]))
    tests = sum(len(held.p_values) for held in found.values())
    return {group: _adjusted(held, [next(adjusted) for _ in held.p_values], tests) for group, held in found.items()}


def _adjusted(held: ColumnShares, p_values: Sequence[float], tests: int) -> ColumnShares:
    *levels, whole = p_values if len(p_values) > 1 else [p_values[0]] * (len(held.shares) + 1)
    shares = tuple(replace(share, p_adjusted=p) for share, p in zip(held.shares, levels, strict=True))
    return replace(held, shares=shares, p_adjusted=whole, tests=tests)
