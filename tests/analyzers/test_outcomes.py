"""OUT001 fires on a planted gap, stays silent without one, declines where nothing can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

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
    assert "impact ratio is 0.800 " in finding.message


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
    assert "Inconclusive. Groups of this size would reliably show only ratios of" in finding.message


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
    found = list(audit.findings(RULE))
    assert [finding.state for finding in found] == [State.UNDETERMINED, State.NOT_RUN, State.SHOWN_STRONG]
    assert found[0].subject["level"] == "other"
    assert audit.verdict.level == "unfit"


def test_of_sixty_groups_of_one_size_each_may_be_a_reference_and_the_odd_one_is_found() -> None:
    """None of them has 2% of the rows: half an even share is asked for where the groups are so many."""
    counts: Counts = {f"g{i:02}": (160 if i == 7 else 800, 1600) for i in range(60)}
    found = [finding for finding in _findings(counts) if finding.state.found]
    assert [finding.subject["level"] for finding in found] == ["g07"]
    assert found[0].state is State.SHOWN_STRONG


def test_a_hundred_people_of_ten_thousand_are_no_reference() -> None:
    findings = _findings({"a": (1485, 4950), "b": (1485, 4950), "few": (34, 100)})
    assert {finding.subject["reference"] for finding in findings} == {"a"}


def test_a_small_group_that_does_much_better_is_said() -> None:
    """1,900 of 100,000 people have twice the rate of all others: they are no reference, and not passed over."""
    findings = {f.subject["level"]: f for f in _findings({"a": (15000, 50000), "b": (14430, 48100), "s": (1140, 1900)})}
    assert findings["b"].state is State.CLEAR
    near = findings["a"]
    assert (near.state, near.subject["reference"]) == (State.BORDERLINE, "s")
    assert near.measures["impact_ratio"].value == pytest.approx(0.3 / 0.6)
    assert "too small a part of the data to be a reference (1.9%)" in near.message


def test_the_widest_gap_beside_a_fixed_reference_is_judged() -> None:
    """.50, .424 and .36: both ratios with the middle one are within four fifths, and the outer two are .72 apart."""
    counts: Counts = {"a": (5000, 10000), "r": (4240, 10000), "b": (3600, 10000)}
    findings = _findings(counts, {"groups": {"reference": {"group": "r"}}})
    *beside, widest = findings
    assert {finding.state for finding in beside} == {State.CLEAR}
    assert (widest.subject["level"], widest.subject["reference"]) == ("b", "a")
    assert widest.state is State.SHOWN_STRONG
    assert widest.measures["impact_ratio"].value == pytest.approx(0.72)


def test_the_pairs_beside_a_fixed_reference_share_one_test() -> None:
    """Of five groups six pairs are beside the reference; the least of their p's, times six, is one of five tests."""
    counts: Counts = {"r": (300, 1000), "a": (345, 1000), "b": (270, 1000), "c": (300, 1000), "d": (300, 1000)}
    *straight, widest = _findings(counts, {"groups": {"reference": {"group": "r"}}})
    table = [[345, 655], [270, 730]]
    p = stats.chi2_contingency(table, correction=False).pvalue
    assert {widest.subject["level"], widest.subject["reference"]} == {"a", "b"}
    assert widest.measures["p_adjusted"].value == pytest.approx(5 * 6 * p)
    nearest = next(f for f in straight if f.subject["level"] == "a" or f.subject["reference"] == "a")
    with_reference = stats.chi2_contingency([[345, 655], [300, 700]], correction=False).pvalue
    assert nearest.measures["p_adjusted"].value == pytest.approx(4 * with_reference)


def test_refusals_of_two_and_ten_percent_are_a_condition_although_the_ratio_is_within_the_limit() -> None:
    audit = audit_of(tally_of({"a": (980, 1000), "b": (900, 1000)}))
    (finding,) = audit.findings(RULE)
    assert finding.state is State.BORDERLINE
    assert finding.measures["impact_ratio"].value == pytest.approx(0.9 / 0.98)
    refused = finding.measures["unfavourable_ratio"]
    low, high = confint_proportions_2indep(100, 1000, 20, 1000, method="score", compare="ratio")
    assert (refused.value, refused.low, refused.high) == pytest.approx((5.0, low, high), rel=1e-6)
    assert refused.limit == pytest.approx(1.25)
    assert "5.000 times as frequent for 'b'" in finding.message


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({"a": (980, 1000), "b": (973, 1000)}, State.CLEAR),  # 27 of 20: above 1.25, and no more than chance
        ({"a": (60000, 100000), "b": (52000, 100000)}, State.CLEAR),  # .48 of .40 is 1.2
        ({"a": (70000, 100000), "b": (61000, 100000)}, State.BORDERLINE),  # .39 of .30 is 1.3
    ],
)
def test_refusals_count_where_they_are_shown_beyond_the_limit(counts: Counts, state: State) -> None:
    (finding,) = _findings(counts)
    assert finding.state is state


def test_more_than_half_of_refused_women_without_their_sex_leave_no_claim() -> None:
    """Men 400 of 1,000, women 240 of 1,000: of the 760 refused women 418 have no sex recorded."""
    (finding,) = _findings({"m": (400, 1000), "f": (240, 582), None: (0, 418)})
    assert finding.measures["impact_ratio"].value == pytest.approx((400 / 1000) / (240 / 582))
    bounds = finding.measures["impact_ratio_bounds"]
    # the true one, .24 of .40, is the other end: all 418 are women
    assert (bounds.low, bounds.high) == pytest.approx(((400 / 1418) / (240 / 582), (400 / 1000) / (240 / 1000)))
    assert finding.state is State.UNDETERMINED
    assert finding.settle == (
        "Record the missing group in 418 rows. These rows could hide a gap between 'm' and 'f' (group)."
    )


@pytest.mark.parametrize(
    ("unknown", "state"),
    [
        ((0, 0), State.CLEAR),
        ((33, 99), State.CLEAR),  # 4.5% of the rows, of both outcomes alike; at worst (100 / 366) / (633 / 1833)
        ((0, 90), State.UNDETERMINED),  # fewer, and all refused: were they of 'b', 100 / 390 against a third
        ((0, 60), State.CLEAR),  # all refused: 100 / 360 is five sixths of a third
        ((60, 180), State.UNDETERMINED),  # 7.9% of the rows
    ],
)
def test_a_few_rows_of_no_recorded_group_take_nothing_away(unknown: tuple[int, int], state: State) -> None:
    (finding,) = _findings({"a": (600, 1800), "b": (100, 300), None: unknown})
    bounds = finding.measures.get("impact_ratio_bounds")
    assert (bounds is None) is (unknown == (0, 0))
    assert finding.state is state
