"""Rows drawn while columns are counted, for the slice search: the first by a hash, as the codes that are counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_CODES = 1 << 25  # that are held at once; of more, rows are drawn by a query of their own


class Drawn:
    """Rows with an outcome whose `turn`, a hash, is no higher than `highest`; empty until an engine fills it.

    `labels` has for each column what its codes stand for; the code after the last is that of all other values and of
    missing ones, and `elsewhere` is how many rows of all data have it.
    """

    def __init__(self, seed: int) -> None:
        self.seed, self.sql, self.highest = seed, "", np.uint64(0)
        self.labels: dict[str, Sequence[Any]] = {}
        self.elsewhere: dict[str, int] = {}
        self._turns: list[NDArray[np.uint64]] = []
        self._favourable: list[NDArray[np.bool_]] = []
        self._codes: dict[str, list[NDArray[np.unsignedinteger[Any]]]] = {}

    def ask(self, sql: str, highest: int, labels: Mapping[str, Sequence[Any]]) -> None:
        """State what is to be drawn: the hash, the highest that is, and the columns."""
        self.sql, self.highest, self.labels = sql, np.uint64(highest), dict(labels)
        self._codes = {name: [] for name in labels}

    def take(self, turns: NDArray[np.uint64], outcome: NDArray[Any], codes: Mapping[str, NDArray[Any]]) -> None:
        """Keep the rows of a batch that are drawn."""
        at = np.flatnonzero((turns <= self.highest) & (outcome >= 0))
        self._turns.append(turns[at])
        self._favourable.append(outcome[at] == 1)
        for name, kept in self._codes.items():
            kept.append(codes[name][at].astype(np.min_scalar_type(len(self.labels[name]))))

    @property
    def filled(self) -> bool:
        """Whether rows were drawn."""
        return bool(self._turns)

    @property
    def turns(self) -> NDArray[np.uint64]:
        """The hash of every row."""
        return np.concatenate(self._turns)

    @property
    def favourable(self) -> NDArray[np.bool_]:
        """The outcome of every row."""
        return np.concatenate(self._favourable)

    def codes(self, name: str) -> NDArray[np.unsignedinteger[Any]]:
        """Return the code of every row in a column."""
        return np.concatenate(self._codes[name])
