"""LAB001, LAB002, QLT002 and people who recur: planted penalties found, equal treatment left alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

import auditor
from auditor.analyzers.comparing import compare
from auditor.engines import duckdb as engine
from auditor.model import State
from auditor.stats.clusters import Clusters
from tests.conftest import SAMPLES

TWINS, NOISE, BLANKS = "LAB001", "LAB002", "QLT002"


def _twins(seed: int, odds: float, pairs: int = 3000) -> pd.DataFrame:
    """Pairs of the same person, once as f and once as m; the odds of f are `odds` times those of m."""
    rng = np.random.default_rng(seed)
    skill = np.repeat(rng.normal(size=pairs).round(2), 2)
    field = np.repeat(rng.choice(list("abcd"), pairs), 2)
    sex = np.tile(["f", "m"], pairs)
    logit = 0.8 * skill - 0.3 + np.where(sex == "f", np.log(odds), 0)
    hired = np.where(rng.random(2 * pairs) < 1 / (1 + np.exp(-logit)), "yes", "no")
    return pd.DataFrame({"sex": sex, "skill": skill, "field": field, "hired": hired})


def test_a_planted_penalty_among_twins_is_found_with_its_odds_in_the_interval() -> None:
    audit = auditor.check(_twins(1, 0.4), target="hired", groups=["sex"], only=TWINS)
    exact, near = audit.findings(TWINS)
    assert exact.state is State.SHOWN_STRONG
    assert (exact.subject["level"], exact.subject["stratum"]) == ("f", "identical")
    odds = exact.measures["mh_odds_ratio"]
    assert odds.low is not None and odds.high is not None
    assert odds.low < 0.4 < odds.high
    assert near.state is State.BORDERLINE  # a second line shows no more than that


def test_the_numbers_are_statsmodels_over_the_same_sets() -> None:
    frame = _twins(2, 0.6, pairs=800)
    tables = [
        [[int(((of["sex"] == sex) & (of["hired"] == hired)).sum()) for hired in ("yes", "no")] for sex in ("f", "m")]
        for _, of in frame.groupby(["skill", "field"])
    ]
    theirs = StratifiedTable(np.array(tables, dtype=float).transpose(1, 2, 0))
    finding = next(auditor.check(frame, target="hired", groups=["sex"], only=TWINS).findings(TWINS))
    assert finding.measures["mh_odds_ratio"].value == pytest.approx(theirs.oddsratio_pooled)
    assert finding.measures["cmh_p"].value == pytest.approx(theirs.test_null_odds().pvalue)


def test_of_many_rows_whole_sets_of_twins_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = _twins(4, 0.4, pairs=4000)
    all_sets = next(auditor.check(frame, target="hired", groups=["sex"], only=TWINS).findings(TWINS))
    monkeypatch.setattr(engine, "TWIN_ROWS", 2_000)
    finding = next(auditor.check(frame, target="hired", groups=["sex"], only=TWINS).findings(TWINS))
    assert "one set in 4 was looked at" in finding.message
    assert finding.measures["pairs"].value == pytest.approx((all_sets.measures["pairs"].value or 0) / 4, rel=0.15)
    odds = finding.measures["mh_odds_ratio"]
    assert odds.low is not None and odds.high is not None
    assert odds.low < 0.4 < odds.high


def test_equal_treatment_of_twins_raises_no_alarm() -> None:
    """Nominal 5 %; of 24 data sets more than 4 have a chance of 0.6 %."""
    flagged = 0
    for seed in range(24):
        frame = _twins(seed, 1.0, pairs=300)
        finding = next(auditor.check(frame, target="hired", groups=["sex"], only=TWINS).findings(TWINS))
        flagged += finding.state not in (State.CLEAR, State.UNDETERMINED)
    assert flagged <= 4


def test_without_twins_it_cannot_tell_and_says_so() -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"sex": ["f", "m"] * 200, "skill": rng.normal(size=400), "hired": rng.choice(["yes", "no"], 400)}
    )
    finding = next(auditor.check(frame, target="hired", groups=["sex"], only=TWINS).findings(TWINS))
    assert finding.state is State.UNDETERMINED
    assert "0 sets of identical records" in finding.message
    assert "no column by which" in str(
        auditor.check(frame[["sex", "hired"]], target="hired", groups=["sex"], only=TWINS).result(TWINS).reason
    )


def _recurring(seed: int, copies: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    people = pd.DataFrame(
        {"id": range(400), "sex": rng.choice(["f", "m"], 400), "hired": rng.choice(["yes", "no"], 400, p=[0.3, 0.7])}
    )
    return people.loc[np.repeat(np.arange(400), copies)].reset_index(drop=True)


def test_people_entered_often_raise_no_more_alarms_than_people_entered_once() -> None:
    """Everybody stands in the data four times: rows taken for people are false alarms in a third of data sets."""
    with_id, without = 0, 0
    for seed in range(24):
        frame = _recurring(seed, 4)
        for key in ("id", None) if seed < 12 else ("id",):
            data = frame if key else frame.drop(columns="id")
            finding = next(
                auditor.check(data, target="hired", groups=["sex"], id=key, only="OUT001").findings("OUT001")
            )
            alarm = (finding.measures["p_adjusted"].value or 1) < 0.05
            with_id += alarm and key is not None
            without += alarm and key is None
    assert with_id <= 5  # of 24 at 5 %, more have a chance of 0.1 %
    assert without >= 2  # of 12 at a third, fewer have a chance of 5 %


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
    assert "1,500 rows with an outcome, 500 favourable (people recur: as good as 30 and 10)" in found["f"].message
    assert not audit.result("OUT005").state.found
    (_, rows) = audit.findings("QLT001")
    assert rows.state is State.SHOWN
    assert "--id" not in str(rows.settle)


def test_what_rows_would_have_said_is_told() -> None:
    seed = next(s for s in range(40) if _p(_recurring(s, 4), None) < 0.05 < _p(_recurring(s, 4), "id"))
    audit = auditor.check(_recurring(seed, 4), target="hired", groups=["sex"], id="id", only="OUT001")
    message = next(audit.findings("OUT001")).message
    assert "People recur" in message
    assert "rows taken for people would have given p = 0.0" in message


def _p(frame: pd.DataFrame, key: str | None) -> float:
    data = frame if key else frame.drop(columns="id")
    finding = next(auditor.check(data, target="hired", groups=["sex"], id=key, only="OUT001").findings("OUT001"))
    return finding.measures["p_adjusted"].value or 0.0


def test_the_design_effect_by_hand() -> None:
    """Four people, two rows each, the same outcome twice: variance with people as units is twice that of rows."""
    same = Clusters(people=4, rows=8, favourable=4, rows_squared=16, favourable_squared=8, product=8)
    assert same.effect == pytest.approx(2.0)
    # One row each: (x - r)^2 summed is n r (1 - r), no effect.
    alone = Clusters(people=4, rows=4, favourable=2, rows_squared=4, favourable_squared=2, product=2)
    assert alone.effect == pytest.approx(1.0)


def test_the_hiring_sample_says_that_people_recur() -> None:
    audit = auditor.check(SAMPLES / "hiring.csv", use_case=SAMPLES / "hiring.use_case.toml", only="OUT001")
    message = next(audit.findings("OUT001")).message
    frame = pd.read_csv(SAMPLES / "hiring.csv")
    women = frame[frame["gender"] == "female"]
    assert f"{len(women):,} rows of {women['applicant_id'].nunique():,} people with 'female'" in message


def test_flipped_outcomes_of_one_group_look_wrong() -> None:
    pytest.importorskip("cleanlab")
    rng = np.random.default_rng(5)
    frame = pd.DataFrame(
        {"sex": rng.choice(["f", "m"], 6000), "skill": rng.normal(size=6000), "other": rng.normal(size=6000)}
    )
    truth = rng.random(6000) < 1 / (1 + np.exp(-4 * frame["skill"]))
    flipped = truth & (frame["sex"] == "f") & (rng.random(6000) < 0.3)
    frame["hired"] = np.where(truth & ~flipped, "yes", "no")
    (finding,) = auditor.check(frame, target="hired", groups=["sex"], only=NOISE).findings(NOISE)
    assert (finding.state, finding.subject["level"]) == (State.SHOWN, "f")
    frame["hired"] = np.where(truth, "yes", "no")
    (finding,) = auditor.check(frame, target="hired", groups=["sex"], only=NOISE).findings(NOISE)
    assert finding.state is State.CLEAR


def test_noise_declines_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    import auditor.analyzers.labels as labels

    monkeypatch.setattr(labels, "find_spec", lambda name: None)
    frame = _twins(6, 1.0, pairs=200)
    reason = auditor.check(frame, target="hired", groups=["sex"], only=NOISE).result(NOISE).reason
    assert reason == "it needs cleanlab: pip install 'dataudit[labels]'"


def test_blanks_that_follow_the_outcome_are_shown_and_those_that_do_not_are_not() -> None:
    frame = _twins(7, 1.0, pairs=600)
    rng = np.random.default_rng(8)
    frame["interview"] = pd.Series("held", index=frame.index).mask((frame["hired"] == "no") & (rng.random(1200) < 0.5))
    frame["hobby"] = pd.Series("chess", index=frame.index).mask(rng.random(1200) < 0.2)
    findings = list(auditor.check(frame, target="hired", groups=["sex"], only=BLANKS).findings(BLANKS))
    assert [finding.subject["column"] for finding in findings] == ["interview"]
    share = frame.loc[frame["hired"] == "no", "interview"].isna().mean()
    assert findings[0].measures["missing_difference"].value == pytest.approx(-share)


def test_false_alarms_are_back_to_five_percent_where_people_recur() -> None:
    """People in the data one to four times, each with a rate of their own, and no difference between the groups.

    5 % give or take 2 over 1,500 data sets, 3.5 standard errors; rows taken for people raise more.
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
