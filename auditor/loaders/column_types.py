"""What a column of text is read as: a type, and the SQL that makes its values and fails on any other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from auditor.loaders.forms import (
    APOSTROPHES,
    CURRENCIES,
    DOTTED_DATE,
    EVERY,
    INFINITE,
    ISO_DATE,
    ISO_TIME,
    MONEY,
    SLASHED_DATE,
    SPACES,
    TRUTH,
    WHOLES,
    ZONED_TIME,
    Form,
    either,
    number_pattern,
)
from auditor.loaders.source import literal

ALIEN = "a value in another form"
# The plainest values of a type, and no other, by what a cast of them gave: a regular expression costs more than reading
# the value. No leading zeros, nothing infinite, no more digits than a number keeps.
QUICK = {
    "BIGINT": "CAST({1} AS VARCHAR) = {0} AND length({0}) < 19",
    "DOUBLE": (
        "contains({0}, '.') AND isfinite({1}) AND NOT contains({0}, '_') AND "
        "({0} BETWEEN '1' AND ':' OR starts_with({0}, '0.') OR {0} BETWEEN '-1' AND '-:' OR starts_with({0}, '-0.'))"
    ),
}


@dataclass(frozen=True)
class Reading:
    """A type, and the SQL that makes a value of it where the value's text has one of the `patterns`.

    The patterns are a quick look, for a table may have thousands of columns; the cast is what finds a date that no
    calendar has. `quick`: the plainest values need no pattern.
    """

    type: str
    patterns: Sequence[str]
    cast: str
    quick: bool = False

    @property
    def tried(self) -> str | None:
        """The SQL of a cast that gives NULL where it fails, if its result identifies the plainest values."""
        return f"TRY_{self.cast}" if self.quick else None

    @property
    def again(self) -> str:
        """The SQL that reads values that are all known to have a form of the type."""
        return self.cast.replace("coalesce(try_strptime(", "strptime(").replace(f"), error({literal(ALIEN)}))", ")")

    def sql(self, value: str, tried: str = "") -> str:
        """Return the SQL for a value of text, which fails on a form that the type cannot hold.

        `tried` names what the cast gave: in a CASE of its own it would be made twice.
        """
        if self is TEXT:
            return value
        wrong = f"WHEN {value} IS NOT NULL THEN error({literal(ALIEN)}) END"
        if not self.patterns:
            return f"CASE {wrong}"
        either = literal("|".join(self.patterns))
        quick = f"WHEN {QUICK[self.type].format(value, tried)} THEN {tried}" if self.quick and tried else ""
        return f"CASE {quick} WHEN regexp_full_match({value}, {either}) THEN {self.cast.format(value)} {wrong}"


TEXT = Reading("VARCHAR", (), "{0}")
NOTHING = Reading("VARCHAR", (), "NULL")


def _dates(pattern: str) -> str:
    return f"CAST(coalesce(try_strptime({{0}}, {literal(pattern)}), error({literal(ALIEN)})) AS DATE)"


# Forms that a type can hold, forms (at least one must occur for the type to be chosen), the type.
_OTHERS = (
    (Form.NONE, EVERY, NOTHING),
    (Form.BOOLEAN, Form.BOOLEAN, Reading("BOOLEAN", (TRUTH,), "CAST({0} AS BOOLEAN)")),
    (Form.DATE, Form.DATE, Reading("DATE", (ISO_DATE,), "CAST({0} AS DATE)")),
    (Form.DATE | Form.TIME, Form.TIME, Reading("TIMESTAMP", (ISO_DATE, ISO_TIME), "CAST({0} AS TIMESTAMP)")),
    (
        Form.DATE | Form.TIME | Form.ZONED, Form.ZONED,
        Reading("TIMESTAMPTZ", (ISO_DATE, ISO_TIME, ZONED_TIME), "CAST({0} AS TIMESTAMPTZ)"),
    ),
    (
        Form.DAY_FIRST | Form.EITHER_FIRST, Form.DAY_FIRST,
        Reading("DATE", (SLASHED_DATE,), _dates("%d/%m/%Y")),
    ),
    (
        Form.MONTH_FIRST | Form.EITHER_FIRST, Form.MONTH_FIRST,
        Reading("DATE", (SLASHED_DATE,), _dates("%m/%d/%Y")),
    ),
    (Form.DOTTED, Form.DOTTED, Reading("DATE", (DOTTED_DATE,), _dates("%d.%m.%Y"))),
)  # fmt: skip


def other(forms: Form) -> Reading:
    """Return how to read a column whose values take these forms, if they are not all those of numbers.

    >>> other(Form.DATE | Form.TIME).type, other(Form.DATE | Form.TEXT).type
    ('TIMESTAMP', 'VARCHAR')
    """
    return next((each for holds, needs, each in _OTHERS if not forms & ~holds and (forms & needs or not forms)), TEXT)


GROUPS = Form.DOT_GROUPS | Form.COMMA_GROUPS | Form.SPACE_GROUPS | Form.APOSTROPHE_GROUPS
EITHER = Form.DOT_EITHER | Form.COMMA_EITHER
DECIMAL_POINT = Form.POINT | Form.SCIENTIFIC
CERTAIN = DECIMAL_POINT | Form.COMMA | Form.DOT_GROUPS | Form.COMMA_GROUPS


def numbers(forms: Form, decimal: str) -> Reading:
    """Return how to read numbers of these forms whose decimal mark, if they have any, is `decimal`.

    The reading holds the forms that would change nothing in how the column is read, and no other, so that a value that
    would change it is found wherever it stands.

    >>> numbers(Form.SHORT | Form.DOT_EITHER | Form.BARE, ",").type
    'BIGINT'
    """
    own = Form.DOT_EITHER | DECIMAL_POINT if decimal == "." else Form.COMMA_EITHER | Form.COMMA
    whole = not forms & (own | Form.EXPONENT | Form.INFINITE)
    held = forms | Form.ZERO | Form.MINUS
    if forms & CERTAIN or not forms & EITHER:
        # Beside fractions, long whole numbers are measurements too; else they may be ids.
        held |= WHOLES if whole or forms & (Form.POINT | Form.COMMA) else WHOLES & ~Form.LONG
    if not whole:
        held |= Form.PLUS
        held |= own if forms & CERTAIN else Form.NONE
    if held & DECIMAL_POINT:
        held |= Form.EXPONENT
    text = _unmarked(held & ~own, decimal, whole)
    infinite = [INFINITE] if not whole and forms & Form.BARE else []
    kind = "BIGINT" if whole else "DOUBLE"
    quick = text == "{0}" and (whole or bool(forms & Form.POINT))
    return Reading(kind, (number_pattern(held), *infinite), f"CAST({text} AS {kind})", quick)


def _unmarked(held: Form, decimal: str, whole: bool) -> str:
    """Return the SQL of a number's text, its decimal mark a point, without what only helps to read it."""
    text = "{0}"
    if signs := [sign for form, words in CURRENCIES.items() if held & form for sign in words]:
        text = f"regexp_replace({text}, {literal(either(signs))}, '', 'g')"
    left_out = {
        "." if decimal == "," else ",": held & (EITHER | Form.DOT_GROUPS | Form.COMMA_GROUPS),
        APOSTROPHES: held & Form.APOSTROPHE_GROUPS,
        SPACES: held & (Form.SPACE_GROUPS | Form.PERCENT | MONEY),
        "%": held & Form.PERCENT,
    }
    characters = "".join(marks for marks, present in left_out.items() if present)
    comma = decimal == "," and not whole
    if not characters:
        return f"replace({text}, ',', '.')" if comma else text
    changed, into = (f",{characters}", ".") if comma else (characters, "")
    return f"translate({text}, {literal(changed)}, {literal(into)})"
