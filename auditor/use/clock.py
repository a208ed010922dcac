"""How the time column is to be counted, from what a peek saw of it: fine enough for its order, and bounded."""

from __future__ import annotations

import math
from collections.abc import Sequence

from auditor.errors import RoleError
from auditor.use.periods.days import compact, looks_serial, ticks_of
from auditor.use.periods.order import NUMBER, is_calendar
from auditor.use.periods.spans import MAX_PERIODS, step_for, unit_for
from auditor.use.roles import Clock, Seen

DAY_SECONDS = 86_400
MAX_FINE = 1_000  # values with decimals, of years or days, that are counted one by one


def clock_of(name: str, seen: Seen, stated: Sequence[str] = ()) -> Clock:
    """Return how a column of time is counted; `stated` is the order that the use states.

    Whole dates are counted by the unit that fits their span, and so are counts of seconds since 1970. Numbers that
    stand for dates are counted one by one, others put together where they are many.
    """
    if seen.dated:
        if stated:
            raise RoleError(f"[features] time_order is given, but '{name}' holds dates, which have their own order")
        return Clock(unit_for(((seen.high or 0) - (seen.low or 0)) / DAY_SECONDS))
    if not seen.numeric:
        return Clock("value" if len(stated) > 1 else "text")
    # A few values at the ends may stand for something else, as 0 and 9999 do.
    ends = [number for number in (*seen.cuts[:1], *seen.cuts[-1:]) if math.isfinite(number)]
    if len(stated) > 1 or not ends:
        return Clock("value")
    low, high = ends[0], ends[-1]
    if stated != (NUMBER,) and (found := _dated(name, seen, low, high)):
        return found
    if seen.distinct <= MAX_PERIODS:
        return Clock("value")
    return Clock("step", width=float(step_for(low, high, seen.whole)), whole=seen.whole)


def _dated(name: str, seen: Seen, low: float, high: float) -> Clock | None:
    """Return how numbers are counted that stand for dates; None for others."""
    texts = [f"{cut:.15g}" if cut < 1e15 else f"{cut:.0f}" for cut in seen.cuts]
    digits = {len(text) for text in texts}
    if seen.whole and digits <= {10, 12, 14} and len(digits) == 1 and all(map(compact, texts)):
        return Clock("floor", width=10.0 ** (digits.pop() - 8))  # the hours are cut off
    if ticks := ticks_of(low, high):
        return Clock(unit_for((high - low) / ticks / DAY_SECONDS), ticks=ticks)
    if not is_calendar(name, texts):
        return None
    fine = not seen.whole and (looks_serial(name, low, high) or seen.distinct > MAX_FINE)
    return Clock("floor") if fine else Clock("value")
