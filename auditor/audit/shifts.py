"""The numbers of two audits that moved: which, beyond their intervals or not, and nearer to no fault or further."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping

from auditor.model import (
    Direction,
    Documentation,
    Finding,
    Measure,
    Shift,
    Unit,
)

# Rule, subject without the reference, and the place among several findings of the same.
Key = tuple[str, tuple[tuple[str, str], ...], int]


def shifts_of(
    old: Mapping[Key, Finding],
    new: Mapping[Key, Finding],
    changed: Container[Key],
    documentation: Mapping[str, Documentation],
    *,
    alike: bool,
) -> Iterator[Shift]:
    """Yield the numbers that moved beyond both intervals, the leading ones, and the first of each changed finding.

    `alike`: both audits have as many rows. Otherwise a number of people is smaller where there are fewer of them, which
    is neither better nor worse.
    """
    for key in dict.fromkeys([*new, *old]):
        was, now = (of[key].measures if key in of else {} for of in (old, new))
        names = dict.fromkeys([*now, *was])
        rule = documentation.get(key[0], Documentation(key[0], ""))
        ideals = {
            name: of.ideal
            for name, of in rule.measures.items()
            if of.ideal is not None and (alike or of.unit is not Unit.PEOPLE)
        }
        first = next((name for name in names if name in ideals), None) if key in changed else None
        for name in names:
            pair = was.get(name), now.get(name)
            moved = beyond(*pair)
            if moved or ((name in rule.leading or name == first) and _any_value(pair)):
                yield Shift(key[0], dict(key[1]), name, *pair, moved, nearer(ideals.get(name), *pair))


def nearer(ideal: float | None, was: Measure | None, now: Measure | None) -> Direction:
    """Return whether a number came nearer to its value without a fault; ratios are compared on the log scale.

    >>> nearer(1, Measure(0.681), Measure(0.997)), nearer(1, Measure(1.0), Measure(1.5))
    (<Direction.BETTER: 'better'>, <Direction.WORSE: 'worse'>)
    """
    if was is None or now is None or was.value is None or now.value is None or ideal is None:
        return Direction.OTHER
    if was.value == now.value:
        return Direction.SAME
    values = was.value, now.value
    if ideal == 1:
        first, second = (abs(math.log(value)) if value > 0 else math.inf for value in values)
    else:
        first, second = (abs(value - ideal) for value in values)
    return Direction.BETTER if second < first else Direction.WORSE if second > first else Direction.OTHER


def _any_value(pair: tuple[Measure | None, Measure | None]) -> bool:
    return any(measure is not None and measure.value is not None for measure in pair)


def beyond(was: Measure | None, now: Measure | None) -> bool:
    """Whether each number lies outside the other's interval; a number without an interval is never beyond."""
    if was is None or now is None or was.value is None or now.value is None:
        return False
    bounds = (was.low, was.high, now.low, now.high)
    return None not in bounds and not (_within(now.value, was.low, was.high) or _within(was.value, now.low, now.high))


def _within(value: float, low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low <= value <= high
