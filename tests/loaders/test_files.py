"""Paths: files, folders, globs, pipes and standard input; what they hold, what they are called and their hash."""

from __future__ import annotations

import hashlib
import io
import os
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from tests.loaders.reading import read, refusal, workbook, write

CSV = b"sex,x\nf,1\nm,2\n"
TSV = b"sex\tx\nf\t3\n"
ROWS = [("f", 1), ("m", 2)]


def contents(folder: Path) -> dict[str, bytes]:
    """The same rows in every kind of file."""
    table = pa.table({"sex": ["f", "m"], "x": [1, 2]})
    pq.write_table(table, folder / "parquet")
    feather.write_feather(table, str(folder / "feather"))
    with pa.ipc.new_stream(folder / "stream", table.schema) as stream:
        stream.write_table(table)
    workbook(folder / "excel", {"s": [["sex", "x"], *ROWS]})
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    packed = {"gzip": pa.compress(CSV, "gzip", asbytes=True), "zstd": pa.compress(CSV, "zstd", asbytes=True)}
    return {**found, **packed, "csv": CSV, "json": b'[{"sex": "f", "x": 1}, {"sex": "m", "x": 2}]'}


KINDS = ("parquet", "feather", "stream", "excel", "gzip", "zstd", "csv", "json")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_without_a_telling_suffix(tmp_path: Path, kind: str) -> None:
    assert read(write(tmp_path, "data", contents(tmp_path)[kind])).rows == ROWS


@pytest.mark.parametrize("kind", KINDS)
def test_standard_input(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = contents(tmp_path)[kind]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    found = read("-")
    assert found.name == "stdin"
    assert found.rows == ROWS
    assert found.sha256 == hashlib.sha256(content).hexdigest()


def test_an_empty_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert refusal("-") == "stdin is empty"


def test_no_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert refusal("-").startswith("standard input holds no data")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(CSV,))
    writer.start()
    assert read(tmp_path / "pipe").rows == ROWS
    writer.join()


@pytest.mark.parametrize(
    ("name", "kind", "told"),
    [
        ("a.csv", "parquet", "a.csv is named as CSV but holds Parquet; rename or convert it"),
        ("a.csv", "json", "a.csv is named as CSV but holds JSON; rename or convert it"),
        ("a.csv", "excel", "a.csv is named as CSV but holds Excel; rename or convert it"),
        ("a.json", "feather", "a.json is named as JSON but holds Arrow; rename or convert it"),
        ("a.parquet", "excel", "a.parquet is named as Parquet but holds Excel; rename or convert it"),
        ("a.xlsx", "csv", "a.xlsx is named as Excel but holds text; rename or convert it"),
        ("a.csv", "gzip", "a.csv is gzip-compressed, which does not match its name; rename it, or save it again"),
        (
            "a.csv.gz",
            "csv",
            "a.csv.gz is not gzip-compressed, which does not match its name; rename it, or save it again",
        ),
        ("a.csv.gz", "zstd", "a.csv.gz is zstd-compressed, which does not match its name; rename it, or save it again"),
    ],
)
def test_a_name_that_belies_the_content(tmp_path: Path, name: str, kind: str, told: str) -> None:
    assert refusal(write(tmp_path, name, contents(tmp_path)[kind])) == told


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"<!DOCTYPE html><html>", "HTML"), (b"<?xml version='1.0'?>", "XML"), (b"%PDF-1.7", "PDF"), (b"PK\3\4junk", "ZIP")],
)  # fmt: skip
def test_kinds_that_cannot_be_read(tmp_path: Path, content: bytes, told: str) -> None:
    assert refusal(write(tmp_path, "data", content)).startswith(f"data holds {told}, which cannot be read; CSV, TSV")
    assert refusal(write(tmp_path, "a.csv", content)).startswith(f"a.csv is named as CSV but holds {told}")


def test_a_missing_file_hints_at_its_neighbours(tmp_path: Path) -> None:
    write(tmp_path, "people.csv", CSV)
    missing = tmp_path / "peple.csv"
    assert refusal(missing) == f"{missing}: no such file; did you mean 'people.csv'?"
    assert refusal(tmp_path / "no" / "a.csv") == f"{tmp_path}/no/a.csv: no such file, nor a folder '{tmp_path}/no'"


def test_an_address_is_no_file() -> None:
    assert (
        refusal("https://example.org/a.csv")
        == "https://example.org/a.csv is an address that cannot be read; download it first, or give postgresql://host/database"
    )


def test_names_and_hashes(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", CSV)
    found = read(path)
    assert found.name == "a.csv"
    assert found.sha256 == hashlib.sha256(CSV).hexdigest()
    assert read(str(path)).sha256 == found.sha256
    assert read(path, name="people").name == "people"


def test_a_folder_is_read_whole(tmp_path: Path) -> None:
    for name in ("b.csv", "c/d.tsv", ".hidden.csv", "_SUCCESS", "_temporary/e.csv", "README.md", ".git/f.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write(tmp_path, name, TSV if name.endswith("tsv") else CSV)
    found = read(tmp_path)
    assert found.name == str(tmp_path)
    assert found.rows == [*ROWS, ("f", 3)]
    assert found.notes == ()
    hashes = [hashlib.sha256(content).hexdigest() for content in (CSV, TSV)]
    lines = sorted([f"{hashes[0]}  b.csv\n", f"{hashes[1]}  c/d.tsv\n"])
    assert found.sha256 == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_files_of_a_folder_are_joined_by_name(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "sex,x\nf,1\n")
    write(tmp_path, "b.csv", "X;sex;late\n2,5;m;2024-01-02\n")
    write(tmp_path, "empty.csv", "")
    found = read(tmp_path)
    assert found.fields == {"sex": "VARCHAR", "x": "DOUBLE", "late": "DATE"}
    assert [row[:2] for row in found.rows] == [("f", 1.0), ("m", 2.5)]
    assert found.notes == (
        "empty.csv is empty",
        "a.csv has no 'late': missing in its rows",
    )
    assert found.form == (
        "'a.csv': Comma-separated, header in line 1, UTF-8, decimal comma.",
        "'b.csv': Semicolon-separated, header in line 1, UTF-8, decimal comma.",
    )


def test_types_are_those_of_all_files(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", "x,y\n1,t\n2,t\n")
    write(tmp_path, "b.csv", "x,y\n3,t\nabc,t\n")
    found = read(tmp_path)
    assert [row[0] for row in found.rows] == ["1", "2", "3", "abc"]
    assert found.notes == ("Column 'x' is read as text: numbers at first, then a text at line 3 of b.csv.",)


def test_a_fault_in_a_folder_is_told_with_its_file(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", CSV)
    write(tmp_path, "b.csv", "sex,x\nf\n")
    assert refusal(tmp_path) == "b.csv, line 2: 1 field where the header has 2"


def test_a_glob(tmp_path: Path) -> None:
    for name in ("a1.csv", "a2.csv", "b1.csv"):
        write(tmp_path, name, CSV)
    found = read(f"{tmp_path}/a*.csv")
    assert found.name == f"{tmp_path}/a*.csv"
    assert found.rows == ROWS * 2
    assert read(f"{tmp_path}/**/*.csv").rows == ROWS * 3


def test_folders_and_globs_without_data(tmp_path: Path) -> None:
    write(tmp_path, "README.md", "hello")
    assert refusal(tmp_path).startswith(f"{tmp_path}: no readable file in this folder; CSV, TSV")
    assert refusal(f"{tmp_path}/*.csv").startswith(f"{tmp_path}/*.csv: no readable file in this pattern; CSV, TSV")
    write(tmp_path, "a.csv", "")
    assert refusal(tmp_path) == f"{tmp_path}: all files in this folder are empty"


def test_mixed_kinds(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", CSV)
    write(tmp_path, "b.json", "[]")
    assert (
        refusal(tmp_path)
        == f"{tmp_path}: files of several kinds in this folder (CSV 1, JSON 1); name those of one kind"
    )


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", CSV)
    path.chmod(0)
    assert "Permission denied" in refusal(path)
