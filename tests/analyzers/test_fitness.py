"""FIT001 to FIT005: whom, when, which columns and which label, against what the use says."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.counts.tally import Tally
from auditor.model import Audit, Finding, State
from tests.conftest import rows_of
from tests.tallies import audit_of, counted, run_rule, tally_of

WHO, WHEN, NEEDED, FORBIDDEN = "FIT001", "FIT002", "FIT003", "FIT004"
FRAME = rows_of({"a": (300, 1000), "b": (290, 1000)}).assign(
    region=["north", "south"] * 1000, year=[2018 + i % 6 for i in range(2000)]
)
TALLY = counted(FRAME, time="year")


def _audit(tally: Tally = TALLY, **use: Any) -> Audit:
    return audit_of(tally, use, only=["FIT", "OUT001"])


def _one(audit: Audit, rule: str, **subject: str) -> Finding:
    return next(f for f in audit.findings(rule) if all(f.subject.get(key) == value for key, value in subject.items()))


def test_people_and_places_that_are_there_are_clear_and_those_that_are_not_make_the_data_unfit() -> None:
    there = _audit(population={"group": {"a": 0.5, "b": 0.5}, "region": {"north": 0.5, "south": 0.5}})
    assert there.result(WHO).state is State.CLEAR
    lacking = _audit(population={"group": {"a": 0.5, "b": 0.5}, "region": {"north": 0.4, "south": 0.4, "west": 0.2}})
    finding = _one(lacking, WHO, column="region")
    assert (finding.state, "Absent: 'west'" in finding.message) == (State.SHOWN_STRONG, True)
    assert WHO in lacking.verdict.because
    nowhere = _audit(population={"group": {"a": 0.5, "b": 0.5}, "country": {"x": 1.0}})
    assert "not a column of the data" in _one(nowhere, WHO, column="country").message


def test_a_rare_value_of_a_column_of_very_many_is_not_called_absent() -> None:
    towns = [f"t{i}" for i in range(20_000)]
    rows = 60_000
    frame = pd.DataFrame(
        {
            "group": ["a", "b"] * (rows // 2),
            "town": [towns[0]] * (rows // 2) + [towns[i % 20_000] for i in range(rows // 2)],
            "hired": ["yes", "no", "no"] * (rows // 3),
            "year": 2020,
        }
    )
    use = auditor.UseCase.model_validate({"population": {"town": {"t0": 0.9, "t19999": 0.1}}})
    audit = auditor.check(frame, target="hired", groups=["group"], use_case=use, only=WHO)
    found = {finding.subject.get("level"): finding for finding in audit.findings(WHO)}
    assert found["t19999"].state is State.UNDETERMINED
    assert "may be among" in found["t19999"].message
    assert found[None].state is State.UNDETERMINED
    assert "At least 50.0%" in found[None].message


def test_rows_whom_the_use_is_not_about_are_a_condition() -> None:
    finding = _one(_audit(population={"region": {"north": 1.0}}), WHO, column="region")
    assert (finding.state, finding.measures["share"].value) == (State.BORDERLINE, 0.5)


@pytest.mark.parametrize(
    ("period", "state", "share"),
    [
        ([2018, 2023], State.CLEAR, 1.0),
        ([2019, 2023], State.SHOWN, 5 / 6),
        ([2022, 2030], State.SHOWN_STRONG, 2 / 6),
        ([1990, 2035], State.SHOWN_STRONG, 1.0),  # within, but nothing of its last five years
    ],
)
def test_the_period(period: list[int], state: State, share: float) -> None:
    finding = _one(_audit(population={"period": period}), WHEN)
    assert finding.state is state
    assert finding.measures["share"].value == pytest.approx(share, abs=0.002)
    assert "range from 2018 to 2023" in finding.message


def test_required_and_forbidden_columns() -> None:
    frame = FRAME.assign(empty=pd.Series("x", index=FRAME.index).mask(FRAME.index < 1500), alias=FRAME["group"])
    audit = _audit(
        counted(frame, time="year"),
        features={"required": ["region", "empty", "gone"], "forbidden": ["group", "score", "none"]},
    )
    states = {finding.subject["column"]: finding.state for finding in audit.findings(NEEDED)}
    assert states == {"region": State.CLEAR, "empty": State.SHOWN, "gone": State.SHOWN_STRONG}
    forbidden = {finding.subject["column"]: finding for finding in audit.findings(FORBIDDEN)}
    assert {name: finding.state.found for name, finding in forbidden.items()} == {
        "group": True,
        "score": True,
        "none": False,
    }
    assert "'alias' (1.00)" in forbidden["group"].message
    assert "region" not in forbidden["group"].message
    assert "Name it as a group" in forbidden["score"].message


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("past_decision", State.SHOWN),
        ("measured_outcome", State.CLEAR),
        ("human_rating", State.CLEAR),
        (None, State.NOT_RUN),
    ],
)
def test_label_meaning(kind: str | None, state: State) -> None:
    use = {"label": {"column": "hired", "kind": kind, "stands_for": "job performance"}}
    assert run_rule("FIT005", tally_of({"a": (900, 3000), "b": (890, 3000)}), use).state is state


@pytest.mark.parametrize(("kind", "level"), [("past_decision", "fit_with_conditions"), ("measured_outcome", "fit")])
def test_a_past_decision_alone_makes_innocent_data_fit_with_conditions(kind: str, level: str) -> None:
    label = {"column": "hired", "kind": kind, "stands_for": "job performance"}
    use = auditor.UseCase.model_validate({"label": label, "population": {"group": {"a": 0.5, "b": 0.5}}})
    frame = rows_of({"a": (900, 3000), "b": (890, 3000)})
    assert auditor.check(frame, groups=["group"], use_case=use).verdict.level == level


def test_what_the_use_does_not_say_is_not_run() -> None:
    audit = _audit()
    for rule, said in (
        (WHO, "no population"),
        (WHEN, "no period"),
        (NEEDED, "no column is required"),
        (FORBIDDEN, "no column is forbidden"),
    ):
        assert said in (audit.result(rule).reason or "")


@pytest.mark.parametrize(("rows", "state"), [(150, State.BORDERLINE), (600, State.SHOWN_STRONG)])
def test_a_rare_group_that_is_not_there_blocks_only_where_that_is_improbable(rows: int, state: State) -> None:
    """None of 150 at a share of a hundredth has a chance of .99 ** 150 = .22; of 600 one of .0024, three times .0072."""
    use = {"population": {"group": {"a": 0.495, "b": 0.495, "x": 0.01}}}
    audit = audit_of(tally_of({"a": (rows // 4, rows // 2), "b": (rows // 4, rows // 2)}), use)
    (found,) = audit.findings("FIT001")
    assert found.state is state
    assert (audit.verdict.level == "unfit") is (state is State.SHOWN_STRONG)
