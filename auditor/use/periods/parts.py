"""Parts of years: months, quarters, halves, weeks, seasons, fiscal years; with their year or without it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from auditor.use.periods.forms import (
    BETWEEN,
    DIGITS,
    PARTS,
    RECENT,
    WORD,
    YEAR,
    YEARLESS,
    YEARS,
    Form,
    Point,
    Points,
    by_pattern,
    part,
    whole_year,
    year_by_year,
)
from auditor.use.periods.words import SEASON, month, name_words

# What stands beside the number of a part; words of one letter but for q and h need the year beside them.
BESIDE = {
    "quarter": ("q|qtr|quarter|quartal|kvartal|kwartal|trimestre|trim", "|t"),
    "half-year": ("h|hy|half|half-?year|halbjahr|hj", "|semestre|semester|sem|s"),
    "week": ("kw|cw|kalenderwoche", "|w|wk|week|woche|sem|semaine|semana|settimana|uge|uke|vecka"),
    "month": ("m", "|month|monat|mois|mes|mese|maand"),
}
WEEK_WORDS = frozenset({"week", "weeks", "wk", "woche", "kw", "cw", "semaine", "semana", "settimana", "yearweek"})
FISCAL = "(?:fy|ay|sy|gj|fiscal year|financial year|academic year|school year)[ -]?"
NORTH = "Spring is taken to come before autumn, as it does north of the equator."
WINTERS = ("ws", "wise", "winter", "wintersemester", "hiver", "invierno", "inverno")
SUMMERS = ("ss", "sose", "sommersemester")


def _numbered(unit: str, words: str) -> str:
    return rf"(?:(?:{words})\.?[ -]?(?P<n>[0-9]{{1,2}})|(?P<k>[0-9]{{1,2}})\.?[ -]?(?:{words})\.?)"


def _with_words() -> Iterator[Form]:
    """Yield Q1 2023, 2023-Q1, 1Q23 and their like, and quarters and halves without a year."""
    for unit, (short, long) in BESIDE.items():

        def make(found: re.Match[str], unit: str = unit) -> Point | None:
            return part(unit, whole_year(found["y"]), int(found["n"] or found["k"]))

        def alone(found: re.Match[str], unit: str = unit) -> Point | None:
            n = int(found["n"] or found["k"])
            return Point((n,)) if 1 <= n <= PARTS[unit] else None

        beside = _numbered(unit, short + long)
        for pattern in (beside + BETWEEN + YEAR, YEAR + BETWEEN + beside):
            yield Form(f"as {unit}s with the year", by_pattern(pattern, make))
        if unit in ("quarter", "half-year"):
            name = f"as {unit}s without a year"
            yield Form(name, by_pattern(_numbered(unit, short), alone), caveat=YEARLESS)


def _in_numbers(unit: str, suits: Callable[[str, Points], bool]) -> Iterator[Form]:
    """Yield 2023-05, 202305, 5/2023: the fifth month or week."""

    def make(found: re.Match[str]) -> Point | None:
        return part(unit, whole_year(found["y"]), int(found["m"]))

    mark = "(?: ?[/_.-] ?| )"
    patterns = {
        rf"{RECENT}(?P<m>[0-9]{{2}})": False,
        rf"{DIGITS}{mark}(?P<m>[0-9]{{1,2}})": True,
        rf"(?P<m>[0-9]{{1,2}}){mark}{DIGITS}": False,
    }
    for pattern, written in patterns.items():
        yield Form(f"as {unit}s with the year", by_pattern(pattern, make), suits, written=written)


def _weekly(column: str, points: Points) -> bool:
    return bool(name_words(column) & WEEK_WORDS)


def _beyond_months(column: str, points: Points) -> bool:
    return any(point.key[1] > PARTS["month"] for point in points.values())


def _short_months(found: re.Match[str]) -> Point | None:
    return part("month", whole_year(found["y"]), int(found["m"]))


def _by_name(found: re.Match[str]) -> Point | None:
    of_year = month(found["m"])
    return part("month", whole_year(found["y"]), of_year) if of_year else None


def _few_years(column: str, points: Points) -> bool:
    """Whether the numbers before the names of months are years of two digits, as in 22-Jan, and not days."""
    years = {point.year for point in points.values()}
    return len(years) <= YEARS and year_by_year(column, points)


def _month_alone(text: str) -> Point | None:
    of_year = month(text)
    return Point((of_year,)) if of_year else None


def _fiscal(found: re.Match[str]) -> Point | None:
    """Read a year that goes by two, by the first: the second must be the next."""
    first, second = whole_year(found["y"]), found["z"]
    if second and int(second) not in (first + 1, (first + 1) % 100):
        return None
    return Point((first,), first, number=first)


def _season(found: re.Match[str]) -> Point | None:
    """Read a season by its year; a winter only by two years: of one it could be the beginning or the end."""
    year, second = whole_year(found["y"]), found["z"]
    if found["w"] in WINTERS:
        return Point((year, 4), year) if second and int(second) in (year + 1, (year + 1) % 100) else None
    place = 2 if found["w"] in SUMMERS else SEASON.get(found["w"])
    return Point((year, place), year) if place and not second else None


FORMS = (
    Form("as fiscal or academic years", by_pattern(rf"(?:{FISCAL})?{YEAR}[-/](?P<z>[0-9]{{2}}|[0-9]{{4}})", _fiscal)),
    Form("as fiscal or academic years", by_pattern(rf"{FISCAL}{YEAR}(?P<z>)", _fiscal)),
    *_in_numbers("week", _weekly),
    *_in_numbers("month", lambda column, points: True),
    *_in_numbers("week", _beyond_months),
    Form(
        "as months with the year",
        by_pattern(r"(?P<m>[0-9]{1,2})[/.-](?P<y>1[3-9]|[2-9][0-9])", _short_months),
        year_by_year,
    ),
    Form("as months with the year", by_pattern(rf"(?P<m>{WORD})\.?{BETWEEN}{YEAR}", _by_name), year_by_year),
    Form("as months with the year", by_pattern(rf"{DIGITS}[ ,/_.-]*(?P<m>{WORD})\.?", _by_name)),
    Form("as months with the year", by_pattern(rf"(?P<y>[0-9]{{2}})[ ,/_.-](?P<m>{WORD})\.?", _by_name), _few_years),
    Form("as months without a year", _month_alone, caveat=YEARLESS),
    *_with_words(),
    Form(
        "as seasons with the year",
        by_pattern(rf"(?P<w>{WORD})[ /_-]?{YEAR}(?:[/-](?P<z>[0-9]{{2}}|[0-9]{{4}}))?", _season),
        caveat=NORTH,
    ),
    Form("as seasons with the year", by_pattern(rf"{DIGITS}[ /_-](?P<w>{WORD})(?P<z>)", _season), caveat=NORTH),
)
