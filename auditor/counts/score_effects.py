"""How many rows count as one in what SCO rules measure, where people recur, are weighted or come in clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.counts.scores import FAVOURABLE, RATES, Selection, scores
from auditor.counts.tally import Tally
from auditor.counts.units import Mask, Units
from auditor.stats.binned import placements
from auditor.stats.counts import Pair


@dataclass(frozen=True)
class Effects:
    """How many rows count as one in the rates of a group column's levels, where people recur or are weighted."""

    units: Units | None
    group: str
    hit: Mask
    known: Mask

    @classmethod
    def of(cls, tally: Tally, group: str) -> Effects:
        """Return those of what the tally's cut or prediction selects."""
        units, scoring = tally.units, tally.roles.scoring
        name = scoring.prediction or scoring.score
        none = np.zeros(0, dtype=bool)
        if units is None or name is None or name not in units.codes:
            return cls(None, group, none, none)
        if scoring.prediction:
            hit = np.logical_or.reduce([units.are(name, value) for value in scoring.predicted])
        else:
            made = scores(tally, group)
            above = made.above(scoring.cut) if made else None
            if above is None:
                return cls(None, group, none, none)
            hit = np.append(above, False)[units.codes[name]]
        return cls(units, group, hit, units.codes[name] >= 0)

    def selected(self, level: str) -> float:
        """Return the design effect of the selection rate of a level."""
        if self.units is None:
            return 1.0
        return self.units.rate(self.hit, self.known & self.units.are(self.group, level))

    def rate(self, name: str, level: str) -> float:
        """Return the design effect of a rate of `RATES`."""
        if self.units is None:
            return 1.0
        (picked, outcome), cells = RATES[name]
        favourable, others = self.units.outcome == 1, self.units.outcome == 0
        hits = (self.hit if picked == 0 else ~self.hit) & (favourable if outcome == FAVOURABLE else others)
        if len({where for where, _ in cells}) == 1:
            among = self.hit & (favourable | others)
        else:
            among = favourable if outcome == FAVOURABLE else others
        return self.units.rate(hits, among & self.known & self.units.are(self.group, level))


def ranked_effect(tally: Tally, group: str, level: str) -> float:
    """Return how many rows count as one in the mean rank of a level's scores."""
    units, name = tally.units, tally.roles.scoring.score
    if units is None or name is None or name not in units.codes:
        return 1.0
    codes = units.codes[name]
    return max(units.ranked(codes, (codes >= 0) & units.are(group, level)), 1e-9)


def area_effect(tally: Tally, group: str, level: str) -> float:
    """Return how many rows count as one in the AUC of the score within a level."""
    units, name = tally.units, tally.roles.scoring.score
    if units is None or name is None or name not in units.codes:
        return 1.0
    codes = units.codes[name]
    inside = (codes >= 0) & units.are(group, level) & (units.outcome >= 0)
    kinds = [inside & (units.outcome == outcome) for outcome in (1, 0)]
    w = units.design.weighted
    size = int(codes.max()) + 1
    own, others = (np.bincount(codes[of], weights=w[of], minlength=size).astype(np.float64) for of in kinds)
    if not own.sum() or not others.sum():
        return 1.0
    below, above = placements(own, others)
    value = float((own * below).sum() / own.sum())
    influence = np.zeros(len(codes))
    influence[kinds[0]] = (below[codes[kinds[0]]] - value) / own.sum()
    influence[kinds[1]] = (above[codes[kinds[1]]] - value) / others.sum()
    return max(units.design.effect(influence), 1e-9)


def within_effect(tally: Tally, group: str, names: tuple[str, str], parts: Sequence[tuple[int, int]]) -> float:
    """Return how many rows count as one in the difference of two levels' rates within ranges of bins of the score."""
    units, name = tally.units, tally.roles.scoring.score
    if units is None or name is None or name not in units.codes:
        return 1.0
    codes, w, y = units.codes[name], units.design.weighted, units.outcome == 1
    table = np.full(max((after for _, after in parts), default=0) + 1, -1)
    for place, (first, after) in enumerate(parts):
        table[first:after] = place
    bins = np.where(codes >= 0, table[np.minimum(codes, len(table) - 1)], -1)
    masks = [units.are(group, level) & (bins >= 0) & (units.outcome >= 0) for level in names]
    n = np.stack([np.bincount(bins[of], w[of], len(parts)) for of in masks])
    x = np.stack([np.bincount(bins[of & y], w[of & y], len(parts)) for of in masks])
    both = np.logical_and(n[0] > 0, n[1] > 0)
    size, rates = np.where(both, n.sum(axis=0), 1.0), x / np.maximum(n, 1e-300)
    influence = np.zeros(units.design.rows)
    for g, sign in ((0, 1.0), (1, -1.0)):
        rows = masks[g] & both[np.maximum(bins, 0)]
        at = bins[rows]
        influence[rows] = sign * n[1 - g][at] / size[at] * (y[rows] - rates[g][at])
    return max(units.design.effect(influence), 1.0)


def pair(found: Mapping[str, Selection], effects: Effects, name: str, level: str, reference: str) -> Pair | None:
    """Return the counts of a rate of `RATES` in two levels; None where one has no row for it."""
    own, theirs = found[level].rate(name), found[reference].rate(name)
    if not own[1] or not theirs[1]:
        return None
    return Pair(*own, *theirs, effects.rate(name, level), effects.rate(name, reference))
