"""Models of a column of vectors: the group and the outcome predicted from them, as they are and erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from auditor.counts.names import NO_OUTCOME
from auditor.engines.sample import FAVOURABLE, ROW
from auditor.learn.levels import Levels
from auditor.learn.sampled import MIN_ROWS, Sampled, units
from auditor.learn.vector_groups import VectorGroup
from auditor.stats.erasing import ERASERS, LEACE, RAW, Eraser
from auditor.stats.matrices import FOLDS
from auditor.stats.moments import Moments, Run, Vectors
from auditor.stats.near_vectors import near_vectors
from auditor.stats.nearest import NEAREST, nearest
from auditor.stats.probing import LINEAR, by_chance, scored
from auditor.stats.recovery import cut, effective, side_by_side
from auditor.stats.roc import Auc, area, auc, pooled_ranks
from auditor.stats.units import linked, taken

if TYPE_CHECKING:
    from auditor.counts.tally import Tally
    from auditor.engines.vectors import VectorSample

COMPARED, COMPARED_BESIDE = 10_000, 4_000  # rows among which neighbours are looked for, and those of other erasers
ERASED_AT_ONCE = 1_000  # rows
SCORES = 4 * 2**20  # numbers, of the linear models that are used in one pass over the vectors
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
        self._groups: dict[str, VectorGroup] = {}
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

    @property
    def turns(self) -> np.ndarray:
        """The ROW of every row, which it has in other samples too."""
        found: np.ndarray = self._frame[ROW].to_numpy()
        return found

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
        return self._with(group, (eraser,))[0]

    def every(self, group: str) -> list[Seen]:
        """Return what models see of a group with each of ERASERS, fitted side by side."""
        return self._with(group, ERASERS)

    def _with(self, group: str, erasers: Sequence[str]) -> list[Seen]:
        left = [eraser for eraser in erasers if (group, eraser) not in self._seen]
        if left:
            with side_by_side() as threads:
                of = self._of(group, threads.map)
                for seen in self._fitted(of, left, threads.map):
                    self._seen[group, seen.eraser] = seen
        return [self._seen[group, eraser] for eraser in erasers]

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
        fold, places = self.fold[rows], np.array(of.places)

        def areas(one: tuple[np.ndarray, np.ndarray]) -> list[float]:
            codes, scores = one
            ranks = [pooled_ranks(scores[:, i], fold) for i in range(len(places))]
            return [area(codes == place, each) for place, each in zip(places, ranks, strict=True)]

        with side_by_side() as threads:
            shuffled = by_chance(self.vectors, of.moments, of.codes, self.fold, rows, of.places, unit, run=threads.map)
            found = np.array([*threads.map(areas, shuffled)])
        return dict(zip(of.asked, np.quantile(found, 0.975, axis=0).tolist(), strict=True)), len(rows)

    def _recur(self, rows: np.ndarray) -> bool:
        return any(len(np.unique(way)) < len(way) for way in taken(self.ways, rows))

    def _of(self, group: str, run: Run = map) -> VectorGroup:
        if group not in self._groups:
            asked = [name for name in self._asked if len(self.levels(name)) > 1]
            self._sum([group, *(name for name in asked if name != group)], run)
        return self._groups[group]

    def _sum(self, groups: Sequence[str], run: Run) -> None:
        """Sum the vectors for groups and the outcomes of their rows, all in one pass."""
        levels = {group: tuple(self.levels(group)) for group in groups}
        codes = {group: self._levels(group).among(levels[group]) for group in groups}
        outcomes = {group: np.where(codes[group] >= 0, self.outcomes, -1) for group in groups}
        enough = [group for group in groups if self._is_enough(outcomes[group])]
        codings = [(codes[group], len(levels[group])) for group in groups] + [(outcomes[group], 2) for group in enough]
        found = Moments.each(self.vectors, codings, self.fold, FOLDS, run)
        of_outcomes = dict(zip(enough, found[len(groups) :], strict=True))
        for group, moments in zip(groups, found, strict=False):
            rows = np.flatnonzero(codes[group] >= 0)
            self._groups[group] = VectorGroup(
                levels[group], rows, codes[group], outcomes[group], moments, of_outcomes.get(group)
            )

    def _is_enough(self, outcome: np.ndarray) -> bool:
        """Whether there are rows and units of both outcomes for a model."""
        sizes = [outcome == value for value in (0, 1)]
        return all(int(of.sum()) >= MIN_ROWS and self._are_several(of) for of in sizes)

    def _fitted(self, of: VectorGroup, erasers: Sequence[str], run: Run) -> list[Seen]:
        of.prepare(erasers, run)
        linear = self._linear(of, erasers, run)
        near = self._neighbours(of, erasers, run)
        return [*run(lambda eraser: self._judged(of, eraser, linear[eraser], near[eraser]), erasers)]

    def _judged(self, of: VectorGroup, eraser: str, linear: np.ndarray, shares: np.ndarray) -> Seen:
        """Return what the scores (rows, levels that are asked for, and outcome) of two learners show."""
        learners = (LINEAR, linear, of.rows), (NEAREST, shares, of.rows[: len(shares)])
        recovered = {
            level: {learner: self._auc(of.codes == place, scores[:, i], rows) for learner, scores, rows in learners}
            for i, (level, place) in enumerate(zip(of.asked, of.places, strict=True))
        }
        outcome, selected = {}, {}
        if of.outcomes is not None:
            for learner, scores, rows in learners:
                known = of.outcome[rows] >= 0
                outcome[learner], selected[learner] = self._without(of, scores[known, -1], rows[known])
        return Seen(eraser, recovered, outcome, selected, len(shares))

    def _linear(self, of: VectorGroup, erasers: Sequence[str], run: Run) -> dict[str, np.ndarray]:
        """Return by eraser the scores of the rows for the levels that are asked for, and the favourable outcome."""
        tests = range(FOLDS)
        pairs = [*product(erasers, tests)]
        found = dict(zip(pairs, run(lambda pair: of.directions(*pair), pairs), strict=True))
        width = found[pairs[0]].shape[1]
        step = max(1, SCORES // (width * max(1, len(of.rows))))  # erasers in one pass
        scores: dict[str, np.ndarray] = {}
        for start in range(0, len(erasers), step):
            some = erasers[start : start + step]
            together = [np.column_stack([found[eraser, test] for eraser in some]) for test in tests]
            of_some = scored(self.vectors, self.fold, of.rows, together, run)
            scores |= dict(zip(some, np.split(of_some, len(some), axis=1), strict=True))
        return scores

    def _neighbours(self, of: VectorGroup, erasers: Sequence[str], run: Run) -> dict[str, np.ndarray]:
        """Return by eraser the share of levels that are asked for, and of the favourable outcome, among the nearest.

        Each row's nearest are of other folds.
        """
        most = {eraser: COMPARED if eraser in (RAW, LEACE) else COMPARED_BESIDE for eraser in erasers}
        rows = of.rows[: max(most.values())]
        levels = (of.codes[rows, None] == np.array(of.places)).astype(float)
        outcome = np.where(of.outcome[rows] < 0, np.nan, of.outcome[rows].astype(float))[:, None]
        share = float((of.outcome[rows] == 1).sum()) / max(1, int((of.outcome[rows] >= 0).sum()))
        values = self.vectors.less_origin(rows)
        shares = {eraser: np.zeros((min(n, len(rows)), len(of.places) + 1)) for eraser, n in most.items()}

        def look(pair: tuple[str, int]) -> None:
            eraser, test = pair
            fold, found = self.fold[rows[: most[eraser]]], shares[eraser]
            here, others = (np.flatnonzero(part) for part in (fold == test, fold != test))
            if not len(here) or not len(others):
                return
            erase = None if eraser == RAW else of.learn(eraser, [i for i in range(FOLDS) if i != test])
            near = nearest(_erased(erase, values, others), _erased(erase, values, here), spent=True)
            found[here, :-1] = near.shares(levels[others])
            favourable = near.shares(outcome[others])[:, 0]
            found[here, -1] = np.where(np.isnan(favourable), share, favourable)

        for _ in run(look, product(erasers, range(FOLDS))):
            pass
        return shares

    def _without(
        self, of: VectorGroup, scores: np.ndarray, rows: np.ndarray
    ) -> tuple[Auc, dict[str, tuple[float, float]]]:
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


def _erased(erase: Eraser | None, values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return a copy of some rows, erased, in their own precision; in parts, as doubles take much memory."""
    left: np.ndarray = values[rows]
    if erase is not None:
        for start in range(0, len(rows), ERASED_AT_ONCE):
            left[start : start + ERASED_AT_ONCE] = erase(left[start : start + ERASED_AT_ONCE])
    return left
