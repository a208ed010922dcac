"""A process that is stopped, killed or without room leaves no rows, no part of an output, and its inputs as they were."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT

WORDS = "she led the chess club and wrote of it at some length"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows that take a few seconds to mask."""
    path = tmp_path_factory.mktemp("faults") / "rows.csv"
    path.write_text("sex,hired,text\n" + "".join(f"{'fm'[i % 2]},{i % 3 % 2},{WORDS} {i}\n" for i in range(60_000)))
    return path


def _command(*words: object) -> list[str]:
    return [sys.executable, "-m", "auditor", *map(str, words)]


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_a_masked_copy_that_is_stopped_in_writing_leaves_no_row(tmp_path: Path, data: Path, number: int) -> None:
    rest, out, terms = tmp_path / "rest", tmp_path / "out", tmp_path / "terms"
    rest.mkdir()
    out.mkdir()
    terms.write_text("she\n")
    before = data.read_bytes()
    environment = {**os.environ, "TMPDIR": str(rest)}
    command = _command("redact", data, "--terms", terms, "-o", out / "copy.csv", "--text", "text")
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE) as process:
        while not _left(out) and process.poll() is None:
            time.sleep(0.005)
        process.send_signal(number)
        process.communicate(timeout=60)
    assert process.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    if number == signal.SIGKILL:  # nothing can be done at once; the next run does it
        (draft,) = out.iterdir()
        assert draft.stat().st_mode & 0o777 == 0o600
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
        assert _left(out) == ["copy.csv"]
        assert "she led" not in (out / "copy.csv").read_text(encoding="utf-8")
    else:
        assert not _left(out)
    assert not _left(rest)
    assert data.read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["check", "{data}", "--target", "hired", "--group", "sex"], "there is no room for temporary files"),
        (["redact", "{small}", "--terms", "{terms}", "-o", "{out}/copy.csv", "--text", "text"], "File too large"),
    ],
)
def test_a_full_disk_is_named_as_the_cause(tmp_path: Path, data: Path, words: list[str], said: str) -> None:
    """A limit on the size of files stands for a disk without room; the system reports both alike."""
    out, rest, small, terms = tmp_path / "out", tmp_path / "rest", tmp_path / "small.parquet", tmp_path / "terms"
    out.mkdir()
    rest.mkdir()
    terms.write_text("chess club\n")
    pq.write_table(pa.table({"text": [f"{WORDS} {i} {'x' * 90_000}" for i in range(30)]}), small)  # little, packed
    filled = [word.format(data=data, small=small, out=out, terms=terms) for word in words]
    done = subprocess.run(
        _command(*filled), cwd=ROOT, env={**os.environ, "TMPDIR": str(rest)}, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20)),
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert not _left(out)
    assert not _left(rest)


def test_two_runs_on_one_output_leave_one_whole_report(tmp_path: Path) -> None:
    report = tmp_path / "audit.json"
    small = tmp_path / "rows.csv"
    small.write_text("sex,hired\n" + "f,1\nm,0\nf,0\nm,1\n" * 30)
    command = _command("check", small, "--target", "hired", "--group", "sex", "--no-models", "--report", report)
    runs = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(2)]
    codes = [run.wait(timeout=120) for run in runs]
    assert codes[0] == codes[1]
    from auditor.reporter.json import read

    assert read(str(report)).dataset.rows == 120
    assert _left(tmp_path) == ["audit.json", "rows.csv"]


BUSY = """
import itertools, sys, threading, time
from pathlib import Path
from auditor.loaders.folders import own_folder
from auditor.loaders.signals import end_on_signals

end_on_signals()
folder = own_folder()

def write() -> None:
    for number in itertools.count():
        try:
            (folder / f"{threading.get_ident()}-{number % 500}").write_bytes(b"row")
        except OSError:
            pass

for _ in range(3):
    threading.Thread(target=write, daemon=True).start()
time.sleep(0.2)
print("busy", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("_", range(3))
def test_a_folder_that_threads_write_to_while_it_is_removed_is_gone_at_the_end(tmp_path: Path, _: int) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", BUSY], cwd=ROOT, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"busy\n"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM
    assert not _left(tmp_path)
