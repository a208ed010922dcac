"""`dataudit demo`: the sample anew, its use case and its report in a folder; nothing is written over."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from auditor import Audit
from auditor.cli.commands import main
from tests.conftest import SAMPLES


def test_the_sample_its_use_case_and_its_reports_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke(main, ["demo"])
    assert run.exit_code == 0, run.output
    assert "UNFIT" in run.stdout
    made = tmp_path / "dataudit-demo"
    assert {path.name for path in made.iterdir()} == {"hiring.csv", "use_case.toml", "report.html", "audit.json"}
    assert (made / "hiring.csv").read_bytes() == (SAMPLES / "hiring.csv").read_bytes()
    stated = tomllib.loads((made / "use_case.toml").read_text(encoding="utf-8"))
    assert stated.pop("data") == {"path": "hiring.csv"}
    assert stated == tomllib.loads((SAMPLES / "hiring.use_case.toml").read_text(encoding="utf-8"))
    ratio = Audit.load(made / "audit.json").impact_ratio("gender", "female")
    assert ratio.value == pytest.approx((186 / 1247) / (1472 / 5050))
    again = CliRunner().invoke(main, ["demo"])
    assert (again.exit_code, again.stdout) == (2, "")
    assert "is there already; name another folder" in again.stderr


def test_a_folder_that_cannot_be_made_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = CliRunner().invoke(main, ["demo", str(tmp_path / "file")])
    assert (run.exit_code, run.stdout) == (2, "")
    assert "cannot be written" in run.stderr.splitlines()[-1]
