"""Days: dates in numbers and with the month by name, counts of days or seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from auditor.use.periods.forms import (
    BETWEEN,
    DIGITS,
    RECENT,
    WORD,
    YEAR,
    YEARLESS,
    YEARS,
    Form,
    Point,
    Points,
    by_pattern,
    day,
    on,
    whole_year,
    year_by_year,
)
from auditor.use.periods.words import month, name_words

DATE_WORDS = frozenset({"date", "datum", "fecha", "dato"})
EXCEL = date(1899, 12, 30)  # its day 0
SERIALS = (20_000, 80_000)  # its days of 1954 and of 2119
SECONDS = (315_532_800, 4_102_444_800)  # from 1970 to 1980 and to 2100
TICKS = (1.0, 1e3, 1e6, 1e9)  # per second, as clocks count them
OTHERS = "If its numbers mean something else, trends over them are wrong."
DAY, MONTH = "day", "month"


def _numeric() -> Iterator[Form]:
    """Yield dates in numbers, a form per mark and order; after a point the day comes first."""
    d, m = "(?P<d>[0-9]{1,2})", "(?P<m>[0-9]{1,2})"
    for mark in ("-", "/", r"\.", "_", " "):
        s = " " if mark == " " else f" ?{mark} ?"
        yield _date(f"{DIGITS}{s}{m}{s}{d}")
        yield _date(f"{d}{s}{m}{s}{YEAR}", DAY)
        if mark != r"\.":
            yield _date(f"{m}{s}{d}{s}{YEAR}", MONTH)
            yield _date(f"(?P<y>[0-9]{{2}}){s}{m}{s}{d}", "year")
    yield Form("as dates", compact, daily=True, decides=True)
    yield _date(f"(?P<d>[0-9]{{1,2}})(?P<m>[0-9]{{2}}){RECENT}", DAY)
    yield _date(f"(?P<m>[0-9]{{1,2}})(?P<d>[0-9]{{2}}){RECENT}", MONTH)


def _date(pattern: str, first: str = "", decides: bool = False) -> Form:
    def make(found: re.Match[str]) -> Point | None:
        return day(whole_year(found["y"]), int(found["m"]), int(found["d"]))

    name = f"as dates, {first} first" if first else "as dates"
    return Form(name, by_pattern(pattern, make), year_by_year, decides, daily=True, first=first)


def compact(text: str) -> Point | None:
    """Read a date in eight digits, with the hours, minutes and seconds behind it or without.

    >>> compact("20240131").start, compact("2024013110") is not None, compact("20241301")
    (datetime.date(2024, 1, 31), True, None)
    """
    found = re.fullmatch(f"{RECENT}(?P<m>[0-9]{{2}})(?P<d>[0-9]{{2}})(?:[0-9]{{2}}){{0,3}}", text)
    return day(int(found["y"]), int(found["m"]), int(found["d"])) if found else None


def _named() -> Iterator[Form]:
    """Yield dates with the month by name, with or without a day of the week before them."""

    def make(found: re.Match[str]) -> Point | None:
        of_year = month(found["m"])
        return day(whole_year(found["y"]), of_year, int(found["d"])) if of_year else None

    weekday, name, d = rf"(?:{WORD}\.?,? )?", rf"(?P<m>{WORD})\.?", "(?P<d>[0-9]{1,2})"
    for pattern in (
        rf"{weekday}{d}\.?[ /_-]*(?:de )?{name}{BETWEEN}{YEAR}",
        rf"{weekday}{name}[ -]{d},?[ -]{DIGITS}",
        rf"{DIGITS}[ /.-]{name}[ /.-]{d}",
    ):
        yield Form("as dates", by_pattern(pattern, make), year_by_year, daily=True)


def _of_week(found: re.Match[str]) -> Point | None:
    try:
        return on(date.fromisocalendar(int(found["y"]), int(found["n"]), int(found["d"])))
    except ValueError:
        return None


def _serial(text: str) -> Point | None:
    found = re.fullmatch(r"([0-9]{5})(\.[0-9]+)?", text)
    within = found and SERIALS[0] <= int(found[1]) <= SERIALS[1]
    return on(EXCEL + timedelta(days=int(found[1]))) if found and within else None


def looks_serial(column: str, low: float, high: float) -> bool:
    """Whether numbers from `low` to `high` are Excel's count of days: by the column's name and by their size.

    >>> looks_serial("start_date", 44197, 45291), looks_serial("salary", 44197, 45291)
    (True, False)
    """
    return bool(name_words(column) & DATE_WORDS) and SERIALS[0] <= low <= high <= SERIALS[1]


def _as_serial(column: str, points: Points) -> bool:
    return bool(name_words(column) & DATE_WORDS)


def ticks_of(low: float, high: float) -> float | None:
    """Return the ticks per second in which numbers from `low` to `high` count the time since 1970; None if none.

    >>> ticks_of(1_600_000_000, 1_700_000_000), ticks_of(1.6e12, 1.7e12), ticks_of(2001, 2024)
    (1.0, 1000.0, None)
    """
    return next((per for per in TICKS if SECONDS[0] * per <= low <= high <= SECONDS[1] * per), None)


def _ticks(text: str) -> Point | None:
    if not re.fullmatch(r"[0-9]{9,19}(\.[0-9]+)?", text) or (per := ticks_of(float(text), float(text))) is None:
        return None
    return on(date(1970, 1, 1) + timedelta(days=int(float(text) / per // 86_400)))


def _yearless(found: re.Match[str]) -> Point | None:
    """Read a day whose year is not written, as one of a leap year."""
    of_year = month(found["m"])
    return Point((of_year, int(found["d"]))) if of_year and day(2024, of_year, int(found["d"])) else None


def _no_years(column: str, points: Points) -> bool:
    """Whether 'Jan 22' or '22-Jan' is a day: not where some numbers, one after another, come with many months each."""
    numbers = {point.key[1] for point in points.values()}
    return max(numbers) - min(numbers) >= len(numbers) or len(points) < 3 * len(numbers)


FORMS = (
    Form("as Excel's count of days", _serial, _as_serial, decides=True, daily=True, caveat=OTHERS),
    *_numeric(),
    *_named(),
    Form("as dates", by_pattern(rf"{DIGITS}-?w(?P<n>[0-9]{{2}})-?(?P<d>[1-7])", _of_week), daily=True),
    Form("as a count of time since 1970", _ticks, daily=True, caveat=OTHERS),
    Form(
        "as days without a year",
        by_pattern(rf"(?P<m>{WORD})\.? (?P<d>[0-9]{{1,2}})", _yearless),
        _no_years,
        caveat=YEARLESS,
    ),
    Form(
        "as days without a year",
        by_pattern(rf"(?P<d>[0-9]{{1,2}})\.?[ -]?(?P<m>{WORD})\.?", _yearless),
        lambda column, points: len({point.key[1] for point in points.values()}) > YEARS or _no_years(column, points),
        caveat=YEARLESS,
    ),
)
