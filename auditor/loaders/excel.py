"""Spreadsheets -> rows: one table of each workbook, every column of the type that holds its cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from auditor.loaders import marks
from auditor.loaders.cells import Column, array, forms_of, is_kept, is_read
from auditor.loaders.forms import Form
from auditor.loaders.header import note_no_header, note_notes, note_titles
from auditor.loaders.missing import BLANKS, SPELLINGS, count, note_recognised, number
from auditor.loaders.names import joined
from auditor.loaders.rows import KEPT
from auditor.loaders.sheets import Table, table
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.files import Found
    from auditor.loaders.store import Store

SAYS = Says(
    of_file=" of {file}",
    sheet="Sheet '{sheet}'{where}, header in row {row}.",
    sheet_without="Sheet '{sheet}'{where}, no header.",
    unnamed="Cell {cell} of the header{where} is empty, so the column is called '{column}'.",
    merged="The value of a merged cell is read in each of its rows{where}: {columns:each}.",
    merged_of="'{column}' ({cells:people} cell{cells:s})",
    kept="Whole numbers stored as text are left as text: {columns:listed}.",
    read="Numbers stored as text are read as numbers: {columns:listed}.",
)


def load(store: Store, found: Found) -> str:
    """Read one sheet of each file into one table, and return what to put behind FROM."""
    import pyarrow as pa

    tables = [table(store, file) for file in found.files]
    for each in tables:
        _note(store, each, SAYS("of_file", file=each.label) if len(tables) > 1 else "")
    names = list(joined(store, ((each.label, each.names) for each in tables)).values())
    columns = [_column(tables, name) for name in names]
    _leave_out_missing(store, columns)
    store.spelled = True
    forms = forms_of(store, columns)
    kept = [column.name for column in columns if is_kept(column, forms[column.name])]
    chosen = marks.choices(forms | dict.fromkeys(kept, Form.TEXT), store.options)
    arrays = [array(store, column, chosen[column.name]) for column in columns]
    marks.note(store, chosen)
    if kept:
        store.note(SAYS("kept", columns=kept), "numbers as text", kept)
    if read := [column.name for column in columns if is_read(column, chosen[column.name])]:
        store.note(SAYS("read", columns=read), "numbers as text", read)
    store.connection.register("sheet", pa.table(arrays, names=names))
    store.run(f"CREATE TABLE {KEPT} AS FROM sheet")
    store.connection.unregister("sheet")
    return KEPT


def _note(store: Store, found: Table, where: str) -> None:
    text = SAYS("sheet_without" if found.top is None else "sheet", sheet=found.sheet, where=where, row=found.top)
    store.note(text, "sheet", (), "--sheet")
    if found.titles:
        note_titles(store, found.titles, where)
    if found.notes:
        note_notes(store, found.notes, where)
    if found.merged:
        columns = [SAYS("merged_of", column=name, cells=cells) for name, cells in found.merged.items()]
        store.note(SAYS("merged", where=where, columns=columns), "merged cells", [*found.merged])
    if found.top is None and store.options.header is None:
        note_no_header(store, where)
    for i in found.unnamed:
        name = found.names[i]
        store.note(SAYS("unnamed", cell=i + 1, where=where, column=name), "header", [name])


def _column(tables: Sequence[Table], name: str) -> Column:
    """Return the cells of one column, with the places where they stand."""
    values: list[Any] = []
    places: list[str] = []
    for each in tables:
        index = next((i for i, own in enumerate(each.names) if own.lower() == name.lower()), None)
        values += [None if index is None else row[index] for _, row in each.rows]
        where = SAYS("of_file", file=each.label) if len(tables) > 1 else ""
        places += [f"row {number}{where}" for number, _ in each.rows]
    return Column(name, values, places)


def _leave_out_missing(store: Store, columns: Sequence[Column]) -> None:
    """Take the spellings of missing values, and the values that are stated to mean none, out of the columns."""
    spelled: Counter[str] = Counter()
    where: list[str] = []
    for column in columns:
        stated = store.options.means_missing(column.name)
        texts = {value.strip(BLANKS): value for value in stated}
        numbers = {number(value): value for value in stated}
        recognised = SPELLINGS if store.options.recognises(column.name) else ()
        met: Counter[str] = Counter()
        own: Counter[str] = Counter()
        for i, cell in enumerate(column.values):
            if isinstance(cell, str) and cell.strip(BLANKS) in texts:
                met[texts[cell.strip(BLANKS)]] += 1
            elif isinstance(cell, str) and cell.strip() in recognised:
                own[cell.strip()] += 1
            elif isinstance(cell, int | float) and not isinstance(cell, bool) and cell in numbers:
                met[numbers[cell]] += 1
            else:
                continue
            column.values[i] = None
        spelled += own
        where += [column.name] * bool(own)
        count(store, [(column.name, value) for value in stated], [met[value] for value in stated])
    note_recognised(store, spelled, where)
