"""OUT002: a planted shift of a number, equal numbers, a cut by hand, and several classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import auditor
from auditor.model import State
from tests.tallies import Counts, run_rule, tally_of

RULE = "OUT002"
RULES = [RULE, "OUT001"]


def _frame(shift: float, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.repeat(["a", "b"], 2000)
    return pd.DataFrame({"group": group, "salary": rng.normal(50_000, 10_000, 4000) - shift * (group == "b")})


def test_a_shift_is_found_and_the_measures_are_those_of_scipy_and_pandas() -> None:
    frame = _frame(8000)
    audit = auditor.check(frame, target="salary", groups=["group"], only=RULES)
    (finding,) = audit.findings(RULE)
    assert finding.state is State.SHOWN_STRONG
    own, theirs = (frame.loc[frame["group"] == level, "salary"] for level in ("b", "a"))
    test = stats.ttest_ind(own, theirs, equal_var=False)
    measures = finding.measures
    assert measures["mean_difference"].value == pytest.approx(own.mean() - theirs.mean())
    assert measures["mean_difference"].low == pytest.approx(test.confidence_interval().low)
    delta = 2 * stats.mannwhitneyu(own, theirs).statistic / (2000 * 2000) - 1
    assert measures["cliffs_delta"].value == pytest.approx(delta, abs=1e-4)
    above = frame["salary"] > frame["salary"].median()
    assert measures["scoring_rate"].value == pytest.approx(above[frame["group"] == "b"].mean())
    median = measures["quantile_gap_50"]
    gap = own.median() - theirs.median()
    assert median.value == pytest.approx(gap, abs=100)  # the width of a bin
    # By the binomial distribution the median of 2,000 lies between the rows at 957 and 1,044 in 95 %.
    first, last = int(stats.binom.ppf(0.025, 2000, 0.5)), int(stats.binom.ppf(0.975, 2000, 0.5)) + 1
    ends, their_ends = ((np.sort(of)[first - 1], np.sort(of)[last - 1]) for of in (own, theirs))
    below = np.hypot(own.median() - ends[0], their_ends[1] - theirs.median())
    above = np.hypot(ends[1] - own.median(), theirs.median() - their_ends[0])
    assert (median.low, median.high) == pytest.approx((gap - below, gap + above), abs=250)


def test_equal_numbers_are_clear() -> None:
    (finding,) = auditor.check(_frame(0), target="salary", groups=["group"], only=RULES).findings(RULE)
    assert finding.state is State.CLEAR


def test_the_median_of_all_rows_is_the_cut_and_is_said() -> None:
    frame = _frame(0)
    audit = auditor.check(frame, target="salary", groups=["group"], only=RULES)
    assert any(f"above the median of all rows, {frame['salary'].median():g}" in note for note in audit.dataset.notes)
    rates = {row["level"]: row["selection_rate"] for row in audit.result("OUT001").table}
    above = frame["salary"] > frame["salary"].median()
    assert rates == pytest.approx(above.groupby(frame["group"]).mean().to_dict())


@pytest.mark.parametrize(("cut", "sign"), [(">= 50000", "ge"), ("< 45000.5", "lt"), (">5e4", "gt")])
def test_a_cut_by_hand(cut: str, sign: str) -> None:
    frame = _frame(3000)
    audit = auditor.check(frame, target="salary", positive=cut, groups=["group"], only=RULES)
    value = float(cut.lstrip("<>= "))
    chosen = getattr(frame["salary"], sign)(value)
    rates = {row["level"]: row["selection_rate"] for row in audit.result("OUT001").table}
    assert rates == pytest.approx(chosen.groupby(frame["group"]).mean().to_dict())


def test_ties_at_the_median_are_not_above_it() -> None:
    frame = pd.DataFrame({"group": ["a", "b"] * 60, "score": [0] * 40 + [5] * 60 + list(range(6, 26))})
    audit = auditor.check(frame, target="score", groups=["group"], only=RULES)
    assert sum(row["favourable"] for row in audit.result("OUT001").table) == 20


def test_several_classes_are_shown_with_their_distance() -> None:
    classes: dict[str | None, Counts] = {
        "poor": {"a": (0, 20), "b": (0, 40)}, "fair": {"a": (50, 50), "b": (40, 40)}, "good": {"a": (30, 30), "b": (20, 20)},
    }  # fmt: skip
    counts: Counts = {"a": (80, 100), "b": (60, 100)}
    tally = tally_of(counts, target="grade", columns={"grade": classes}, roles={"positive": ("fair", "good")})
    result = run_rule(RULE, tally)
    (finding,) = result.findings
    assert finding.measures["total_variation"].value == pytest.approx(0.2)  # half of .2 + .1 + .1
    shares = {(row["level"], row["class"]): row["share"] for row in result.table}
    assert shares[("b", "poor")] == pytest.approx(0.4)


def test_several_classes_of_rows_are_put_together_by_what_is_favourable() -> None:
    counts = {"a": {"poor": 20, "fair": 50, "good": 30}, "b": {"poor": 40, "fair": 40, "good": 20}}
    rows = [(group, grade) for group, of in counts.items() for grade, n in of.items() for _ in range(n)]
    frame = pd.DataFrame(rows, columns=["group", "grade"]).assign(row=range(200))
    audit = auditor.check(frame, target="grade", positive=["fair", "good"], groups=["group"], only=RULES)
    assert next(audit.findings(RULE)).measures["total_variation"].value == pytest.approx(0.2)
    assert {row["level"]: row["favourable"] for row in audit.result("OUT001").table} == {"a": 80, "b": 60}


def test_declines_for_two_values_and_without_an_outcome() -> None:
    assert "two values" in str(run_rule(RULE, tally_of({"a": (20, 40), "b": (20, 40)})).reason)
    assert run_rule(RULE, tally_of({"a": 20, "b": 20}, target=None)).state is State.NOT_RUN
