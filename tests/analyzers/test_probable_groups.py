"""OUT007: gaps of groups that are known by probabilities, from the data to the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.errors import AuditError, UseCaseError
from auditor.model import Audit, State

RULE = "OUT007"
USE = {"groups": {"probabilities": {"race": {"black": "p_b", "white": "p_w"}}}}


def _people(rows: int, seed: int = 1, gap: float = 0.25) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    p = rng.choice([0.05, 0.3, 0.9], rows)
    hired = np.where(rng.random(rows) < 0.5 - gap * p, "yes", "no")
    return pd.DataFrame({"p_b": p, "p_w": 1 - p, "hired": hired, "who": range(rows)})


def _check(frame: pd.DataFrame, **more: Any) -> Audit:
    asked = {"target": "hired", "positive": "yes", "use_case": USE, "only": RULE, "time": "none", "id": "none"}
    return auditor.check(frame, **{**asked, **more})


def test_rates_are_the_weighted_ones_of_pandas() -> None:
    frame = _people(2_000)
    rows = {row["level"]: row for row in _check(frame).result(RULE).table}
    yes = frame["hired"] == "yes"
    for level, column in (("black", "p_b"), ("white", "p_w")):
        p = frame[column]
        assert rows[level]["selection_rate"] == pytest.approx((p * yes).sum() / p.sum())
        assert rows[level]["n"] == round(p.sum())


def test_a_gap_is_found_with_its_direction_of_bias_and_never_clear() -> None:
    (finding,) = _check(_people(4_000)).findings(RULE)
    assert finding.state.found and "the true gap is wider than this estimate" in finding.message
    (equal,) = _check(_people(4_000, gap=0.0)).findings(RULE)
    assert equal.state is State.UNDETERMINED and equal.settle and "Record race" in equal.settle


def test_rows_of_one_person_count_as_one() -> None:
    """Each row four times: as four people the interval would be half as wide."""
    frame = _people(800)
    once, again = (
        next(of.findings(RULE)).measures["rate_difference"]
        for of in (_check(frame), _check(pd.concat([frame] * 4), id="who"))
    )
    widths = [(of.high or 0) - (of.low or 0) for of in (once, again)]
    assert again.value == pytest.approx(once.value) and widths[1] == pytest.approx(widths[0], rel=0.15)


def test_what_is_no_probability_is_left_out_and_counted() -> None:
    frame = pd.concat(
        [
            _people(1_000),
            pd.DataFrame({"p_b": [None, 1.5, -0.1, 0.8], "p_w": [0.5, 0.5, 0.5, 0.9], "hired": "no", "who": range(4)}),
        ]
    )
    *_, left_out = _check(frame).findings(RULE)
    assert "4 of 1,004 rows" in left_out.message and left_out.state is State.CLEAR


def test_probabilities_are_no_features_and_need_names_of_their_own() -> None:
    audit = _check(_people(600))
    assert {of.name: of.role for of in audit.dataset.columns}["p_b"] == "group probability"
    with pytest.raises(AuditError, match="is a column of the data"):
        _check(_people(100).assign(race="x"))
    one = {"groups": {"probabilities": {"race": {"black": "p_b"}}}}
    with pytest.raises(AuditError, match="two levels or more"):
        _check(_people(100), use_case=one)
    with pytest.raises(AuditError, match=r"'p_x'"):
        _check(_people(100), use_case={"groups": {"probabilities": {"race": {"black": "p_x", "white": "p_w"}}}})


def test_local_law_144_takes_none() -> None:
    with pytest.raises(UseCaseError, match="takes no estimated groups") as refused:
        _check(_people(100), policy="nyc-ll144")
    assert "\n" not in str(refused.value)


def test_weights_tallies_and_audits_without_it(tmp_path: Path) -> None:
    frame = _people(600)
    assert "survey weights" in str(_check(frame.assign(w=2.0), weight="w").result(RULE).reason)
    auditor.tally(frame, tmp_path / "a.tally", use_case=USE, target="hired", positive="yes", groups="none")
    assert "needs rows" in str(auditor.check([tmp_path / "a.tally"], use_case=USE, only=RULE).result(RULE).reason)
    plain = auditor.check(frame, target="hired", positive="yes", no_models=True)
    assert RULE not in {of.rule for of in plain.results}


def test_percentages_are_named_as_the_reason_and_not_as_missing() -> None:
    frame = _people(500)
    result = _check(frame.assign(p_b=100 * frame["p_b"], p_w=100 * frame["p_w"])).result(RULE)
    assert result.state is State.NOT_RUN
    assert "all 500 rows with an outcome" in str(result.reason) and "divided by 100" in str(result.reason)


def test_it_is_not_said_that_no_groups_are_compared() -> None:
    (said,) = (of.text for of in _check(_people(500)).dataset.reading if of.about == "groups")
    assert said.endswith("Groups are compared by their probabilities alone.")
