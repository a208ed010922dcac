"""ADJ001: a group has a worse outcome than the reference among people with equal controls."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from click.testing import CliRunner

import auditor
from auditor.analyzers import states
from auditor.cli.commands import main
from auditor.errors import AuditError
from auditor.model import Finding, Result, State
from auditor.reporter.charts.adjusted import figures
from auditor.stats.adjusted import Covariate, Scale, adjusted
from auditor.stats.counts import Interval
from auditor.stats.regression import Outcomes
from sample_data.make_pay import GAP
from tests.conftest import SAMPLES

ADJUSTED = "ADJ001"
REASONS = {"grade": "the union's job evaluation", "tenure": "steps of the pay agreement"}


def _people(rows: int = 1_500, gap: float = 0.065, seed: int = 1) -> pd.DataFrame:
    """Pay by grade and tenure, with a gap within every grade; women are in lower grades and shorter in service."""
    rng = np.random.default_rng(seed)
    woman = rng.random(rows) < 0.45
    grade = np.clip(rng.poisson(3, rows) - woman * (rng.random(rows) < 0.4), 0, 7)
    tenure = np.round(rng.gamma(2, 4, rows) * np.where(woman, 0.8, 1), 1)
    logs = 3 + 0.12 * grade + 0.01 * tenure + rng.gamma(2, 0.05, rows) + woman * math.log(1 - gap)
    chance = 1 / (1 + np.exp(1.5 - 0.4 * grade + 0.9 * woman))
    return pd.DataFrame(
        {
            "sex": np.where(woman, "f", "m"),
            "grade": [f"g{of}" for of in grade],
            "tenure": tenure,
            "pay": np.exp(logs).round(2),
            "promoted": np.where(rng.random(rows) < chance, "yes", "no"),
            "site": rng.choice(["north", "south", "east"], rows),
        }
    )


def _result(frame: pd.DataFrame, controls: Any = ("grade", "tenure"), **options: Any) -> Result:
    reasons = controls if isinstance(controls, dict) else {name: REASONS.get(name, "known") for name in controls}
    use = {"features": {"controls": reasons}, **options.pop("use_case", {})}
    given = {"target": "pay", "groups": "sex", **options}
    if given["target"] == "promoted":
        given["positive"] = "yes"
    return auditor.check(frame, use_case=use, only=ADJUSTED, **given).result(ADJUSTED)


def _one(result: Result) -> Finding:
    assert result.reason is None
    (finding,) = result.findings
    return finding


def _value(finding: Finding, name: str) -> float:
    value = finding.measures[name].value
    assert value is not None
    return value


def test_a_gap_within_every_grade_is_found_with_its_size() -> None:
    """The planted gap is 6.5%; statsmodels gives the estimate and the HC3 error."""
    frame = _people()
    finding = _one(_result(frame))
    z = (frame.tenure - frame.tenure.mean()) / frame.tenure.std()
    formula = "np.log(pay) ~ C(grade) + z + I(z ** 2) + C(sex, Treatment('m'))"
    fit = smf.ols(formula, frame.assign(z=z)).fit(cov_type="HC3")
    assert finding.state is State.SHOWN_STRONG and finding.severity == "condition"
    assert finding.subject == {"target": "pay", "group": "sex", "level": "f", "reference": "m"}
    ratio = finding.measures["adjusted_ratio"]
    assert ratio.value == pytest.approx(math.exp(fit.params.iloc[-3]), rel=1e-9)
    assert ratio.limit == pytest.approx(0.95) and ratio.low is not None and ratio.low < 1 - 0.065 < (ratio.high or 0)
    reach = (math.log(ratio.high or 1) - math.log(ratio.low)) / 2
    assert reach == pytest.approx(1.96 * fit.bse.iloc[-3], rel=0.02)
    lower = f"{1 - math.exp(fit.params.iloc[-3]):.1%}"
    assert finding.headline == f"'pay' of 'f' is on average {lower} lower than that of 'm', with equal controls"
    assert finding.remedy and "'f' (sex)" in finding.remedy and finding.settle is None


def test_the_robustness_value_is_that_of_the_equal_variance_t() -> None:
    """As Cinelli and Hazlett state it, by hand from the regression of statsmodels."""
    frame = _people()
    z = (frame.tenure - frame.tenure.mean()) / frame.tenure.std()
    fit = smf.ols("np.log(pay) ~ C(grade) + z + I(z ** 2) + C(sex)", frame.assign(z=z)).fit()
    f = abs(fit.tvalues["C(sex)[T.m]"]) / math.sqrt(fit.df_resid)
    assert _value(_one(_result(frame)), "robustness_value") == pytest.approx(
        (math.sqrt(f**4 + 4 * f**2) - f**2) / 2, rel=1e-6
    )


def test_the_table_has_the_gap_without_controls_with_all_and_without_each() -> None:
    frame = _people()
    table = {row["model"]: row for row in _result(frame).table}
    assert list(table) == ["no controls", "all controls", "all but 'grade'", "all but 'tenure'"]
    raw = np.log(frame.pay).groupby(frame.sex).mean()
    assert table["no controls"]["ratio"] == pytest.approx(math.exp(raw["f"] - raw["m"]))
    less = smf.ols("np.log(pay) ~ C(grade) + C(sex, Treatment('m'))", frame).fit().params.iloc[-1]
    assert table["all but 'tenure'"]["ratio"] == pytest.approx(math.exp(less), rel=1e-9)
    assert table["all controls"]["ratio_low"] < table["all controls"]["ratio"] < table["all controls"]["ratio_high"]


def test_the_chart_shows_every_model() -> None:
    use = {"features": {"controls": REASONS}}
    audit = auditor.check(_people(), target="pay", groups="sex", use_case=use, only=ADJUSTED)
    (drawn,) = figures(audit)
    assert drawn.title == "With and without controls: sex f against m"
    assert [words.split(":")[0] for words in drawn.words.split("; ")] == [
        "no controls", "all controls", "all but 'grade'", "all but 'tenure'",
    ]  # fmt: skip
    assert drawn.svg().startswith("<svg")


def test_no_gap_is_clear_with_enough_rows() -> None:
    finding = _one(_result(_people(8_000, gap=0.0, seed=3)))
    assert finding.state is State.CLEAR and finding.remedy is None
    assert _value(finding, "raw_ratio") < 0.95  # the raw gap is one of grade and tenure


def test_few_rows_are_inconclusive() -> None:
    finding = _one(_result(_people(60, gap=0.0)))
    assert finding.state is State.UNDETERMINED and finding.settle


def test_the_gap_may_be_the_references_own() -> None:
    """Women are paid more for equal work, and less in all: the reference of all rows has the gap."""
    finding = _one(_result(_people(3_000, gap=-0.12), use_case={"groups": {"reference": {"sex": "m"}}}))
    assert finding.state is State.SHOWN_STRONG and _value(finding, "adjusted_ratio") > 1.08
    assert "the reference's own" in finding.message and finding.remedy and "'m' (sex)" in finding.remedy


def test_a_rate_is_compared_by_a_logistic_regression() -> None:
    frame = _people()
    finding = _one(_result(frame, target="promoted"))
    y = (frame.promoted == "yes").astype(float)
    z = (frame.tenure - frame.tenure.mean()) / frame.tenure.std()
    data = frame.assign(y=y, z=z, woman=(frame.sex == "f").astype(int))
    fit = smf.logit("y ~ C(grade) + z + I(z ** 2) + woman", data).fit(disp=0)
    rates = [fit.predict(data.assign(woman=side)).mean() for side in (1, 0)]
    assert _value(finding, "adjusted_rate") == pytest.approx(rates[0], rel=1e-5)
    assert _value(finding, "adjusted_ratio") == pytest.approx(rates[0] / rates[1], rel=1e-5)
    assert _value(finding, "adjusted_difference") == pytest.approx(rates[0] - rates[1], rel=1e-4)
    assert finding.state.found and finding.measures["adjusted_ratio"].limit == pytest.approx(0.8)
    ratio = rates[1] / rates[0]
    assert _value(finding, "e_value") == pytest.approx(ratio + math.sqrt(ratio * (ratio - 1)), rel=1e-5)


def test_a_control_without_a_reason_moves_no_verdict() -> None:
    use = {"use": {"purpose": "review"}, "features": {"controls": {"grade": "", "tenure": "steps"}}}
    audit = auditor.check(_people(), target="pay", groups="sex", use_case=use, only=ADJUSTED)
    finding = audit.result(ADJUSTED).findings[0]
    assert finding.state is State.SHOWN_STRONG and finding.severity == "note"
    assert "No reason is stated for 'grade' as a control" in finding.message
    assert not audit.verdict.because


def test_a_use_with_reasoned_controls_needs_a_result() -> None:
    """Left open it is a condition, as the policy checks it where controls are stated with their reasons."""
    use = {"features": {"controls": REASONS}}
    audit = auditor.check(_people(60, gap=0.0), target="pay", groups="sex", use_case=use, no_models=True)
    assert audit.result(ADJUSTED).state is State.UNDETERMINED
    assert any(ADJUSTED in action.rules for action in audit.verdict.actions)


def test_the_rule_is_no_part_of_an_audit_without_controls() -> None:
    audit = auditor.check(_people(200), target="pay", groups="sex", no_models=True)
    assert ADJUSTED not in {result.rule for result in audit.results}
    alone = auditor.check(_people(200), target="pay", groups="sex", only=ADJUSTED).result(ADJUSTED)
    assert alone.state is State.NOT_RUN and "no control is stated" in (alone.reason or "")


def test_a_control_that_the_group_shapes_is_named() -> None:
    """A rating that is lower for women hides a part of their gap; the site does not differ."""
    rng = np.random.default_rng(5)
    frame = _people(3_000)
    rating = 3 + (np.log(frame.pay) - np.log(frame.pay).mean()) * 3 - 0.8 * (frame.sex == "f") + rng.normal(size=3_000)
    frame["rating"] = rating.round().clip(1, 5)
    finding = _one(_result(frame, ["grade", "tenure", "rating", "site"]))
    named = finding.message.split("Possibly tainted: ")[1].split(".")[0]
    assert "'rating'" in named and "'site'" not in named


def test_a_level_that_determines_the_outcome_is_left_out_up_to_a_fifth() -> None:
    frame = _people(2_000, seed=7)
    frame.loc[:39, ["grade", "promoted"]] = ["head", "yes"]
    finding = _one(_result(frame, ["grade"], target="promoted"))
    rest = _one(_result(frame[40:], ["grade"], target="promoted"))
    assert _value(finding, "adjusted_ratio") == pytest.approx(_value(rest, "adjusted_ratio"), rel=1e-9)
    assert "2.0% of the rows are left out" in finding.message
    frame.loc[:899, ["grade", "promoted"]] = ["head", "yes"]
    many = _one(_result(frame, ["grade"], target="promoted"))
    assert many.state is State.UNDETERMINED and "determine the outcome" in many.message and not many.measures


@pytest.mark.parametrize("target", ["pay", "promoted"])
def test_controls_that_determine_the_group_are_inconclusive(target: str) -> None:
    frame = _people(800)
    frame["club"] = np.where(frame.sex == "f", "a", "b")
    finding = _one(_result(frame, ["club"], target=target))
    assert finding.state is State.UNDETERMINED and "determine who is in the group" in finding.message
    assert not finding.measures and finding.settle


def test_a_group_with_one_outcome_is_inconclusive() -> None:
    frame = _people(400)
    frame.loc[frame.sex == "f", "promoted"] = "no"
    finding = _one(_result(frame, target="promoted"))
    assert finding.state is State.UNDETERMINED and "one outcome only" in finding.message


def test_people_without_comparable_others_are_no_claim() -> None:
    """By hand: of 100 women 60 are in a grade without men, so 40 in 100 have comparable people."""
    sex = np.repeat(["f", "f", "m"], [60, 40, 100])
    grade = np.repeat(["only", "shared", "shared"], [60, 40, 100])
    pay = np.exp(np.random.default_rng(1).normal(3, 0.01, 200))
    use = {"groups": {"reference": {"sex": "m"}}}
    finding = _one(_result(pd.DataFrame({"sex": sex, "grade": grade, "pay": pay}), ["grade"], use_case=use))
    assert _value(finding, "comparable") == pytest.approx(0.4)
    assert finding.state is State.UNDETERMINED and "comparable people" in finding.message


def test_a_missing_control_is_a_level_of_its_own() -> None:
    frame = _people()
    frame.loc[::7, "tenure"] = np.nan
    frame.loc[::9, "grade"] = None
    finding = _one(_result(frame))
    there = frame.tenure.notna()
    z = ((frame.tenure - frame.tenure.mean()) / frame.tenure.std()).fillna(0)
    data = frame.assign(z=z, lost=(~there).astype(int), grade=frame.grade.fillna("none"))
    fit = smf.ols("np.log(pay) ~ C(grade) + z + I(z ** 2) + lost + C(sex, Treatment('m'))", data).fit()
    assert math.log(_value(finding, "adjusted_ratio")) == pytest.approx(fit.params.filter(like="sex").iloc[0], rel=1e-8)


def test_a_control_in_bands() -> None:
    frame = _people()
    finding = _one(_result(frame, {"tenure:2,5,10": "steps of the agreement", "grade": "evaluation"}))
    data = frame.assign(band=np.searchsorted([2, 5, 10], frame.tenure, side="right"))
    fit = smf.ols("np.log(pay) ~ C(grade) + C(band) + C(sex, Treatment('m'))", data).fit()
    assert math.log(_value(finding, "adjusted_ratio")) == pytest.approx(fit.params.filter(like="sex").iloc[0], rel=1e-8)


def test_numbers_that_are_not_positive_are_compared_as_they_are() -> None:
    frame = _people()
    frame["pay"] = frame.pay - frame.pay.mean()
    finding = _one(_result(frame))
    fit = smf.ols("pay ~ C(grade) + tenure + I(tenure ** 2) + C(sex, Treatment('m'))", frame).fit()
    expected = fit.params.filter(like="sex").iloc[0]
    assert _value(finding, "adjusted_amount") == pytest.approx(expected, rel=1e-7)
    spread = math.sqrt(
        frame.groupby("sex").pay.apply(lambda of: ((of - of.mean()) ** 2).sum()).sum() / (len(frame) - 2)
    )
    assert finding.measures["adjusted_amount"].limit == pytest.approx(-0.2 * spread)


def test_the_scale_can_be_stated() -> None:
    frame = _people()
    plain = _one(_result(frame, scale="plain"))
    assert "adjusted_amount" in plain.measures and "adjusted_ratio" not in plain.measures
    frame.loc[0, "pay"] = 0.0
    assert "adjusted_amount" in _one(_result(frame)).measures
    refused = _result(frame, scale="log")
    assert refused.state is State.NOT_RUN and "not positive" in (refused.reason or "")


def test_people_who_recur_are_clusters() -> None:
    """Each person four times: the interval is that of statsmodels' clusters, about twice as wide."""
    frame = _people(400).assign(person=np.arange(400))
    four = frame.loc[np.repeat(frame.index, 4)].reset_index(drop=True)
    four["pay"] *= np.exp(np.random.default_rng(1).normal(0, 0.01, len(four)))
    ratio = _one(_result(four, ["grade"], id="person")).measures["adjusted_ratio"]
    fit = smf.ols("np.log(pay) ~ C(grade) + C(sex, Treatment('m'))", four)
    error = fit.fit(cov_type="cluster", cov_kwds={"groups": four.person}).bse.filter(like="sex").iloc[0]
    reach = (math.log(ratio.high or 1) - math.log(ratio.low or 1)) / 2
    assert (
        reach == pytest.approx(1.96 * error, rel=0.03)
        and error > 1.8 * fit.fit(cov_type="HC3").bse.filter(like="sex").iloc[0]
    )


def test_several_groups_share_alpha() -> None:
    """Each group against the reference in a regression of its own; Holm over all pairs that it was chosen from."""
    frame = _people(2_000)
    frame["race"] = np.random.default_rng(2).choice(["a", "b", "c"], 2_000)
    found = _result(frame, groups=["sex", "race"])
    assert found.findings[0].subject["level"] == "f"
    assert len(found.findings) == 3 and all("Holm over 4 comparisons" in of.message for of in found.findings)


def test_a_control_may_be_a_group_of_its_own() -> None:
    frame = _people(2_000)
    frame["race"] = np.random.default_rng(2).choice(["a", "b"], 2_000)
    found = _result(frame, ["sex", "grade"], groups=["sex", "race"])
    of_race = next(of for of in found.findings if of.subject["group"] == "race")
    assert "equal 'sex', 'grade'" in of_race.message and "equal 'grade'" in found.findings[0].message


@pytest.mark.parametrize(
    ("value", "low", "high", "p", "firm", "state"),
    [
        (-0.07, -0.08, -0.06, 1e-6, True, State.SHOWN_STRONG),
        (0.07, 0.06, 0.08, 1e-6, True, State.SHOWN_STRONG),
        (-0.07, -0.1, -0.04, 0.001, True, State.SHOWN),
        (-0.03, -0.06, -0.01, 0.01, True, State.BORDERLINE),
        (-0.01, -0.04, 0.02, 0.5, True, State.CLEAR),
        (-0.03, -0.05, -0.01, 0.01, False, State.CLEAR),
        (-0.07, -0.1, -0.04, 0.001, False, State.UNDETERMINED),
        (-0.07, -0.2, 0.04, 0.2, True, State.UNDETERMINED),
        (math.nan, math.nan, math.nan, math.nan, True, State.UNDETERMINED),
    ],
)
def test_the_state_of_a_gap(value: float, low: float, high: float, p: float, firm: bool, state: State) -> None:
    assert states.adjusted_gap(value, Interval(low, high), p, 0.05, 0.05, firm=firm) is state


@pytest.mark.parametrize("covered", [0.3, math.nan])
def test_without_overlap_there_is_no_state(covered: float) -> None:
    for state in (State.CLEAR, State.SHOWN, State.SHOWN_STRONG):
        assert states.with_overlap(state, covered, 0.8, 0.5) is State.UNDETERMINED
    assert states.with_overlap(State.SHOWN, 0.6, 0.8, 0.5) is State.SHOWN
    assert states.with_overlap(State.CLEAR, 0.6, 0.8, 0.5) is State.UNDETERMINED


def test_nobody_is_compared_with_nothing() -> None:
    """No row, or no outcome that varies, gives a reason, and no number that is not finite."""
    y = np.zeros(40)
    group = np.repeat([True, False], 20)
    codes = np.tile([0, 1], 20)
    found = adjusted(Scale.RATE, group, Outcomes.of(y), [Covariate("a", codes, 2)])
    assert found.why == "one_outcome" and found.adjusted is None
    flat = adjusted(Scale.PLAIN, group, Outcomes.of(y), [Covariate("a", codes, 2)])
    assert flat.adjusted is not None and math.isnan(flat.adjusted.effect.p)


def test_wrong_controls_are_refused_in_a_line() -> None:
    frame = _people(100)
    for controls, words in ((["garde"], "grade"), (["pay"], "cannot be both target and control")):
        with pytest.raises(AuditError, match=words):
            _result(frame, controls)
    with pytest.raises(AuditError, match="cannot be dropped: gaps are adjusted for it"):
        _result(frame, ["grade"], drop=["grade"])


def test_a_control_of_too_many_levels_is_a_reason() -> None:
    frame = _people(4_000).assign(job=[f"job {i % 1_900}" for i in range(4_000)])
    found = _result(frame, ["job"])
    assert found.state is State.NOT_RUN and "'job' has more than 1,000 values" in (found.reason or "")


def test_weights_and_tallies_are_reasons(tmp_path: Path) -> None:
    frame = _people(300)
    weighted = _result(frame.assign(w=1.5), weight="w")
    assert weighted.state is State.NOT_RUN and "weights" in (weighted.reason or "")
    path = tmp_path / "part.tally"
    auditor.tally(frame, path, target="promoted", positive="yes", groups="sex")
    use = {"features": {"controls": REASONS}}
    of_tally = auditor.check(path, use_case=use).result(ADJUSTED)
    assert of_tally.state is State.NOT_RUN and "needs rows" in (of_tally.reason or "")
    with pytest.raises(AuditError, match="'control' cannot be asked of tallies"):
        auditor.check(path, control="grade")


def test_a_small_group_is_not_shown(tmp_path: Path) -> None:
    """Three people of a third sex: no number of theirs in what is written."""
    frame = _people(600)
    frame.loc[:2, "sex"] = "x"
    use = {"features": {"controls": REASONS}}
    audit = auditor.check(frame, target="pay", groups="sex", use_case=use, only=ADJUSTED)
    audit.save(tmp_path / "r.md")
    audit.save(tmp_path / "r.json")
    assert "sex 'x' against 'm': too few to show (under 5 rows)." in (tmp_path / "r.json").read_text()
    assert (
        '"reference_n": 3' not in (tmp_path / "r.json").read_text()
        and '"n": 3,' not in (tmp_path / "r.json").read_text()
    )


def test_the_command_line(tmp_path: Path) -> None:
    path = tmp_path / "pay.csv"
    _people().to_csv(path, index=False)
    asked = ["check", str(path), "--target", "pay", "--group", "sex", "--control", "grade", "--control", "tenure"]
    out = tmp_path / "r.html"
    run = CliRunner().invoke(main, [*asked, "--only", ADJUSTED, "--scale", "log", "--report", str(out)])
    assert run.exit_code == 0, run.output
    page = out.read_text()
    assert "Gaps with and without controls" in page and "grade: no reason was given" in page


def test_cells_and_rows_give_one_result() -> None:
    """Many rows of few cells are put together before they are compared; the numbers are those of statsmodels."""
    frame = _people(6_000)
    found = _one(_result(frame, ["grade"]))
    fit = smf.ols("np.log(pay) ~ C(grade) + C(sex, Treatment('m'))", frame).fit(cov_type="HC3")
    ratio = found.measures["adjusted_ratio"]
    assert math.log(ratio.value or 0) == pytest.approx(fit.params.filter(like="sex").iloc[0], rel=1e-8)
    reach = (math.log(ratio.high or 1) - math.log(ratio.low or 1)) / 2
    assert reach == pytest.approx(1.96 * fit.bse.filter(like="sex").iloc[0], rel=0.01)


def test_the_gap_planted_in_the_pay_sample_is_found() -> None:
    """Women are paid 6.5% less within every job, site and tenure (`make_pay.GAP`); the raw gap is about three times that."""
    use = {"features": {"controls": dict.fromkeys(("grade", "job_family", "site", "tenure_years"), "stated")}}
    audit = auditor.check(
        SAMPLES / "pay.csv", target="hourly_base", groups="gender", id="employee_id", use_case=use, only="ADJ"
    )
    finding = _one(audit.result(ADJUSTED))
    ratio = finding.measures["adjusted_ratio"]
    assert finding.state is State.SHOWN_STRONG and finding.subject["level"] == "female"
    assert (ratio.low or 1) < 1 - GAP < (ratio.high or 0) and _value(finding, "raw_ratio") < 1 - 3 * GAP
    split = audit.result("ADJ002").findings[0].measures
    assert abs((split["explained"].value or 0) / (split["unexplained"].value or 1)) > 2
