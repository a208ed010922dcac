"""Several audits in a row: what each gave for the numbers that matter, and how these moved."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from auditor.model.findings import Measure
from auditor.model.states import Level


class Order(StrEnum):
    """What audits of a series are ordered by: as they were given, the stated period, or when they were made."""

    GIVEN = "given"
    PERIOD = "period"
    MADE = "made"


class Trend(StrEnum):
    """What the audits show of a number since the first that has it; `NOT_SHOWN` is not "the same"."""

    ROSE = "rose"
    FELL = "fell"
    NOT_SHOWN = "not_shown"
    UNTESTED = "untested"


@dataclass(frozen=True)
class Track:
    """A number of a group in each audit: its `share` of the data, its `selection_rate` or its `impact_ratio`.

    `values` and `changes` have an entry per audit, None where an audit lacks the number. A change is the difference
    from the first audit that has it, or the ratio to it where the number is a ratio, with its interval. `p_adjusted`
    is Holm's, over the later audits and the groups of the column. `trend` is that of the last audit.
    """

    measure: str
    group: str
    level: str
    reference: str | None
    values: tuple[Measure | None, ...]
    changes: tuple[Measure | None, ...]
    p_adjusted: tuple[float | None, ...]
    trend: Trend


@dataclass(frozen=True)
class Series:
    """Several audits in a row: their names, verdicts, rows and periods, the numbers of their groups, and notes."""

    names: tuple[str, ...]
    levels: tuple[Level, ...]
    rows: tuple[int, ...]
    periods: tuple[tuple[int, int] | None, ...]
    order: Order
    tracks: tuple[Track, ...]
    notes: tuple[str, ...] = ()
