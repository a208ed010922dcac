"""What each column is: target, group, feature, text, time, id; and what a peek saw of it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.format import distinct
from auditor.model import Decision
from auditor.use.stages import Stages

BINS = 20  # that a number is cut into

NONE = "none"  # stated in place of a column's name: no column has this role, and none is to be guessed
# The kinds of decisions about roles, in the order in which readers meet them.
ORDER = (
    "target", "favourable outcome", "score", "prediction", "groups", "groups not named", "possible groups", "bands",
    "codes", "counts", "stages", "lists", "weights", "survey design", "identifier", "cluster", "columns left out",
    "text", "vectors", "time", "time order",
)  # fmt: skip


class Ignored(StrEnum):
    """Why a column is neither compared between groups nor shown to models; the value is the reason in words."""

    EMPTY = "no value in any row"
    INDEX = "row index"
    RUNNING = "identifier: a running number"
    UNIQUE = "identifier: more than half of its values are unique"
    SHORT_TEXT = "a few words, different in most rows"
    KEY = "identifier of something that recurs"
    RECURRING = "identifier that recurs: each of its values has a few rows; if it is a person's, name it with --id"
    PERSONAL = "identifier: its values look like addresses or official numbers of people"
    UNREAD_BIRTH = "date of birth that was not read as dates"
    TEXT = "text that was not named"
    JOINED = "it joins group columns that are there by themselves"
    ANSWER = "a tool's answer: it follows from the score"
    COPIES = "near copies of images, which models keep together"

    @property
    def identifies(self) -> bool:
        """Whether the column identifies the row, person or thing, and nothing else."""
        return self in (
            Ignored.INDEX,
            Ignored.RUNNING,
            Ignored.UNIQUE,
            Ignored.SHORT_TEXT,
            Ignored.KEY,
            Ignored.RECURRING,
            Ignored.PERSONAL,
        )


# DuckDB's types of whole numbers that a double, or 64 bits, can hold.
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


def is_numeric(kind: str) -> bool:
    """Whether a DuckDB type holds numbers."""
    number = kind.endswith(("INT", "INTEGER")) or kind.startswith(("DOUBLE", "FLOAT", "DECIMAL", "REAL"))
    return number and not kind.endswith("]")  # a list of numbers is no number


def is_dated(kind: str) -> bool:
    """Whether a DuckDB type holds dates or times."""
    return kind.startswith(("DATE", "TIMESTAMP")) and not kind.endswith("]")


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
    `years`: quantiles of the year of a date. `running`: the values rise by one from row to row. `apart`: no two rows
    are alike in all other columns (looked at where the name is that of a count).
    `ends`: rows by number, of those numbers that may stand for "no value" beyond one end of all others, whose range is
    `inner`; both are only there where it may be so.
    `holds`: what all but a few values are, where that is nothing that a rule reads. `width`: the least and the most
    numbers of a vector, where they were counted; `dimension`: the commonest number of them, and `even`, whether nine
    vectors of ten have it.
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
    years: tuple[float, ...] = ()
    running: bool = False
    apart: bool = False
    ends: Mapping[float, int] = field(default_factory=dict)
    inner: tuple[float, float] | None = None
    holds: Opaque | None = None
    width: tuple[int, int] | None = None
    dimension: int | None = None
    even: bool = False

    @property
    def numeric(self) -> bool:
        """Whether the column holds numbers."""
        return is_numeric(self.type)

    @property
    def dated(self) -> bool:
        """Whether the column holds dates or times."""
        return is_dated(self.type)

    @property
    def known(self) -> int:
        """Rows seen with a value."""
        return self.rows - self.missing

    @property
    def all_levels(self) -> bool:
        """Whether `levels` are all that there are: all rows were seen, and none of their values was left out."""
        return self.complete and len(self.levels) == self.distinct


@dataclass(frozen=True)
class Levelled:
    """The columns whose levels matter; `groups` maps group columns to where they are cut."""

    target: str | None
    groups: Mapping[str, str]
    strata: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them, once."""
        return tuple(dict.fromkeys([*self.groups, *self.strata, *([self.target] if self.target else [])]))

    def role(self, name: str) -> str:
        """Return the role of a column in a word."""
        if name == self.target:
            return "target"
        return "group" if name in self.groups else "stratum" if name in self.strata else "feature"


@dataclass(frozen=True)
class Bands:
    """A number, or the year of a date, cut into bands: band i holds edges[i-1] <= value < edges[i]."""

    edges: tuple[float, ...]
    labels: tuple[str, ...]

    @classmethod
    def at(cls, edges: Sequence[float], whole: bool, *, years: bool = False) -> Bands:
        """Cut at `edges`; whole numbers are labelled by the numbers they hold, `years` as years.

        >>> Bands.at([25, 40], whole=True).labels
        ('under 25', '25 to 39', '40 and over')
        >>> Bands.at([0.5, 2], whole=False).labels
        ('under 0.5', '0.5 to under 2', '2 and over')
        >>> Bands.at([1970, 1980], whole=True, years=True).labels
        ('before 1970', '1970 to 1979', '1980 and later')
        """
        first, last = ("before", "and later") if years else ("under", "and over")
        spelled = distinct([*edges, *((edge - 1 for edge in edges) if whole else ())])
        firsts, lasts = spelled[: len(edges)], spelled[len(edges) :]
        inner = [
            (firsts[i] if firsts[i] == lasts[i + 1] else f"{firsts[i]} to {lasts[i + 1]}")
            if whole
            else f"{firsts[i]} to under {firsts[i + 1]}"
            for i in range(len(edges) - 1)
        ]
        return cls(tuple(edges), (f"{first} {firsts[0]}", *inner, f"{firsts[-1]} {last}"))


@dataclass(frozen=True)
class Cut:
    """Where a numeric outcome is favourable: `sign` is one of > >= < <=; `median`: the value is that of all rows.

    `value` stays None until the median is known.

    >>> Cut.read(">= 50000")
    Cut(sign='>=', value=50000.0)
    """

    sign: str
    value: float | None
    median: bool = field(default=False, compare=False, repr=False)

    @classmethod
    def read(cls, text: str) -> Cut | None:
        """Read a comparison as people write it; None when it is not one."""
        found = re.fullmatch(r"\s*(>=|<=|>|<)\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*", text)
        try:
            value = float(found[2]) if found else math.inf
        except ValueError:
            return None
        return cls(found[1], value) if found and math.isfinite(value) else None

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.sign} the median"
        return f"{self.sign} {self.value:{'.15g' if self.value.is_integer() else 'g'}}"


@dataclass(frozen=True)
class Clock:
    """How time is counted: by a `unit` of dates ("year" to "day"), by "value", or in another way.

    "text" leaves a time of day out. "step" and "floor" count how often `width` goes into a number: of a step the places
    are numbers put together, of a floor they are dates whose hours were cut off. `ticks` per second since 1970 make
    dates of numbers, where they are above 0. `whole`: the numbers are whole.
    """

    unit: str
    width: float = 1.0
    ticks: float = 0.0
    whole: bool = True

    @property
    def of_numbers(self) -> bool:
        """Whether only numbers can be counted so."""
        return self.unit in ("step", "floor") or self.ticks > 0


@dataclass(frozen=True)
class Survey:
    """The columns that describe a sample's design: its strata, its primary sampling units, its replicate weights."""

    strata: str | None = None
    psu: str | None = None
    replicates: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All of them."""
        return (*(name for name in (self.strata, self.psu) if name), *self.replicates)


@dataclass(frozen=True)
class Scoring:
    """A score or a prediction of a tool beside the outcome, and which rows it selects.

    `predicted` are the values of the prediction that select, `cut` is where the score does. `lower`: low scores are the
    better ones. `coarse`: small cells are suppressed, so that the score is cut at round numbers, as other numbers are.
    """

    score: str | None = None
    prediction: str | None = None
    predicted: tuple[str, ...] = ()
    cut: Cut | None = None
    lower: bool = False
    coarse: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Those of the two that are there."""
        return tuple(name for name in (self.score, self.prediction) if name)

    @property
    def selects(self) -> str | None:
        """What selects a row, in words: `'score' >= 600`, `'advice' = 'yes'`; None where only a score is known."""
        if self.prediction:
            first = {value.strip().lower(): value for value in reversed(self.predicted)}  # each, in one spelling
            return f"'{self.prediction}' = " + " or ".join(f"'{value}'" for value in reversed(first.values()))
        return f"'{self.score}' {self.cut}" if self.score and self.cut else None


@dataclass(frozen=True)
class PayColumns:
    """The columns of pay: basic pay, the parts of variable pay, paid hours, and the category of workers."""

    base: str | None = None
    variable: tuple[str, ...] = ()
    hours: str | None = None
    category: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Those that hold amounts; a category is a column like others beside that."""
        return tuple(name for name in (self.base, *self.variable, self.hours) if name)


@dataclass(frozen=True)
class Roles:
    """What every column is; `reading` lists what was guessed, `ignored` why a column is left out.

    `cut` replaces `positive` for a numeric outcome. `period` is how time is counted. `codes` are columns whose whole
    numbers are codes: they are counted by their levels, however many these are. `leaks` predict the outcome, and are no
    `features`; they are known once the data are counted. `opaque` maps the columns that no rule reads to what they
    hold: they are a part of a record, and not audited. `vectors` are those of them that hold a vector of numbers in
    each row, of one dimension. `cluster` names what several people have in common (a site, an agency, a requisition, a
    template), as `id` names the person. `survey` is how the rows were sampled. `stages` are those of a process,
    `list_column` has the list that a row is on, `rank` its place there. `scoring` names a score or a prediction,
    which are no features. `pay` are the columns of pay.
    `probabilities` are by group: level -> the column of its probability.
    """

    target: str | None
    positive: tuple[str, ...]
    groups: tuple[str, ...]
    bands: Mapping[str, Bands]
    text: tuple[str, ...]
    time: str | None
    id: str | None
    features: tuple[str, ...]
    ignored: Mapping[str, Ignored]
    reading: tuple[Decision, ...]
    positive_guessed: bool = False
    cut: Cut | None = None
    strata: tuple[str, ...] = ()
    period: Clock | None = None
    weight: str | None = None
    codes: tuple[str, ...] = ()
    leaks: tuple[str, ...] = ()
    opaque: Mapping[str, Opaque] = field(default_factory=dict)
    cluster: str | None = None
    survey: Survey = field(default_factory=Survey)
    vectors: tuple[str, ...] = ()
    stages: Stages | None = None
    list_column: str | None = None
    rank: str | None = None
    scoring: Scoring = field(default_factory=Scoring)

    @property
    def process(self) -> tuple[str, ...]:
        """The columns of stages and of ranks: what came before the outcome, or is it, and so no feature."""
        return (*(self.stages.read if self.stages else ()), *([self.rank] if self.rank else []))

    def is_withdrawn(self, level: str) -> bool:
        """Whether a value of the outcome means that the person withdrew, so that the outcome is unknown."""
        stages = self.stages
        return stages is not None and self.target in stages.columns and level.strip().lower() in stages.withdrawn

    pay: PayColumns = field(default_factory=PayColumns)
    probabilities: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def units(self) -> tuple[str, ...]:
        """The columns that name a unit whose rows are alike: the person's, then the cluster's; those that are there."""
        return tuple(name for name in (self.id, self.cluster) if name)

    @property
    def amounts(self) -> tuple[str, ...]:
        """The columns that only rules of special uses read: of pay, and of probabilities of groups."""
        return (*self.pay.columns, *(name for of in self.probabilities.values() for name in of.values()))

    @property
    def copies(self) -> tuple[str, ...]:
        """The columns of the sets of images that are near copies."""
        return tuple(name for name, why in self.ignored.items() if why is Ignored.COPIES)

    @property
    def unit(self) -> str | None:
        """The column whose rows are drawn, and kept together, as one: the cluster's, else the person's."""
        return self.cluster or self.id

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
        for role in ("time", "id", "cluster", "weight"):
            if name == getattr(self, role):
                return role
        for role in ("score", "prediction"):
            if name == getattr(self.scoring, role):
                return role
        if name in self.survey.columns:
            return "survey design"
        if name in self.process:
            return "rank" if name == self.rank else "stage"
        if name == self.list_column:
            return "list"
        if name in self.amounts:
            return "pay" if name in self.pay.columns else "group probability"
        if name in self.opaque:
            return self.opaque[name].role
        return "ignored" if name in self.ignored else "leak" if name in self.leaks else "feature"


def in_order(reading: Iterable[Decision]) -> tuple[Decision, ...]:
    """Return decisions about roles in the order of ORDER; those of one kind as they were taken."""
    return tuple(sorted(reading, key=lambda of: ORDER.index(of.about) if of.about in ORDER else len(ORDER)))
