"""Which values of the data may be named to a reader: those that many rows share, never those that name a person."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from auditor.errors import hint
from auditor.format import people
from auditor.use.says import Says

MOST_VALUES = 50  # different values of a column whose values are named
LONGEST, MOST_WORDS = 60, 8  # of a value that is named: longer ones are a person's own words
NEARLY_ALL = 0.5  # of the rows: with more different values, a value is as good as a name
LEAST = 5  # rows; fewer are never counted out in a note or a decision
SAYS = Says(hidden="{values:people} different ones, not shown")
PERSONAL = re.compile(
    r"""
    (?=(?:\D*\d){9,15}\D*$)\+[\d\s()./-]+                       # phone, of another country
    | (?=(?:\D*\d){9,15}\D*$)(?=.*[\s()/-])\(?\d[\d\s()/-]*      # phone, in groups of digits
    | \d{3}-\d{2}-\d{4}                                           # social security number
    | (?=(?:\s?\w){15,34}$)[A-Z]{2}\d{2}(?:\s?[A-Z0-9]{1,4})+     # IBAN
    | [A-Z]{2}(?:\s?\d\d){3}\s?[A-D]                              # national insurance number
    """,
    re.VERBOSE,
)
MAIL = re.compile(r"[^\s@]@[^\s@]+\.[^\s@.]")  # wherever it stands
TIME = r"(?:[T ].*)?"
DATE = re.compile(rf"\d{{4}}[-./]\d\d?[-./]\d\d?{TIME}|\d\d?[-./]\d\d?[-./](?:\d\d){{1,2}}{TIME}|\d+-\d+|.+ - .+")


def is_personal(value: str) -> bool:
    """Whether a value is a way to reach a person, or an official number of one.

    >>> [is_personal(value) for value in ("a@b.org", "+44 20 7946 0958", "123-45-6789", "DE89 3704 0044 0532 0130 00")]
    [True, True, True, True]
    >>> [is_personal(value) for value in ("female", "2024-03-01", "10001-2000", "> 3 to 7", "2023-01-02 10:00:00")]
    [False, False, False, False, False]
    """
    value = value.strip()
    return bool(MAIL.search(value) or (PERSONAL.fullmatch(value) and not DATE.fullmatch(value)))


def name_people(values: Collection[str]) -> bool:
    """Whether more than half of the values of a column are personal."""
    return 2 * sum(map(is_personal, values)) > len(values)


def may_be_named(values: Collection[str], distinct: int | None = None, rows: int | None = None) -> bool:
    """Whether the values of a column may be named: few, short, shared, and none of them personal.

    `distinct` is the number of different values, where `values` are some of them only; `rows` those that hold one.
    """
    distinct = len(values) if distinct is None else distinct
    if distinct > MOST_VALUES or (rows is not None and distinct > max(10, NEARLY_ALL * rows)):
        return False
    return not any(len(value) > LONGEST or len(value.split()) > MOST_WORDS or is_personal(value) for value in values)


def named(
    values: Collection[str],
    most: int = 10,
    distinct: int | None = None,
    rows: int | None = None,
    quotes: bool = False,
) -> str:
    """Return the first values for a message, or how many there are, where they are not to be named.

    >>> named(["no", "yes"]), named(["123-45-6789", "123-45-6780"])
    ('no, yes', '2 different ones, not shown')
    """
    number = max(len(values), distinct or 0)
    if not may_be_named(values, distinct, rows):
        return SAYS("hidden", values=number)
    shown = [f"'{value}'" if quotes else value for value in list(values)[:most]]
    return ", ".join(shown) + (", …" if number > most else "")


def value_text(value: str) -> str:
    """Return a value for a message, or that it is not shown."""
    return value if may_be_named([value]) else "(a value that is not shown)"


def near(got: str, values: Collection[str], distinct: int | None = None) -> str:
    """Return `; did you mean 'x'?` for the value nearest to `got`, or nothing, where values are not to be named."""
    return hint(got, values) if may_be_named(values, distinct) else ""


def counted(n: float, what: str = "") -> str:
    """Return a number of rows with their name; of few, that they are few.

    >>> counted(1, "row"), counted(1200, "row"), counted(0, "row")
    ('under 5 rows', '1,200 rows', '0 rows')
    """
    number = f"under {LEAST}" if 0 < n < LEAST else people(n)
    return f"{number} {what}s" if what else number


def as_in(levels: Mapping[str, int]) -> str:
    """Return a value that makes a column text and no number, where so many rows share it that it may be named.

    >>> as_in({"1200": 7, "38:30": 5}), as_in({"1200": 7, "Smith": 1})
    (", as in '38:30'", '')
    """
    odd = (level for level, rows in levels.items() if rows >= LEAST and not _is_number(level) and may_be_named([level]))
    return next((f", as in '{level}'" for level in odd), "")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
