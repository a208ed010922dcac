"""The tables of an audit: plain values in workbooks, CSV files and frames, of which nothing is a formula."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pytest

import auditor
from auditor.errors import OutputError
from auditor.model import Audit
from auditor.reporter import renderer
from auditor.reporter.cells import cell
from auditor.reporter.separated import render_folder
from auditor.reporter.table import Field
from auditor.reporter.tables import tables
from tests.conftest import ROOT, rows_of

FORMULA = "=1+1"


@pytest.fixture(scope="module")
def audit() -> Audit:
    """100 of 400 against 200 of 400, of groups whose names a spreadsheet would run."""
    frame = rows_of({FORMULA: (100, 400), "@SUM(A1)": (200, 400), "-x": (9, 20)})
    return auditor.check(frame, target="hired", groups=["group"], no_models=True)


def test_the_groups_have_their_counts_rates_and_ratios(audit: Audit) -> None:
    (table,) = (table for table in tables(audit) if table.key == "groups")
    rows = {row["level"]: row for row in table.rows}
    assert (rows[FORMULA]["favourable"], rows[FORMULA]["n"]) == (100, 400)
    assert rows[FORMULA]["impact_ratio"] == pytest.approx(0.5)
    assert rows[FORMULA]["shortfall"] == pytest.approx(100)
    assert rows["@SUM(A1)"]["result"] == "Reference"
    assert sum(row["share"] for row in table.rows) == pytest.approx(1)


def test_a_workbook_holds_every_table_as_values(audit: Audit) -> None:
    data = renderer(".xlsx")(audit)
    assert isinstance(data, bytes)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book.sheetnames == ["Read me", *(table.key for table in tables(audit))]
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds  # a formula
    groups = list(book["groups"].iter_rows(values_only=True))
    of = {row[1]: dict(zip(groups[0], row, strict=True)) for row in groups[1:]}
    assert of[FORMULA]["Rate"] == pytest.approx(0.25)
    assert of[FORMULA]["Impact ratio"] == pytest.approx(0.5)
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert not [name for name in parts.namelist() if "<f>" in parts.read(name).decode("utf-8", "replace")]
        assert not [name for name in parts.namelist() if "hyperlink" in parts.read(name).decode("utf-8", "replace")]


def test_csv_has_a_row_per_measure_and_nothing_that_a_spreadsheet_runs(audit: Audit) -> None:
    text = renderer(".csv")(audit)
    assert isinstance(text, str)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == sum(len(finding.measures) for finding in audit.findings())
    assert {row["level"] for row in rows} >= {f"'{FORMULA}", "'-x"}
    for name, file in render_folder(audit).items():
        for row in csv.reader(io.StringIO(file)):
            assert not [cell for cell in row if cell[:1] in "=@+\t\r" and cell], name


def test_a_folder_gets_a_file_per_table(audit: Audit, tmp_path: Path) -> None:
    audit.save(f"{tmp_path}/out/")
    assert {path.stem for path in (tmp_path / "out").iterdir()} == {table.key for table in tables(audit)}
    audit.save(f"{tmp_path}/out/")  # again, over the old ones
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="it is a file"):
        audit.save(f"{tmp_path}/file/")
    with pytest.raises(OutputError, match="there is no folder"):
        audit.save(f"{tmp_path}/no/such/")


def test_frames_are_the_same_tables(audit: Audit) -> None:
    frames = audit.tables()
    assert list(frames) == [table.key for table in tables(audit)]
    rates = frames["groups"].set_index("level")["selection_rate"]
    assert rates[FORMULA] == pytest.approx(0.25)
    assert frames["measures"].shape[0] == audit.to_frame().shape[0]


def test_a_real_audit_fills_every_kind_of_table() -> None:
    saved = Audit.from_dict(json.loads((ROOT / "reports" / "hiring.json").read_text(encoding="utf-8")))
    keys = [table.key for table in tables(saved)]
    assert {"groups", "proxies", "remaining-proxies", "penalised-terms", "subgroups", "columns", "method"} <= {*keys}
    assert len(keys) == len(set(keys))
    book = renderer(".xlsx")(saved)
    assert isinstance(book, bytes)
    assert openpyxl.load_workbook(io.BytesIO(book))["proxies"].max_row == 1 + len(saved.result("PRX001").table)


def test_small_groups_are_kept_back_in_every_table() -> None:
    frame = rows_of({"a": (200, 400), "b": (180, 400), "rare": (1, 3)})
    audit = auditor.check(frame, target="hired", groups=["group"], no_models=True, min_report_cell=10)
    groups = audit.tables()["groups"].set_index("level")
    assert "rare" not in groups.index or groups.loc["rare", ["rows", "favourable"]].isna().all()


def test_an_interval_of_signed_numbers_has_a_word_between_its_ends() -> None:
    field = Field("gap", "Gap", "points", "low", "high")
    assert cell(field, {"gap": 0.02, "low": 0.01, "high": 0.03}) == "+2.0 (+1.0 to +3.0)"
    share = Field("rate", "Rate", "share", "low", "high")
    assert cell(share, {"rate": 0.2, "low": 0.1, "high": 0.3}) == "20.0% (10.0%–30.0%)"
