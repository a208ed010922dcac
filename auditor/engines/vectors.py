"""The bounded sample of a column of vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


@dataclass(frozen=True)
class VectorSample:
    """Rows with a vector in one column, drawn as in `Sample`; `of` is how many such rows they were drawn from.

    `values` is float32 of shape (n, d), finite; `rows` (pandas, n rows) has FAVOURABLE, STRATUM, WEIGHT, ROW,
    `level_of(group)` for each group and the columns that name units. `made_by` is the provenance of an embedder.
    """

    rows: pd.DataFrame
    of: int
    values: np.ndarray
    made_by: Mapping[str, object] | None = None
