"""Of two shares that sum to 1 the second test is the first: Holm and Goodman counted it twice, and doubled p."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import Table
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint, proportions_ztest

import auditor
from auditor.model import Finding, State
from auditor.stats.proportions import goodman
from auditor.stats.shares import against_population
from tests.conftest import rows_of
from tests.tallies import audit_of, counted, tally_of

SHARE, DRIFT = "REP001", "REP004"


def _levels(audit: auditor.Audit, rule: str) -> dict[str, Finding]:
    return {f.subject["level"]: f for f in audit.findings(rule) if "level" in f.subject}


def _people(counts: dict[str, int], shares: dict[str, float], **survey: int) -> auditor.Audit:
    stated = {"gender": shares, **({"survey": {"gender": survey["survey"]}} if survey else {})}
    return audit_of(tally_of(counts, groups=["gender"], target=None), {"population": stated}, only=[SHARE])


def test_39_women_of_100_against_a_half_are_one_test() -> None:
    found = _levels(_people({"women": 39, "men": 61}, {"women": 0.5, "men": 0.5}), SHARE)
    expected = stats.binomtest(39, 100, 0.5).pvalue
    assert expected == pytest.approx(0.0352, abs=5e-5)
    for finding in found.values():
        assert finding.measures["p_adjusted"].value == pytest.approx(expected)
        assert "Holm" not in finding.message
    women = found["women"]
    assert women.state is State.SHOWN
    assert women.measures["representation_ratio"].value == pytest.approx(0.78)
    # One interval too: Wilson's of 39 of 100 at 95%, over the stated half
    low, high = proportion_confint(39, 100, 0.05, "wilson")
    bounds = women.measures["representation_ratio"]
    assert (bounds.low, bounds.high) == pytest.approx((low / 0.5, high / 0.5))


def test_three_shares_are_still_adjusted() -> None:
    found = _levels(_people({"a": 39, "b": 41, "c": 20}, {"a": 0.5, "b": 0.35, "c": 0.15}), SHARE)
    raw = {
        level: stats.binomtest(n, 100, q).pvalue for level, n, q in (("a", 39, 0.5), ("b", 41, 0.35), ("c", 20, 0.15))
    }
    whole = stats.chisquare([39, 41, 20], [50, 35, 15]).pvalue  # of all together: a fourth test
    for name, p in zip([*raw, ""], multipletests([*raw.values(), whole], method="holm")[1], strict=True):
        if name:
            assert found[name].measures["p_adjusted"].value == pytest.approx(p)
    assert "Holm over 4 tests" in found["a"].message


def test_without_a_gap_three_columns_of_five_rarely_have_a_finding() -> None:
    """Of 200 data sets at 5% more than 17 have a chance of 1%; with alpha for each column, two in three."""
    rng = np.random.default_rng(8)
    shares = {"a": 0.4, "b": 0.25, "c": 0.2, "d": 0.1, "e": 0.05}
    names, found = ["x", "y", "z"], 0
    for _ in range(200):
        counts = rng.multinomial(200, [*shares.values()], size=3)
        tallies = {
            name: [level for level, n in zip(shares, of, strict=True) for _ in range(n)]
            for name, of in zip(names, counts, strict=True)
        }
        frame = pd.DataFrame({name: rng.permutation(levels) for name, levels in tallies.items()})
        audit = audit_of(
            counted(frame, groups=names, target=None), {"population": dict.fromkeys(names, shares)}, only=[SHARE]
        )
        found += any(finding.state in (State.SHOWN_STRONG, State.SHOWN) for finding in audit.findings(SHARE))
    assert found <= 17


def test_two_shares_of_a_survey_are_one_test() -> None:
    found = _levels(_people({"women": 420, "men": 580}, {"women": 0.47, "men": 0.53}, survey=2000), SHARE)
    _, p = proportions_ztest([420, 940], [1000, 2000])
    for finding in found.values():
        assert finding.measures["p_adjusted"].value == pytest.approx(p)


def test_a_third_group_of_stated_share_0_makes_no_third_test() -> None:
    shares = against_population({"women": 39, "men": 61}, {"women": 0.5, "men": 0.5, "none": 0.0})
    assert [share.p_adjusted for share in shares] == pytest.approx([stats.binomtest(39, 100, 0.5).pvalue] * 2)


def test_the_intervals_of_two_shares_are_one_interval() -> None:
    for count, (low, high) in zip((39, 61), goodman([39, 61]), strict=True):
        assert (low, high) == pytest.approx(proportion_confint(count, 100, 0.05, "wilson"))


def test_the_intervals_of_two_shares_hold_the_truth_together_as_often_as_said() -> None:
    rng = np.random.default_rng(1)
    held = [
        all(low <= q <= high for (low, high), q in zip(goodman([x, 200 - x]), (0.3, 0.7), strict=True))
        for x in rng.binomial(200, 0.3, 3000)
    ]
    assert np.mean(held) == pytest.approx(0.95, abs=0.015)  # 0.97 with alpha halved


def _years(rows: dict[str, list[int]]) -> pd.DataFrame:
    records = [(level, 2015 + i) for level, counts in rows.items() for i, n in enumerate(counts) for _ in range(n)]
    return pd.DataFrame(records, columns=["gender", "year"])


def test_the_trends_of_two_shares_are_one_test() -> None:
    counts = {"f": [62, 60, 55, 51, 49], "m": [38, 40, 45, 49, 51]}
    periods = {str(2015 + i): {level: of[i] for level, of in counts.items()} for i in range(5)}
    audit = audit_of(tally_of(periods=periods, groups=["gender"], target=None), only=[DRIFT])
    theirs = Table(np.array(list(counts.values())).T).test_ordinal_association()
    for finding in _levels(audit, DRIFT).values():
        # One test and not two: the trend has four fifths of alpha, beside steps and bends.
        assert finding.measures["p_adjusted"].value == pytest.approx(theirs.pvalue / 0.8, rel=0.01)


def test_a_level_without_a_date_is_no_third_test_and_has_no_trend() -> None:
    frame = _years({"f": [62, 60, 55, 51, 49], "m": [38, 40, 45, 49, 51]})
    frame = pd.concat([frame, pd.DataFrame({"gender": ["x"] * 40, "year": [None] * 40})], ignore_index=True)
    found = _levels(auditor.check(frame, groups=["gender"], time="year", only=[DRIFT]), DRIFT)
    theirs = Table(np.array([[62, 60, 55, 51, 49], [38, 40, 45, 49, 51]]).T).test_ordinal_association()
    assert found["f"].measures["p_adjusted"].value == pytest.approx(theirs.pvalue / 0.8, rel=0.01)
    assert found["x"].state is State.NOT_RUN


def test_two_levels_are_one_comparison_in_every_rule_that_compares_them() -> None:
    frame = rows_of({"f": (80, 300), "m": (130, 300)}, group="sex")
    rng = np.random.default_rng(2)
    frame["dept"] = rng.choice(["a", "b"], len(frame))
    frame["note"] = pd.Series("x", index=frame.index).mask(
        rng.random(len(frame)) < np.where(frame["sex"] == "f", 0.3, 0.1)
    )
    frame["year"] = rng.integers(2010, 2020, len(frame))
    frame.loc[rng.random(len(frame)) < np.where(frame["sex"] == "f", 0.15, 0.05), "hired"] = None
    rules = ["OUT001", "OUT003", "PRX004", "LAB004", "REP005", "QLT002"]
    audit = audit_of(counted(frame, groups=["sex"], within=["dept"], time="year"), only=rules)
    compared = 0
    for finding in audit.findings():
        raw, adjusted = (finding.measures.get(name) for name in ("p_value", "p_adjusted"))
        if adjusted is None:
            continue
        compared += 1
        if raw is not None:
            assert adjusted.value == pytest.approx(raw.value)
        assert "Holm over 2" not in finding.message
    assert compared >= 4
    lost = frame["hired"].isna().groupby(frame["sex"]).sum()
    _, p = proportions_ztest([lost["f"], lost["m"]], [300, 300])
    blank = next(audit.findings("LAB004"))
    assert blank.measures["p_adjusted"].value == pytest.approx(p)
