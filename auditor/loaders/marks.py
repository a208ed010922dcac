"""Which marks the numbers of a text have: as stated, or settled by the column and then by the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.loaders.column_types import DECIMAL_POINT, EITHER, GROUPS, TEXT, Reading, numbers, other
from auditor.loaders.forms import CURRENCIES, MONEY, NUMBERS, Form
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.options import ReadOptions
    from auditor.loaders.store import Store

POINTS = DECIMAL_POINT | Form.COMMA_GROUPS
COMMAS = Form.COMMA | Form.DOT_GROUPS
PLAIN = NUMBERS & ~(DECIMAL_POINT | Form.COMMA | EITHER | GROUPS)
# Mark -> the forms in which it marks decimals, and thousands.
AS_DECIMAL = {".": DECIMAL_POINT | Form.DOT_EITHER, ",": Form.COMMA | Form.COMMA_EITHER}
AS_THOUSANDS = {
    ".": Form.DOT_GROUPS | Form.DOT_EITHER, ",": Form.COMMA_GROUPS | Form.COMMA_EITHER,
    " ": Form.SPACE_GROUPS, "'": Form.APOSTROPHE_GROUPS,
}  # fmt: skip
NAMES = {
    ".": ("dots", "1.800"), ",": ("commas", "1,800"), " ": ("spaces", "1 800"), "'": ("apostrophes", "1'800"),
}  # fmt: skip
SAYS = Says(
    columns="In {columns:listed}, {reading}",
    text="values are read as text: {why}.",
    some_signs="only some of the numbers have a {sign} sign",
    unsettled="{what} can mark thousands or decimals",
    decimals="{marks} are taken to mark decimals ({example} is 1.8); they could mark thousands.",
    doubtful="{marks} are taken to mark thousands ({example} is 1800); they could mark decimals.",
    thousands="{marks} mark thousands ({example} is 1800){>reason}.",
    reason=", {why}",
    money="amounts of money ({currency}) are read as numbers.",
    dates="dates are read as {order}.",
)


@dataclass(frozen=True)
class Remark:
    """What is reported about how columns are read; `text` follows "In 'a' and 'b',"."""

    text: str
    about: str
    overrule: str | None = None
    warning: bool = False


@dataclass(frozen=True)
class Choice:
    """How a column is read, the decimal mark of its numbers, and what is reported about it."""

    reading: Reading
    decimal: str = ""
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True)
class Around:
    """What is known about the numbers of the files.

    `point`, `comma`: a column has numbers that can only have a decimal point, or a decimal comma. `comma_delimited`,
    `semicolons`: commas, or semicolons, delimit the fields of every file.
    """

    point: bool = False
    comma: bool = False
    comma_delimited: bool = False
    semicolons: bool = False


def choices(
    forms: Mapping[str, Form], stated: ReadOptions, *, comma_delimited: bool = False, semicolons: bool = False
) -> dict[str, Choice]:
    """Return how to read each column, by the forms of all its values."""
    certain = [each for each in forms.values() if _is_number(each)]
    around = Around(
        point=any(each & POINTS and not each & COMMAS for each in certain),
        comma=any(each & COMMAS and not each & POINTS for each in certain),
        comma_delimited=comma_delimited,
        semicolons=semicolons,
    )
    return {key: _choice(each, stated, around) for key, each in forms.items()}


def note(store: Store, chosen: Mapping[str, Choice]) -> None:
    """Report how columns, given by name, are read; columns that are read alike together."""
    found: dict[Remark, list[str]] = {}
    for name, choice in chosen.items():
        for remark in choice.remarks:
            found.setdefault(remark, []).append(name)
    for remark, names in found.items():
        text = SAYS("columns", columns=names, reading=remark.text)
        store.note(text, remark.about, names, remark.overrule, warning=remark.warning)


def _is_number(forms: Form) -> bool:
    return bool(forms & NUMBERS & ~(Form.INFINITE | Form.BARE)) and not forms & ~NUMBERS


def _choice(forms: Form, stated: ReadOptions, around: Around) -> Choice:
    if not _is_number(forms):
        return _no_number(forms)
    if why := _no_way_back(forms):
        return _text(*why)
    chosen = _as_stated(forms, stated) if stated.marks else _settled(forms, around)
    if chosen.reading is TEXT:
        return chosen
    return Choice(chosen.reading, chosen.decimal, (*chosen.remarks, *_remarks_on_signs(forms)))


def _text(why: str, about: str, overrule: str | None = None, *, warning: bool = False) -> Choice:
    return Choice(TEXT, remarks=(Remark(SAYS("text", why=why), about, overrule, warning),))


def _no_number(forms: Form) -> Choice:
    if forms == Form.EITHER_FIRST:
        return _text("dates can be day first or month first; write them as 2024-12-31", "dates", warning=True)
    if forms & Form.ABBREVIATED and not forms & ~(NUMBERS | Form.ABBREVIATED):
        return _text("numbers are abbreviated, as in 85k; write them out", "abbreviated numbers")
    read = other(forms)
    order = "day/month/year" if forms & Form.DAY_FIRST else "month/day/year" if forms & Form.MONTH_FIRST else ""
    remark = Remark(SAYS("dates", order=order), "dates")
    return Choice(read, remarks=(remark,) if order and read is not TEXT else ())


def _no_way_back(forms: Form) -> tuple[str, str] | None:
    """Return why numbers would not give back what was written, whatever their marks mean, and what that is about."""
    signs = forms & (MONEY | Form.PERCENT)
    if signs.bit_count() > 1:
        return "amounts have different currency signs", "money"
    if signs and forms & Form.BARE:
        sign = "percent" if signs & Form.PERCENT else "currency"
        return SAYS("some_signs", sign=sign), "percent" if signs & Form.PERCENT else "money"
    fractions = forms & (Form.POINT | Form.COMMA)
    if forms & Form.EXPONENT and not forms & DECIMAL_POINT:
        return "those like 12E3 are taken for codes", "codes"
    if forms & Form.PLUS and not forms & Form.MINUS and not fractions:
        return "those like +5 are taken for codes, as none is negative", "codes"
    if forms & Form.LONG and forms & (Form.SCIENTIFIC | Form.INFINITE) and not fractions:
        return "it has whole numbers too long for the precision of those like 1.2E+17", "codes"
    return None


def _settled(forms: Form, around: Around) -> Choice:
    points, commas = bool(forms & POINTS), bool(forms & COMMAS)
    if points and commas:
        return _text("decimal points and decimal commas are mixed", "decimal mark", warning=True)
    if points or commas:
        return _read(forms, "." if points else ",")
    if forms & EITHER == EITHER:
        return _unsettled("a dot as in 1.800, and a comma as in 1,800,")
    if forms & Form.DOT_EITHER:
        return _dots(forms, around)
    if forms & Form.COMMA_EITHER:
        return _commas(forms, around)
    return _read(forms, ".")


def _dots(forms: Form, around: Around) -> Choice:
    """Settle a column all of whose dotted values are like 1.800.

    Decimals without their trailing zeros would not all have three digits. Beside whole numbers of up to three digits,
    thousands look exactly like this.
    """
    beside, plain = bool(forms & Form.SHORT), bool(forms & (Form.WHOLE | Form.LONG))
    if around.comma and not around.point:
        return _read(forms, ",", "as the file has decimal commas")
    if around.point and not around.comma and not beside:
        return _read(forms, ".")
    if around.point or around.comma or plain:
        return _unsettled("a dot as in 1.800")
    if beside or around.semicolons or forms & MONEY:  # which seldom has three decimals
        return _read(forms, ",", doubtful=True)
    return _read(forms, ".", doubtful=True)


def _commas(forms: Form, around: Around) -> Choice:
    """Settle a column all of whose values with a comma are like 1,800."""
    beside, plain = bool(forms & Form.SHORT), bool(forms & (Form.WHOLE | Form.LONG))
    if around.point and not around.comma:
        return _read(forms, ".", "as the file has decimal points")
    if around.comma and not around.point and not beside:
        return _read(forms, ",")
    if around.point or around.comma:
        return _unsettled("a comma as in 1,800")
    if around.comma_delimited or (beside and not plain) or forms & MONEY:
        return _read(forms, ".", doubtful=True)
    return _unsettled("a comma as in 1,800")


def _unsettled(what: str) -> Choice:
    return _text(SAYS("unsettled", what=what), "decimal mark", "[data] decimal", warning=True)


def _read(forms: Form, decimal: str, why: str = "", *, doubtful: bool = False) -> Choice:
    return Choice(numbers(forms, decimal), decimal, tuple(_remarks_on_marks(forms, decimal, why, doubtful)))


def _remarks_on_marks(forms: Form, decimal: str, why: str, doubtful: bool) -> Iterator[Remark]:
    turned = f'[data] decimal = "{"," if decimal == "." else "."}"'
    for mark, (marks, example) in NAMES.items():
        if mark == decimal:
            if doubtful and forms & AS_DECIMAL[mark]:
                yield Remark(SAYS("decimals", marks=marks, example=example), "decimal mark", turned, warning=True)
        elif forms & AS_THOUSANDS[mark] and doubtful and mark in AS_DECIMAL:
            yield Remark(SAYS("doubtful", marks=marks, example=example), "thousands mark", turned, warning=True)
        elif forms & AS_THOUSANDS[mark]:
            overrule = turned if mark in AS_DECIMAL else '[data] thousands = ""'
            text = SAYS("thousands", marks=marks, example=example, why=why or None)
            yield Remark(text, "thousands mark", overrule)


def _remarks_on_signs(forms: Form) -> Iterator[Remark]:
    if forms & Form.PERCENT:
        yield Remark("percentages are read as numbers (5% is 5).", "percent")
    for form, words in CURRENCIES.items():
        if forms & form:
            yield Remark(SAYS("money", currency=words[0]), "money")


def _as_stated(forms: Form, stated: ReadOptions) -> Choice:
    """Read a column by the marks that were stated; what was not may be any that fits them."""
    decimal, thousands = stated.marks or (None, None)
    if decimal is None:
        decimal = "," if forms & AS_DECIMAL[","] else "."
    allowed = PLAIN | AS_DECIMAL[decimal]
    for mark, grouped in AS_THOUSANDS.items():
        if mark != decimal and thousands in (None, mark):
            allowed |= grouped
    if forms & ~allowed:
        return _text("the numbers have other marks than stated", "decimal mark", "[data] decimal", warning=True)
    return Choice(numbers(forms, decimal), decimal)
