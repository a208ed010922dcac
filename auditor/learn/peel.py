"""The peel: a group told, and a blind model's selection, as the strongest columns go step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from auditor.stats.peeling import Peel
from auditor.stats.recovery import Fit, Matrix, Words, cross_fit, cut, effective
from auditor.stats.roc import Auc, auc, pooled_ranks
from auditor.stats.units import Ways, taken

FAR = 0.75  # lower bound of an area from which no other learner need be asked


@dataclass(frozen=True)
class Step:
    """What is left with the `k` strongest columns and their twins gone.

    `gone` and `left` name columns, `left` strongest first with its Cramér's V; `recovered` holds level -> learner ->
    area under the curve for that level against the rest; `selected` level -> (selected, rows) of the blind model, in
    rows of effective size; empty without an outcome to tell.
    """

    k: int
    gone: tuple[str, ...]
    left: tuple[tuple[str, float], ...]
    recovered: Mapping[str, Mapping[str, Auc]]
    selected: Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Rows:
    """Some rows of the sample (their places), what is to be told of them, their columns and weights.

    `ways` are the units that they belong to, as in `auditor.stats.units`.
    """

    rows: np.ndarray
    positive: np.ndarray
    matrix: Matrix | Words
    weights: np.ndarray
    ways: Ways = field(default=())

    def fit(self, learner: str, peel: Peel | None = None) -> Fit:
        """Return the fit of a learner, without the columns that go at a step."""
        return Fit(self.matrix, self.positive, learner, peel.kept if peel else None)

    def auc(self, scores: np.ndarray) -> Auc:
        """Return how well cross-fitted scores tell these rows."""
        return auc(self.positive, pooled_ranks(scores, self.matrix.fold), self.weights, ways=self.ways).cross_fitted()

    def selected(self, scores: np.ndarray) -> np.ndarray:
        """Return who is selected by cross-fitted scores when as many are as are positive."""
        return cut(pooled_ranks(scores, self.matrix.fold), self.positive, self.weights)


def walk(
    parts: Mapping[str, Rows],
    outcome: Rows | None,
    labels: np.ndarray,
    peeled: Sequence[Peel],
    names: Sequence[str],
    learners: tuple[str, str],
) -> list[Step]:
    """Return a step per peel: each level of `parts` told, and what a model of `outcome` selects of each level.

    `labels` are the levels of the rows of `outcome`. The first learner tells every step and makes the blind model; the
    second checks both ends, where its answer can matter: the start, unless the first tells the level by far already
    (`FAR`), and where the first finds nothing any more (or the last step).
    """
    curve, check = learners
    every = [of.fit(curve, peel) for peel in peeled for of in parts.values()]
    blind = [outcome.fit(curve, peel) for peel in peeled] if outcome else []
    scores = iter(cross_fit([*every, *blind]))
    told = [{level: {curve: of.auc(next(scores))} for level, of in parts.items()} for _ in peeled]
    selected = [_selected(outcome, labels, next(scores)) if outcome else {} for _ in peeled]
    asked = [(0, level) for level, of in told[0].items() if of[curve].interval.low < FAR]
    if len(peeled) > 1:
        silent = (i for i in range(1, len(peeled)) if all(of[curve].interval.low <= 0.5 for of in told[i].values()))
        end = next(silent, len(peeled) - 1)
        asked += [(end, level) for level, of in told[end].items() if of[curve].interval.low <= 0.5]
    checks = cross_fit([parts[level].fit(check, peeled[at]) for at, level in asked])
    for (at, level), score in zip(asked, checks, strict=True):
        told[at][level][check] = parts[level].auc(score)
    return [
        Step(peel.k, *peel.named(names), recovered, of)
        for peel, recovered, of in zip(peeled, told, selected, strict=True)
    ]


def _selected(outcome: Rows, labels: np.ndarray, scores: np.ndarray) -> dict[str, tuple[float, float]]:
    """Return level -> (selected, rows) of a blind model with these scores."""
    chosen = outcome.selected(scores)
    found = {}
    for level in dict.fromkeys(label for label in labels if isinstance(label, str)):
        rows = labels == level
        found[str(level)] = effective(chosen[rows], outcome.weights[rows], taken(outcome.ways, rows))
    return found
