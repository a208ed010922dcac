"""PRX001: the planted stand-ins of the hiring sample, Adult, and columns that are none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditor.model import State
from sample_data.make_hiring import INNOCENT_COLUMNS, PLANTED_COLUMNS, SUBTLE_COLUMNS
from tests.analyzers.samples import adult, independent, on_adult
from tests.golden import kept
from tests.tallies import counted, run_rule

RULE = "PRX001"
pytestmark = on_adult


def test_every_planted_carrier_is_named_and_no_innocent_column() -> None:
    audit = kept("hiring")
    kinds = {row["column"]: row["kind"] for row in audit.result(RULE).table}
    assert {column for column, kind in kinds.items() if kind == "carrier"} == {*PLANTED_COLUMNS, *SUBTLE_COLUMNS}
    assert {kinds[column] for column in INNOCENT_COLUMNS} == {"none"}
    assert {finding.subject["column"] for finding in audit.findings(RULE)} == {*PLANTED_COLUMNS, *SUBTLE_COLUMNS}


def test_adult_relationship_and_marital_status_are_carriers() -> None:
    rows = {row["column"]: row for row in adult().result(RULE).table}
    assert rows["relationship"]["cramers_v"] == pytest.approx(0.65, abs=0.01)
    assert rows["marital_status"]["cramers_v"] == pytest.approx(0.46, abs=0.01)
    assert rows["relationship"]["kind"] == rows["marital_status"]["kind"] == "carrier"


def test_without_any_link_no_column_is_flagged() -> None:
    """At most 5 % of data sets: 1 of 20 expected; of 12 more than 2 with a chance of 2 %."""
    sets = (counted(independent(800, seed), groups=["sex"]) for seed in range(12))
    assert sum(bool(run_rule(RULE, tally).findings) for tally in sets) <= 2


def test_a_link_to_the_group_alone_leaks_and_does_not_carry() -> None:
    frame = independent(4000, 3)
    rng = np.random.default_rng(4)
    frame["hat"] = np.where(rng.random(4000) < 0.8, frame["sex"], rng.choice(["f", "m"], 4000))
    (finding,) = run_rule(RULE, counted(frame, groups=["sex"])).findings
    assert finding.subject["column"] == "hat"
    assert finding.state is State.BORDERLINE


def test_postal_codes_are_tried_by_their_prefix() -> None:
    rng = np.random.default_rng(8)
    sex = rng.choice(["f", "m"], 6000)
    area = np.where(rng.random(6000) < 0.75, np.where(sex == "f", "100", "200"), rng.choice(["100", "200"], 6000))
    code = np.char.add(area, rng.integers(10, 60, 6000).astype(str))
    hired = rng.random(6000) < np.where(area == "100", 0.2, 0.4)
    frame = pd.DataFrame({"sex": sex, "zip": code, "hired": np.where(hired, "yes", "no")})
    found = [finding.subject["column"] for finding in run_rule(RULE, counted(frame, groups=["sex"])).findings]
    assert "zip (first 3)" in found


def test_declines_without_groups() -> None:
    frame = independent(200, 1).drop(columns="sex")
    assert run_rule(RULE, counted(frame, groups=[])).state is State.NOT_RUN
