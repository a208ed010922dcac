"""A header with numbers is a header: `gender,2023,2024,hired` was taken for a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.loaders import open_source
from auditor.loaders.options import ReadOptions


def _read(path: Path, text: str, **options: bool) -> tuple[list[str], int, list[tuple[bool, str]]]:
    path.write_text(text, encoding="utf-8")
    with open_source(path, options=ReadOptions(**options)) as source:  # type: ignore[arg-type]
        (rows,) = source.connection.execute(f"SELECT count(*) FROM {source.relation}").fetchall()[0]
        return list(source.fields), rows, [(of.warning, of.text) for of in source.reading]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("gender,2023,2024,hired\nf,3,4,yes\nm,5,6,no\n", ["gender", "2023", "2024", "hired"]),
        ("id,2020-01-01,2020-02-01\na,3,4\nb,5,6\n", ["id", "2020-01-01", "2020-02-01"]),
        ("name,age\nAnn,30\n", ["name", "age"]),
        ("gender,hired\nf,yes\nm,no\ngender,hired\n", ["gender", "hired"]),
    ],
)
def test_a_header_is_seen(tmp_path: Path, text: str, names: list[str]) -> None:
    found, rows, _ = _read(tmp_path / "a.csv", text)
    assert found == names
    assert rows == text.count("\n") - 1 - (text.count("gender,hired\n") - 1 if text.startswith("gender,hired") else 0)


def test_what_may_be_a_row_is_one_with_a_warning(tmp_path: Path) -> None:
    text = "region,1,2,3\nnorth,0.5,0.7,0.1\nsouth,0.2,0.1,0.9\n"
    _, _, said = _read(tmp_path / "a.csv", text)
    assert any(warning and "header" in sentence for warning, sentence in said)
    assert _read(tmp_path / "a.csv", text, header=True)[:2] == (["region", "1", "2", "3"], 2)


def test_that_there_is_none_is_a_warning_and_can_be_overruled(tmp_path: Path) -> None:
    text = "f,3,yes\nm,5,no\nf,4,no\nm,1,yes\n"
    names, rows, said = _read(tmp_path / "a.csv", text)
    assert (names, rows) == (["column0", "column1", "column2"], 4)
    assert any(warning and "header" in sentence for warning, sentence in said)
    assert _read(tmp_path / "a.csv", text, header=True)[:2] == (["f", "3", "yes"], 3)
    assert _read(tmp_path / "a.csv", "gender,hired\nf,yes\nm,no\n", header=False)[1] == 3
