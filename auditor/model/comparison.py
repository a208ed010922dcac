"""Two audits side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.format import brief
from auditor.model.documentation import Documentation
from auditor.model.findings import Measure
from auditor.model.series import Series
from auditor.model.states import Level, State


class Direction(StrEnum):
    """How the second of two audits compares with the first in one thing, in the order of the report.

    `NEW` and `GONE` are about what only one of the audits has at all (a group, a column). `OTHER` is neither better
    nor worse: what was inconclusive before or is now, or a number without a better value.
    """

    WORSE = "worse"
    BETTER = "better"
    NEW = "new"
    GONE = "gone"
    OTHER = "other"
    SAME = "same"


@dataclass(frozen=True)
class Change:
    """A finding that appeared (no state `before`), disappeared (no state `after`), or changed its state.

    `worse`: it makes the second audit worse, because it is shown, grew, and counts for the verdict. `better`: it makes
    it better, because it was shown, no longer is or is less so, and counts.
    """

    rule: str
    subject: Mapping[str, str]
    before: State | None
    after: State | None
    message: str
    worse: bool = False
    better: bool = False
    direction: Direction = Direction.OTHER


@dataclass(frozen=True)
class Shift:
    """A number in two audits; `beyond`: each lies outside the other's interval.

    `direction`: whether it came nearer to its value without a fault (a ratio to 1, a difference to 0), or moved away.
    """

    rule: str
    subject: Mapping[str, str]
    measure: str
    before: Measure | None
    after: Measure | None
    beyond: bool
    direction: Direction = Direction.OTHER


@dataclass(frozen=True, repr=False)
class Comparison:
    """Two audits side by side: `names` and `levels` of both, what changed, whether the second is worse, and better.

    It may be both, in different findings. `unchanged` is the number of findings that both have in the same state.
    `documentation` is that of the rules whose numbers are in it. `series` has all audits where more than two were
    compared; the two are then the last and the one before it.
    """

    names: tuple[str, str]
    levels: tuple[Level, Level]
    changes: tuple[Change, ...]
    shifts: tuple[Shift, ...]
    notes: tuple[str, ...]
    worse: bool
    better: bool = False
    unchanged: int = 0
    documentation: Mapping[str, Documentation] = field(default_factory=dict)
    series: Series | None = None

    def __bool__(self) -> bool:
        raise TypeError("a comparison is neither true nor false; write comparison.worse or comparison.better")

    def __repr__(self) -> str:
        of = [change.direction for change in self.changes]
        counts = [f"{of.count(each)} {each}" for each in Direction if each in of]
        which = [word for word, true in (("worse", self.worse), ("better", self.better)) if true]
        return brief(
            "Comparison",
            f"{self.names[0]}: {self.levels[0]}",
            f"{self.names[1]}: {self.levels[1]}",
            f"the second is {' and '.join(which) or 'neither better nor worse'}",
            f"findings: {', '.join([*counts, f'{self.unchanged} unchanged'])}",
        )
