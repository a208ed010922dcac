"""Delimited text -> rows: CSV and its relatives, each value of each line accounted for."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.loaders import kinds, rows
from auditor.loaders.column_types import MISSING
from auditor.loaders.dialect import NO_DELIMITER, Broken, Dialect, detect, opened
from auditor.loaders.names import distinct
from auditor.loaders.store import reason
from auditor.loaders.text import plain
from auditor.source import literal

if TYPE_CHECKING:
    from auditor.loaders.files import File, Found
    from auditor.loaders.store import Store

LOOKED_AT = 2**26  # bytes searched for spellings of a missing value
LONGEST = 2**29  # bytes a line may have; asked for only where one seems to need it, for DuckDB sets that much aside


@dataclass(frozen=True)
class Table:
    """One delimited file: the plain text, how it is written, and its columns."""

    label: str
    path: Path
    dialect: Dialect
    names: tuple[str, ...]
    long_lines: bool = False
    rewritten: Path | None = None

    def scan(self) -> rows.Scan:
        """Return how DuckDB is to read the file."""
        columns = [f"c{i}" for i in range(len(self.names))]
        comma = self.dialect.delimiter not in (",", NO_DELIMITER)
        return rows.Scan(self.label, self.names, self._sql(columns), columns, partial(_places, self), comma)

    def _sql(self, columns: Sequence[str]) -> str:
        written = Dialect(self.dialect.delimiter, header=self.dialect.header) if self.rewritten else self.dialect
        single = len(columns) == 1
        options = {
            "auto_detect": "false",
            "delim": literal(written.delimiter),
            "quote": literal(written.quote),
            "escape": literal(written.escape),
            "header": str(written.header).lower(),
            "skip": str(written.skip),
            "columns": "{" + ", ".join(f"'{column}': 'VARCHAR'" for column in columns) + "}",
            "nullstr": f"[{_literals(('',) if single else MISSING)}]",
            "allow_quoted_nulls": "false",
            "strict_mode": "true",
            "compression": "'none'",
        }
        if self.long_lines:
            options["max_line_size"] = str(max(2**21, min(LONGEST, self.path.stat().st_size)))
        value = "ltrim({0}, ' ')" if written.spaced else "{0}"
        missing = _literals(MISSING if single or written.spaced else ("",))
        selected = ", ".join(
            f"CASE WHEN {value} NOT IN ({missing}) THEN {value} END AS {{0}}".format(c) for c in columns
        )
        listed = ", ".join(f"{key} = {value}" for key, value in options.items())
        scan = f"SELECT {selected} FROM read_csv({kinds.escaped(self.rewritten or self.path)}, {listed})"
        # A blank line is no row, but DuckDB takes it for a missing value of the only column.
        return f"({scan} WHERE c0 IS NOT NULL)" if single else f"({scan})"


def _literals(words: Sequence[str]) -> str:
    return ", ".join(map(literal, words))


def load(store: Store, found: Found) -> str:
    """Read delimited files into one table, and return what to put behind FROM."""
    tables = [_table(store, file) for file in found.files]
    while True:  # a file is mended twice at most
        try:
            relation = rows.load(store, [table.scan() for table in tables])
            break
        except rows.Unreadable as error:
            tables = [_mended(store, table, error) if table.label == error.scan.label else table for table in tables]
    if not store.run(f"SELECT 1 FROM {relation} LIMIT 1"):
        raise SourceError(f"{found.label} has a header but no rows")
    for table in tables:
        _note(store, table)
    return relation


def _table(store: Store, file: File) -> Table:
    path = plain(store, file)
    dialect, first = detect(path, tabs=bool({".tsv", ".tab"} & {*map(str.lower, file.path.suffixes)}))
    if not first:
        raise SourceError(f"{file.label} is empty")
    if not dialect.header:
        names = [f"column{i}" for i in range(len(first))]
    else:
        names = [name.strip() or f"column{i}" for i, name in enumerate(first)]
    distinct(names, file.label)
    table = Table(file.label, path, dialect, tuple(names))
    # DuckDB would take the line ends within a name for those of the file, and find no rows.
    broken = any(end in name for name in first for end in "\r\n")
    return replace(table, rewritten=_rewritten(store, table)) if broken else table


def _note(store: Store, table: Table) -> None:
    """Say what is not as usual about a file that could be read."""
    if table.dialect.comments:
        lines = f"{table.dialect.comments} comment line{'s' * (table.dialect.comments > 1)}"
        store.note(f"{table.label}: {lines} before the header left out", "comment lines")
    if table.dialect.spaced:
        store.note(f"{table.label}: the spaces after each '{table.dialect.delimiter}' are left out", "dialect")
    if markers := _markers(table):
        found = ", ".join(f"'{marker}' ({count:,} fields)" for marker, count in markers.items())
        store.note(f"{table.label}: read as missing: {found}", "missing values")
    if not table.dialect.header:
        store.note(f"{table.label}: no header, so the columns are called column0, column1, …", "header")
        return
    with opened(table.path) as stream:
        first = next(table.dialect.records(stream))[1]
    for i, name in enumerate(first):
        if not name.strip():
            store.note(
                f"{table.label}: field {i + 1} of the header is empty, so the column is called 'column{i}'", "header"
            )


def _markers(table: Table) -> dict[str, int]:
    """Return the spellings of a missing value that stand in the file, as often as in its first LOOKED_AT bytes."""
    with table.path.open("rb") as stream:
        start = stream.read(LOOKED_AT)
    words = [word.encode() for word in MISSING if word.encode() in start]
    if words == [b""]:
        return {}
    # Every field between two delimiters of its own, the ends of lines being delimiters too.
    delimiter = table.dialect.delimiter.encode()
    lines = (start + b"\n").replace(b"\r\n", b"\n").replace(b"\n", delimiter)
    fields = delimiter + lines.replace(delimiter, 2 * delimiter)
    counts = {word.decode(): fields.count(delimiter + word + delimiter) for word in words if word}
    return {word: count for word, count in sorted(counts.items()) if count}


def _mended(store: Store, table: Table, error: rows.Unreadable) -> Table:
    """Return another way to read a file DuckDB stumbled over, or raise the error that tells the user why."""
    import duckdb

    cause = error.__cause__ or error
    if not isinstance(cause, duckdb.InvalidInputException | duckdb.NotImplementedException):
        raise cause
    _check_lines(table)
    if not table.long_lines:
        return replace(table, long_lines=True)
    if table.rewritten is None:
        return replace(table, rewritten=_rewritten(store, table))
    raise SourceError(f"{table.label} cannot be read as CSV: {reason(cause, store, table.label)}") from error


def _check_lines(table: Table) -> None:
    """Raise an error for the first line that has too few or too many fields, or broken quotes."""
    width = len(table.names)
    what = "header" if table.dialect.header else "first line"
    try:
        with opened(table.path) as stream:
            for line, record in table.dialect.records(stream):
                if len(record) != width:
                    fields = f"{len(record)} field{'s' * (len(record) != 1)}"
                    raise SourceError(f"{table.label}, line {line}: {fields} where the {what} has {width}")
    except Broken as error:
        raise SourceError(
            f"{table.label}, line {error.line}: a quoted field does not end as it should ({error}); "
            'write a quote within quotes as ""'
        ) from error


def _rewritten(store: Store, table: Table) -> Path:
    """Write the records anew, all in one form: line ends may be mixed, or quotes be followed by spaces.

    A header is written without the names, of which DuckDB has no need.
    """
    copy = store.temporary(".csv")
    with opened(table.path) as stream, copy.open("w", encoding="utf-8", newline="") as written:
        writer = csv.writer(written, delimiter=table.dialect.delimiter, lineterminator="\n")
        records = (record for _, record in table.dialect.records(stream))
        if table.dialect.header:
            writer.writerow([f"c{i}" for i, _ in enumerate(next(records))])
        writer.writerows(records)
    return copy


def _places(table: Table, wanted: Collection[int]) -> Mapping[int, str]:
    """Return the lines on which rows stand; a row may span several."""
    found: dict[int, str] = {}
    with opened(table.path) as stream:
        records = islice(table.dialect.records(stream), int(table.dialect.header), max(wanted) + 2)
        for row, (line, _) in enumerate(records):
            if row in wanted:
                found[row] = f"line {line}"
    return found
