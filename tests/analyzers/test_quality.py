"""QLT001 and QLT003 on planted duplicates, constants and identifiers."""

from __future__ import annotations

import pandas as pd
import pytest

import auditor
from auditor.model import State
from tests.conftest import rows_of

FRAME = rows_of({"a": (400, 1000), "b": (390, 1000)})


def test_duplicate_rows_are_counted() -> None:
    rule = "QLT001"
    frame = pd.concat([FRAME, FRAME.iloc[:100]])
    (finding,) = auditor.check(frame, target="hired", groups=["group"]).findings(rule)
    assert finding.state is State.SHOWN
    assert finding.measures["duplicates"].value == 100
    assert finding.measures["duplicate_share"].value == pytest.approx(100 / 2100)


def test_distinct_rows_are_clear() -> None:
    assert auditor.check(FRAME, target="hired", groups=["group"]).result("QLT001").state is State.CLEAR


def test_people_who_look_alike_are_not_called_copies() -> None:
    frame = FRAME.drop(columns="score")  # two columns: four kinds of rows among 2,000
    (finding,) = auditor.check(frame, target="hired", groups=["group"]).findings("QLT001")
    assert finding.state is State.UNDETERMINED
    assert "look alike" in finding.message


def test_repeated_people_are_told_by_their_identifier() -> None:
    frame = FRAME.assign(person=[f"p{i // 2}" for i in range(len(FRAME))])  # everybody twice
    people, rows = auditor.check(frame, target="hired", groups=["group"], id="person").findings("QLT001")
    assert people.measures["duplicates"].value == 1000
    assert people.state is State.SHOWN
    assert rows.state is State.CLEAR


def test_counts_say_nothing_of_duplicates() -> None:
    counts = pd.DataFrame({"group": ["a", "a", "b", "b"], "hired": ["yes", "no"] * 2, "n": [400, 600, 390, 610]})
    result = auditor.check(counts, target="hired", groups=["group"], count="n").result("QLT001")
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
    findings = list(auditor.check(frame, target="hired", groups=["group"]).findings("QLT003"))
    assert {finding.subject["column"] for finding in findings} == {"constant", "number", "nothing", "running", "token"}
    assert all(finding.state is State.SHOWN for finding in findings)
