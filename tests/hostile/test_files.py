"""No input is written over, nothing is left behind, and no other file is reached than those that were named."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner

import auditor
from auditor.cli.commands import main
from auditor.errors import AuditError
from auditor.loaders import open_source
from tests.conftest import ROOT

ROWS = "gender,hired\n" + "f,yes\nf,no\nm,yes\nm,yes\nm,no\n" * 40


def _refused(*arguments: object) -> str:
    done = CliRunner().invoke(main, [str(each) for each in arguments])
    assert done.exit_code == 2, done.output
    assert done.output.count("\n") == 1
    return done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two parts of a data set as JSON, and one as CSV beside it."""
    (tmp_path / "d").mkdir()
    for name in ("1", "2"):
        (tmp_path / "d" / f"{name}.json").write_text(
            '[{"gender": "f", "hired": "yes"}, {"gender": "m", "hired": "no"}]'
        )
    (tmp_path / "a.csv").write_text(ROWS)
    return tmp_path


def _check(folder: Path, data: object, report: object, *more: object) -> str:
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    said = _refused("check", *([data] if data else []), "--target", "hired", "--report", report, *more)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    return said


def test_a_report_never_replaces_a_file_that_is_read(folder: Path) -> None:
    one = folder / "d" / "1.json"
    (folder / "link.json").symlink_to(one)
    (folder / "hard.json").hardlink_to(one)
    for data in (folder / "d", f"{folder}/d/*.json", f"{folder}/**/1.json"):
        for report in (one, folder / "link.json", folder / "hard.json", f"{folder}/d/../d/1.json"):
            assert "is also an input" in _check(folder, data, report)
    (folder / "d" / "1.json").chmod(0o644)
    for query in (
        "select * from '{}/d/*.json'",
        "select * from read_json('{}/d/1.json')",
        'select * from "{}/d/1.json"',
    ):
        assert "is also an input" in _check(folder, None, one, "--sql", query.format(folder))


def test_nor_a_use_case_a_population_a_policy_or_a_list_of_terms(folder: Path) -> None:
    report = folder / "x.md"
    for flag, text in (
        ("--use-case", '[label]\ncolumn = "hired"\n'),
        ("--reference", "gender,level,share\n"),
        ("--policy", 'name = "x"\n'),
        ("--redact", "she\n"),
    ):
        named = folder / ("r.csv" if flag == "--reference" else "p.toml")
        named.write_text(text)
        report.unlink(missing_ok=True)
        report.symlink_to(named)
        assert "is also an input" in _check(folder, folder / "a.csv", report, flag, named)


def test_nor_a_saved_audit_a_tally_or_the_data_of_a_masked_copy(folder: Path) -> None:
    saved = folder / "a.json"
    auditor.check(folder / "a.csv", target="hired", groups=["gender"], only="OUT001").save(str(saved))
    shutil.copy(saved, folder / "b.json")
    assert "is also an input" in _refused("compare", saved, folder / "b.json", "-o", folder / "b.json")
    assert "is also an input" in _refused("render", saved, "-o", saved)
    auditor.tally(folder / "a.csv", folder / "a.tally", target="hired", groups=["gender"])
    assert "input" in _refused(
        "tally", folder / "a.csv", "--edges-from", folder / "a.tally", "--target", "hired", "-o", folder / "a.tally"
    ) or "named twice" in _refused(
        "tally", folder / "a.csv", "--edges-from", folder / "a.tally", "-o", folder / "a.tally"
    )
    (folder / "t").write_text("she\n")
    (folder / "texts").mkdir()
    for name in "ab":
        (folder / "texts" / f"{name}.csv").write_text("text\nshe said what she said and she said it again today\n")
    out = folder / "texts" / "b.csv"
    assert "is also an input" in _refused("redact", f"{folder}/texts/*.csv", "--terms", folder / "t", "-o", out)


def test_a_link_stays_a_link_and_a_pipe_a_pipe(folder: Path) -> None:
    (folder / "kept").mkdir()
    (folder / "kept" / "r.md").write_text("old")
    (folder / "kept" / "r.md").chmod(0o600)
    (folder / "r.md").symlink_to(folder / "kept" / "r.md")
    audit = auditor.check(folder / "a.csv", target="hired", groups=["gender"], only="OUT001")
    audit.save(str(folder / "r.md"))
    assert (folder / "r.md").is_symlink() and (folder / "kept" / "r.md").read_text().startswith("# ")
    assert (folder / "kept" / "r.md").stat().st_mode & 0o777 == 0o600
    os.mkfifo(folder / "pipe.md")
    with subprocess.Popen(["cat", str(folder / "pipe.md")], stdout=subprocess.PIPE) as reader:
        audit.save(str(folder / "pipe.md"))
        assert (reader.communicate()[0]).startswith(b"# ")
    assert (folder / "pipe.md").is_fifo()


@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o600), (0o027, 0o640), (0o022, 0o644)])
def test_a_report_has_the_rights_that_the_umask_leaves(folder: Path, umask: int, mode: int) -> None:
    audit = auditor.check(folder / "a.csv", target="hired", groups=["gender"], only="OUT001")
    old = os.umask(umask)
    try:
        audit.save(str(folder / "new.html"))
    finally:
        os.umask(old)
    assert (folder / "new.html").stat().st_mode & 0o777 == mode


def test_a_view_or_a_query_reaches_no_other_file(folder: Path) -> None:
    secret = folder / "secret.txt"
    secret.write_text("gender,hired\nzoe,yes\n")
    base = folder / "x.duckdb"
    with duckdb.connect(str(base)) as connection:
        connection.execute(f"CREATE VIEW v AS SELECT * FROM read_csv('{secret}')")
        connection.execute("CREATE TABLE t AS SELECT 'f' AS gender, 'yes' AS hired")
    for options in (
        {"table": "v"},
        {"sql": "SELECT * FROM v"},
        {"sql": f"SELECT content AS gender FROM read_text('{secret}')"},
        {"sql": f"SELECT t.* FROM t, glob('{folder}/*')"},
    ):
        with pytest.raises(AuditError) as caught, open_source(base, **options):  # type: ignore[arg-type]
            pass
        assert "zoe" not in str(caught.value) and "\n" not in str(caught.value)
    for data in (folder / "a.csv", str(folder / "d"), auditor.check(folder / "a.csv", target="hired").to_frame()):
        with pytest.raises(AuditError), open_source(data, sql=f"SELECT * FROM data, read_text('{secret}')"):
            pass
    # What is named can be read, whatever its name.
    for name in ("it's.csv", "a[1].csv", "a*b?.csv", "ü.csv", "a{b}.csv"):
        (folder / name).write_text(ROWS)
        with open_source(folder / name, sql="SELECT gender FROM data") as source:
            assert list(source.fields) == ["gender"]


def _rest(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith("dataudit-")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_what_is_stopped_leaves_nothing_behind(tmp_path: Path, number: int) -> None:
    data = tmp_path / "big.csv"
    with data.open("w") as file:
        file.write("gender,hired,x\n")
        for i in range(400):
            file.write("".join(f"{'fm'[k % 2]},{'yes' if k % 3 else 'no'},{k * i}\n" for k in range(2500)))
    before = data.read_bytes()
    rest = tmp_path / "tmp"
    rest.mkdir()
    command = [
        sys.executable,
        "-m",
        "auditor",
        "check",
        str(data),
        "--target",
        "hired",
        "--report",
        str(tmp_path / "r.html"),
    ]
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, "TMPDIR": str(rest)}, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        while not _rest(rest) and process.poll() is None:
            time.sleep(0.02)
        time.sleep(0.3)
        process.send_signal(number)
        errors = process.communicate(timeout=60)[1]
    assert process.returncode == 128 + number
    assert b"Traceback" not in errors
    assert not _rest(rest) and not (tmp_path / "r.html").exists() and data.read_bytes() == before


def test_what_a_killed_process_left_is_swept_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    code = "import os, signal\nfrom auditor.loaders.store import Store\ns = Store()\ns.run('CREATE TABLE kept.t AS SELECT 1')\nos.kill(os.getpid(), signal.SIGKILL)"
    with contextlib.suppress(subprocess.CalledProcessError):
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    (left,) = _rest(tmp_path)
    (tmp_path / "dataudit-otherhost-1-x").mkdir()  # another machine's in a shared folder
    with open_source(ROOT / "sample_data" / "hiring.csv"):
        assert left not in _rest(tmp_path) and len(_rest(tmp_path)) == 2
    assert _rest(tmp_path) == ["dataudit-otherhost-1-x"]


def test_an_unusable_temporary_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    for unusable in (tmp_path / "none", tmp_path / "file"):
        monkeypatch.setenv("TMPDIR", str(unusable))
        with pytest.raises(AuditError, match="TMPDIR"), open_source(ROOT / "sample_data" / "hiring.csv"):
            pass


def test_a_masked_copy_is_private_until_it_is_whole(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.audit import redact as redaction

    (folder / "t.csv").write_text("text\n" + "she said what she said and she said it again today\n" * 3)
    seen = []
    made = redaction._draft

    def draft(path: Path) -> Path:
        found = made(path)
        seen.append(found.stat().st_mode & 0o777)
        return found

    monkeypatch.setattr(redaction, "_draft", draft)
    assert redaction.redact(str(folder / "t.csv"), ["she"], str(folder / "o.csv"))[0] == 3
    assert seen == [0o600]
    assert (folder / "o.csv").stat().st_mode & 0o777 == 0o666 & ~_umask()
    assert not [path for path in folder.iterdir() if path.name.startswith((".dataudit", "tmp_"))]


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
