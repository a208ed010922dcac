"""Models of a column of vectors: the group and the outcome predicted from them, as they are and erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from auditor.counts.tally import NO_OUTCOME
from auditor.engines.sample import FAVOURABLE
from auditor.learn.levels import Levels
from auditor.learn.sampled import MIN_ROWS, Sampled, units
from auditor.stats.erasing import (
    ERASERS,
    LEACE,
    MEAN_DIFFERENCE,
    RAW,
    REMOVED,
    Eraser,
    leace,
    mean_difference,
    nothing,
    null_spaces,
)
from auditor.stats.matrices import FOLDS
from auditor.stats.moments import Moments, Vectors
from auditor.stats.near_vectors import near_vectors
from auditor.stats.nearest import NEAREST, nearest
from auditor.stats.probing import LINEAR, by_chance, erased_scores, outcome_scores, raw_scores
from auditor.stats.recovery import cut, effective, side_by_side
from auditor.stats.roc import Auc, auc, pooled_ranks
from auditor.stats.units import linked, taken

if TYPE_CHECKING:
    from auditor.counts.tally import Tally
    from auditor.engines.vectors import VectorSample

COMPARED, COMPARED_BESIDE = 10_000, 4_000  # rows among which neighbours are looked for, and those of other erasers
ERASED_AT_ONCE = 1_000  # rows
SHUFFLED = 20_000  # rows whose groups are shuffled


@dataclass(frozen=True)
class Seen:
    """What models see in vectors from which an eraser took something, or nothing.

    `recovered` has level -> learner -> area under the curve for that level against the rest. `outcome` has by learner
    how well a model without the group predicts the outcome, `selected` learner -> level -> (selected, rows) of it, in
    rows of effective size; both are empty without an outcome. Neighbours were looked for among `compared` rows.
    """

    eraser: str
    recovered: Mapping[str, Mapping[str, Auc]]
    outcome: Mapping[str, Auc]
    selected: Mapping[str, Mapping[str, tuple[float, float]]]
    compared: int


@dataclass(frozen=True)
class _Group:
    """A group column: its levels, the places of rows that have one, and every row's level and outcome as numbers.

    `codes` and `outcome` are -1 where nothing is recorded, shape (n,). `moments` are by level, `outcomes` by outcome,
    None with too few rows of either.
    """

    levels: tuple[str, ...]
    rows: np.ndarray
    codes: np.ndarray
    outcome: np.ndarray
    moments: Moments
    outcomes: Moments | None
    erasers: dict[tuple[int, ...], dict[str, Eraser]] = field(default_factory=dict)

    @property
    def asked(self) -> tuple[str, ...]:
        """The levels to be predicted: the smaller of two, else all against the rest."""
        return self.levels[1:] if len(self.levels) == 2 else self.levels

    def learn(self, eraser: str, folds: Sequence[int]) -> Eraser:
        """Return an eraser of ERASERS as the rows of some folds give it; nothing where one has no row of a level."""
        key = tuple(sorted(folds))
        if eraser not in self.erasers.setdefault(key, {}):
            part, found = self.moments.among(key), self.erasers[key]
            if not part.usable or eraser == RAW:
                found[eraser] = nothing(part)
            elif eraser in (MEAN_DIFFERENCE, LEACE):
                found[eraser] = leace(part) if eraser == LEACE else mean_difference(part)
            else:
                found.update(zip(ERASERS[3:], null_spaces(part, REMOVED), strict=True))
        return self.erasers[key][eraser]


class VectorStudy(Sampled):
    """Models of a column of vectors, each fitted when it is first asked for.

    Rows of one person, equal vectors and near copies share a fold and are one unit in errors.
    """

    def __init__(self, sample: VectorSample, tally: Tally, name: str) -> None:
        super().__init__(sample.rows, sample.of)
        self.name = name
        self.made_by = dict(sample.made_by or {})
        self.vectors = Vectors(sample.values)
        self._named, self._asked = tally.roles.units, tally.roles.groups
        self._groups: dict[str, _Group] = {}
        self._seen: dict[tuple[str, str], Seen] = {}

    @property
    def dimensions(self) -> int:
        """The numbers in a vector."""
        return self.vectors.width

    @cached_property
    def copies(self) -> np.ndarray:
        """A whole number per row, the same for equal vectors and near copies."""
        with side_by_side():  # in one thread: its matrices are small
            return near_vectors(self.vectors)

    def _units(self) -> Sequence[np.ndarray]:
        return [*(units(self._frame[name]) for name in self._named), self.copies]

    @cached_property
    def fold(self) -> np.ndarray:
        """The fold of every row."""
        return self._folds()

    @cached_property
    def outcomes(self) -> np.ndarray:
        """1 where the outcome is favourable, 0 where not, -1 where it is not recorded; shape (n,)."""
        outcome = self._frame[FAVOURABLE].to_numpy(dtype=float, na_value=NO_OUTCOME)
        found: np.ndarray = np.where(outcome == NO_OUTCOME, -1, outcome).astype(int)
        return found

    def sizes(self, group: str) -> dict[str, int]:
        """Return the rows of each level that is predicted or compared."""
        of = self._of(group)
        return {level: int((of.codes == i).sum()) for i, level in enumerate(of.levels)}

    def seen(self, group: str, eraser: str = RAW) -> Seen:
        """Return what models see of a group with two levels or more (`levels`), with one of ERASERS."""
        key = group, eraser
        if key not in self._seen:
            with side_by_side():
                self._seen[key] = self._fitted(self._of(group), eraser)
        return self._seen[key]

    def every(self, group: str) -> list[Seen]:
        """Return what models see of a group with each of ERASERS, fitted side by side."""
        of = self._of(group)
        left = [eraser for eraser in ERASERS if (group, eraser) not in self._seen]
        with side_by_side() as threads:
            for eraser, seen in zip(left, threads.map(lambda eraser: self._fitted(of, eraser), left), strict=True):
                self._seen[group, eraser] = seen
        return [self._seen[group, eraser] for eraser in ERASERS]

    def recorded(self, group: str) -> Levels:
        """Return the level of every row."""
        return self._levels(group)

    def outcome_areas(self) -> list[Auc]:
        """Return how well each learner predicts the outcome of rows with a level of the first group that has two."""
        group = next((name for name in self._asked if len(self.levels(name)) > 1), None)
        return [*self.seen(group).outcome.values()] if group else []

    def chance(self, group: str) -> tuple[dict[str, float], int]:
        """Return the 97.5% quantile of each level's area with groups shuffled, and the rows it is of."""
        of = self._of(group)
        rows = of.rows[:SHUFFLED]
        unit = linked(taken(self._units(), rows)) if self._recur(rows) else None
        areas: dict[str, list[float]] = {level: [] for level in of.asked}
        with side_by_side():
            for codes, scores in by_chance(self.vectors, of.moments, of.codes, self.fold, rows, unit):
                for level in of.asked:
                    i = of.levels.index(level)
                    areas[level].append(_area(codes == i, pooled_ranks(scores[:, i], self.fold[rows])))
        return {level: float(np.quantile(found, 0.975)) for level, found in areas.items()}, len(rows)

    def _recur(self, rows: np.ndarray) -> bool:
        return any(len(np.unique(way)) < len(way) for way in taken(self.ways, rows))

    def _of(self, group: str) -> _Group:
        if group not in self._groups:
            levels = tuple(self.levels(group))
            codes = self._levels(group).among(levels)
            outcome = np.where(codes >= 0, self.outcomes, -1)
            enough = min((outcome == value).sum() for value in (0, 1)) >= MIN_ROWS
            enough = enough and all(self._are_several(outcome == value) for value in (0, 1))
            self._groups[group] = _Group(
                levels,
                np.flatnonzero(codes >= 0),
                codes,
                outcome,
                Moments.of(self.vectors, codes, self.fold, len(levels), FOLDS),
                Moments.of(self.vectors, outcome, self.fold, 2, FOLDS) if enough else None,
            )
        return self._groups[group]

    def _fitted(self, of: _Group, eraser: str) -> Seen:
        near = of.rows[: COMPARED if eraser in (RAW, LEACE) else COMPARED_BESIDE]
        shares, outcome_shares = self._neighbours(of, near, eraser)
        linear, outcome_linear = self._linear(of, eraser)
        recovered = {
            level: {
                LINEAR: self._auc(of.codes == of.levels.index(level), linear[:, of.levels.index(level)], of.rows),
                NEAREST: self._auc(of.codes == of.levels.index(level), shares[:, of.levels.index(level)], near),
            }
            for level in of.asked
        }
        outcome, selected = {}, {}
        if of.outcomes is not None:
            for learner, scores, rows in ((LINEAR, outcome_linear, of.rows), (NEAREST, outcome_shares, near)):
                known = of.outcome[rows] >= 0
                outcome[learner], selected[learner] = self._without(of, scores[known], rows[known])
        return Seen(eraser, recovered, outcome, selected, len(near))

    def _linear(self, of: _Group, eraser: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the scores of the rows for every level, and for the favourable outcome."""
        where = self.fold, of.rows
        none = np.zeros(len(of.rows))
        if eraser == RAW:
            found = raw_scores(self.vectors, of.moments, *where)
            return found, none if of.outcomes is None else raw_scores(self.vectors, of.outcomes, *where)[:, 1]
        learn = partial(of.learn, eraser)
        found = erased_scores(self.vectors, of.moments, learn, *where)
        if of.outcomes is None:
            return found, none
        return found, outcome_scores(self.vectors, of.outcomes, learn, *where)[:, 1]

    def _neighbours(self, of: _Group, rows: np.ndarray, eraser: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the share of every level, and of the favourable outcome, among each row's nearest of other folds."""
        levels = (of.codes[rows, None] == np.arange(len(of.levels))).astype(float)
        outcome = np.where(of.outcome[rows] < 0, np.nan, of.outcome[rows].astype(float))[:, None]
        share = float((of.outcome[rows] == 1).sum()) / max(1, int((of.outcome[rows] >= 0).sum()))
        kind = self.vectors.values.dtype
        values = np.concatenate([block.astype(kind) for _, block in self.vectors.batches(rows)])
        shares, favourable = np.zeros(levels.shape), np.zeros(len(rows))
        for test in range(FOLDS):
            here, others = (np.flatnonzero(part) for part in (self.fold[rows] == test, self.fold[rows] != test))
            if not len(here) or not len(others):
                continue
            erase = of.learn(eraser, [i for i in range(FOLDS) if i != test])
            own, base = (_erased(erase, values, part) for part in (here, others))
            near = nearest(base, own)
            shares[here] = near.shares(levels[others])
            found = near.shares(outcome[others])[:, 0]
            favourable[here] = np.where(np.isnan(found), share, found)
        return shares, favourable

    def _without(self, of: _Group, scores: np.ndarray, rows: np.ndarray) -> tuple[Auc, dict[str, tuple[float, float]]]:
        """Return how well a model without the group predicts the outcome of rows, and how many it selects of a level.

        It selects as many as were favourable.
        """
        favourable, weights = of.outcome[rows] == 1, self._weights[rows]
        chosen = cut(pooled_ranks(scores, self.fold[rows]), favourable, weights)
        selected = {}
        for i, level in enumerate(of.levels):
            own = of.codes[rows] == i
            selected[level] = effective(chosen[own], weights[own], taken(self.ways, rows[own]))
        return self._auc(of.outcome == 1, scores, rows), selected

    def _auc(self, positive: np.ndarray, scores: np.ndarray, rows: np.ndarray) -> Auc:
        """Return how well cross-fitted scores of some rows predict `positive`, of shape (n,)."""
        ranks = pooled_ranks(scores, self.fold[rows])
        return auc(positive[rows], ranks, self._weights[rows], ways=taken(self.ways, rows)).cross_fitted()


def _erased(erase: Eraser, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return some rows erased, in their own precision; in parts, as doubles take much memory."""
    parts = np.array_split(rows, len(rows) // ERASED_AT_ONCE + 1)
    return np.concatenate([erase(values[part]).astype(values.dtype) for part in parts])


def _area(positive: np.ndarray, scores: np.ndarray) -> float:
    """Return the area under the curve, ties counting half."""
    from scipy.stats import rankdata

    own = int(positive.sum())
    if not 0 < own < len(positive):
        return 0.5
    return float((rankdata(scores)[positive].sum() - own * (own + 1) / 2) / (own * (len(positive) - own)))
