"""The forms that values written as text take, and the SQL that recognises them."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag, auto
from functools import reduce
from operator import or_

from auditor.loaders.source import literal


class Form(IntFlag):
    """What is seen of one value; a column has the forms of all its values.

    A number has several: its digits (`ZERO` to `LONG`), what its marks can mean, its signs, and `BARE` where neither
    a currency nor a percent sign stands beside it.
    """

    NONE = 0
    ZERO = auto()  # 0
    SHORT = auto()  # one to three digits
    WHOLE = auto()  # four to fifteen digits, which a floating-point number keeps
    LONG = auto()  # sixteen to eighteen digits, which only a whole number keeps
    POINT = auto()  # its dot can only mark decimals: 0.5, 1.25
    SCIENTIFIC = auto()  # 1.5E5, 1e-05
    COMMA = auto()  # its comma can only mark decimals: 0,5
    DOT_EITHER = auto()  # 1.800
    COMMA_EITHER = auto()  # 1,800
    DOT_GROUPS = auto()  # 1.234.567
    COMMA_GROUPS = auto()  # 1,234,567
    SPACE_GROUPS = auto()  # 1 800
    APOSTROPHE_GROUPS = auto()  # 1'800
    EXPONENT = auto()  # 12E3, which may be a code
    INFINITE = auto()
    MINUS = auto()
    PLUS = auto()
    BARE = auto()
    PERCENT = auto()
    DOLLAR = auto()
    EURO = auto()
    POUND = auto()
    FRANC = auto()
    YEN = auto()
    RUPEE = auto()
    CODE = auto()  # digits that a number would not give back: 007, twenty digits, 1e400
    ABBREVIATED = auto()  # 85k
    BOOLEAN = auto()
    DATE = auto()
    TIME = auto()
    ZONED = auto()
    DAY_FIRST = auto()
    MONTH_FIRST = auto()
    EITHER_FIRST = auto()
    DOTTED = auto()
    TEXT = auto()


def _all(forms: Iterable[Form]) -> Form:
    return reduce(or_, forms, Form.NONE)


EVERY = _all(Form)
# Currency -> how it is written.
CURRENCIES = {
    Form.DOLLAR: ("$", "US$", "USD"),
    Form.EURO: ("€", "EUR"),
    Form.POUND: ("£", "GBP"),
    Form.FRANC: ("CHF", "SFr.", "Fr."),
    Form.YEN: ("¥", "JPY"),
    Form.RUPEE: ("₹", "INR"),
}
MONEY = _all(CURRENCIES)
WHOLES = Form.ZERO | Form.SHORT | Form.WHOLE | Form.LONG
NUMBERS = _all(form for form in Form if form and form < Form.CODE)
DATES = Form.DATE | Form.TIME | Form.ZONED | Form.DAY_FIRST | Form.MONTH_FIRST | Form.EITHER_FIRST | Form.DOTTED
FAMILIES = {
    "numbers": NUMBERS | Form.CODE | Form.ABBREVIATED,
    "dates": DATES,
    "true and false": Form.BOOLEAN,
}

SPACES = " \u00a0\u2009\u202f"
APOSTROPHES = "'\u2019"
_HEAD = "[1-9][0-9]{0,2}"
_DECIMALS = {Form.NONE: "", Form.POINT: r"\.[0-9]+", Form.COMMA: ",[0-9]+"}


def _grouped(form: Form, mark: str, decimals: Iterable[Form]) -> list[tuple[Form, str]]:
    return [(form | each, f"{_HEAD}(?:{mark}[0-9]{{3}}){{1,5}}{_DECIMALS[each]}") for each in decimals]


# What the digits of a number show, with their pattern; the first that matches counts.
SHAPES: tuple[tuple[Form, str], ...] = (
    (Form.ZERO, "0"),
    (Form.SHORT, _HEAD),
    (Form.WHOLE, "[1-9][0-9]{3,14}"),
    (Form.LONG, "[1-9][0-9]{15,17}"),
    (Form.DOT_EITHER, rf"{_HEAD}\.[0-9]{{3}}"),
    (Form.POINT, r"(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+"),
    (Form.SCIENTIFIC, r"(?:(?:0|[1-9][0-9]*)\.[0-9]*|\.[0-9]+)[eE][+-]?[0-9]+"),
    (Form.SCIENTIFIC, "(?:0|[1-9][0-9]*)(?:[eE][+-][0-9]{2,}|e[+-][0-9])"),
    (Form.EXPONENT, "(?:0|[1-9][0-9]*)(?:[eE][0-9]+|E[+-][0-9])"),
    (Form.COMMA_EITHER, f"{_HEAD},[0-9]{{3}}"),
    (Form.COMMA, "(?:0|[1-9][0-9]*),[0-9]+"),
    (Form.DOT_GROUPS, rf"{_HEAD}(?:\.[0-9]{{3}}){{2,5}}"),
    (Form.COMMA_GROUPS, f"{_HEAD}(?:,[0-9]{{3}}){{2,5}}"),
    *_grouped(Form.DOT_GROUPS, r"\.", (Form.COMMA,)),
    *_grouped(Form.COMMA_GROUPS, ",", (Form.POINT,)),
    *_grouped(Form.SPACE_GROUPS, f"[{SPACES}]", _DECIMALS),
    *_grouped(Form.APOSTROPHE_GROUPS, f"[{APOSTROPHES}]", _DECIMALS),
)


def either(words: Iterable[str]) -> str:
    """Return the pattern of any of some words."""
    return "|".join(word.replace("$", "[$]").replace(".", "[.]") for word in sorted(words, key=len, reverse=True))


def number_pattern(held: Form) -> str:
    """Return the pattern of the numbers all of whose forms are among `held`; its first group are the digits."""
    cores = [pattern for form, pattern in SHAPES if not form & ~held]
    core = f"({'|'.join(cores)})"
    sign = "[+-]?" if held & Form.PLUS else "-?" if held & Form.MINUS else ""
    currency = f"(?:{either(word for form, words in CURRENCIES.items() if held & form for word in words)})"
    currency = currency if held & MONEY else ""
    beside = "|".join([*([currency] if currency else []), *(["%"] if held & Form.PERCENT else [])])
    if not beside:
        return rf"\s*{sign}{core}\s*"
    space = f"[{SPACES}]?"
    before = f"{sign}{currency}{space}{sign}" if currency else ""
    after = f"{space}(?:{beside})"
    if held & Form.BARE:
        return rf"\s*(?:{before}|{sign}){core}(?:{after})?\s*"
    first = rf"\s*{before}{core}(?:{after})?\s*|" if before else ""
    return rf"{first}\s*{sign}{core}{after}\s*"


PLAIN_WHOLE = number_pattern(WHOLES | Form.PLUS | Form.MINUS)
PLAIN_POINT = number_pattern(Form.POINT | Form.SCIENTIFIC | Form.DOT_EITHER | Form.EXPONENT | Form.PLUS | Form.MINUS)
MARKED = number_pattern(NUMBERS)
INFINITE = "[+-]?[Ii]nf(?:inity)?"

ISO_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
ISO_TIME = ISO_DATE + r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
ZONED_TIME = ISO_TIME + " ?(Z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
DOTTED_DATE = r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{4}"
SLASHED_DATE = "[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}"
TRUTH = "true|True|TRUE|false|False|FALSE"
# Digits that open with zeros, or are too many.
CODE = r"\s*[+-]?(?:[0-9]+|0[0-9]+\.[0-9]*)\s*"
_SIGN = f"(?:{either(word for words in CURRENCIES.values() for word in words)})[{SPACES}]?"
ABBREVIATED = rf"\s*-?(?:{_SIGN})?[0-9]+(?:[.,][0-9]+)?[{SPACES}]?[kKmM]\s*"
# Nothing but text begins otherwise; most texts are found out here.
START = rf"^\s*[+-]?(?:[0-9]|{_SIGN}[+-]?[0-9])"


def _is(pattern: str, what: str = "x") -> str:
    return f"regexp_full_match({what}, {literal(pattern)})"


def _digits(pattern: str) -> str:
    return f"core_form(regexp_extract(x, {literal(f'^{pattern}$')}, 1))"


def _case(what: str, shapes: Iterable[tuple[Form, str]]) -> str:
    return " ".join(f"WHEN {_is(pattern, what)} THEN {form:d}" for form, pattern in shapes)


_UNSIGNED = number_pattern(NUMBERS & ~(MONEY | Form.PERCENT))
_BESIDE = " | ".join(
    f"CASE WHEN regexp_matches(x, {literal(either(words))}) THEN {form:d} ELSE 0 END"
    for form, words in {**CURRENCIES, Form.PERCENT: ("%",)}.items()
)
_ORDER = f"""(try_strptime(x, '%d/%m/%Y') IS NOT NULL)::INT + 2 * (try_strptime(x, '%m/%d/%Y') IS NOT NULL)::INT
    WHEN 1 THEN {Form.DAY_FIRST:d} WHEN 2 THEN {Form.MONTH_FIRST:d} WHEN 3 THEN {Form.EITHER_FIRST:d}
    ELSE {Form.TEXT:d} END"""

# The order matters for speed: most columns are numbers, and most of what does not begin with a digit is text. What a
# number would not give back (leading zeros, very many digits, a result that is infinite or none) is a code.
MACROS = (
    "CREATE OR REPLACE MACRO signs_of(x) AS CASE WHEN NOT contains(x, '-') AND NOT contains(x, '+') THEN 0 "
    f"WHEN regexp_matches(x, '^[^0-9]*-') THEN {Form.MINUS:d} "
    f"WHEN regexp_matches(x, '^[^0-9]*[+]') THEN {Form.PLUS:d} ELSE 0 END",
    "CREATE OR REPLACE MACRO whole_form(n) AS "
    f"CASE WHEN n = 0 THEN {Form.ZERO:d} WHEN n BETWEEN -999 AND 999 THEN {Form.SHORT:d} "
    f"WHEN n BETWEEN -999999999999999 AND 999999999999999 THEN {Form.WHOLE:d} ELSE {Form.LONG:d} END",
    f"CREATE OR REPLACE MACRO beside_of(x) AS CASE WHEN {_is(_UNSIGNED)} THEN {Form.BARE:d} ELSE {_BESIDE} END",
    # A macro evaluates its argument each time it is named: a function of its own computes the digits just once.
    f"CREATE OR REPLACE MACRO core_form(x) AS list_transform([x], lambda core: CASE {_case('core', SHAPES)} END)[1]",
    "CREATE OR REPLACE MACRO point_form(x, n) AS CASE "
    f"WHEN n IS NULL OR NOT isfinite(n) OR (n = 0 AND regexp_matches(x, '^[^eE]*[1-9]')) THEN {Form.CODE:d} "
    f"ELSE CASE WHEN {_is(number_pattern(Form.DOT_EITHER | Form.PLUS | Form.MINUS))} THEN {Form.DOT_EITHER:d} "
    f"WHEN {_is('[^eE]*')} THEN {Form.POINT:d} ELSE {_digits(PLAIN_POINT)} END "
    f"| signs_of(x) | {Form.BARE:d} END",
    f"""CREATE OR REPLACE MACRO form_of(x) AS CASE
  WHEN x IS NULL THEN NULL
  WHEN {_is(PLAIN_WHOLE)} THEN whole_form(TRY_CAST(x AS BIGINT)) | signs_of(x) | {Form.BARE:d}
  WHEN {_is(PLAIN_POINT)} THEN point_form(x, TRY_CAST(x AS DOUBLE))
  WHEN {_is(TRUTH)} THEN {Form.BOOLEAN:d}
  WHEN {_is(INFINITE)} THEN {Form.INFINITE | Form.BARE:d}
  WHEN NOT regexp_matches(x, {literal(START)}) THEN {Form.TEXT:d}
  WHEN {_is(CODE)} THEN {Form.CODE:d}
  WHEN {_is(MARKED)} THEN {_digits(MARKED)} | signs_of(x) | beside_of(x)
  WHEN {_is(ABBREVIATED)} THEN {Form.ABBREVIATED:d}
  WHEN {_is(ISO_DATE)} AND TRY_CAST(x AS DATE) IS NOT NULL THEN {Form.DATE:d}
  WHEN {_is(ISO_TIME)} AND TRY_CAST(x AS TIMESTAMP) IS NOT NULL THEN {Form.TIME:d}
  WHEN {_is(ZONED_TIME)} AND TRY_CAST(x AS TIMESTAMPTZ) IS NOT NULL THEN {Form.ZONED:d}
  WHEN {_is(DOTTED_DATE)} AND try_strptime(x, '%d.%m.%Y') IS NOT NULL THEN {Form.DOTTED:d}
  WHEN {_is(SLASHED_DATE)} THEN CASE {_ORDER}
  ELSE {Form.TEXT:d} END""",
)
