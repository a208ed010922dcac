"""Models of the columns: the group predicted from them, and the outcome predicted without the group."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from auditor.counts.copies import are_copies
from auditor.counts.tally import Tally
from auditor.engines.sample import ROW, Sample
from auditor.learn.features import feature
from auditor.learn.sampled import units
from auditor.learn.study import Study
from auditor.stats.matrices import Matrix, Words
from auditor.stats.peeling import Peel, peels
from auditor.stats.recovery import BOOSTING, LOGISTIC, RIDGE
from auditor.use.opaque import unread

if TYPE_CHECKING:
    import pandas as pd

    from auditor.use.usecase import UseCase


class Models(Study):
    """Models of all columns but groups, outcome, identifiers, forbidden ones and those that leak the outcome."""

    thing = "column"
    learners = (LOGISTIC, BOOSTING)

    def __init__(self, sample: Sample, tally: Tally, use: UseCase) -> None:
        roles = tally.roles
        left_out = dict.fromkeys(roles.leaks, "it leaks the outcome (LAB003)")
        seen = (*roles.features, *roles.leaks, *roles.opaque)
        left_out |= {name: "forbidden by the stated use" for name in seen if name in use.features.forbidden}
        left_out |= {
            name: "it holds vectors, which models of their own read (EMB001)" if name in roles.vectors else unread(kind)
            for name, kind in roles.opaque.items()
            if name not in left_out
        }
        barred = {name for name, of in tally.derivations.items() if of.source in use.features.forbidden}
        names = [name for name in tally.features() if name not in left_out and name not in barred]
        super().__init__(sample.rows, sample.of, names, roles.groups, left_out)
        self._named = (*roles.units, *roles.copies, *([ROW] if are_copies(tally) else []))
        self._asked_again = {*self._named, *use.features.incidental}
        self._codes = frozenset((*roles.codes, *tally.derivations))

    @property
    def frame(self) -> pd.DataFrame:
        """The rows of the sample, with all that was drawn of them."""
        return self._frame

    @property
    def curve(self) -> str:
        """The learner that makes the curve: the ridge regression, unless the columns have too many levels for it."""
        return RIDGE if self._matrix.is_narrow else LOGISTIC

    @cached_property
    def _matrix(self) -> Matrix:
        features = tuple(feature(name, self._frame[name], coded=name in self._codes) for name in self.names)
        # What models take has taken the columns' place: nothing asks for others than these again.
        self._frame = self._frame.drop(columns=[name for name in self.names if name not in self._asked_again])
        return Matrix(features, self._folds())

    def _peels(self, matrix: Matrix | Words, codes: np.ndarray) -> list[Peel]:
        assert isinstance(matrix, Matrix)  # its own
        return peels(matrix, codes, self.grid())

    def links(self, group: str) -> np.ndarray:
        """Return the Cramér's V of every column with a group, shape (columns,); 0 where it has no two levels."""
        levels = self.levels(group)
        codes = self._levels(group).among(levels)
        rows = np.flatnonzero(codes >= 0)
        if len(levels) < 2:
            return np.zeros(len(self.names))
        return peels(self._matrix.take(rows), codes[rows], [0])[0].strength

    def _units(self) -> list[np.ndarray]:
        return [units(self._frame[name]) for name in self._named]
