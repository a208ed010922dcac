"""Groups compared where people appear more than once: people are the units of every test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t
from statsmodels.stats.proportion import proportions_ztest

import auditor
from auditor.analyzers.comparing import compare
from auditor.counts.tally import Tally
from auditor.model import Finding, State
from auditor.stats.clusters import Clusters, clustered
from tests.conftest import SAMPLES
from tests.golden import kept
from tests.tallies import counted, run_rule, tally_of

OUTCOMES = "OUT001"


def _recurring(seed: int, copies: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(
        {"id": range(400), "sex": rng.choice(["f", "m"], 400), "hired": rng.choice(["yes", "no"], 400, p=[0.3, 0.7])}
    )
    return people.loc[np.repeat(np.arange(400), copies)].reset_index(drop=True)


def _gap(frame: pd.DataFrame, key: str | None) -> Finding:
    """Return the gap of such rows, with people as units or without."""
    tally: Tally = counted(frame.drop(columns="id"), groups=["sex"])
    if key:
        sums = {
            level: clustered(of[key].to_numpy(), (of["hired"] == "yes").to_numpy(), 400)
            for level, of in frame.groupby("sex")
        }
        tally = counted(frame.drop(columns="id"), groups=["sex"], clusters={"sex": sums}, roles={"id": key})
    return run_rule(OUTCOMES, tally).findings[0]


def test_people_entered_often_raise_no_more_alarms_than_people_entered_once() -> None:
    """Everybody stands in the data four times: rows taken for people are false alarms in a third of data sets."""
    with_id, without = 0, 0
    for seed in range(24):
        frame = _recurring(seed, 4)
        for key in ("id", None) if seed < 12 else ("id",):
            alarm = (_gap(frame, key).measures["p_adjusted"].value or 1) < 0.05
            with_id += alarm and key is not None
            without += alarm and key is None
    assert with_id <= 5  # of 24 at 5%, more have a chance of 0.1%
    assert without >= 2  # of 12 at a third, fewer have a chance of 5%


def test_rules_of_sizes_and_slices_take_people_for_the_units_too() -> None:
    """Sixty people with fifty equal rows each: sixty units, whatever else is asked of their 3,000 rows."""
    people = pd.DataFrame(
        {"who": range(60), "sex": ["f", "m"] * 30, "hired": ["yes", "no", "no", "no", "no", "yes"] * 10}
    )
    frame = people.loc[people.index.repeat(50)].reset_index(drop=True).assign(x=lambda of: of.index % 7)
    audit = auditor.check(frame, target="hired", groups=["sex"], id="who", no_models=True)
    sizes = {f.subject["level"]: f.measures["n"].value for f in audit.findings("REP002")}
    assert sizes == pytest.approx({"f": 30, "m": 30})
    found = {f.subject["level"]: f for f in audit.findings("FIT006")}
    assert found["f"].measures["favourable"].value == pytest.approx(10)
    assert "1,500 rows with an outcome, 500 of them favourable (effectively 30 and 10" in found["f"].message
    assert not audit.result("OUT005").state.found
    (_, rows) = audit.findings("QLT001")
    assert rows.state is State.SHOWN
    assert "--id" not in str(rows.settle)


def test_the_p_of_rows_is_reported_beside_that_of_people() -> None:
    seed = next(s for s in range(40) if _p(_recurring(s, 4), None) < 0.05 < _p(_recurring(s, 4), "id"))
    message = _gap(_recurring(seed, 4), "id").message
    assert "Some people appear more than once; statistics treat people, not rows, as independent." in message
    assert "With rows treated as independent, p = 0.0" in message


def _p(frame: pd.DataFrame, key: str | None) -> float:
    return _gap(frame, key).measures["p_adjusted"].value or 0.0


def test_an_audit_of_rows_counts_the_people() -> None:
    frame = _recurring(3, 4)
    audit = auditor.check(frame, target="hired", groups=["sex"], id="id", only=OUTCOMES)
    assert next(audit.findings(OUTCOMES)).measures == _gap(frame, "id").measures


def test_the_design_effect_by_hand() -> None:
    """Four people, two rows each, the same outcome twice: variance with people as units is twice that of rows."""
    same = Clusters(people=4, rows=8, favourable=4, rows_squared=16, favourable_squared=8, product=8)
    assert same.recurrence == pytest.approx(2.0)
    # Four units: m / (m - 1), and Student's t with three degrees of freedom in the normal quantile's place.
    assert same.effect == pytest.approx(2 * 4 / 3 * (t.ppf(0.975, 3) / norm.ppf(0.975)) ** 2)
    # One row each: (x - r)^2 summed is n r (1 - r), no effect.
    alone = Clusters(people=4, rows=4, favourable=2, rows_squared=4, favourable_squared=2, product=2)
    assert alone.effect == pytest.approx(1.0)


def test_the_hiring_sample_says_that_people_recur() -> None:
    message = next(kept("hiring").findings(OUTCOMES)).message
    frame = pd.read_csv(SAMPLES / "hiring.csv")
    women = frame[frame["gender"] == "female"]
    assert f"'female' has {len(women):,} rows from {women['applicant_id'].nunique():,} individuals" in message


def test_false_alarms_are_back_to_five_percent_where_people_recur() -> None:
    """People in the data one to four times, each with a rate of their own, and no difference between the groups.

    5% give or take 2 over 1,500 data sets, 3.5 standard errors; rows taken for people raise more.
    """
    rng = np.random.default_rng(11)
    alarms = {"people": 0, "rows": 0}
    for _ in range(1500):
        n = rng.integers(1, 5, 400)
        x = rng.binomial(n, rng.beta(0.6, 1.4, 400))
        sex = rng.random(400) < 0.5
        counts, effects = {}, {}
        for level, of in (("f", sex), ("m", ~sex)):
            sums = [int(part[of].sum()) for part in (n, x, n * n, x * x, n * x)]
            counts[level] = (float(sums[1]), float(sums[0]))
            effects[level] = Clusters(int(of.sum()), *sums).effect
        alarms["people"] += compare(counts, effects=effects).gaps[0].p_adjusted < 0.05
        alarms["rows"] += compare(counts).gaps[0].p_adjusted < 0.05
    assert 0.03 < alarms["people"] / 1500 < 0.07
    assert alarms["rows"] / 1500 > 0.1


def test_three_group_columns_are_one_family() -> None:
    """No gap anywhere, three columns of three levels, 300 people: by columns 11% of data sets have a finding.

    Of 250 data sets at 5% more than 20 have a chance of 2%; at 11% as few have one of 6%.
    """
    rng = np.random.default_rng(11)
    names = ["a", "b", "c"]
    together = alone = 0
    for _ in range(250):
        frame = pd.DataFrame({name: rng.choice(["x", "y", "z"], 300) for name in names})
        frame["hired"] = rng.choice(["yes", "no"], 300, p=[0.3, 0.7])
        tally = counted(frame, groups=names)
        together += any(finding.state.found for finding in run_rule(OUTCOMES, tally).findings)
        alone += any(gap.state.found for name in names for gap in compare(tally.outcomes(name)).gaps)
    assert together <= 20
    assert alone > together


def test_the_pairs_of_all_columns_share_alpha() -> None:
    """Holm of two pairs, by hand: the smaller p counts twice, the larger once, but no less than the smaller's."""
    tally = tally_of(
        {("f", "old"): (20, 100), ("f", "young"): (22, 100), ("m", "old"): (35, 100), ("m", "young"): (38, 100)},
        groups=("sex", "age"),
    )
    found = {of.subject["group"]: of.measures for of in run_rule(OUTCOMES, tally).findings}
    plain = {group: float(measures["p_value"].value or 1) for group, measures in found.items()}
    assert plain["sex"] == pytest.approx(proportions_ztest([42, 73], [200, 200])[1])
    assert plain["age"] == pytest.approx(proportions_ztest([55, 60], [200, 200])[1])
    assert found["sex"]["p_adjusted"].value == pytest.approx(2 * plain["sex"])
    assert found["age"]["p_adjusted"].value == pytest.approx(max(2 * plain["sex"], plain["age"]))
