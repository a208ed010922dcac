"""LAB004: refusals of one group left blank are shown, outcomes missing alike are not."""

from __future__ import annotations

import numpy as np
import pytest

import auditor
from auditor.model import State
from tests.conftest import rows_of

RULE = "LAB004"


def test_refusals_of_one_group_left_blank_are_shown() -> None:
    frame = rows_of({"a": (900, 2000), "b": (600, 2000)})
    blank = frame.index[(frame["group"] == "b") & (frame["hired"] == "no")][:700]
    frame.loc[blank, "hired"] = None
    audit = auditor.check(frame, target="hired", groups=["group"])
    (finding,) = audit.findings(RULE)
    assert finding.state is State.SHOWN
    assert finding.measures["missing_difference"].value == pytest.approx(700 / 2000)
    assert audit.result("OUT001").state is State.CLEAR  # which is why it must be shown
    assert any("missing outcomes" in condition for condition in audit.verdict.conditions)


def test_outcomes_missing_alike_are_clear() -> None:
    frame = rows_of({"a": (900, 2000), "b": (880, 2000)})
    frame.loc[np.random.default_rng(1).random(len(frame)) < 0.2, "hired"] = None
    assert auditor.check(frame, target="hired", groups=["group"]).result(RULE).state is State.CLEAR


def test_declines_without_outcome() -> None:
    frame = rows_of({"a": (9, 20), "b": (8, 20)}, target="colour")
    assert auditor.check(frame, groups=["group"]).result(RULE).state is State.NOT_RUN
