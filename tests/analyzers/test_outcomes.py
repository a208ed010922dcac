"""OUT001 fires on a planted gap, stays silent without one, declines where nothing can be compared."""

from __future__ import annotations

import pandas as pd
import pytest

import auditor
from auditor.errors import AuditError
from auditor.model import State
from tests.conftest import rows_of

RULE = "OUT001"


def _audit(counts: dict[str, tuple[int, int]], **more: object) -> auditor.Audit:
    return auditor.check(rows_of(counts), target="hired", groups=["group"], **more)  # type: ignore[arg-type] # test's own


def test_fires_on_a_planted_gap_and_not_on_the_innocent_group() -> None:
    states = {
        finding.subject["level"]: finding.state
        for finding in _audit({"a": (900, 3000), "b": (890, 3000), "c": (500, 3000)}).findings(RULE)
    }
    assert states == {"b": State.CLEAR, "c": State.SHOWN_STRONG}


def test_measures_agree_with_hand_fractions() -> None:
    (finding,) = _audit({"a": (40, 100), "b": (12, 60)}).findings(RULE)
    measures = finding.measures
    assert measures["impact_ratio"].value == pytest.approx(1 / 2)
    assert measures["unfavourable_ratio"].value == pytest.approx((48 / 60) / (60 / 100))
    assert measures["rate_difference"].value == pytest.approx(12 / 60 - 40 / 100)
    assert measures["shortfall"].value == pytest.approx(60 * 40 / 100 - 12)
    assert measures["shortfall_to_limit"].value == 8  # 0.8 x 0.4 x 60 = 19.2, so 20 people, less 12


def test_exact_four_fifths_is_not_below() -> None:
    (finding,) = _audit({"a": (7500, 10000), "b": (6000, 10000)}).findings(RULE)
    assert finding.state is State.BORDERLINE
    assert "impact ratio 0.800 " in finding.message


def test_a_fixed_reference_is_used_and_its_own_gap_said() -> None:
    use = auditor.UseCase.model_validate({"groups": {"reference": {"group": "m"}}})
    (finding,) = _audit({"m": (100, 1000), "f": (300, 1000)}, use_case=use).findings(RULE)
    assert (finding.subject["level"], finding.subject["reference"]) == ("m", "f")
    assert finding.measures["impact_ratio"].value == pytest.approx(1 / 3)
    assert finding.state is State.SHOWN_STRONG
    assert "reference's own" in finding.message


def test_what_it_cannot_tell_comes_with_what_would_settle_it() -> None:
    audit = _audit({"a": (30, 100), "b": (25, 100)})
    (finding,) = audit.findings(RULE)
    assert finding.state is State.UNDETERMINED
    assert finding.settle is not None
    assert audit.verdict.level == "cannot_tell"
    assert "reliably show only ratios at or below" in finding.message


def test_unknown_membership_and_outcome_are_left_out_and_counted() -> None:
    frame = rows_of({"a": (40, 100), "b": (12, 60)})
    frame = pd.concat([frame, pd.DataFrame({"group": [None, "a"], "hired": ["yes", None], "score": [-1.5, -2.5]})])
    audit = auditor.check(frame, target="hired", groups=["group"])
    (finding,) = audit.findings(RULE)
    assert finding.measures["impact_ratio"].value == pytest.approx(0.5)
    table = {row["level"]: row for row in audit.result(RULE).table}
    assert table[None]["n"] == 1
    assert (table["a"]["rows"], table["a"]["n"], table["a"]["no_outcome"]) == (101, 100, 1)


def test_nobody_favoured_in_the_reference_is_undetermined_not_fair() -> None:
    states = [f.state for f in _audit({"a": (0, 500), "b": (0, 500), "c": (1, 5)}).findings(RULE)]
    assert states == [State.UNDETERMINED, State.CLEAR]  # b; c, which has more than the reference


def test_declines_for_one_group_without_groups_and_without_target() -> None:
    with pytest.raises(AuditError, match="one value only"):
        _audit({"a": (40, 100)})
    frame = rows_of({"a": (40, 100), "b": (12, 60)})
    nobody = auditor.check(frame.drop(columns="group"), target="hired")
    assert nobody.result(RULE).reason == "no group column is named (--group)"
    aimless = auditor.check(frame.rename(columns={"hired": "colour"}), groups=["group"])
    assert aimless.result(RULE).reason == "no outcome column is named (--target)"


def test_one_column_that_cannot_be_compared_does_not_hide_the_other() -> None:
    # Of everybody in a place no outcome is known but at one: a group of one level among those with an outcome.
    frame = rows_of({"a": (900, 3000), "c": (500, 3000)})
    frame["site"] = "only"
    frame = pd.concat([frame, pd.DataFrame({"group": ["a"] * 40, "site": ["other"] * 40})], ignore_index=True)
    audit = auditor.check(frame, target="hired", groups=["site", "group"])
    assert [finding.state for finding in audit.findings(RULE)] == [State.NOT_RUN, State.SHOWN_STRONG]
    assert audit.verdict.level == "unfit"
