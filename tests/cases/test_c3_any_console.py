"""Output on any console: of any code page, with a reader who leaves early, with nobody there at all.

On a console of cp1252 (what a redirect is on Windows) a true minus ended the audit with UnicodeEncodeError and exit
code 70; with its standard error closed it crashed; a pipe that was closed early gave 1, which is "unfit".
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from auditor.cli.commands import main
from tests.conftest import ROOT, rows_of

# A minus, an arrow and an ellipsis have plain twins; letters that a code page lacks become question marks.
NAME = "Zoë −1 → Łódź…"
HELD = {
    "cp1252": "Zoë -1 -> ?ód?…",
    "ascii": "Zo? -1 -> ??d?...",
    "utf-8": NAME,
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("console") / "data.csv"
    rows_of({NAME: (20, 100), "m": (60, 100)}, group="gender").to_csv(path, index=False)
    return path


def _run(*arguments: str | bytes, shell: str = '"$@"', **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program, its streams arranged by a line of shell in which it is called `"$@"`."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHONIO", "PYTHONUTF8", "LC_"))}
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {shell}", "bash", sys.executable, "-m", "auditor", *arguments],
        env={**plain, **environment},
        capture_output=True,
        cwd=ROOT,
        check=False,
    )


def _check(data: Path, *more: str) -> tuple[str, ...]:
    return ("check", str(data), "--target", "hired", "--group", "gender", "--only", "OUT001", "-v", *more)


@pytest.mark.parametrize("encoding", HELD)
def test_what_a_code_page_lacks_is_replaced_and_a_minus_stays_one(data: Path, encoding: str) -> None:
    run = _run(*_check(data), PYTHONIOENCODING=encoding)
    text = " ".join(run.stdout.decode(encoding).split())
    assert (run.returncode, run.stderr) == (1, b"")
    assert f"'{HELD[encoding]}'" in text
    # z = (0.2 - 0.6) / sqrt(0.4 * 0.6 * 2 / 100) = -5.77
    assert f"{'−' if encoding == 'utf-8' else '-'}5.8" in text


def test_json_loses_nothing_whatever_the_code_page(data: Path) -> None:
    run = _run(*_check(data, "--format", "json"), PYTHONIOENCODING="cp1252")
    audit = json.loads(run.stdout.decode("cp1252"))
    assert NAME in {row["level"] for result in audit["results"] for row in result["table"] if "level" in row}


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("explain", "TXT002"), 0, b"A hiring tool once marked down r?sum?s"),
        (("check", "--help"), 0, b"--group-from-terms she,her,..."),
        (("check", "nö−.csv"), 2, b".csv: no such file"),
        (("render", "nö.json", "-o", "…"), 2, b"must end in one of .html, .json, .md, .txt"),
    ],
)
def test_every_command_and_every_error_without_a_locale(arguments: tuple[str, ...], code: int, said: bytes) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "NO_COLOR": "1"}
    run = _run(*(part.encode() for part in arguments), **plain)
    shown = b" ".join((run.stdout + run.stderr).split())
    assert run.returncode == code
    assert shown.isascii()
    assert said in shown
    assert b"Traceback" not in shown


class TestReaders:
    """Whoever reads may leave: the exit code is still the verdict's, and nothing is said of it."""

    @pytest.mark.parametrize(("arguments", "code"), [(("explain",), 0), (("--help",), 0), (("explain", "OUT1"), 2)])
    def test_a_pipe_that_is_closed_early(self, arguments: tuple[str, ...], code: int) -> None:
        run = _run(*arguments, shell='"$@" | head -1')
        assert run.returncode == code
        assert run.stdout.count(b"\n") == (code == 0)
        assert b"Traceback" not in run.stderr and b"Exception ignored" not in run.stderr

    def test_a_pipe_that_nobody_reads_leaves_the_verdict_and_the_reports(self, data: Path, tmp_path: Path) -> None:
        report = tmp_path / "a.json"
        run = _run(*_check(data, "--report", str(report)), shell='"$@" | true')
        assert (run.returncode, run.stderr) == (1, f"wrote {report}\n".encode())
        assert json.loads(report.read_text(encoding="utf-8"))["verdict"]["level"] == "unfit"

    @pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
    def test_closed_streams(self, data: Path, closed: str) -> None:
        run = _run(*_check(data), shell=f'"$@" {closed}')
        assert (run.returncode, run.stderr) == (1, b"")
        assert (b"UNFIT" in run.stdout) is (closed == "2>&-")

    def test_a_closed_standard_input_is_an_empty_one(self) -> None:
        run = _run("check", "-", shell='"$@" <&-')
        assert (run.returncode, run.stderr) == (2, b"dataudit: stdin is empty\n")

    def test_a_report_is_not_taken_for_a_closed_output(self, data: Path, tmp_path: Path) -> None:
        report = tmp_path / "a.json"
        run = _run(*_check(data, "--report", str(report)), shell='"$@" >&- 2>&-')
        assert run.returncode == 1
        json.loads(report.read_text(encoding="utf-8"))

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
    @pytest.mark.parametrize("asked", ["explain", "--help"])
    def test_a_full_disk_is_one_line_and_no_verdict(self, asked: str) -> None:
        run = _run(asked, shell='"$@" >/dev/full')
        assert run.returncode == 2
        assert run.stderr == b"dataudit: the output cannot be written: No space left on device\n"


class _Interrupted(io.RawIOBase):
    """Standard input at which somebody presses Ctrl-C."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        raise KeyboardInterrupt


def test_an_interrupted_audit_has_no_verdicts_code() -> None:
    run = CliRunner().invoke(main, ["check", "-"], input=io.BufferedReader(_Interrupted()))
    assert (run.exit_code, run.stdout, run.stderr) == (130, "", "dataudit: interrupted\n")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every file name is Unicode")
def test_a_file_name_that_is_no_unicode_can_be_reported(data: Path, tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/caf\xe9.csv"
    Path(os.fsdecode(odd)).write_bytes(data.read_bytes())
    reports = [tmp_path / name for name in ("a.json", "a.html", "b.html")]
    run = _run(b"check", odd, *_check(data)[2:], *(f"--report={path}" for path in reports[:2]))
    assert run.returncode == 1
    assert run.stdout.splitlines()[0].startswith("caf\N{REPLACEMENT CHARACTER}.csv \N{MIDDLE DOT} 200 rows".encode())
    assert _run("render", str(reports[0]), "-o", str(reports[2])).returncode == 0
    assert reports[1].read_bytes() == reports[2].read_bytes()
    run = _run(b"init", odd, "-o", str(tmp_path / "use.toml"))  # TOML has no way to write it
    assert run.returncode == 2
    assert b"a file name in it is not Unicode; rename that file" in run.stderr
    assert not (tmp_path / "use.toml").exists()
