"""REP001, REP002, REP005: each fires on planted guilt, stays silent on the innocent, and declines where it must."""

from __future__ import annotations

import pandas as pd
import pytest

import auditor
from auditor.model import Audit, Finding, Result, State
from tests.conftest import rows_of

EVEN = rows_of({"f": (300, 1000), "m": (300, 1000)})


def _finding(result: Result, level: str) -> Finding:
    return next(finding for finding in result.findings if finding.subject.get("level") == level)


def _check(frame: pd.DataFrame, shares: dict[str, float] | None = None) -> Audit:
    return auditor.check(
        frame, target="hired", groups=["group"], reference={"group": shares} if shares else None, name="planted"
    )


class TestREP001:
    rule = "REP001"

    def test_fires_on_a_group_at_half_its_share(self) -> None:
        # Alone: of several rules that ask for more rows of a group, the largest figure is given everywhere.
        shares = {"group": {"f": 0.4, "m": 0.6}}
        frame = rows_of({"f": (50, 200), "m": (200, 800)})
        audit = auditor.check(frame, target="hired", groups=["group"], reference=shares, only=[self.rule])
        result = audit.result(self.rule)
        finding = _finding(result, "f")
        assert finding.state is State.SHOWN_STRONG
        assert finding.measures["representation_ratio"].value == pytest.approx(0.5)
        assert finding.measures["shortfall"].value == pytest.approx(200)
        assert finding.remedy is not None
        # 200 + 334 of 1000 + 334 is 0.4; 200 more would not be enough, as each also adds to the whole
        assert "334" in finding.remedy
        assert _finding(result, "m").state is State.CLEAR

    def test_stays_silent_on_the_stated_shares(self) -> None:
        assert _check(EVEN, {"f": 0.5, "m": 0.5}).result(self.rule).state is State.CLEAR

    def test_a_stated_group_that_is_absent_makes_the_data_unfit(self) -> None:
        audit = _check(EVEN, {"f": 0.45, "m": 0.45, "x": 0.1})
        finding = _finding(audit.result(self.rule), "x")
        assert "absent" in finding.message
        assert audit.verdict.level == "unfit"
        assert audit.verdict.because == ("REP001", "FIT001")

    def test_groups_that_the_population_does_not_name_are_said(self) -> None:
        frame = rows_of({"f": (100, 500), "m": (100, 500), "x": (5, 20)})
        result = _check(frame, {"f": 0.5, "m": 0.5}).result(self.rule)
        assert any(
            "Left out, not named by the population: 20 rows of 'x'" in finding.message for finding in result.findings
        )
        assert _finding(result, "f").measures["share"].n == 1000

    def test_declines_without_a_population_but_shows_who_is_there(self) -> None:
        result = _check(EVEN).result(self.rule)
        assert result.state is State.NOT_RUN
        assert result.reason is not None
        assert "no reference population" in result.reason
        assert [row["share"] for row in result.table] == [0.5, 0.5]

    def test_declines_where_the_population_names_other_levels(self) -> None:
        audit = _check(EVEN, {"female": 0.5, "male": 0.5})
        (finding,) = audit.result(self.rule).findings
        assert finding.state is State.NOT_RUN
        assert "'female', 'male'" in finding.message
        assert "'f', 'm'" in finding.message
        assert audit.verdict.level == "cannot_tell"


class TestREP002:
    rule = "REP002"

    def test_fires_where_a_gap_of_the_limit_could_hide(self) -> None:
        result = _check(rows_of({"f": (30, 100), "m": (270, 900)})).result(self.rule)
        finding = _finding(result, "f")
        assert finding.state is State.SHOWN
        assert finding.measures["detectable_ratio"].value == pytest.approx(0.574, abs=6e-4)  # published table

    def test_fires_strongly_below_thirty_rows(self) -> None:
        assert (
            _finding(_check(rows_of({"f": (5, 20), "m": (300, 900)})).result(self.rule), "f").state
            is State.SHOWN_STRONG
        )

    def test_stays_silent_on_the_large(self) -> None:
        assert _check(rows_of({"f": (900, 3000), "m": (900, 3000)})).result(self.rule).state is State.CLEAR

    def test_the_smallest_size_can_be_set(self) -> None:
        use = auditor.UseCase.model_validate({"rules": {"REP002": {"min_n": 5000}}})
        audit = auditor.check(
            rows_of({"f": (900, 3000), "m": (900, 3000)}), target="hired", groups=["group"], use_case=use
        )
        assert audit.result(self.rule).state is State.SHOWN_STRONG

    def test_declines_without_groups(self) -> None:
        audit = auditor.check(EVEN.drop(columns="group"), target="hired")
        assert audit.result(self.rule).state is State.NOT_RUN


class TestREP005:
    rule = "REP005"

    def test_fires_on_many_unknown(self) -> None:
        frame = EVEN.copy()
        frame.loc[frame.index[::10], "group"] = None
        finding = _check(frame).result(self.rule).findings[0]
        assert finding.state is State.SHOWN
        assert finding.measures["missing_share"].value == pytest.approx(0.1)

    def test_fires_where_the_unfavourable_are_not_recorded(self) -> None:
        frame = EVEN.copy()
        frame.loc[frame.index[frame["hired"] == "no"][:100], "group"] = None  # 100 of 1,400, and none of 600
        finding = _check(frame).result(self.rule).findings[0]
        assert finding.measures["missing_share"].value == pytest.approx(0.05)
        assert finding.measures["missing_difference"].value == pytest.approx(-100 / 1400)
        assert finding.state is State.SHOWN

    def test_stays_silent_on_none(self) -> None:
        assert _check(EVEN).result(self.rule).state is State.CLEAR
