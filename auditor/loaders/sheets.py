"""Which sheet of a workbook holds the table, and where in the sheet it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from auditor.errors import AuditError, SourceError, hint
from auditor.format import listed
from auditor.loaders import limits, workbook_reader, workbooks
from auditor.loaders.header import MOST_NOTES, Header, header, notes, titles
from auditor.loaders.names import distinct
from auditor.loaders.options import ReadOptions
from auditor.loaders.workbooks import Cells, Sheet
from auditor.use.says import Says, Sentence

if TYPE_CHECKING:
    from auditor.loaders.files import File
    from auditor.loaders.store import Store

LOOKED_AT = 1000  # rows in which titles and a header are looked for
SAYS = Says(
    read="Read from sheet {sheet}; not read: {others:each}{>further}.",
    further=" and {more} more",
    not_read="Not read: sheet {sheets:listed}.",
    none_read="Not read: sheets {sheets:listed}.",
    sheet="'{sheet}' ({rows:people} row{rows:s})",
    hidden="hidden {sheet}",
)


@dataclass(frozen=True)
class Table:
    """The table of a sheet: the names of its columns, its rows, and what stands above and beside them.

    `top` is the number of the row of names, or None. `titles` are rows above it that were found to be
    titles; `unnamed` are columns without a name of their own; `merged` has, by column, the cells with the value of a
    merged cell. `notes` are the rows below it that were found to be notes.
    """

    label: str
    sheet: str
    names: Sequence[str]
    rows: Sequence[tuple[int, Cells]]
    top: int | None
    titles: tuple[str, ...] = ()
    unnamed: tuple[int, ...] = ()
    merged: Mapping[str, int] = field(default_factory=dict)
    notes: int = 0


def table(store: Store, file: File) -> Table:
    """Return the table that is meant in a workbook: that of the sheet which is named, else the largest."""
    sheets = workbooks.sheets(store, file)
    named = store.options.sheet
    if named is not None:
        return _named(sheets, named, file.label, store.options)
    found: list[Table] = []
    faults: list[SourceError] = []
    for sheet in (sheet for sheet in sheets if len(sheet.rows) > 1):
        try:
            found.append(_below(sheet, file.label, store.options))
        except SourceError as error:
            faults += [error] * sheet.visible
    hidden = {sheet.name for sheet in sheets if not sheet.visible}
    seen = [each for each in found if each.sheet not in hidden]
    if not seen:
        if faults:
            raise faults[0]
        also = f"; hidden and not read: {listed(sorted(hidden))} (name one with --sheet)" if hidden else ""
        raise SourceError(f"{file.label} has no rows in any sheet; a header and rows below it are needed{also}")
    best = max(seen, key=_size)
    _note_choice(store, best, [each for each in found if each is not best], [sheet.name for sheet in sheets], hidden)
    return best


def _size(table: Table) -> tuple[bool, int]:
    """Return what tables are compared by: a single column may be remarks, whatever its length."""
    return len(table.names) > 1, len(table.rows)


def _named(sheets: Sequence[Sheet], named: str | int, label: str, options: ReadOptions) -> Table:
    names = [sheet.name for sheet in sheets]
    place = int(named) if str(named).isdigit() and str(named) not in names else None
    if place is not None and not 1 <= place <= len(sheets):
        raise AuditError(f"{label} has {len(sheets)} sheets, no sheet {place}: {listed(names)}")
    if place is None and named not in names:
        raise AuditError(f"{label} has no sheet '{named}'{hint(str(named), names)} (it has {listed(names)})")
    sheet = sheets[place - 1 if place is not None else names.index(str(named))]
    if len(sheet.rows) < 2:
        raise SourceError(f"{label}, sheet '{sheet.name}': no rows; a header and rows below it are needed")
    return _below(sheet, label, options)


def _note_choice(
    store: Store, best: Table, others: Sequence[Table], sheets: Sequence[str], hidden: Collection[str]
) -> None:
    """Report which sheet was read, and which were not: other tables, hidden sheets, and sheets without a table."""
    rival = [each for each in others if each.sheet not in hidden and _size(each)[0] == _size(best)[0]]
    rival += [each for each in others if each.sheet in hidden and _size(each) > _size(best)]
    if rival:
        unread = [
            SAYS("hidden", sheet=_sheet_words(each)) if each.sheet in hidden else _sheet_words(each)
            for each in rival[:3]
        ]
        more = len(rival) - 3 if len(rival) > 3 else None
        text = SAYS("read", sheet=_sheet_words(best), others=unread, more=more)
        store.note(text, "sheet", (), "--sheet", warning=True)
    rest = [name for name in sheets if name not in {best.sheet, *(each.sheet for each in rival)}]
    if rest:
        text = SAYS("not_read" if len(rest) == 1 else "none_read", sheets=rest)
        store.note(text, "sheet", (), "--sheet")


def _sheet_words(table: Table) -> Sentence:
    return SAYS("sheet", sheet=table.sheet, rows=len(table.rows))


def text(cell: object) -> str:
    """Return a cell as it is written in a text."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _below(sheet: Sheet, label: str, options: ReadOptions) -> Table:
    """Return the table of a sheet."""
    rows = [row for row in sheet.rows if row[0] > (options.skip_rows or 0)]
    if not rows:
        raise SourceError(f"{label}, sheet '{sheet.name}': no rows below the {options.skip_rows} that are skipped")
    records = _records(rows[:LOOKED_AT])
    above = titles(records) if options.skip_rows is None else 0
    found = tuple(" ".join(filter(None, record)) for record in records[:above])
    rows, records = rows[above:], records[above:]
    below = _notes(rows)
    rows = rows[: len(rows) - below]
    names_columns = header(records) is not Header.NO if options.header is None else options.header
    top, cells = rows[0]
    place = f"{label}, sheet '{sheet.name}'"
    if not names_columns:
        first, width = _range(cells for _, cells in rows)
        names = [f"column{i}" for i in range(width)]
        _refuse_vast(len(rows), width, place)
        return Table(
            label, sheet.name, names, _cut(rows, first, width), None, found, (), _merged(sheet, names, first), below
        )
    rows = rows[1:]
    if not rows:
        raise SourceError(f"{place}: a header in row {top}, but no rows below it")
    first, width = _range([cells])
    if sum(any(cell is not None for cell in cells[:first]) for _, cells in rows) * 2 >= len(rows):
        start = min(_range([cells])[0] for _, cells in rows)  # an index, whose name was left blank
        first, width = start, width + first - start
    for number, row in rows:
        start, length = _range([row])
        got = max(start + length, first + width) - min(start, first)
        if got > width:
            raise SourceError(f"{place}, row {number}: {got} cells where the header in row {top} has {width}")
    named = [text(cell).strip() for cell in cells[first : first + width]]
    unnamed = tuple(i for i, name in enumerate(named) if not name)
    names = [name or f"column{i}" for i, name in enumerate(named)]
    distinct(names, place)
    _refuse_vast(len(rows), width, place)
    merged = _merged(sheet, names, first)
    return Table(label, sheet.name, names, _cut(rows, first, width), top, found, unnamed, merged, below)


def _notes(rows: Sequence[tuple[int, Cells]]) -> int:
    """Return how many of the last rows are notes; of blank rows, only their numbers are missing."""
    last = rows[-MOST_NOTES - 1 :]
    records: list[list[str]] = []
    for (number, _), (before, _), record in zip(last[1:], last, _records(last)[1:], strict=False):
        records += [[""] * len(record)] * (number > before + 1) + [record]
    return notes(records)


def _merged(sheet: Sheet, names: Sequence[str], first: int) -> dict[str, int]:
    places = {column - first: cells for column, cells in sheet.merged.items()}
    return {names[place]: cells for place, cells in sorted(places.items()) if 0 <= place < len(names)}


def _refuse_vast(rows: int, width: int, place: str) -> None:
    """Refuse a table with a cell so far to the right that the empty ones up to it are too many."""
    limits.refuse_wide(width, place)
    if rows * width > workbook_reader.CELLS:
        raise SourceError(f"{place}: {rows:,} rows × {width:,} columns are more than can be read; {workbooks.ADVICE}")


def _records(rows: Sequence[tuple[int, Cells]]) -> list[list[str]]:
    first, width = _range(cells for _, cells in rows)
    return [[text(cell).strip() for cell in cells] for _, cells in _cut(rows, first, width)]


def _range(rows: Iterator[Cells] | Sequence[Cells]) -> tuple[int, int]:
    """Return the first column that is filled in any row, and how many there are up to the last one."""
    filled = {i for cells in rows for i, cell in enumerate(cells) if cell is not None}
    return min(filled), max(filled) + 1 - min(filled)


def _cut(rows: Sequence[tuple[int, Cells]], first: int, width: int) -> list[tuple[int, Cells]]:
    cut = [(number, cells[first : first + width]) for number, cells in rows]
    return [(number, [*cells, *[None] * (width - len(cells))]) for number, cells in cut]
