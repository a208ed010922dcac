"""How a delimited text is written: its delimiter, its quotes, and whether its first line names the columns."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import IO

from auditor.loaders.column_types import MISSING

SAMPLE = 2**18  # characters
DELIMITERS = ("\t", ";", "|", ",", " ")
NO_DELIMITER = "\x1f"  # one column needs none, and a comma in it must not part it
ENCODING = "utf-8-sig"
NUMBER = re.compile(r"\s*[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?\s*")

Record = list[str]


class Broken(Exception):
    """Quotes that open and do not close, or close and do not end the field."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


@dataclass(frozen=True)
class Dialect:
    """How to read a delimited text.

    `spaced` says that a space follows each delimiter. `skip` lines stand before the first record, `comments` of them
    are comments.
    """

    delimiter: str
    quote: str = '"'
    escape: str = '"'
    spaced: bool = False
    skip: int = 0
    comments: int = 0
    header: bool = True

    def records(self, lines: Iterator[str]) -> Iterator[tuple[int, Record]]:
        """Yield each record with its line number, without blank lines; Broken where its quotes are."""
        for _ in range(self.skip):
            next(lines, None)
        backslash = self.escape == "\\"
        reader = csv.reader(
            lines,
            delimiter=self.delimiter,
            quotechar=self.quote,
            doublequote=not backslash,
            escapechar="\\" if backslash else None,
            skipinitialspace=self.spaced,
            strict=True,
        )
        line = self.skip + 1
        with _long_fields():
            try:
                for record in reader:
                    if record:
                        yield line, record
                    line = self.skip + reader.line_num + 1
            except csv.Error as error:
                raise Broken(line, str(error)) from error


def opened(path: Path) -> IO[str]:
    """Open a plain text file for `Dialect.records`."""
    return path.open(encoding=ENCODING, newline="")


def detect(path: Path, *, tabs: bool = False) -> tuple[Dialect, Record]:
    """Return the dialect of a text and its first record, which is empty if there is none; `tabs` if named as TSV."""
    with opened(path) as stream:
        text = stream.read(SAMPLE)
        while text and not re.search("[\r\n]", text.strip()) and (more := stream.read(len(text))):
            text += more
        cut = bool(stream.read(1))
    lines = list(io.StringIO(text, newline=""))
    skip, comments, delimiter = _preamble(lines)
    if tabs and any("\t" in line for line in lines[skip : skip + 1]):
        delimiter = "\t"
    best, records = _best(lines[skip:], cut, delimiter)
    if comments and records and _is_header(lines[skip - 1], best, len(records[0])):
        skip, comments = skip - 1, comments - 1
        best, records = _best(lines[skip:], cut, best.delimiter)
    header = has_header(records)
    spaced = _is_spaced(records)
    return replace(best, spaced=spaced, skip=skip, comments=comments, header=header), records[0] if records else []


def _is_spaced(records: Sequence[Record]) -> bool:
    fields = [field for record in records[1:] for field in record[1:] if field]
    return bool(fields) and all(field.startswith(" ") for field in fields)


def has_header(records: Sequence[Record]) -> bool:
    """Tell whether the first record names the columns.

    It does where a text stands over numbers or dates; it does not where a number stands over numbers, or where all its
    values recur below.
    """
    if not records:
        return True
    first, rows = records[0], [record for record in records[1:] if record != records[0]]
    below = [{row[i] for row in rows if i < len(row)} - set(MISSING) for i in range(len(first))]
    named = [(name, _family({name}), values, _family(values)) for name, values in zip(first, below, strict=True)]
    named = [each for each in named if each[0] not in MISSING]
    if any(family is not None and own != family for _, own, _, family in named):
        return True
    if any(own is not None and (own == family or not rows) for _, own, _, family in named):
        return False
    return not named or not all(name in values for name, _, values, _ in named)


def _family(values: set[str]) -> str | None:
    """Return what most of the values are, None if that is mere text."""
    families = Counter(map(_form, values)).most_common(1)
    return families[0][0] if families and 2 * families[0][1] > len(values) else None


def _form(value: str) -> str | None:
    if NUMBER.fullmatch(value):
        return "number"
    if value.lower() in ("true", "false"):
        return "truth"
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        return None
    return "date"


def _preamble(lines: Sequence[str]) -> tuple[int, int, str | None]:
    """Return how many lines stand before the records, how many of them are comments, and the delimiter they name."""
    skip = comments = 0
    for line in lines:
        if named := re.fullmatch("sep=(.)\\s*", line):
            return skip + 1, comments, named[1]
        if re.match(r"#(?!\w\S*\s*$)", line):  # "#id,name" without a space is a header
            comments += 1
        elif line.strip():
            break
        skip += 1
    return skip, comments, None


def _is_header(line: str, dialect: Dialect, width: int) -> bool:
    """Tell whether the last line that begins with # is a header like "#row id,name", not a remark."""
    return line.startswith("#") and width > 1 and len(_parsed(dialect, [line], cut=False)[0]) == width


def _best(lines: Sequence[str], cut: bool, delimiter: str | None) -> tuple[Dialect, list[Record]]:
    """Return the dialect under which most records are as long as the first, and the records."""
    best, records, share = None, [], 0.0
    for candidate in _candidates("".join(lines), delimiter):
        found = _parsed(candidate, lines, cut)
        lengths = [len(record) for record in found]
        width = lengths[0] if lengths else 0
        agreeing = lengths.count(width) / max(1, len(lengths))
        if width < 2:
            # A title over a table: taken for what it is, so that the rows below it are seen to be longer.
            width, rows = Counter(lengths[1:]).most_common(1)[0] if len(lengths) > 2 else (0, 0)
            agreeing = 1e-9 if rows >= 0.9 * len(lengths[1:]) else 0
        # Words are parted by spaces too, so a space must part every line alike, into several fields.
        if candidate.delimiter == " " and (width < 4 or agreeing < 1 or share > 0):
            continue
        if width > 1 and agreeing > share:
            best, records, share = candidate, found, agreeing
    if best is None:
        best = Dialect(delimiter or NO_DELIMITER)
        records = _parsed(best, lines, cut)
    return best, records


def _candidates(text: str, delimiter: str | None) -> Iterator[Dialect]:
    styles = [('"', '"')]
    if '\\"' in text:
        styles.append(('"', "\\"))
    if '"' not in text and "'" in text:
        begun = [field for field in re.split(r"[\t;|,\r\n]", text) if field.startswith("'")]
        always = len(begun) > 2 and all(len(field) > 1 and field.endswith("'") for field in begun)
        styles.insert(0 if always else 1, ("'", "'"))
    for quote, escape in styles:
        for each in (delimiter,) if delimiter else DELIMITERS:
            yield Dialect(each, quote, escape)


def _parsed(dialect: Dialect, lines: Sequence[str], cut: bool) -> list[Record]:
    found: list[Record] = []
    try:
        found.extend(record for _, record in dialect.records(iter(lines)))
    except Broken:
        found.append([])  # counts as one record that does not agree
    return found[:-1] if cut and len(found) > 1 else found


@contextmanager
def _long_fields() -> Iterator[None]:
    before = csv.field_size_limit(2**31 - 1)
    try:
        yield
    finally:
        csv.field_size_limit(before)
