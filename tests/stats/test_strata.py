"""Gaps within strata, shrunk rates, uncovered patterns, trends, numeric gaps: published rows and other libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import Table

from auditor.stats.counts import Moments, Pair, pool
from auditor.stats.numeric import cliffs_delta, mean_gap
from auditor.stats.patterns import uncovered
from auditor.stats.shrink import shrink
from auditor.stats.strata import heterogeneity, stratify
from auditor.stats.trends import share_trend
from auditor.stats.within import Within, equal_within, ratio_within_interval

# UC Berkeley 1973, six largest departments: women admitted, women, men admitted, men.
BERKELEY = {
    "A": Pair(89, 108, 512, 825),
    "B": Pair(17, 25, 353, 560),
    "C": Pair(202, 593, 120, 325),
    "D": Pair(131, 375, 138, 417),
    "E": Pair(94, 393, 53, 191),
    "F": Pair(24, 341, 22, 373),
}


def test_berkeley_gives_the_published_rows() -> None:
    found = stratify(BERKELEY)
    assert found is not None
    assert found.crude_odds_ratio == pytest.approx(1.841080, abs=1e-6)
    assert found.odds_ratio == pytest.approx(0.904697, abs=1e-6)
    assert found.odds_interval == pytest.approx((0.771907, 1.060330), abs=1e-6)
    evidence = equal_within(Within.pairs(BERKELEY.values()))
    assert (evidence.z**2, evidence.p) == pytest.approx((1.524607, 0.216924), abs=1e-6)
    assert found.heterogeneity is not None
    assert found.heterogeneity[:3] == pytest.approx((18.825514, 5, 0.002071), abs=1e-6)
    assert found.risk_difference.value == pytest.approx(0.018425, abs=1e-6)
    parts = found.gap, found.composition.value, found.within.value
    assert parts == pytest.approx((-0.141645, -0.177674, 0.036028), abs=1e-6)
    assert (found.dd, found.cdd) == pytest.approx((0.143826, -0.019283), abs=1e-6)
    standardised = [rate.value for rate in found.standardised]
    assert standardised == pytest.approx([0.429955, 0.387318], abs=1e-6)  # published as 43% and 39%


def test_the_pooled_ratio_of_rates_is_statsmodels_and_holds_the_truth() -> None:
    """Four strata of unequal rates and sizes, one ratio of 0.7: its interval must hold it in 95% of tables."""
    assert 1 / Within.pairs(BERKELEY.values()).ratio == pytest.approx(0.944905, abs=1e-6)  # published: men over women
    rng = np.random.default_rng(9)
    n, n_ref, rate = [40, 90, 200, 60], [300, 100, 150, 400], [0.6, 0.4, 0.2, 0.1]
    held = 0
    for _ in range(600):
        tables = [
            Pair(int(rng.binomial(n[i], 0.7 * rate[i])), n[i], int(rng.binomial(n_ref[i], rate[i])), n_ref[i])
            for i in range(4)
        ]
        low, high = ratio_within_interval(Within.pairs(tables))
        held += low <= 0.7 <= high
    assert 0.93 <= held / 600 <= 0.975


def test_the_split_sums_to_the_gap() -> None:
    found = stratify({"a": Pair(3, 10, 8, 12), "b": Pair(40, 90, 5, 11)})
    assert found is not None
    assert found.composition.value + found.within.value == pytest.approx(found.gap)
    assert found.gap == pytest.approx(43 / 100 - 13 / 23)


def test_strata_without_variation_do_not_break_it() -> None:
    found = stratify({"a": Pair(0, 5, 0, 7)})
    assert found is not None
    assert math.isnan(found.odds_ratio)
    assert found.heterogeneity is None
    assert equal_within(Within.pairs([Pair(0, 5, 0, 7)])).p == 1
    assert stratify({}) is None


def test_shrunk_rates_give_the_published_row() -> None:
    shrunk = shrink([2, 10, 30, 45, 1, 0, 25, 60], [10, 40, 100, 120, 12, 5, 60, 300], odd=0)
    expected = [0.257375, 0.262777, 0.294256, 0.352123, 0.220074, 0.233081, 0.366251, 0.209383]
    assert [group.rate for group in shrunk] == pytest.approx(expected, abs=1e-6)
    for group in shrunk:
        assert group.low < group.rate < group.high


def test_shrunk_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(4)
    held = []
    for _ in range(40):
        n = rng.integers(5, 120, 12)
        truth = rng.beta(6, 14, 12)
        shrunk = shrink(rng.binomial(n, truth).tolist(), n.tolist())
        held += [group.low <= rate <= group.high for group, rate in zip(shrunk, truth, strict=True)]
    assert 0.92 <= np.mean(held) <= 0.98  # 480 intervals of 95%


def test_the_one_odd_group_keeps_its_own_rate() -> None:
    """Twelve groups of 125, one at .16 and the others at .4: shrunk to the others its interval held .16 in half."""
    rng = np.random.default_rng(6)
    truth = np.full(12, 0.4)
    truth[0] = 0.16
    held = 0
    for _ in range(20):
        n = rng.multinomial(1500, np.full(12, 1 / 12))
        odd = shrink(rng.binomial(n, truth).tolist(), n.tolist())[0]
        held += odd.low <= 0.16 <= odd.high
    assert held >= 17  # 97% by simulation; at 54% so many have a chance of 1 in 300


def test_uncovered_patterns_by_hand() -> None:
    # rows: young, old; columns: women, men. Old women are missing though both old people and women are there.
    assert uncovered(np.array([[50, 60], [3, 40]]), least=30) == [(1, 0)]
    # all old people are few: the pattern names the old alone, not old women and old men.
    assert uncovered(np.array([[50, 60], [3, 4]]), least=30) == [(1, None)]
    assert uncovered(np.array([[50, 60], [30, 40]]), least=30) == []


def test_share_trend_gives_the_published_row_and_statsmodels_own() -> None:
    table = [[30, 170], [35, 165], [42, 158], [50, 150], [60, 140]]
    found = share_trend([row[0] for row in table], [200] * 5)
    assert abs(found.z) == pytest.approx(4.066476, abs=1e-6)
    assert found.z > 0  # it rises
    assert found.p == pytest.approx(0.000048, abs=1e-6)
    rng = np.random.default_rng(3)
    for _ in range(20):
        n = rng.integers(20, 200, 6)
        x = rng.binomial(n, 0.3)
        theirs = Table(np.column_stack([x, n - x])).test_ordinal_association()
        assert share_trend(x.tolist(), n.tolist()).p == pytest.approx(theirs.pvalue)


A = np.array([3.1, 4.2, 5, 6.3, 7.7, 8.1])
B = np.array([2, 3.3, 3.9, 4.4, 5.1, 5.5, 6, 7.2])


def _moments(values: np.ndarray) -> Moments:
    return Moments(len(values), float(values.mean()), float(values.var()))


def test_mean_gap_gives_the_published_row() -> None:
    found = mean_gap(_moments(A), _moments(B))
    assert (found.t, found.p) == pytest.approx((1.064755, 0.312975), abs=1e-6)
    assert found.hedges_g == pytest.approx(0.554381, abs=1e-6)
    theirs = stats.ttest_ind(A, B, equal_var=False).confidence_interval()
    assert found.interval == pytest.approx((theirs.low, theirs.high))


@pytest.mark.parametrize("scale", [1e-90, 1e90])
def test_mean_gap_is_the_same_in_any_unit(scale: float) -> None:
    plain, scaled = (mean_gap(_moments(A * by), _moments(B * by)) for by in (1.0, scale))
    assert (scaled.t, scaled.p, scaled.hedges_g) == pytest.approx((plain.t, plain.p, plain.hedges_g))


def test_pooled_moments_are_those_of_all_values() -> None:
    pooled = pool([_moments(A), _moments(B)])
    together = np.concatenate([A, B])
    assert pooled == pytest.approx((14, together.mean(), together.var()))


def test_cliffs_delta_gives_the_published_row() -> None:
    values = np.unique(np.concatenate([A, B]))
    counts, others = (np.array([(group == value).sum() for value in values]) for group in (A, B))
    found = cliffs_delta(counts, others)
    assert found.value == pytest.approx(0.291667, abs=1e-6)
    assert found.value == pytest.approx(2 * stats.mannwhitneyu(A, B).statistic / 48 - 1)
    assert found.interval.low < found.value < found.interval.high


def test_cliffs_delta_from_bins_holds_the_truth() -> None:
    """Normal populations half a standard deviation apart: delta is 2 Phi(0.5 / sqrt 2) - 1."""
    truth = 2 * float(stats.norm.cdf(0.5 / math.sqrt(2))) - 1
    rng = np.random.default_rng(8)
    edges = np.linspace(-4, 4, 257)
    held = 0
    for _ in range(200):
        group, reference = (np.histogram(rng.normal(shift, 1, 150), edges)[0] for shift in (0.5, 0.0))
        low, high = cliffs_delta(group, reference).interval
        held += low <= truth <= high
    assert 0.91 <= held / 200 <= 0.985


@pytest.mark.parametrize("rows", [8, 10, 30])
def test_many_small_strata_of_one_odds_ratio_are_not_said_to_differ(rows: int) -> None:
    # 300 strata with one odds ratio of 2 and rates of their own: the published test rejects two fifths of them.
    random = np.random.default_rng(rows)
    rejected, tested = 0, 0
    for _ in range(150):
        odds = np.exp(random.normal(0, 0.7, 300))
        x = random.binomial(rows // 2, odds / (1 + odds))
        x_ref = random.binomial(rows - rows // 2, 2 * odds / (1 + 2 * odds))
        tables = np.stack([x, np.full(300, rows // 2), x_ref, np.full(300, rows - rows // 2)], axis=1)
        found = heterogeneity(Within.of(tables))
        if found is not None and found.fair is not None:
            tested += 1
            rejected += found.fair < 0.05
    assert rejected <= 0.05 * tested + 2 * (0.05 * 0.95 * tested) ** 0.5
