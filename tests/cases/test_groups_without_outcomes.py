"""A group none of whose outcomes is recorded was passed over: the rates of the others made 'no issue found'."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.model import Level, State

ROWS = 300


def _frame(levels: str, blank: str, *, numeric: bool = False) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    race = np.repeat(list(levels), ROWS)
    outcome = rng.normal(50, 10, len(race)) if numeric else rng.choice(["yes", "no"], len(race))
    frame = pd.DataFrame({"race": race, "hired": outcome})
    frame["hired"] = frame["hired"].where(~frame["race"].isin(list(blank)))
    return frame


@pytest.mark.parametrize("numeric", [False, True])
def test_it_is_named_and_the_answer_is_open(numeric: bool) -> None:
    rule, positive = ("OUT002", "> 50") if numeric else ("OUT001", "yes")
    audit = auditor.check(_frame("abc", "c", numeric=numeric), target="hired", positive=positive, groups=["race"])
    (found,) = [of for of in audit.findings(rule) if of.subject.get("level") == "c"]
    assert (
        found.state is State.UNDETERMINED and "300 rows with race 'c', and no recorded outcome in any" in found.message
    )
    assert found.headline and "'c'" in found.headline and found.settle
    assert audit[rule].state is State.UNDETERMINED and audit.verdict.level is Level.CANNOT_TELL


@pytest.mark.parametrize("rule", ["OUT003", "ADJ001", "ADJ002", "SCO003"])
def test_no_rule_that_compares_outcomes_passes_over_it(rule: str) -> None:
    """Each of them was clear, or had no word about the group, while the rates of the others were alike."""
    frame, rng = _frame("abc", "c"), np.random.default_rng(2)
    frame = frame.assign(dept=rng.choice(["x", "y"], len(frame)), score=rng.normal(50, 10, len(frame)))
    stated: dict[str, Any] = {"within": ["dept"], "control": ["dept"], "score": "score", "cut": 50}
    audit = auditor.check(frame, target="hired", positive="yes", groups=["race"], only=[rule], **stated)
    first = audit[rule].findings[0]
    assert (first.subject["level"], first.state) == ("c", State.UNDETERMINED)
    assert audit[rule].state is not State.CLEAR


def test_a_rule_that_does_not_run_has_no_finding_of_it() -> None:
    audit = auditor.check(_frame("abc", "c"), target="hired", positive="yes", groups=["race"], only=["OUT002"])
    assert (audit["OUT002"].state, audit["OUT002"].findings) == (State.NOT_RUN, ())


def test_of_two_groups_it_leaves_nothing_to_compare() -> None:
    audit = auditor.check(_frame("ab", "b"), target="hired", positive="yes", groups=["race"])
    assert audit["OUT001"].state in (State.NOT_RUN, State.UNDETERMINED)
    assert "only one group with outcomes, 'a'" in " ".join([of.message for of in audit.findings("OUT001")])


def test_a_group_with_some_outcomes_is_none_such() -> None:
    frame = _frame("abc", "c")
    frame.loc[frame.index[-40:], "hired"] = "yes"
    audit = auditor.check(frame, target="hired", positive="yes", groups=["race"], only=["OUT001"])
    assert not [of for of in audit.findings("OUT001") if "no recorded outcome in any" in of.message]
