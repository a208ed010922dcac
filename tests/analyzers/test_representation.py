"""REP001, REP005: each fires on planted guilt, stays silent on the innocent, and declines where it must."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from statsmodels.stats.proportion import proportion_confint

from auditor.model import Audit, Finding, Result, State
from tests.tallies import Counts, audit_of, run_rule, tally_of

EVEN: Counts = {"f": (300, 1000), "m": (300, 1000)}


def _finding(result: Result, level: str) -> Finding:
    return next(finding for finding in result.findings if finding.subject.get("level") == level)


def _audit(counts: Counts, shares: Mapping[str, float] | None = None) -> Audit:
    return audit_of(tally_of(counts), {"population": {"group": shares}} if shares else None)


class TestREP001:
    rule = "REP001"

    def test_fires_on_a_group_at_half_its_share(self) -> None:
        # Alone: of several rules that ask for more rows of a group, the largest figure is given everywhere.
        use = {"population": {"group": {"f": 0.4, "m": 0.6}}}
        result = run_rule(self.rule, tally_of({"f": (50, 200), "m": (200, 800)}), use)
        finding = _finding(result, "f")
        assert finding.state is State.SHOWN_STRONG
        assert finding.measures["representation_ratio"].value == pytest.approx(0.5)
        assert finding.measures["shortfall"].value == pytest.approx(200)
        assert finding.remedy is not None
        # 200 + 334 of 1000 + 334 is 0.4; 200 more would not be enough, as each also adds to the whole
        assert "334" in finding.remedy
        assert _finding(result, "m").state is State.CLEAR

    def test_stays_silent_on_the_stated_shares(self) -> None:
        assert _audit(EVEN, {"f": 0.5, "m": 0.5}).result(self.rule).state is State.CLEAR

    def test_the_distance_is_clear_only_where_its_interval_lies_under_what_is_notable(self) -> None:
        """Two groups of a half: Wilson's interval of 100 of 200 ends at .569, of 20 of 40 at .648."""
        for rows, state in ((200, State.CLEAR), (40, State.UNDETERMINED)):
            audit = _audit({"f": (10, rows // 2), "m": (10, rows // 2)}, {"f": 0.5, "m": 0.5})
            whole = next(found for found in audit.findings(self.rule) if "level" not in found.subject)
            assert whole.state is state
            high = proportion_confint(rows // 2, rows, method="wilson")[1]
            assert whole.measures["total_variation"].high == pytest.approx(high - 0.5)

    def test_a_stated_group_that_is_absent_makes_the_data_unfit(self) -> None:
        audit = _audit(EVEN, {"f": 0.45, "m": 0.45, "x": 0.1})
        finding = _finding(audit.result(self.rule), "x")
        assert "absent" in finding.message
        assert audit.verdict.level == "unfit"
        assert audit.verdict.because == ("REP001", "FIT001")

    def test_groups_that_the_population_does_not_name_are_said(self) -> None:
        result = _audit({"f": (100, 500), "m": (100, 500), "x": (5, 20)}, {"f": 0.5, "m": 0.5}).result(self.rule)
        assert any(
            "Excluded, because the population does not name them: 'x' (20 rows)" in finding.message
            for finding in result.findings
        )
        assert _finding(result, "f").measures["share"].n == 1000

    def test_declines_without_a_population_but_shows_who_is_there(self) -> None:
        result = _audit(EVEN).result(self.rule)
        assert result.state is State.NOT_RUN
        assert result.reason is not None
        assert "no population is stated" in result.reason
        assert [row["share"] for row in result.table] == [0.5, 0.5]

    def test_declines_where_the_population_names_other_levels(self) -> None:
        audit = _audit(EVEN, {"female": 0.5, "male": 0.5})
        (finding,) = audit.result(self.rule).findings
        assert finding.state is State.NOT_RUN
        assert "'female', 'male'" in finding.message
        assert "'f', 'm'" in finding.message
        assert audit.verdict.level == "cannot_tell"


class TestREP005:
    rule = "REP005"

    def test_fires_on_many_unknown(self) -> None:
        finding = run_rule(self.rule, tally_of({"f": (270, 900), "m": (270, 900), None: (60, 200)})).findings[0]
        assert finding.state is State.SHOWN
        assert finding.measures["missing_share"].value == pytest.approx(0.1)

    def test_fires_where_the_unfavourable_are_not_recorded(self) -> None:
        # 100 of 1,400, and none of 600
        finding = run_rule(self.rule, tally_of({"f": (300, 900), "m": (300, 1000), None: (0, 100)})).findings[0]
        assert finding.measures["missing_share"].value == pytest.approx(0.05)
        assert finding.measures["missing_difference"].value == pytest.approx(-100 / 1400)
        assert finding.state is State.SHOWN

    def test_stays_silent_on_none(self) -> None:
        assert run_rule(self.rule, tally_of(EVEN)).state is State.CLEAR

    def test_is_open_where_the_unfavourable_could_be_recorded_less(self) -> None:
        """None of 40 favourable and 3 of 60 others: 5 points, Fisher's p .27, and no evidence that it is less."""
        finding = run_rule(self.rule, tally_of({"f": (20, 50), "m": (20, 47), None: (0, 3)})).findings[0]
        assert finding.state is State.UNDETERMINED
        assert finding.measures["missing_difference"].value == pytest.approx(-0.05)
        assert finding.settle

    def test_declines_without_groups(self) -> None:
        assert run_rule(self.rule, tally_of({(): (600, 2000)}, groups=())).state is State.NOT_RUN
