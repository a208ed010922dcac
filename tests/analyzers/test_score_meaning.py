"""SCO001, SCO004 and SCO005: how a score is distributed, how well it predicts, and what it means in each group."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_auc_score
from statsmodels.stats.contingency_tables import StratifiedTable

import auditor
from auditor.model import Result, State


def _people(rows: int = 4_000, seed: int = 1, **gap: float) -> pd.DataFrame:
    """A score from 0 to 1 that is the chance of the outcome, unless a gap is planted for f.

    `score` is taken from the scores of f, `noise` is added to them, and `outcome` is taken from its outcomes.
    """
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], rows)
    chance, f = rng.beta(2, 3, rows), sex == "f"
    good = rng.random(rows) < chance - gap.get("outcome", 0) * f
    score = chance - gap.get("score", 0) * f + gap.get("noise", 0) * f * rng.normal(size=rows)
    return pd.DataFrame({"sex": sex, "hired": np.where(good, "yes", "no"), "score": np.clip(score, 0, 1).round(3)})


def _result(code: str, frame: pd.DataFrame, **more: Any) -> Result:
    stated: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "sex", "score": "score"} | more
    return auditor.check(frame, only=code, **stated).result(code)


def test_the_delta_of_the_scores_is_that_of_the_mann_whitney_test() -> None:
    frame = _people(score=0.1)
    f, m = (frame[frame["sex"] == level]["score"] for level in "fm")
    area = stats.mannwhitneyu(f, m).statistic / len(f) / len(m)
    (found,) = _result("SCO001", frame).findings
    assert found.measures["cliffs_delta"].value == pytest.approx(2 * area - 1)
    assert found.measures["p_adjusted"].value == pytest.approx(stats.brunnermunzel(f, m).pvalue, rel=1e-6)
    assert found.subject["level"] == "f" and found.state.found
    median = frame["score"].median()
    assert found.measures["scoring_rate"].value == pytest.approx((f > median).mean())
    assert found.measures["impact_ratio"].value == pytest.approx((f > median).mean() / (m > median).mean())
    (alike,) = _result("SCO001", _people(20_000)).findings
    assert alike.state is State.CLEAR


@pytest.mark.parametrize("rows", [4_000, 60_000])
def test_the_scoring_rate_is_exact_however_many_values_there_are(rows: int) -> None:
    frame = _people(rows)
    frame["score"] = np.random.default_rng(2).normal(size=rows)
    above = (frame["score"] > frame["score"].median()).groupby(frame["sex"]).mean()
    table = _result("SCO001", frame).table
    assert {row["level"]: row["selection_rate"] for row in table} == pytest.approx(above.to_dict())


def test_missing_scores_are_counted_by_group() -> None:
    frame = _people()
    frame.loc[(frame["sex"] == "f") & (frame.index % 4 == 0), "score"] = np.nan
    result = _result("SCO001", frame)
    lost = frame["score"].isna().groupby(frame["sex"]).sum()
    assert {row["level"]: row["missing"] for row in result.table} == lost.to_dict()
    assert f"Rows of these two groups without a score: {lost.sum():,} (" in result.findings[0].message


def test_the_table_of_local_law_144_is_that_of_its_worked_example() -> None:
    """6 RCNY 5-301(c), "culture fit": 50 of 92 men and 34 of 76 women score above the median of all 168."""
    rng = np.random.default_rng(1)
    parts = [("Male", 50, 42), ("Female", 34, 42)]
    sex = np.repeat([name for name, *_ in parts], [high + low for _, high, low in parts])
    score = np.concatenate([np.append(rng.uniform(60, 99, high), rng.uniform(1, 40, low)) for _, high, low in parts])
    frame = pd.DataFrame({"sex": sex, "fit": score})
    audit = auditor.check(frame, target="none", groups="sex", score="fit", policy="nyc-ll144", only="POL001")
    rows = {row["level"]: row for row in audit.result("POL001").table}
    assert [rows[level]["n"] for level in ("Male", "Female")] == [92, 76]
    assert [round(100 * rows[level]["selection_rate"], 1) for level in ("Male", "Female")] == [54.3, 44.7]
    assert [round(rows[level]["impact_ratio"], 2) for level in ("Male", "Female")] == [1.0, 0.82]
    assert rows["Male"]["scored"] and "above the median" in rows["Male"]["outcome"]


def test_areas_of_each_group_are_scikit_learns() -> None:
    frame = _people(noise=0.3)
    table = {row["level"]: row for row in _result("SCO004", frame).table}
    for level in "fm":
        of = frame[frame["sex"] == level]
        assert table[level]["auc"] == pytest.approx(roc_auc_score(of["hired"] == "yes", of["score"]))
    (found,) = _result("SCO004", frame).findings
    assert found.state is State.SHOWN_STRONG and found.subject["level"] == "f"
    (alike,) = _result("SCO004", _people(20_000)).findings
    assert alike.state is State.CLEAR


def test_few_outcomes_are_no_judgement() -> None:
    frame = _people(400)
    frame.loc[(frame["sex"] == "f") & (frame.index > 40), "hired"] = "no"
    result = _result("SCO004", frame)
    assert result.state is State.UNDETERMINED and "fewer than 10" in result.findings[0].message


def test_outcomes_at_equal_scores_are_compared_by_mantel_and_haenszel() -> None:
    """Eleven values of a score, a stratum each: statsmodels' test; the difference by its definition."""
    frame = _people(outcome=0.15)
    frame["score"] = frame["score"].round(1)
    (found,) = _result("SCO005", frame).findings
    tables = [
        pd.crosstab(of["sex"], of["hired"]).reindex(index=["f", "m"], columns=["yes", "no"], fill_value=0).to_numpy()
        for _, of in frame.groupby("score")
    ]
    tables = [of for of in tables if (of.sum(axis=1) > 0).all()]
    weights = [of[0].sum() * of[1].sum() / of.sum() for of in tables]
    gaps = [of[0, 0] / of[0].sum() - of[1, 0] / of[1].sum() for of in tables]
    assert found.measures["calibration_difference"].value == pytest.approx(np.average(gaps, weights=weights))
    p = StratifiedTable([of.astype(float) for of in tables]).test_null_odds().pvalue
    assert found.measures["p_adjusted"].value == pytest.approx(p, abs=1e-9)
    assert found.state is State.SHOWN_STRONG and found.subject["level"] == "f"


def test_the_table_of_calibration_is_scikit_learns_curve() -> None:
    frame = _people(6_000)
    frame["score"] = frame["score"].round(1)  # ten quantiles of few values are values
    result = _result("SCO005", frame)
    for level in "fm":
        of = frame[frame["sex"] == level]
        rates, _ = calibration_curve(of["hired"] == "yes", of["score"], n_bins=11)
        by_value = (of["hired"] == "yes").groupby(of["score"]).agg(["sum", "size"])
        rows = [row for row in result.table if row["level"] == level]
        assert sum(row["n"] for row in rows) == len(of) and len(rates) == len(by_value)
        ends = np.cumsum([row["n"] for row in rows])
        cut = by_value["size"].cumsum().searchsorted(ends)
        sums = np.diff(np.append(0, by_value["sum"].cumsum().to_numpy()[cut]))
        assert [row["favourable"] for row in rows] == pytest.approx(list(sums))
        assert rows[5]["selection_rate"] == pytest.approx(sums[5] / rows[5]["n"])


def test_a_calibrated_score_is_clear_and_its_mean_is_compared_with_the_rate() -> None:
    frame = _people(20_000)
    (found,) = _result("SCO005", frame).findings
    assert found.state is State.CLEAR
    level = frame[frame["sex"] == found.subject["level"]]
    expected = level["score"].mean() - (level["hired"] == "yes").mean()
    assert found.measures["calibration"].value == pytest.approx(expected, abs=1e-9)
    points = frame.assign(score=(frame["score"] * 100).round().astype(int))
    assert "calibration" not in _result("SCO005", points).findings[0].measures  # no probability


SCO = ("SCO001", "SCO002", "SCO003", "SCO004", "SCO005")


def _audited(frame: pd.DataFrame, **more: Any) -> auditor.Audit:
    stated: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "sex", "score": "score"} | more
    return auditor.check(frame, only=SCO, **stated)


def test_a_group_without_any_score_is_open_in_every_rule() -> None:
    """The tool scores f and m alike, and nobody of x: that is not 'no issue found' about x."""
    frame = _people(6_000)
    unscored = frame.iloc[:500].assign(sex="x", score=np.nan)
    audit = _audited(pd.concat([frame, unscored]), cut=0.4)
    for code in SCO:
        (found,) = [of for of in audit.result(code).findings if of.subject["level"] == "x"]
        assert found.state is State.UNDETERMINED and "500 rows without" in found.message
        assert found.headline == "No row of 'x' has a value of 'score'"


@pytest.mark.parametrize(("cut", "whom"), [(60, "nobody"), ("> 1", "nobody"), (-1, "everybody"), (0, "everybody")])
def test_a_cut_that_selects_nobody_or_everybody_shows_nothing(cut: Any, whom: str) -> None:
    """A cut of 60 percent, of a score from 0 to 1: its error rates of 0 and 0 are no equality."""
    audit = _audited(_people(), cut=cut)
    for code in ("SCO002", "SCO003"):
        (found,) = audit.result(code).findings
        assert found.state is State.UNDETERMINED and f"selects {whom}" in found.message


def test_a_score_that_runs_against_the_outcome_is_mentioned() -> None:
    frame = _people()
    (right,) = _result("SCO004", frame).findings
    (wrong,) = _result("SCO004", frame.assign(score=1 - frame["score"])).findings
    assert "score_higher_is_better" in wrong.message and "score_higher_is_better" not in right.message
    own = frame[frame["sex"] == wrong.subject["level"]]
    assert wrong.measures["auc"].value == pytest.approx(1 - roc_auc_score(own["hired"] == "yes", own["score"]))


def test_every_spelling_of_a_prediction_selects() -> None:
    frame = _people()
    chosen = frame["score"] >= 0.5
    spelt = {True: ["yes", "Yes", "YES "], False: ["no", "No", "NO"]}
    frame["advice"] = [spelt[bool(of)][i % 3] for i, of in enumerate(chosen)]
    (found,) = _result("SCO002", frame, score=None, prediction="advice").findings
    rates = chosen.groupby(frame["sex"]).mean()
    assert found.measures["selection_rate"].value == pytest.approx(rates[found.subject["level"]])
    (stated,) = _result("SCO002", frame, score=None, prediction="advice", prediction_positive="yes").findings
    assert stated.message == found.message and "'advice' = 'Yes' selects" in found.message


def test_what_may_be_the_wrong_way_round_is_asked() -> None:
    frame = _people()
    frame["auto_reject"] = np.where(frame["score"] >= 0.5, "no", "yes")
    with pytest.raises(auditor.AuditError, match="'auto_reject' is named after a refusal"):
        _result("SCO002", frame, score=None, prediction="auto_reject")
    (found,) = _result("SCO002", frame, score=None, prediction="auto_reject", prediction_positive="no").findings
    assert found.measures["selection_rate"].n == (frame["sex"] == found.subject["level"]).sum()
    text = frame.assign(score=frame["score"].astype(str).str.replace(".", ","))
    with pytest.raises(auditor.AuditError, match="decimal comma"):
        _result("SCO001", text)


def test_what_follows_from_the_score_is_no_feature() -> None:
    """`advice` is yes from 0.5 on; `near` differs from it in two rows, and is a column like others."""
    frame = _people()
    chosen = frame["score"] >= 0.5
    one, other = chosen[chosen & (frame["sex"] == "f")].index[0], chosen[~chosen & (frame["sex"] == "m")].index[0]
    near = chosen.copy()
    near[[one, other]] = ~near[[one, other]]
    frame = frame.assign(
        advice=np.where(chosen, "yes", "no"), near=np.where(near, "yes", "no"), number=chosen.astype(int)
    )
    stated: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "sex", "score": "score", "only": "PRX001"}
    required: dict[str, Any] = {"use_case": {"features": {"required": ["advice"]}}}
    cuts: list[tuple[float, dict[str, Any]]] = [(0.5, {}), (0.6, {}), (0.5, required)]
    features = [
        {of.name for of in auditor.check(frame, cut=cut, **stated, **more).dataset.columns if of.role == "feature"}
        for cut, more in cuts
    ]
    assert features == [{"near"}, {"advice", "near", "number"}, {"advice", "near"}]
    reading = auditor.check(frame, cut=0.5, **stated).dataset.reading
    assert any("It is the tool's answer" in of.text or "They are the tool's answer" in of.text for of in reading)


def test_a_constant_score_is_refused_as_a_constant_outcome_is() -> None:
    """It was said to predict equally well in every group, with an AUC of one half."""
    frame = _people().assign(score=7.0)
    with pytest.raises(auditor.AuditError, match="score 'score' is constant: every row with a value has the same one"):
        _result("SCO001", frame)
