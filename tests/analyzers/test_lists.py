"""STG002: a gap within lists, such as requisitions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

import auditor
from auditor.errors import AuditError
from auditor.model import Audit, Result, State
from auditor.reporter.showing import shown
from tests.conftest import SAMPLES

# List -> group -> (selected, people): on each of three the group a is selected less often; two hold one group only.
COUNTS = {
    "R1": {"a": (10, 60), "b": (30, 80)},
    "R2": {"a": (8, 40), "b": (30, 75)},
    "R3": {"a": (20, 70), "b": (25, 50)},
    "R4": {"a": (3, 10)},
    "R5": {"b": (4, 12)},
}


def _frame(counts: dict[str, dict[str, tuple[int, int]]]) -> pd.DataFrame:
    rows = [
        (name, group, "yes" if i < x else "no")
        for name, of in counts.items()
        for group, (x, n) in of.items()
        for i in range(n)
    ]
    return pd.DataFrame(rows, columns=["requisition", "group", "hired"])


def _audit(frame: Any, **options: Any) -> Audit:
    options = {"target": "hired", "groups": "group", "list": "requisition", "only": "STG002", **options}
    return auditor.check(frame, **{"min_report_cell": 0, **options})


def _result(frame: Any, **options: Any) -> Result:
    return _audit(frame, **options).result("STG002")


def _table(counts: dict[str, dict[str, tuple[int, int]]]) -> StratifiedTable:
    both = [of for of in counts.values() if len(of) > 1]
    return StratifiedTable([np.array([[x, n - x] for x, n in (of["a"], of["b"])], dtype=float) for of in both])


def test_the_ratio_and_both_tests_are_those_of_statsmodels() -> None:
    (finding,) = _result(_frame(COUNTS)).findings
    table = _table(COUNTS)
    assert finding.measures["mh_risk_ratio"].value == pytest.approx(table.riskratio_pooled)
    assert finding.measures["p_value"].value == pytest.approx(table.test_null_odds(correction=False).pvalue)
    assert finding.measures["tarone_p"].value == pytest.approx(table.test_equal_odds(adjust=True).pvalue)
    assert (finding.measures["lists"].value, finding.measures["lists_of_one"].value) == (3, 2)
    assert finding.state is State.SHOWN_STRONG and "2 lists with one of the two groups only" in finding.message
    assert finding.measures["covered"].value == pytest.approx(170 / 180)


def test_the_lists_that_add_most_come_first() -> None:
    """Lacking, by hand: 40 x 60 / 140 - 10 = 7.14, 38 x 40 / 115 - 8 = 5.22, 45 x 70 / 120 - 20 = 6.25."""
    result = _result(_frame(COUNTS))
    assert [row["stratum"] for row in result.table] == ["R1", "R3", "R2"]
    assert [row["lacking"] for row in result.table] == pytest.approx([7.142857, 6.25, 5.217391])
    assert "'R1', 'R3', 'R2'" in result.findings[0].message


def test_one_list_that_makes_the_gap_is_named() -> None:
    even = {f"R{i}": {"a": (50, 100), "b": (50, 100)} for i in range(4)}
    (finding,) = _result(_frame({**even, "bad": {"a": (2, 200), "b": (150, 200)}})).findings
    # Its odds ratio is not that of the others: no claim is made over all lists, and they are to be judged one by one.
    assert finding.state is State.UNDETERMINED and "The lists differ" in finding.message
    assert "Without 'bad' alone, the ratio would not be below 0.8." in finding.message
    assert str(finding.settle).startswith("Judge the lists")


def test_a_gap_by_what_groups_apply_for_is_none_within_lists() -> None:
    """Group a applies where few are hired: .46 over all rows, 1 on each list."""
    counts = {"hard": {"a": (90, 900), "b": (10, 100)}, "easy": {"a": (50, 100), "b": (450, 900)}}
    audit = _audit(_frame(counts), only=["OUT001", "STG002"])
    assert audit.result("OUT001").state is State.SHOWN_STRONG
    (finding,) = audit.result("STG002").findings
    assert finding.state is State.CLEAR and finding.measures["mh_risk_ratio"].value == pytest.approx(1)


def test_small_lists_are_not_shown_and_tallies_add_up(tmp_path: Path) -> None:
    frame = _frame(COUNTS)
    kept = shown(_audit(frame, min_report_cell=9)).result("STG002")
    assert {row["stratum"] for row in kept.table} < {"R1", "R2", "R3"}
    shuffled = frame.sample(frac=1, random_state=2)
    for i in range(2):
        auditor.tally(shuffled[i::2], tmp_path / f"{i}.tally", target="hired", groups="group", list="requisition")
    options: dict[str, Any] = {"target": None, "groups": None, "list": None}
    both = _result([tmp_path / f"{i}.tally" for i in range(2)], **options)
    assert both.findings[0].measures == _result(frame).findings[0].measures
    auditor.tally(frame, tmp_path / "least.tally", target="hired", groups="group", list="requisition", min_cell=5)
    (least,) = _result([tmp_path / "least.tally"], **options).findings
    assert least.state is State.UNDETERMINED and "suppressed" in f"{least.message} {least.settle}"


def test_the_sample_has_the_same_gap_within_lists() -> None:
    use = SAMPLES / "recruiting.use_case.toml"
    result = auditor.check(SAMPLES / "recruiting.csv", use_case=use, only="STG002").result("STG002")
    assert {of.subject["level"]: of.state.found for of in result.findings} == {"female": True, "40 and over": True}


def test_what_cannot_be_compared_is_said() -> None:
    apart = {"R1": {"a": (10, 60)}, "R2": {"b": (8, 40)}}
    assert "no list holds two groups" in str(_result(_frame(apart)).reason)
    with pytest.raises(AuditError, match="same value in all rows"):
        _result(_frame({"R1": COUNTS["R1"]}))
    with pytest.raises(AuditError, match=r"both (target|group) and list"):
        _result(_frame(COUNTS), list="group")
    assert "STG002" not in {of.rule for of in auditor.check(_frame(COUNTS), target="hired", no_models=True).results}


def test_rows_without_a_list_are_counted() -> None:
    """Of 180 of a with a list, 30 lose it: the other 150 and all of b are compared as if these were not there."""
    frame = _frame(COUNTS)
    lost = frame[(frame["group"] == "a") & (frame["requisition"] == "R1")].index[:30]
    blank = frame.copy()
    blank.loc[lost, "requisition"] = None
    (whole,) = _result(frame.drop(index=lost)).findings
    (finding,) = _result(blank).findings
    assert finding.measures["mh_risk_ratio"].value == pytest.approx(whole.measures["mh_risk_ratio"].value)
    assert "30 rows of the two groups without a list cannot be compared." in finding.message
    assert "without a list" not in whole.message
