"""MDL001: what a model that never sees the group repeats of a gap, and what it makes of equal rates."""

from __future__ import annotations

import numpy as np
import pytest

import auditor
from auditor.model import State
from tests.analyzers.samples import ordinary
from tests.golden import kept

RECOVERED, OTHER_WAYS, BLIND = "PRX002", "PRX003", "MDL001"


def test_a_blind_model_repeats_the_gap_and_the_peel_takes_it_away() -> None:
    (gap,) = kept("hiring").findings(BLIND)
    assert gap.state is State.SHOWN_STRONG
    assert gap.subject["level"] == "female"
    table = {row["k"]: row for row in kept("hiring").result(OTHER_WAYS).table}
    assert table[0]["gap_high"] < -0.1
    assert table[5]["gap_low"] < 0 < table[5]["gap_high"]


def test_where_the_groups_are_alike_it_is_clear() -> None:
    (finding,) = auditor.check(ordinary(6000, 1), target="hired", groups=["sex"], only=[BLIND]).findings()
    assert finding.state is State.CLEAR


def test_the_rates_are_those_of_the_rows_that_the_model_selects() -> None:
    """Merit alone decides here: the model's ratio is near the data's, as many are selected as were hired."""
    rng = np.random.default_rng(30)
    frame = ordinary(8000, 3)
    frame["merit"] += np.where(frame["sex"] == "f", -0.7, 0.7)
    frame["hired"] = np.where(rng.random(8000) < 1 / (1 + np.exp(-2 * frame["merit"])), "yes", "no")
    audit = auditor.check(frame, target="hired", groups=["sex"], only=[BLIND])
    rows = {row["level"]: row for row in audit.result(BLIND).table}
    hired = frame["hired"] == "yes"
    for level, row in rows.items():
        assert row["observed_rate"] == pytest.approx(hired[frame["sex"] == level].mean())
        assert row["rows"] == (frame["sex"] == level).sum()
        of_hired, share = row["true_positive_rate"], row["observed_rate"]
        assert row["selection_rate"] == pytest.approx(of_hired * share + row["false_positive_rate"] * (1 - share))
        assert abs(row["calibration"]) < 0.04
    selected = sum(row["selection_rate"] * row["rows"] for row in rows.values())
    assert selected == pytest.approx(hired.sum(), abs=1)
    (finding,) = audit.findings()
    own = finding.measures["amplification"]
    ratio = rows["f"]["selection_rate"] / rows["m"]["selection_rate"]
    assert own.value == pytest.approx(ratio / (rows["f"]["observed_rate"] / rows["m"]["observed_rate"]))
    assert finding.measures["impact_ratio"].value == pytest.approx(ratio)


def test_amplification_holds_the_truth_where_the_model_only_copies_chance() -> None:
    """A model of pure merit, whose group gap is known: amplification of a calibrated cut is told by simulation."""
    from auditor.analyzers.proxies.blind_model import _amplification
    from auditor.learn.levels import Levels
    from auditor.learn.study import Blind

    missed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        group = np.where(np.arange(600) < 250, "a", "b").astype(object)
        rate = np.where(group == "a", 0.3, 0.5)
        blind = Blind(
            favourable=rng.random(600) < rate,
            selected=rng.random(600) < np.where(group == "a", 0.2, 0.5),
            scores=rate,
            weights=np.ones(600),
            levels={"g": Levels.read(group)},
            learner="",
            aucs={},
        )
        found = _amplification(blind, "g", "a", "b")
        assert found.low is not None and found.high is not None
        missed += not found.low <= (0.2 / 0.5) / (0.3 / 0.5) <= found.high
    assert missed <= 20  # 10 expected; more than 20 has a chance of 0.1%


@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_a_copy_of_the_outcome_is_a_leak_and_no_model_sees_it(noise: float) -> None:
    frame = ordinary(3000, 5)
    flipped = np.random.default_rng(6).random(3000) < noise
    frame["hired_flag"] = np.where(flipped, frame["hired"].map({"yes": "no", "no": "yes"}), frame["hired"])
    audit = auditor.check(frame, target="hired", groups=["sex"], only=[RECOVERED, BLIND, "LAB003"])
    assert [finding.subject["column"] for finding in audit.findings("LAB003")] == ["hired_flag"]
    assert "'hired_flag' is left out: it leaks the outcome (LAB003)" in next(audit.findings(RECOVERED)).message
    area = next(audit.findings(BLIND)).measures["auc"].value
    assert area is not None and area < 0.8


def test_declines_for_few_rows_and_without_an_outcome() -> None:
    frame = ordinary(90, 10)
    few = auditor.check(frame, target="hired", groups=["sex"], only=[BLIND]).result(BLIND)
    assert "under 50 sampled rows" in str(few.reason)
    aimless = auditor.check(frame.rename(columns={"hired": "x"}), groups=["sex"], only=[BLIND]).result(BLIND)
    assert "no outcome column" in str(aimless.reason)
