"""REP002: groups in which a gap of the limit could hide are named, large ones are not."""

from __future__ import annotations

import pytest
from statsmodels.stats.proportion import power_proportions_2indep

from auditor.model import Finding, State
from tests.tallies import Counts, run_rule, tally_of

RULE = "REP002"


def _finding(counts: Counts, level: str) -> Finding:
    result = run_rule(RULE, tally_of(counts))
    return next(finding for finding in result.findings if finding.subject.get("level") == level)


def test_fires_where_a_gap_of_the_limit_could_hide() -> None:
    finding = _finding({"f": (30, 100), "m": (270, 900)}, "f")
    assert finding.state is State.SHOWN
    assert finding.measures["detectable_ratio"].value == pytest.approx(0.574, abs=6e-4)  # published table


def test_fires_strongly_below_thirty_rows() -> None:
    assert _finding({"f": (5, 20), "m": (300, 900)}, "f").state is State.SHOWN_STRONG


def test_stays_silent_on_the_large() -> None:
    assert run_rule(RULE, tally_of({"f": (900, 3000), "m": (900, 3000)})).state is State.CLEAR


def test_the_smallest_size_can_be_set() -> None:
    use = {"rules": {RULE: {"min_n": 5000}}}
    assert run_rule(RULE, tally_of({"f": (900, 3000), "m": (900, 3000)}), use).state is State.SHOWN_STRONG


def test_declines_without_groups() -> None:
    assert run_rule(RULE, tally_of({(): (600, 2000)}, groups=())).state is State.NOT_RUN


def test_the_smaller_group_is_named_though_it_is_the_reference() -> None:
    """1,000 of the one at .30, 120 of the other, which has the higher rate: it is these that are too few."""
    findings = run_rule(RULE, tally_of({"a": (300, 1000), "b": (40, 120)})).findings
    (small,) = [finding for finding in findings if finding.state.found]
    assert (small.subject["level"], small.subject["reference"]) == ("b", "a")
    assert {need.level for need in small.needs} == {"b"}
    assert "'b' has 120 rows, and 'a' has 1,000" in small.message
    # With so many more of b, and not with a tenth less, a ratio of .8 shows in 80%: the power of statsmodels.
    (need,) = small.needs
    rate = 340 / 1120
    for rows, enough in ((120 + need.rows, True), (0.9 * (120 + need.rows), False)):
        power = power_proportions_2indep(-0.2 * rate, rate, 1000, ratio=rows / 1000).power
        assert bool(power >= 0.8) is enough
