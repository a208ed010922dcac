"""What models make of the bounded sample: the group told from the columns, the outcome told without the group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from auditor.engines.features import feature
from auditor.engines.leaks import MAX_AUC, MAX_SHARE, told
from auditor.engines.peel import Rows, Step, walk
from auditor.engines.sample import FAVOURABLE, STRATUM, WEIGHT, Sample, level_of
from auditor.engines.tally import NO_OUTCOME, Tally
from auditor.stats.recovery import LEARNERS, Matrix, cross_fit, folds, peels
from auditor.stats.roc import Auc

if TYPE_CHECKING:
    from auditor.usecase import UseCase

STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200)
MIN_ROWS = 50  # of a class: ten in every fold


@dataclass(frozen=True)
class Blind:
    """A model of the outcome that never saw a group, cut at the data's own selection rate; arrays of shape (n,).

    `scores` are cross-fitted probabilities, `weights` the rows that a row stands for; `aucs` says how well each
    learner tells the outcome, and `learner` which of them, the better one, made the scores.
    """

    favourable: np.ndarray
    selected: np.ndarray
    scores: np.ndarray
    weights: np.ndarray
    levels: Mapping[str, np.ndarray]
    learner: str
    aucs: Mapping[str, Auc]


class Models:
    """Models of the sample, each fitted when it is first asked for; `left_out` says which columns they do not see."""

    def __init__(self, sample: Sample, tally: Tally, use: UseCase) -> None:
        self._frame, self.of = sample.rows, sample.of
        options = use.rules.get("LAB003", {})
        limits = options.get("max_auc", MAX_AUC), options.get("max_share", MAX_SHARE)
        columns = tally.roles.features if tally.roles.target else ()
        leaks = {column.column for column in told(tally, columns) if column.leaks(*limits)}
        self.left_out = {
            name: "forbidden by the stated use" if name in use.features.forbidden else "it knows the outcome (LAB003)"
            for name in tally.roles.features
            if name in use.features.forbidden or name in leaks
        }
        self.names = tuple(name for name in tally.roles.features if name not in self.left_out)
        self._id, self._groups = tally.roles.id, tally.roles.groups
        self._steps: dict[str, list[Step]] = {}

    @property
    def rows(self) -> int:
        """Rows of the sample."""
        return len(self._frame)

    def levels(self, group: str) -> list[str]:
        """Return the levels of a group with rows enough to be told from the rest, largest first."""
        sizes = self._frame[level_of(group)].value_counts()
        large = sizes[sizes >= MIN_ROWS]
        return sorted((str(level) for level in large.index), key=lambda level: (-int(large[level]), level))

    def grid(self) -> list[int]:
        """Return the numbers of columns to peel, so that at least one is left."""
        return [k for k in STEPS if k < max(1, len(self.names))]

    def steps(self, group: str) -> list[Step]:
        """Return the peel of a group with two levels or more (`levels`), a step per number of columns gone."""
        if group not in self._steps:
            self._steps[group] = self._peeled(group)
        return self._steps[group]

    @cached_property
    def _matrix(self) -> Matrix:
        """All rows, with folds balanced over groups and outcome; a person's rows share a fold."""
        strata = self._frame[[STRATUM, FAVOURABLE]].value_counts(dropna=False).index
        place = {key: i for i, key in enumerate(sorted(strata))}
        keys = zip(self._frame[STRATUM], self._frame[FAVOURABLE], strict=True)
        features = tuple(feature(name, self._frame[name]) for name in self.names)
        return Matrix(features, folds(np.array([place[key] for key in keys]), self._people()))

    def _people(self) -> np.ndarray | None:
        if self._id is None:
            return None
        codes: np.ndarray = self._frame[self._id].factorize()[0].copy()
        unknown = codes < 0  # each such row is somebody
        codes[unknown] = codes.max() + 1 + np.arange(unknown.sum())
        return codes

    def _labels(self, group: str) -> np.ndarray:
        """Return the level of every row, None where it is not recorded."""
        labels: np.ndarray = self._frame[level_of(group)].to_numpy(dtype=object, copy=True)
        return labels

    @cached_property
    def _outcome(self) -> Rows | None:
        """The rows with an outcome, and it; None where there is too little to learn from."""
        outcome = self._frame[FAVOURABLE].to_numpy()
        rows = np.flatnonzero(outcome != NO_OUTCOME)
        favourable = outcome[rows] == 1
        if min(favourable.sum(), (~favourable).sum()) < MIN_ROWS or not self.names:
            return None
        return Rows(rows, favourable, self._matrix.take(rows), self._weights[rows])

    @property
    def _weights(self) -> np.ndarray:
        weights: np.ndarray = self._frame[WEIGHT].to_numpy(dtype=float)
        return weights

    @cached_property
    def blind(self) -> Blind | None:
        """The model of the outcome that sees no group column; None where there is too little to learn from."""
        of = self._outcome
        if of is None:
            return None
        scores = dict(zip(LEARNERS, cross_fit([of.fit(learner) for learner in LEARNERS]), strict=True))
        aucs = {learner: of.auc(score) for learner, score in scores.items()}
        learner = max(aucs, key=lambda name: aucs[name].value)
        selected = of.selected(scores[learner])
        labels = {group: self._labels(group)[of.rows] for group in self._groups}
        return Blind(of.positive, selected, scores[learner], of.weights, labels, learner, aucs)

    def told(self, group: str) -> dict[str, Rows]:
        """Return what there is to tell of a group: each level (the smaller of two) against the rest, and its rows."""
        levels = self.levels(group)
        labels = self._labels(group)
        rows = np.flatnonzero(np.isin(labels, levels))
        matrix, weights = self._matrix.take(rows), self._weights[rows]
        asked = levels[1:] if len(levels) == 2 else levels
        return {level: Rows(rows, labels[rows] == level, matrix, weights) for level in asked}

    def _peeled(self, group: str) -> list[Step]:
        parts, levels, of = self.told(group), self.levels(group), self._outcome
        any_part = next(iter(parts.values()))
        labels = self._labels(group)
        codes = np.array([levels.index(label) for label in labels[any_part.rows]])
        labels[~np.isin(labels, levels)] = None
        seen = labels[of.rows] if of else labels
        return walk(parts, of, seen, peels(any_part.matrix, codes, self.grid()), self.names)
