"""OUT001 fires on a planted gap, stays silent without one, declines where nothing can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import auditor
from auditor.errors import AuditError
from auditor.model import Audit, Finding, State
from tests.conftest import rows_of
from tests.tallies import Counts, audit_of, run_rule, tally_of

RULE = "OUT001"


def _findings(counts: Counts, use: Mapping[str, Any] | None = None) -> tuple[Finding, ...]:
    return run_rule(RULE, tally_of(counts), use).findings


def test_fires_on_a_planted_gap_and_not_on_the_innocent_group() -> None:
    states = {
        finding.subject["level"]: finding.state
        for finding in _findings({"a": (900, 3000), "b": (890, 3000), "c": (500, 3000)})
    }
    assert states == {"b": State.CLEAR, "c": State.SHOWN_STRONG}


def test_measures_agree_with_hand_fractions() -> None:
    (finding,) = _findings({"a": (40, 100), "b": (12, 60)})
    measures = finding.measures
    assert measures["impact_ratio"].value == pytest.approx(1 / 2)
    assert measures["unfavourable_ratio"].value == pytest.approx((48 / 60) / (60 / 100))
    assert measures["rate_difference"].value == pytest.approx(12 / 60 - 40 / 100)
    assert measures["shortfall"].value == pytest.approx(60 * 40 / 100 - 12)
    assert measures["shortfall_to_limit"].value == 8  # 0.8 x 0.4 x 60 = 19.2, so 20 people, less 12


def test_exact_four_fifths_is_not_below() -> None:
    (finding,) = _findings({"a": (7500, 10000), "b": (6000, 10000)})
    assert finding.state is State.BORDERLINE
    assert "impact ratio 0.800 " in finding.message


def test_a_fixed_reference_is_used_and_its_own_gap_said() -> None:
    use = {"groups": {"reference": {"group": "m"}}}
    (finding,) = _findings({"m": (100, 1000), "f": (300, 1000)}, use)
    assert (finding.subject["level"], finding.subject["reference"]) == ("m", "f")
    assert finding.measures["impact_ratio"].value == pytest.approx(1 / 3)
    assert finding.state is State.SHOWN_STRONG
    assert "reference's own" in finding.message


def test_what_it_cannot_tell_comes_with_what_would_settle_it() -> None:
    audit = audit_of(tally_of({"a": (30, 100), "b": (25, 100)}))
    (finding,) = audit.findings(RULE)
    assert finding.state is State.UNDETERMINED
    assert finding.settle is not None
    assert audit.verdict.level == "cannot_tell"
    assert "reliably show only ratios at or below" in finding.message


def test_unknown_membership_and_outcome_are_left_out_and_counted() -> None:
    result = run_rule(RULE, tally_of({"a": (40, 100, 1), "b": (12, 60), None: (1, 1)}))
    (finding,) = result.findings
    assert finding.measures["impact_ratio"].value == pytest.approx(0.5)
    table = {row["level"]: row for row in result.table}
    assert table[None]["n"] == 1
    assert (table["a"]["rows"], table["a"]["n"], table["a"]["no_outcome"]) == (101, 100, 1)


def test_nobody_favoured_in_the_reference_is_undetermined_not_fair() -> None:
    states = [f.state for f in _findings({"a": (0, 500), "b": (0, 500), "c": (1, 5)})]
    assert states == [State.UNDETERMINED, State.CLEAR]  # b; c, which has more than the reference


def test_declines_for_one_group_without_groups_and_without_target() -> None:
    with pytest.raises(AuditError, match="one value only"):
        auditor.check(rows_of({"a": (40, 100)}), target="hired", groups=["group"])
    nobody = run_rule(RULE, tally_of({(): (52, 160)}, groups=()))
    assert nobody.reason == "no group column is named (--group)"
    aimless = run_rule(RULE, tally_of({"a": 100, "b": 60}, target=None))
    assert aimless.reason == "no outcome column is named (--target)"


def test_one_column_that_cannot_be_compared_does_not_hide_the_other() -> None:
    # Of everybody in a place no outcome is known but at one: a group of one level among those with an outcome.
    counts: Counts = {("only", "a"): (900, 3000), ("only", "c"): (500, 3000), ("other", "a"): (0, 0, 40)}
    audit: Audit = audit_of(tally_of(counts, groups=("site", "group")))
    assert [finding.state for finding in audit.findings(RULE)] == [State.NOT_RUN, State.SHOWN_STRONG]
    assert audit.verdict.level == "unfit"
