"""Files that are something else, or are written in an odd way: one line, or the right rows."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from click.testing import CliRunner

from auditor.cli.commands import main
from auditor.loaders import open_source
from auditor.loaders.options import ReadOptions

ROWS = "gender,hired\nf,yes\nm,no\nf,no\nm,yes\n"
FOREIGN = {
    "a.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "a.jpg": b"\xff\xd8\xff\xe0" + b"\0" * 60, "a.pdf": b"%PDF-1.7\n" + b"x" * 60,
    "a.docx": b"PK\x03\x04" + b"\0" * 60, "a.zip": b"PK\x03\x04" + b"\0" * 60, "a.pkl": pickle.dumps({"a": [1, 2]}),
    "a.sav": b"$FL2@(#)" + b"\0" * 60, "a.csv": b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "a.gif": b"GIF89a" + b"\0" * 60,
}  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_what_is_no_table_is_refused_in_a_line(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(FOREIGN[name])
    run = CliRunner().invoke(main, ["check", str(tmp_path / name), "--target", "hired"])
    assert run.exit_code == 2 and run.output.count("\n") == 1, run.output
    assert name in run.output


@pytest.mark.parametrize("marks", [b"\xef\xbb\xbf", b"\xef\xbb\xbf\xef\xbb\xbf"])
def test_byte_order_marks_are_no_part_of_a_name(tmp_path: Path, marks: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(marks + ROWS.encode())
    with open_source(tmp_path / "a.csv") as source:
        assert list(source.fields) == ["gender", "hired"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "cp850", "latin-1"])
def test_an_encoding_can_be_stated(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_bytes("gender,hired\nMänner,yes\nFräulein,no\n".encode(encoding))
    with open_source(tmp_path / "a.csv", options=ReadOptions(encoding=encoding)) as source:
        found = {row[0] for row in source.connection.execute(f"SELECT gender FROM {source.relation}").fetchall()}
    assert found == {"Männer", "Fräulein"}
    run = CliRunner().invoke(main, ["check", str(tmp_path / "a.csv"), "--encoding", "klingon", "--target", "hired"])
    assert run.exit_code == 2 and "klingon" in run.output and run.output.count("\n") == 1


def test_rows_can_be_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"a,b\n1,2\n{ROWS}")
    with open_source(tmp_path / "a.csv", options=ReadOptions(skip_rows=2)) as source:
        assert list(source.fields) == ["gender", "hired"]
