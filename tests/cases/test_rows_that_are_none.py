"""Rows of a file that are no people: blank ones, and notes below the table; and cells that are merged over rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from tests.loaders.reading import read, workbook, write

PEOPLE: list[list[Any]] = [["f", 30, "yes"], ["m", 40, "no"], ["f", 35, "no"]]
HEADER: list[Any] = ["gender", "age", "hired"]
AS_ROWS = [tuple(row) for row in PEOPLE]


def _csv(*lines: str) -> str:
    return "\n".join([",".join(HEADER), *(",".join(map(str, row)) for row in PEOPLE), *lines]) + "\n"


def test_a_merged_cell_is_read_in_each_of_its_rows(tmp_path: Path) -> None:
    # The sheet shows department A beside three people, and B beside two: 3 f of A, by hand, are 2 f and 1 m.
    book = openpyxl.Workbook()
    sheet = book.active
    rows: list[list[Any]] = [
        ["dept", "gender", "hired"],
        ["A", "f", "yes"],
        [None, "m", "no"],
        [None, "f", "no"],
        ["B", "m", "yes"],
        [None, "f", None],
    ]
    for row in rows:
        sheet.append([None, *row])  # the table begins in the second column
    sheet.merge_cells("B2:B4")
    sheet.merge_cells("B5:B6")
    sheet.merge_cells("D5:D6")
    book.save(tmp_path / "merged.xlsx")
    found = read(tmp_path / "merged.xlsx")
    assert found.rows == [("A", "f", "yes"), ("A", "m", "no"), ("A", "f", "no"), ("B", "m", "yes"), ("B", "f", "yes")]
    said = "The value of a merged cell is read in each of its rows: 'dept' (3 cells), 'hired' (1 cell)."
    assert said in found.notes


def test_a_cell_that_is_blank_and_not_merged_stays_blank(tmp_path: Path) -> None:
    rows: list[list[Any]] = [["dept", "gender", "hired"], ["A", "f", "yes"], [None, "m", "no"]]
    found = read(workbook(tmp_path / "plain.xlsx", {"Sheet": rows}))
    assert found.rows == [("A", "f", "yes"), (None, "m", "no")]
    assert found.notes == ()


@pytest.mark.parametrize(
    "below", [("", '"Source: HR, 2024",,'), (",,", "Source: HR,,", "2024 figures,,"), ("", "Source: HR,,", "Note,,")]
)
def test_notes_below_a_table_are_no_people(tmp_path: Path, below: tuple[str, ...]) -> None:
    text = write(tmp_path, "notes.csv", _csv(*below))
    notes = len(below) - 1
    sheet: list[list[Any]] = [HEADER, *PEOPLE, [], *([line.strip(',"'), None, None] for line in below[1:])]
    for found in (read(text), read(workbook(tmp_path / "notes.xlsx", {"Sheet": sheet}))):
        assert found.rows == AS_ROWS
        (said,) = found.warnings
        assert said.startswith(f"Left out as a note below the table: {notes} row")


@pytest.mark.parametrize(
    ("below", "kept"),
    [
        (("Source: HR,,",), ("Source: HR", None, None)),  # no blank row parts it from the table: it may be a person
        (("", "m,,"), ("m", None, None)),  # what stands above is no note
        (("", "Total,55,1"), ("Total", 55, "1")),
    ],
)
def test_what_may_be_a_person_stays(tmp_path: Path, below: tuple[str, ...], kept: tuple[object, ...]) -> None:
    found = read(write(tmp_path, "people.csv", _csv(*below)))
    assert found.rows == [*AS_ROWS, kept]


def test_rows_without_any_value_are_no_people(tmp_path: Path) -> None:
    lines = [",,", "m,41,yes", ",,", ",,"]
    found = read(write(tmp_path, "blank.csv", _csv(*lines)))
    assert found.rows == [*AS_ROWS, ("m", 41, "yes")]
    assert "Left out: 3 rows without any value." in found.notes
    carried = read(write(tmp_path, "carried.csv", _csv(*lines).replace("\n", "\r\n")))
    assert carried.rows == found.rows


def test_the_place_of_an_odd_value_counts_the_lines_that_are_left_out(tmp_path: Path) -> None:
    found = read(write(tmp_path, "odd.csv", _csv(",,", "m,forty,yes")))
    assert any("at line 6" in warning for warning in found.warnings)
