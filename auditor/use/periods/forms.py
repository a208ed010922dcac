"""What a way of writing periods is: what it reads a text as, and whether a whole column can be meant so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

# Patterns of a year; DIGITS is that of four digits, YEAR also of two, as in '23.
DIGITS = "(?P<y>1[5-9][0-9]{2}|2[01][0-9]{2})"
YEAR = f"{DIGITS[:-1]}|'?[0-9]{{2}})"
RECENT = "(?P<y>19[0-9]{2}|20[0-9]{2})"
WORD = r"[^\W\d_]+"
BETWEEN = "[ ,/_.-]*(?:(?:of|de|del|des|di|van) )?"  # what may stand between a part of a year and its year
PIVOT = 70  # years of two digits from here on are of the last century, as POSIX has it
YEARS = 12  # different numbers before the names of months, as in 22-Jan: with more they are days
PARTS = {"half-year": 2, "quarter": 4, "month": 12, "week": 53}
YEARLESS = "If they come again in the data, as months do every year, trends over them are wrong."


class Point(NamedTuple):
    """A period: `key` sorts as time runs; its calendar year and first day are there where they are known.

    `number` is what many periods are put together by where they have no first day.
    """

    key: tuple[float, ...]
    year: int | None = None
    start: date | None = None
    number: float | None = None


Points = Mapping[str, Point]  # folded text -> what it was read as


def always(column: str, points: Points) -> bool:
    """Suit every column."""
    return True


@dataclass(frozen=True)
class Form:
    """A way of writing periods; `name` completes the sentence "Time is taken …".

    `read` reads a folded text. `suits` returns whether the form is plausible, by a column's name and all that was
    read in it. A form that `decides` goes before others that read the column too. `daily`: the periods are days.
    `first` is the first part of a date that could be read in two ways. `written`: only texts can have it, for a
    number has lost its last zeros.
    """

    name: str
    read: Callable[[str], Point | None]
    suits: Callable[[str, Points], bool] = always
    decides: bool = False
    daily: bool = False
    caveat: str = ""
    first: str = ""
    written: bool = False


def by_pattern(pattern: str, make: Callable[[re.Match[str]], Point | None]) -> Callable[[str], Point | None]:
    """Return a reader of the texts that a pattern matches whole; compiled only when it is used."""
    compiled = cache(lambda: re.compile(pattern))

    def read(text: str) -> Point | None:
        found = compiled().fullmatch(text)
        return make(found) if found else None

    return read


def whole_year(text: str) -> int:
    """Return a year of four digits, or of two within 1970 to 2069.

    >>> whole_year("1998"), whole_year("'98"), whole_year("23")
    (1998, 1998, 2023)
    """
    number = int(text.lstrip("'"))
    return number if number > 99 else number + (1900 if number >= PIVOT else 2000)


def day(year: int, month: int, of_month: int) -> Point | None:
    """Return a day; None for one that no calendar has.

    >>> str(day(2023, 2, 29)), day(2024, 2, 29).year
    ('None', 2024)
    """
    try:
        return on(date(year, month, of_month))
    except ValueError:
        return None


def on(at: date) -> Point:
    """Return a day of the calendar."""
    return Point((at.toordinal(),), at.year, at)


def part(unit: str, year: int, n: int) -> Point | None:
    """Return the n-th half, quarter, month or ISO week of a year; None where there is no such.

    >>> part("quarter", 2023, 2).start, part("quarter", 2023, 5)
    (datetime.date(2023, 4, 1), None)
    """
    if not 1 <= n <= PARTS[unit]:
        return None
    if unit == "week":  # its Thursday lies in the year that it is counted to
        start = date(year, 1, 4) + timedelta(days=7 * (n - 1) - date(year, 1, 4).weekday() + 3)
    else:
        start = date(year, 1 + 12 // PARTS[unit] * (n - 1), 1)
    return Point((year, n), year, start)


def year_by_year(column: str, points: Points) -> bool:
    """Whether years of two digits are all there from the first to the last, which days of a month would not be."""
    if all(re.search("[0-9]{4}", text) for text in points):
        return True
    years = {point.year for point in points.values() if point.year is not None}
    return max(years) - min(years) < len(years)
