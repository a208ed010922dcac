"""A column of the sample as models take it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from auditor.stats.matrices import Feature

MAX_LEVELS = 50  # of a column; rarer ones are taken together
BINS = 10  # of a number, for the learner that takes levels


def feature(name: str, column: pd.Series, *, coded: bool = False) -> Feature:
    """Return a column of doubles or of texts as levels, numbers also as they are; missing is a level of its own.

    The levels of a number are ten bins; of one that is `coded`, the numbers themselves, if they are not too many.
    """
    if pd.api.types.is_float_dtype(column):
        return _numbers(name, column.to_numpy(), coded)
    return _levels(name, column)


def _numbers(name: str, numbers: np.ndarray, coded: bool) -> Feature:
    """Return a column of doubles; infinite ones are known, and lie beyond all finite ones."""
    known, finite = ~np.isnan(numbers), numbers[np.isfinite(numbers)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    most = float(np.finfo(float).max)
    above, below = min(high + abs(high) + 1, most), max(low - abs(low) - 1, -most)
    steps = np.quantile(finite, np.arange(1, BINS) / BINS) if len(finite) else np.empty(0)
    if coded and len(single := np.unique(finite)) <= MAX_LEVELS:
        steps = single[:-1]
    ends = [*([below] if (numbers == -np.inf).any() else []), *([high] if (numbers == np.inf).any() else [])]
    steps = np.unique([*steps, *ends])
    codes = np.where(known, np.searchsorted(steps, numbers), len(steps) + 1).astype(np.int16)
    return Feature(name, codes, len(steps) + 2, np.nan_to_num(numbers, nan=np.nan, posinf=above, neginf=below))


def _levels(name: str, column: pd.Series) -> Feature:
    text = column.astype("string")
    common = {level: i for i, level in enumerate(sorted(text.value_counts().index[:MAX_LEVELS]))}
    codes = text.map(common).fillna(len(common)).to_numpy(dtype=np.int16).copy()
    codes[text.isna().to_numpy()] = len(common) + 1
    return Feature(name, codes, len(common) + 2)
