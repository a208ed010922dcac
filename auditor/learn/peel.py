"""A group predicted, and a model's selection without it, as the strongest columns are removed step by step."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import repeat

import numpy as np

from auditor.learn.levels import Levels
from auditor.stats.matrices import FOLDS, Matrix, Words
from auditor.stats.peeling import Peel
from auditor.stats.recovery import Fit, cross_fit, cut, effective
from auditor.stats.roc import Auc, auc, pooled_ranks
from auditor.stats.units import Ways, kish, taken

GUESSING = 0.5
PRECISE = 0.005  # the error of an area at chance that is enough for the learner that checks
Fitted = Callable[[Sequence[Fit]], list[np.ndarray]]
FAR = 0.75  # lower bound of an area from which the other learner is not needed


@dataclass(frozen=True)
class Step:
    """What models predict with the `k` strongest columns and their twins removed.

    `removed` and `remaining` name columns, `remaining` strongest first with its Cramér's V. `recovered` holds level ->
    learner -> area under the curve for that level against the rest. `selected` holds level -> (selected, rows) of the
    model of the outcome without groups, in rows of effective size. It is empty without an outcome, and where that
    model predicts no better than chance (`outcome`, its area), so that whom it selects is chance.
    """

    k: int
    removed: tuple[str, ...]
    remaining: tuple[tuple[str, float], ...]
    recovered: Mapping[str, Mapping[str, Auc]]
    selected: Mapping[str, tuple[float, float]]
    outcome: Auc | None = None


@dataclass(frozen=True)
class Rows:
    """Some rows of the sample (their places), what is to be predicted of them, their columns and weights.

    `ways` are the units that they belong to, as in `auditor.stats.units`.
    """

    rows: np.ndarray
    positive: np.ndarray
    matrix: Matrix | Words
    weights: np.ndarray
    ways: Ways = field(default=())

    def fit(self, learner: str, peel: Peel | None = None, tested: int = FOLDS) -> Fit:
        """Return the fit of a learner, without the columns that are removed at a step, tried in so many folds."""
        return Fit(self.matrix, self.positive, learner, peel.kept if peel else None, tested)

    def auc(self, scores: np.ndarray, tested: int = FOLDS) -> Auc:
        """Return how well cross-fitted scores predict these rows, or those of the first folds alone."""
        rows = self.matrix.fold < tested
        ranks = pooled_ranks(scores[rows], self.matrix.fold[rows])
        area = auc(self.positive[rows], ranks, self.weights[rows], ways=taken(self.ways, rows))
        return area.cross_fitted((tested - 1) / (FOLDS - 1))

    @cached_property
    def enough(self) -> int:
        """The fewest folds whose rows are enough to check whether anything is left to learn; all where units recur.

        Enough is an error of at most PRECISE where nothing is, widened as that of cross-fitted scores.
        """
        if self.ways:
            return FOLDS
        for tested in range(1, FOLDS):
            rows = self.matrix.fold < tested
            own, other = (kish(self.weights[rows & kind]) for kind in (self.positive, ~self.positive))
            if own and other and _at_chance(own, other) * (1 + (tested - 1) / (FOLDS - 1)) <= PRECISE**2:
                return tested
        return FOLDS

    def selected(self, scores: np.ndarray) -> np.ndarray:
        """Return who is selected by cross-fitted scores when as many are as are positive."""
        return cut(pooled_ranks(scores, self.matrix.fold), self.positive, self.weights)


def _at_chance(positive: float, other: float) -> float:
    """Return the variance of an area under the curve where scores know nothing (Mann and Whitney 1947)."""
    return (positive + other + 1) / (12 * positive * other)


def walk(
    parts: Mapping[str, Rows],
    outcome: Rows | None,
    levels: Levels,
    peeled: Sequence[Peel],
    names: Sequence[str],
    learners: tuple[str, str],
    fitted: Fitted = cross_fit,
) -> list[Step]:
    """Return a step per peel: each level of `parts` predicted, and what a model of `outcome` selects of each level.

    `levels` are those of the rows of `outcome`. The first learner predicts at every step and also the outcome. The
    second checks where its answer can matter: the start, unless the first already predicts the level by far (`FAR`),
    and the steps where the first finds nothing, until neither does (or the last step). `fitted` makes the fits.
    """
    curve, check = learners
    every = [of.fit(curve, peel) for peel in peeled for of in parts.values()]
    blind = [outcome.fit(curve, peel) for peel in peeled] if outcome else []
    scores = fitted([*every, *blind])
    nothing: tuple[Auc | None, dict[str, tuple[float, float]]] = None, {}
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # to sort takes most of the time, and frees the interpreter
        areas = threads.map(Rows.auc, [*parts.values()] * len(peeled), scores[: len(every)])
        seen = threads.map(partial(_blind, outcome, levels), scores[len(every) :]) if outcome else repeat(nothing)
        found = [{level: {curve: next(areas)} for level in parts} for _ in peeled]
        chosen = [next(seen) for _ in peeled]
    steps = [
        Step(peel.k, *peel.named(names), recovered, selected, area)
        for peel, recovered, (area, selected) in zip(peeled, found, chosen, strict=True)
    ]
    steps[0] = checked(steps[0], peeled[0], parts, learners, FAR, fitted=fitted)
    last = len(steps) - 1
    for i in range(1, len(steps)):
        at_chance = all(_is_chance({curve: of[curve]}) for of in steps[i].recovered.values())
        if not at_chance and i < last:
            continue
        steps[i] = checked(steps[i], peeled[i], parts, learners, GUESSING, steps[0], fitted)
        if not any(of[check].interval.low > GUESSING for of in steps[i].recovered.values() if check in of):
            break
    return steps


def checked(
    step: Step,
    peel: Peel,
    parts: Mapping[str, Rows],
    learners: tuple[str, str],
    least: float,
    start: Step | None = None,
    fitted: Fitted = cross_fit,
) -> Step:
    """Return a step with the second learner asked about the levels that the first does not predict surely.

    Surely is with the lower bound of its area above `least`. Of a level that neither learner predicts at the `start`,
    from all columns, the second one's area is that of the start: fewer columns hold no more.
    """
    curve, check = learners
    asked = [level for level, of in step.recovered.items() if check not in of and not of[curve].interval.low > least]
    known = {level: start.recovered[level] for level in asked} if start else {}
    found = {level: {check: of[check]} for level, of in known.items() if check in of and _is_chance(of)}
    asked = [level for level in asked if level not in found]
    fits = [parts[level].fit(check, peel, parts[level].enough) for level in asked]
    for level, fit, scores in zip(asked, fits, fitted(fits), strict=True):
        found[level] = {check: parts[level].auc(scores, fit.tested)}
    return replace(step, recovered={level: {**of, **found.get(level, {})} for level, of in step.recovered.items()})


def _is_chance(areas: Mapping[str, Auc]) -> bool:
    """Whether no learner predicts better than chance."""
    return all(area.interval.low <= GUESSING for area in areas.values())


def _blind(outcome: Rows, levels: Levels, scores: np.ndarray) -> tuple[Auc, dict[str, tuple[float, float]]]:
    """Return how well a model with these scores predicts the outcome, and whom it selects if better than chance."""
    area = outcome.auc(scores)
    return area, _selected(outcome, levels, scores) if area.interval.low > GUESSING else {}


def _selected(outcome: Rows, levels: Levels, scores: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return level -> (selected, rows) of a model with these scores."""
    chosen = outcome.selected(scores)
    found = {}
    for level in levels.present:
        rows = levels.are(level)
        found[level] = effective(chosen[rows], outcome.weights[rows], taken(outcome.ways, rows))
    return found
