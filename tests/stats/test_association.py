"""Association, information and the carried gap: published rows, scikit-learn, statsmodels, a simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.metrics import homogeneity_score
from statsmodels.stats.contingency_tables import StratifiedTable

from auditor.stats.association import (
    carried_gap,
    cramers_v,
    independence,
    lookup_auc,
    stratified_independence,
    theils_u,
)

TABLE = np.array([[30, 70], [20, 180], [50, 150]])
# UC Berkeley by department: women, men; and those admitted.
ROWS = np.array([[108, 825], [25, 560], [593, 325], [375, 417], [393, 191], [341, 373]])
ADMITTED = np.array([[89, 512], [17, 353], [202, 120], [131, 138], [94, 53], [24, 22]])


def test_association_gives_the_published_rows() -> None:
    assert cramers_v(TABLE) == pytest.approx(0.199554, abs=1e-6)
    assert theils_u(TABLE) == pytest.approx(0.046487, abs=1e-6)


@given(arrays(int, st.tuples(st.integers(2, 5), st.integers(2, 5)), elements=st.integers(1, 300)))
def test_independence_equals_scipys(table: np.ndarray) -> None:
    theirs = stats.chi2_contingency(table, correction=False)
    assert independence(table) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9, abs=1e-300)


def test_independence_leaves_out_what_is_empty_and_needs_two_rows_and_columns() -> None:
    assert independence(np.pad(TABLE, 1)) == pytest.approx(tuple(stats.chi2_contingency(TABLE, correction=False)[:2]))
    assert independence(np.array([[3, 0], [4, 0]])) == (0.0, 1.0)


def test_theils_u_is_scikit_learns_homogeneity() -> None:
    rows, columns = np.nonzero(TABLE)
    feature = np.repeat(rows, TABLE[rows, columns])
    group = np.repeat(columns, TABLE[rows, columns])
    assert theils_u(TABLE) == pytest.approx(homogeneity_score(group, feature))


def test_the_carried_gap_gives_the_published_rows() -> None:
    found = carried_gap(ROWS, ADMITTED)
    assert (found.gap, found.error) == pytest.approx((-0.155735, 0.008536), abs=1e-6)
    found = carried_gap(np.array([[30, 40], [170, 760]]), np.array([[6, 12], [60, 320]]))
    assert (found.gap, found.error) == pytest.approx((-0.014927, 0.007082), abs=1e-6)


def test_the_carried_gap_by_hand_leaves_out_ones_own_outcome() -> None:
    """Level x: women yes, no; man yes. Level y: man no, woman yes."""
    found = carried_gap(np.array([[2, 1], [1, 1]]), np.array([[1, 1], [1, 0]]))
    women = (1 / 2 + 2 / 2 + 0 / 1) / 3
    men = (1 / 2 + 1 / 1) / 2
    assert found.gap == pytest.approx(women - men)


def test_noise_of_many_levels_carries_nothing_and_its_interval_says_so() -> None:
    rng = np.random.default_rng(2)
    held, gaps = 0, []
    for _ in range(100):
        levels, group = rng.integers(0, 300, 2000), rng.integers(0, 2, 2000)
        outcome = rng.random(2000) < 0.3 - 0.08 * group
        rows, chosen = np.zeros((300, 2)), np.zeros((300, 2))
        np.add.at(rows, (levels, 1 - group), 1)
        np.add.at(chosen, (levels, 1 - group), outcome)
        found = carried_gap(rows, chosen)
        gaps.append(found.gap)
        held += found.interval.low <= 0 <= found.interval.high
    assert abs(np.mean(gaps)) < 0.004
    assert held >= 90


def test_within_the_groups_two_levels_are_the_cmh_test() -> None:
    tables = [np.array([[40, 60], [80, 120]]), np.array([[10, 40], [300, 500]])]
    theirs = StratifiedTable(tables).test_null_odds(correction=False).pvalue
    rows = np.array([[100, 50], [200, 800]])
    favourable = np.array([[40, 10], [80, 300]])
    assert stratified_independence(rows, favourable) == pytest.approx(theirs) == pytest.approx(0.112791, abs=1e-6)


def test_many_levels_within_groups_have_their_size() -> None:
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(300):
        rows = rng.integers(10, 60, (4, 2)).astype(float)
        hits += stratified_independence(rows, rng.binomial(rows.astype(int), [0.2, 0.5])) < 0.05
    assert 3 <= hits <= 29  # 15 expected


def test_lookup_auc_leaves_both_rows_of_every_pair_out() -> None:
    """Pair by pair: each is given the rate of its level without the two; two rows of one level are even."""
    rng = np.random.default_rng(7)
    level = rng.integers(0, 12, 120)
    outcome = (rng.random(120) < level / 15).astype(int)
    n, x = np.bincount(level, minlength=12), np.bincount(level, outcome, minlength=12)
    won = []
    for i in np.flatnonzero(outcome == 1):
        for j in np.flatnonzero(outcome == 0):
            given = []
            for row, other in ((i, j), (j, i)):
                left = [k for k in np.flatnonzero(level == level[row]) if k not in (row, other)]
                given.append(outcome[left].mean() if left else outcome.mean())
            won.append(0.5 if given[0] == given[1] else float(given[0] > given[1]))
    assert lookup_auc(n, x) == pytest.approx(np.mean(won))


def test_lookup_auc_of_a_label_that_is_right_for_95_in_100_is_095() -> None:
    assert lookup_auc(np.array([1000, 1000]), np.array([950, 50])) == pytest.approx(0.95)
    rng = np.random.default_rng(2)  # levels that tell nothing: a half, and not less
    areas = [lookup_auc(np.full(4, 50), rng.binomial(50, 0.4, 4)) for _ in range(200)]
    assert np.mean(areas) == pytest.approx(0.5, abs=0.02)


def test_no_variation_means_no_link() -> None:
    assert cramers_v(np.array([[5, 6]])) == 0
    assert independence(np.array([[5, 0], [6, 0]])) == (0.0, 1.0)
    assert theils_u(np.array([[5, 0], [6, 0]])) == 0
