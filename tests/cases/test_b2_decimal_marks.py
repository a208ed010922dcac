"""Numbers are read as they were meant: `1.800` was 1.8 whatever stood around it, which turned shares of a group round."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

import auditor
from auditor.loaders import open_source
from auditor.loaders.options import ReadOptions
from tests.loaders.reading import read


def _column(path: Path, text: str, **options: Any) -> tuple[str, list[Any], list[tuple[bool, str]]]:
    """Return the type of column x, its values, and what was said of it with whether it is a warning."""
    path.write_text(text, encoding="utf-8")
    with open_source(path, options=ReadOptions(**options)) as source:
        values = [row[0] for row in source.connection.execute(f"SELECT x FROM {source.relation}").fetchall()]
        return source.fields["x"], values, [(of.warning, of.text) for of in source.reading if "x" in of.columns]


def _file(values: Sequence[str], delimiter: str = ";", other: Sequence[str] = ("a", "b")) -> str:
    rows = [f"{value}{delimiter}{other[i % len(other)]}" for i, value in enumerate(values)]
    return "\n".join([f"x{delimiter}y", *rows]) + "\n"


def test_pay_in_thousands_counts_for_who_earned_it(tmp_path: Path) -> None:
    # Women: 640 (40), 980 (35), 1800 (25); men: 720 (10), 1900 (30), 3400 (60). At 700 and more: 60 of 100, 100 of 100.
    rows = [("Frau", "640", "2,0", 40), ("Frau", "980", "2,0", 35), ("Frau", "1.800", "1,0", 25)]
    rows += [("Mann", "720", "1,7", 10), ("Mann", "1.900", "2,3", 30), ("Mann", "3.400", "1,3", 60)]
    path = tmp_path / "pay.csv"
    path.write_text("geschlecht;gehalt;note;n\n" + "".join(f"{';'.join(map(str, row))}\n" for row in rows))
    audit = auditor.check(path, target="gehalt", positive=">= 700", groups="geschlecht", count="n", only="OUT001")
    rates = {row["level"]: row["selection_rate"] for row in audit.result("OUT001").table}
    assert rates == {"Frau": 0.6, "Mann": 1.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (_file(["640", "1.800", "980"], other=["2,5", "1,0"]), [640, 1800, 980]),  # decimal commas beside it
        (_file(["1.800", "1.234.567", "640"]), [1800, 1234567, 640]),  # groups of three, twice
        (_file(["1.234,56", "640,00", "-1.800,5"]), [1234.56, 640, -1800.5]),
        (_file(["1,234.56", "640.00"], "\t"), [1234.56, 640]),
        (_file(["1 800", "640", "12 345"]), [1800, 640, 12345]),
        (_file(["1\u00a0800", "640"]), [1800, 640]),
        (_file(["1\u202f800", "640"]), [1800, 640]),
        (_file(["1'800", "640"]), [1800, 640]),
        (_file(["0.125", "3.142", "12.5"], ","), [0.125, 3.142, 12.5]),  # fractions stay fractions
        (_file(["0.5", "1.25", "2.0"], ","), [0.5, 1.25, 2]),
    ],
)
def test_what_the_file_settles_is_settled(tmp_path: Path, text: str, expected: list[float]) -> None:
    kind, values, _ = _column(tmp_path / "x.csv", text)
    assert kind in ("BIGINT", "DOUBLE") and values == pytest.approx(expected)


@pytest.mark.parametrize(
    "text", [_file(["1.800", "2.500", "3.400"], "\t"), _file(["1,800", "2,500"], "\t"), _file(["640", "1,800"], "\t")]
)
def test_what_nothing_settles_is_never_a_number_in_silence(tmp_path: Path, text: str) -> None:
    _, _, said = _column(tmp_path / "x.tsv", text)
    thousands = [float(str(line.split("\t")[0]).replace(".", "").replace(",", "")) for line in text.splitlines()[1:]]
    assert any(warning for warning, _ in said)  # the key that settles it works, either way
    for mark in (".", ","):
        if mark in text:
            as_thousands = _column(tmp_path / "x.tsv", text, decimal="," if mark == "." else ".")
            assert as_thousands[1] == pytest.approx(thousands)
            assert _column(tmp_path / "x.tsv", text, decimal=mark)[1] == pytest.approx(
                [float(line.split("\t")[0].replace(mark, ".")) for line in text.splitlines()[1:]]
            )


def test_texts_in_a_workbook_are_read_alike(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (("x", "y"), ("1.800", "2,5"), ("640", "1,0"), ("3.400", "1,7")):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with open_source(tmp_path / "a.xlsx") as source:
        found = source.connection.execute(f"SELECT x, y FROM {source.relation}").fetchall()
    assert [row[0] for row in found] == [1800, 640, 3400] and [row[1] for row in found] == [2.5, 1.0, 1.7]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["$85,000", "$90,500", "$101,250"], [85000, 90500, 101250]),
        (["85,000 $", "90,500 $"], [85000, 90500]),
        (["€ 1.234,50", "€ 640,00"], [1234.5, 640]),
        (["5%", "7.5%", "12%"], [5, 7.5, 12]),
    ],
)
def test_money_and_percent_are_numbers_or_say_why_not(tmp_path: Path, values: list[str], expected: list[float]) -> None:
    kind, found, said = _column(tmp_path / "x.csv", _file(values))
    assert said
    assert kind == "VARCHAR" or found == pytest.approx(expected)


# In quotes, a comma of a comma-separated file may be a decimal comma, or part two answers: nobody is told by the file.
@pytest.mark.parametrize(("values", "told"), [(("1,5", "2,25", "3"), True), (("1,5", "a,b", "3"), False)])
def test_a_comma_between_commas_is_told(tmp_path: Path, values: tuple[str, ...], told: bool) -> None:
    path = tmp_path / "commas.csv"
    path.write_text("gender,score\n" + "".join(f'f,"{value}"\n' for value in values))
    found = read(path)
    assert found.fields["score"] == "VARCHAR"
    assert any("those like 1,5 could be two numbers" in warning for warning in found.warnings) is told
    if told:
        stated = read(path, asked={"decimal": ","})
        assert [row[1] for row in stated.rows] == [1.5, 2.25, 3]
        assert not stated.warnings
