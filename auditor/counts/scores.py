"""A tool's score or prediction by group and outcome, from the tally: what SCO rules read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from auditor.counts.columns import Cell, Column
from auditor.counts.names import COUNT, LEVEL, NO_OUTCOME, OUTCOME
from auditor.counts.names import OTHER as OTHERS
from auditor.counts.tally import Tally
from auditor.use.roles import Cut

FAVOURABLE, OTHER, UNKNOWN = 0, 1, 2  # the places of the outcomes


@dataclass(frozen=True)
class Selection:
    """Who a tool selects, of one level: rows by selected (0) or not (1), and by outcome; shape (2, 3).

    `missing` are the rows without a score or prediction, by outcome.
    """

    counts: np.ndarray
    missing: np.ndarray

    @property
    def selected(self) -> float:
        """The selected rows."""
        return float(self.counts[0].sum())

    @property
    def n(self) -> float:
        """The rows that have a score or prediction."""
        return float(self.counts.sum())

    @property
    def lost(self) -> float:
        """The rows without one."""
        return float(self.missing.sum())

    def rate(self, name: str) -> tuple[float, float]:
        """Return (hits, rows) of a rate by its name in `RATES`."""
        hit, among = RATES[name]
        return float(self.counts[hit]), float(sum(self.counts[cell] for cell in among))


# Rate -> the cell that counts, and those that it is a share of: (selected 0 or not 1, outcome).
RATES: Mapping[str, tuple[tuple[int, int], tuple[tuple[int, int], ...]]] = {
    "true_positive_rate": ((0, FAVOURABLE), ((0, FAVOURABLE), (1, FAVOURABLE))),
    "false_positive_rate": ((0, OTHER), ((0, OTHER), (1, OTHER))),
    "false_negative_rate": ((1, FAVOURABLE), ((0, FAVOURABLE), (1, FAVOURABLE))),
    "positive_predictive_value": ((0, FAVOURABLE), ((0, FAVOURABLE), (0, OTHER))),
}


@dataclass(frozen=True)
class Scores:
    """The scores of a group column's levels: rows by bin, lowest first, and outcome; shape (bins, 3).

    `by_level` has those without a recorded level under None; `all_rows` is their sum. `missing` has the rows without a
    score by outcome. `single` marks the bins that hold one value only. `values` is the bin's one value, or the middle
    of the bin; nan at an open end.
    """

    column: Column
    by_level: Mapping[str | None, np.ndarray]
    all_rows: np.ndarray
    missing: Mapping[str | None, np.ndarray]

    @cached_property
    def levels(self) -> dict[str, np.ndarray]:
        """The recorded levels that have scores, the largest first."""
        named = {level: of for level, of in self.by_level.items() if level is not None and of.sum()}
        return dict(sorted(named.items(), key=lambda item: (-float(item[1].sum()), item[0])))

    @cached_property
    def edges(self) -> np.ndarray:
        """The inclusive upper bounds of all bins but the last."""
        return np.asarray(self.column.edges, dtype=float)

    @cached_property
    def single(self) -> np.ndarray:
        """Which bins hold one value only, or no row."""
        alone = np.array([value is not None for value in self.column.only_values])
        found: np.ndarray = alone | (self.all_rows.sum(axis=1) == 0)
        return found

    @cached_property
    def values(self) -> np.ndarray:
        """A number for each bin."""
        lows, highs = np.append(np.nan, self.edges), np.append(self.edges, np.nan)
        only = self.column.only_values
        return np.array(
            [
                value if value is not None else (low + high) / 2
                for value, low, high in zip(only, lows, highs, strict=True)
            ]
        )

    @property
    def exact(self) -> bool:
        """Whether each value that occurs has a bin to itself."""
        return bool(self.single.all())

    @property
    def median(self) -> int:
        """The place of the bin with the lower median of all rows: what lies above it scores above the median."""
        upto = np.cumsum(self.all_rows.sum(axis=1))
        return int(np.searchsorted(upto, (upto[-1] + 1) // 2))

    @property
    def upper_median(self) -> int:
        """The place of the bin with the upper median of all rows: what lies below it scores below the median."""
        upto = np.cumsum(self.all_rows.sum(axis=1))
        return int(np.searchsorted(upto, upto[-1] // 2 + 1))

    @property
    def median_known(self) -> bool:
        """Whether it is known of each row whether it lies above the median."""
        return bool(self.single[[self.median, self.upper_median]].all())

    def between(self, first: int, after: int) -> str:
        """Return a range of bins in words: the first, and the one after the last."""
        low = self.edges[first - 1] if first else None
        high = self.edges[after - 1] if after <= len(self.edges) else None
        if low is None:
            return f"up to {high:.4g}" if high is not None else "all"
        return f"over {low:.4g}" + (f" to {high:.4g}" if high is not None else "")

    def above(self, cut: Cut | None) -> np.ndarray | None:
        """Return which bins a cut selects; None where it is not between two bins, as of a coarser tally."""
        if cut is None or cut.value is None:
            return None
        at = int(np.searchsorted(self.edges, cut.value))
        exact = at < len(self.edges) and self.edges[at] == cut.value
        strict = cut.sign in (">", "<=")  # the value itself is on the lower side
        if strict and not exact:
            return None
        if not strict:  # the bins up to the edge just under the value are below it
            at -= 1
            if at < 0 or not self._is_just_under(at, cut.value):
                return None
        high = np.arange(len(self.edges) + 1) > at
        return high if cut.sign in (">", ">=") else ~high

    def _is_just_under(self, place: int, value: float) -> bool:
        """Whether no number of the column lies between an edge and a value above it."""
        from auditor.counts.edges import below

        edge = float(self.edges[place])
        return edge in (below(value, self.column.type), float(np.nextafter(value, -np.inf)))


def scores(tally: Tally, group: str) -> Scores | None:
    """Return the scores of a group column's levels; None where there is no score, or its bins are suppressed."""
    name = tally.roles.scoring.score
    if name is None or not tally.columns[name].edges or not len(tally.columns[name].table):
        return None
    column = tally.columns[name]
    place = {label: i for i, label in enumerate(column.bins)}
    found, lost = _by_level(tally, column, group, place, len(place))
    all_rows = np.zeros((len(place), 3))
    for of in found.values():
        all_rows += of
    return Scores(column, found, all_rows, lost)


def all_selections(tally: Tally, groups: tuple[str, ...]) -> tuple[dict[tuple[str, ...], tuple[int, int]], int] | None:
    """Return what a tool's published table counts: joint level -> (selected, rows), for a table of some group columns.

    Beside it: the rows of unknown category. A score selects beyond the median of all rows. None where that is not known
    exactly.
    """
    scoring = tally.roles.scoring
    made = scores(tally, groups[0]) if scoring.score else None
    name = scoring.score or scoring.prediction
    if name is None or (scoring.score and (made is None or not made.median_known)):
        return None
    column = tally.columns[name]
    if made is not None:
        place = np.arange(len(made.edges) + 1)
        beyond = place < made.upper_median if scoring.lower else place > made.median
        chosen = {label for label, is_beyond in zip(column.bins, beyond, strict=True) if is_beyond}
    else:
        chosen = set(scoring.predicted)
    frame = next(frame for key, frame in column.tables.items() if set(groups) <= set(key))
    frame = frame[frame[LEVEL].notna()]
    known = frame[list(groups)].notna().all(axis=1)
    counts: dict[tuple[str, ...], tuple[int, int]] = {}
    for value, *levels, n in frame.loc[known, [LEVEL, *groups, COUNT]].itertuples(index=False):
        x, rows = counts.get(tuple(levels), (0, 0))
        counts[tuple(levels)] = (x + int(n) * (value in chosen), rows + int(n))
    return counts, int(frame.loc[~known, COUNT].sum())


def unscored(tally: Tally, group: str, name: str) -> dict[str, float]:
    """Return level of a group column -> rows, for each level without any value of a score or a prediction."""
    table = next(frame for key, frame in tally.columns[name].tables.items() if group in key)
    rows: dict[str, float] = {}
    scored = set()
    for value, level, n in zip(table[LEVEL], table[group], table[COUNT], strict=True):
        if isinstance(level, str) and n:
            rows[level] = rows.get(level, 0) + float(n)
            if isinstance(value, str):
                scored.add(level)
    return {level: n for level, n in rows.items() if level not in scored} if scored else {}


def selections(tally: Tally, group: str) -> dict[str, Selection] | None:
    """Return level of a group column -> who is selected at the cut, or by the prediction; largest level first.

    None where no cut is stated, or where the bins do not have it as an edge.
    """
    found = _selections(tally, group)
    if found is None:
        return None
    named = {level: of for level, of in found.items() if level is not None and of.n}
    return dict(sorted(named.items(), key=lambda item: (-item[1].n, item[0])))


def cells(tally: Tally, group: str) -> list[Cell]:
    """Return the rows of each level, and of no recorded one, by whether they are selected; unknown without a score."""
    found = _selections(tally, group) or {}
    return [Cell(level, of.selected, of.n - of.selected, of.lost) for level, of in found.items()]


def _selections(tally: Tally, group: str) -> dict[str | None, Selection] | None:
    scoring = tally.roles.scoring
    if scoring.prediction:
        column = tally.columns[scoring.prediction]
        if OTHERS in set(column.table[LEVEL]) or not len(column.table):
            return None  # some of its values are suppressed
        found, lost = _by_level(tally, column, group, dict.fromkeys(scoring.predicted, 0), 2, other=1)
        return {level: Selection(counts, lost[level]) for level, counts in found.items()}
    of = scores(tally, group)
    above = of.above(scoring.cut) if of else None
    if of is None or above is None:
        return None
    return {
        level: Selection(np.stack([counts[above].sum(axis=0), counts[~above].sum(axis=0)]), of.missing[level])
        for level, counts in of.by_level.items()
    }


def _by_level(
    tally: Tally, column: Column, group: str, place: Mapping[str, int], size: int, other: int | None = None
) -> tuple[dict[str | None, np.ndarray], dict[str | None, np.ndarray]]:
    """Return level -> rows by place and outcome, and level -> rows without a value; None: no recorded level."""
    frame = next(frame for key, frame in column.tables.items() if group in key)
    values, at_value = np.unique(frame[LEVEL].fillna("").to_numpy(dtype=str), return_inverse=True)
    known = frame[LEVEL].notna().to_numpy()
    places = np.array([place.get(value, size if other is None else other) for value in values.tolist()], dtype=int)
    where = np.where(known, places[at_value], size) if len(frame) else np.zeros(0, dtype=int)
    at_level, levels = frame[group].factorize(use_na_sentinel=False)
    kind = np.select([frame[OUTCOME] == 1, frame[OUTCOME] == NO_OUTCOME], [FAVOURABLE, UNKNOWN], OTHER)
    counts = np.zeros((len(levels), size + 1, 3))
    np.add.at(counts, (at_level, where, kind), frame[COUNT].to_numpy(dtype=float))
    names = [level if isinstance(level, str) else None for level in levels]
    found = {name: of[:-1] for name, of in zip(names, counts, strict=True)}
    return found, {name: of[-1] for name, of in zip(names, counts, strict=True)}
