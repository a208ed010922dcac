"""A column that should not matter, predicted from the others among rows of one outcome: is leaving it out enough?"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from auditor.learn.models import Models
from auditor.learn.sampled import MIN_ROWS
from auditor.stats.matrices import FOLDS
from auditor.stats.recovery import Fit, cross_fit
from auditor.stats.roc import Auc, auc, pooled_ranks
from auditor.stats.units import Ways, taken

MOST = 5  # levels of a column that are predicted from the others, the commonest ones


@dataclass(frozen=True)
class Implied:
    """How well models predict a column from `columns` others: the area of the best of `levels` levels.

    `level` is None for a number, whose larger half is predicted.
    """

    level: str | None
    area: Auc
    columns: int
    levels: int


def implied(models: Models, column: str, but: Collection[str]) -> Implied | None:
    """Predict a column of the sample from all others that the models see, but for those named.

    Areas are over pairs of rows of one outcome, so that what both columns have to do with it is left out. None where
    there is no other column, or too few rows.
    """
    outcome, frame = models.outcome, models.frame
    if outcome is None or column not in frame:
        return None
    seen = np.array([name not in but and name != column for name in models.names])
    values = frame[column].iloc[outcome.rows]
    known = np.flatnonzero(values.notna().to_numpy())
    if not seen.any() or not len(known):
        return None
    matrix, favourable = outcome.matrix.take(known), outcome.positive[known]
    targets = {level: rows for level, rows in _targets(values.iloc[known]).items() if _enough(rows, favourable)}
    if not targets:
        return None
    kept = np.tile(seen, (FOLDS, 1))
    scores = cross_fit([Fit(matrix, rows, models.curve, kept) for rows in targets.values()])
    areas = {
        level: _within(rows, score, favourable, matrix.fold, taken(outcome.ways, known))
        for (level, rows), score in zip(targets.items(), scores, strict=True)
    }
    best = max(areas, key=lambda level: areas[level].value)
    return Implied(best, areas[best], int(seen.sum()), len(areas))


def _targets(values: pd.Series) -> dict[str | None, np.ndarray]:
    """Return what is predicted: each of the commonest levels against the rest, or a number's larger half."""
    if pd.api.types.is_float_dtype(values):
        return {None: (values > values.median()).to_numpy()}
    text = values.astype(str)
    common = sorted(text.value_counts().index[:MOST])
    return {level: (text == level).to_numpy() for level in (common[1:] if text.nunique() == 2 else common)}


def _enough(rows: np.ndarray, favourable: np.ndarray) -> bool:
    """Whether there are rows of both kinds with both outcomes, enough for every fold."""
    sizes = [int((of & (favourable == kind)).sum()) for of in (rows, ~rows) for kind in (True, False)]
    return min(sizes) >= MIN_ROWS // 2


def _within(rows: np.ndarray, scores: np.ndarray, favourable: np.ndarray, fold: np.ndarray, ways: Ways) -> Auc:
    """Return the area over pairs of rows of one outcome, with the error of cross-fitted scores."""
    areas, pairs = [], []
    for kind in (True, False):
        of = np.flatnonzero(favourable == kind)
        areas.append(auc(rows[of], pooled_ranks(scores[of], fold[of]), ways=taken(ways, of)))
        pairs.append(float(rows[of].sum()) * float((~rows[of]).sum()))
    share = np.array(pairs) / sum(pairs)
    value = float(share @ [area.value for area in areas])
    error = math.sqrt(float((share**2) @ [area.error**2 for area in areas]))
    return Auc(value, error, areas[0].interval, min(area.freedom for area in areas)).cross_fitted()
