"""Rows of a bounded sample: the levels of their groups, their folds, and the units that they belong to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from auditor.engines.sample import FAVOURABLE, STRATUM, WEIGHT, level_of
from auditor.learn.levels import Levels
from auditor.stats.matrices import FOLDS, folds
from auditor.stats.units import Ways, coarsest, count, linked, taken

if TYPE_CHECKING:
    import pandas as pd

MIN_ROWS = 50  # of a class: ten in every fold


class Sampled(ABC):
    """Rows of a sample, and how they are divided; `of` is how many rows the sample was drawn from."""

    def __init__(self, frame: pd.DataFrame, of: int) -> None:
        self._frame, self.of = frame, of
        self._levels_of: dict[str, Levels] = {}

    @abstractmethod
    def _units(self) -> Sequence[np.ndarray]:
        """Return the units that rows belong to in each way (person, cluster, text), as whole numbers; shape (n,)."""

    @cached_property
    def ways(self) -> Ways:
        """The units that rows belong to, those within larger ones left out: as in `auditor.stats.units`."""
        return coarsest(self._units())

    @property
    def rows(self) -> int:
        """Rows of the sample."""
        return len(self._frame)

    def levels(self, group: str) -> list[str]:
        """Return the levels of a group with enough rows to be distinguished from the rest, largest first."""
        of = self._levels(group)
        large = [level for level, n in of.sizes.items() if n >= MIN_ROWS]
        found = [level for level in large if self._are_several(of.are(level))]
        return sorted(found, key=lambda level: (-of.sizes[level], level))

    def _are_several(self, rows: np.ndarray) -> bool:
        """Whether these rows belong to enough units for every fold, in every way."""
        return all(count(way) >= FOLDS for way in taken(self.ways, rows))

    def _folds(self) -> np.ndarray:
        """Return a fold per row, balanced over groups and outcome; the rows of a unit share one."""
        strata = self._frame[[STRATUM, FAVOURABLE]].value_counts(dropna=False).index
        place = {key: i for i, key in enumerate(sorted(strata))}
        keys = zip(self._frame[STRATUM], self._frame[FAVOURABLE], strict=True)
        return folds(np.array([place[key] for key in keys]), linked(self._units()))

    def _levels(self, group: str) -> Levels:
        """Return the level of every row."""
        if group not in self._levels_of:
            self._levels_of[group] = Levels.read(self._frame[level_of(group)].to_numpy(dtype=object))
        return self._levels_of[group]

    @property
    def _weights(self) -> np.ndarray:
        weights: np.ndarray = self._frame[WEIGHT].to_numpy(dtype=float)
        return weights


def units(values: pd.Series) -> np.ndarray:
    """Return a whole number per value; each missing value is a unit of its own."""
    codes: np.ndarray = values.factorize()[0].copy()
    unknown = codes < 0
    codes[unknown] = codes.max(initial=-1) + 1 + np.arange(unknown.sum())
    return codes
