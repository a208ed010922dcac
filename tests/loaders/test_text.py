"""Encodings and compression: every text becomes plain UTF-8, and what is no text is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pytest

from tests.loaders.reading import read, refusal, write

FRENCH = "nom,ville\nHélène,Besançon\nRenée,Orléans\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8(tmp_path: Path, encoding: str) -> None:
    found = read(write(tmp_path, "a.csv", FRENCH.encode(encoding)))
    assert found.rows[0] == ("Hélène", "Besançon")
    assert list(found.fields) == ["nom", "ville"]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("encoding", "told"),
    [("cp1252", "cp1252"), ("latin-1", "cp1252"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"), ("utf-32", "utf-32")],
)  # fmt: skip
def test_other_encodings_are_noted(tmp_path: Path, encoding: str, told: str) -> None:
    found = read(write(tmp_path, "a.csv", FRENCH.encode(encoding)))
    assert found.rows == [("Hélène", "Besançon"), ("Renée", "Orléans")]
    assert found.notes == (f"Encoding {told} (a.csv is not UTF-8).",)


def test_russian(tmp_path: Path) -> None:
    text = "имя,город\nМария,Москва\nИван,Санкт-Петербург\n"
    assert read(write(tmp_path, "a.csv", text.encode("cp1251"))).rows[0] == ("Мария", "Москва")


def test_a_single_foreign_byte_after_much_plain_text(tmp_path: Path) -> None:
    text = "a,b\n" + "a long enough line,1\n" * 60_000 + "café,2\n"
    found = read(write(tmp_path, "a.csv", text.encode("latin-1")))
    assert found.rows[-1] == ("café", 2)
    assert found.notes == ("Encoding cp1252 (a.csv is not UTF-8).",)


def test_one_bad_byte_in_utf_8_is_a_fault_and_no_encoding(tmp_path: Path) -> None:
    text = FRENCH.encode() * 10 + b"Ren\xe9e,Paris\n" + FRENCH.encode() * 10
    assert refusal(write(tmp_path, "a.csv", text)).startswith("a.csv, line 31: a byte that is not UTF-8")


def test_a_character_cut_off_at_the_end(tmp_path: Path) -> None:
    assert "a.csv, line 4" in refusal(write(tmp_path, "a.csv", FRENCH.encode() + "é".encode()[:1]))


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a,b\nx\0y,1\n", 2),
        (b"a,b\nx,1\n" + bytes(range(256)) * 20, 3),
        (b"\0\1\2junk", 1),
        (b"a,b\n" + b"\1\2\x81\xfe" * 99, 2),
    ],
)
def test_binary_data(tmp_path: Path, content: bytes, line: int) -> None:
    assert refusal(write(tmp_path, "a.csv", content)) == f"a.csv, line {line}: binary data, not text"


@pytest.mark.parametrize("suffix", ["csv.gz", "csv.zst"])
def test_compressed(tmp_path: Path, suffix: str) -> None:
    text = FRENCH.encode("cp1252")
    packed = gzip.compress(text) if suffix.endswith("gz") else pa.compress(text, "zstd", asbytes=True)
    found = read(write(tmp_path, f"a.{suffix}", packed))
    assert found.rows == [("Hélène", "Besançon"), ("Renée", "Orléans")]
