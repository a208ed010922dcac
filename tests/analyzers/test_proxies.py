"""PRX001, PRX004, LAB003: the planted stand-ins of the hiring sample, Adult, leaks, and the innocent."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.model import State
from sample_data.make_hiring import INNOCENT_COLUMNS, PLANTED_COLUMNS, SUBTLE_COLUMNS
from tests.conftest import DATA, SAMPLES

PROXY, MISSING, LEAK = "PRX001", "PRX004", "LAB003"


def test_every_planted_carrier_is_named_and_no_innocent_column() -> None:
    audit = auditor.check(SAMPLES / "hiring.csv", use_case=SAMPLES / "hiring.use_case.toml", only=["PRX"])
    kinds = {row["column"]: row["kind"] for row in audit.result(PROXY).table}
    assert {column for column, kind in kinds.items() if kind == "carrier"} == {*PLANTED_COLUMNS, *SUBTLE_COLUMNS}
    assert {kinds[column] for column in INNOCENT_COLUMNS} == {"none"}
    assert {finding.subject["column"] for finding in audit.findings(PROXY)} == {*PLANTED_COLUMNS, *SUBTLE_COLUMNS}


def test_adult_relationship_and_marital_status_are_carriers() -> None:
    audit = auditor.check(DATA / "adult.parquet", target="income", positive=">50K", groups="sex", only=[PROXY])
    rows = {row["column"]: row for row in audit.result(PROXY).table}
    assert rows["relationship"]["cramers_v"] == pytest.approx(0.65, abs=0.01)
    assert rows["marital_status"]["cramers_v"] == pytest.approx(0.46, abs=0.01)
    assert rows["relationship"]["kind"] == rows["marital_status"]["kind"] == "carrier"


def _independent(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "hired": rng.choice(["yes", "no"], rows)})
    for i in range(12):
        frame[f"c{i}"] = rng.choice(list("abcdefgh"), rows)
    return frame.assign(number=rng.normal(size=rows))


def test_without_any_link_no_column_is_flagged() -> None:
    """At most 5 % of data sets: 1 of 20 expected; of 12 more than 2 with a chance of 2 %."""
    flagged = sum(
        bool(list(auditor.check(_independent(800, seed), target="hired", groups=["sex"], only=[PROXY]).findings()))
        for seed in range(12)
    )
    assert flagged <= 2


def test_a_link_to_the_group_alone_leaks_and_does_not_carry() -> None:
    frame = _independent(4000, 3)
    rng = np.random.default_rng(4)
    frame["hat"] = np.where(rng.random(4000) < 0.8, frame["sex"], rng.choice(["f", "m"], 4000))
    (finding,) = auditor.check(frame, target="hired", groups=["sex"], only=[PROXY]).findings()
    assert finding.subject["column"] == "hat"
    assert finding.state is State.BORDERLINE


def test_postal_codes_are_tried_by_their_prefix() -> None:
    rng = np.random.default_rng(8)
    sex = rng.choice(["f", "m"], 6000)
    area = np.where(rng.random(6000) < 0.75, np.where(sex == "f", "100", "200"), rng.choice(["100", "200"], 6000))
    code = np.char.add(area, rng.integers(10, 60, 6000).astype(str))
    hired = rng.random(6000) < np.where(area == "100", 0.2, 0.4)
    frame = pd.DataFrame({"sex": sex, "zip": code, "hired": np.where(hired, "yes", "no")})
    found = [f.subject["column"] for f in auditor.check(frame, target="hired", groups=["sex"], only=[PROXY]).findings()]
    assert "zip (first 3)" in found


def test_values_missing_for_one_group_are_shown() -> None:
    frame = _independent(4000, 5)
    rng = np.random.default_rng(6)
    frame.loc[(frame["sex"] == "f") & (rng.random(4000) < 0.3), "c3"] = None
    frame.loc[rng.random(4000) < 0.3, "c4"] = None
    (finding,) = auditor.check(frame, target="hired", groups=["sex"], only=[MISSING]).findings()
    assert finding.subject["column"] == "c3"
    share = frame["c3"].isna().groupby(frame["sex"]).mean()
    assert abs(finding.measures["missing_difference"].value or 0) == pytest.approx(share["f"] - share["m"])


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_copy_of_the_outcome_is_a_leak(noise: float) -> None:
    frame = _independent(4000, 7)
    flip = np.random.default_rng(1).random(4000) < noise
    frame["decision_code"] = np.where((frame["hired"] == "yes") ^ flip, "A", "B")
    audit = auditor.check(frame, target="hired", groups=["sex"])
    (finding,) = audit.findings(LEAK)
    assert finding.subject["column"] == "decision_code"
    assert audit.verdict.level == "unfit"


def test_an_ordinary_predictor_is_no_leak() -> None:
    audit = auditor.check(DATA / "adult.parquet", target="income", positive=">50K", groups="sex", only=[LEAK])
    assert audit.result(LEAK).state is State.CLEAR


def test_declines_without_groups_or_outcome() -> None:
    frame = _independent(200, 1)
    assert auditor.check(frame.drop(columns="sex"), target="hired").result(PROXY).state is State.NOT_RUN
    assert auditor.check(frame.drop(columns="sex"), target="hired").result(MISSING).state is State.NOT_RUN
    assert auditor.check(frame.rename(columns={"hired": "x"}), groups=["sex"]).result(LEAK).state is State.NOT_RUN
