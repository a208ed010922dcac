"""FIT001 to FIT004, FIT006: whom, when, which columns and how many, against what the use says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import auditor
from auditor.model import Audit, Finding, State
from auditor.stats.counts import Pair
from auditor.stats.proportions import clear_n, ratio_interval
from tests.conftest import rows_of

WHO, WHEN, NEEDED, FORBIDDEN, ENOUGH = "FIT001", "FIT002", "FIT003", "FIT004", "FIT006"
FRAME = rows_of({"a": (300, 1000), "b": (290, 1000)}).assign(
    region=["north", "south"] * 1000, year=[2018 + i % 6 for i in range(2000)]
)


def _check(frame: pd.DataFrame = FRAME, **use: Any) -> Audit:
    stated = auditor.UseCase.model_validate(use)
    return auditor.check(
        frame, target="hired", groups=["group"], time="year", use_case=stated, no_models=True, only=["FIT", "OUT001"]
    )


def _state(audit: Audit, rule: str) -> State:
    return audit.result(rule).state


def _one(audit: Audit, rule: str, **subject: str) -> Finding:
    return next(f for f in audit.findings(rule) if all(f.subject.get(key) == value for key, value in subject.items()))


def test_people_and_places_that_are_there_are_clear_and_those_that_are_not_make_the_data_unfit() -> None:
    there = _check(population={"group": {"a": 0.5, "b": 0.5}, "region": {"north": 0.5, "south": 0.5}})
    assert _state(there, WHO) is State.CLEAR
    lacking = _check(population={"group": {"a": 0.5, "b": 0.5}, "region": {"north": 0.4, "south": 0.4, "west": 0.2}})
    finding = _one(lacking, WHO, column="region")
    assert (finding.state, "Absent: 'west'" in finding.message) == (State.SHOWN_STRONG, True)
    assert WHO in lacking.verdict.because
    nowhere = _check(population={"group": {"a": 0.5, "b": 0.5}, "country": {"x": 1.0}})
    assert "no column of the data" in _one(nowhere, WHO, column="country").message


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
    audit = _check(frame, population={"town": {"t0": 0.9, "t19999": 0.1}})
    found = {finding.subject.get("level"): finding for finding in audit.findings(WHO)}
    assert found["t19999"].state is State.UNDETERMINED
    assert "may be among" in found["t19999"].message
    assert found[None].state is State.UNDETERMINED
    assert "At least 50.0 %" in found[None].message


def test_rows_whom_the_use_is_not_about_are_a_condition() -> None:
    finding = _one(_check(population={"region": {"north": 1.0}}), WHO, column="region")
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
    finding = _one(_check(population={"period": period}), WHEN)
    assert finding.state is state
    assert finding.measures["share"].value == pytest.approx(share, abs=0.002)
    assert "the oldest is of 2018, the newest of 2023" in finding.message


def test_required_and_forbidden_columns() -> None:
    frame = FRAME.assign(empty=pd.Series("x", index=FRAME.index).mask(FRAME.index < 1500), alias=FRAME["group"])
    audit = _check(frame, features={"required": ["region", "empty", "gone"], "forbidden": ["group", "score", "none"]})
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


def test_sizes_for_a_claim() -> None:
    small = rows_of({"a": (60, 200), "b": (18, 60)}).assign(year=2020)
    audit = _check(small)
    finding = _one(audit, ENOUGH, level="b")
    assert finding.state is State.SHOWN
    assert "79 more favourable outcomes" in finding.message  # 97 less the 18 there are
    assert _state(_check(), ENOUGH) is State.CLEAR


def test_the_rows_named_earn_clear_as_often_as_said() -> None:
    """At the size that it names, equal rates give a lower bound at the limit in about 80 % of draws."""
    rate, limit, n_ref = 0.3, 0.8, 3000
    needed = clear_n(rate, limit, n_ref)
    assert needed is not None
    n = math.ceil(needed)
    rng = np.random.default_rng(0)
    draws = zip(rng.binomial(n, rate, 600), rng.binomial(n_ref, rate, 600), strict=True)
    share = np.mean([ratio_interval(Pair(x, n, x_ref, n_ref)).low >= limit for x, x_ref in draws])
    assert share == pytest.approx(0.8, abs=0.06)
    assert clear_n(rate, limit, 10) is None
    # One to one, in closed form: 2 (1 - p) / p ((1.96 + 0.8416) / ln 1.25)^2 = 736 at p = 0.3
    equal = 2 * 0.7 / 0.3 * ((stats.norm.ppf(0.975) + stats.norm.ppf(0.8)) / math.log(1.25)) ** 2
    assert clear_n(rate, limit, equal) == pytest.approx(equal, rel=1e-9)
    assert equal == pytest.approx(736, abs=1)


def test_what_the_use_does_not_say_is_not_run() -> None:
    audit = _check()
    for rule, said in (
        (WHO, "no population"),
        (WHEN, "no period"),
        (NEEDED, "no column is required"),
        (FORBIDDEN, "no column is forbidden"),
    ):
        assert said in (audit.result(rule).reason or "")
