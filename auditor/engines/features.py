"""A column of the sample as models take it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from auditor.stats.recovery import Feature

MAX_LEVELS = 50  # of a column; rarer ones are taken together
BINS = 10  # of a number, for the learner that takes levels


def feature(name: str, column: pd.Series, *, coded: bool = False) -> Feature:
    """Return a column of the sample as levels, numbers also as they are; missing is a level of its own.

    The levels of a number are ten bins; of one that is `coded`, the numbers themselves, if they are not too many.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        column = column.map(lambda moment: moment.timestamp(), na_action="ignore").astype(float)
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        numbers = column.to_numpy(dtype=float, na_value=np.nan)
        known = np.isfinite(numbers)
        steps = np.unique(np.quantile(numbers[known], np.arange(1, BINS) / BINS)) if known.any() else np.empty(0)
        if coded and len(single := np.unique(numbers[known])) <= MAX_LEVELS:
            steps = single[:-1]
        codes = np.where(known, np.searchsorted(steps, numbers), len(steps) + 1)
        return Feature(name, codes, len(steps) + 2, np.where(known, numbers, np.nan))
    text = column.astype("string")
    common = {level: i for i, level in enumerate(sorted(text.value_counts().index[:MAX_LEVELS]))}
    codes = text.map(common).fillna(len(common)).to_numpy(dtype=int).copy()
    codes[text.isna().to_numpy()] = len(common) + 1
    return Feature(name, codes, len(common) + 2)
