"""Which groups' pay is compared, and with whose: shared by the rules about pay."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from auditor.analyzers.catalog import NotRun
from auditor.analyzers.evidence import Evidence
from auditor.counts.pay import PayRows
from auditor.stats.pay import UNKNOWN, PayGap, gap_of_means, gap_of_medians
from auditor.use.pay import Chosen, reference_of
from auditor.use.says import Says

FEWEST = 10  # of either group, for the interval and the test of a mean of skewed amounts
SAYS = Says(no_pair="no group column has two groups with usable pay")


@dataclass(frozen=True)
class Pair:
    """The usable rows of a level and of the reference that it is compared with, as masks; amounts are of an hour."""

    rows: PayRows
    group: str
    level: str
    reference: str
    own: np.ndarray
    theirs: np.ndarray

    @property
    def subject(self) -> dict[str, str]:
        """What findings about the pair are about."""
        return {"group": self.group, "level": self.level, "reference": self.reference}

    def within(self, rows: np.ndarray) -> Pair:
        """Return the pair among some rows only."""
        return Pair(self.rows, self.group, self.level, self.reference, self.own & rows, self.theirs & rows)

    @property
    def sizes(self) -> tuple[int, int]:
        """The number of workers of the level, and of the reference."""
        return int(self.own.sum()), int(self.theirs.sum())

    @property
    def receiving(self) -> Pair:
        """The pair among those who receive variable pay."""
        return self.within(self.rows.per_hour[1] > 0)

    def base(self, alpha: float) -> PayGap | None:
        """Return the gap of the means of basic pay."""
        return self._means(self.rows.per_hour[0], alpha)

    def variable(self, alpha: float) -> PayGap | None:
        """Return the gap of the means of variable pay."""
        return self._means(self.rows.per_hour[1], alpha)

    def total(self, alpha: float) -> PayGap | None:
        """Return the gap of the means of all pay."""
        return self._means(self.amounts, alpha)

    def medians(self, alpha: float, *, variable: bool = False) -> PayGap | None:
        """Return the gap of the medians of all pay, or of variable pay."""
        amounts = self.rows.per_hour[1] if variable else self.amounts
        return gap_of_medians(amounts[self.own], amounts[self.theirs], alpha)

    @property
    def amounts(self) -> np.ndarray:
        """Basic and variable pay together, of all rows."""
        return self.rows.total_per_hour

    def _means(self, amounts: np.ndarray, alpha: float) -> PayGap | None:
        gap = gap_of_means(amounts[self.own], amounts[self.theirs], alpha)
        return gap if gap is None or self.enough else PayGap(gap.value, UNKNOWN, math.nan)

    @property
    def enough(self) -> bool:
        """Whether interval and test of a mean can be relied on: both groups have ten workers."""
        return min(self.sizes) >= FEWEST


def pairs(evidence: Evidence) -> list[Pair]:
    """Return every level with usable pay beside the reference of its group column; NotRun where no group has two."""
    if found := [*_pairs(evidence)]:
        return found
    raise NotRun(SAYS("no_pair"))


def references(evidence: Evidence) -> Iterator[tuple[str, str, Chosen]]:
    """Yield each group column with two groups or more of usable pay, its reference, and how that was chosen."""
    for group, masks in _masks(evidence):
        yield (group, *_reference(evidence, group, masks))


def _reference(evidence: Evidence, group: str, masks: Mapping[str, np.ndarray]) -> tuple[str, Chosen]:
    sizes = {level: int(mask.sum()) for level, mask in masks.items()}
    return reference_of(group, sizes, evidence.use.groups.reference)


def _masks(evidence: Evidence) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Yield the usable rows of each level of a group column, where there are two levels with some."""
    rows = evidence.pay
    if rows is None:
        return
    for group in evidence.tally.roles.groups:
        codes, levels = rows.codes[group], rows.levels[group]
        masks = {level: rows.usable & (codes == code) for code, level in enumerate(levels)}
        there = {level: mask for level, mask in masks.items() if mask.any()}
        if len(there) > 1:
            yield group, there


def _pairs(evidence: Evidence) -> Iterator[Pair]:
    rows = evidence.pay
    assert rows is not None  # a rule about pay needs it
    for group, masks in _masks(evidence):
        reference, _ = _reference(evidence, group, masks)
        for level in masks:
            if level != reference:
                yield Pair(rows, group, level, reference, masks[level], masks[reference])


def direction(gap: float) -> str:
    """Return "lower" for a gap at the group's cost, and "higher" for one in its favour."""
    return "higher" if gap < 0 else "lower"
