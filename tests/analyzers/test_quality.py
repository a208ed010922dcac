"""QLT001, QLT002 and QLT003 on planted duplicates, constants and identifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

import auditor
from auditor.counts.extras import Repeats
from auditor.model import State
from tests.conftest import rows_of
from tests.tallies import Counts, counted, run_rule, tally_of

COUNTS: Counts = {"a": (400, 1000), "b": (390, 1000)}
FRAME = rows_of({"a": (400, 1000), "b": (390, 1000)})


def test_duplicate_rows_are_counted() -> None:
    rule = "QLT001"
    frame = pd.concat([FRAME, FRAME.iloc[:100]])
    (finding,) = auditor.check(frame, target="hired", groups=["group"], only=rule).findings(rule)
    assert finding.state is State.SHOWN
    assert finding.measures["duplicates"].value == 100
    assert finding.measures["duplicate_share"].value == pytest.approx(100 / 2100)


def test_distinct_rows_are_clear() -> None:
    assert run_rule("QLT001", tally_of(COUNTS)).state is State.CLEAR


def test_people_who_look_alike_are_not_called_copies() -> None:
    four = Repeats(2000, 4, 400**2 + 600**2 + 390**2 + 610**2, 1.0)  # two columns: four kinds of rows among 2,000
    (finding,) = run_rule("QLT001", tally_of(COUNTS, repeated=four)).findings
    assert finding.state is State.UNDETERMINED
    assert "look alike" in finding.message


def test_repeated_people_are_found_by_their_identifier() -> None:
    frame = FRAME.assign(person=[f"p{i // 2}" for i in range(len(FRAME))])  # everybody twice
    people, rows = auditor.check(frame, target="hired", groups=["group"], id="person", only="QLT001").findings("QLT001")
    assert people.measures["duplicates"].value == 1000
    assert people.state is State.SHOWN
    assert rows.state is State.CLEAR


def test_counts_say_nothing_of_duplicates() -> None:
    counts = pd.DataFrame({"group": ["a", "a", "b", "b"], "hired": ["yes", "no"] * 2, "n": [400, 600, 390, 610]})
    result = auditor.check(counts, target="hired", groups=["group"], count="n", only="QLT001").result("QLT001")
    assert result.state is State.NOT_RUN


def test_constants_identifiers_and_empty_columns_are_named_and_others_are_not() -> None:
    frame = FRAME.assign(
        constant="x",
        number=7.5,
        nothing=pd.Series([None] * len(FRAME), dtype="object"),
        running=range(len(FRAME)),
        token=[f"t{i}" for i in range(len(FRAME))],
        city=["u", "v", "w", "z"] * (len(FRAME) // 4),
    )
    findings = list(auditor.check(frame, target="hired", groups=["group"], only="QLT003").findings("QLT003"))
    assert {finding.subject["column"] for finding in findings} == {"constant", "number", "nothing", "running", "token"}
    assert all(finding.state is State.SHOWN for finding in findings)


def test_blanks_that_follow_the_outcome_are_shown_and_those_that_do_not_are_not() -> None:
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"group": ["a", "b"] * 600, "hired": rng.choice(["yes", "no"], 1200, p=[0.4, 0.6])})
    frame["interview"] = pd.Series("held", index=frame.index).mask((frame["hired"] == "no") & (rng.random(1200) < 0.5))
    frame["hobby"] = pd.Series("chess", index=frame.index).mask(rng.random(1200) < 0.2)
    findings = run_rule("QLT002", counted(frame)).findings
    assert [finding.subject.get("column") for finding in findings] == ["interview", None]
    lost = frame["hobby"].isna().groupby(frame["hired"]).agg(["sum", "size"])
    bounds = confint_proportions_2indep(*lost.loc["yes"], *lost.loc["no"], method="newcomb")
    got = findings[1].measures["missing_difference"]
    assert (got.low, got.high) == pytest.approx(bounds, abs=1e-9)
    assert findings[1].state is (State.CLEAR if max(map(abs, bounds)) < 0.05 else State.UNDETERMINED)
    share = frame.loc[frame["hired"] == "no", "interview"].isna().mean()
    assert findings[0].measures["missing_difference"].value == pytest.approx(-share)


def test_blanks_are_not_judged_without_an_outcome() -> None:
    assert run_rule("QLT002", tally_of({"a": 20, "b": 20}, target=None)).state is State.NOT_RUN
