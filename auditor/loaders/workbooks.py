"""Workbook -> sheets, read by a process of its own that may end for want of memory."""

from __future__ import annotations

import datetime
import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from auditor.loaders import limits, workbook_reader
from auditor.loaders.store import reason
from auditor.loaders.workbook_reader import END, FAULT, FILLED, LARGE, MERGED, SHEET, Part

if TYPE_CHECKING:
    from auditor.loaders.files import File
    from auditor.loaders.store import Store

Cells = Sequence[Any]
ADVICE = "keep the table alone, without cells far from it, or save it as CSV"


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet that are not blank, each with its number in the sheet, up to its last cell with a value.

    `merged`: how many cells of each column have the value of a merged cell that they are a part of.
    """

    name: str
    visible: bool
    rows: list[tuple[int, Cells]] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)


def sheets(store: Store, file: File) -> list[Sheet]:
    """Return the worksheets of a workbook; SourceError where it is no workbook, or holds too much."""
    _refuse_bomb(file)
    found: list[Sheet] = []
    try:
        for kind, what in _parts(file):
            if kind == SHEET:
                found.append(Sheet(*what))
            elif kind == FILLED:
                found[-1].rows.extend(what)
            elif kind == MERGED:
                found[-1].merged.update(what)
            elif kind == LARGE:
                raise SourceError(f"{file.label} holds {what}, more than can be read; {ADVICE}")
            elif kind == FAULT:
                raise SourceError(f"{file.label} cannot be read as Excel: {reason(OSError(what), store, file.label)}")
    except (EOFError, pickle.UnpicklingError):  # it ended before the end
        raise SourceError(
            f"{file.label} cannot be read as Excel within {limits.amount(workbook_reader.MEMORY)}: it holds too much, "
            f"or is damaged; {ADVICE}"
        ) from None
    return found


def _refuse_bomb(file: File) -> None:
    if not zipfile.is_zipfile(file.path):
        return  # the old format has no packing
    try:
        with zipfile.ZipFile(file.path) as archive:
            unpacked = sum(each.file_size for each in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return  # the reader reports what is wrong
    limits.refuse_unpacked(unpacked, file.path.stat().st_size, file.label, "save the table as CSV")


class _Parts(pickle.Unpickler):
    """What a reader writes: numbers, texts and times."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" and name in ("date", "datetime", "time", "timedelta"):
            return getattr(datetime, name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def _parts(file: File) -> Iterator[Part]:
    path = os.fspath(file.path)
    if not sys.executable:  # within another program: there is nothing to start
        yield from workbook_reader.parts(path)
        return
    limited = [str(file.path.stat().st_size), str(workbook_reader.MEMORY)]
    command = [sys.executable, "-I", "-S", workbook_reader.__file__, path, *limited, *filter(None, sys.path)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        try:
            kind = ""
            while kind not in (END, FAULT, LARGE):
                kind, what = _Parts(process.stdout).load()
                yield kind, what
        finally:
            process.kill()
