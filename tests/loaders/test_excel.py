"""Spreadsheets: the first sheet with rows, its dates as dates, its faults told by row."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loaders.reading import read, refusal, workbook, write

Book = Callable[..., Path]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """A function that writes sheets, given by name, to a workbook."""
    return lambda name="a.xlsx", **sheets: workbook(tmp_path / name, sheets)


def test_types(book: Book) -> None:
    day, time = dt.date(2024, 1, 2), dt.datetime(2024, 1, 2, 3, 4)
    found = read(book(people=[["name", "n", "x", "ok", "day", "time"], ["ann", 1, 1.5, True, day, time], ["bob", 2, 2, False, day, dt.datetime(2024, 1, 3)]]))  # fmt: skip
    assert found.fields == {"name": "VARCHAR", "n": "BIGINT", "x": "DOUBLE", "ok": "BOOLEAN", "day": "DATE", "time": "TIMESTAMP"}  # fmt: skip
    assert found.rows[0] == ("ann", 1, 1.5, True, day, time)
    assert found.rows[1] == ("bob", 2, 2.0, False, day, dt.datetime(2024, 1, 3))


def test_of_two_tables_of_one_size_the_first_is_read_and_the_other_is_named(book: Book) -> None:
    found = read(book(Cover=[], Data=[["a"], ["x"]], More=[["b"], ["y"]]))
    assert found.rows == [("x",)]
    assert found.warnings == ("Read from sheet 'Data' (1 row); not read: 'More' (1 row).",)
    assert found.form == ("Not read: sheet 'Cover'.", "Sheet 'Data', header in row 1.")


def test_the_header_is_the_first_row_that_is_not_empty(book: Book) -> None:
    found = read(book(s=[[], [None, "a", "b"], [], [None, "x", 1], [None, None, None], [None, "y", None]]))
    assert found.rows == [("x", 1), ("y", None)]


def test_missing_markers_are_missing(book: Book) -> None:
    assert read(book(s=[["a", "b"], ["NA", 1], ["x", "#N/A"]])).rows == [(None, 1), ("x", None)]


def test_a_column_of_mixed_cells_is_text_and_noted(book: Book) -> None:
    found = read(book(s=[["a", "b"], [1, 2], [2, "x"], ["abc", dt.date(2024, 1, 2)]]))
    assert found.rows == [("1", "2"), ("2", "x"), ("abc", "2024-01-02")]
    assert found.notes == (
        "Column 'a' is read as text: numbers at first, then a text at row 4.",
        "Column 'b' is read as text: it mixes dates, numbers and texts.",
    )


def test_text_that_looks_like_a_number_stays_text(book: Book) -> None:
    assert read(book(s=[["zip"], ["02134"], ["10001"]])).rows == [("02134",), ("10001",)]


def test_an_empty_name_is_numbered_and_noted(book: Book) -> None:
    found = read(book(s=[["a", None, "c"], [1, 2, 3]]))
    assert list(found.fields) == ["a", "column1", "c"]
    assert found.notes == ("Cell 2 of the header is empty, so the column is called 'column1'.",)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["a", "b"], ["x", 1], ["y", 2, 3]], "a.xlsx, sheet 's', row 3: 3 cells where the header in row 1 has 2"),
        ([["name"], ["ann", 3], ["bob", 4]], "a.xlsx, sheet 's', row 2: 2 cells where the header in row 1 has 1"),
        ([["a", "A"], [1, 2]], "columns 'a' (position 1) and 'A' (position 2) differ only by case"),
        ([["a", "b"]], "a.xlsx has no rows in any sheet"),
        ([], "a.xlsx has no rows in any sheet"),
    ],
)
def test_what_is_refused(book: Book, rows: list[list[Any]], expected: str) -> None:
    assert expected in refusal(book(s=rows))


def test_a_broken_workbook(tmp_path: Path, book: Book) -> None:
    content = book(s=[["a"], [1]]).read_bytes()
    assert refusal(write(tmp_path, "b.xlsx", content[:-200])).startswith("b.xlsx")
    assert refusal(write(tmp_path, "c.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1junk")).startswith(
        "c.xls cannot be read as Excel"
    )


def test_an_open_document_sheet(tmp_path: Path) -> None:
    cells = [["a", "b"], ["x", "y"]]
    rows = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>' for cell in row
        )
        + "</table:table-row>"
        for row in cells
    )
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    content = (
        f"<?xml version='1.0'?><office:document-content {spaces}><office:body><office:spreadsheet>"
        f'<table:table table:name="S">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    with zipfile.ZipFile(tmp_path / "a.ods", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<?xml version='1.0'?><manifest/>")
        archive.writestr("content.xml", content)
    assert read(tmp_path / "a.ods").rows == [("x", "y")]


def test_workbooks_in_a_folder_are_joined_by_name(tmp_path: Path, book: Book) -> None:
    book("a.xlsx", s=[["n", "x"], [1, "p"]])
    book("b.xlsx", s=[["X", "n"], ["q", 2.5]])
    book("c.xlsx", s=[["n"], [3]])
    found = read(tmp_path)
    assert found.rows == [(1.0, "p"), (2.5, "q"), (3.0, None)]
    assert found.notes == ("c.xlsx has no 'x': missing in its rows",)
