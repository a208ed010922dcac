"""One column's counts, and one level's: what the tally is made of."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from auditor.counts.names import COUNT, LEVEL
from auditor.format import distinct
from auditor.use.roles import WHOLE

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Cell:
    """The rows of one level of a group: `level` None are those without recorded membership.

    Whole numbers, but for weighted rows, which count in rows of their effective size.
    """

    level: str | None
    favourable: float
    unfavourable: float
    no_outcome: float

    @property
    def rows(self) -> float:
        """All rows of the level."""
        return self.n + self.no_outcome

    @property
    def n(self) -> float:
        """Rows of the level with a known outcome."""
        return self.favourable + self.unfavourable


@dataclass(frozen=True)
class Column:
    """One column's counts and what is known beside them.

    `tables` has the keys of `Tally.tables`; each frame has LEVEL (missing is NaN), the key's columns, OUTCOME and
    COUNT, a row per combination that occurs. It is empty where the levels were not counted (text, identifiers).
    `levels` is the number of distinct values, `exact` whether over all rows or over the peek. `agree` is the chance
    that two rows drawn at random have the same value. `edges` are the inclusive upper bounds of a number's bins; `low`
    and `high` are known of a numeric outcome and of the weight. `kept` are the levels that are distinguished, where
    others are OTHER. `coarse`: fewer levels or bins are distinguished, or none, because small cells are suppressed.
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
    kept: tuple[str, ...] = ()
    coarse: bool = False

    @property
    def bins(self) -> list[str]:
        """The labels of a number's bins, lowest first."""
        return list(bin_labels(self.edges).values()) if self.edges else []

    @property
    def only_values(self) -> list[float | None]:
        """The one value that each bin can hold, lowest bin first; None for a bin with room for several."""
        return only_value(self.edges, self.type, self.low, self.high) if self.edges else []

    @property
    def table(self) -> pd.DataFrame:
        """The first of the tables: the joint one, where there is one."""
        return next(iter(self.tables.values()))

    @cached_property
    def placed_missing(self) -> float:
        """The missing values in the table: those with known groups and outcomes."""
        return float(plain_number(self.table.loc[self.table[LEVEL].isna(), COUNT].sum()))


@dataclass(frozen=True)
class Derived:
    """A feature derived from a column, `source`: its counts."""

    source: str
    counted: Column


def plain_number(n: Any) -> Any:
    """Return a count of a table as Python's own number: whole, or, of weighted rows, with a fraction."""
    return n.item() if hasattr(n, "item") else n


def only_value(edges: Sequence[float], kind: str, low: float | None, high: float | None) -> list[float | None]:
    """Return, lowest bin first, the one value that a bin can hold; None where it has room for several.

    `kind` is the column's DuckDB type, `low` and `high` are its lowest and highest number, where they are known.

    >>> only_value([1.0, 2.0, 5.0], "BIGINT", 1.0, 6.0)
    [1.0, 2.0, None, 6.0]
    """
    lowest = [low, *(_after(edge, kind) for edge in edges)]
    return [
        top if least is not None and top is not None and least >= top else None
        for least, top in zip(lowest, [*edges, high], strict=True)
    ]


def _after(edge: float, kind: str) -> float:
    """Return the next number above an edge that a column can hold, as a double."""
    after = math.nextafter(edge, math.inf)
    return max(after, math.floor(edge) + 1.0) if kind in WHOLE and math.isfinite(edge) else after


def bin_labels(edges: Sequence[float]) -> dict[float, str]:
    """Return upper edge -> the words for its bin, lowest first; the last, above all edges, is at inf.

    >>> bin_labels([0.0, 5.0])
    {0.0: '≤ 0', 5.0: '> 0 to 5', inf: '> 5'}
    """
    texts = distinct(edges)
    labels = {edges[0]: f"≤ {texts[0]}"}
    labels |= {edges[i]: f"> {texts[i - 1]} to {texts[i]}" for i in range(1, len(edges))}
    return {**labels, math.inf: f"> {texts[-1]}"}
