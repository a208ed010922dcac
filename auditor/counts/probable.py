"""Sums of the probabilities of a group's levels, by blocks of rows, from which rates are estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BLOCKS = 512  # that rows are divided into by a hash of their unit: what intervals are simulated from
ROOM = 0.01  # by which the probabilities of a row may add up to more than 1


@dataclass(frozen=True)
class ProbableSums:
    """The sums of a group's probabilities: of all usable rows, and of those with the favourable outcome.

    `weight` and `favourable` have the shape (BLOCKS, levels). Rows without an outcome are in neither. `unusable` are
    rows with an outcome whose probabilities are missing, below 0, above 1, or add up to more than 1.
    """

    levels: tuple[str, ...]
    weight: np.ndarray
    favourable: np.ndarray
    rows: int
    unusable: int
