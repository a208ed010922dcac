"""The wheel, built and installed: what is in it, by both names, and that ordinary calls are typed as they are meant."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.needs import absent

# What people write; every line of it must be accepted, and every line of WRONG must not.
CALLS = """
import os
from pathlib import Path
from typing import Unpack

import pandas as pd

import auditor
import dataudit
import dataudit.errors
from auditor import Audit, AuditError, CheckOptions, Finding, Level, Measure, Result, Severity, State, UseCase
from auditor.errors import SourceError, UnknownNameError

table = pd.DataFrame({"sex": ["f", "m"], "hired": ["yes", "no"]})
progress: list[str] = []

auditor.check("people.csv", target="hired", groups="sex", seed=None, progress=None)
auditor.check(Path("people.csv"), target="hired", groups=["sex", "age:25,40"], progress=progress.append)
auditor.check(table, target="hired", positive=1, groups=("sex",), within=["college"], no_models=True, progress=True)
auditor.check(table, reference={"sex": {"f": 0.5, "m": 0.5}}, unknown={"sex": ["?"]}, only=["OUT", "REP001"])
auditor.check(table, reference="us-adults-2024", policy=Path("policy.toml"))
auditor.check(table, use_case={"label": {"column": "hired", "positive": "yes"}})
auditor.check(table, use_case=Path("use_case.toml"))
use = UseCase(label={"column": "hired"}, groups={"columns": ["sex"]}, population={"sex": {"f": 0.5, "m": 0.5}})
audit: Audit = auditor.check(table, use_case=use)


def wrapped(path: os.PathLike[str], **options: Unpack[CheckOptions]) -> Audit:
    return auditor.check(path, **options)


result: Result = audit["OUT001"]
finding: Finding = result.findings[0]
value: float | None = finding.value("impact_ratio")
ratio: Measure = audit.impact_ratio("gender", "female")
low: float | None = ratio.low
rules: list[str] = [finding.rule for finding in audit.findings("outcome-gap")]
bad: bool = audit.verdict.level is Level.UNFIT or not audit.fit
unfit: bool = audit.verdict.level == "unfit"
shown: bool = result.state is State.SHOWN and result.severity is Severity.BLOCK
rows: int = len(audit.to_frame())
audit.save(Path("report.html"))
audit.save("audit.json")
compared = auditor.compare(Audit.load(Path("audit.json")), audit)
worse: bool = compared.worse
version: str = auditor.__version__
auditor.tally("people.csv", Path("people.tally"), target="hired", groups=["sex"], min_cell=10)
same: Audit = dataudit.check(table, target="hired")
try:
    audit.findings("OUT01")
except (UnknownNameError, SourceError, dataudit.errors.RoleError, dataudit.AuditError, AuditError) as error:
    code: int = error.exit_code
"""
CLEAN = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MYPYPATH")}
WRONG = (
    'auditor.check(table, targt="hired")',
    "auditor.check(table, seed='1')",
    "audit.save(5)",
    "auditor.check(table, use_case=5)",
    'UseCase(label="hired")',
    "finding.value(1)",
    "dataudit.chek(table)",
)


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the wheel installed, and beside it what is installed here."""
    if subprocess.run([sys.executable, "-c", "import hatchling, basedpyright"], capture_output=True).returncode:
        absent("WHEEL", "hatchling or basedpyright is not installed")
    folder = tmp_path_factory.mktemp("installed")
    build = f"import hatchling.build as build; print(build.build_wheel({str(folder)!r}))"
    name = subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    venv.create(folder / "venv", symlinks=True)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    wheel = folder / name.split()[-1]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", str(site), str(wheel)]
    subprocess.run(pip, check=True, capture_output=True)
    (site / "beside.pth").write_text(sysconfig.get_path("purelib"))
    return folder / "venv" / "bin" / "python"


def _run(python: Path, *words: str, cwd: Path) -> str:
    run = subprocess.run([str(python), *words], cwd=cwd, capture_output=True, text=True, env=CLEAN)
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_both_names_are_one_package(python: Path, tmp_path: Path) -> None:
    code = """
import sys
import dataudit.errors, dataudit.use.usecase
from dataudit.model import Audit
import auditor, auditor.errors
assert "installed" in auditor.__file__, auditor.__file__
assert "installed" in dataudit.__file__, dataudit.__file__
assert dataudit.check is auditor.check and dataudit.errors is auditor.errors and Audit is auditor.Audit
assert dataudit.use.usecase is sys.modules["auditor.use.usecase"]
assert auditor.errors.__spec__.name == auditor.errors.__name__ == "auditor.errors"
assert dataudit.__version__ == auditor.__version__ and dir(dataudit) == dir(auditor)
try:
    import dataudit.nothing
except ModuleNotFoundError as error:
    print(error)
"""
    assert _run(python, "-c", code, cwd=tmp_path) == "No module named 'dataudit.nothing'\n"
    assert _run(python, "-m", "dataudit", "--version", cwd=tmp_path).startswith("dataudit, version ")
    again = _run(python, "-m", "dataudit", "explain", "outcome-gap", cwd=tmp_path)
    assert again == _run(python, "-m", "auditor", "explain", "OUT001", cwd=tmp_path)


def test_mypy_accepts_what_people_write_and_refuses_what_is_wrong(python: Path, tmp_path: Path) -> None:
    kept = str(ROOT / ".mypy_cache" / "wheel")  # what it knows of pandas and the like, which takes it longest
    options = ["--strict", "--python-executable", str(python), "--output", "json", "--cache-dir", kept]
    found = _checked(tmp_path, ["mypy", *options])
    lines = {json.loads(line)["line"] for line in found.splitlines() if json.loads(line)["severity"] == "error"}
    _is_right(lines, found)


def test_pyright_does_so_too(python: Path, tmp_path: Path) -> None:
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "reportMissingTypeStubs": false}')
    found = _checked(tmp_path, ["basedpyright", "--pythonpath", str(python), "--outputjson"])
    lines = {of["range"]["start"]["line"] + 1 for of in json.loads(found)["generalDiagnostics"]
             if of["severity"] == "error"}  # fmt: skip
    _is_right(lines, found)


def _checked(folder: Path, command: list[str]) -> str:
    (folder / "calls.py").write_text("\n".join([CALLS, *WRONG, ""]))
    run = subprocess.run(
        [sys.executable, "-m", *command, "calls.py"], cwd=folder, capture_output=True, text=True, env=CLEAN
    )
    return run.stdout


def _is_right(lines: set[int], found: str) -> None:
    first = CALLS.count("\n") + 2
    assert lines == {*range(first, first + len(WRONG))}, found
