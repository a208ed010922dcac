"""Sentences said that a gap is wider, or falls, or rises, from point values: "0.82 [0.68, 1.00]: the model widens it"."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportions_ztest

import auditor
from auditor.analyzers.proxies.blind_model import BESIDE, _amplification, _Amplified, _beside
from auditor.learn.levels import Levels
from auditor.learn.study import Blind
from auditor.model import State
from auditor.stats.widening import Course, course

LIMIT = 0.8


def _p(low: float, high: float) -> float:
    """The p of a ratio of 1 whose 95% interval, on the log scale, is this."""
    from scipy import stats

    z = (np.log(low) + np.log(high)) / 2 / ((np.log(high) - np.log(low)) / 2 / stats.norm.ppf(0.975))
    return float(2 * stats.norm.sf(abs(z)))


@pytest.mark.parametrize(
    ("observed", "amplified", "found"),
    [
        (0.9, (0.82, 0.68, 0.998), Course.WITHIN),  # evidence, no size
        (0.9, (0.7, 0.48, 1.02), Course.NOT_SHOWN),  # size, no evidence
        (0.9, (0.7, 0.6, 0.82), Course.WIDER),  # both: 0.63 of 0.9
        (0.5, (1.5, 1.3, 1.7), Course.NARROWER),  # 0.75 of 0.5
        (1.4, (1.5, 1.3, 1.7), Course.WIDER),  # the better-off group is still better off: 2.1 of 1.4
        (1.9, (0.6, 0.5, 0.7), Course.NARROWER),  # 1.14 of 1.9
        (1.4, (0.5, 0.4, 0.6), Course.REVERSED),  # 0.7 of 1.4
        (1.02, (0.7, 0.6, 0.82), Course.WIDER),  # from hardly any gap to 0.714
    ],
)
def test_a_gap_is_wider_with_size_and_evidence_alone(
    observed: float, amplified: tuple[float, float, float], found: Course
) -> None:
    value, low, high = amplified
    assert course(observed, value, _p(low, high), LIMIT, 0.05) is found
    said = _beside(_Amplified(observed, value, low, high, _p(low, high), 100), LIMIT, 0.05)
    assert BESIDE[found] in said
    assert "1.00]" not in said and "1.000]" not in said  # an end below 1 is not rounded to 1


def _blind(counts: dict[str, tuple[int, int, int]]) -> Blind:
    """Rows of level -> all, favourable, selected: the selected are the first, the favourable the last."""
    names = np.concatenate([np.full(n, level, dtype=object) for level, (n, _, _) in counts.items()])
    return Blind(
        favourable=np.concatenate([np.arange(n) >= n - x for n, x, _ in counts.values()]),
        selected=np.concatenate([np.arange(n) < y for n, _, y in counts.values()]),
        scores=np.full(len(names), 0.5),
        weights=np.ones(len(names)),
        levels={"g": Levels.read(names)},
        learner="",
        aucs={},
    )


def test_the_test_of_amplification_agrees_with_its_interval() -> None:
    """Data 60 and 100 of 200, model 48 and 100: 0.8 of the data's own."""
    found = _amplification(_blind({"a": (200, 60, 48), "b": (200, 100, 100)}), "g", "a", "b")
    assert found.observed == pytest.approx(0.6) and found.value == pytest.approx(0.8)
    assert found.low is not None and found.high is not None
    assert _p(found.low, found.high) == pytest.approx(found.p)


@pytest.mark.parametrize("seed", range(2))
def test_no_widening_is_claimed_where_merit_alone_decides_and_is_alike(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sex, merit = rng.choice(["f", "m"], 1200), rng.normal(0, 1, 1200)
    hired = rng.random(1200) < 1 / (1 + np.exp(1 - merit))
    frame = pd.DataFrame({"sex": sex, "merit": merit, "hired": np.where(hired, "yes", "no")})
    (found,) = auditor.check(frame, target="hired", positive="yes", groups="sex", only=["MDL001"]).findings("MDL001")
    amplified = found.measures["amplification"]
    assert amplified.low is not None and amplified.high is not None and amplified.limit == LIMIT
    assert amplified.low <= 1 <= amplified.high
    assert BESIDE[Course.NOT_SHOWN] in found.message


def test_a_cut_at_a_threshold_widens_a_gap_of_merit_and_that_is_said() -> None:
    """Whoever has more merit is hired more often; a model that takes the best alone takes hardly one of the others."""
    rng = np.random.default_rng(4)
    sex = rng.choice(["f", "m"], 6000)
    merit = rng.normal(np.where(sex == "f", -0.8, 0.8), 1)
    hired = rng.random(6000) < 1 / (1 + np.exp(1.5 - merit))
    frame = pd.DataFrame({"sex": sex, "merit": merit, "hired": np.where(hired, "yes", "no")})
    (found,) = auditor.check(frame, target="hired", positive="yes", groups="sex", only=["MDL001"]).findings("MDL001")
    amplified = found.measures["amplification"]
    assert amplified.value is not None and amplified.high is not None
    assert amplified.value < LIMIT and amplified.high < 1
    assert BESIDE[Course.WIDER] in found.message


def _drift(rates: list[float], reference: float, n: int) -> Any:
    rows = [
        (year, group, "yes" if i < round(n * rate) else "no")
        for year, own in enumerate(rates, 2010)
        for group, rate in (("f", own), ("m", reference))
        for i in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["year", "sex", "hired"])
    frame["person"] = range(len(frame))  # else all records are there 50 times or a multiple of it, and are copies
    use = auditor.UseCase.model_validate({"groups": {"reference": {"sex": "m"}}})
    audit = auditor.check(
        frame, use_case=use, target="hired", positive="yes", groups="sex", time="year", id="person", only=["OUT006"]
    )
    (found,) = audit.findings("OUT006")
    return found


@pytest.mark.parametrize(
    ("rates", "n", "said"),
    [
        ([0.5, 0.45, 0.4, 0.35, 0.3], 1000, "the gap grows"),
        ([0.3, 0.35, 0.4, 0.45, 0.5], 1000, "the gap narrows"),
        ([0.7, 0.6, 0.5, 0.4, 0.3], 1000, "the gap is reversed"),
        ([0.5, 0.45, 0.4, 0.35, 0.3], 20, "the change is not significant"),
    ],
)
def test_a_gap_grows_or_narrows_over_the_years_only_where_it_is_shown(rates: list[float], n: int, said: str) -> None:
    """Against a steady 0.5; the z of the ends alone: 50 against 30% of 1,000 is beyond chance, of 20 it is not."""
    found = _drift(rates, 0.5, n)
    evident = bool(proportions_ztest([round(n * rates[0]), round(n * rates[-1])], [n, n])[1] < 0.025)
    assert evident is (n == 1000)
    assert said in found.message
    assert (found.state is State.SHOWN) is evident
    assert not evident or "not significant" not in found.message


def test_a_group_that_is_never_selected_has_a_course_too() -> None:
    assert _drift([0.0, 0.0, 0.0], 0.5, 100).state is not State.NOT_RUN


def test_a_higher_rate_is_said_to_be_in_favour_of_who_has_it() -> None:
    """20 of 20 against 240 of 500: the smaller group is no reference, and nothing is "within the threshold" about it."""
    frame = pd.DataFrame({"who": ["exec"] * 20 + ["staff"] * 500, "hired": ["yes"] * 260 + ["no"] * 260})
    (found,) = auditor.check(frame, target="hired", positive="yes", groups="who", only=["OUT001"]).findings("OUT001")
    assert found.state is State.CLEAR
    assert "'exec' has the higher rate" in found.message and "within the four-fifths" not in found.message
