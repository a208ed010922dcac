"""Whether a gap is wider than another one: a claim that needs size and evidence, as any other."""

from __future__ import annotations

import math
from enum import StrEnum


class Course(StrEnum):
    """How a gap stands to an earlier one of the same two groups."""

    WIDER = "wider"
    NARROWER = "narrower"
    REVERSED = "reversed"
    WITHIN = "within"  # a difference is evident, and small
    NOT_SHOWN = "not shown"

    @property
    def moved(self) -> bool:
        """Whether a difference is found, with size and evidence."""
        return self in (Course.WIDER, Course.NARROWER, Course.REVERSED)


def course(before: float, moved: float, p: float, limit: float, alpha: float) -> Course:
    """Return how a gap stands to an earlier one, from impact ratios of the same two groups.

    `before` is the earlier ratio, `moved` the later one over it; both may be 0 or inf. `p`, adjusted, is of the test
    that the two are equal. The difference has size where `moved` lies below `limit` or above its inverse. A gap is
    reversed where both lie beyond the threshold, on either side of 1.
    """
    if not p < alpha:
        return Course.NOT_SHOWN
    change = _log(moved)
    if not abs(change) > -math.log(limit):
        return Course.WITHIN
    first = _log(before)
    last = first + change
    if first * last < 0 and min(abs(first), abs(last)) > -math.log(limit):
        return Course.REVERSED
    return Course.WIDER if abs(last) > abs(first) else Course.NARROWER


def _log(ratio: float) -> float:
    return math.log(ratio) if ratio > 0 else -math.inf
