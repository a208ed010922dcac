"""Numbers that may be placeholders for "no value": far from all others, frequent, and usual for this purpose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from auditor.use.levels.spelling import unaccented
from auditor.use.levels.unknown import AGE_WORDS, AGES, NOT_YEARS, PLACEHOLDER_DAYS, PLACEHOLDERS
from auditor.use.names import words_of

if TYPE_CHECKING:
    from auditor.use.roles import Seen

FAR = 0.25  # of the range of all other values; judgement, as are the next three
LEAST_ROWS, LEAST_SHARE = 3, 0.002  # fewer may be one person's slip
LEAST_LONELY, FEW = 0.01, 2  # share of rows, and number, of negative values beside numbers that are not
MANY = 10  # other values from which a number is a quantity: 0 and -1 beside fewer may be codes like any other
FAR_DAYS = 5 * 365.25  # beyond all other days
MOST_IMPOSSIBLE = 50  # different impossible ages: with more, the column may be no age in years


EPOCH = date(1970, 1, 1)
DAYS = {float((date.fromisoformat(day) - EPOCH).days): day for day in PLACEHOLDER_DAYS}  # since 1970


def written(day: float) -> str:
    """Return a day that is counted from 1970 as a date.

    >>> written(-25567.0)
    '1900-01-01'
    """
    return (EPOCH + timedelta(days=int(day))).isoformat()


def may_be_placeholder(low: float, high: float, cuts: Sequence[float]) -> bool:
    """Whether the lowest or the highest number may mean "no value", as far as quantiles (`cuts`) show it."""
    inner = [cut for cut in cuts if cut not in PLACEHOLDERS]
    if not inner:
        return low in PLACEHOLDERS or high in PLACEHOLDERS
    width = inner[-1] - inner[0]
    if low < 0 < inner[0] and low in PLACEHOLDERS:
        return True
    return (low in PLACEHOLDERS and inner[0] - low > FAR * width) or (
        high in PLACEHOLDERS and high - inner[-1] > FAR * width
    )


def placeholders(seen: Seen) -> dict[float, int]:
    """Return the numbers that may mean "no value", each with its rows among those looked at.

    They recur, and lie beyond one end of all other values by a quarter of their range or more, or are the only numbers
    below 0. A 9 may just be the highest of small counts: it lies further off, or is commoner than the highest of them.
    Days are counted from 1970.
    """
    if seen.inner is None:
        return {}
    low, high = seen.inner
    least = max(LEAST_ROWS, LEAST_SHARE * seen.known)
    if seen.dated:
        far = max(FAR_DAYS, FAR * (high - low))
        beyond = {day: rows for day, rows in sorted(seen.ends.items()) if max(low - day, day - high) > far}
        return {day: rows for day, rows in beyond.items() if rows >= least}
    others = seen.distinct - len(seen.ends)
    lonely = low >= 0 and others > MANY and sum(value < 0 for value in seen.ends) <= FEW

    def meant(value: float, rows: int) -> bool:
        if rows < least:
            return False
        if value < 0 and lonely and rows >= LEAST_LONELY * seen.known:
            return True
        if value in (0.0, -1.0) and others <= MANY:
            return False
        width, beyond = high - low, max(low - value, value - high)
        if value == 9 and beyond < width and rows <= seen.levels.get(f"{high:.15g}", 0):
            return False
        return beyond > FAR * width and others > 1

    return {value: rows for value, rows in sorted(seen.ends.items()) if meant(value, rows)}


def is_age(name: str, seen: Seen) -> bool:
    """Whether a column holds ages in years: by its name, and half of the values seen are ages."""
    words = words_of(unaccented(name))
    if not seen.numeric or not words & AGE_WORDS or words & NOT_YEARS or not seen.cuts:
        return False
    return AGES[0] <= seen.cuts[len(seen.cuts) // 2] <= AGES[1]
