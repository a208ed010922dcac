"""Models of a bounded sample: a group and an outcome predicted from columns or terms, all or without the strongest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from auditor.counts.tally import NO_OUTCOME
from auditor.engines.sample import FAVOURABLE, STRATUM, WEIGHT, level_of
from auditor.learn.levels import Levels
from auditor.learn.peel import Rows, Step, checked, walk
from auditor.stats.peeling import Peel
from auditor.stats.recovery import FOLDS, Matrix, Words, cross_fit, folds
from auditor.stats.roc import Auc
from auditor.stats.units import Ways, coarsest, count, linked, taken

if TYPE_CHECKING:
    import pandas as pd

STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200)
MIN_ROWS = 50  # of a class: ten in every fold


@dataclass(frozen=True)
class Blind:
    """A model of the outcome that never saw a group, cut at the data's own selection rate; arrays of shape (n,).

    `scores` are cross-fitted probabilities, `weights` the rows that a row represents. `aucs` has how well each learner
    predicts the outcome; the better one, `learner`, made the scores. `ways` are the units that rows belong to, as in
    `auditor.stats.units`.
    """

    favourable: np.ndarray
    selected: np.ndarray
    scores: np.ndarray
    weights: np.ndarray
    levels: Mapping[str, Levels]
    learner: str
    aucs: Mapping[str, Auc]
    ways: Ways = ()

    def among(self, group: str, level: str, favourable: bool | None = None) -> np.ndarray:
        """Return which rows are of a level, or of those the ones with one outcome; boolean, shape (n,)."""
        rows = self.levels[group].are(level)
        return rows if favourable is None else rows & (self.favourable == favourable)


class Study(ABC):
    """Models of a sample, each fitted when it is first asked for.

    `names` are what the models see, columns or terms (`thing` is which, in one word); `left_out` has the reasons why
    others are excluded; `of` is how many rows the sample was drawn from; `curve` makes the curve, the second of
    `learners` checks its ends; both of them are fitted to the outcome.
    """

    thing: str
    learners: tuple[str, str]
    asked: tuple[int, ...] = STEPS

    def __init__(
        self, frame: pd.DataFrame, of: int, names: Sequence[str], groups: Sequence[str], left_out: Mapping[str, str]
    ) -> None:
        self._frame, self.of = frame, of
        self.names: tuple[str, ...] = tuple(names)
        self.left_out = dict(left_out)
        self._groups = groups
        self._steps: dict[str, list[Step]] = {}
        self._peels_of: dict[str, list[Peel]] = {}
        self._parts: dict[str, dict[str, Rows]] = {}
        self._levels_of: dict[str, Levels] = {}

    @property
    def curve(self) -> str:
        """The learner that makes the curve."""
        return self.learners[0]

    @property
    @abstractmethod
    def _matrix(self) -> Matrix | Words:
        """All rows as the learners take them."""

    @abstractmethod
    def _peels(self, matrix: Matrix | Words, codes: np.ndarray) -> list[Peel]:
        """Return what is removed at each step of `grid`."""

    @abstractmethod
    def _units(self) -> Sequence[np.ndarray]:
        """Return the units that rows belong to in each way (person, cluster, text), as whole numbers; shape (n,)."""

    @cached_property
    def ways(self) -> Ways:
        """The units that rows belong to, those within larger ones left out: as in `auditor.stats.units`."""
        return coarsest(self._units())

    @property
    def rows(self) -> int:
        """Rows of the sample."""
        return len(self._frame)

    def levels(self, group: str) -> list[str]:
        """Return the levels of a group with enough rows to be distinguished from the rest, largest first."""
        of = self._levels(group)
        large = [level for level, n in of.sizes.items() if n >= MIN_ROWS]
        found = [level for level in large if self._are_several(of.are(level))]
        return sorted(found, key=lambda level: (-of.sizes[level], level))

    def _are_several(self, rows: np.ndarray) -> bool:
        """Whether these rows belong to enough units for every fold, in every way."""
        return all(count(way) >= FOLDS for way in taken(self.ways, rows))

    def grid(self) -> list[int]:
        """Return the numbers of columns or terms to remove, so that at least one remains."""
        return [k for k in self.asked if k < max(1, len(self.names))]

    def steps(self, group: str) -> list[Step]:
        """Return the steps of a group with two levels or more (`levels`), one per number removed."""
        if group not in self._steps:
            self._steps[group] = self._peeled(group)
        return self._steps[group]

    def checked(self, group: str, place: int, least: float) -> Step:
        """Return a step (its place) with both learners asked of each level that is not predicted surely.

        Surely is by the first learner, with the lower bound of its area above `least`.
        """
        steps = self.steps(group)
        peel, parts = self._peels_of[group][place], self._parts[group]
        start = steps[0] if place else None
        steps[place] = checked(steps[place], peel, parts, (self.curve, self.learners[1]), least, start)
        return steps[place]

    def targets(self, group: str) -> dict[str, Rows]:
        """Return what is to be predicted of a group: each level (the smaller of two) against the rest, and its rows."""
        levels = self.levels(group)
        places = self._levels(group).among(levels)
        rows = np.flatnonzero(places >= 0)
        matrix, weights = self._matrix.take(rows), self._weights[rows]
        asked = levels[1:] if len(levels) == 2 else levels
        ways = taken(self.ways, rows)
        return {level: Rows(rows, places[rows] == levels.index(level), matrix, weights, ways) for level in asked}

    @cached_property
    def outcome(self) -> Rows | None:
        """The rows with an outcome, and it; None where there is too little data to fit a model."""
        outcome = self._frame[FAVOURABLE].to_numpy()
        rows = np.flatnonzero(outcome != NO_OUTCOME)
        favourable = outcome[rows] == 1
        if min(favourable.sum(), (~favourable).sum()) < MIN_ROWS or not self.names:
            return None
        if not all(self._are_several(outcome == value) for value in (0, 1)):
            return None
        return Rows(rows, favourable, self._matrix.take(rows), self._weights[rows], taken(self.ways, rows))

    @cached_property
    def blind(self) -> Blind | None:
        """The model of the outcome without the group columns; None where there is too little data to fit one."""
        of = self.outcome
        if of is None:
            return None
        scores = dict(zip(self.learners, cross_fit([of.fit(learner) for learner in self.learners]), strict=True))
        aucs = {learner: of.auc(score) for learner, score in scores.items()}
        learner = max(aucs, key=lambda name: aucs[name].value)
        selected = of.selected(scores[learner])
        levels = {group: self._levels(group).take(of.rows) for group in self._groups}
        return Blind(of.positive, selected, scores[learner], of.weights, levels, learner, aucs, of.ways)

    def _folds(self) -> np.ndarray:
        """Return a fold per row, balanced over groups and outcome; the rows of a unit share one."""
        strata = self._frame[[STRATUM, FAVOURABLE]].value_counts(dropna=False).index
        place = {key: i for i, key in enumerate(sorted(strata))}
        keys = zip(self._frame[STRATUM], self._frame[FAVOURABLE], strict=True)
        return folds(np.array([place[key] for key in keys]), linked(self._units()))

    def _levels(self, group: str) -> Levels:
        """Return the level of every row."""
        if group not in self._levels_of:
            self._levels_of[group] = Levels.read(self._frame[level_of(group)].to_numpy(dtype=object))
        return self._levels_of[group]

    @property
    def _weights(self) -> np.ndarray:
        weights: np.ndarray = self._frame[WEIGHT].to_numpy(dtype=float)
        return weights

    def _peeled(self, group: str) -> list[Step]:
        parts = self._parts[group] = self.targets(group)
        levels, of = self.levels(group), self.outcome
        any_part = next(iter(parts.values()))
        known = self._levels(group).only(levels)
        codes = known.codes[any_part.rows]
        seen = known.take(of.rows) if of else known
        peels = self._peels_of[group] = self._peels(any_part.matrix, codes)
        return walk(parts, of, seen, peels, self.names, (self.curve, self.learners[1]))


def units(values: pd.Series) -> np.ndarray:
    """Return a whole number per value; each missing value is a unit of its own."""
    codes: np.ndarray = values.factorize()[0].copy()
    unknown = codes < 0
    codes[unknown] = codes.max(initial=-1) + 1 + np.arange(unknown.sum())
    return codes
