"""SCO002 and SCO003: whom a score selects, and whom it is wrong about."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import (
    MetricFrame,
    equalized_odds_difference,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from sklearn.metrics import precision_score

import auditor
from auditor.errors import AuditError
from auditor.model import Audit, Result, State
from auditor.reporter.showing import shown
from auditor.stats.counts import Pair
from auditor.stats.proportions import newcombe, ratio_interval


def _people(rows: int = 4_000, seed: int = 1, gap: float = 0.0, miss: float = 0.0) -> pd.DataFrame:
    """A score that is higher where the outcome is favourable; `gap` lower for f, `miss` lower for suitable f."""
    rng = np.random.default_rng(seed)
    sex, good = rng.choice(["f", "m"], rows), rng.random(rows) < 0.4
    score = 0.4 + 0.2 * good - gap * (sex == "f") - miss * (good & (sex == "f")) + rng.normal(0, 0.15, rows)
    return pd.DataFrame({"sex": sex, "hired": np.where(good, "yes", "no"), "score": score.round(3)})


def _audit(frame: pd.DataFrame, only: str | list[str] = "SCO", **more: Any) -> Audit:
    stated: dict[str, Any] = {
        "target": "hired",
        "positive": "yes",
        "groups": "sex",
        "score": "score",
        "cut": 0.5,
    } | more
    return auditor.check(frame, only=only, **stated)


def _result(code: str, frame: pd.DataFrame, **more: Any) -> Result:
    return _audit(frame, code, **more).result(code)


def test_rates_at_the_cut_are_those_of_fairlearn() -> None:
    frame = _people(gap=0.1)
    truth, chosen = (frame["hired"] == "yes").astype(int), (frame["score"] >= 0.5).astype(int)
    by = MetricFrame(
        metrics={"s": selection_rate, "t": true_positive_rate, "f": false_positive_rate, "p": precision_score},
        y_true=truth,
        y_pred=chosen,
        sensitive_features=frame["sex"],
    ).by_group
    (cut,) = _result("SCO002", frame).findings
    assert cut.measures["selection_rate"].value == pytest.approx(by.loc["f", "s"])
    assert cut.measures["reference_rate"].value == pytest.approx(by.loc["m", "s"])
    assert cut.measures["impact_ratio"].value == pytest.approx(by["s"].min() / by["s"].max())
    errors = _result("SCO003", frame)
    rows = {row["level"]: row for row in errors.table}
    for level in "fm":
        assert rows[level]["true_positive_rate"] == pytest.approx(by.loc[level, "t"])
        assert rows[level]["false_positive_rate"] == pytest.approx(by.loc[level, "f"])
        assert rows[level]["positive_predictive_value"] == pytest.approx(by.loc[level, "p"])
        assert rows[level]["false_negative_rate"] == pytest.approx(1 - by.loc[level, "t"])
    odds = equalized_odds_difference(truth, chosen, sensitive_features=frame["sex"])
    (error,) = errors.findings
    assert error.measures["equalised_odds"].value == pytest.approx(odds)


def test_intervals_at_the_cut_are_those_of_the_counts() -> None:
    frame = _people(gap=0.1)
    f, m = (frame[frame["sex"] == level] for level in "fm")
    pair = Pair((f["score"] >= 0.5).sum(), len(f), (m["score"] >= 0.5).sum(), len(m))
    (cut,) = _result("SCO002", frame).findings
    found = cut.measures["impact_ratio"]
    assert (found.low, found.high) == pytest.approx(ratio_interval(pair))
    assert cut.state is State.SHOWN_STRONG and cut.severity == "block"
    good = [of[of["hired"] == "yes"] for of in (f, m)]
    pair = Pair(*(number for of in good for number in ((of["score"] >= 0.5).sum(), len(of))))
    tpr = _result("SCO003", frame).findings[0].measures["tpr_difference"]
    assert (tpr.low, tpr.high) == pytest.approx(newcombe(pair))


@pytest.mark.parametrize(
    ("cut", "chosen"),
    [(">= 0.5", "ge"), ("> 0.5", "gt"), ("<= 0.5", "le"), ("< 0.5", "lt"), ("0.4995", "ge")],
)
def test_a_cut_may_be_any_comparison(cut: str, chosen: str) -> None:
    frame = _people()
    frame.loc[:50, "score"] = 0.5
    number = float(cut.split()[-1])
    expected = getattr(frame["score"], chosen)(number).groupby(frame["sex"]).mean()
    (found,) = _result("SCO002", frame, cut=cut).findings
    rates = [found.measures[name].value or 0.0 for name in ("selection_rate", "reference_rate")]
    assert sorted(rates) == pytest.approx(sorted(expected))


def test_low_scores_may_be_the_better_ones() -> None:
    frame = _people(gap=0.1)
    frame["score"] = -frame["score"]
    use = {"label": {"score_higher_is_better": False, "cut": -0.5, "score": "score"}}
    (found,) = (
        auditor.check(frame, target="hired", positive="yes", groups="sex", use_case=use, only="SCO002")
        .result("SCO002")
        .findings
    )
    (mirror,) = _result("SCO002", _people(gap=0.1)).findings
    assert found.measures["impact_ratio"] == mirror.measures["impact_ratio"]
    with pytest.raises(AuditError, match="contradicts that high values are the better ones"):
        use = {"label": {"score_higher_is_better": True}}
        auditor.check(frame, target="hired", positive="yes", groups="sex", score="score", cut="<= 1", use_case=use)


def test_the_curve_has_the_ratio_at_each_cut() -> None:
    frame = _people(gap=0.1)
    table = _result("SCO002", frame).table
    assert sum(row["chosen"] for row in table) == 1
    shares = [row["selected_share"] for row in table]
    assert shares == sorted(shares) and len(table) <= 101
    for row in table[:: len(table) // 7]:
        sign, number = row["cut"].split()
        chosen = frame["score"] >= float(number) if sign == ">=" else frame["score"] > float(number)
        by = chosen.groupby(frame["sex"]).mean()
        assert row["selection_rate"] == pytest.approx(by["f"]) and row["reference_rate"] == pytest.approx(by["m"])
        assert row["selected_share"] == pytest.approx(chosen.mean())
        assert row["low"] <= row["impact_ratio"] and (row["high"] is None or row["impact_ratio"] <= row["high"])


def test_without_a_cut_nothing_is_judged_but_the_curve_is_there() -> None:
    audit = _audit(_people(), cut=None)
    cut, error = audit.result("SCO002"), audit.result("SCO003")
    assert cut.state is error.state is State.UNDETERMINED and cut.table
    assert "no stated cut" in cut.findings[0].message and "--cut" in (cut.findings[0].settle or "")


def test_a_prediction_takes_the_place_of_a_cut() -> None:
    frame = _people(gap=0.1)
    frame["advice"] = np.where(frame["score"] >= 0.5, "invite", "reject")
    stated: dict[str, Any] = {"score": None, "cut": None, "prediction": "advice", "prediction_positive": "invite"}
    (found,) = _result("SCO002", frame.drop(columns="score"), **stated).findings
    (by_score,) = _result("SCO002", frame).findings
    for name in ("selection_rate", "reference_rate", "impact_ratio"):
        assert found.measures[name] == by_score.measures[name]
    with pytest.raises(AuditError, match="which value of prediction 'advice' selects"):
        _audit(frame, score=None, cut=None, prediction="advice")
    with pytest.raises(AuditError, match="'maybe' does not occur in prediction 'advice'"):
        _audit(frame, **stated | {"prediction_positive": "maybe"})


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"score": "sex"}, "cannot be both score and group"),
        ({"score": "name"}, "not a number"),
        ({"score": "scores"}, "scores"),
        ({"cut": "high"}, "cannot be cut at 'high'"),
        ({"score": None}, "needs the score"),
        ({"prediction": "name"}, "both select rows"),
    ],
)
def test_what_is_stated_wrong_is_refused_in_a_line(more: dict[str, Any], message: str) -> None:
    frame = _people(200).assign(name=["a", "b"] * 100)
    with pytest.raises(AuditError, match=message) as error:
        _audit(frame, **more)
    assert "\n" not in str(error.value)


def test_a_score_is_no_feature_and_without_one_the_rules_are_no_part_of_the_audit() -> None:
    frame = _people().assign(x=np.arange(4_000) % 7)
    frame["score"] = np.where(frame["hired"] == "yes", 0.9, 0.1) + np.arange(4_000) / 1e6  # else a leak
    audit = _audit(frame, only=["LAB003", "PRX001", "SCO002"])
    roles = {column.name: column.role for column in audit.dataset.columns}
    assert roles["score"] == "score"
    assert not any("score" in str(f.subject) for code in ("LAB003", "PRX001") for f in audit.result(code).findings)
    plain = auditor.check(frame[["sex", "hired", "x"]], target="hired", positive="yes", groups="sex", no_models=True)
    assert not [result for result in plain.results if result.rule.startswith("SCO")]
    named = auditor.check(frame[["sex", "hired"]], target="hired", positive="yes", groups="sex", only="SCO002")
    assert named.result("SCO002").state is State.NOT_RUN


def test_suitable_people_of_one_group_are_missed_more_often() -> None:
    (found,) = _result("SCO003", _people(miss=0.1)).findings
    assert found.state.found and (found.measures["tpr_difference"].value or 0) < -0.1
    assert "agreement with these decisions" in found.message
    assert "cannot have equal error rates" not in found.message  # the base rates are alike
    (alike,) = _result("SCO003", _people(20_000)).findings
    assert alike.state is State.CLEAR


def test_where_base_rates_differ_it_is_printed_what_excludes_what() -> None:
    frame = _people()
    refused = (frame["sex"] == "f") & (frame.index % 2 == 0)
    frame.loc[refused, "hired"] = "no"
    (found,) = _result("SCO003", frame, use_case={"label": {"kind": "measured_outcome"}}).findings
    assert "cannot have equal error rates" in found.message and "agreement" not in found.message


def test_rows_without_an_outcome_are_selected_too_and_counted() -> None:
    frame = _people(gap=0.1)
    frame.loc[frame["score"] < 0.4, "hired"] = None  # outcomes are known for some of those selected alone
    (cut,) = _result("SCO002", frame).findings
    assert cut.measures["selection_rate"].value == pytest.approx((frame[frame["sex"] == "f"]["score"] >= 0.5).mean())
    (error,) = _result("SCO003", frame).findings
    assert f"no outcome are in none of these rates ({frame['hired'].isna().sum():,})" in error.message


def test_missing_scores_that_could_hide_a_gap_leave_it_open() -> None:
    frame = _people(20_000)
    (whole,) = _result("SCO002", frame).findings
    assert whole.state is State.CLEAR
    frame.loc[(frame["sex"] == "f") & (frame.index % 3 == 0), "score"] = np.nan
    (found,) = _result("SCO002", frame).findings
    assert found.state is State.UNDETERMINED and "without a recorded score" in found.message


def test_an_automated_decision_needs_to_know_whom_the_score_selects() -> None:
    for decision, needed in (("automated", True), ("assistive", False)):
        audit = _audit(_people(2_000), only=[], cut=None, no_models=True, use_case={"use": {"decision": decision}})
        assert ({"SCO002", "SCO003"} <= {*audit.verdict.because}) is needed
        assert any("(--cut)" in each for each in audit.verdict.to_settle)


def test_no_number_shown_describes_a_few_people() -> None:
    """A group of 60: neither a cut nor a bin of the score is shown of which the group has one to four people."""
    frame = _people(1_000)
    frame.loc[60:, "sex"] = "m"
    frame.loc[:59, "sex"] = "f"
    audit = shown(_audit(frame))
    curve = [row for row in audit.result("SCO002").table if row["level"] == "f"]
    selected = [row["selection_rate"] * row["n"] for row in curve]
    assert selected and all(not 0.5 < n < 4.5 and not 0.5 < 60 - n < 4.5 for n in selected)
    assert all(not 0.5 < step < 4.5 for step in np.diff(selected))
    bins = audit.result("SCO005").table
    assert all(row["n"] >= 5 and not 0 < row["favourable"] < 5 for row in bins)
    assert len({row["bin"] for row in bins if row["level"] == "f"}) == len({row["bin"] for row in bins})


def test_a_person_who_recurs_counts_once() -> None:
    """Each row four times: rates stay, and the interval is that of the rows before."""
    frame = _people(600, gap=0.05).assign(person=np.arange(600))
    (once,) = _result("SCO002", frame, id="person").findings
    often = pd.concat([frame] * 4, ignore_index=True)
    (found,) = _result("SCO002", often, id="person").findings
    one, four = once.measures["impact_ratio"], found.measures["impact_ratio"]
    assert four.value == pytest.approx(one.value)
    assert (four.low, four.high) == pytest.approx((one.low, one.high), abs=0.01)
    pairs = [_result("SCO003", of, id="person").findings[0].measures["tpr_difference"] for of in (frame, often)]
    assert (pairs[1].low, pairs[1].high) == pytest.approx((pairs[0].low, pairs[0].high), abs=0.01)


def test_the_errors_of_compas_are_those_that_were_published() -> None:
    """Broward County: ProPublica's tables for the two-year scores of 2016, whose rates Aequitas' documents repeat.

    Of black and white defendants: low and medium-or-high scores of those who did not reoffend, and of those who did.
    Published: false positive rates of 44.85 and 23.45%, false negative rates of 27.99 and 47.72%, predictive values of
    .63 and .59. The favourable prediction is a low score, so that the published errors change sides.
    """
    counts = {"African-American": (990, 805, 532, 1369), "Caucasian": (1139, 349, 461, 505)}
    frame = pd.DataFrame(
        [
            {"race": race, "reoffended": again, "risk": risk, "n": n}
            for race, of in counts.items()
            for (again, risk), n in zip(
                [("no", "low"), ("no", "high"), ("yes", "low"), ("yes", "high")], of, strict=True
            )
        ]
    )
    stated: dict[str, Any] = {
        "target": "reoffended",
        "positive": "no",
        "groups": "race",
        "count": "n",
        "prediction": "risk",
    }
    audit = auditor.check(frame, prediction_positive="low", only="SCO", **stated)
    rows = {row["level"]: row for row in audit.result("SCO003").table}
    for race, (fpr, fnr, ppv) in {"African-American": (44.85, 27.99, 0.63), "Caucasian": (23.45, 47.72, 0.59)}.items():
        of = rows[race]
        assert round(100 * of["false_negative_rate"], 2) == fpr
        assert round(100 * of["false_positive_rate"], 2) == fnr
        missed = of["n"] - of["true_positive_rate_n"]  # who reoffended
        high = of["n"] - of["positive_predictive_value_n"]
        assert round((1 - of["false_positive_rate"]) * missed / high, 2) == ppv
    (found,) = audit.result("SCO003").findings
    assert found.state is State.SHOWN_STRONG and "cannot have equal error rates" in found.message
    (cut,) = audit.result("SCO002").findings
    low = {race: (of[0] + of[2]) / sum(of) for race, of in counts.items()}
    assert cut.measures["impact_ratio"].value == pytest.approx(low["African-American"] / low["Caucasian"])
    assert {audit.result(code).state for code in ("SCO001", "SCO004", "SCO005")} == {State.NOT_RUN}


@pytest.mark.parametrize(
    ("values", "cut"),
    [
        (np.ones(400), 0.5),
        (np.where(np.arange(400) % 50, np.linspace(-1, 1, 400), np.inf), 0.5),
        (np.where(np.arange(400) % 50, np.linspace(-1, 1, 400), -np.inf), 0),
        (np.arange(400) % 5, 2.5),
        (np.linspace(0, 1, 400), 5),
        (np.arange(400) + 10**15, 10**15 + 200),
        (np.linspace(0, 1, 400).astype("float32"), "<= 0.5"),
    ],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_odd_scores_crash_no_rule_and_select_whom_they_select(values: np.ndarray, cut: object) -> None:
    """One value, infinite ones, few, a cut beyond all, numbers of sixteen digits, short ones."""
    frame = _people(400).assign(score=values)
    audit = _audit(frame, cut=cut)
    assert not [result.rule for result in audit.results if result.failed]
    chosen = frame["score"] <= 0.5 if isinstance(cut, str) else frame["score"] >= cut
    for finding in audit.result("SCO002").findings:
        for name, level in (("selection_rate", "level"), ("reference_rate", "reference")):
            expected = chosen[frame["sex"] == finding.subject[level]].mean()
            assert finding.measures[name].value == pytest.approx(expected)
