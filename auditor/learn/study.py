"""Models of a bounded sample: a group and an outcome predicted from columns or terms, all or without the strongest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np

from auditor.counts.names import NO_OUTCOME
from auditor.engines.sample import FAVOURABLE
from auditor.learn.levels import Levels
from auditor.learn.peel import Rows, Step, checked, walk
from auditor.learn.progress import of_fits
from auditor.learn.sampled import MIN_ROWS, Sampled
from auditor.stats.matrices import Matrix, Words
from auditor.stats.peeling import Peel
from auditor.stats.recovery import Fit, cross_fit
from auditor.stats.roc import Auc
from auditor.stats.units import Ways, taken

if TYPE_CHECKING:
    import pandas as pd

STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200)


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


class Study(Sampled):
    """Models of a sample, each fitted when it is first asked for.

    `names` are what the models see, columns or terms (`thing` is which, in one word); `left_out` has the reasons why
    others are excluded; `curve` makes the curve, the second of `learners` checks its ends; both of them are fitted to
    the outcome.
    """

    thing: str
    learners: tuple[str, str]
    asked: tuple[int, ...] = STEPS

    def __init__(
        self, frame: pd.DataFrame, of: int, names: Sequence[str], groups: Sequence[str], left_out: Mapping[str, str]
    ) -> None:
        super().__init__(frame, of)
        self.names: tuple[str, ...] = tuple(names)
        self.left_out = dict(left_out)
        self._groups = groups
        self._steps: dict[str, list[Step]] = {}
        self._peels_of: dict[str, list[Peel]] = {}
        self._parts: dict[str, dict[str, Rows]] = {}
        self._progress: Callable[[int, int], None] | None = None

    def reporting(self, progress: Callable[[str], None], what: str) -> Self:
        """Return itself, which from now on reports how far its fits are; `what` names what they are of."""
        self._progress = of_fits(progress, what)
        return self

    def fitted(self, fits: Sequence[Fit]) -> list[np.ndarray]:
        """Return the cross-fitted scores of some fits, and report how far they are."""
        return cross_fit(fits, self._progress)

    def levels_with_outcome(self, group: str) -> Levels:
        """Return the levels of the rows with an outcome (`outcome`, which is there)."""
        assert self.outcome is not None
        return self._levels(group).take(self.outcome.rows)

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
        steps[place] = checked(steps[place], peel, parts, (self.curve, self.learners[1]), least, start, self.fitted)
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
        scores = dict(zip(self.learners, self.fitted([of.fit(learner) for learner in self.learners]), strict=True))
        aucs = {learner: of.auc(score) for learner, score in scores.items()}
        learner = max(aucs, key=lambda name: aucs[name].value)
        selected = of.selected(scores[learner])
        levels = {group: self._levels(group).take(of.rows) for group in self._groups}
        return Blind(of.positive, selected, scores[learner], of.weights, levels, learner, aucs, of.ways)

    def _peeled(self, group: str) -> list[Step]:
        parts = self._parts[group] = self.targets(group)
        levels, of = self.levels(group), self.outcome
        any_part = next(iter(parts.values()))
        known = self._levels(group).only(levels)
        codes = known.codes[any_part.rows]
        seen = known.take(of.rows) if of else known
        peels = self._peels_of[group] = self._peels(any_part.matrix, codes)
        return walk(parts, of, seen, peels, self.names, (self.curve, self.learners[1]), self.fitted)
