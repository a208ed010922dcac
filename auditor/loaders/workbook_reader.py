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
SHEET, FILLED, LARGE, FAULT, END = "sheet", "rows", "large", "fault", "end"

Part = tuple[str, Any]


def parts(path: str) -> Iterator[Part]:
    """Yield each sheet (its name, whether it is visible), then its rows that are not blank, with their numbers."""
    import python_calamine as calamine

    left = CELLS
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            for each in book.sheets_metadata:
                if each.typ != calamine.SheetTypeEnum.WorkSheet:
                    continue
                yield SHEET, (each.name, each.visible == calamine.SheetVisibleEnum.Visible)
                rows: list[tuple[int, list[Any]]] = []
                for number, cells in enumerate(book.get_sheet_by_name(each.name).iter_rows(), 1):
                    values = [None if isinstance(cell, str) and not cell.strip() else cell for cell in cells]
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
    except (calamine.CalamineError, OSError) as error:
        yield FAULT, str(error)
        return
    yield END, None


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
