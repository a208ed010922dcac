"""Many periods put together: days into months or years, numbers by fives; and the names of what is put together."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from auditor.use.periods.forms import Point

MAX_PERIODS = 40
# Unit of time -> the days that the data must span for it; the first that fits is taken.
UNITS = (("year", 3 * 365), ("quarter", 365), ("month", 60), ("week", 15), ("day", 0))
NAMES: Mapping[str, Callable[[date], str]] = {
    "year": lambda at: f"{at:%Y}",
    "quarter": lambda at: f"{at:%Y}-Q{(at.month + 2) // 3}",
    "month": lambda at: f"{at:%Y-%m}",
    "week": lambda at: f"{at - timedelta(days=at.weekday()):%Y-%m-%d}",
    "day": lambda at: f"{at:%Y-%m-%d}",
}


def unit_for(days: float) -> str:
    """Return the unit in which data that span so many days are taken.

    >>> unit_for(3650), unit_for(200), unit_for(6)
    ('year', 'month', 'day')
    """
    return next(unit for unit, least in UNITS if max(0.0, days) >= least)


def step_for(low: float, high: float, whole: bool) -> float:
    """Return the width by which numbers are put together so that at most about MAX_PERIODS are left.

    >>> step_for(1, 48, True), step_for(0, 3600, True), step_for(0, 1, False)
    (5, 100, 0.05)
    """
    least = (high - low) / MAX_PERIODS
    if not 0 < least < math.inf:
        return 1
    if whole:
        least = max(5, least)
    power = 10.0 ** math.floor(math.log10(least))
    width = next(of * power for of in (1, 2, 5, 10) if of * power >= least * (1 - 1e-9))
    return int(width) if width >= 1 else width


def step_name(place: int, width: float, whole: bool) -> str:
    """Return the name of the numbers from `place` times `width` on.

    >>> step_name(0, 5, True), step_name(3, 0.1, False)
    ('0–4', '0.3 to under 0.4')
    """
    low, high = place * width, (place + 1) * width
    return f"{low:.15g}–{high - 1:.15g}" if whole else f"{low:.12g} to under {high:.12g}"


def together(points: Mapping[str, Point], rows: Mapping[str, int], daily: bool) -> tuple[dict[str, str], str]:
    """Return text -> name of its period, in the order of time, and in words what was put together, if anything.

    A period that is not put together with others is called by its commonest text. Days are taken by the unit that fits
    their span; other periods only where they are more than MAX_PERIODS.
    """
    ordered = sorted(points, key=lambda text: (points[text].key, -rows[text], text))
    starts = {text: start for text in ordered if (start := points[text].start)}
    if daily and starts:
        unit = unit_for((max(starts.values()) - min(starts.values())).days)
        return {text: NAMES[unit](starts[text]) for text in ordered}, f"by {unit}"
    first: dict[tuple[float, ...], str] = {}
    for text in ordered:
        first.setdefault(points[text].key, text.strip())
    if len(first) <= MAX_PERIODS:
        return {text: first[points[text].key] for text in ordered}, ""
    if len(starts) == len(ordered):
        for unit in ("month", "quarter", "year"):
            names = {text: NAMES[unit](starts[text]) for text in ordered}
            if len(set(names.values())) <= MAX_PERIODS or unit == "year":
                return names, f"by {unit}"
    numbers = {text: number for text in ordered if (number := points[text].number) is not None}
    if len(numbers) < len(ordered):
        return {text: first[points[text].key] for text in ordered}, ""
    whole = all(number.is_integer() for number in map(float, numbers.values()))
    width = step_for(min(numbers.values()), max(numbers.values()), whole)
    names = {text: step_name(math.floor(number / width), width, whole) for text, number in numbers.items()}
    return names, f"{width:,.15g} at a time"
