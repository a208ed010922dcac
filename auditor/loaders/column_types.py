"""What the text in a column stands for: the forms its values take, and the type that holds them all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag, auto
from functools import reduce
from operator import or_

from auditor.source import literal

# What stands for a missing value where a field is not in quotes.
MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "<NA>", "#N/A")


class Form(IntFlag):
    """How a value is written; a column has the forms of all its values."""

    NONE = 0
    INTEGER = auto()
    DECIMAL = auto()
    COMMA = auto()
    THOUSANDS = auto()
    BOOLEAN = auto()
    DATE = auto()
    TIME = auto()
    ZONED = auto()
    DAY_FIRST = auto()
    MONTH_FIRST = auto()
    EITHER_FIRST = auto()
    DOTTED = auto()
    CODE = auto()
    TEXT = auto()


NUMBERS = Form.INTEGER | Form.DECIMAL | Form.COMMA
DATES = Form.DATE | Form.TIME | Form.ZONED | Form.DAY_FIRST | Form.MONTH_FIRST | Form.EITHER_FIRST | Form.DOTTED
FAMILIES = {"numbers": NUMBERS | Form.CODE, "dates": DATES, "true and false": Form.BOOLEAN}


ALIEN = "a value in another form"
ISO_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
ISO_TIME = ISO_DATE + r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
PATTERNS = {
    "integer": r"\s*[+-]?(0|[1-9][0-9]{0,17})\s*",
    "code": r"\s*[+-]?[0-9]+\s*",
    "decimal": r"\s*[+-]?([0-9]+\.[0-9]*([eE][+-]?[0-9]+)?|\.[0-9]+([eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+)\s*",
    "thousands": r"\s*[+-]?[1-9][0-9]{0,2},[0-9]{3}\s*",
    "comma": r"\s*[+-]?[0-9]+,[0-9]+\s*",
    "date": ISO_DATE,
    "time": ISO_TIME,
    "zoned": ISO_TIME + " ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)",
    "dotted": r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}",
    "slashed": "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}",
    "infinite": "[+-]?[Ii]nf(inity)?",
    "truth": "true|True|TRUE|false|False|FALSE",
}


# Type -> a test that the plainest values pass, and no other, by what a cast of them gave: a regular expression costs
# more than reading the value.
QUICK = {
    "BIGINT": "CAST({1} AS VARCHAR) = {0} AND length({0}) < 19",
    "DOUBLE": "contains({0}, '.') AND NOT contains({0}, '_') AND {1} IS NOT NULL",
}


@dataclass(frozen=True)
class Reading:
    """A type, the forms it can hold, and the SQL that makes a value of it; `needs` must occur for it to be meant.

    `patterns` are those of the forms. They are a quick look, for a table may have thousands of columns; the cast is
    what finds a date that no calendar has.
    """

    type: str
    holds: Form
    needs: Form
    patterns: tuple[str, ...]
    cast: str
    note: str = ""

    @property
    def tried(self) -> str | None:
        """The SQL of a cast that gives NULL where it fails, if its result can tell the plainest values."""
        return f"TRY_{self.cast}" if self.cast == f"CAST({{0}} AS {self.type})" and self.type in QUICK else None

    def sql(self, value: str, tried: str = "") -> str:
        """Return the SQL for a value of text, which fails on a form that the type cannot hold.

        `tried` names what the cast gave: in a CASE of its own it would be made twice.
        """
        if self is TEXT:
            return value
        wrong = f"WHEN {value} IS NOT NULL THEN error({literal(ALIEN)}) END"
        if not self.patterns:
            return f"CASE {wrong}"
        either = literal("|".join(PATTERNS[name] for name in self.patterns))
        quick = f"WHEN {QUICK[self.type].format(value, tried)} THEN {tried}" if self.tried and tried else ""
        return f"CASE {quick} WHEN regexp_full_match({value}, {either}) THEN {self.cast.format(value)} {wrong}"


def _dates(pattern: str) -> str:
    return f"CAST(coalesce(try_strptime({{0}}, {literal(pattern)}), error({literal(ALIEN)})) AS DATE)"


TEXT = Reading("VARCHAR", reduce(or_, Form), Form.TEXT, (), "{0}")
READINGS = (
    Reading("VARCHAR", Form.NONE, Form.NONE, (), "NULL"),
    Reading("BIGINT", Form.INTEGER, Form.INTEGER, ("integer",), "CAST({0} AS BIGINT)"),
    Reading(
        "DOUBLE", Form.INTEGER | Form.DECIMAL, Form.DECIMAL, ("integer", "decimal", "infinite"), "CAST({0} AS DOUBLE)"
    ),
    Reading(
        "DOUBLE", Form.INTEGER | Form.COMMA | Form.THOUSANDS, Form.COMMA, ("integer", "comma"),
        "CAST(replace({0}, ',', '.') AS DOUBLE)", "the comma is read as the decimal mark",
    ),
    Reading("BOOLEAN", Form.BOOLEAN, Form.BOOLEAN, ("truth",), "CAST({0} AS BOOLEAN)"),
    Reading("DATE", Form.DATE, Form.DATE, ("date",), "CAST({0} AS DATE)"),
    Reading("TIMESTAMP", Form.DATE | Form.TIME, Form.TIME, ("date", "time"), "CAST({0} AS TIMESTAMP)"),
    Reading(
        "TIMESTAMPTZ", Form.DATE | Form.TIME | Form.ZONED, Form.ZONED, ("date", "time", "zoned"),
        "CAST({0} AS TIMESTAMPTZ)",
    ),
    Reading(
        "DATE", Form.DAY_FIRST | Form.EITHER_FIRST, Form.DAY_FIRST, ("slashed",),
        _dates("%d/%m/%Y"), "dates are read as day/month/year",
    ),
    Reading(
        "DATE", Form.MONTH_FIRST | Form.EITHER_FIRST, Form.MONTH_FIRST, ("slashed",),
        _dates("%m/%d/%Y"), "dates are read as month/day/year",
    ),
    Reading("DATE", Form.DOTTED, Form.DOTTED, ("dotted",), _dates("%d.%m.%Y")),
)  # fmt: skip
UNCLEAR = {
    Form.THOUSANDS: "read as text, for a comma in its numbers can mark thousands or decimals",
    Form.EITHER_FIRST: "read as text, for its dates can be day first or month first; write them as 2024-12-31",
}


def reading(forms: Form) -> Reading:
    """Return how to read a column whose values take these forms.

    >>> reading(Form.INTEGER | Form.DECIMAL).type, reading(Form.INTEGER | Form.TEXT).type
    ('DOUBLE', 'VARCHAR')
    """
    fitting = (each for each in READINGS if not forms & ~each.holds and (forms & each.needs or not each.needs))
    return next(fitting, TEXT)


def unclear(forms: Form) -> str | None:
    """Return why a column is left as text although its values look like numbers or dates."""
    return next((why for form, why in UNCLEAR.items() if forms & form and not forms & ~(form | Form.INTEGER)), None)


IS = {name: f"regexp_full_match(x, {literal(pattern)})" for name, pattern in PATTERNS.items()}

# The order matters for speed: most columns are numbers, and most of what does not begin with a digit is text.
# A code (leading zeros, more than 18 digits) would not survive being read as a number.
FORM_OF = rf"""
CREATE OR REPLACE MACRO form_of(x) AS CASE
  WHEN x IS NULL THEN NULL
  WHEN {IS["integer"]} THEN {Form.INTEGER:d}
  WHEN {IS["decimal"]} AND TRY_CAST(x AS DOUBLE) IS NOT NULL THEN {Form.DECIMAL:d}
  WHEN {IS["truth"]} THEN {Form.BOOLEAN:d}
  WHEN {IS["infinite"]} THEN {Form.DECIMAL:d}
  WHEN NOT regexp_matches(x, '^\s*[+-]?[0-9]') THEN {Form.TEXT:d}
  WHEN {IS["code"]} THEN {Form.CODE:d}
  WHEN {IS["thousands"]} THEN {Form.THOUSANDS:d}
  WHEN {IS["comma"]} THEN {Form.COMMA:d}
  WHEN {IS["date"]} AND TRY_CAST(x AS DATE) IS NOT NULL THEN {Form.DATE:d}
  WHEN {IS["time"]} AND TRY_CAST(x AS TIMESTAMP) IS NOT NULL THEN {Form.TIME:d}
  WHEN {IS["zoned"]} AND TRY_CAST(x AS TIMESTAMPTZ) IS NOT NULL THEN {Form.ZONED:d}
  WHEN {IS["dotted"]} AND try_strptime(x, '%d.%m.%Y') IS NOT NULL THEN {Form.DOTTED:d}
  WHEN {IS["slashed"]} THEN CASE
    (try_strptime(x, '%d/%m/%Y') IS NOT NULL)::INT + 2 * (try_strptime(x, '%m/%d/%Y') IS NOT NULL)::INT
    WHEN 1 THEN {Form.DAY_FIRST:d} WHEN 2 THEN {Form.MONTH_FIRST:d} WHEN 3 THEN {Form.EITHER_FIRST:d}
    ELSE {Form.TEXT:d} END
  ELSE {Form.TEXT:d} END
"""
