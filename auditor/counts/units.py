"""The rows behind the counts, where they are not independent people: design effects are computed from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from auditor.stats.design import Codes, Design, Numbers, independence_effect, rate_effect

Mask = NDArray[np.bool_]


class Recurring(StrEnum):
    """What occurs in the data more than once, or counts for more than one row; the value is its name in the plural."""

    PEOPLE = "people"
    CLUSTERS = "clusters"
    COPIES = "copies"
    WEIGHTS = "weights"
    SURVEY = "survey"


@dataclass(frozen=True, eq=False)
class Units:
    """Rows, all of them or those of units chosen by a hash, with the unit, the outcome and the columns' levels of each.

    `codes` has for each column that is counted by levels the place of each row's level among `levels`, -1 where it is
    missing. `outcome` is 1, 0, or -1 where none is recorded; `values` are the numbers of a numeric one, nan where it
    is missing. No name of a unit is kept.
    """

    what: tuple[Recurring, ...]
    design: Design
    outcome: Codes
    codes: Mapping[str, Codes]
    levels: Mapping[str, tuple[str, ...]]
    values: Numbers | None = None

    def are(self, column: str, level: str | None) -> Mask:
        """Return which rows have a level of a column; None: no value."""
        levels = self.levels[column]
        place = -1 if level is None else levels.index(level) if level in levels else -2
        found: Mask = self.codes[column] == place
        return found

    def rate(self, hit: Mask, among: Mask) -> float:
        """Return the design effect of the share of `hit` among some rows."""
        return rate_effect(self.design, hit, among)

    def favourable(self, among: Mask) -> float:
        """Return the design effect of the favourable rate of some rows, those without an outcome left out."""
        return self.rate(self.outcome == 1, among & (self.outcome >= 0))

    def copies(self, among: Mask) -> float:
        """Return how many of some rows there are to each unit, on average; 1 for no rows."""
        originals = len(np.unique(self.design.units[0][among]))
        return int(among.sum()) / originals if originals else 1.0

    def numbers(self, among: Mask) -> float:
        """Return the design effect of the numeric outcome of some rows: of its mean, or of its rank where larger."""
        if self.values is None:
            return 1.0
        known = among & np.isfinite(self.values)
        if not known.any():
            return 1.0
        values, w = np.where(known, self.values, 0.0), np.where(known, self.design.weighted, 0.0)
        order = np.unique(values[known], return_inverse=True)[1]
        sizes = np.bincount(order, weights=w[known])
        ranks = np.zeros(len(values))
        ranks[known] = (np.cumsum(sizes) - sizes / 2)[order]
        found = [self.design.effect(np.where(known, of - (w * of).sum() / w.sum(), 0.0)) for of in (values, ranks)]
        return max(found)

    def ranked(self, order: Codes, among: Mask) -> float:
        """Return the design effect of the mean rank of some rows by an order, as of a score's bins."""
        if not among.any():
            return 1.0
        places, w = np.where(among, order, 0), np.where(among, self.design.weighted, 0.0)
        sizes = np.bincount(places[among], weights=w[among])
        ranks = np.where(among, (np.cumsum(sizes) - sizes / 2)[places], 0.0)
        centred = np.where(among, ranks - (w * ranks).sum() / w.sum(), 0.0)
        return self.design.effect(centred)

    def places(self, column: str, at: Mapping[str | None, int]) -> Codes:
        """Return the rows' levels of a column as the places that `at` gives them; -1 for others."""
        table = np.array([*(at.get(level, -1) for level in self.levels[column]), at.get(None, -1)], dtype=np.int64)
        return table[self.codes[column]]

    def link(self, one: Codes, other: Codes) -> float:
        """Return the design effect of the test that two columns, given as places, are independent."""
        return independence_effect(self.design, one, other)

    def of_cells(self, influence: Numbers, places: Sequence[Codes], parts: Codes | None = None) -> float:
        """Return the design effect of an estimate, from the influence of a row of each cell of a table.

        `places` are the cell's coordinates of each row, one per dimension of `influence`; rows with a negative one are
        not in the estimate.
        """
        inside = np.logical_and.reduce([place >= 0 for place in places])
        each = np.zeros(len(inside))
        each[inside] = influence[tuple(place[inside] for place in places)]
        return self.design.effect(each, parts)
