"""PRX004 and LAB003: values missing for one group, and columns that tell the outcome."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.model import State
from tests.analyzers.samples import adult, independent, on_adult
from tests.tallies import audit_of, counted, run_rule

MISSING, LEAK = "PRX004", "LAB003"
pytestmark = on_adult


def test_values_missing_for_one_group_are_shown() -> None:
    frame = independent(4000, 5)
    rng = np.random.default_rng(6)
    frame.loc[(frame["sex"] == "f") & (rng.random(4000) < 0.3), "c3"] = None
    frame.loc[rng.random(4000) < 0.3, "c4"] = None
    (finding,) = run_rule(MISSING, counted(frame, groups=["sex"])).findings
    assert finding.subject["column"] == "c3"
    share = frame["c3"].isna().groupby(frame["sex"]).mean()
    assert abs(finding.measures["missing_difference"].value or 0) == pytest.approx(share["f"] - share["m"])


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


def test_declines_without_groups_or_outcome() -> None:
    frame = independent(200, 1)
    assert run_rule(MISSING, counted(frame.drop(columns="sex"), groups=[])).state is State.NOT_RUN
    aimless = counted(frame.drop(columns="hired"), groups=["sex"], target=None)
    assert run_rule(LEAK, aimless).state is State.NOT_RUN
