"""What a tally holds beside its tables: repeats of records, candidate slices, documents by terms, usable vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.stats.counts import Pair

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

WRONG_LENGTH, NOT_FINITE, ALL_ZERO = "(wrong length)", "(not finite)", "(all zero)"
UNUSABLE = (WRONG_LENGTH, NOT_FINITE, ALL_ZERO)  # why the vector of a row cannot be used


@dataclass(frozen=True)
class Repeats:
    """How often records recur, by their hashes; by a `fraction` of the hashes, all copies of a record together.

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
class Slice:
    """A candidate slice, found on some rows and counted on others: `conditions` are (column, level) pairs.

    `effect` is how many of its rows count as one where people recur, `effect_rest` how many of all others.
    """

    conditions: tuple[tuple[str, str], ...]
    favourable: int
    n: int
    effect: float = 1.0
    effect_rest: float = 1.0


@dataclass(frozen=True)
class Slices:
    """Candidate slices of the worst rates and the counts of each on rows that had no part in finding them.

    `favourable` of `n` is the whole of those rows; `tested` describes these rows in words.
    """

    candidates: tuple[Slice, ...]
    favourable: int
    n: int
    tested: str


@dataclass(frozen=True)
class Documents:
    """The documents of a text column, and those that hold each term: words and pairs of neighbouring words.

    `held` maps a group column ('' without one) to counts of shape (terms, levels + 1, 3), `sizes` to those of all
    documents, shape (levels + 1, 3): levels in the order of `levels`, first those without a recorded group;
    no outcome recorded, unfavourable, favourable. `documents` counts one of each unit (a text with its near copies, a
    person, a cluster) per level, `repeated` are the others, and `aside` says in words what they are; `guard` is how
    many documents a term must be in; `truncated` says that rarer terms were let go.
    """

    column: str
    terms: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]]
    held: Mapping[str, np.ndarray]
    sizes: Mapping[str, np.ndarray]
    documents: int
    repeated: int
    empty: int
    guard: int
    truncated: bool
    notes: tuple[str, ...] = ()
    aside: tuple[str, ...] = ("copies", "near copies")

    def of(self, group: str, level: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a level's counts by outcome: those that hold each term, shape (terms, 3), and all, shape (3,)."""
        place = self.levels[group].index(level) + 1
        return self.held[group][:, place], self.sizes[group][place]


@dataclass(frozen=True)
class Twins:
    """Sets of records that are the same but for the group: per set, level -> (favourable, rows).

    One set in `of` was looked at, chosen by its hash.
    """

    sets: tuple[Mapping[str, tuple[int, int]], ...]
    asked: tuple[str, ...]
    of: int = 1

    def pairs(self, level: str, reference: str) -> dict[str, Pair]:
        """Return the sets that hold both levels, as strata."""
        return {
            str(i): Pair(*of[level], *of[reference])
            for i, of in enumerate(self.sets)
            if level in of and reference in of
        }


@dataclass(frozen=True)
class Vectors:
    """Which rows have a vector of `dimension` finite numbers that are not all zero, and why the others have none.

    `lost` has the rows by reason: one of UNUSABLE, or None for those without any vector; a wrong length is any but the
    commonest. `tables` has them within groups and outcomes: frames as those of a column, whose levels are the reasons,
    missing, and one more word for vectors that can be used. `least`: some of the rows, as small cells were left out.
    """

    dimension: int
    lost: Mapping[str | None, int]
    tables: Mapping[tuple[str, ...], pd.DataFrame]
    least: bool = False
