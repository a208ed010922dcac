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
from auditor.format import listed
from auditor.loaders import kinds, limits, rows
from auditor.loaders.dialect import NO_DELIMITER, Broken, Dialect, Record, TooWide, detect, opened
from auditor.loaders.header import note_no_header, note_notes, note_titles
from auditor.loaders.lines import has_line, notes_below, repeats_of
from auditor.loaders.missing import SPELLINGS, is_one_of, note_recognised
from auditor.loaders.names import distinct
from auditor.loaders.recipe import Made, Recipe, table_function, texts
from auditor.loaders.source import literal, quoted
from auditor.loaders.store import reason
from auditor.loaders.text import plain, refuse_long_lines
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.column_types import Reading
    from auditor.loaders.files import File, Found
    from auditor.loaders.options import ReadOptions
    from auditor.loaders.store import Store

LOOKED_AT = 2**26  # bytes searched for spellings of a missing value
MARK = "\ufeff"  # a byte order mark
DELIMITERS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Pipe", " ": "Space"}
SAYS = Says(
    form="{parts:each}.",
    separated="{delimiter}-separated",
    spaced="{delimiter} and space-separated",
    header="header in line {line}",
    in_file=" in {file}",
    comments="Left out above the header{where}: {lines} comment line{lines:s}.",
    repeat="Left out{where}: {rows} row that repeats the header.",
    repeats="Left out{where}: {rows} rows that repeat the header.",
    blank="Left out{where}: {rows:people} row{rows:s} without any value.",
    as_utf_8="Save the file as UTF-8 first.",
    unnamed="Field {field} of the header is empty{where}, so the column is called '{column}'.",
)


@dataclass(frozen=True)
class Table:
    """One delimited file: the plain text, how it is written, and its columns.

    `first` is the record that names them, or the first row, with its line. `marked` are columns with a spelling of a
    missing value, `words` those in which it is a word. The header stands `repeats` times again among the rows; `blank`:
    some lines hold nothing but delimiters. `notes` are the records below the table: the place of their text, and it.
    """

    label: str
    path: Path
    utf_8: bool
    dialect: Dialect
    first: tuple[int, Record]
    names: tuple[str, ...]
    marked: tuple[str, ...] = ()
    words: frozenset[str] = frozenset()
    repeats: int = 0
    blank: bool = False
    notes: tuple[tuple[int, str], ...] = ()
    long_lines: bool = False
    rewritten: Path | None = None

    def scan(self) -> rows.Scan:
        """Return how DuckDB is to read the file."""
        columns = [f"c{i}" for i in range(len(self.names))]
        return rows.Scan(
            self.label, self.names, self._sql(columns), columns, partial(_places, self), self.dialect.delimiter
        )

    def _sql(self, columns: Sequence[str]) -> str:
        written = Dialect(self.dialect.delimiter, header=self.dialect.header) if self.rewritten else self.dialect
        single = len(columns) == 1
        # DuckDB takes its spellings of NULL out of every column, or out of none; only it knows what was in quotes.
        by_column = single or written.spaced or bool(self.words)
        options = {
            "auto_detect": "false",
            "delim": literal(written.delimiter),
            "quote": literal(written.quote),
            "escape": literal(written.escape),
            "header": str(written.header).lower(),
            "skip": str(written.skip),
            "columns": "{" + ", ".join(f"'{column}': 'VARCHAR'" for column in columns) + "}",
            "nullstr": f"[{_literals(('',) if single or self.words else SPELLINGS)}]",
            "allow_quoted_nulls": "false",
            "strict_mode": "true",
            "compression": "'none'",
        }
        if self.long_lines:
            options["max_line_size"] = str(max(2**21, min(limits.LINE, self.path.stat().st_size)))
        selected = ", ".join(
            f"{self._value(column, name, by_column)} AS {column}"
            for column, name in zip(columns, self.names, strict=True)
        )
        listed = ", ".join(f"{key} = {value}" for key, value in options.items())
        scan = f"SELECT {selected} FROM read_csv({kinds.escaped(self.rewritten or self.path)}, {listed})"
        if single:  # a blank line is no row, but DuckDB takes it for a missing value of the only column
            return f"({scan} WHERE c0 IS NOT NULL)"
        texts = [f"ltrim({column}, {literal(MARK)})" for column in columns]
        left_out = self._left_out(columns, texts)
        return f"({scan} WHERE {' AND '.join(left_out)})" if left_out else f"({scan})"

    def _left_out(self, columns: Sequence[str], texts: Sequence[str]) -> list[str]:
        """Return the SQL of what the rows that are read fulfil; `texts` is that of the columns without marks."""
        found = []
        if self.repeats:
            named = (
                f"{text} IS NOT DISTINCT FROM nullif({literal(name)}, '')"
                for text, name in zip(texts, self.first[1], strict=True)
            )
            found.append(f"NOT ({' AND '.join(named)})")
        if self.blank:
            found.append(f"coalesce({', '.join(columns)}) IS NOT NULL")
        for place, note in self.notes:
            others = " AND ".join(f"{column} IS NULL" for i, column in enumerate(columns) if i != place)
            found.append(f"NOT coalesce({columns[place]} = {literal(note)} AND {others}, false)")
        return found

    def _value(self, column: str, name: str, by_column: bool) -> str:
        """Return the SQL of a field, NULL where it spells a missing value."""
        value = f"ltrim({column}, ' ')" if self.dialect.spaced and not self.rewritten else column
        missing = _literals(SPELLINGS if by_column and name not in self.words else ("",))
        return f"CASE WHEN {value} NOT IN ({missing}) THEN {value} END"

    def recipe(self, files: Sequence[File], readings: Mapping[str, Reading], options: ReadOptions) -> Recipe | None:
        """Return how anyone reads files that are written like this one; None where the engine cannot."""
        if self.rewritten or self.notes:  # a note may name a person, and the statement is in the report
            return None
        single = len(self.names) == 1
        by_column = single or self.dialect.spaced or bool(self.words)
        raw = [name.lstrip(MARK) if self.dialect.header else f"column{i}" for i, name in enumerate(self.first[1])]
        written = {
            "all_varchar": "true",
            "header": str(self.dialect.header).lower(),
            "delim": literal(self.dialect.delimiter),
            "quote": literal(self.dialect.quote),
            "escape": literal(self.dialect.escape),
            "skip": str(self.dialect.skip),
            "comment": "''",
            "nullstr": texts(("",) if single or self.words else SPELLINGS),
            "allow_quoted_nulls": "false",
        }
        if raw != [*self.names] or single or not self.dialect.header or {*raw} & {*SPELLINGS}:
            # The engine would give other names, or take the only column for something else.
            named = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.names)
            written = {"auto_detect": "false", "columns": f"{{{named}}}", **written}
            del written["all_varchar"]
        if self.long_lines:
            written["max_line_size"] = str(limits.LINE)
        if packing := kinds.by_content(files[0].path)[1]:
            written["compression"] = literal(packing)
        relation = table_function("read_csv", [file.label for file in files], written)
        if single:
            relation = f"(FROM {relation} WHERE {quoted(self.names[0])} IS NOT NULL)"
        else:
            names = [*map(quoted, self.names)]
            raw = [f"ltrim({name}, {literal(MARK)})" for name in names]
            if left_out := self._left_out(names, raw):
                relation = f"(FROM {relation} WHERE {' AND '.join(left_out)})"
        made = {}
        for name in self.names:
            text = self._value(quoted(name), name, by_column) if by_column else quoted(name)
            if stated := options.means_missing(name):
                text = f"CASE WHEN NOT coalesce({is_one_of(text, stated)}, false) THEN {text} END"
            made[name] = Made(readings[name.lower()].again.format(text), name)
        return Recipe(relation, SAYS("as_utf_8") if not self.utf_8 else "", (made,))

    def is_header(self, record: Record) -> bool:
        """Return whether a record repeats the header."""
        return [field.lstrip(MARK) for field in record] == [field.lstrip(MARK) for field in self.first[1]]

    def leaves_out(self, record: Record) -> bool:
        """Return whether a record repeats the header, holds nothing, or is a note."""
        if self.repeats and self.is_header(record):
            return True
        filled = [(i, field) for i, field in enumerate(record) if field]
        return (self.blank and not filled) or (len(filled) == 1 and filled[0] in self.notes)

    def form(self, decimals: Collection[str]) -> str:
        """Return how the file is written, in one sentence."""
        mark = self.dialect.delimiter
        separated = SAYS("spaced" if self.dialect.spaced else "separated", delimiter=DELIMITERS.get(mark, repr(mark)))
        delimited = "One column" if mark == NO_DELIMITER else separated
        header = SAYS("header", line=self.first[0]) if self.dialect.header else "no header"
        points = {"": "", ".": "decimal point", ",": "decimal comma", ",.": "decimal points and decimal commas"}
        parts = [delimited, header, "UTF-8" if self.utf_8 else "", points["".join(sorted(decimals))]]
        return SAYS("form", parts=[part for part in parts if part])


def _literals(words: Sequence[str]) -> str:
    return ", ".join(map(literal, words))


def load(store: Store, found: Found) -> str:
    """Read delimited files into one table, and return what to put behind FROM."""
    scanned = tables(store, found)
    while True:  # a file is read another way twice at most
        try:
            loaded = rows.load(store, [table.scan() for table in scanned])
            break
        except rows.Unreadable as error:
            scanned = [
                _corrected(store, table, error) if table.label == error.scan.label else table for table in scanned
            ]
    if not store.run(f"SELECT 1 FROM {loaded.relation} LIMIT 1"):
        raise SourceError(f"{found.label} has a header but no rows")
    store.spelled = True
    if len({_written(table, file) for table, file in zip(scanned, found.files, strict=True)}) == 1:
        store.recipe = scanned[0].recipe(found.files, loaded.readings, store.options)
    _note_form(store, scanned, loaded.decimals)
    for table in scanned:
        _note(store, table, SAYS("in_file", file=table.label) if len(scanned) > 1 else "")
    return loaded.relation


def _written(table: Table, file: File) -> tuple[object, ...]:
    """Return how a file is written: files that agree in it can be read in one statement."""
    named = table.first[1], table.names, table.words, table.utf_8, table.long_lines, table.rewritten
    left_out = table.repeats > 0, table.blank, table.notes
    return (replace(table.dialect, comments=0, titles=()), kinds.by_content(file.path)[1], *map(repr, named + left_out))


def tables(store: Store, found: Found) -> list[Table]:
    """Return how each of the files is written."""
    return [_table(store, file) for file in found.files]


def _table(store: Store, file: File) -> Table:
    path, utf_8 = plain(store, file)
    refuse_long_lines(path, file.label)
    options = store.options
    try:
        seen = detect(path, options, tabs=bool({".tsv", ".tab"} & {*map(str.lower, file.path.suffixes)}))
    except TooWide as error:
        limits.refuse_wide(error.fields, file.label)
        raise
    if not seen.records:
        skipped = f" below the {options.skip_rows} lines that are skipped" if options.skip_rows else ""
        raise SourceError(f"{file.label} is empty{skipped}")
    line, first = seen.records[0]
    if not first:
        raise SourceError(f"{file.label}, line {line}: the fields cannot be separated; is a quote not closed?")
    if not seen.dialect.header:
        names = [f"column{i}" for i in range(len(first))]
    else:
        names = [name.strip() or f"column{i}" for i, name in enumerate(first)]
    distinct(names, file.label)
    plainly = seen.dialect.header and len(names) > 1 and not any("\n" in field for field in first)
    repeats = repeats_of(path, line) if plainly else 0
    blank = len(names) > 1 and has_line(path, seen.dialect.delimiter * (len(names) - 1))
    marked = [
        name for i, name in enumerate(names) if any({*record[i : i + 1]} & _SPELLED for _, record in seen.records)
    ]
    words = frozenset(name for name in names if not options.recognises(name))
    table = Table(
        file.label, path, utf_8, seen.dialect, seen.records[0], tuple(names), tuple(marked), words, repeats, blank,
        notes_below(path, seen.dialect, len(names)),
    )  # fmt: skip
    # DuckDB would take the line ends within a name for those of the file, and find no rows.
    broken = any(end in name for name in first for end in "\r\n")
    return replace(table, rewritten=_rewritten(store, table)) if broken else table


_SPELLED = frozenset(SPELLINGS) - {""}


def _note_form(store: Store, tables: Sequence[Table], decimals: Collection[str]) -> None:
    """Report the format of the files; files with one format together."""
    forms: dict[str, list[str]] = {}
    for table in tables:
        forms.setdefault(table.form(decimals), []).append(table.label)
    for form, labels in forms.items():
        text = form if len(forms) == 1 else f"{listed(labels)}: {form}"
        store.note(text, "dialect", (), "[data] decimal, header, skip_rows")


def _note(store: Store, table: Table, where: str) -> None:
    """Report what is unusual about a file that could be read."""
    dialect = table.dialect
    if dialect.comments:
        text = SAYS("comments", where=where, lines=dialect.comments)
        store.note(text, "comment lines", (), "--skip-rows")
    if dialect.titles:
        note_titles(store, [line.strip(dialect.delimiter) for line in dialect.titles], where)
    if table.repeats:
        text = SAYS("repeat" if table.repeats == 1 else "repeats", where=where, rows=table.repeats)
        store.note(text, "header", warning=True)
    if table.blank:
        all_rows, kept = (each.scan().sql for each in (replace(table, blank=False), table))
        ((blank,),) = store.run(f"SELECT (SELECT count(*) FROM {all_rows}) - (SELECT count(*) FROM {kept})")
        if blank:
            store.note(SAYS("blank", where=where, rows=blank), "blank rows")
    if table.notes:
        note_notes(store, len(table.notes), where)
    note_recognised(store, _markers(table), table.marked, where)
    if not dialect.header and store.options.header is None:
        note_no_header(store, where)
    if dialect.header:
        for i, name in enumerate(table.first[1]):
            if not name.strip():
                column = f"column{i}"
                store.note(SAYS("unnamed", field=i + 1, where=where, column=column), "header", [column])


def _markers(table: Table) -> dict[str, int]:
    """Return how often each spelling of a missing value occurs in the first LOOKED_AT bytes of the file."""
    if table.words.issuperset(table.names):
        return {}
    with table.path.open("rb") as stream:
        start = stream.read(LOOKED_AT)
    words = [word.encode() for word in SPELLINGS if word.encode() in start]
    if words == [b""]:
        return {}
    # Every field between two delimiters of its own, the ends of lines being delimiters too.
    delimiter = table.dialect.delimiter.encode()
    lines = (start + b"\n").replace(b"\r\n", b"\n").replace(b"\n", delimiter)
    fields = delimiter + lines.replace(delimiter, 2 * delimiter)
    counts = {word.decode(): fields.count(delimiter + word + delimiter) for word in words if word}
    return {word: count for word, count in sorted(counts.items()) if count}


def _corrected(store: Store, table: Table, error: rows.Unreadable) -> Table:
    """Return another way to read a file that DuckDB could not read, or raise the error that explains why."""
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
    above = "; if titles stand above the header, skip them with --skip-rows" if width == 1 else ""
    try:
        with opened(table.path) as stream:
            for line, record in table.dialect.records(stream):
                if len(record) != width:
                    fields = f"{len(record)} field{'s' * (len(record) != 1)}"
                    raise SourceError(f"{table.label}, line {line}: {fields} where the {what} has {width}{above}")
    except Broken as error:
        raise SourceError(
            f"{table.label}, line {error.line}: a quoted field does not end as it should ({error}); "
            'write a quote within quotes as ""'
        ) from error


def _rewritten(store: Store, table: Table) -> Path:
    """Write the records anew, all in one form: line ends may be mixed, or quotes be followed by spaces.

    A header is written without the names, which DuckDB does not need.
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
        records = islice(table.dialect.records(stream), int(table.dialect.header), None)
        rows = (each for each in records if not table.leaves_out(each[1]))
        for row, (line, _) in enumerate(islice(rows, max(wanted) + 1)):
            if row in wanted:
                found[row] = f"line {line}"
    return found
