"""What each column is taken for, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from auditor.errors import ColumnError, RoleError
from auditor.use.assign import assign
from auditor.use.outcome import canonical, obvious
from auditor.use.roles import Bands, Roles, Seen
from auditor.use.usecase import UseCase


def _seen(values: Iterable[Any], kind: str = "VARCHAR", words: float = 1.0) -> Seen:
    values = list(values)
    known = [value for value in values if value is not None]
    levels = {str(value): known.count(value) for value in dict.fromkeys(known)}
    numbers = [float(value) for value in known] if kind != "VARCHAR" else []
    return Seen(
        kind,
        len(values),
        len(values) - len(known),
        len(levels),
        True,
        levels,
        low=min(numbers, default=None),
        high=max(numbers, default=None),
        whole=bool(numbers) and all(number.is_integer() for number in numbers),
        words=words,
    )


SEEN = {
    "hired": _seen(["yes", "no"] * 20),
    "deny": _seen(["yes", "no"] * 20),
    "credit": _seen([1, 2] * 20, "BIGINT"),
    "gender": _seen(["f", "m"] * 20),
    "age": _seen(range(20, 60), "BIGINT"),
    "cv": _seen([f"text {i}" for i in range(40)], words=30),
    "applied_year": _seen([2001 + i % 10 for i in range(40)], "BIGINT"),
    "person_id": _seen([f"p{i}" for i in range(40)]),
    "code": _seen([f"c{i}" for i in range(40)]),
    "city": _seen(["a", "b", "c", "d"] * 10),
}


def _assign(**tables: Any) -> Roles:
    return assign(SEEN, UseCase.model_validate(tables), "data.csv")


def test_everything_is_guessed_and_said() -> None:
    roles = _assign()
    assert (roles.target, roles.positive, roles.groups) == ("hired", ("yes",), ("gender", "age"))
    assert (roles.text, roles.time, roles.id) == (("cv",), "applied_year", "person_id")
    assert roles.features == ("deny", "credit", "city")
    assert list(roles.ignored) == ["code"]
    said = " ".join(roles.notes)
    for word in ("'hired'", "'yes'", "'gender', 'age'", "'cv'", "'applied_year'", "'person_id'", "under 25"):
        assert word in said


def test_what_is_said_is_not_guessed() -> None:
    roles = _assign(label={"column": "HIRED", "positive": "no"}, groups={"columns": ["city"]})
    assert (roles.target, roles.positive, roles.groups) == ("hired", ("no",), ("city",))
    assert not [note for note in roles.notes if "Target" in note or "Groups" in note or "avourable" in note]
    assert "gender" in roles.features


def test_an_age_is_cut_into_bands() -> None:
    assert _assign().bands["age"].labels == ("under 25", "25 to 39", "40 to 64", "65 and over")
    assert _assign(groups={"columns": ["age:30,50"]}).bands["age"].edges == (30.0, 50.0)
    assert Bands.at([1.5, 2.0], whole=False).labels == ("under 1.5", "1.5 to under 2", "2 and over")


@pytest.mark.parametrize(
    ("tables", "error", "message"),
    [
        ({"label": {"column": "hird"}}, ColumnError, "column 'hird' is not in data.csv; did you mean 'hired'?"),
        ({"groups": {"columns": ["sexe"]}}, ColumnError, "column 'sexe' is not in data.csv"),
        ({"label": {"column": "credit"}}, RoleError, r"which value of 'credit' is favourable\? .*values: 1, 2"),
        ({"label": {"column": "deny"}}, RoleError, "reads like an unfavourable outcome"),
        ({"label": {"column": "hired", "positive": "Yes"}}, RoleError, "does not occur in 'hired'; did you mean 'yes'"),
        ({"label": {"column": "hired", "positive": ["yes", "no"]}}, RoleError, "nothing is left to compare"),
        ({"label": {"column": "gender"}, "groups": {"columns": ["gender"]}}, RoleError, "both target and group"),
        ({"groups": {"columns": ["gender:1,2"]}}, RoleError, "not a number"),
        ({"groups": {"columns": ["age:old"]}}, RoleError, "write numbers: age:25,40,65"),
    ],
)
def test_what_cannot_be_is_refused(tables: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        _assign(**tables)


def test_a_constant_or_empty_target_is_refused() -> None:
    for values, message in (([None] * 5, "has no value"), (["yes"] * 5, "is constant")):
        with pytest.raises(RoleError, match=message):
            assign({"y": _seen(values), "g": _seen("ababa")}, UseCase.model_validate({"label": {"column": "y"}}), "d")


def test_a_group_of_too_many_levels_is_refused() -> None:
    seen = {"zip": _seen([f"z{i}" for i in range(300)])}
    with pytest.raises(RoleError, match="over 200 levels"):
        assign(seen, UseCase.model_validate({"groups": {"columns": ["zip"]}}), "d")


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [("1.0", "BIGINT", "1"), ("1", "DOUBLE", "1"), ("True", "BOOLEAN", "true"), ("1", "BOOLEAN", "true"), ("x", "BIGINT", "x"), (" a", "VARCHAR", " a"), ("0.5", "DOUBLE", "0.5")],
)  # fmt: skip
def test_values_are_spelt_as_the_engine_spells_them(value: str, kind: str, text: str) -> None:
    assert canonical(value, kind) == text


def test_only_what_everybody_reads_alike_is_obvious() -> None:
    assert obvious({"No": 1, "Yes": 1}) == "Yes"
    assert obvious({"1": 1, "2": 1}) is None
    assert obvious({"yes": 1, "no": 1, "maybe": 1}) is None
    assert obvious({"yes": 1}) is None
