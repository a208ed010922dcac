"""Models of the outcome without a column, or without two: how well each predicts, and whom it selects.

All are ridge regressions of one matrix, so that they share its sums: each is one solve of a part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from auditor.learn.peel import Rows
from auditor.stats.counts import Interval, Pair
from auditor.stats.matrices import FOLDS
from auditor.stats.proportions import newcombe
from auditor.stats.recovery import RIDGE, Fit, effective
from auditor.stats.roc import Auc, Change, auc_change, pooled_ranks
from auditor.stats.units import linearised, quantile, taken

if TYPE_CHECKING:
    from auditor.learn.models import Models

MOST_COLUMNS = 30  # that are left out one by one: of more, those closest to a group
PAIRED = 6  # of them that are left out two by two: those whose absence narrows a gap most


class Gap(NamedTuple):
    """A difference of selection rates, the level's less the reference's, with its 95% interval."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class Model:
    """A model without the columns `dropped`: its area, how much that is above the whole model's, and whom it selects.

    `ranks` and `selected` (boolean) are of the rows with an outcome.
    """

    dropped: tuple[str, ...]
    area: Auc
    change: Change
    ranks: np.ndarray
    selected: np.ndarray


@dataclass(frozen=True)
class Alternatives:
    """The model of all columns, and those without one or two of them; `looks` is how many there could have been."""

    whole: Model
    others: tuple[Model, ...]
    looks: int
    outcome: Rows
    masks: Mapping[tuple[str, str], np.ndarray]

    def gap(self, model: Model, group: str, level: str, reference: str) -> Gap:
        """Return the gap of a model's selection rates."""
        of = self.outcome
        counts: list[float] = []
        for name in (level, reference):
            rows = self.masks[group, name]
            counts += effective(model.selected[rows], of.weights[rows], taken(of.ways, rows))
        pair = Pair(*counts)
        return Gap(pair.rate - pair.rate_ref, newcombe(pair))

    def gap_change(self, model: Model, group: str, level: str, reference: str) -> Change:
        """Return by how much the gap is above that of the whole model, with its error.

        Both models are about the same people, so the error is that of the difference of a person's two selections. It
        is that of cross-fitted scores: the models of two folds have learned from each other's rows.
        """
        of = self.outcome
        moved = model.selected.astype(float) - self.whole.selected
        value, variance = 0.0, 0.0
        for sign, name in ((1, level), (-1, reference)):
            rows = self.masks[group, name]
            weights = of.weights[rows]
            mean = float(np.average(moved[rows], weights=weights))
            value += sign * mean
            variance += linearised(weights * (moved[rows] - mean) / weights.sum(), taken(of.ways, rows))
        return Change(value, float(np.sqrt(variance))).cross_fitted()


def alternatives(
    study: Models, pairs: Sequence[tuple[str, str, str]], sources: Mapping[str, str]
) -> Alternatives | None:
    """Return the models without single columns, and without two of those that narrow a gap; None without an outcome.

    `pairs` are group columns with a level and its reference; `sources` has the column that a derived feature is made
    of: both are left out together.
    """
    of = study.outcome
    if of is None or study.curve != RIDGE:
        return None
    masks = {(group, name): study.levels_with_outcome(group).are(name) for group, *names in pairs for name in names}
    columns: dict[str, list[int]] = {}
    for place, name in enumerate(study.names):
        columns.setdefault(sources.get(name, name), []).append(place)
    asked = _closest(study, columns, [group for group, *_ in pairs])
    base, *singles = _fitted(study, of, columns, [(), *((name,) for name in asked)])
    first = Alternatives(base, tuple(singles), 0, of, masks)
    two = _two(first, pairs)
    both = _fitted(study, of, columns, two, base) if two else []
    looks = len(asked) * (len(asked) + 1) // 2
    return Alternatives(base, (*singles, *both), looks, of, masks)


def _closest(study: Models, columns: Mapping[str, Sequence[int]], groups: Sequence[str]) -> list[str]:
    """Return the columns that are left out, those closest to a group first where there are too many."""
    if len(columns) <= MOST_COLUMNS:
        return list(columns)
    links = np.max([study.links(group) for group in dict.fromkeys(groups)], axis=0)
    ranked = sorted(columns, key=lambda name: -max(links[place] for place in columns[name]))
    return ranked[:MOST_COLUMNS]


def _fitted(
    study: Models,
    of: Rows,
    columns: Mapping[str, Sequence[int]],
    drops: Sequence[tuple[str, ...]],
    base: Model | None = None,
) -> list[Model]:
    fits = []
    for drop in drops:
        kept = np.ones((FOLDS, len(study.names)), dtype=bool)
        kept[:, [place for name in drop for place in columns[name]]] = False
        fits.append(Fit(of.matrix, of.positive, RIDGE, kept))
    whole = base.ranks if base else None
    found = []
    for drop, scores in zip(drops, study.fitted(fits), strict=True):
        ranks = pooled_ranks(scores, of.matrix.fold)
        whole = ranks if whole is None else whole
        change = auc_change(of.positive, ranks, whole, of.weights, of.ways).cross_fitted()
        found.append(Model(drop, of.auc(scores), change, ranks, of.selected(scores)))
    return found


def _two(found: Alternatives, pairs: Sequence[tuple[str, str, str]]) -> list[tuple[str, ...]]:
    """Return the pairs of the columns whose absence narrows a gap most, each pair once."""
    asked: dict[tuple[str, ...], None] = {}
    for pair in pairs:
        ranked = sorted(found.others, key=lambda model: -narrowed(found, model, pair))[:PAIRED]
        best = [model.dropped[0] for model in ranked if narrowed(found, model, pair) > 0]
        asked |= dict.fromkeys(tuple(sorted(two)) for two in combinations(best, 2))
    return list(asked)


def narrowed(found: Alternatives, model: Model, pair: tuple[str, str, str]) -> float:
    """Return by how much a model's gap is smaller than the whole model's, in size."""
    return abs(found.gap(found.whole, *pair).value) - abs(found.gap(model, *pair).value)


def narrowing(found: Alternatives, model: Model, pair: tuple[str, str, str], alpha: float) -> Interval:
    """Return the interval of how much of the gap goes, towards 0 and beyond."""
    sign = 1.0 if found.gap(found.whole, *pair).value >= 0 else -1.0
    change = found.gap_change(model, *pair)
    reach = quantile(1 - alpha / 2, float("inf")) * change.error
    return Interval(-sign * change.value - reach, -sign * change.value + reach)


def frontier(points: Sequence[tuple[float, float]]) -> Iterator[int]:
    """Yield the places of the points (area, size of the gap) that no other one beats in both.

    >>> list(frontier([(0.7, 0.1), (0.69, 0.02), (0.68, 0.05), (0.7, 0.1)]))
    [0, 1]
    """
    seen: set[tuple[float, float]] = set()
    for place, (area, size) in enumerate(points):
        beaten = any(a >= area and s <= size and (a, s) != (area, size) for a, s in points)
        if not beaten and (area, size) not in seen:
            seen.add((area, size))
            yield place
