"""What a model of the outcome loses at a value of a column that should not matter, if it learned from other values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from auditor.engines.sample import ROW
from auditor.learn.models import Models
from auditor.learn.vectors import VectorStudy
from auditor.stats.counts import Interval
from auditor.stats.matrices import FOLDS
from auditor.stats.moments import Moments, Vectors
from auditor.stats.probing import discriminants
from auditor.stats.recovery import logistic, side_by_side
from auditor.stats.roc import Auc, Change, auc, auc_change, pooled_ranks
from auditor.stats.tails import student
from auditor.stats.units import Ways, taken

LEAST = 25  # rows of each outcome at a value, to be held out
MOST = 8  # values that are held out, the commonest ones
SEVERAL = 5  # values, from which their mean says something about others
LEARNED = 5_000  # rows that a model learns from

Learn = Callable[[np.ndarray], Callable[[np.ndarray], np.ndarray]]  # from rows, a model: from rows, their scores


@dataclass(frozen=True)
class Held:
    """A value, and the areas of two models there: `within` learned from its own rows, `without` from other values.

    Both learned from as many rows of other folds, and are tested on the same `rows`. `drop` is what the second lacks.
    """

    value: str
    within: Auc
    without: Auc
    drop: Change
    rows: int


@dataclass(frozen=True)
class HeldOut:
    """What models of the outcome lose at each of some values of a column, of the `values` that it has.

    They see `columns` other columns, or the vectors of `vector`.
    """

    held: tuple[Held, ...]
    values: int
    columns: int = 0
    vector: str = ""

    @property
    def within(self) -> float:
        """The mean area of models of the tested value's own rows."""
        return float(np.mean([of.within.value for of in self.held]))

    @property
    def without(self) -> float:
        """The mean area of models of other values."""
        return float(np.mean([of.without.value for of in self.held]))

    @property
    def largest(self) -> Held:
        """The value with the largest drop."""
        return max(self.held, key=lambda of: of.drop.value)

    @property
    def predicts(self) -> bool:
        """Whether models predict the outcome within values: by their mean area, beyond twice its error."""
        errors = [of.within.error for of in self.held]
        return self.within - 2 * math.hypot(*errors) / len(errors) > 0.5

    def mean(self, alpha: float) -> Interval | None:
        """Return the interval of the mean drop, with values as units; None where they are too few."""
        if len(self.held) < SEVERAL:
            return None
        drops = np.array([of.drop.value for of in self.held])
        reach = student(1 - alpha / 2, len(drops) - 1) * float(drops.std(ddof=1)) / math.sqrt(len(drops))
        return Interval(float(drops.mean()) - reach, float(drops.mean()) + reach)


def of_columns(models: Models, column: str, but: Iterable[str]) -> HeldOut | None:
    """Hold out values of a column of texts; the model is a logistic regression of the others, but for those named.

    None where there is no other column, or no value has rows enough of both outcomes.
    """
    outcome, frame = models.outcome, models.frame
    barred = {column, *but}
    seen = np.array([name not in barred for name in models.names])
    if outcome is None or column not in frame or not seen.any():
        return None
    matrix = outcome.matrix
    ones = matrix.ones[:, seen[matrix.owners]]

    def learn(rows: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        model = logistic().fit(ones[rows], outcome.positive[rows])
        return lambda tested: model.decision_function(ones[tested])

    values = frame[column].iloc[outcome.rows].to_numpy(dtype=object)
    held, count = _held(values, outcome.positive, matrix.fold, outcome.ways, learn)
    return HeldOut(held, count, columns=int(seen.sum())) if held else None


def of_vectors(study: VectorStudy, models: Models, column: str) -> HeldOut | None:
    """Hold out values of a column of the sample of `models`; the model is a linear discriminant of the vectors.

    Rows with a vector that are not in that sample have no part in it.
    """
    if column not in models.frame:
        return None
    known = models.frame.drop_duplicates(ROW).set_index(ROW)[column]
    values = known.reindex(study.turns).to_numpy(dtype=object)
    rows = np.flatnonzero(study.outcomes >= 0)
    positive = study.outcomes[rows] == 1

    def learn(chosen: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        own = Vectors(study.vectors.values[rows[chosen]])
        fold = np.zeros(len(chosen), dtype=int)
        direction = discriminants(Moments.of(own, positive[chosen].astype(int), fold, 2, 1).among([0]))[:, 1:]
        return lambda tested: study.vectors.along(direction, rows[tested])[:, 0]

    held, count = _held(values[rows], positive, study.fold[rows], taken(study.ways, rows), learn)
    return HeldOut(held, count, vector=study.name) if held else None


def _held(
    values: np.ndarray, positive: np.ndarray, fold: np.ndarray, ways: Ways, learn: Learn
) -> tuple[tuple[Held, ...], int]:
    """Return what each of the commonest values with rows enough shows, and how many values there are."""
    known = np.array([value is not None and value == value for value in values], dtype=bool)
    names, codes = np.unique(values[known].astype(str), return_inverse=True)
    places = np.full(len(values), -1)
    places[known] = codes
    sizes = np.array([[int(((places == i) & (positive == kind)).sum()) for kind in (0, 1)] for i in range(len(names))])
    rest = sizes.sum(axis=0) - sizes
    if len(names) < 2:
        return (), len(names)
    enough = np.flatnonzero((sizes.min(axis=1) >= LEAST) & (rest.min(axis=1) >= LEAST))
    chosen = sorted(enough, key=lambda i: (-sizes[i].sum(), names[i]))[:MOST]
    with side_by_side() as threads:
        found = threads.map(lambda i: _one(str(names[i]), places, int(i), positive, fold, ways, learn), chosen)
        return tuple(of for of in found if of is not None), len(names)


def _one(
    name: str, places: np.ndarray, own: int, positive: np.ndarray, fold: np.ndarray, ways: Ways, learn: Learn
) -> Held | None:
    """Test two models on the rows of a value, by folds; None where one has a single outcome to learn from."""
    at, lot = np.flatnonzero(places == own), np.random.default_rng(0)
    scores = np.zeros((2, len(at)))
    for number in range(FOLDS):
        tested = fold[at] == number
        if not tested.any():
            continue
        training = (fold != number) & (places >= 0)
        kinds = [np.flatnonzero(training & of) for of in (places == own, places != own)]
        n = min(LEARNED, *(len(kind) for kind in kinds))
        for score, kind in zip(scores, kinds, strict=True):
            rows = np.sort(lot.choice(kind, n, replace=False))
            if len({*positive[rows].tolist()}) < 2:
                return None
            score[tested] = learn(rows)(at[tested])
    ranks, of = [pooled_ranks(score, fold[at]) for score in scores], taken(ways, at)
    within, without = (auc(positive[at], each, ways=of) for each in ranks)
    lost = auc_change(positive[at], ranks[0], ranks[1], np.ones(len(at)), of)
    # As in `cross_fitted`, every pair of two tested folds counts twice in the first area, and once in the other.
    lost = lost._replace(error=math.hypot(lost.error, within.error))
    return Held(name, within.cross_fitted(), without, lost, len(at))
