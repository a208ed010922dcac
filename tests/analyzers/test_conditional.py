"""OUT003 on Berkeley end to end, on planted strata, and where it must decline."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

import auditor
from auditor.model import Audit, State
from tests.conftest import DATA
from tests.tallies import Counts, audit_of, run_rule, tally_of

RULE = "OUT003"


REASONED = auditor.UseCase.model_validate({"features": {"strata": {"dept": "applicants choose it"}}})


@functools.cache
def _berkeley(within: str | None = None, *, reasoned: bool = False) -> Audit:
    use = REASONED if reasoned else None
    return auditor.check(
        DATA / "berkeley.csv",
        target="admit",
        positive="Admitted",
        groups=["gender"],
        no_models=True,
        within=within,
        use_case=use,
    )


def test_berkeley_is_simpsons_paradox_and_the_verdict_is_not_the_crude_gaps() -> None:
    audit = _berkeley("dept")
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
    assert "no single ratio holds for all" in pooled.message
    assert pooled.state is State.UNDETERMINED
    assert {finding.subject["stratum"]: str(finding.state) for finding in strata}["A"] == "shown"
    assert "OUT001" in audit.verdict.because  # a stratum without a reason moves nothing
    audit = _berkeley(reasoned=True)
    assert "OUT001" not in audit.verdict.because
    assert any("Verify the reason given for dept as a stratum." in condition for condition in audit.verdict.conditions)
    assert _berkeley().verdict.because == ("OUT001",)


def test_a_reason_is_shown_and_its_absence_said() -> None:
    assert "dept: no reason was given" in next(_berkeley("dept").findings(RULE)).message
    assert "dept: applicants choose it" in next(_berkeley(reasoned=True).findings(RULE)).message


def _audit(*counts: Counts, reason: str = "people choose it") -> Audit:
    use: dict[str, Any] = {
        "features": {"strata": {"job": reason}},
        "population": {"group": {"a": 0.5, "b": 0.5}},
    }
    return audit_of(tally_of(strata={f"job {i}": of for i, of in enumerate(counts)}, within=["job"]), use)


def test_a_gap_in_every_stratum_is_shown() -> None:
    audit = _audit({"a": (600, 1000), "b": (300, 1000)}, {"a": (400, 1000), "b": (160, 1000)})
    (finding,) = audit.findings(RULE)
    assert finding.state is State.SHOWN_STRONG
    assert audit.verdict.because == ("OUT001", "OUT003")


def test_a_gap_that_the_strata_explain_is_clear_and_becomes_a_condition() -> None:
    """Equal rates in each job; the group b applies where few are taken."""
    counts: tuple[Counts, ...] = {"a": (1600, 2000), "b": (800, 1000)}, {"a": (100, 1000), "b": (200, 2000)}
    audit = _audit(*counts)
    (finding,) = audit.findings(RULE)
    assert audit.result("OUT001").state is State.SHOWN_STRONG
    assert finding.state is State.CLEAR
    assert audit.verdict.level == "fit_with_conditions"
    assert _audit(*counts, reason="").verdict.level == "unfit"  # a stratum without a reason moves nothing


def test_the_strata_together_leave_a_tenth_of_alpha_to_each_by_itself() -> None:
    """Held to .045: of two tables whose test by statsmodels gives .0473 and .0364, one shows a gap."""

    def judged(few: int) -> tuple[State, float]:
        (finding,) = _audit({"a": (38, 100), "b": (few, 100)}, {"a": (43, 100), "b": (36, 100)}).findings(RULE)
        tables = [np.array([[few, 100 - few], [38, 62]]), np.array([[36, 64], [43, 57]])]
        p = float(StratifiedTable(tables).test_null_odds(correction=False).pvalue)
        assert finding.measures["p_value"].value == pytest.approx(p, abs=1e-9)
        return finding.state, p

    (near, p), (shown, below) = judged(26), judged(25)
    assert 0.045 < p < 0.05 and near is State.UNDETERMINED
    assert below < 0.045 and shown is State.SHOWN


def test_several_columns_are_joined() -> None:
    strata = {(f"job {i}", f"half {i % 2}"): {"a": (60, 100), "b": (55, 100)} for i in range(4)}
    result = run_rule(RULE, tally_of(strata=strata, within=["job", "half"]))
    assert [row["stratum"] for row in result.table][:2] == ["job 0 · half 0", "job 1 · half 1"]


def test_declines_without_strata_and_names_a_wrong_one() -> None:
    assert "no stratum is declared" in str(run_rule(RULE, tally_of({"a": (60, 100), "b": (55, 100)})).reason)
    with pytest.raises(auditor.AuditError, match=r"column 'depth' is not in berkeley\.csv; did you mean 'dept'"):
        _berkeley("depth")
    with pytest.raises(auditor.AuditError, match="cannot be both group and stratum"):
        _berkeley("gender")
