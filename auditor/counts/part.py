"""The tally of a part as it is written: plain values, a frame as its columns."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import ConfigDict

from auditor.model import Decision
from auditor.stats.clusters import Clusters
from auditor.use.roles import Roles, Seen

SCHEMA = "dataudit.tally/2"
MISSING = "(missing)"  # why a row has no vector: it has no value


@dataclass(frozen=True)
class Table:
    """A frame of counts by the columns of `key`, column by column."""

    key: tuple[str, ...]
    columns: dict[str, list[str | int | float | None]]


@dataclass(frozen=True)
class Counted:
    """A column of the tally as it is written."""

    type: str
    missing: int
    levels: int
    exact: bool
    agree: float
    tables: list[Table]
    edges: tuple[float, ...] = ()
    kept: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    coarse: bool = False


@dataclass(frozen=True)
class Unusable:
    """The rows without a usable vector of `dimension` numbers, by reason: MISSING, or one of `extras.UNUSABLE`."""

    dimension: int
    lost: dict[str, int]


@dataclass(frozen=True)
class Part:
    """The tally of a part, and what others need to make one that can be added to it.

    `seen` is what the peek saw, without its levels; `labels` and `unknown` are what the use states about levels.
    `min_cell`: smaller cells were left out. Of the rows of `withheld` only the groups are reported, and of at most
    `left_out` rows nothing. `vectors` has why rows of a column have none, in steps of `min_cell`.
    """

    name: str
    rows: int
    roles: Roles
    seen: dict[str, Seen]
    tables: list[Table]
    columns: dict[str, Counted]
    derived: dict[str, Counted] = field(default_factory=dict)
    moments: list[Table] | None = None
    clusters: dict[str, dict[str, Clusters]] = field(default_factory=dict)
    aggregated: bool = False
    reading: tuple[Decision, ...] = ()
    min_cell: int = 0
    withheld: list[Table] = field(default_factory=list)
    left_out: int = 0
    vectors: dict[str, Unusable] = field(default_factory=dict)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    unknown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    schema: str = SCHEMA
    version: str = ""
    __pydantic_config__ = ConfigDict(ser_json_inf_nan="strings", extra="forbid")
