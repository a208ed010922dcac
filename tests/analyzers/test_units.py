"""Rows that are not independent people who count the same: weights, copies, clusters, surveys; whole audits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, norm, t
from statsmodels.stats.proportion import proportion_confint

import auditor
from auditor.analyzers.catalog import all_rules
from auditor.model import Audit, State
from auditor.stats.counts import Pair
from auditor.stats.proportions import equal_rates, newcombe, ratio_interval

TABLES = ("OUT001", "OUT003", "OUT004", "OUT006", "REP004", "REP005", "PRX001", "PRX004", "QLT002", "LAB003", "LAB004")
STATED: dict[str, Any] = {
    "target": "hired",
    "groups": ["sex", "age"],
    "within": ["job"],
    "time": "year",
    "reference": {"sex": {"f": 0.5, "m": 0.5}},
    "only": [*TABLES, "REP001", "OUT002", "LAB001"],
}


def _people(rows: int = 900, seed: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    levels = {"sex": "fm", "age": ["old", "mid", "young"], "job": "ab", "grade": "abcde"}
    frame = pd.DataFrame({name: rng.choice(list(of), rows) for name, of in levels.items()})
    frame["year"] = rng.integers(2018, 2022, rows)
    frame["score"] = rng.normal(size=rows) + (frame["sex"] == "m")
    frame["hired"] = np.where(rng.random(rows) < 0.3 + 0.2 * (frame["sex"] == "m"), "yes", "no")
    frame.loc[rng.random(rows) < 0.1, "grade"] = None
    frame.loc[rng.random(rows) < 0.06, "hired"] = None
    return frame


def _numbers(audit: Audit, rule: str) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return {
        (*sorted(found.subject.items()), name): tuple(of)[:3] if isinstance(of, tuple) else (of.value, of.low, of.high)
        for found in audit.result(rule).findings
        for name, of in found.measures.items()
    }


def _same(one: Audit, other: Audit, rule: str) -> None:
    ours, theirs = _numbers(one, rule), _numbers(other, rule)
    assert ours.keys() == theirs.keys(), rule
    for key, values in ours.items():
        for mine, yours in zip(values, theirs[key], strict=True):
            assert mine == (None if mine is None else pytest.approx(yours, rel=1e-6, abs=1e-9, nan_ok=True)), (
                rule,
                key,
            )


@cache
def _weighted(scale: float, heavy: float = 5.0) -> Audit:
    frame = _people()
    weights = np.where(np.random.default_rng(9).random(len(frame)) < 0.5, 1.0, heavy)
    return auditor.check(frame.assign(w=scale * weights), weight="w", **STATED)


@pytest.mark.parametrize("rule", TABLES)
def test_the_scale_of_weights_changes_nothing(rule: str) -> None:
    assert _weighted(1).result(rule).state is not State.NOT_RUN
    _same(_weighted(1), _weighted(13), rule)


def test_weights_of_one_are_no_weights() -> None:
    plain, ones = auditor.check(_people(), id="none", **STATED), _weighted(1, heavy=1)
    for rule in (*TABLES, "REP001"):
        _same(plain, ones, rule)


def test_weighted_rates_are_those_of_rows_written_as_often() -> None:
    """The estimates of weighted rows are those of the rows repeated; their intervals are wider."""
    frame = _people()
    times = np.where(np.random.default_rng(9).random(len(frame)) < 0.5, 1, 5)
    copied = auditor.check(frame.loc[frame.index.repeat(times)], id="none", **STATED)
    for rule, name in (("OUT003", "mh_risk_ratio"), ("REP004", "change"), ("LAB004", "missing_difference")):
        ours, theirs = _numbers(_weighted(1), rule), _numbers(copied, rule)
        asked = [key for key in ours if key[-1] == name and key in theirs]
        assert asked, rule
        for key in asked:
            assert ours[key][0] == pytest.approx(theirs[key][0], rel=1e-6), key
            assert ours[key][1] is None or ours[key][1] < theirs[key][1]


def test_a_weighted_link_is_tested_by_rao_and_scott() -> None:
    """Cell by cell: the chi-square of weighted shares over the mean of the cells' design effects, worked here."""
    rng = np.random.default_rng(21)
    n = 400
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], n), "grade": rng.choice(["a", "b", "c"], n)})
    frame["hired"], frame["w"] = (
        np.where(frame["grade"] == "a", "yes", rng.choice(["yes", "no"], n)),
        rng.choice([1, 4], n),
    )
    audit = auditor.check(frame, target="hired", groups=["sex"], weight="w", id="none", only=["PRX001"])
    row = next(of for of in audit.result("PRX001").table if of.get("column") == "grade")
    w, x, y = frame["w"].to_numpy(float), frame["grade"].to_numpy(), (frame["hired"] == "yes").to_numpy()
    statistic = effects = 0.0
    for level in "abc":
        for chosen in (True, False):
            inside, out = (x == level).astype(float), (y == chosen).astype(float)
            p, q = np.average(inside, weights=w), np.average(out, weights=w)
            share = np.average(inside * out, weights=w)
            influence = (inside - p) * (out - q)
            variance = (w**2 * influence**2).sum() / w.sum() ** 2
            statistic += n * (share - p * q) ** 2 / (p * q)
            effects += n * variance / (p * q)
    kish = w.sum() ** 2 / (w**2).sum()
    few = kish / (kish - 1) * (t.ppf(0.975, kish - 1) / norm.ppf(0.975)) ** 2
    expected = chi2.sf(statistic / (effects / 2 * few), 2)
    assert row["outcome_p"] == pytest.approx(expected, rel=1e-6)


def _effective(frame: pd.DataFrame, variance: Mapping[str, float]) -> dict[str, tuple[float, float]]:
    """Return level -> (favourable, rows) of the size at which a simple sample has this variance of its rate."""
    found = {}
    for level, of in frame.groupby("sex"):
        rate = float(np.average(of["hired"] == "yes", weights=of["w"]))
        n = rate * (1 - rate) / variance[str(level)]
        found[str(level)] = (rate * n, n)
    return found


def _gap_of(frame: pd.DataFrame, **more: Any) -> Any:
    audit = auditor.check(frame, target="hired", groups=["sex"], weight="w", id="none", only=["OUT001"], **more)
    return next(iter(audit.result("OUT001").findings))


def test_an_impact_ratio_by_replicate_weights() -> None:
    rng = np.random.default_rng(31)
    n = 600
    frame = pd.DataFrame(
        {"sex": rng.choice(["f", "m"], n), "w": rng.integers(1, 9, n).astype(float), "score": rng.normal(size=n)}
    )
    frame["hired"] = rng.choice(["yes", "no"], n, p=[0.4, 0.6])
    replicates = pd.DataFrame({f"w{r}": frame["w"] * rng.choice([0.25, 1.0, 1.75], n) for r in range(1, 81)})
    gap = _gap_of(pd.concat([frame, replicates], axis=1), replicate_weights="w*")
    variance = {}
    for level in ("f", "m"):
        here = (frame["sex"] == level).to_numpy()
        won = (frame["hired"] == "yes").to_numpy()[here]
        rate = np.average(won, weights=frame["w"][here])
        each = [np.average(won, weights=replicates[name][here]) for name in replicates]
        variance[level] = 4 / 80 * sum((one - rate) ** 2 for one in each)
    sized = _effective(frame, variance)
    pair = Pair(*sized[gap.subject["level"]], *sized[gap.subject["reference"]])
    own = proportion_confint(*sized[gap.subject["level"]], method="wilson")
    measures = gap.measures
    assert (measures["selection_rate"].low, measures["selection_rate"].high) == pytest.approx(own, rel=1e-6)
    assert (measures["impact_ratio"].low, measures["impact_ratio"].high) == pytest.approx(
        ratio_interval(pair), rel=1e-6
    )
    assert (measures["rate_difference"].low, measures["rate_difference"].high) == pytest.approx(
        newcombe(pair), rel=1e-6
    )
    assert measures["p_value"].value == pytest.approx(equal_rates(pair).p, rel=1e-6)


def test_an_impact_ratio_by_strata_and_sampling_units() -> None:
    rng = np.random.default_rng(32)
    n = 600
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], n), "w": rng.integers(1, 9, n).astype(float)})
    frame["stratum"], frame["psu"] = rng.integers(0, 4, n), rng.integers(0, 6, n)
    lift = rng.normal(0, 1.2, (4, 6))[frame["stratum"], frame["psu"]]
    frame["hired"] = np.where(rng.random(n) < 1 / (1 + np.exp(0.5 - lift)), "yes", "no")
    gap = _gap_of(frame, survey_strata="stratum", survey_psu="psu")
    variance = {}
    for level in ("f", "m"):
        here = frame["sex"] == level
        rate = np.average(frame["hired"][here] == "yes", weights=frame["w"][here])
        z = frame["w"] * here * ((frame["hired"] == "yes") - rate) / frame["w"][here].sum()
        total = 0.0
        for _, of in z.groupby([frame["stratum"]]):
            sums = of.groupby(frame["psu"]).sum()
            total += len(sums) / (len(sums) - 1) * ((sums - sums.mean()) ** 2).sum()
        variance[level] = total * (t.ppf(0.975, 24 - 4) / norm.ppf(0.975)) ** 2
    sized = _effective(frame, variance)
    pair = Pair(*sized[gap.subject["level"]], *sized[gap.subject["reference"]])
    bounds = gap.measures["impact_ratio"]
    assert (bounds.low, bounds.high) == pytest.approx(ratio_interval(pair), rel=1e-6)


NEAR = {"f": ["yes"] * 72 + ["no"] * 78, "m": ["yes"] * 75 + ["no"] * 75}


def _near() -> pd.DataFrame:
    """300 people, 48 against 50%: nothing can be told of them."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame([(sex, hired) for sex, of in NEAR.items() for hired in of], columns=["sex", "hired"])
    return frame.assign(score=rng.normal(size=300), grade=rng.choice(list("abcdef"), 300))


@cache
def _of_near(how: str) -> Audit:
    once = _near()
    women = once[once["sex"] == "f"]
    frame = {
        "once": once,
        "twice": pd.concat([once] * 2),
        "four": pd.concat([once] * 4),
        "women": pd.concat([once, women]),
    }
    stated = {"sex": {"f": 0.4, "m": 0.6}}
    return auditor.check(
        frame[how],
        target="hired",
        groups=["sex"],
        id="none",
        reference=stated,
        only=["OUT001", "REP001", "PRX001", "QLT001"],
    )


@pytest.mark.parametrize("how", ["twice", "four", "women"])
def test_a_copied_file_says_what_the_file_says(how: str) -> None:
    once, copied = _of_near("once"), _of_near(how)
    for rule in ("OUT001", "REP001"):
        assert [found.state for found in copied.result(rule).findings] == [
            found.state for found in once.result(rule).findings
        ]
    assert next(iter(once.result("OUT001").findings)).state is State.UNDETERMINED
    ours, theirs = _numbers(copied, "OUT001"), _numbers(once, "OUT001")
    for key, (value, low, high) in theirs.items():
        if key[-1] in ("selection_rate", "impact_ratio", "rate_difference", "p_value", "z"):
            assert ours[key] == (pytest.approx(value), low and pytest.approx(low), high and pytest.approx(high))
    assert copied.result("QLT001").state is State.SHOWN


def test_people_who_look_alike_are_no_copies() -> None:
    """3,000 rows of two columns of few values: everybody looks like hundreds of others, and counts all the same."""
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 3000), "hired": rng.choice(["yes", "no"], 3000)})
    gap = next(
        iter(auditor.check(frame, target="hired", groups=["sex"], id="none", only=["OUT001"]).findings("OUT001"))
    )
    counts = frame.assign(won=frame["hired"] == "yes").groupby("sex")["won"].agg(["sum", "size"])
    pair = Pair(*counts.loc[gap.subject["level"]], *counts.loc[gap.subject["reference"]])
    assert gap.measures["p_value"].value == pytest.approx(equal_rates(pair).p)


def test_clusters_are_units_in_every_table() -> None:
    """Twenty sites that hire all or nobody: 20 units, whatever their 2,000 rows."""
    rng = np.random.default_rng(6)
    site = np.arange(2000) // 100
    frame = pd.DataFrame({"site": site, "sex": np.where(site % 2, "f", "m"), "grade": np.array(list("abcd"))[site % 4]})
    frame["hired"] = np.where(rng.permutation(20)[site] < 9, "yes", "no")
    frame["score"] = rng.normal(size=2000)
    stated: dict[str, Any] = {"target": "hired", "groups": ["sex"], "id": "none", "only": ["OUT001", "PRX001"]}
    rows, sites = auditor.check(frame, **stated), auditor.check(frame, cluster="site", **stated)
    gap = next(iter(sites.result("OUT001").findings))
    assert gap.state is State.UNDETERMINED
    assert gap.measures["impact_ratio"].low is not None and gap.measures["impact_ratio"].low < 0.4
    p = {
        name: next(of["outcome_p"] for of in audit.result("PRX001").table if of.get("column") == "grade")
        for name, audit in (("rows", rows), ("sites", sites))
    }
    assert p["rows"] < 1e-6 < 0.01 < p["sites"]


def test_a_rule_that_takes_rows_for_people_says_so_where_they_are_not() -> None:
    frame = _people(200)
    frame = pd.concat([frame, frame]).assign(who=lambda of: of.index.astype(str) + "x", income=lambda of: of["score"])
    audit = auditor.check(frame, target="hired", groups=["sex"], id="who", no_models=True)
    rows = [code for code, rule in all_rules().items() if rule.units == "rows" and rule.everywhere]
    assert "LAB001" in rows
    for code in rows:
        result = audit.result(code)
        assert result.state is State.NOT_RUN and not result.findings
    assert "not adjusted: some people appear more than once" in str(audit.result("LAB001").reason)


def test_a_tally_of_weighted_rows_holds_no_weight_of_a_column_s_level(tmp_path: Path) -> None:
    """A level of one row would give that row's weight away; only what is summed over a group leaves its site."""
    frame = _people(200).assign(w=np.arange(200) + 1.5)
    written = tmp_path / "site.tally"
    auditor.tally(frame, written, target="hired", groups=["sex"], weight="w")
    part = json.loads(written.read_text(encoding="utf-8"))
    assert "(weight)" in part["tables"][0]["columns"]
    assert not any("(weight)" in table["columns"] for of in part["columns"].values() for table in of["tables"])
    audit = auditor.check(written)
    assert audit.result("OUT001").state is not State.NOT_RUN
    assert "not adjusted" in str(audit.result("PRX001").reason)


def test_a_row_that_holds_much_of_a_group_s_weight_is_named() -> None:
    frame = _people(200).assign(w=1.0)
    frame.loc[frame.index[frame["sex"] == "f"][0], "w"] = 40.0
    women = int((frame["sex"] == "f").sum())
    audit = auditor.check(frame, target="hired", groups=["sex"], weight="w", only=["OUT001"])
    (said,) = [of.text for of in audit.dataset.reading if "One row holds" in of.text]
    assert f"{100 * 40 / (women + 39):.1f}%" in said and "sex 'f'" in said
    kish = (women + 39) ** 2 / (40**2 + women - 1)
    assert f"{kish:.0f} of {women} rows" in said
