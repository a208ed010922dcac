"""Where a table begins and ends among rows of texts: titles above it, whether a row names the columns, notes below."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from auditor.loaders.missing import SPELLINGS
from auditor.use.says import Says
from auditor.use.vocabulary import GROUPS

if TYPE_CHECKING:
    from auditor.loaders.store import Store

Record = Sequence[str]
MOST_TITLES = 20  # rows above a header
MOST_NOTES = 50  # rows below a table
NARROWEST = 3  # columns of a table in which a row with one value may be a note
YEARS = range(1900, 2101)
# A digit, with what may stand beside and between digits: signs, marks, a currency, a percent sign.
_BESIDE = "[$€£¥₹]|(?:US|[A-Z]{3}) "
NUMBER = re.compile(
    rf"\s*[+-]?(?:{_BESIDE})?\s*[+-]?[.,]?\d[\d.,'’\s]*(?:[eE][+-]?\d+)?(?:\s?[$€£¥₹%]|\s[A-Z]{{3}})?\s*"
)
DATED = re.compile(r"\s*(?:\d{1,2}[./]\d{1,2}[./]\d{4}|\d{4}/\d{1,2}/\d{1,2})\b.*")
# A mark for "no value" may be above numbers in the first row of a table without a header.
ABSENT = {"none", "unknown", "missing", "nil", "n.a.", "n.v.", "n.b.", "k.a.", "n.d.", "refused", "declined"}
NAMES = {"id", "name"}.union(*GROUPS.values())
SAYS = Says(
    titles="Left out as a title above the header{where}: {lines:whole} line{lines:s}.",
    notes="Left out as a note below the table{where}: {rows:whole} row{rows:s}.",
    no_header="No header was found{where}, so the columns are called column0, column1 and so on.",
)


class Header(IntEnum):
    """Whether a row names the columns: it does not, nothing speaks against it, or something shows it."""

    NO = 0
    LIKELY = 1
    SURE = 2


def header(records: Sequence[Record]) -> Header:
    """Return whether the first record names the columns.

    It does where a word is above numbers or dates, where it has a usual column name, and where its
    numbers are years or count the columns. It does not where a number stands over numbers, or where all its values
    recur below.
    """
    if not records:
        return Header.LIKELY
    first, rows = records[0], [record for record in records[1:] if list(record) != list(records[0])]
    columns = [
        _Column(name.strip(), {row[i].strip() for row in rows if i < len(row)} - set(SPELLINGS), len(rows))
        for i, name in enumerate(first)
        if name.strip() not in SPELLINGS
    ]
    if any(column.is_named for column in columns) or _counts(columns):
        return Header.SURE
    if any(column.own and (column.own == column.family or not rows) for column in columns):
        return Header.NO
    varied = [column for column in columns if 1 < len(column.values) < column.rows] or columns
    return Header.NO if varied and all(column.recurs for column in varied) else Header.LIKELY


class _Column:
    """The value in the first row, and the values below it."""

    def __init__(self, name: str, values: Collection[str], rows: int) -> None:
        self.name, self.values, self.rows = name, values, rows
        self.own, self.family = family({name}), family(values)
        self.recurs = name in values

    @property
    def is_named(self) -> bool:
        """Whether the name shows itself: of another kind than the values, or known as a name of columns."""
        if self.recurs:
            return False
        if self.name.lower() in NAMES:
            return True
        if self.own is not None:
            return self.family is not None and self.own != self.family
        return self.family is not None and bool(re.search(r"[^\W\d_]", self.name)) and self.name.lower() not in ABSENT

    @property
    def number(self) -> int | None:
        """The whole number in the first row, if it is one over other numbers."""
        return int(self.name) if re.fullmatch(r"\d{1,9}", self.name) and self.family == "number" else None

    @property
    def is_year(self) -> bool:
        """Whether a year stands over values that are not mostly years."""
        years = sum(value.isdigit() and int(value) in YEARS for value in self.values if len(value) == 4)
        return self.number in YEARS and not self.recurs and 2 * years <= len(self.values)

    @property
    def is_outside(self) -> bool:
        """Whether the number in the first row is far above all below it."""
        below = [float(value) for value in self.values if re.fullmatch(r"-?\d{1,9}(\.\d{1,9})?", value)]
        return self.number is not None and bool(below) and self.number > 2 * max(below)


def _counts(columns: Sequence[_Column]) -> bool:
    """Return whether the numbers of the first row are consecutive years, or count the columns."""
    over = [column for column in columns if column.own == "number" and column.family == "number"]
    numbers = [column.number for column in over]
    if not numbers or None in numbers:
        return False
    given = [number for number in numbers if number is not None]
    steps = {b - a for a, b in pairwise(given)}
    if all(column.is_year for column in over):
        return (len(given) > 1 and len(steps) == 1 and steps != {0}) or all(column.is_outside for column in over)
    return len(given) > 2 and steps == {1} and given[0] == 0 and len(over) == len(columns)


def family(values: Collection[str]) -> str | None:
    """Return what most of the values are, None if that is mere text."""
    families = Counter(map(_form, values)).most_common(1)
    return families[0][0] if families and 2 * families[0][1] > len(values) else None


def _form(value: str) -> str | None:
    if value.lower() in ("true", "false"):
        return "truth"
    if DATED.fullmatch(value):
        return "date"
    if NUMBER.fullmatch(value):
        return "number"
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return None
    return "date"


def titles(records: Sequence[Record]) -> int:
    """Return how many of the first records are titles above the header of a table, not its header.

    Titles fill few of the table's fields, and the header below them shows itself as one. A record that is only one
    field short is no title: some programs give the column of row names no name.
    """
    lengths = Counter(len(record) for record in records)
    width = max(lengths, key=lambda length: (lengths[length], length), default=0)
    if width < 2 or 2 * lengths[width] <= len(records):
        return 0
    above: list[Record] = []
    for record in records[: MOST_TITLES + 1]:
        if len(record) == width and _filled(record) > width / 2 and _filled(record) > 1:
            break
        above.append(record)
    else:
        return 0
    if not above or not all(_is_title(record, width) for record in above):
        return 0
    found = header(records[len(above) :])
    # Over padded records whose first field is filled, the header need not show itself: a header would fill more.
    plain = all(len(record) == width and record[0].strip() for record in above)
    return len(above) if found is Header.SURE or (found is Header.LIKELY and plain) else 0


def _filled(record: Record) -> int:
    return sum(bool(field.strip()) for field in record)


def _is_title(record: Record, width: int) -> bool:
    if len(record) == width:
        return _filled(record) <= width / 2
    return len(record) < width and (len(record) < width - 1 or len(record) == 1)


def notes(records: Sequence[Record]) -> int:
    """Return how many of the last records are notes below a table: one text each, with a blank record above them.

    >>> table = [["f", "A", "yes"], ["m", "B", "no"]]
    >>> notes([*table, ["", "", ""], ["Source: HR", "", ""]]), notes([*table, ["Source: HR", "", ""]])
    (1, 0)
    """
    above = {(i, field) for record in records if _filled(record) > 1 for i, field in enumerate(record)}
    found: list[str] = []
    for record in reversed(records[-MOST_NOTES:]):
        filled = [(i, field) for i, field in enumerate(record) if field.strip()]
        if not filled and found:
            break
        if not filled:
            continue
        if len(filled) > 1 or len(record) < NARROWEST or filled[0] in above:
            return 0
        found.append(filled[0][1])
    else:
        return 0
    return len(found) if any(len(re.findall(r"[^\W\d_]+", text)) > 1 for text in found) else 0


def note_notes(store: Store, rows: int, where: str) -> None:
    """Report how many rows were left out as notes, but not their text, which may name a person."""
    store.note(SAYS("notes", where=where, rows=rows), "note", warning=True)


def note_titles(store: Store, lines: Sequence[str], where: str) -> None:
    """Report how many lines were left out as titles, but not their text, which may name a person."""
    store.note(SAYS("titles", where=where, lines=len(lines)), "title", (), "--skip-rows", warning=True)


def note_no_header(store: Store, where: str) -> None:
    """Say that the columns have no names of their own."""
    store.note(SAYS("no_header", where=where), "header", (), "[data] header = true", warning=True)
