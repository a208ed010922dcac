"""Workbooks as people keep them: covers, titles, indices, hidden sheets, spellings of nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pandas as pd
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.errors import AuditError
from auditor.loaders import open_source
from auditor.loaders.options import ReadOptions

ROWS = [("gender", "hired"), *[("f", "yes"), ("m", "no"), ("f", "no"), ("m", "yes")] * 5]


def _book(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]], hidden: Sequence[str] = ()) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name in hidden else "visible"
    book.save(path)
    return path


def _read(path: Path, **options: Any) -> tuple[list[str], int, list[auditor.model.Decision]]:
    with open_source(path, options=ReadOptions(**options)) as source:
        (rows,) = source.connection.execute(f"SELECT count(*) FROM {source.relation}").fetchall()[0]
        return list(source.fields), rows, list(source.reading)


def test_a_cover_is_not_the_data(tmp_path: Path) -> None:
    path = _book(tmp_path / "a.xlsx", {"Cover": [["Staff report"], ["2024"]], "Data": ROWS, "Notes": [["x"]]})
    names, rows, said = _read(path)
    assert (names, rows) == (["gender", "hired"], 20)
    assert any("'Data'" in decision.text for decision in said)


def test_a_hidden_sheet_is_read_only_where_it_is_named(tmp_path: Path) -> None:
    other = [("a", "b"), *[(i, i) for i in range(60)]]
    path = _book(tmp_path / "a.xlsx", {"Old": other, "Data": ROWS}, hidden=["Old"])
    assert _read(path)[:2] == (["gender", "hired"], 20)
    assert _read(path, sheet="Old")[:2] == (["a", "b"], 60)


def test_a_sheet_is_named_by_flag_place_or_key_and_a_wrong_one_is_refused(tmp_path: Path) -> None:
    path = _book(tmp_path / "a.xlsx", {"One": ROWS, "Two": [("x", "hired"), *[("1", "yes"), ("2", "no")] * 3]})
    assert any(decision.warning for decision in _read(path)[2])  # two tables
    assert _read(path, sheet="Two")[0] == _read(path, sheet=2)[0] == ["x", "hired"]
    with pytest.raises(AuditError, match="Three"):
        _read(path, sheet="Three")
    run = CliRunner().invoke(main, ["check", str(path), "--sheet", "Two", "--target", "hired", "--only", "QLT003"])
    assert run.exit_code == 0, run.output
    (tmp_path / "a.csv").write_text("x,hired\n1,yes\n2,no\n")
    run = CliRunner().invoke(main, ["check", str(tmp_path / "a.csv"), "--sheet", "Two", "--target", "hired"])
    assert run.exit_code == 2 and run.output.count("\n") == 1


def test_titles_above_the_header_are_skipped_and_said(tmp_path: Path) -> None:
    path = _book(tmp_path / "a.xlsx", {"Data": [["Staff, 2024"], ["as of May"], [], *ROWS]})
    names, rows, said = _read(path)
    assert (names, rows) == (["gender", "hired"], 20)
    assert any(decision.warning for decision in said)
    assert _read(path, skip_rows=3)[:2] == (["gender", "hired"], 20)


def test_a_frame_with_its_index_is_read(tmp_path: Path) -> None:
    frame = pd.DataFrame(ROWS[1:], columns=ROWS[0])
    frame.to_excel(tmp_path / "a.xlsx")
    names, rows, _ = _read(tmp_path / "a.xlsx")
    assert names[1:] == ["gender", "hired"] and rows == 20


def test_spellings_of_nothing_are_said_as_in_csv(tmp_path: Path) -> None:
    texts = [
        ("gender", "hired", "x"),
        *[("f", "yes", "NA"), ("m", "no", "null"), ("f", "no", "b"), ("m", "yes", "N/A")] * 5,
    ]
    said = _read(_book(tmp_path / "a.xlsx", {"Data": texts}))[2]
    assert any("'NA'" in decision.text and "missing" in decision.text.lower() for decision in said)


def test_titles_above_a_csv_are_skipped_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Staff report 2024\n\n" + "".join(f"{','.join(row)}\n" for row in ROWS))
    assert _read(tmp_path / "a.csv")[:2] == (["gender", "hired"], 20)
