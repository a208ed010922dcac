"""How a delimited text is written: its delimiter, its quotes, and where its header stands."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO

from auditor.loaders import limits
from auditor.loaders.header import MOST_TITLES, Header, header, titles
from auditor.loaders.options import ReadOptions

SAMPLE = 2**18  # characters
DELIMITERS = ("\t", ";", "|", ",", " ")
NO_DELIMITER = "\x1f"  # one column needs none, and a comma in it must not part it
ENCODING = "utf-8-sig"

Record = list[str]


class Broken(Exception):
    """Quotes that open and do not close, or close and do not end the field."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line


class TooWide(Exception):
    """More fields in a line than a table may have columns."""

    def __init__(self, fields: int) -> None:
        super().__init__(fields)
        self.fields = fields


@dataclass(frozen=True)
class Dialect:
    """How to read a delimited text.

    `spaced`: a space follows each delimiter. `skip` lines stand before the first record: `comments` of them
    are comments, and `titles` are the others that are not blank, where they were found, not asked for.
    """

    delimiter: str
    quote: str = '"'
    escape: str = '"'
    spaced: bool = False
    skip: int = 0
    comments: int = 0
    titles: tuple[str, ...] = ()
    header: bool = True

    def records(self, lines: Iterator[str]) -> Iterator[tuple[int, Record]]:
        """Yield each record with its line number, without blank lines; Broken where its quotes are."""
        line, taken = self.skip + 1, 0

        def bounded() -> Iterator[str]:
            nonlocal taken
            for each in lines:
                taken += len(each)
                if taken > limits.LINE:
                    raise Broken(line, f"no end within {limits.amount(limits.LINE)}")
                yield each

        for _ in islice(lines, min(self.skip, sys.maxsize)):  # it ends with the lines, however many are to be skipped
            pass
        backslash = self.escape == "\\"
        reader = csv.reader(
            bounded(),
            delimiter=self.delimiter,
            quotechar=self.quote,
            doublequote=not backslash,
            escapechar="\\" if backslash else None,
            skipinitialspace=self.spaced,
            strict=True,
        )
        with _long_fields():
            try:
                for record in reader:
                    if record:
                        yield line, record
                    line, taken = self.skip + reader.line_num + 1, 0
            except csv.Error as error:
                raise Broken(line, str(error)) from error


def opened(path: Path) -> IO[str]:
    """Open a plain text file for `Dialect.records`."""
    return path.open(encoding=ENCODING, newline="")


@dataclass(frozen=True)
class Seen:
    """The dialect of a text, and its first records with the lines they begin on."""

    dialect: Dialect
    records: tuple[tuple[int, Record], ...]


def detect(path: Path, options: ReadOptions, *, tabs: bool = False) -> Seen:
    """Return how a text is written; `tabs` if it is named as TSV."""
    with opened(path) as stream:
        text = stream.read(SAMPLE)
        while text and not re.search("[\r\n]", text.strip()) and (more := stream.read(len(text))):
            text += more
        cut = bool(stream.read(1))
    lines = list(io.StringIO(text, newline=""))
    asked = options.skip_rows
    skip, comments, delimiter = _preamble(lines) if asked is None else (asked, 0, None)
    if tabs and any("\t" in line for line in lines[skip : skip + 1]):
        delimiter = "\t"
    best, records = _best(lines[skip:], cut, delimiter, options.decimal)
    if comments and records and _is_header(lines[skip - 1], best, len(records[0])):
        skip, comments = skip - 1, comments - 1
        best, records = _best(lines[skip:], cut, best.delimiter, options.decimal)
    found: tuple[str, ...] = ()
    if asked is None and (above := titles(records)):
        numbered = _numbered(replace(best, skip=skip), lines, cut)
        start = numbered[above][0] - 1
        found = tuple(line.strip() for line in lines[skip:start] if line.strip())
        skip, records = start, records[above:]
    names = header(records) is not Header.NO if options.header is None else options.header
    dialect = replace(best, spaced=_is_spaced(records), skip=skip, comments=comments, titles=found, header=names)
    return Seen(dialect, tuple(_numbered(dialect, lines, cut)))


def _is_spaced(records: Sequence[Record]) -> bool:
    fields = [field for record in records[1:] for field in record[1:] if field]
    return bool(fields) and all(field.startswith(" ") for field in fields)


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
    """Return whether the last line that begins with # is a header like "#row id,name", not a remark."""
    return line.startswith("#") and width > 1 and len(_parsed(dialect, [line], cut=False)[0]) == width


def _best(lines: Sequence[str], cut: bool, delimiter: str | None, decimal: str | None) -> tuple[Dialect, list[Record]]:
    """Return the dialect under which most records are as long as the first, and the records."""
    best, records, share = None, [], 0.0
    for candidate in _candidates("".join(lines), delimiter):
        found = _parsed(candidate, lines, cut)
        width, agreeing = _agreement([len(record) for record in found], titled=candidate.delimiter != decimal)
        # Words are parted by spaces too, so a space must part every line alike, into several fields.
        if candidate.delimiter == " " and (width < 4 or agreeing < 1 or share > 0):
            continue
        if width > 1 and agreeing > share:
            best, records, share = candidate, found, agreeing
    if best is None or best.delimiter == " ":
        _refuse_wide(lines, delimiter)
    if best is None:
        best = Dialect(delimiter or NO_DELIMITER)
        records = _parsed(best, lines, cut)
    return best, records


def _refuse_wide(lines: Sequence[str], delimiter: str | None) -> None:
    """Raise TooWide where no delimiter parts the lines, for they would have more fields than a table may have."""
    marks = delimiter or "".join(DELIMITERS).strip(" ")
    fields = max((line.count(mark) + 1 for line in lines[: MOST_TITLES + 1] for mark in marks), default=0)
    if fields > limits.COLUMNS:
        raise TooWide(fields)


def _agreement(lengths: Sequence[int], *, titled: bool) -> tuple[int, float]:
    """Return how long records are, and the share of them; hardly any where only those below some titles agree."""
    width = lengths[0] if lengths else 0
    agreeing = lengths.count(width) / max(1, len(lengths))
    if width > 1 and 2 * agreeing > 1:
        return width, agreeing
    usual = max(set(lengths), key=lambda length: (lengths.count(length), length), default=0) if titled else 0
    below = lengths[lengths.index(usual) :] if usual in lengths[: MOST_TITLES + 1] else []
    if usual > 1 and len(below) > 1 and below.count(usual) >= 0.9 * len(below):
        return usual, 1e-9
    return width, 1e-12 * agreeing


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
    return [record for _, record in _numbered(dialect, lines, cut)]


def _numbered(dialect: Dialect, lines: Sequence[str], cut: bool) -> list[tuple[int, Record]]:
    found: list[tuple[int, Record]] = []
    try:
        found.extend(dialect.records(iter(lines)))
    except Broken as error:
        found.append((error.line, []))  # counts as one record that does not agree
    if any(len(record) > limits.COLUMNS for _, record in found):
        return [(line, []) for line, _ in found]
    return found[:-1] if cut and len(found) > 1 else found


@contextmanager
def _long_fields() -> Iterator[None]:
    before = csv.field_size_limit(limits.LINE)
    try:
        yield
    finally:
        csv.field_size_limit(before)
