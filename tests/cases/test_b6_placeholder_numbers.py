"""Numbers that mean "no value" were values: 999 of 'age' made a group "65 and over" in which nobody was."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.model import Decision
from tests.conftest import DATA, rows_of

AGES = {30: (100, 200), 50: (95, 200), 999: (20, 100)}  # nobody is 999 years old: two groups, 0.5 and 0.475


def _check(frame: Any, **more: Any) -> auditor.Audit:
    asked = {"target": "hired", "positive": "yes", "only": ["OUT001", "REP005"], **more}
    return auditor.check(frame, **{"groups": ["age:40,65"], **asked})


def _levels(audit: auditor.Audit) -> dict[str, float | None]:
    """Level -> selection rate, of all groups that are compared."""
    found = {}
    for finding in audit.findings("OUT001"):
        found[finding.subject["level"]] = finding.measures["selection_rate"].value
        found[finding.subject["reference"]] = finding.measures["reference_rate"].value
    return found


def _proposals(audit: auditor.Audit) -> list[Decision]:
    return [each for each in audit.dataset.reading if each.about == "placeholder values"]


def _suspected(frame: pd.DataFrame, **more: Any) -> set[str]:
    return {column for each in _proposals(auditor.check(frame, no_models=True, **more)) for column in each.columns}


def test_nobody_is_over_65() -> None:
    audit = _check(rows_of(AGES, "age"))
    assert _levels(audit) == {"under 40": 0.5, "40 to 64": 0.475}
    assert next(audit.findings("REP005")).measures["missing_share"].value == pytest.approx(100 / 500)
    (decision,) = [each for each in audit.dataset.reading if each.about == "not recorded"]
    assert decision.warning
    assert "'999' of 'age' (100 rows)" in decision.text
    assert not _proposals(audit)  # what is settled is not proposed


@pytest.mark.parametrize("value", [-1, -9, 999, 9999, 200, 150, 211, 1985])
@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_ages_that_nobody_has(value: int, kind: str) -> None:
    ages = {**dict.fromkeys(range(20, 60), (5, 10)), value: (1, 10)}
    audit = _check(rows_of(ages, "age").astype({"age": kind}))
    assert next(audit.findings("REP005")).measures["missing_share"].value == pytest.approx(10 / 410)


@pytest.mark.parametrize("name", ["age", "Applicant Age", "Alter", "edad", "âge", "age_at_hire"])
def test_names_of_ages(name: str) -> None:
    audit = _check(rows_of(AGES, name), groups=[f"{name}:40,65"])
    assert set(_levels(audit)) == {"under 40", "40 to 64"}


@pytest.mark.parametrize(
    "more",
    [
        {"unknown": "age="},
        {"use_case": auditor.UseCase.model_validate({"groups": {"unknown": {"age": []}}})},
        {"use_case": auditor.UseCase.model_validate({"data": {"missing": {"age": []}}})},
    ],
)
def test_what_overrules_it_does(more: dict[str, Any]) -> None:
    audit = _check(rows_of(AGES, "age"), **more)
    assert _levels(audit)["65 and over"] == pytest.approx(20 / 100)


def test_the_use_may_name_the_values_itself() -> None:
    audit = _check(rows_of({**AGES, 0: (9, 10), 70: (3, 10)}, "age"), unknown={"age": [999, 0]})
    assert set(_levels(audit)) == {"under 40", "40 to 64", "65 and over"}
    assert next(audit.findings("REP005")).measures["missing_share"].value == pytest.approx(110 / 520)


@pytest.mark.parametrize("name", ["age_in_days", "account_age", "page", "wage"])
def test_what_is_no_age_in_years(name: str) -> None:
    days = dict.fromkeys(range(100, 9000, 300), (5, 10))
    audit = _check(rows_of(days, name), groups=[f"{name}:1000,5000"])
    assert next(audit.findings("REP005")).measures["missing_share"].value == 0


def test_ages_in_the_last_of_many_rows() -> None:
    """The peek looks at 20,000 rows; ages are looked at in all of them."""
    frame = pd.DataFrame({"age": np.tile(np.arange(20, 60), 1500), "hired": np.tile(["yes", "no"], 30_000)})
    frame.loc[31_007, "age"] = 999
    audit = _check(frame)
    assert next(audit.findings("REP005")).measures["missing_share"].value == pytest.approx(1 / 60_000)
    assert set(_levels(audit)) == {"under 40", "40 to 64"}


@pytest.mark.parametrize("value", [999, -1, 99_999, 9_999_999, -99])
def test_a_heap_far_from_all_others_is_said_and_proposed(value: int) -> None:
    rng = np.random.default_rng(3)
    frame = rows_of({"f": (300, 600), "m": (300, 600)}, "gender")
    frame["months"] = rng.integers(3, 200, len(frame))
    frame.loc[frame.index[::25], "months"] = value  # 48 of 1,200 rows
    audit = auditor.check(frame, target="hired", groups=["gender"], only=["OUT001"])
    (decision,) = _proposals(audit)
    assert decision.warning
    assert f"{value} in 'months' (4.0% of rows)" in decision.text
    assert decision.overrule
    stated = tomllib.loads(decision.overrule.replace("[data] ", "[data]\n"))
    assert stated == {"data": {"missing": {"months": [value]}}}
    settled = auditor.check(
        frame, target="hired", groups=["gender"], only=["OUT001"], use_case=auditor.UseCase.model_validate(stated)
    )
    assert not _proposals(settled)


def test_what_is_no_heap_or_not_far_is_left_alone() -> None:
    rng = np.random.default_rng(4)
    frame = rows_of({"f": (300, 600), "m": (300, 600)}, "gender")
    frame["percent"] = rng.integers(0, 100, len(frame))  # up to 99
    frame["flag"] = rng.integers(0, 2, len(frame))
    frame["difference"] = rng.integers(-1, 2, len(frame))
    frame["children"] = rng.poisson(1.5, len(frame))
    frame["digit"] = rng.integers(0, 10, len(frame))
    frame["pay"] = np.where(rng.random(len(frame)) < 0.3, 0, rng.lognormal(10, 1, len(frame)).round())
    frame["once"] = np.where(np.arange(len(frame)) == 7, 999, rng.integers(0, 50, len(frame)))
    frame["degrees"] = rng.integers(-3, 36, len(frame))
    frame["change"] = rng.normal(0, 5, len(frame)).round()
    assert not _suspected(frame, target="hired", groups=["gender"])


def test_the_ends_of_real_columns() -> None:
    """Adult's capital gains are 99,999 where they are higher: 159 of 32,561, next to 41,310."""
    frame = pd.read_parquet(DATA / "adult.parquet")
    gain = next(name for name in frame.columns if name.replace("_", "-").lower() == "capital-gain")
    found = _suspected(frame, target="income", positive=">50K", groups=["sex"], only=["OUT001"])
    assert found == {gain}


def test_codes_of_a_group_are_proposed_and_not_dropped() -> None:
    """9 beside 1 and 2 says "not stated" in many lists of codes; no list says it of every column."""
    frame = rows_of({1: (220, 450), 2: (350, 600), 9: (90, 100)}, "gender")
    audit = _check(frame, groups=["gender"])
    (decision,) = _proposals(audit)
    assert decision.columns == ("gender",)
    assert set(_levels(audit)) == {"1", "2", "9"}
    assert not _proposals(_check(frame, groups=["gender"], unknown="gender=9"))


def test_a_tally_counts_as_an_audit_does(tmp_path: Path) -> None:
    first, second = tmp_path / "one.tally", tmp_path / "two.tally"
    auditor.tally(rows_of(AGES, "age"), first, target="hired", positive="yes", groups=["age:40,65"])
    auditor.tally(rows_of({**AGES, -5: (3, 7)}, "age"), second, edges_from=first)
    audit = auditor.check([first, second], only=["OUT001", "REP005"])
    assert _levels(audit) == {"under 40": 0.5, "40 to 64": 0.475}
    assert next(audit.findings("REP005")).measures["missing_share"].value == pytest.approx(207 / 1007)


# Nobody was born in 1900; the day is what a program writes that has none. Days that lie among the others are days.
@pytest.mark.parametrize(
    ("day", "column", "first", "suspected"),
    [
        ("1900-01-01", "dob", 1950, True),
        ("1970-01-01", "applied", 2015, True),
        ("9999-12-31", "contract_end", 2015, True),
        ("1960-01-01", "dob", 1950, False),
        ("1901-02-03", "dob", 1950, False),
    ],
)
def test_days_that_stand_for_no_day(day: str, column: str, first: int, suspected: bool, tmp_path: Path) -> None:
    draw = np.random.default_rng(1)
    days = [f"{first + draw.integers(0, 9)}-0{draw.integers(1, 9)}-1{draw.integers(0, 9)}" for _ in range(180)]
    rows = [*days, *[day] * 20]
    frame = pd.DataFrame({"sex": ["f", "m"] * 100, column: rows, "hired": draw.choice(["yes", "no"], 200)})
    path = tmp_path / "days.csv"
    frame.to_csv(path, index=False)
    asked: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": ["sex"], "only": ["OUT001"]}
    found = _proposals(auditor.check(str(path), **asked))
    assert [each.columns for each in found] == [(column,)] * suspected
    if suspected:
        assert f"{day} in '{column}' (10.0% of rows)" in found[0].text
        stated = tomllib.loads((found[0].overrule or "").replace("[data] ", "data."))
        audit = auditor.check(str(path), use_case=stated, **asked)
        assert not _proposals(audit)
        assert any("20 values" in each.text for each in audit.dataset.reading)


@pytest.mark.parametrize(("name", "suspected"), [("sex", True), ("balance", False)])
def test_codes_below_0_stand_for_no_group(name: str, suspected: bool) -> None:
    """Codes of groups count from 0 or 1, so that a group -1 is none, however near it lies."""
    frame = rows_of({0: (50, 100), 1: (40, 100), -1: (5, 20)}, name)
    found = _proposals(_check(frame, groups=[name]))
    assert [each.overrule for each in found] == [f"[data] missing = {{ {name} = [-1] }}"] * suspected
