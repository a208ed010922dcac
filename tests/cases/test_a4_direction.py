"""The better-off group was told that its pay is lower, "by -167,025"; complete separation gave [-1, +1] and "borderline"."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import auditor
from auditor.format import amount, higher_or_lower
from auditor.model import Finding, State
from auditor.stats.numeric import cliffs_delta

Groups = dict[str, Any]
EXEC = [200_000 + 1_000 * i for i in range(20)]
STAFF = [30_000 + 50 * i for i in range(500)]


def _audit(groups: Groups, reference: str | None = None, **more: Any) -> auditor.Audit:
    frame = pd.concat([pd.DataFrame({"who": name, "pay": np.asarray(of)}) for name, of in groups.items()])
    use = auditor.UseCase.model_validate(
        {"label": {"column": "pay"}, "groups": {"columns": "who", "reference": {"who": reference} if reference else {}}}
    )
    return auditor.check(frame.reset_index(drop=True), use_case=use, only=["OUT001", "OUT002"], no_models=True, **more)


def _only(audit: auditor.Audit) -> Finding:
    (found,) = audit.findings("OUT002")
    return found


def test_executives_are_better_off_and_that_is_clear() -> None:
    """20 of 20 above 500 of 500: with a true area A, 20 pairs without a person in common agree with chance A ** 20.

    So A is at least 0.025 ** (1 / 20) = 0.8316, and the delta 2 A - 1 at least 0.663. Means: 209,500 and 42,475.
    """
    audit = _audit({"exec": EXEC, "staff": STAFF})
    found = _only(audit)
    assert found.state is State.CLEAR
    assert (found.subject["level"], found.subject["reference"]) == ("exec", "staff")
    delta = found.measures["cliffs_delta"]
    assert (delta.value, delta.high) == (1, 1) and delta.low == pytest.approx(2 * 0.025 ** (1 / 20) - 1)
    assert found.measures["mean_difference"].value == pytest.approx(209_500 - 42_475)
    assert "167,025 higher" in found.message and "lower" not in found.message
    assert found.remedy is None
    assert not any("exec" in condition for condition in audit.verdict.conditions)


def test_the_worse_off_group_of_the_two_is_shown() -> None:
    """Mirrored: 20 people below all others. Large enough a reference, the others are held to be better off."""
    found = _only(_audit({"cleaners": [15_000 + i for i in range(20)], "staff": STAFF}))
    assert found.state is State.SHOWN_STRONG
    assert found.measures["cliffs_delta"].value == -1
    assert "lower" in found.message and "higher" not in found.message
    assert found.remedy and "cleaners" in found.remedy


@pytest.mark.parametrize("fixed", ["low", "high"])
def test_a_fixed_reference_does_not_hide_whose_gap_it_is(fixed: str) -> None:
    """With the worse-off group as reference, it used to be compared with itself: +0.000, clear."""
    rng = np.random.default_rng(1)
    groups = {"low": rng.normal(30, 5, 300), "high": rng.normal(40, 5, 300)}
    found = _only(_audit(groups, fixed))
    assert found.state is State.SHOWN_STRONG
    assert (found.subject["level"], found.subject["reference"]) == ("low", "high")
    u = stats.mannwhitneyu(groups["low"], groups["high"]).statistic
    assert found.measures["cliffs_delta"].value == pytest.approx(2 * u / 300**2 - 1, abs=1e-3)
    assert ("reference's own" in found.message) is (fixed == "low")


def test_a_reference_with_the_lower_distribution_is_not_called_clear() -> None:
    """Most of one group lie just above the median of all, 45% of the other far above it and the rest far below.

    The scoring rates are 0.55 and 0.45. Of the first 55% lie at 10 to 11, 45% at 0 to 1; of the second 45% lie at 100
    and 55% at 5. P(first < second) = 0.45 + 0.55 * 0.45 = 0.6975, so that the delta of the first is 1 - 2 * 0.6975.
    """
    first = [*np.linspace(10, 11, 550), *np.linspace(0, 1, 450)]
    second = [*np.linspace(100, 101, 450), *np.linspace(5, 6, 550)]
    found = _only(_audit({"first": first, "second": second}))
    assert (found.subject["level"], found.subject["reference"]) == ("first", "second")
    assert found.measures["cliffs_delta"].value == pytest.approx(1 - 2 * 0.6975, abs=1e-3)
    assert found.state is State.SHOWN_STRONG


def test_where_low_values_are_favourable_the_higher_group_is_worse_off() -> None:
    """Interest that is favourable below 5%: group a pays 6 to 8, group b 2 to 6."""
    rng = np.random.default_rng(6)
    groups = {"a": rng.uniform(6, 8, 300), "b": rng.uniform(2, 6, 300)}
    found = _only(_audit(groups, positive="< 5"))
    assert (found.subject["level"], found.subject["reference"]) == ("a", "b")
    assert found.state is State.SHOWN_STRONG
    assert found.measures["cliffs_delta"].value == 1
    assert found.remedy and "higher" in found.remedy and "lower" not in found.remedy
    (better,) = _audit(groups, "a", positive="< 5").findings("OUT002")
    assert (better.subject["level"], better.state) == ("a", State.SHOWN_STRONG)


@pytest.mark.parametrize("few", [2, 3, 5])
def test_a_handful_of_people_shows_nothing_however_low(few: int) -> None:
    """0.025 ** (1 / 5) = 0.478: five pairs that all agree do not exclude a delta of 0. Two zeros were "shown, strongly"."""
    found = _only(_audit({"few": [0] * few, "staff": STAFF}))
    assert found.state is State.UNDETERMINED
    assert (found.measures["cliffs_delta"].high or 0) > 0
    assert found.remedy is None


def test_groups_without_any_variation_have_no_interval_of_their_means() -> None:
    found = _only(_audit({"a": [1.0] * 200, "b": [2.0] * 200}, positive=">= 2"))
    assert found.measures["mean_difference"].value == -1
    assert found.measures["mean_difference"].low is None and "nan" not in found.message


@pytest.mark.parametrize("seed", range(6))
def test_no_sentence_says_lower_by_a_negative_number(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = {f"g{i}": rng.lognormal(rng.normal(10, 0.4), 0.5, int(rng.integers(3, 200))) for i in range(4)}
    for found in _audit(groups).findings():
        assert not re.search(r"(lower|higher|fewer|more|less) (by )?[-−]", found.message), found.message
        for word, sign in (("lower", -1), ("higher", 1)):
            if f" {word}, difference" in found.message:
                assert np.sign(found.measures["mean_difference"].value or 0) == sign


def test_a_difference_is_said_with_its_size_and_its_direction() -> None:
    assert higher_or_lower(-16_702_512.4) == "16,702,512 lower"
    assert [amount(of) for of in (0.0, -0.5, 123456.7, 1e20)] == ["0", "−0.5", "123,457", "1e+20"]


def test_the_test_is_scipys_brunner_munzel() -> None:
    rng = np.random.default_rng(2)
    own, theirs = rng.integers(0, 12, 60), rng.integers(2, 15, 45)
    counts = [np.bincount(of, minlength=15).astype(float) for of in (own, theirs)]
    assert cliffs_delta(counts[0], counts[1]).p == pytest.approx(stats.brunnermunzel(own, theirs).pvalue)


def test_the_interval_keeps_its_promise_at_the_ends() -> None:
    """Normal populations 4 apart: an area of Phi(4 / sqrt 2) = 0.9977; many samples of 12 are separated whole."""
    truth = 2 * float(stats.norm.cdf(4 / np.sqrt(2))) - 1
    rng = np.random.default_rng(7)
    held = separated = 0
    for _ in range(500):
        values = np.concatenate([rng.normal(4, 1, 12), rng.normal(0, 1, 60)])
        ranks = stats.rankdata(values).astype(int)
        counts = [np.bincount(of, minlength=73).astype(float) for of in (ranks[:12], ranks[12:])]
        found = cliffs_delta(counts[0], counts[1])
        held += found.interval.low <= truth <= found.interval.high
        separated += found.value == 1
    assert separated > 50
    assert held / 500 >= 0.94


def test_false_findings_among_skewed_numbers_of_small_groups_are_few() -> None:
    """Equal zero-inflated lognormal pay of groups of 6 and 500: called lower in under 5% (it was 14 to 16%)."""
    rng = np.random.default_rng(8)
    shown = 0
    for _ in range(1000):
        values = np.where(rng.random(506) < 0.4, 0, rng.lognormal(0, 1.5, 506))
        places = np.unique(values, return_inverse=True)[1]
        counts = [np.bincount(of, minlength=places.max() + 1).astype(float) for of in (places[:6], places[6:])]
        found = cliffs_delta(counts[0], counts[1])
        shown += found.p < 0.05 and found.value < 0
    assert shown / 1000 <= 0.05
