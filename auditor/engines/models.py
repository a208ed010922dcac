"""Models of the columns: the group told from them, and the outcome told without the group."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from auditor.engines.features import feature
from auditor.engines.leaks import MAX_AUC, MAX_SHARE, told
from auditor.engines.sample import Sample
from auditor.engines.study import Study, units
from auditor.engines.tally import Tally
from auditor.opaque import unread
from auditor.stats.peeling import Peel, peels
from auditor.stats.recovery import LEARNERS, Matrix, Words

if TYPE_CHECKING:
    from auditor.usecase import UseCase


class Models(Study):
    """What the columns tell, without groups, outcome, identifiers, forbidden ones and those that know the outcome."""

    thing = "column"
    learners = (LEARNERS[0], LEARNERS[1])

    def __init__(self, sample: Sample, tally: Tally, use: UseCase) -> None:
        roles = tally.roles
        options = use.rules.get("LAB003", {})
        limits = options.get("max_auc", MAX_AUC), options.get("max_share", MAX_SHARE)
        columns = roles.features if roles.target else ()
        leaks = {column.column for column in told(tally, columns) if column.leaks(*limits)}
        left_out = {
            name: "forbidden by the stated use" if name in use.features.forbidden else "it knows the outcome (LAB003)"
            for name in (*roles.features, *roles.opaque)
            if name in use.features.forbidden or name in leaks
        }
        left_out |= {name: unread(kind) for name, kind in roles.opaque.items() if name not in left_out}
        names = [name for name in roles.features if name not in left_out]
        super().__init__(sample.rows, sample.of, names, roles.groups, left_out)
        self._id = roles.id

    @cached_property
    def _matrix(self) -> Matrix:
        return Matrix(tuple(feature(name, self._frame[name]) for name in self.names), self._folds())

    def _peels(self, matrix: Matrix | Words, codes: np.ndarray) -> list[Peel]:
        assert isinstance(matrix, Matrix)  # its own
        return peels(matrix, codes, self.grid())

    def _units(self) -> np.ndarray | None:
        return units(self._frame[self._id]) if self._id else None
