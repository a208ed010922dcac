"""PRX004 and LAB003: values missing for one group, and columns that tell the outcome."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from statsmodels.stats.proportion import confint_proportions_2indep

from auditor.model import State
from tests.analyzers.samples import adult, independent, on_adult
from tests.tallies import audit_of, counted, run_rule, tally_of

MISSING, LEAK = "PRX004", "LAB003"
pytestmark = on_adult


def test_values_missing_for_one_group_are_shown() -> None:
    frame = independent(4000, 5)
    rng = np.random.default_rng(6)
    frame.loc[(frame["sex"] == "f") & (rng.random(4000) < 0.3), "c3"] = None
    frame.loc[rng.random(4000) < 0.3, "c4"] = None
    finding, rest = run_rule(MISSING, counted(frame, groups=["sex"])).findings
    assert finding.subject["column"] == "c3"
    share = frame["c3"].isna().groupby(frame["sex"]).mean()
    assert abs(finding.measures["missing_difference"].value or 0) == pytest.approx(share["f"] - share["m"])
    assert rest.state is State.CLEAR  # of c4: three tenths of 2,000 each are known to 3 points
    by_sex = frame["c4"].isna().groupby(frame["sex"])
    low, high = confint_proportions_2indep(*_counts(by_sex, str(rest.subject["level"])), method="newcomb")
    got = rest.measures["missing_difference"]
    assert (got.low, got.high) == pytest.approx((low, high), abs=1e-9)


def _counts(by_sex: pd.api.typing.SeriesGroupBy[Any, Any], level: str) -> tuple[int, int, int, int]:
    """Return missing and all of a level, then of the other one."""
    lost, rows = by_sex.sum(), by_sex.size()
    other = next(name for name in rows.index if name != level)
    return int(lost[level]), int(rows[level]), int(lost[other]), int(rows[other])


def test_missing_values_are_not_clear_where_a_difference_could_hide() -> None:
    """6 of 50 against 1 of 50 are 10 points, Fisher's p .11: no evidence of a difference, and none of its absence."""
    columns = {"c": {"x": {"f": (0, 44), "m": (0, 49)}}}
    (found,) = run_rule(MISSING, tally_of({"f": (0, 50), "m": (0, 50)}, columns=columns)).findings
    assert found.state is State.UNDETERMINED
    # As many of each for which two equal shares of (7 + 2) / (100 + 4) are shown to differ by under 5 points, by the normal formula.
    rate = 9 / 104
    rows = math.ceil(2 * rate * (1 - rate) * ((norm.ppf(0.975) + norm.ppf(0.9)) / 0.05) ** 2) - 50
    assert {need.rows for need in found.needs} == {rows}


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_copy_of_the_outcome_is_a_leak(noise: float) -> None:
    frame = independent(4000, 7)
    flip = np.random.default_rng(1).random(4000) < noise
    frame["decision_code"] = np.where((frame["hired"] == "yes") ^ flip, "A", "B")
    audit = audit_of(counted(frame, groups=["sex"]))
    (finding,) = audit.findings(LEAK)
    assert finding.subject["column"] == "decision_code"
    assert audit.verdict.level == "unfit"


def test_an_ordinary_predictor_is_no_leak() -> None:
    assert adult().result(LEAK).state is State.CLEAR


def test_a_field_that_is_set_for_a_part_of_one_outcome_is_asked_about_in_few_rows() -> None:
    """60% of 60 hired people have one, of 60 others nobody: by lot C(84, 60) / C(120, 60), times six that are asked."""
    people = {"f": (30, 60), "m": (30, 60)}
    letter = {"sent": {"f": (18, 18), "m": (18, 18)}}
    (finding,) = run_rule(LEAK, tally_of(people, columns={"letter": letter})).findings
    assert finding.state is State.BORDERLINE
    assert finding.measures["one_sided_share"].value == pytest.approx(0.6)
    # Six of eight are no evidence: C(2, 1) / C(8, 1) and the like are chances that happen.
    few = {"f": (4, 8), "m": (4, 8)}
    (finding,) = run_rule(LEAK, tally_of(few, columns={"letter": {"sent": {"f": (3, 3), "m": (2, 2)}}})).findings
    assert finding.state is State.UNDETERMINED


def test_a_label_that_is_right_for_95_in_100_is_asked_about() -> None:
    columns = {"label": {"a": {"f": (95, 100), "m": (95, 100)}, "b": {"f": (5, 100), "m": (5, 100)}}}
    (finding,) = run_rule(LEAK, tally_of(columns=columns)).findings
    assert finding.state is State.BORDERLINE
    area = finding.measures["auc"]
    assert area.value == pytest.approx(0.95)
    # Of a label with two values the area is the mean of two shares of 95%, of 200 rows each.
    assert area.low is not None
    assert area.low == pytest.approx(0.95 - 1.96 * np.sqrt(2 * 0.95 * 0.05 / 200) / 2, abs=0.001)


def test_columns_that_could_know_the_outcome_are_not_clear_of_few_rows() -> None:
    columns = {"code": {"a": {"f": (5, 6), "m": (4, 5)}, "b": {"f": (1, 5), "m": (1, 6)}}}
    result = run_rule(LEAK, tally_of(columns=columns))
    assert result.state is State.UNDETERMINED
    assert result.findings[0].settle
    more = {at: {of: (50 * x, 50 * n) for of, (x, n) in counts.items()} for at, counts in columns["code"].items()}
    assert run_rule(LEAK, tally_of(columns={"code": more})).state is State.CLEAR


def test_declines_without_groups_or_outcome() -> None:
    frame = independent(200, 1)
    assert run_rule(MISSING, counted(frame.drop(columns="sex"), groups=[])).state is State.NOT_RUN
    aimless = counted(frame.drop(columns="hired"), groups=["sex"], target=None)
    assert run_rule(LEAK, aimless).state is State.NOT_RUN
