"""What each column is: target, group, feature, text, time, id; and what a peek saw of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.guesses import is_numeric
from auditor.model import Decision
from auditor.words import told_apart


class Opaque(StrEnum):
    """What values are that no rule reads."""

    VECTOR = "vector"
    IMAGE = "image"
    IMAGE_FILE = "image file"
    BINARY = "binary"
    NESTED = "nested"

    @property
    def role(self) -> str:
        """The role of a column of such values, in a word."""
        return "image" if self is Opaque.IMAGE_FILE else str(self)


@dataclass(frozen=True)
class Seen:
    """What a peek saw of a column: `levels` are the commonest values as text, `cuts` the quantiles of a number.

    `whole`: every number seen is whole. `words`: words per value of a text, on average, or 0 where they are few.
    `holds`: what all but a few values are, where that is nothing that a rule reads. `width`: the least and the most
    numbers of a vector, where they were counted.
    """

    type: str
    rows: int
    missing: int
    distinct: int
    complete: bool
    levels: Mapping[str, int]
    cuts: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None
    whole: bool = False
    words: float = 0.0
    holds: Opaque | None = None
    width: tuple[int, int] | None = None

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return is_numeric(self.type)

    @property
    def dated(self) -> bool:
        """Whether the column holds dates or times."""
        return self.type.startswith(("DATE", "TIMESTAMP"))

    @property
    def known(self) -> int:
        """Rows seen with a value."""
        return self.rows - self.missing

    @property
    def all_levels(self) -> bool:
        """Whether `levels` are all that there are: all rows were seen, and none of their values was left out."""
        return self.complete and len(self.levels) == self.distinct


@dataclass(frozen=True)
class Bands:
    """A number cut into bands: band i holds edges[i-1] <= value < edges[i]."""

    edges: tuple[float, ...]
    labels: tuple[str, ...]

    @classmethod
    def at(cls, edges: Sequence[float], whole: bool) -> Bands:
        """Cut at `edges`; whole numbers are labelled by the numbers they hold.

        >>> Bands.at([25, 40], whole=True).labels
        ('under 25', '25 to 39', '40 and over')
        >>> Bands.at([0.5, 2], whole=False).labels
        ('under 0.5', '0.5 to under 2', '2 and over')
        """
        spelled = told_apart([*edges, *((edge - 1 for edge in edges) if whole else ())])
        firsts, lasts = spelled[: len(edges)], spelled[len(edges) :]
        inner = [
            (firsts[i] if firsts[i] == lasts[i + 1] else f"{firsts[i]} to {lasts[i + 1]}")
            if whole
            else f"{firsts[i]} to under {firsts[i + 1]}"
            for i in range(len(edges) - 1)
        ]
        return cls(tuple(edges), (f"under {firsts[0]}", *inner, f"{firsts[-1]} and over"))


@dataclass(frozen=True)
class Cut:
    """Where a numeric outcome is favourable: `sign` is one of > >= < <=; `value` is None for the median of all rows.

    >>> Cut.read(">= 50000")
    Cut(sign='>=', value=50000.0)
    """

    sign: str
    value: float | None

    @classmethod
    def read(cls, text: str) -> Cut | None:
        """Read a comparison as people write it; None when it is not one."""
        found = re.fullmatch(r"\s*(>=|<=|>|<)\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*", text)
        try:
            return cls(found[1], float(found[2])) if found else None
        except ValueError:
            return None

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.sign} the median"
        return f"{self.sign} {self.value:{'.15g' if self.value.is_integer() else 'g'}}"


@dataclass(frozen=True)
class Roles:
    """What every column is; `reading` says what was guessed, `ignored` why a column is left out.

    `opaque` maps the columns that no rule reads to what they hold: they are a part of a record, and not checked.

    `cut` replaces `positive` for a numeric outcome. `period` is the unit in which time is taken.
    """

    target: str | None
    positive: tuple[str, ...]
    groups: tuple[str, ...]
    bands: Mapping[str, Bands]
    text: tuple[str, ...]
    time: str | None
    id: str | None
    features: tuple[str, ...]
    ignored: Mapping[str, str]
    reading: tuple[Decision, ...]
    positive_guessed: bool = False
    cut: Cut | None = None
    strata: tuple[str, ...] = ()
    period: str | None = None
    weight: str | None = None
    opaque: Mapping[str, Opaque] = field(default_factory=dict)

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of what was guessed."""
        return tuple(decision.text for decision in self.reading)

    @property
    def favourable(self) -> str:
        """The favourable outcome in words: `'deny' = 'no'`, `'salary' > 52000`."""
        if self.cut:
            return f"'{self.target}' {self.cut}"
        return f"'{self.target}' = " + " or ".join(f"'{value}'" for value in self.positive)

    def of(self, name: str) -> str:
        """Return the role of a column in a word."""
        if name == self.target:
            return "target"
        if name in self.groups:
            return "group"
        if name in self.text:
            return "text"
        for role, taken in (("time", self.time), ("id", self.id), ("weight", self.weight)):
            if name == taken:
                return role
        if name in self.opaque:
            return self.opaque[name].role
        return "ignored" if name in self.ignored else "feature"
