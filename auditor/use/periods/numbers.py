"""Numbers as periods: years, plain numbers, numbers with a word, ranges."""

from __future__ import annotations

import itertools
import re

from auditor.use.periods.forms import DIGITS, Form, Point, Points, by_pattern, whole_year
from auditor.use.periods.words import name_words

NUMBERS = "in the order of its numbers"
YEAR_WORDS = frozenset({"year", "yr", "yy", "jahr", "annee", "ano", "anno", "jaar", "rok"})
# Words in a column's name -> the highest number that a part of a year, or of a smaller cycle, has.
CYCLES = {
    frozenset({"month", "monat", "mois", "mes", "mese", "maand"}): 12,
    frozenset({"quarter", "quartal", "qtr", "trimestre", "kvartal"}): 4,
    frozenset({"week", "wk", "woche", "kw", "semaine", "semana", "settimana"}): 53,
    frozenset({"day", "tag", "jour", "dia"}): 31,
    frozenset({"hour", "stunde", "heure", "hora"}): 24,
}
CENTURY = "Years of two digits below 70 are taken as of this century."


def cycle(column: str, low: float, high: float) -> bool:
    """Whether numbers from `low` to `high` are of a part of a year that comes again, by the column's name.

    >>> cycle("month", 1, 12), cycle("month", 1, 36), cycle("wave", 1, 12)
    (True, False, False)
    """
    words = name_words(column)
    return low >= 0 and any(words & of and high <= most for of, most in CYCLES.items())


def _number(text: str) -> Point | None:
    if not re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?", text):
        return None
    number = float(text)
    return Point((number,), number=number) if abs(number) < 1e300 else None


def _year(text: str) -> Point | None:
    found = re.fullmatch(rf"{DIGITS}(\.[0-9]+)?", text)
    return Point((float(text),), int(found["y"]), number=float(text)) if found else None


def weekly(column: str) -> bool:
    """Whether a column's name shows that it holds days of the week.

    >>> weekly("day_of_week"), weekly("week")
    (True, False)
    """
    words = name_words(column)
    return bool(words & {"weekday", "dow", "wochentag"}) or {"day", "of", "week"} <= words


def _in_one_order(column: str, points: Points) -> bool:
    """Whether numbers are in the order of time: no days of the week, no years with a month before or behind the point.

    Where 2023.11 and 2023.2 are there, 2023.1 is January or October.
    """
    behind = {text.split(".")[1] for text in points if re.fullmatch(rf"{DIGITS}\.[0-9]{{1,2}}", text)}
    before = all(re.fullmatch(r"[0-9]{1,2}\.(19|20)[0-9]{1,2}", text) for text in points)
    return not (weekly(column) or before or (behind & {"10", "11", "12"} and behind & set("23456789")))


def _short_year(text: str) -> Point | None:
    if not re.fullmatch("'?[0-9]{1,2}", text):
        return None
    year = whole_year(text)
    return Point((year,), year, number=year)


def _over_the_century(column: str, points: Points) -> bool:
    """Whether numbers up to 99 are years of two digits: by the name, and because only as such they are close."""
    raw = [int(text.lstrip("'")) for text in points]
    years = [point.key[0] for point in points.values()]
    marked = all(text.startswith("'") for text in points)
    close = 2 * (max(years) - min(years)) < max(raw) - min(raw)
    return marked or (bool(name_words(column) & YEAR_WORDS) and close)


def _with_a_word(found: re.Match[str]) -> Point | None:
    """Read a number with a word; T-3 and D-7 count backwards, which P-1 does not, so that neither is read."""
    if re.match("[dt] ?-", found[0]):
        return None
    number = float(found["n"])
    year = int(number) if re.fullmatch(DIGITS, found["n"]) else None
    return Point((number,), year, number=number)


def _one_word(column: str, points: Points) -> bool:
    """Whether all numbers have the same words about them."""
    return len({re.sub("[0-9]+", "#", text).replace(" ", "") for text in points}) == 1


def _range(found: re.Match[str]) -> Point | None:
    first, last = float(found["a"]), float(found["b"])
    return Point((first, last)) if first < last else None


def _apart(column: str, points: Points) -> bool:
    """Whether no range begins before another has ended."""
    ends = sorted(point.key for point in points.values())
    return all(one[1] < other[0] for one, other in itertools.pairwise(ends) if one != other)


PLAIN = Form(NUMBERS, _number, _in_one_order)
FORMS = (
    Form("in the order of its years", _short_year, _over_the_century, decides=True, caveat=CENTURY),
    Form("in the order of its years", _year, _in_one_order),
    PLAIN,
    Form(NUMBERS, by_pattern(r"(?=.*[^\W\d_])[^\d+]*(?P<n>[0-9]+)[^\d+]*", _with_a_word), _one_word),
    Form("in the order of its ranges", by_pattern(r"(?P<a>[0-9]+) ?(?:-|to) ?(?P<b>[0-9]+)", _range), _apart),
)
