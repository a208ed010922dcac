"""What the loader tests share: read a source whole, or the one-line error it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl  # type: ignore[import-untyped]
import pytest

from auditor.errors import AuditError
from auditor.loaders import open_source


class Read(NamedTuple):
    """All that came out of a source."""

    name: str
    fields: dict[str, str]
    rows: list[tuple[Any, ...]]
    notes: tuple[str, ...]
    sha256: str | None


def read(data: object, **options: Any) -> Read:
    with open_source(data, **options) as source:
        rows = source.connection.execute(f"SELECT * FROM {source.relation}").fetchall()
        return Read(source.name, dict(source.fields), rows, source.notes, source.sha256)


def refusal(data: object, **options: Any) -> str:
    with pytest.raises(AuditError) as caught, open_source(data, **options):
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
