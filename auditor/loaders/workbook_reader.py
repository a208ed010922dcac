"""Workbook -> its sheets and rows, in parts; run as a program, it writes them to standard output.

A cell far from the others makes the library reserve memory for all between, and end the process where memory runs out.
So the library has a process of its own, with limits. It imports nothing of ours, to be quick to start.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from typing import Any

ROWS = 1024  # in a part
MEMORY = 2**31  # bytes of the process, where the system can limit them
CELLS = 2**25  # of all sheets
SECONDS, PER_BYTE = 30, 1e-5  # of the processor, and more of them for large files
SHEET, FILLED, MERGED, LARGE, FAULT, END = "sheet", "rows", "merged", "large", "fault", "end"

Part = tuple[str, Any]


def parts(path: str) -> Iterator[Part]:
    """Yield each sheet (its name, whether it is visible), then its rows that are not blank, with their numbers.

    Behind them stands how many cells of each column have the value of a merged cell that they are a part of.
    """
    import python_calamine as calamine

    left = CELLS
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            for each in book.sheets_metadata:
                if each.typ != calamine.SheetTypeEnum.WorkSheet:
                    continue
                yield SHEET, (each.name, each.visible == calamine.SheetVisibleEnum.Visible)
                rows: list[tuple[int, list[Any]]] = []
                sheet = book.get_sheet_by_name(each.name)
                merged = _Merged(sheet)
                for number, cells in enumerate(sheet.iter_rows(), 1):
                    values = [None if isinstance(cell, str) and not cell.strip() else cell for cell in cells]
                    merged.fill(number, values)
                    while values and values[-1] is None:
                        values.pop()
                    left -= len(values)
                    if left < 0:
                        yield LARGE, f"over {CELLS:,} cells"
                        return
                    if values:
                        rows.append((number, values))
                    if len(rows) == ROWS:
                        yield FILLED, rows
                        rows = []
                yield FILLED, rows
                yield MERGED, merged.filled
    except (calamine.CalamineError, OSError) as error:
        yield FAULT, str(error)
        return
    yield END, None


class _Merged:
    """The cells of a sheet that are merged over several rows: a file has their value in the first of these alone."""

    def __init__(self, sheet: Any) -> None:
        self.filled: dict[int, int] = {}
        self._from: dict[int, list[tuple[int, int]]] = {}
        self._under: dict[int, tuple[int, Any]] = {}  # column -> the last row of its merged cell, and the value
        left = sheet.start[1] if sheet.start else 0  # the first column that is there
        for (top, first), (bottom, _) in sheet.merged_cell_ranges or ():
            if bottom > top and first >= left:
                self._from.setdefault(top + 1, []).append((first - left, bottom + 1))

    def fill(self, number: int, values: list[Any]) -> None:
        """Write the values of merged cells into a row; not into one that is blank but for them."""
        self._under = {column: of for column, of in self._under.items() if number <= of[0]}
        if any(value is not None for value in values):
            for column, (_, value) in self._under.items():
                if column < len(values) and values[column] is None:
                    values[column] = value
                    self.filled[column] = self.filled.get(column, 0) + 1
        for column, last in self._from.get(number, ()):
            if column < len(values) and values[column] is not None:
                self._under[column] = last, values[column]


def _limit(size: int, memory: int) -> None:
    try:
        import resource
    except ImportError:  # a system without it
        return
    seconds = int(SECONDS + PER_BYTE * size)
    for which, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(which)
        if hard == resource.RLIM_INFINITY or most <= hard:
            resource.setrlimit(which, (most, hard))


def main() -> None:
    """Write the parts of the workbook that is named; the size of its file, memory, and where to import from follow."""
    import os

    path, size, memory, *sys.path[:] = sys.argv[1:]
    _limit(int(size), int(memory))
    try:
        for part in parts(path):
            pickle.dump(part, sys.stdout.buffer, protocol=5)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)
    except MemoryError:
        os._exit(1)


if __name__ == "__main__":
    main()
