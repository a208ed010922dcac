"""OUT003 on Berkeley end to end, on planted strata, and where it must decline."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.model import State
from tests.conftest import DATA, rows_of

RULE = "OUT003"


REASONED = auditor.UseCase.model_validate({"features": {"strata": {"dept": "applicants choose it"}}})


def _berkeley(**more: Any) -> auditor.Audit:
    return auditor.check(
        DATA / "berkeley.csv", target="admit", positive="Admitted", groups=["gender"], no_models=True, **more
    )


def test_berkeley_is_simpsons_paradox_and_the_verdict_is_not_the_crude_gaps() -> None:
    audit = _berkeley(within="dept")
    pooled, *strata = audit.findings(RULE)
    expected = {
        "crude_odds_ratio": 1.841080,
        "mh_odds_ratio": 0.904697,
        "cmh_p": 0.216924,
        "breslow_day_p": 0.002071,
        "mh_risk_difference": 0.018425,
        "cdd": -0.019283,
        "composition": -0.177674,
        "within": 0.036028,
    }
    for name, value in expected.items():
        assert pooled.measures[name].value == pytest.approx(value, abs=1e-6), name
    odds = pooled.measures["mh_odds_ratio"]
    assert (odds.low, odds.high) == pytest.approx((0.771907, 1.060330), abs=1e-6)
    assert pooled.measures["simpson"].value == 1
    assert "Simpson" in pooled.message
    assert "no claim over all of them" in pooled.message
    assert pooled.state is State.UNDETERMINED
    assert {finding.subject["stratum"]: str(finding.state) for finding in strata}["A"] == "shown"
    assert "OUT001" in audit.verdict.because  # a stratum without a reason moves nothing
    audit = _berkeley(use_case=REASONED)
    assert "OUT001" not in audit.verdict.because
    assert any(
        "Have the reason given for dept as a stratum checked" in condition for condition in audit.verdict.conditions
    )
    assert _berkeley().verdict.because == ("OUT001",)


def test_a_reason_is_shown_and_its_absence_said() -> None:
    assert "dept: no reason was given" in next(_berkeley(within="dept").findings(RULE)).message
    assert "dept: applicants choose it" in next(_berkeley(use_case=REASONED).findings(RULE)).message


def _strata(*counts: dict[str, tuple[int, int]]) -> pd.DataFrame:
    parts = [rows_of(of).assign(job=f"job {i}", half=f"half {i % 2}") for i, of in enumerate(counts)]
    frame = pd.concat(parts, ignore_index=True)
    frame["score"] = range(len(frame))
    return frame


def _check(frame: pd.DataFrame, within: list[str], reason: str = "people choose it") -> auditor.Audit:
    shares = {"group": {"a": 0.5, "b": 0.5}}
    use = auditor.UseCase.model_validate({"features": {"strata": dict.fromkeys(within, reason)}})
    return auditor.check(frame, target="hired", groups=["group"], use_case=use, reference=shares, no_models=True)


def test_a_gap_in_every_stratum_is_shown() -> None:
    frame = _strata({"a": (600, 1000), "b": (300, 1000)}, {"a": (400, 1000), "b": (160, 1000)})
    audit = _check(frame, ["job"])
    (finding,) = audit.findings(RULE)
    assert finding.state is State.SHOWN_STRONG
    assert audit.verdict.because == ("OUT001", "OUT003")


def test_a_gap_that_the_strata_explain_is_clear_and_becomes_a_condition() -> None:
    """Equal rates in each job; the group b applies where few are taken."""
    frame = _strata({"a": (1600, 2000), "b": (800, 1000)}, {"a": (100, 1000), "b": (200, 2000)})
    audit = _check(frame, ["job"])
    (finding,) = audit.findings(RULE)
    assert audit.result("OUT001").state is State.SHOWN_STRONG
    assert finding.state is State.CLEAR
    assert audit.verdict.level == "fit_with_conditions"
    assert _check(frame, ["job"], reason="").verdict.level == "unfit"  # a stratum without a reason moves nothing


def test_several_columns_are_joined() -> None:
    frame = _strata(*[{"a": (60, 100), "b": (55, 100)}] * 4)
    result = _check(frame, ["job", "half"]).result(RULE)
    assert [row["stratum"] for row in result.table][:2] == ["job 0 · half 0", "job 1 · half 1"]


def test_declines_without_strata_and_names_a_wrong_one() -> None:
    assert "no stratum is declared" in str(_berkeley().result(RULE).reason)
    with pytest.raises(auditor.AuditError, match=r"column 'depth' is not in berkeley\.csv; did you mean 'dept'"):
        _berkeley(within="depth")
    with pytest.raises(auditor.AuditError, match="cannot be both group and stratum"):
        _berkeley(within="gender")
