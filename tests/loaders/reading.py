"""What the loader tests share: read a source whole, or the one-line error it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl  # type: ignore[import-untyped]
import pytest

from auditor.errors import AuditError
from auditor.loaders import open_source
from auditor.loaders.options import ReadOptions
from auditor.model import Decision

USUAL = ("dialect", "sheet")  # what is said of every file: how it is written


class Read(NamedTuple):
    """All that came out of a source; `notes` are what is said beyond `form`, which says how the file is written."""

    name: str
    fields: dict[str, str]
    rows: list[tuple[Any, ...]]
    notes: tuple[str, ...]
    sha256: str | None
    form: tuple[str, ...]
    reading: tuple[Decision, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is said as a warning."""
        return tuple(decision.text for decision in self.reading if decision.warning)


def read(data: object, *, asked: Mapping[str, Any] | None = None, **options: Any) -> Read:
    """Read a source whole; `asked` are ReadOptions."""
    with open_source(data, options=ReadOptions(**(asked or {})), **options) as source:
        rows = source.connection.execute(f"SELECT * FROM {source.relation}").fetchall()
        usual = [each for each in source.reading if each.about in USUAL and not each.warning]
        notes = tuple(each.text for each in source.reading if each not in usual)
        form = tuple(each.text for each in usual)
        return Read(source.name, dict(source.fields), rows, notes, source.sha256, form, source.reading)


def refusal(data: object, *, asked: Mapping[str, Any] | None = None, **options: Any) -> str:
    with pytest.raises(AuditError) as caught, open_source(data, options=ReadOptions(**(asked or {})), **options):
        pass
    text = str(caught.value)
    assert "\n" not in text
    assert "dataudit-" not in text  # the name of our own temporary folder
    return text


def write(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Write sheets, given by name, to an Excel file."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path
