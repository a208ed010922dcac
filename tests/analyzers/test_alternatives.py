"""MDL002: columns without which a model predicts as well with a smaller gap, planted, absent, and at a cost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.learn.alternatives import frontier
from auditor.model import Audit, State

RULE = "MDL002"


def _people(rows: int, seed: int, *, by_group: float = 0.0, by_proxy: float = 0.0, proxy: float = 0.45) -> pd.DataFrame:
    """People with a skill that decides, and a club that follows the group and may decide as well."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["f", "m"], rows)
    woman = group == "f"
    club = np.where(rng.random(rows) < 0.5 + proxy * np.where(woman, 1, -1), "chess", "rowing")
    skill = rng.normal(size=rows)
    logit = 1.5 * skill - by_group * woman - by_proxy * (club == "chess")
    hired = np.where(rng.random(rows) < 1 / (1 + np.exp(-logit)), "yes", "no")
    noise = {f"noise{i}": rng.choice(list("abcd"), rows) for i in range(3)}
    return pd.DataFrame({"group": group, "club": club, "skill": skill.round(3), "hired": hired, **noise})


def _check(frame: pd.DataFrame, **more: Any) -> Audit:
    return auditor.check(
        frame, target="hired", positive="yes", groups="group", only=RULE, time="none", id="none", **more
    )


def _row(audit: Audit, *dropped: str) -> dict[str, Any]:
    return dict(next(row for row in audit.result(RULE).table if row["dropped"] == list(dropped)))


def test_a_club_that_only_carries_a_small_penalty_can_go() -> None:
    """A penalty of .3 for women is worth little to the prediction, and the club gives all of it to the model."""
    audit = _check(_people(20_000, 1, by_group=0.3))
    (finding,) = audit.findings(RULE)
    assert finding.state is State.SHOWN and "'club'" in finding.message
    narrowed, change = finding.measures["gap_narrowed"], finding.measures["auc_change"]
    assert (narrowed.low or 0) > 0 and (change.low or -1) > -0.01
    assert abs(_row(audit, "club")["gap"]) < 0.4 * abs(_row(audit)["gap"])
    assert finding.remedy and "'club'" in finding.remedy


def test_a_club_that_decides_costs_too_much() -> None:
    """Here the club is what decides: without it the gap is gone, and so is a tenth of the area."""
    audit = _check(_people(6_000, 2, by_proxy=3.0))
    (finding,) = audit.findings(RULE)
    assert not finding.state.found
    assert _row(audit, "club")["auc_change"] < -0.05


@pytest.mark.parametrize("seed", range(3))
def test_without_a_gap_there_is_nothing_to_narrow(seed: int) -> None:
    (finding,) = _check(_people(3_000, seed)).findings(RULE)
    assert not finding.state.found


def test_a_model_without_a_column_is_that_of_the_data_without_it() -> None:
    frame = _people(3_000, 3, by_group=1.0)
    beside = _row(_check(frame), "club")
    alone = _row(_check(frame, drop="club"))
    assert (beside["auc"], beside["gap"]) == (pytest.approx(alone["auc"]), pytest.approx(alone["gap"]))


def test_the_frontier_is_what_no_other_beats() -> None:
    rng = np.random.default_rng(7)
    points = [(float(a), float(g)) for a, g in rng.random((40, 2)).round(2)]
    best = {points[i] for i in frontier(points)}
    for area, gap in points:
        beaten = any(a >= area and g <= gap and (a > area or g < gap) for a, g in points)
        assert ((area, gap) in best) is not beaten


def test_it_is_listed_where_it_is_asked_for_alone() -> None:
    frame = _people(600, 4)
    asked: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "group", "time": "none", "id": "none"}
    assert RULE not in {of.rule for of in auditor.check(frame, **asked, no_models=True).results}
    without = auditor.check(frame, **asked, no_models=True, alternatives=True)
    assert str(without.result(RULE).reason) == "left out by --no-models"
    in_file = auditor.check(frame, **asked, use_case={"rules": {RULE: {"loss": 0.02}}}, skip=["PRX", "LAB", "OUT"])
    assert in_file.result(RULE).state is not State.NOT_RUN


def test_too_few_rows_give_a_reason() -> None:
    few = _check(_people(80, 5))
    assert few.result(RULE).state is State.NOT_RUN and few.result(RULE).reason


def test_without_a_column_to_predict_from_that_is_the_reason() -> None:
    reason = _check(_people(400, 5)[["group", "hired"]]).result(RULE).reason
    assert reason == "there is no column to predict the outcome from, beside the groups and what is left out of models"


def test_who_is_selected_less_often_is_said_in_words() -> None:
    """The club follows the group and decides: the model selects fewer women, by the difference in its table."""
    audit = _check(_people(1_500, 2, by_proxy=3.0))
    (finding,) = audit.findings(RULE)
    gap = _row(audit)["gap"]
    assert gap < 0
    assert (
        f"It selects 'f' {-100 * gap:.1f} points less often than 'm' (difference −{-100 * gap:.1f} [" in finding.message
    )
