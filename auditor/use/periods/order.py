"""The order of time of a column's values: one way of writing explains them all, or the order is not known."""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from auditor.use.nameable import LEAST, counted, may_be_named, named
from auditor.use.periods import days, numbers, parts
from auditor.use.periods.forms import YEARLESS, Form, Point
from auditor.use.periods.spans import NAMES, step_name, together
from auditor.use.periods.words import WEEKDAYS, folded
from auditor.use.says import Says

FORMS = (*days.FORMS, *parts.FORMS, *numbers.FORMS)
TRACE = 0.01  # the share of rows that may be left without a period
LOOKED_AT = 300  # levels that are tried with every form, before all are with those that fit
NUMBER, DAY_FIRST, MONTH_FIRST = "number", "day first", "month first"
ALONE = "as one period"
KEYWORDS = (NUMBER, DAY_FIRST, MONTH_FIRST)
WRITE = "write dates such as 2024-01-31, or list its values in order ([features] time_order)"

SAYS = Says(
    no_value="'{column}' has no value in any row",
    steps="{numbers}, {width:steps} at a time",
    unplaced="the values of '{column}' in {rows}{>share} {why}{>like}",
    share=" ({share:percent})",
    like=": {like:listed 3}",
    either="'{column}' can be read {first}, or {second} ('{value}'), with different periods; {settle}",
    weekdays="'{column}' holds days of the week, which have no first and no last; {settle}",
    mixed="{unplaced}; {settle}",
    otherwise="cannot be read {how} like the others",
    state='write dates such as 2024-01-31, or state [features] time_order = "{first}" or "{second}"',
    unknown="the order of '{column}' ({values}) is not known; {settle}",
)


@dataclass(frozen=True)
class Order:
    """Periods in the order of time: `places` is value -> name of its period, earliest first; `years` value -> year.

    `how` completes "Time is taken …", `caveat` names what would make it wrong. `unread` are values without a place, a
    trace. Where the order is not known, `reason` explains why, and there are no places.
    """

    places: Mapping[str, str] = field(default_factory=dict)
    years: Mapping[str, int] = field(default_factory=dict)
    how: str = ""
    caveat: str = ""
    unread: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def periods(self) -> list[str]:
        """The names of the periods, earliest first."""
        return list(dict.fromkeys(self.places.values()))


@dataclass(frozen=True)
class _Reading:
    """What one form makes of a column: value -> period, and the rows that it reads."""

    form: Form
    points: Mapping[str, Point]
    rows: int


class _Texts(dict[str, str]):
    """Value -> its text as it is looked up, found when it is asked for."""

    def __missing__(self, value: str) -> str:
        self[value] = text = folded(value)
        return text


@dataclass(frozen=True)
class _Values:
    """A column's values with their rows, to be read in one form or another."""

    column: str
    rows: Mapping[str, int]
    texts: _Texts

    def commonest(self) -> _Values:
        """Return the commonest values alone."""
        most = heapq.nsmallest(LOOKED_AT, self.rows, key=lambda value: (-self.rows[value], value))
        return _Values(self.column, {value: self.rows[value] for value in most}, self.texts)

    def read(self, form: Form) -> _Reading:
        """Read them in a form."""
        points = {value: point for value in self.rows if (point := form.read(self.texts[value]))}
        return _Reading(form, points, sum(self.rows[value] for value in points))

    def suit(self, reading: _Reading, keyword: str = "") -> bool:
        """Whether a reading can be meant."""
        if keyword == NUMBER and reading.form is numbers.PLAIN:
            return True
        return reading.form.suits(self.column, {self.texts[value]: at for value, at in reading.points.items()})


def order_of(column: str, rows: Mapping[str, int], stated: Sequence[str] = (), numeric: bool = False) -> Order:
    """Return the order of a column's values, given the rows of each.

    `stated` is the order as stated: all periods, or one of KEYWORDS.

    >>> order_of("when", {"Feb 2023": 9, "Dec 2022": 9, "Jan 2023": 9}).periods
    ['Dec 2022', 'Jan 2023', 'Feb 2023']
    >>> order_of("week", {"10": 5, "9": 5}, numeric=True).periods
    ['9', '10']
    >>> order_of("phase", {"new": 5, "old": 5}).reason
    "the order of 'phase' ('new', 'old') is not known; write dates such as 2024-01-31, or list its values in order \
([features] time_order)"
    """
    return _order_of(column, tuple(rows.items()), tuple(stated), numeric)


@lru_cache(maxsize=4)  # several rules ask for the same
def _order_of(column: str, counted: tuple[tuple[str, int], ...], stated: tuple[str, ...], numeric: bool) -> Order:
    rows = dict(counted)
    if not rows:
        return Order(reason=SAYS("no_value", column=column))
    keyword = stated[0] if len(stated) == 1 else ""
    values = _Values(column, rows, _Texts())
    readings = _readings(values, keyword, numeric)
    one = values.texts[next(iter(rows))]
    if all(values.texts[value] == one for value in rows):  # in whatever order
        return Order(dict.fromkeys(rows, max(rows, key=lambda value: rows[value]).strip()), _years(readings), ALONE)
    if len(stated) > 1:
        return _as_stated(values, stated, _years(readings))
    if not readings:
        return Order(reason=_not_known(values))
    first, *others = readings
    rival = next((other for other in others if not first.form.decides and _differ(first, other, rows)), None)
    if rival:
        return Order(years=_years(readings), reason=_either(column, first, rival))
    places, put = together(first.points, rows, first.form.daily)
    return Order(
        places,
        _years([first]),
        f"{first.form.name}{', ' if put else ''}{put}",
        first.form.caveat or _cyclic(column, first),
        tuple(level for level in rows if level not in first.points),
    )


def is_calendar(column: str, texts: Sequence[str]) -> bool:
    """Whether numbers are years, months, weeks or days of a calendar: one way of writing reads them all.

    >>> is_calendar("when", ["20240131", "20231201"]), is_calendar("when", ["7", "1300"])
    (True, False)
    """
    values = _Values(column, dict.fromkeys(texts, 1), _Texts())
    forms = (form for form in FORMS if not form.written and form.name != numbers.NUMBERS)
    readings = (values.read(form) for form in forms)
    return any(bool(texts) and of.rows == len(values.rows) and values.suit(of) for of in readings)


def check_stated(stated: Sequence[str]) -> None:
    """Raise ValueError for an order that cannot be meant: one period alone, or one twice.

    >>> check_stated(["Jan", "Feb"]); check_stated(["number"])
    """
    if len(stated) == 1 and stated[0] not in KEYWORDS:
        known = ", ".join(f'"{word}"' for word in KEYWORDS)
        raise ValueError(f"time_order is '{stated[0]}'; list all periods, earliest first, or write one of {known}")
    twice = next((text for i, text in enumerate(stated) if folded(text) in map(folded, stated[:i])), None)
    if twice is not None:
        raise ValueError(f"time_order names '{twice}' twice")


def order_of_dates(column: str, rows: Mapping[str, int], unit: str, counted: str = "") -> Order:
    """Return the order of the periods into which an engine has put dates: '2023', '2023-Q1', '2023-01', '2023-01-31'.

    Weeks are called by their Monday, but that of a new year's first days by the first day: here they are put together.
    `counted` says as what numbers were counted; of those only what lies within a clock's years is a date.

    >>> order_of_dates("when", {"2023-01-02": 5, "2023-01-01": 1, "2022-12-26": 4}, "week").places
    {'2022-12-26': '2022-12-26', '2023-01-01': '2022-12-26', '2023-01-02': '2023-01-02'}
    """
    year = r"19[89]\d|20\d{2}|2100" if counted else r"-?\d{4,}"
    found = {level: match for level in rows if (match := re.fullmatch(rf"({year})(?:-Q?(\d+))?(?:-(\d+))?", level))}
    lost = tuple(level for level in rows if level not in found)
    if _share(lost, rows) > TRACE:
        return Order(reason=_unplaced(column, rows, lost, "are no dates"))
    keys = {level: tuple(int(part or 0) for part in match.groups()) for level, match in found.items()}
    places = {level: level for level in sorted(keys, key=lambda level: keys[level])}
    if unit == "week":
        places = {level: _monday(level) for level in places}
    return Order(places, {level: key[0] for level, key in keys.items()}, f"{counted}by {unit}", unread=lost)


def _monday(level: str) -> str:
    try:
        return NAMES["week"](date.fromisoformat(level))
    except ValueError:  # of a year beyond 9999
        return level


def order_of_steps(column: str, rows: Mapping[str, int], width: float, whole: bool) -> Order:
    """Return the order of numbers that an engine has put together: levels are places, of `width` each.

    >>> order_of_steps("week", {"10": 5, "9": 5}, 5, True).periods
    ['45–49', '50–54']
    """
    at = {level: int(level) for level in rows if re.fullmatch(r"-?\d+", level)}
    lost = tuple(level for level in rows if level not in at)
    if _share(lost, rows) > TRACE:
        return Order(reason=_unplaced(column, rows, lost, "are infinite or too large"))
    places = {level: step_name(at[level], width, whole) for level in sorted(at, key=lambda level: at[level])}
    caveat = YEARLESS if numbers.cycle(column, min(at.values()) * width, max(at.values()) * width) else ""
    return Order(places, {}, SAYS("steps", numbers=numbers.NUMBERS, width=width), caveat, lost)


def _readings(values: _Values, keyword: str, numeric: bool) -> list[_Reading]:
    """Return what forms make of a column, of those that read it as well as any: all of it, but for a trace."""
    allowed = [form for form in FORMS if _allowed(form, keyword) and not (numeric and form.written)]
    few, total = values.commonest(), sum(values.rows.values())
    if len(few.rows) < len(values.rows):
        allowed = [form for form in allowed if few.read(form).rows >= 0.9 * sum(few.rows.values())]
    found = [values.read(form) for form in allowed]
    found = [of for of in found if of.rows and of.rows >= (1 - TRACE) * total and values.suit(of, keyword)]
    best = max((of.rows for of in found), default=0)
    found = [of for of in found if of.rows == best or best < total]
    return sorted(found, key=lambda of: (not of.form.decides, -of.rows))


def _allowed(form: Form, keyword: str) -> bool:
    if keyword == NUMBER:
        return form.name == numbers.NUMBERS
    wanted = {DAY_FIRST: days.DAY, MONTH_FIRST: days.MONTH}.get(keyword)
    return wanted is None or form.first == wanted or (form.daily and not form.first and not form.decides)


def _differ(one: _Reading, other: _Reading, rows: Mapping[str, int]) -> bool:
    """Whether two readings put any two values in opposite orders, or days into periods of other names."""
    both = [(one.points[level].key, other.points[level].key) for level in one.points if level in other.points]
    ordered = [key for _, key in sorted(both)]
    if any(after < before for before, after in itertools.pairwise(ordered)):
        return True
    if not (one.form.daily and other.form.daily):
        return False
    return together(one.points, rows, True)[0] != together(other.points, rows, True)[0]


def _years(readings: Sequence[_Reading]) -> dict[str, int]:
    """Return the years on which all readings agree; none where they differ."""
    found = [{level: at.year for level, at in of.points.items() if at.year is not None} for of in readings]
    found = [years for years in found if years]
    return found[0] if found and all(years == found[0] for years in found) else {}


def _as_stated(values: _Values, stated: Sequence[str], years: Mapping[str, int]) -> Order:
    """Return the order in which a use states the periods; case, accents and outer spaces do not matter."""
    names, rows = {folded(text): text for text in stated}, values.rows
    named = {value: name for value in rows if (name := names.get(values.texts[value]))}
    lost = tuple(value for value in rows if value not in named)
    if _share(lost, rows) > TRACE:
        return Order(years=years, reason=_unplaced(values.column, rows, lost, "are not in [features] time_order"))
    place = {name: i for i, name in enumerate(stated)}
    places = dict(sorted(named.items(), key=lambda item: place[item[1]]))
    return Order(places, years, "in the order that is stated", unread=lost)


def _share(levels: Sequence[str], rows: Mapping[str, int]) -> float:
    return sum(rows[level] for level in levels) / sum(rows.values())


def _unplaced(column: str, rows: Mapping[str, int], lost: Sequence[str], why: str) -> str:
    n, share = sum(rows[level] for level in lost), _share(lost, rows)
    examples = sorted(lost, key=lambda level: -rows[level])
    like = examples if may_be_named(examples) else None
    few = n < LEAST  # nor is their share shown
    return SAYS("unplaced", column=column, rows=counted(n, "row"), share=None if few else share, why=why, like=like)


def _either(column: str, one: _Reading, other: _Reading) -> str:
    """Say that a column can be read in two ways."""
    dates = {one.form.first, other.form.first} & {days.DAY, days.MONTH}
    return SAYS(
        "either",
        column=column,
        first=one.form.name,
        second=other.form.name,
        value=next(iter(one.points)),
        settle=SAYS("state", first=DAY_FIRST, second=MONTH_FIRST) if dates else WRITE,
    )


def _not_known(values: _Values) -> str:
    """Say why a column has no order: days of the week, ways of writing that are mixed, or no known one."""
    column, rows, few = values.column, values.rows, values.commonest()
    if numbers.weekly(column) or all(few.texts[value].rstrip(".") in WEEKDAYS for value in few.rows):
        return SAYS("weekdays", column=column, settle=WRITE)
    readings = [of for form in FORMS if (of := few.read(form)).rows and few.suit(of)]
    likely = max(readings, key=lambda of: of.rows, default=None)
    if likely and sum(few.rows.values()) <= 2 * likely.rows:
        best = values.read(likely.form)
        if lost := tuple(value for value in rows if value not in best.points):
            why = SAYS("otherwise", how=best.form.name)
            return SAYS("mixed", unplaced=_unplaced(column, rows, lost, why), settle=WRITE)
    return SAYS("unknown", column=column, values=named(few.rows, 3, quotes=True), settle=WRITE)


def _cyclic(column: str, reading: _Reading) -> str:
    """Return what makes an order of numbers wrong that come again every year: by the name, or the word beside them."""
    if reading.form.name != numbers.NUMBERS:
        return ""
    found = [point.key[0] for point in reading.points.values()]
    return YEARLESS if numbers.cycle(f"{column} {next(iter(reading.points))}", min(found), max(found)) else ""
