"""ADJ002: how much of a gap in means is explained by differences in the controls."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

import auditor
from auditor.model import Audit, State
from auditor.reporter.charts.adjusted import figures

SPLIT = "ADJ002"
USE = {"features": {"controls": {"grade": "job evaluation", "site": "pay tables"}}}


def _people(rows: int = 1_200, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    woman = rng.random(rows) < 0.45
    grade = np.clip(rng.poisson(3, rows) - woman * (rng.random(rows) < 0.5), 0, 6)
    pay = np.exp(3 + 0.12 * grade - 0.07 * woman + 0.1 * rng.normal(size=rows))
    frame = pd.DataFrame({"sex": np.where(woman, "f", "m"), "grade": [f"g{of}" for of in grade], "pay": pay})
    frame["hired"] = np.where(rng.random(rows) < 0.2 + 0.08 * grade, "yes", "no")
    return frame.assign(site=rng.choice(["north", "south"], rows))


def _audit(frame: pd.DataFrame, target: str = "pay") -> Audit:
    positive = "yes" if target == "hired" else None
    return auditor.check(frame, target=target, positive=positive, groups="sex", use_case=USE, only=SPLIT)


def test_a_gap_is_split_and_adds_up() -> None:
    """Whole gap and explained part at the reference's coefficients, by hand from statsmodels' regression of men."""
    frame = _people()
    result = _audit(frame).result(SPLIT)
    (finding,) = result.findings
    assert finding.state is State.CLEAR and finding.severity is None
    assert finding.subject == {"target": "pay", "group": "sex", "level": "f", "reference": "m"}
    men = smf.ols("np.log(pay) ~ C(grade) + C(site)", frame[frame.sex == "m"]).fit()
    women_as_men = men.predict(frame[frame.sex == "f"]).mean()
    logs = np.log(frame.pay).groupby(frame.sex).mean()
    rows = {row["part"]: row for row in result.table}
    assert list(rows) == ["whole gap", "explained", "by 'grade'", "by 'site'", "not explained"]
    assert rows["whole gap"]["by_reference"] == pytest.approx(logs["f"] - logs["m"])
    assert rows["explained"]["by_reference"] == pytest.approx(women_as_men - logs["m"])
    assert rows["not explained"]["by_reference"] == pytest.approx(logs["f"] - women_as_men)
    for key in ("by_reference", "by_group", "by_both"):
        parts = rows["by 'grade'"][key] + rows["by 'site'"][key]
        assert parts == pytest.approx(rows["explained"][key])
        assert rows["explained"][key] + rows["not explained"][key] == pytest.approx(rows["whole gap"][key])
    both = finding.measures["unexplained"]
    assert both.low is not None and both.high is not None and both.low < -0.07 < both.high
    assert "Of a gap of −0." in finding.headline


def test_a_rate_is_split_by_linear_models() -> None:
    frame = _people()
    rows = {row["part"]: row for row in _audit(frame, "hired").result(SPLIT).table}
    rates = (frame.hired == "yes").groupby(frame.sex).mean()
    gap = rates["f"] - rates["m"]
    assert abs(rows["whole gap"]["by_both"]) == pytest.approx(abs(gap))
    assert rows["explained"]["by_both"] * rows["whole gap"]["by_both"] > 0


def test_the_chart_shows_the_parts() -> None:
    (drawn,) = figures(_audit(_people()))
    assert drawn.title == "Explained by controls: sex f against m" and drawn.svg().startswith("<svg")
    assert drawn.words.startswith("whole gap: −0.") and "not explained: −0.0" in drawn.words


def test_controls_that_do_not_overlap_are_inconclusive() -> None:
    frame = _people()
    frame["grade"] = np.where(frame.sex == "f", "a", "b")
    (finding,) = _audit(frame).result(SPLIT).findings
    assert finding.state is State.UNDETERMINED and finding.settle and not finding.measures
    use = {"features": {"controls": {"site": "pay tables"}}}
    few = auditor.check(_people(40), target="pay", groups="sex", use_case=use, only=SPLIT).result(SPLIT).findings[0]
    assert few.state is State.UNDETERMINED and "too few rows" in few.message


def test_it_changes_no_verdict() -> None:
    audit = _audit(_people())
    assert not audit.verdict.because and not audit.verdict.conditions
