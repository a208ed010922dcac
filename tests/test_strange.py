"""Data that are hardly data: no rule fails, nothing is claimed of nobody, and what is wrong is one line."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import auditor
from auditor.errors import AuditError
from auditor.model import Audit

ROWS = 400
RNG = np.random.default_rng(0)
FRAME = pd.DataFrame(
    {
        "gender": RNG.choice(["f", "m"], ROWS),
        "age": RNG.integers(20, 70, ROWS),
        "college": RNG.choice(list("abc"), ROWS),
        "hired": RNG.choice(["yes", "no"], ROWS),
        "w": RNG.random(ROWS),
        "t": pd.date_range("2020-01-01", periods=ROWS),
        "cv": [["she led a team", "he built servers", "they wrote reports"][i % 3] for i in range(ROWS)],
    }
)


def _check(frame: pd.DataFrame, **flags: Any) -> Audit:
    return auditor.check(frame, target="hired", **{"groups": ["gender"], **flags})


@pytest.mark.parametrize(
    ("frame", "flags"),
    [
        (FRAME, {"groups": ["gender", "age"], "text": "cv"}),  # three documents in all
        (FRAME.assign(gender=pd.Series(["f", "m"]).reindex(FRAME.index)), {"text": "cv"}),  # hardly a group is recorded
        (FRAME.assign(gender=["f", *["m"] * (ROWS - 1)]), {"text": "cv"}),
        (FRAME.iloc[[0, 1, 2]].assign(gender=["f", "m", "m"], hired=["yes", "no", "no"]), {}),
        (FRAME.assign(college=pd.Series(dtype="object"), age=np.nan), {}),
        (FRAME.rename(columns={"gender": "<script>alert(1)</script>"}), {"groups": ["<script>alert(1)</script>"]}),
    ],
    ids=["few documents", "no group", "one group", "three rows", "empty columns", "script"],
)
def test_no_rule_fails(frame: pd.DataFrame, flags: dict[str, Any]) -> None:
    audit = _check(frame, **flags)
    assert [(result.rule, result.reason) for result in audit.results if result.failed] == []
    assert "nan" not in " ".join(finding.message for finding in audit.findings()).split()


def test_two_rows_convict_nobody() -> None:
    two = pd.concat([FRAME[FRAME["hired"] == value].head(1) for value in ("yes", "no")]).assign(gender=["f", "m"])
    audit = _check(two)
    assert audit.verdict.level == "cannot_tell"
    assert not any(finding.state.found for finding in audit.findings("LAB003"))


def test_an_audit_is_the_same_whatever_the_columns_are_called() -> None:
    rng = np.random.default_rng(4)
    own = [
        "h",
        "size",
        "place",
        "there",
        "threshold",
        "hash",
        "v",
        "n",
        "y",
        "k1",
        "c1",
        "words",
        "which",
        "level",
        "upto",
        "searched",
        "outcome",
    ]
    plain = FRAME.assign(**{f"x{i}": rng.choice(list("pqr"), ROWS) for i in range(len(own))}, k0=FRAME["gender"])
    audits = [
        auditor.check(frame, target="hired", groups=["k0", "gender"], text="cv", within="college", name="frame")
        for frame in (plain, plain.rename(columns={f"x{i}": name for i, name in enumerate(own)}))
    ]
    states = [[(result.rule, result.state, len(result.findings)) for result in audit.results] for audit in audits]
    assert states[0] == states[1]
    assert not any(result.failed for audit in audits for result in audit.results)


def test_a_column_called_as_an_audit_calls_its_own_is_refused() -> None:
    for name in ("(rows)", "(Outcome)", "(Hash of a record)", "(level of a-b)"):
        with pytest.raises(AuditError, match=rf"frame: column '{re.escape(name)}' needs another name"):
            _check(FRAME.assign(**{name: 1}), name="frame")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"weight": "zero"}, "weight 'zero' is 0 in every row"),
        ({"target": "age", "positive": ">= 500"}, "no row of 'age' is >= 500"),
        ({"group_from_terms": [""], "text": "cv"}, "names no term"),
        ({"within": "hired"}, "column 'hired' cannot be both target and stratum"),
        ({"weight": "endless"}, "weight 'endless' has values that are infinite, or too large to be squared"),
        ({"text": "half"}, "holds half a character, and is no text"),
    ],
)
def test_what_is_wrong_is_one_line(flags: dict[str, Any], said: str) -> None:
    with pytest.raises(AuditError, match=said):
        half = pd.Series(["\ud83d", *["a"] * (ROWS - 1)], dtype=object) if flags.get("text") == "half" else "a"
        frame = FRAME.assign(zero=0.0, endless=[*[1.0] * (ROWS - 1), np.inf], half=half)
        auditor.check(frame, **{"target": "hired", "groups": ["gender"], **flags})


def test_the_strongest_stand_in_explains_no_gap_away_without_a_reason() -> None:
    """Group at random, everything decided by a stand-in: comparing within the stand-in must not clear the gap."""
    rng = np.random.default_rng(1)
    gender = rng.choice(["f", "m"], 8000)
    stand_in = np.where(rng.random(8000) < np.where(gender == "m", 0.9, 0.1), "x", "z")
    hired = np.where(rng.random(8000) < np.where(stand_in == "x", 0.6, 0.3), "yes", "no")
    frame = pd.DataFrame({"gender": gender, "bra": stand_in, "hired": hired})
    shares = {"gender": {"f": 0.5, "m": 0.5}}
    for within in (None, "bra"):
        audit = _check(frame, within=within, reference=shares, no_models=True)
        assert audit.verdict.level == "unfit"
        assert "OUT001" in audit.verdict.because


def test_a_weight_that_the_peek_did_not_see_is_refused() -> None:
    weights = np.ones(70_000)
    weights[35_001] = -1e6
    frame = pd.DataFrame({"g": ["a", "b"] * 35_000, "y": [0, 1, 1, 0, 1] * 14_000, "w": weights})
    with pytest.raises(AuditError, match="weight 'w' has negative values"):
        auditor.check(frame, target="y", groups="g", weight="w")


def test_bands_and_favourable_values_are_told_apart_however_large_or_many() -> None:
    frame = pd.DataFrame({"g": np.arange(600) % 6 + 1_000_001, "y": np.arange(600) % 2})
    table = auditor.check(frame, target="y", groups="g:1000002,1000003,1000005", only="OUT001").result("OUT001").table
    assert {row["level"]: row["rows"] for row in table} == {
        "under 1000002": 100, "1000002": 100, "1000003 to 1000004": 200, "1000005 and over": 200,
    }  # fmt: skip
    # More than half of the values of this target occur once: the peek keeps none.
    grades = pd.DataFrame({"g": ["a", "b"] * 20, "t": [f"v{i}" for i in range(30)] + ["v1"] * 10})
    table = auditor.check(grades, target="t", groups="g", positive="v1", only="OUT001").result("OUT001").table
    assert sum(row["favourable"] for row in table) == 11


@pytest.mark.parametrize(
    "column",
    [
        {"self": pd.Categorical(["x", "z"] * (ROWS // 2))},
        {"d": [Decimal("NaN"), Decimal("2.2"), Decimal("Infinity"), Decimal(1)] * (ROWS // 4)},
    ],
)
def test_frames_that_are_hard_to_read_are_read(column: dict[str, Any]) -> None:
    audit = auditor.check(FRAME.join(pd.DataFrame(column)), target="hired", groups="gender", no_models=True)
    assert not any(result.failed for result in audit.results)


def test_an_infinite_outcome_has_no_mean_and_one_recorded_person_is_no_group() -> None:
    pay = np.arange(1.0, ROWS + 1)
    pay[3] = np.inf
    audit = auditor.check(FRAME.assign(pay=pay).drop(columns="hired"), target="pay", groups="gender", no_models=True)
    (found,) = audit.findings("OUT002")
    assert "mean_difference" not in found.measures and "infinite" in found.message
    own, theirs = (pay[FRAME["gender"] == found.subject[of]] for of in ("level", "reference"))
    delta = 2 * stats.mannwhitneyu(own, theirs).statistic / (len(own) * len(theirs)) - 1
    assert found.measures["cliffs_delta"].value == pytest.approx(delta, abs=1e-3)  # ranks need no mean
    alone = FRAME.assign(grade=pd.Series(["one", "two"], index=[3, 4]).reindex(FRAME.index))
    audit = auditor.check(alone, target="hired", groups=["gender", "grade"])
    assert not any(result.failed for result in audit.results)


def test_a_group_of_more_levels_than_were_seen_is_refused() -> None:
    rows = 60_000
    names = np.where(np.arange(rows) % 6_000 < 4_000, "a", "b").astype(object)
    names[20_000:24_000] = [f"n{i}" for i in range(4_000)]
    frame = pd.DataFrame({"g": names, "y": np.arange(rows) % 2})
    with pytest.raises(AuditError, match="group 'g' has over 200 levels"):
        auditor.check(frame, target="y", groups="g", no_models=True)


def test_no_path_is_not_the_folder_one_is_in() -> None:
    for path, said in (("", "the data's path is empty"), ("a\0b.csv", "holds a character that none can")):
        with pytest.raises(AuditError, match=said):
            auditor.check(path, target="y")
