"""The types of text columns: judged on every value, and told where they are not what they seem."""

from __future__ import annotations

import datetime as dt
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest

from auditor.loaders.missing import SPELLINGS as MISSING
from tests.loaders.reading import Read, read, write


def column(folder: Path, values: list[str], mark: str = ",") -> Read:
    return read(write(folder, "a.csv", f"x{mark}y\n" + "".join(f"{value}{mark}t\n" for value in values)))


def values(found: Read) -> list[Any]:
    return [row[0] for row in found.rows]


CASES: list[tuple[list[str], str, list[Any]]] = [
    (["1", "-2", "+3"], "BIGINT", [1, -2, 3]),
    (["1", "2.5", ".5", "1e3"], "DOUBLE", [1.0, 2.5, 0.5, 1000.0]),
    (["1.0", "2.0"], "DOUBLE", [1.0, 2.0]),
    ([" 1", "2 "], "BIGINT", [1, 2]),
    (["1.5", "inf"], "DOUBLE", [1.5, float("inf")]),
    (["true", "False", "TRUE"], "BOOLEAN", [True, False, True]),
    (["2024-02-29", "1999-12-31"], "DATE", [dt.date(2024, 2, 29), dt.date(1999, 12, 31)]),
    (["2024-01-02 03:04:05", "2024-01-02"], "TIMESTAMP", [dt.datetime(2024, 1, 2, 3, 4, 5), dt.datetime(2024, 1, 2)]),
    (["2024-01-02T03:04:05Z", "2024-01-02T03:04:05+02:00"], "TIMESTAMP", [dt.datetime(2024, 1, 2, 3, 4, 5), dt.datetime(2024, 1, 2, 1, 4, 5)]),
    (["31.12.2024", "1.2.2024"], "DATE", [dt.date(2024, 12, 31), dt.date(2024, 2, 1)]),
    (["02134", "10001"], "VARCHAR", ["02134", "10001"]),
    (["1234567890123456789", "1"], "VARCHAR", ["1234567890123456789", "1"]),
    (["yes", "no"], "VARCHAR", ["yes", "no"]),
    (["2024-02-30", "2024-01-01"], "VARCHAR", ["2024-02-30", "2024-01-01"]),
    (["None", "x"], "VARCHAR", ["None", "x"]),
    (["NA", ""], "VARCHAR", [None, None]),
    (["0", "0.5", "-0"], "DOUBLE", [0.0, 0.5, 0.0]),
]  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Read:
    """A file with all the cases as columns, the shorter ones filled up with missing values."""
    names = ",".join(f"c{i}" for i in range(len(CASES)))
    lines = [",".join(line) for line in zip_longest(*(texts for texts, _, _ in CASES), fillvalue="")]
    return read(write(tmp_path_factory.mktemp("types"), "a.csv", "\n".join([names, *lines]) + "\n"))


@pytest.mark.parametrize("case", range(len(CASES)))
def test_types(table: Read, case: int) -> None:
    _, kind, expected = CASES[case]
    assert table.fields[f"c{case}"] == kind
    assert [row[case] for row in table.rows][: len(expected)] == expected
    assert {row[case] for row in table.rows[len(expected) :]} <= {None}


def test_what_stands_for_missing(tmp_path: Path) -> None:
    found = column(tmp_path, ["1", *MISSING, "3"])
    assert found.fields["x"] == "BIGINT"
    assert values(found) == [1, *[None] * 10, 3]


def test_quoted_words_are_words_and_a_quoted_nothing_is_missing(tmp_path: Path) -> None:
    assert values(column(tmp_path, ['"NA"', "NA", '""', "x"])) == ["NA", None, None, "x"]


def test_quoted_numbers_are_numbers(tmp_path: Path) -> None:
    assert values(column(tmp_path, ['"1"', '""', '"3"'])) == [1, None, 3]


def test_a_column_that_turns_to_text_after_the_sample(tmp_path: Path) -> None:
    found = column(tmp_path, ["7"] * 30_000 + ["abc"])
    assert found.fields["x"] == "VARCHAR"
    assert set(values(found)) == {"7", "abc"}
    assert found.notes == ("Column 'x' is read as text: numbers at first, then a text at line 30002.",)


@pytest.mark.parametrize(
    ("texts", "note"),
    [
        (["1", "2", "?"], "numbers at first, then a text at line 4"),
        (["?", "1", "2"], "a text at line 2 among numbers"),
        (["2024-01-01", "2024-01-02", "soon"], "dates at first, then a text at line 4"),
        (["true", "false", "maybe"], "true and false at first, then a text at line 4"),
        (["1", "2", "x" * 50], "numbers at first, then a text at line 4"),
        (['"1"', "2", '"two\nlines"', "3", "x"], "numbers at first, then a text at line 4"),
    ],
)
def test_a_few_odd_values_among_others_are_noted(tmp_path: Path, texts: list[str], note: str) -> None:
    (told,) = column(tmp_path, texts).notes
    assert " ".join(told.split()) == f"Column 'x' is read as text: {note}."


@pytest.mark.parametrize("texts", [["A1", "7"], ["x", "y", "1"], ["02134", "10001"]])
def test_text_with_some_numbers_is_just_text(tmp_path: Path, texts: list[str]) -> None:
    assert column(tmp_path, texts if texts[0] != "A1" else ["A1", "B2", "7"]).notes == ()


@pytest.mark.parametrize(
    ("late", "kind", "last"),
    [("1.5", "DOUBLE", 1.5), ("02134", "VARCHAR", "02134"), ("", "BIGINT", None), ("12345678901234567890", "VARCHAR", "12345678901234567890")],
)  # fmt: skip
def test_types_are_decided_by_late_values_too(tmp_path: Path, late: str, kind: str, last: Any) -> None:
    found = column(tmp_path, ["7"] * 25_000 + [late])
    assert found.fields["x"] == kind
    assert values(found)[-1] == last
    assert found.notes == ()


def test_a_column_that_is_empty_at_first(tmp_path: Path) -> None:
    found = column(tmp_path, [""] * 25_000 + ["7", "8"])
    assert found.fields["x"] == "BIGINT"
    assert values(found)[-3:] == [None, 7, 8]


def test_decimal_commas(tmp_path: Path) -> None:
    found = column(tmp_path, ["1,5", "2", "0,125"], mark=";")
    assert values(found) == [1.5, 2.0, 0.125]
    assert found.form == ("Semicolon-separated, header in line 1, UTF-8, decimal comma.",)


def test_commas_that_may_mark_thousands_stay_text(tmp_path: Path) -> None:
    found = column(tmp_path, ["1,234", "12,500"], mark=";")
    assert values(found) == ["1,234", "12,500"]
    assert found.notes == ("In 'x', values are read as text: a comma as in 1,800 can mark thousands or decimals.",)


def test_decimal_points_and_commas_together_are_text(tmp_path: Path) -> None:
    assert values(column(tmp_path, ["1,5", "2.5"], mark=";")) == ["1,5", "2.5"]


def test_lists_in_a_file_with_commas_are_no_decimals(tmp_path: Path) -> None:
    assert values(column(tmp_path, ['"1,3"', '"2,4"'])) == ["1,3", "2,4"]


@pytest.mark.parametrize(
    ("texts", "expected", "note"),
    [
        (["31/12/2024", "1/2/2024"], [dt.date(2024, 12, 31), dt.date(2024, 2, 1)], "In 'x', dates are read as day/month/year."),
        (["12/31/2024", "1/2/2024"], [dt.date(2024, 12, 31), dt.date(2024, 1, 2)], "In 'x', dates are read as month/day/year."),
        (["1/2/2024"], ["1/2/2024"], "In 'x', values are read as text: dates can be day first or month first; write them as 2024-12-31."),
        (["31/12/2024", "12/31/2024"], ["31/12/2024", "12/31/2024"], None),
    ],
)  # fmt: skip
def test_dates_with_slashes(tmp_path: Path, texts: list[str], expected: list[Any], note: str | None) -> None:
    found = column(tmp_path, texts)
    assert values(found) == expected
    assert found.notes == ((note,) if note else ())


def test_times_with_a_zone_are_noted(tmp_path: Path) -> None:
    assert column(tmp_path, ["2024-01-02T03:04:05+02:00"]).notes == ("times with a zone are read in UTC: 'x'",)
