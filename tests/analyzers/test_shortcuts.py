"""PRX005: a column that should not matter predicts the outcome."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

import auditor
from auditor.analyzers import states
from auditor.analyzers.catalog import all_rules
from auditor.counts.shortcuts import _fitted
from auditor.errors import AuditError
from auditor.model import Result, State
from auditor.stats.counts import Interval
from auditor.use.usecase import UseCase
from tests.tallies import counted, evidence_of

SHORTCUT = "PRX005"


def _use(*incidental: str, **features: Any) -> UseCase:
    return UseCase.model_validate({"features": {"incidental": list(incidental), **features}})


def _result(frame: pd.DataFrame, use: UseCase, **options: Any) -> Result:
    audit = auditor.check(frame, target="hired", positive="yes", groups="sex", use_case=use, only=SHORTCUT, **options)
    return audit.result(SHORTCUT)


def _people(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    return pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "hired": rng.choice(["yes", "no"], rows)})


def test_a_scanner_that_tells_the_outcome_is_shown() -> None:
    """Of 400 scans with p 280 are positive, of 400 with q 120: an area of .7, by hand (.7 x .7 + .42 / 2)."""
    scanner = np.repeat(["p", "q"], 400)
    hired = np.repeat(["yes", "no", "yes", "no"], [280, 120, 120, 280])
    sex = np.tile(["f", "m"], 400)
    frame = pd.DataFrame({"scanner": scanner, "hired": hired, "sex": sex, "other": np.arange(800) % 7})
    found = _result(frame, _use("Scanner"))
    (finding,) = found.findings
    assert finding.state is State.SHOWN_STRONG and finding.severity == "condition"
    assert finding.subject == {"target": "hired", "column": "scanner"}
    assert finding.measures["auc"].value == pytest.approx(0.7, abs=1e-3)
    assert finding.measures["auc_within_groups"].value == pytest.approx(0.7, abs=1e-3)  # sex has no part in it
    assert finding.headline == "'scanner' should not matter, but predicts the outcome: AUC 0.70 (0.5 is chance)"
    assert [row["column"] for row in found.table] == ["scanner"]
    area = roc_auc_score(hired == "yes", scanner == "p")
    assert area == pytest.approx(0.7)


def test_many_small_groups_explain_nothing_that_has_no_part_in_them() -> None:
    """Twenty sites of two rates, and 40 joint groups by lot: 20 rows in each, one of a site.

    The area within groups fell towards a half, as the rates were learned anew from the row or two of a site in a group.
    The expected one is counted here, pair by pair, each with the rates of all other rows.
    """
    rng = np.random.default_rng(1)
    site = rng.integers(0, 20, 800)
    hired = rng.random(800) < np.where(site % 2 == 0, 0.8, 0.2)
    groups = {
        "sex": rng.choice(["f", "m"], 800),
        "race": rng.choice([*"vwxyz"], 800),
        "age": rng.choice([*"abcd"], 800),
    }
    frame = pd.DataFrame({**groups, "site": site.astype(str), "hired": np.where(hired, "yes", "no")})
    audit = auditor.check(
        frame, target="hired", positive="yes", groups=[*groups], use_case=_use("site"), only=SHORTCUT, no_models=True
    )
    (finding,) = audit.findings(SHORTCUT)
    sizes, chosen = np.bincount(site), np.bincount(site, hired)
    rate = (chosen[site] - hired) / (sizes[site] - 1)
    _, cell = np.unique(["".join(row) for row in zip(*groups.values(), strict=True)], return_inverse=True)
    pairs = np.argwhere(hired[:, None] & ~hired & (cell[:, None] == cell))
    one, other = pairs.T
    won = np.where(site[one] == site[other], 0.5, (rate[one] > rate[other]) + (rate[one] == rate[other]) / 2)
    assert finding.measures["auc_within_groups"].value == pytest.approx(won.mean(), abs=1e-9)
    assert won.mean() == pytest.approx(finding.measures["auc"].value, abs=0.03)  # the groups have no part in it


def test_a_number_is_looked_up_in_bins_whatever_the_form() -> None:
    """Bright and dark pictures are chosen, grey ones are not: a straight line would tell nothing."""
    rng = np.random.default_rng(1)
    light = rng.uniform(-1, 1, 3_000)
    frame = _people(rng, 3_000).assign(**{"image.brightness": light})
    frame["hired"] = np.where(rng.random(3_000) < np.where(np.abs(light) > 0.5, 0.7, 0.3), "yes", "no")
    (finding,) = _result(frame, UseCase()).findings
    assert abs(roc_auc_score(frame["hired"] == "yes", light) - 0.5) < 0.03
    assert finding.subject["column"] == "image.brightness"
    assert finding.measures["auc"].value == pytest.approx(0.7, abs=0.02)


def test_where_groups_explain_the_link_it_is_told() -> None:
    rng = np.random.default_rng(2)
    frame = _people(rng, 4_000)
    frame["hired"] = np.where(rng.random(4_000) < np.where(frame["sex"] == "f", 0.3, 0.7), "yes", "no")
    frame["site"] = np.where(rng.random(4_000) < np.where(frame["sex"] == "f", 0.1, 0.9), "east", "west")
    (finding,) = _result(frame, _use("site")).findings
    assert finding.state.found and finding.measures["auc_within_groups"].value == pytest.approx(0.5, abs=0.03)
    assert "So the groups may explain the link." in finding.message


def test_what_the_other_columns_tell_of_it_stays_when_it_is_left_out() -> None:
    """Scanner q makes pictures darker by two deviations: within one outcome its area is Phi(2 / sqrt 2) = .921.

    The dose tells the outcome alone; between outcomes it would tell the scanner too.
    """
    rng = np.random.default_rng(11)
    frame = _people(rng, 4_000)
    good = (frame["hired"] == "yes").to_numpy()
    dark = rng.random(4_000) < np.where(good, 0.7, 0.3)
    frame["scanner"] = np.where(dark, "q", "p")
    dose = rng.normal(size=4_000) + 1.5 * good
    (alone,) = _result(frame.assign(dose=dose), _use("scanner")).findings
    assert alone.measures["auc_from_others"].value == pytest.approx(0.5, abs=0.03)
    assert "does not predict it among rows of one outcome" in alone.message
    (told,) = _result(frame.assign(dose=dose, light=rng.normal(size=4_000) - 2 * dark), _use("scanner")).findings
    assert told.measures["auc_from_others"].value == pytest.approx(0.921, abs=0.015)
    assert "A model of 2 other columns predicts 'scanner' = 'q' with" in told.message
    (bare,) = _result(frame.assign(dose=dose), _use("scanner"), no_models=True).findings
    assert "auc_from_others" not in bare.measures


def _sites(turned: str, names: str = "abcdef", rows: int = 500) -> pd.DataFrame:
    """Sites with rates of .2 to .8; a dose is two deviations higher with the outcome, at `turned` as much lower."""
    rng = np.random.default_rng(12)
    site = np.repeat(list(names), rows)
    hired = rng.random(len(site)) < np.repeat(np.linspace(0.2, 0.8, len(names)), rows)
    dose = rng.normal(size=len(site)) + np.where(np.isin(site, [*turned]), -1, 1) * np.where(hired, 1, -1)
    sex = rng.choice(["f", "m"], len(site))
    return pd.DataFrame({"sex": sex, "site": site, "hired": np.where(hired, "yes", "no"), "dose": dose})


def _marked(frame: pd.DataFrame) -> pd.DataFrame:
    """Tell of the dose only if it is high: then a model's area is Phi(1) = .841, and 1 less that where it is turned."""
    return frame.assign(dose=np.where(frame["dose"] > 0, "high", "low"))


def test_a_value_where_the_link_is_turned_round_is_lost_when_it_is_held_out() -> None:
    (finding,) = _result(_marked(_sites("b", "ab", 4_000)), _use("site")).findings
    drop = finding.measures["held_out_drop"]
    assert drop.value == pytest.approx(2 * norm.cdf(1) - 1, abs=0.04) and (drop.low or 0) > 0.6
    assert finding.measures["auc_within_values"].value == pytest.approx(norm.cdf(1), abs=0.03)
    assert "So what the model learned does not hold at all values of 'site'." in finding.message
    assert "Inconclusive for values not in the data, as only 2 can be held out." in finding.message


def test_where_the_link_is_alike_at_all_values_nothing_is_lost() -> None:
    frame = _marked(_sites(""))
    (finding,) = _result(frame, _use("site")).findings
    drop = finding.measures["held_out_drop"]
    assert drop.low is not None and drop.high is not None and drop.low <= 0 <= drop.high
    assert drop.value == pytest.approx(0, abs=0.03)
    assert finding.measures["auc_held_out"].value == pytest.approx(norm.cdf(1), abs=0.03)
    assert "So what the model learned" not in finding.message and "Inconclusive for values" not in finding.message
    (noise,) = _result(frame.assign(dose=np.random.default_rng(3).choice(["a", "b"], 3_000)), _use("site")).findings
    assert "held_out_drop" not in noise.measures and "no model of 1 other column predicts 'hired'" in noise.message
    (few,) = _result(_marked(_sites("", "abcdefgh", 40)), _use("site")).findings
    assert "held_out_drop" not in few.measures and "no two values of 'site' have 25 rows" in few.message


def test_vectors_are_asked_too_what_a_value_held_out_costs() -> None:
    """Of normal vectors two deviations apart the area is Phi(2 / sqrt 2) = .921."""
    frame = _sites("b", "ab", 700)
    numbers = np.random.default_rng(4).normal(size=(len(frame), 16)).astype(np.float32)
    numbers[:, 3] = frame.pop("dose")
    frame = frame.assign(emb=[*numbers], noise=np.random.default_rng(5).normal(size=len(frame)))
    (finding,) = _result(frame, _use("site"), vector="emb").findings
    assert "a model of the vectors of 'emb' predicts 'hired'" in finding.message
    assert finding.measures["held_out_drop"].value == pytest.approx(2 * norm.cdf(np.sqrt(2)) - 1, abs=0.04)


def test_a_majority_is_no_shortcut() -> None:
    """Where nine of ten have one outcome, a column of noise is right nine times of ten by that alone.

    A score of one less the accuracy calls every such column a shortcut.
    """
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(100):
        frame = _people(rng, 500).assign(noise=rng.normal(size=500), site=rng.choice(list("abcde"), 500))
        frame["hired"] = np.where(rng.random(500) < 0.9, "yes", "no")
        evidence = evidence_of(counted(frame, groups=["sex"]), _use("noise", "site"))
        found += any(each.state.found for each in all_rules()[SHORTCUT].run(evidence)[0])
    assert found <= 10  # of 100 at 5%: more in one run of a hundred


def test_many_rows_without_a_link_are_clear_and_few_are_not() -> None:
    rng = np.random.default_rng(4)
    frame = _people(rng, 40_000).assign(site=rng.choice(list("abcdef"), 40_000))
    assert _result(frame, _use("site")).state is State.CLEAR
    few = _result(frame.iloc[:60], _use("site"))
    assert few.state is State.UNDETERMINED and few.findings[0].settle
    # With two values one row turns the area round; a small error of it clears nothing.
    two = frame.iloc[:40].assign(site=["a", "b"] * 20, hired=["yes", "no", "no", "yes"] * 10)
    assert _result(two, _use("site")).state is State.UNDETERMINED


def test_people_who_recur_count_once() -> None:
    """Forty people of fifty rows, one site and one outcome each, by lot: rows would show what people cannot."""
    rng = np.random.default_rng(6)
    shown = {True: 0, False: 0}
    for _ in range(8):
        person = np.repeat(np.arange(40), 50)
        site, outcome, sex = (rng.choice(of, 40)[person] for of in (["a", "b"], ["yes", "no"], ["f", "m"]))
        frame = pd.DataFrame({"site": site, "hired": outcome, "sex": sex, "person": person, "x": rng.random(2_000)})
        for named in shown:
            found = _result(
                frame if named else frame.drop(columns="person"), _use("site"), **({"id": "person"} if named else {})
            )
            shown[named] += found.state.found
    assert shown[True] <= 1 < 4 <= shown[False]


def test_what_leaks_is_a_shortcut_too() -> None:
    rng = np.random.default_rng(5)
    frame = _people(rng, 600)
    frame["ward"] = np.where(frame["hired"] == "yes", "x", "y")
    audit = auditor.check(
        frame, target="hired", positive="yes", groups="sex", use_case=_use("ward"), only=[SHORTCUT, "LAB003"]
    )
    (finding,) = audit.findings(SHORTCUT)
    assert finding.state is State.SHOWN_STRONG and "LAB003 shows that it leaks the outcome." in finding.message


def test_a_column_whose_values_were_not_counted_is_not_clear() -> None:
    rng = np.random.default_rng(7)
    frame = _people(rng, 400).assign(site=rng.choice(list("abcdefgh"), 400), x=rng.random(400))
    found = _result(frame, _use("site"), cluster="site")
    (finding,) = found.findings
    assert finding.state is State.UNDETERMINED and "It is the cluster column" in finding.message


def test_it_does_not_run_without_such_a_column() -> None:
    frame = _people(np.random.default_rng(0), 100)
    assert "no column is stated as one that should not matter" in str(_result(frame, UseCase()).reason)
    assert _result(frame.assign(site="a"), _use("site")).state is State.NOT_RUN
    with pytest.raises(AuditError, match=r"column 'sight' is not in .*did you mean 'site'\?"):
        _result(frame.assign(site="a"), _use("sight"))


def test_what_is_dropped_is_no_longer_incidental() -> None:
    rng = np.random.default_rng(9)
    frame = _people(rng, 300).assign(site=rng.choice(["a", "b"], 300))
    audit = auditor.check(frame, target="hired", positive="yes", groups="sex", use_case=_use("site"), drop="site")
    assert audit.result(SHORTCUT).state is State.NOT_RUN


def test_it_can_be_asked_of_tallies(tmp_path: Path) -> None:
    """Two hospitals count their scans, and none of them sends a row."""
    cells = [("p", "f", 140, 60), ("p", "m", 140, 60), ("q", "f", 60, 140), ("q", "m", 60, 140)]
    rows = [(site, sex, one) for site, sex, yes, no in cells for one, n in (("yes", yes), ("no", no)) for _ in range(n)]
    frame = pd.DataFrame(rows, columns=["site", "sex", "hired"])
    for i in range(2):
        edges = tmp_path / "0.tally" if i else None
        part = frame.iloc[i::2]
        auditor.tally(part, tmp_path / f"{i}.tally", target="hired", positive="yes", groups="sex", edges_from=edges)
    audit = auditor.check([tmp_path / "0.tally", tmp_path / "1.tally"], use_case=_use("SITE"), only=SHORTCUT)
    (finding,) = audit.findings(SHORTCUT)
    assert finding.measures["auc"].value == pytest.approx(0.7, abs=2e-3) and finding.measures["auc"].n == 800


@pytest.mark.parametrize(
    ("area", "bounds", "p", "state"),
    [
        (0.52, (0.49, 0.555), 0.001, State.CLEAR),
        (0.52, (0.49, 0.556), 0.001, State.UNDETERMINED),
        (0.60, (0.50, 0.70), 0.001, State.UNDETERMINED),
        (0.60, (0.51, 0.70), 0.05, State.UNDETERMINED),
        (0.60, (0.51, 0.70), 0.049, State.SHOWN),
        (0.55, (0.51, 0.60), 0.001, State.BORDERLINE),
        (0.70, (0.638, 0.75), 0.001, State.SHOWN_STRONG),
        (math.nan, (math.nan, math.nan), math.nan, State.UNDETERMINED),
    ],
)
def test_states(area: float, bounds: tuple[float, float], p: float, state: State) -> None:
    assert states.shortcut(area, Interval(*bounds), p, 0.05, (0.556, 0.638)) is state


def test_the_area_of_fitted_rates_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 40, (7, 2)).astype(float)
    level = np.repeat(np.arange(7), counts.sum(axis=1).astype(int))
    outcome = np.concatenate([np.repeat([0, 1], row.astype(int)) for row in counts])
    rates = counts[:, 1] / counts.sum(axis=1)
    assert _fitted(counts).value == pytest.approx(roc_auc_score(outcome, rates[level]), abs=1e-12)


@pytest.mark.parametrize(("column", "role"), [("hired", "target"), ("sex", "group")])
def test_what_is_asked_about_cannot_be_what_should_not_matter(column: str, role: str) -> None:
    frame = pd.DataFrame({"sex": ["f", "m"] * 50, "hired": ["yes", "no", "no", "yes"] * 25})
    use = {"features": {"incidental": [column]}}
    with pytest.raises(auditor.AuditError, match=f"column '{column}' cannot be both {role} and one that should not"):
        auditor.check(frame, target="hired", groups=["sex"], use_case=use)
