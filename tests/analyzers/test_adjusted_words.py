"""ADJ001 and ADJ002 name each number: who has less, of which mean; and claim nothing beside a copy of the outcome."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.format import higher_or_lower
from auditor.model import Audit, Finding, State


def _people(rows: int = 600) -> pd.DataFrame:
    """Women have 10% less pay and wait longer; the top grade has men alone; `twelve` is the pay of a year."""
    rng = np.random.default_rng(4)
    woman = rng.random(rows) < 0.5
    grade = rng.integers(1, 5, rows)
    grade = np.where(~woman & (rng.random(rows) < 0.1), 5, grade)
    pay = np.exp(8 + 0.1 * grade - 0.1 * woman + rng.normal(0, 0.05, rows)).round(1)
    return pd.DataFrame(
        {
            "sex": np.where(woman, "f", "m"),
            "grade": [f"g{of}" for of in grade],
            "pay": pay,
            "wait": np.maximum(0, rng.normal(20, 8, rows) + 4 * woman).round(),
            "twelve": 12 * pay + rng.integers(0, 3, rows),
            "team": rng.choice(["x", "y"], rows),
        }
    )


def _check(controls: Any, frame: pd.DataFrame | None = None, **more: Any) -> Audit:
    use = {"features": {"controls": controls, **more.pop("features", {})}}
    given = {"target": "pay", "groups": "sex", "only": "ADJ", **more}
    return auditor.check(_people() if frame is None else frame, use_case=use, **given)


def _one(audit: Audit, code: str) -> Finding:
    (finding,) = audit[code].findings
    return finding


def test_a_lower_number_is_said_to_be_lower_of_geometric_means() -> None:
    frame = _people()
    means = np.exp(np.log(frame["pay"]).groupby(frame["sex"]).mean())
    message = _one(_check({"grade": "the work"}), "ADJ001").message
    assert "the geometric mean of 'pay' of sex 'f' is " in message
    assert f"Without controls it is {1 - means['f'] / means['m']:.1%} lower [−" in message


def test_a_plain_number_is_said_to_be_higher_or_lower_than_whose() -> None:
    frame = _people()
    means = frame["wait"].groupby(frame["sex"]).mean()
    finding = _one(_check({"grade": "the work"}, target="wait", positive="<= 15"), "ADJ001")
    assert f"Without controls it is {higher_or_lower(means['f'] - means['m'])}." in finding.message
    assert " higher compared with 'm' (interval of the difference [" in finding.message
    assert finding.headline.endswith("higher compared with 'm'")


def test_beside_a_copy_of_the_outcome_no_gap_is_clear() -> None:
    """With the pay of a year among the controls of the pay of a month, nothing is left for a gap of 10% to be in."""
    controls = {"grade": "the work", "twelve": "known"}
    finding = _one(_check(controls), "ADJ001")
    assert finding.state is State.UNDETERMINED
    assert "Almost the outcome itself (LAB003): 'twelve'." in finding.message
    assert (finding.settle or "").startswith("Leave 'twelve' out of the controls")
    assert "in name only: 'twelve'" in _one(_check(controls), "ADJ002").message
    known = _check(controls, features={"not_leaks": ["twelve"]})
    assert _one(known, "ADJ001").state is State.CLEAR and "LAB003" not in _one(known, "ADJ001").message


def test_a_gap_without_the_rows_of_one_group_alone_is_said_beside_the_whole_gap() -> None:
    frame = _people()
    logs = np.log(frame["pay"])
    there = frame["grade"] != "g5"
    whole, rest = (of.groupby(frame["sex"]).mean() for of in (logs, logs[there]))  # the top grade holds men alone
    message = _one(_check({"grade": "the work"}), "ADJ002").message
    assert f"minus that of 'm' is −{rest['m'] - rest['f']:.3f} [" in message
    assert f"This leaves out {1 - there.mean():.1%} of the rows" in message
    assert f"With them it is −{whole['m'] - whole['f']:.3f}." in message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "in the logarithm of 'pay' ('f' minus 'm')"),
        ({"target": "wait", "positive": "<= 15"}, "in the mean of 'wait' ('f' minus 'm')"),
        ({"target": "team", "positive": "x"}, "in the rate of 'team' ('m' minus 'f')"),
    ],
)
def test_the_headline_of_a_split_names_what_the_gap_is_in(options: dict[str, Any], said: str) -> None:
    assert said in _one(_check({"grade": "the work"}, **options), "ADJ002").headline


def test_a_group_is_no_control_of_its_own_gap_in_words_either() -> None:
    audit = _check({"grade": "the work", "team": "the place"}, groups=["sex", "team"])
    said = {finding.subject["group"]: finding.message for finding in audit["ADJ001"].findings}
    assert "team: the place" in said["sex"] and "team: the place" not in said["team"]


def test_one_pay_of_nought_does_not_make_a_gap_of_a_tenth_clear() -> None:
    """On logarithms the gap is found; a standard deviation that grades make wide let it pass for equality."""
    frame = _people(1_500)
    frame["pay"] = (frame["pay"] * frame["grade"].str[1:].astype(int)).round(1)
    assert _one(_check({"grade": "the work"}, frame), "ADJ001").state is State.SHOWN_STRONG
    frame.loc[0, "pay"] = 0
    finding = _one(_check({"grade": "the work"}, frame), "ADJ001")
    amount, mean = finding.measures["adjusted_amount"], frame.loc[frame["sex"] == "m", "pay"].mean()
    assert finding.state is State.BORDERLINE and abs(amount.value or 0) < abs(amount.limit or 0)
    assert f"or −{-100 * (amount.value or 0) / mean:.1f}% of the mean of 'm'" in finding.message
    assert "Leave these rows out if they are no amounts." in finding.message
    frame.loc[0, "pay"] = -5.0  # a correction
    assert _one(_check({"grade": "the work"}, frame), "ADJ001").state is State.BORDERLINE


def test_scores_around_nought_and_a_stated_scale_are_judged_by_standard_deviations_alone() -> None:
    rng = np.random.default_rng(3)
    frame = _people(2_000).assign(score=rng.normal(0, 1, 2_000).round(3), zeros=rng.integers(0, 60, 2_000))
    assert _one(_check({"grade": "the work"}, frame, target="score"), "ADJ001").state is State.CLEAR
    stated = _one(_check({"grade": "the work"}, frame, target="zeros", scale="plain"), "ADJ001")
    assert stated.state is State.CLEAR and "no amounts" not in stated.message
