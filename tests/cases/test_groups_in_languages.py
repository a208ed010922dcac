"""Groups are recognised in more languages, also where Unicode has no accent to leave out (ł, ø) or parts of letters."""

from __future__ import annotations

import pandas as pd
import pytest

from auditor.engines.peek import peek
from auditor.loaders import open_source
from auditor.use.infer import Guess, guess


def _guessed(name: str, values: list[str]) -> tuple[Guess, str]:
    with open_source(pd.DataFrame({name: values * 30})) as source:
        found = guess(name, peek(source)[name])
    return found.guess, found.kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Płeć", "sex"), ("kjønn", "sex"), ("kön", "sex"), ("Sukupuoli", "sex"), ("cinsiyet", "sex"), ("Пол", "sex"),
        ("性别", "sex"), ("성별", "sex"), ("narodowość", "nationality"), ("国籍", "nationality"), ("возраст", "age"),
        ("niepełnosprawność", "disability"), ("etnicitet", "race"),
    ],
)  # fmt: skip
def test_by_the_name(name: str, kind: str) -> None:
    assert _guessed(name, ["x", "y"]) == (Guess.GROUP, kind)


@pytest.mark.parametrize(
    "values",
    [
        ["мужской", "женский"], ["м", "ж"], ["男", "女"], ["남성", "여성"], ["kvinna", "man"], ["Kobieta", "Mężczyzna"],
        ["mies", "nainen"], ["erkek", "kadın"], ["Mr", "Mrs", "Dr"],
    ],
)  # fmt: skip
def test_by_the_values(values: list[str]) -> None:
    assert _guessed("x1", values) == (Guess.GROUP, "sex")


@pytest.mark.parametrize("values", [["k", "m"], ["Mann", "Köln"], ["man", "van"]])
def test_other_values_are_none(values: list[str]) -> None:
    assert _guessed("x1", values)[0] is not Guess.GROUP
