"""The tally: everything an audit knows about the data, as counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.roles import Roles

if TYPE_CHECKING:
    import pandas as pd

OUTCOME = "(favourable)"
LEVEL = "(level)"
COUNT = "(rows)"
OTHER = "(all other values)"
NO_OUTCOME = -1  # beside 1 favourable and 0 not


@dataclass(frozen=True)
class Cell:
    """The rows of one level of a group: `level` is None where membership is not recorded."""

    level: str | None
    favourable: int
    unfavourable: int
    no_outcome: int

    @property
    def rows(self) -> int:
        """All rows of the level."""
        return self.n + self.no_outcome

    @property
    def n(self) -> int:
        """Rows of the level with a known outcome."""
        return self.favourable + self.unfavourable


@dataclass(frozen=True)
class Repeats:
    """How often records recur, told by their hashes; by a `fraction` of the hashes, all copies of a record together.

    `squares` is the sum over distinct records of the squared number of copies.
    """

    counted: int
    distinct: int
    squares: int
    fraction: float

    @property
    def extra(self) -> int:
        """Records beyond the first of their kind, among those counted."""
        return self.counted - self.distinct

    @property
    def share(self) -> float:
        """Share of the records that repeat an earlier one."""
        return self.extra / self.counted if self.counted else 0.0

    @property
    def error(self) -> float:
        """Standard error of `share`, as of a ratio over sampled clusters; 0 when every hash was counted."""
        if self.fraction >= 1 or not self.counted:
            return 0.0
        kept = self.distinct / self.counted
        residual = max(0.0, kept**2 * self.squares - self.distinct)
        return math.sqrt(residual * (1 - self.fraction)) / self.counted


@dataclass(frozen=True)
class Column:
    """One column's counts and what is known beside them.

    `tables` has the keys of `Tally.tables`; each frame has LEVEL (missing is NaN), the key's columns, OUTCOME and
    COUNT, a row per combination that occurs. It is empty where the levels were not counted (text, identifiers).
    `levels` is the number of distinct values, `exact` whether over all rows or over the peek. `agree` is the chance
    that two rows drawn at random have the same value. `edges` are the inclusive upper bounds of a number's bins.
    """

    name: str
    type: str
    tables: Mapping[tuple[str, ...], pd.DataFrame]
    missing: int
    levels: int
    exact: bool
    agree: float
    edges: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def table(self) -> pd.DataFrame:
        """The first of the tables: the joint one, where there is one."""
        return next(iter(self.tables.values()))


@dataclass(frozen=True)
class Slice:
    """A candidate slice, found on some rows and counted on others: `conditions` are (column, level) pairs."""

    conditions: tuple[tuple[str, str], ...]
    favourable: int
    n: int


@dataclass(frozen=True)
class Slices:
    """Candidate slices of the worst rates and the counts of each on rows that had no part in finding them.

    `favourable` of `n` is the whole of those rows; `tested` says which rows they are, in words.
    """

    candidates: tuple[Slice, ...]
    favourable: int
    n: int
    tested: str


@dataclass(frozen=True)
class Tally:
    """Counts of a whole data set: the joint of groups and outcome, and every column's levels by them.

    `tables` maps a tuple of group columns to a frame with those columns (missing is NaN), OUTCOME and COUNT: one
    entry for the joint, or one per group column where the joint would be too large.
    """

    roles: Roles
    rows: int
    tables: Mapping[tuple[str, ...], pd.DataFrame]
    columns: Mapping[str, Column]
    repeated_rows: Repeats
    repeated_ids: Repeats | None = None
    aggregated: bool = False
    slices: Slices | None = None

    def cells(self, group: str) -> list[Cell]:
        """Return the cells of a group column, largest first, missing last."""
        frame = next(frame for key, frame in self.tables.items() if group in key)
        counts: dict[str | None, dict[int, int]] = {}
        for level, outcome, n in zip(frame[group], frame[OUTCOME], frame[COUNT], strict=True):
            of_level = counts.setdefault(level if isinstance(level, str) else None, {})
            of_level[int(outcome)] = of_level.get(int(outcome), 0) + int(n)
        cells = [Cell(level, n.get(1, 0), n.get(0, 0), n.get(NO_OUTCOME, 0)) for level, n in counts.items()]
        return sorted(cells, key=lambda cell: (cell.level is None, -cell.rows, cell.level or ""))

    def levels(self, column: str) -> dict[str | None, int]:
        """Return the counts of a column's levels over all rows, commonest first."""
        table = self.columns[column].table
        counts: dict[str | None, int] = {}
        for level, n in zip(table[LEVEL], table[COUNT], strict=True):
            level = level if isinstance(level, str) else None
            counts[level] = counts.get(level, 0) + int(n)
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0] or "")))
