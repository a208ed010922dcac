"""How rules describe themselves: their measures, and the kind of action that they ask for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Unit(StrEnum):
    """In what a quantity is measured."""

    SHARE = "share"
    POINTS = "points"  # a difference of shares
    RATIO = "ratio"
    P = "p"
    PEOPLE = "people"  # or rows
    DEVIATIONS = "deviations"
    NUMBER = "number"


@dataclass(frozen=True)
class Quantity:
    """What a measure is: its name in words and its unit.

    `ideal` is its value without a fault; None where no value is better than another. `unknown` is the meaning of an
    unknown value, where it has one. `descriptive`: it describes the rows at hand and has no interval, and no state
    rests on it.
    """

    words: str
    unit: Unit = Unit.NUMBER
    ideal: float | None = None
    unknown: str | None = None
    descriptive: bool = False


@dataclass(frozen=True)
class Ask:
    """A kind of action: what must be done, its owner, and what a new audit shows once it is done.

    `of` are the keys of a finding's subject to which it applies: the first that is there.
    """

    what: str
    owner: str
    done: str
    of: tuple[str, ...] = ("column", "level", "group", "target")


@dataclass(frozen=True)
class Documentation:
    """How a rule describes itself: its name, the fault in a sentence, and texts by heading ("How it is measured", …).

    `asks` is the kind of action that its findings ask for.

    `measures` explains each of its measures; `leading` are those by which two audits are compared, in plain words.
    """

    name: str
    title: str
    sections: Mapping[str, str] = field(default_factory=dict)
    measures: Mapping[str, Quantity] = field(default_factory=dict)
    leading: Mapping[str, str] = field(default_factory=dict)
    asks: Ask | None = None
