"""Spreadsheets -> rows: the first sheet that holds any."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders.column_types import MISSING
from auditor.loaders.names import distinct, joined
from auditor.loaders.rows import KEPT
from auditor.loaders.store import reason

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.loaders.files import File, Found
    from auditor.loaders.store import Store

Cells = list[Any]
WORDS = {
    int: "numbers",
    float: "numbers",
    bool: "truth values",
    datetime.date: "dates",
    datetime.datetime: "dates",
    datetime.time: "times",
    datetime.timedelta: "durations",
}


@dataclass(frozen=True)
class Sheet:
    """The rows below the header of a sheet, each with its number in the sheet."""

    label: str
    names: Sequence[str]
    rows: Sequence[tuple[int, Cells]]


def load(store: Store, found: Found) -> str:
    """Read one sheet of each file into one table, and return what to put behind FROM."""
    import pyarrow as pa

    sheets = [_sheet(store, file) for file in found.files]
    names = joined(store, ((sheet.label, sheet.names) for sheet in sheets)).values()
    columns = [_column(store, sheets, name) for name in names]
    store.connection.register("sheet", pa.table(columns, names=list(names)))
    store.run(f"CREATE TABLE {KEPT} AS FROM sheet")
    store.connection.unregister("sheet")
    return KEPT


def _sheet(store: Store, file: File) -> Sheet:
    import python_calamine

    try:
        with python_calamine.CalamineWorkbook.from_path(file.path) as book:
            filled = []
            for name in book.sheet_names:
                cells = list(_filled(book.get_sheet_by_name(name)))
                filled.append((name, cells))
                if len(cells) > 1:
                    break
            others = [name for name in book.sheet_names if name != filled[-1][0]]
    except (python_calamine.CalamineError, OSError) as error:
        raise SourceError(f"{file.label} cannot be read as Excel: {reason(error, store, file.label)}") from error
    name, cells = filled[-1] if filled else ("", [])
    if len(cells) < 2:
        raise SourceError(f"{file.label} has no rows in any sheet; a header and rows below it are needed")
    if others:
        left = ", ".join(f"'{other}'" for other in others)
        store.note(f"{file.label}: read from sheet '{name}', not from {left}")
    return _below_header(store, file.label, cells)


def _filled(sheet: Any) -> Iterator[tuple[int, Cells]]:
    for number, cells in enumerate(sheet.iter_rows(), 1):
        values = [None if isinstance(cell, str) and cell.strip() in MISSING else cell for cell in cells]
        if any(value is not None for value in values):
            yield number, values


def _below_header(store: Store, label: str, cells: Sequence[tuple[int, Cells]]) -> Sheet:
    (top, header), *below = cells
    filled = [i for i, cell in enumerate(header) if cell is not None]
    first, width = filled[0], filled[-1] + 1 - filled[0]
    names = [_text(cell).strip() if cell is not None else "" for cell in header[first : first + width]]
    for number, row in below:
        own = [i for i, cell in enumerate(row) if cell is not None]
        got = max(own[-1] + 1, first + width) - min(own[0], first)
        if got > width:
            raise SourceError(f"{label}, row {number}: {got} cells where the header in row {top} has {width}")
    for i, name in enumerate(names):
        if not name:
            names[i] = f"column{i}"
            store.note(f"{label}: cell {i + 1} of the header is empty, so the column is called 'column{i}'")
    distinct(names, label)
    return Sheet(label, names, [(number, row[first : first + width]) for number, row in below])


def _column(store: Store, sheets: Sequence[Sheet], name: str) -> pa.Array:
    """Return the cells of one column as an Arrow array of the type that holds them all."""
    import pyarrow as pa

    values: list[Any] = []
    places: list[str] = []
    for sheet in sheets:
        index = next((i for i, own in enumerate(sheet.names) if own.lower() == name.lower()), None)
        values += [None if index is None else row[index] for _, row in sheet.rows]
        places += [f"row {number}" + (f" of {sheet.label}" if len(sheets) > 1 else "") for number, _ in sheet.rows]
    found = {type(value) for value in values if value is not None}
    if found <= {int, float} and found:
        whole = all(value is None or (float(value).is_integer() and abs(value) < 2**53) for value in values)
        return pa.array([value if value is None or not whole else int(value) for value in values])
    if found == {datetime.date, datetime.datetime}:
        return pa.array([_midnight(value) for value in values], pa.timestamp("us"))
    if len(found) == 1 and str not in found:
        return pa.array(values)
    if len(found) > 1:
        _note_mixture(store, name, values, places)
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _note_mixture(store: Store, name: str, values: Sequence[Any], places: Sequence[str]) -> None:
    kinds = [None if value is None else WORDS.get(type(value), "texts") for value in values]
    numbers, odd = kinds.count("numbers"), [i for i, kind in enumerate(kinds) if kind not in (None, "numbers")]
    if numbers < len(odd):
        told = f"it mixes {' and '.join(sorted({kind for kind in kinds if kind}))}"
    else:
        value = f"'{_text(values[odd[0]])}' at {places[odd[0]]}"
        told = f"numbers at first, then {value}" if "numbers" in kinds[: odd[0]] else f"{value} among numbers"
    store.note(f"column '{name}' is read as text: {told}")


def _midnight(value: Any) -> Any:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return datetime.datetime.combine(value, datetime.time())
    return value


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
