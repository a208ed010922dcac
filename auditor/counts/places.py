"""Who is how far up on a list, from the tally: RNK001."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.counts.effects import of_ratio_within
from auditor.counts.names import COUNT, LEVEL, PLACES
from auditor.counts.tally import Tally
from auditor.counts.units import Mask
from auditor.stats.design import Codes
from auditor.stats.exposure import EDGES, EXACT, exposures

BETWEEN = "\x1f"  # between a list and the bin of the place in it, as the engines spell places
CUTS = (1, 3, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)  # top k, where a list has more places
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Places:
    """The places of a group column's levels, list by list.

    `n` and `sums` are people and their exposure, shape (levels, lists); `all_n`, `all_sums` and `squares` those of all
    people on a list, and its squares, shape (lists,). `within` has for each k of `cuts` the people in the top k, shape
    (levels, lists). `shared` are people on a place that others of their list have too, `headless` lists without a first
    place; `unplaced` rows have no place or no list.
    """

    levels: tuple[str, ...]
    lists: tuple[str, ...]
    cuts: tuple[int, ...]
    n: Counts
    within: dict[int, Counts]
    sums: NDArray[np.float64]
    all_n: Counts
    all_sums: NDArray[np.float64]
    squares: NDArray[np.float64]
    shared: int
    headless: int
    unplaced: int

    @property
    def totals(self) -> dict[str, tuple[float, float]]:
        """Level -> people in the top half of the cuts, and people; the most people first."""
        top = self.within[self.cuts[len(self.cuts) // 2]] if self.cuts else self.n
        found = {level: (float(top[i].sum()), float(self.n[i].sum())) for i, level in enumerate(self.levels)}
        return dict(sorted(found.items(), key=lambda item: (-item[1][1], item[0])))


def split(level: str) -> tuple[str, int]:
    """Return the list and the bin that a level of PLACES is."""
    name, _, place = level.rpartition(BETWEEN)
    return name, int(place)


def places(tally: Tally, group: str) -> Places:
    """Return the places of a group column's levels."""
    column = tally.derived[PLACES]
    frame = next(frame for key, frame in column.tables.items() if group in key)
    there = frame[frame[LEVEL].notna()]
    names = list(dict.fromkeys(level for level in there[group] if isinstance(level, str)))
    lists = {name: i for i, name in enumerate(dict.fromkeys(split(level)[0] for level in there[LEVEL]))}
    at = {name: i for i, name in enumerate([*names, None])}
    counts = np.zeros((len(at), len(lists), len(EDGES) + 1), np.int64)
    for level, of, n in zip(there[LEVEL], there[group], there[COUNT], strict=True):
        name, place = split(level)
        counts[at[of if isinstance(of, str) else None], lists[name], place] += int(n)
    of_all = counts.sum(axis=0)
    longest = max((EDGES[min(int(places.max()), len(EDGES) - 1)] for places in map(np.flatnonzero, of_all)), default=0)
    cuts = tuple(k for k in CUTS if k < longest)
    seen = np.array(exposures())
    exact = of_all[:, :EXACT]
    return Places(
        tuple(names),
        tuple(lists),
        cuts,
        counts[:-1].sum(axis=2),
        {k: counts[:-1, :, : EDGES.index(k) + 1].sum(axis=2) for k in cuts},
        counts[:-1] @ seen,
        of_all.sum(axis=1),
        of_all @ seen,
        of_all @ seen**2,
        int(np.where(exact > 1, exact, 0).sum()),
        int(np.sum(of_all[:, 0] == 0)),
        column.missing,
    )


def top_effect(tally: Tally, group: str, pair: tuple[str, str], k: int) -> float:
    """Return the design effect of the ratio of shares in the top k within lists; 1 where nobody recurs."""
    units = tally.units
    if units is None:
        return 1.0
    lists, bins = _coded(units.levels[PLACES])
    codes = units.codes[PLACES]
    known = codes >= 0
    top = known & (bins[codes] <= EDGES.index(k))
    return of_ratio_within(units, np.where(known, lists[codes], -1), top, known, _places(tally, group, pair))


def exposure_effect(tally: Tally, group: str, pair: tuple[str, str]) -> float:
    """Return the design effect of the difference in mean exposure within lists; 1 where nobody recurs."""
    units = tally.units
    if units is None:
        return 1.0
    lists, bins = _coded(units.levels[PLACES])
    codes, who = units.codes[PLACES], _places(tally, group, pair)
    used = (codes >= 0) & (who >= 0)
    of, seen = lists[codes], np.array(exposures())[bins[codes]]
    n = np.stack([np.bincount(of[used & (who == g)], minlength=int(lists.max()) + 1) for g in (0, 1)]).astype(float)
    sums = np.stack([np.bincount(of[used & (who == g)], seen[used & (who == g)], n.shape[1]) for g in (0, 1)])
    both: Mask = np.logical_and(n[0] > 0, n[1] > 0)
    weight = np.where(both, n[0] * n[1] / np.maximum(1, n.sum(axis=0)), 0.0)
    influence = np.zeros(units.design.rows)
    for g, sign in ((0, 1.0), (1, -1.0)):
        rows = used & (who == g) & both[of]
        at = of[rows]
        influence[rows] = sign * weight[at] / n[g][at] * (seen[rows] - sums[g][at] / n[g][at])
    return units.design.effect(influence, np.where(used, who, -1))


def _coded(levels: Sequence[str]) -> tuple[Codes, Codes]:
    """Return the list and the bin of each level of PLACES, as whole numbers; one more, for a missing level."""
    pairs = [split(level) for level in levels]
    names = {name: i for i, name in enumerate(dict.fromkeys(name for name, _ in pairs))}
    lists, bins = [names[name] for name, _ in pairs], [place for _, place in pairs]
    return np.array([*lists, 0], dtype=np.int64), np.array([*bins, len(EDGES)], dtype=np.int64)


def _places(tally: Tally, group: str, pair: tuple[str, str]) -> Codes:
    assert tally.units is not None
    return tally.units.places(group, {level: i for i, level in enumerate(pair)})
