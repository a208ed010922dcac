"""OUT002: a planted shift of a number, equal numbers, a cut by hand, and several classes."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import auditor
from auditor.analyzers.outcomes.distribution import Numbers, Scale, gaps
from auditor.model import Finding, State
from auditor.stats.counts import Moments
from auditor.stats.gaps import Terms
from tests.tallies import Counts, run_rule, tally_of

RULE = "OUT002"
RULES = [RULE, "OUT001"]


def _frame(shift: float, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    group = np.repeat(["a", "b"], 2000)
    return pd.DataFrame({"group": group, "salary": rng.normal(50_000, 10_000, 4000) - shift * (group == "b")})


def test_a_shift_is_found_and_the_measures_are_those_of_scipy_and_pandas() -> None:
    frame = _frame(8000)
    audit = auditor.check(frame, target="salary", groups=["group"], only=RULES)
    (finding,) = audit.findings(RULE)
    assert finding.state is State.SHOWN_STRONG
    own, theirs = (frame.loc[frame["group"] == level, "salary"] for level in ("b", "a"))
    test = stats.ttest_ind(own, theirs, equal_var=False)
    measures = finding.measures
    assert measures["mean_difference"].value == pytest.approx(own.mean() - theirs.mean())
    assert measures["mean_difference"].low == pytest.approx(test.confidence_interval().low)
    delta = 2 * stats.mannwhitneyu(own, theirs).statistic / (2000 * 2000) - 1
    assert measures["cliffs_delta"].value == pytest.approx(delta, abs=1e-4)
    above = frame["salary"] > frame["salary"].median()
    assert measures["scoring_rate"].value == pytest.approx(above[frame["group"] == "b"].mean())
    median = measures["quantile_gap_50"]
    gap = own.median() - theirs.median()
    assert median.value == pytest.approx(gap, abs=100)  # the width of a bin
    # By the binomial distribution the median of 2,000 lies between the rows at 957 and 1,044 in 95%.
    first, last = int(stats.binom.ppf(0.025, 2000, 0.5)), int(stats.binom.ppf(0.975, 2000, 0.5)) + 1
    ends, their_ends = ((np.sort(of)[first - 1], np.sort(of)[last - 1]) for of in (own, theirs))
    below = np.hypot(own.median() - ends[0], their_ends[1] - theirs.median())
    above = np.hypot(ends[1] - own.median(), theirs.median() - their_ends[0])
    assert (median.low, median.high) == pytest.approx((gap - below, gap + above), abs=250)


def test_equal_numbers_are_clear() -> None:
    (finding,) = auditor.check(_frame(0), target="salary", groups=["group"], only=RULES).findings(RULE)
    assert finding.state is State.CLEAR


def _judged(groups: dict[str, np.ndarray]) -> Finding:
    parts = [pd.DataFrame({"who": name, "pay": of}) for name, of in groups.items()]
    audit = auditor.check(pd.concat(parts, ignore_index=True), target="pay", groups=["who"], only=RULES)
    (found,) = audit.findings(RULE)
    return found


def test_pay_that_is_a_quarter_lower_is_found_by_the_ratio_of_the_means() -> None:
    """Men's mean pay is 32% above women's, for a tenth of them earn nine times as much: a delta of .1 is small."""
    rng = np.random.default_rng(1)
    women, men = rng.normal(30, 4, 1500), rng.normal(30, 4, 1500)
    men[:150] *= 4.2
    found = _judged({"women": women, "men": men})
    ratio = found.measures["mean_ratio"]
    assert ratio.value == pytest.approx(women.mean() / men.mean()) and (ratio.value or 1) < 0.78
    assert (found.subject["level"], found.subject["reference"]) == ("women", "men")
    assert found.state.found
    assert abs(found.measures["cliffs_delta"].value or 1) < 0.15


def test_a_lowest_tenth_that_is_far_lower_is_found_by_its_quantile() -> None:
    """A sixth of one group has a third of the pay, which moves neither the median nor the mean by a fifth."""
    rng = np.random.default_rng(2)
    low, other = rng.normal(30, 3, 3000), rng.normal(30, 3, 3000)
    low[:500] /= 3
    found = _judged({"low": low, "other": other})
    assert found.state is State.SHOWN_STRONG
    assert (found.measures["mean_ratio"].low or 0) > 0.8
    at_tenth = found.measures["quantile_ratio_10"]
    assert at_tenth.value == pytest.approx(np.quantile(low, 0.1) / np.quantile(other, 0.1), rel=0.02)
    assert (at_tenth.high or 1) < 0.8


def test_numbers_of_a_handful_are_open_with_the_rows_that_they_lack() -> None:
    rng = np.random.default_rng(3)
    found = _judged({"few": np.zeros(2), "staff": rng.normal(30, 3, 500)})
    assert found.state is State.UNDETERMINED
    # A delta of nought has the variance (1/n + 1/m) / 3: of n rows each 1.96 and 1.28 errors are .11.
    each = math.ceil(2 / (3 * (0.11 / (stats.norm.ppf(0.975) + stats.norm.ppf(0.9))) ** 2))
    assert {need.level: need.rows for need in found.needs} == {"few": each - 2, "staff": each - 500}


def test_skewed_numbers_without_a_gap_are_seldom_taken_for_one() -> None:
    """Lognormal pay, and pay of which seven tenths are 0, of 30 against 500 and 100 against 500; 200 samples."""
    rng, bins = np.random.default_rng(4), 256
    found = 0
    for draw in range(200):
        sizes = (30, 500) if draw % 2 else (100, 500)
        values = rng.lognormal(0, 1, sum(sizes)) * (1 if draw % 4 < 2 else rng.random(sum(sizes)) < 0.3)
        edges = np.unique(np.quantile(values, np.arange(1, bins) / bins))
        counts = [np.bincount(np.searchsorted(edges, of), minlength=len(edges) + 1).astype(float)
                  for of in np.split(values, [sizes[0]])]  # fmt: skip
        ends = [values.min(), *edges, values.max()]
        scale = Scale(np.zeros(len(edges) + 1, dtype=bool), list(itertools.pairwise(map(float, ends))))
        numbers = {
            name: Numbers(of, Moments(len(part), float(part.mean()), float(part.var())))
            for name, of, part in zip("ab", counts, np.split(values, [sizes[0]]), strict=True)
        }
        above = {name: (float((part > np.median(values)).sum()), float(len(part)))
                 for name, part in zip("ab", np.split(values, [sizes[0]]), strict=True)}  # fmt: skip
        (gap,) = gaps(numbers, "b", above, scale, Terms(), low_is_good=False)
        found += gap.state.found
    assert found / 200 <= 0.05


def test_the_median_of_all_rows_is_the_cut_and_is_said() -> None:
    frame = _frame(0)
    audit = auditor.check(frame, target="salary", groups=["group"], only=RULES)
    assert any(f"above the median of all rows, {frame['salary'].median():g}" in note for note in audit.dataset.notes)
    rates = {row["level"]: row["selection_rate"] for row in audit.result("OUT001").table}
    above = frame["salary"] > frame["salary"].median()
    assert rates == pytest.approx(above.groupby(frame["group"]).mean().to_dict())


@pytest.mark.parametrize(("cut", "sign"), [(">= 50000", "ge"), ("< 45000.5", "lt"), (">5e4", "gt")])
def test_a_cut_by_hand(cut: str, sign: str) -> None:
    frame = _frame(3000)
    audit = auditor.check(frame, target="salary", positive=cut, groups=["group"], only=RULES)
    value = float(cut.lstrip("<>= "))
    chosen = getattr(frame["salary"], sign)(value)
    rates = {row["level"]: row["selection_rate"] for row in audit.result("OUT001").table}
    assert rates == pytest.approx(chosen.groupby(frame["group"]).mean().to_dict())


def test_ties_at_the_median_are_not_above_it() -> None:
    frame = pd.DataFrame({"group": ["a", "b"] * 60, "score": [0] * 40 + [5] * 60 + list(range(6, 26))})
    audit = auditor.check(frame, target="score", groups=["group"], only=RULES)
    assert sum(row["favourable"] for row in audit.result("OUT001").table) == 20


def test_several_classes_are_shown_with_their_distance() -> None:
    classes: dict[str | None, Counts] = {
        "poor": {"a": (0, 20), "b": (0, 40)}, "fair": {"a": (50, 50), "b": (40, 40)}, "good": {"a": (30, 30), "b": (20, 20)},
    }  # fmt: skip
    counts: Counts = {"a": (80, 100), "b": (60, 100)}
    tally = tally_of(counts, target="grade", columns={"grade": classes}, roles={"positive": ("fair", "good")})
    result = run_rule(RULE, tally)
    (finding,) = result.findings
    assert finding.measures["total_variation"].value == pytest.approx(0.2)  # half of .2 + .1 + .1
    shares = {(row["level"], row["class"]): row["share"] for row in result.table}
    assert shares[("b", "poor")] == pytest.approx(0.4)


def test_several_classes_of_rows_are_put_together_by_what_is_favourable() -> None:
    counts = {"a": {"poor": 20, "fair": 50, "good": 30}, "b": {"poor": 40, "fair": 40, "good": 20}}
    rows = [(group, grade) for group, of in counts.items() for grade, n in of.items() for _ in range(n)]
    frame = pd.DataFrame(rows, columns=["group", "grade"]).assign(row=range(200))
    audit = auditor.check(frame, target="grade", positive=["fair", "good"], groups=["group"], only=RULES)
    assert next(audit.findings(RULE)).measures["total_variation"].value == pytest.approx(0.2)
    assert {row["level"]: row["favourable"] for row in audit.result("OUT001").table} == {"a": 80, "b": 60}


def test_declines_for_two_values_and_without_an_outcome() -> None:
    assert "two values" in str(run_rule(RULE, tally_of({"a": (20, 40), "b": (20, 40)})).reason)
    assert run_rule(RULE, tally_of({"a": 20, "b": 20}, target=None)).state is State.NOT_RUN
