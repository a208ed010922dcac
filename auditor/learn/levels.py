"""The level of every row in a group column, as whole numbers: comparing texts of many rows takes long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Levels:
    """The level of every row: its place among `names`, or -1 where it is not recorded; `codes` of shape (n,)."""

    codes: np.ndarray
    names: tuple[str, ...]

    @classmethod
    def read(cls, labels: Sequence[str | None] | np.ndarray) -> Levels:
        """Return the levels of texts, or None where one is not recorded."""
        import pandas as pd

        codes, names = pd.factorize(np.asarray(labels, dtype=object))
        return cls(codes, tuple(str(name) for name in names))

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The rows of each level."""
        counts = np.bincount(self.codes[self.codes >= 0], minlength=len(self.names))
        return dict(zip(self.names, counts.tolist(), strict=True))

    @property
    def present(self) -> list[str]:
        """The levels that some row has."""
        return [name for name, n in self.sizes.items() if n]

    def are(self, level: str) -> np.ndarray:
        """Return which rows have this level; boolean, shape (n,)."""
        place = self.names.index(level) if level in self.names else len(self.names)
        rows: np.ndarray = self.codes == place
        return rows

    def among(self, levels: Sequence[str]) -> np.ndarray:
        """Return each row's place in `levels`, or -1; shape (n,)."""
        places = [levels.index(name) if name in levels else -1 for name in self.names]
        found: np.ndarray = np.array([*places, -1])[self.codes]
        return found

    def take(self, rows: np.ndarray) -> Levels:
        """Return the levels of these rows (their places)."""
        return Levels(self.codes[rows], self.names)

    def only(self, levels: Sequence[str]) -> Levels:
        """Return the same with other levels as not recorded."""
        return Levels(self.among(levels), tuple(levels))
