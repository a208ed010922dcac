"""How much each column by itself tells of the outcome, from the tally: LAB003 judges it, and models leave leaks out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from auditor.engines.tally import COUNT, LEVEL, NO_OUTCOME, OUTCOME, Tally
from auditor.stats.association import lookup_auc, theils_u

MAX_AUC = 0.98
MAX_SHARE = 0.9
BORNE_OUT = 0.9  # the area from which a share is believed: in few rows of many values it is large by itself
LEAST = 30


class Told(NamedTuple):
    """What a column tells of the outcome: the area under the curve of a lookup, Theil's U, and the rows."""

    column: str
    auc: float
    share: float
    n: int

    def leaks(self, max_auc: float = MAX_AUC, max_share: float = MAX_SHARE) -> bool:
        """Whether the column all but is the outcome; of few rows, or by a share that no lookup bears out, it is not."""
        return self.n >= LEAST and (self.auc >= max_auc or (self.share >= max_share and self.auc >= BORNE_OUT))


def told(tally: Tally, columns: Sequence[str]) -> Iterator[Told]:
    """Yield what every column with two levels or more tells of the outcome."""
    for name in columns:
        frame = tally.columns[name].table
        known = frame[frame[OUTCOME] != NO_OUTCOME] if len(frame) else frame
        at, levels = known[LEVEL].factorize(use_na_sentinel=False)
        if len(levels) < 2:
            continue
        counts = np.zeros((len(levels), 2))
        np.add.at(counts, (at, known[OUTCOME].to_numpy(dtype=int)), known[COUNT].to_numpy())
        if counts.sum(axis=0).all():
            auc = lookup_auc(counts.sum(axis=1), counts[:, 1])
            yield Told(name, auc, theils_u(counts), int(counts.sum()))
