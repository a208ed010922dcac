"""Association, information and the carried gap: published rows, scikit-learn, statsmodels, a simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats
from sklearn.metrics import cluster, homogeneity_score, mutual_info_score
from statsmodels.stats.contingency_tables import StratifiedTable

from auditor.stats.association import (
    carried_gap,
    cramers_v,
    exact_independence,
    independence,
    lookup_auc,
    plain_theils_u,
    stratified_independence,
    theils_u,
)
from auditor.stats.roc import auc

TABLE = np.array([[30, 70], [20, 180], [50, 150]])
# UC Berkeley by department: women, men; and those admitted.
ROWS = np.array([[108, 825], [25, 560], [593, 325], [375, 417], [393, 191], [341, 373]])
ADMITTED = np.array([[89, 512], [17, 353], [202, 120], [131, 138], [94, 53], [24, 22]])


def test_association_gives_the_published_rows() -> None:
    assert cramers_v(TABLE) == pytest.approx(0.199554, abs=1e-6)
    assert plain_theils_u(TABLE) == pytest.approx(0.046487, abs=1e-6)


@given(arrays(int, st.tuples(st.integers(2, 5), st.integers(2, 5)), elements=st.integers(1, 300)))
def test_independence_equals_scipys(table: np.ndarray) -> None:
    theirs = stats.chi2_contingency(table, correction=False)
    assert independence(table) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-9, abs=1e-300)


def test_independence_leaves_out_what_is_empty_and_needs_two_rows_and_columns() -> None:
    assert independence(np.pad(TABLE, 1)) == pytest.approx(tuple(stats.chi2_contingency(TABLE, correction=False)[:2]))
    assert independence(np.array([[3, 0], [4, 0]])) == (0.0, 1.0)


def _members(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column of every member of a table."""
    rows, columns = np.nonzero(table)
    return np.repeat(rows, table[rows, columns]), np.repeat(columns, table[rows, columns])


def test_plain_theils_u_is_scikit_learns_homogeneity() -> None:
    feature, group = _members(TABLE)
    assert plain_theils_u(TABLE) == pytest.approx(homogeneity_score(group, feature))


@given(arrays(int, st.tuples(st.integers(2, 9), st.integers(2, 4)), elements=st.integers(0, 6)))
def test_theils_u_is_less_what_scikit_learn_expects_of_chance(table: np.ndarray) -> None:
    """The adjusted mutual information, with the entropy of the columns as its most."""
    if min((table.sum(axis=1) > 0).sum(), (table.sum(axis=0) > 0).sum()) < 2:
        return
    feature, group = _members(table)
    contingency = cluster.contingency_matrix(group, feature)
    chance = cluster.expected_mutual_information(contingency, int(table.sum()))
    entropy = stats.entropy(table.sum(axis=0))
    if entropy - chance > 1e-6:
        wanted = (mutual_info_score(group, feature) - chance) / (entropy - chance)
        assert theils_u(table) == pytest.approx(max(0.0, wanted), abs=1e-6)


def _unlinked(levels: int, rows: int, share: float, seed: int, power: float = 1.2) -> tuple[np.ndarray, np.ndarray]:
    """Return counts of a column with a long tail by two groups, and the favourable ones, of which none are linked."""
    rng = np.random.default_rng(seed)
    tail = 1 / np.arange(1, levels + 1) ** power
    level, group = rng.choice(levels, rows, p=tail / tail.sum()), (rng.random(rows) < share).astype(int)
    chosen = rng.random(rows) < 0.3
    table, favourable = np.zeros((levels, 2)), np.zeros((levels, 2))
    np.add.at(table, (level, group), 1)
    np.add.at(favourable, (level[chosen], group[chosen]), 1)
    return table, favourable


def test_noise_of_many_levels_tells_nothing_of_the_group() -> None:
    """Uncorrected it seems to take away a tenth and more; what is left is that what is below 0 counts as 0."""
    tables = [_unlinked(200, 800, 0.3, seed)[0] for seed in range(60)]
    assert np.mean([plain_theils_u(table) for table in tables]) > 0.1
    assert np.mean([theils_u(table) for table in tables]) < 0.015


def test_a_column_that_names_the_group_tells_all_of_it_however_many_levels_it_has() -> None:
    names = np.array([[3, 0]] * 40 + [[0, 3]] * 60)
    assert theils_u(names) == pytest.approx(1)
    assert theils_u(np.array([[1, 0]] * 40 + [[0, 1]] * 60)) == 0  # every value once: nobody could be told by it


def test_sparse_tables_without_a_link_have_the_size_of_their_test() -> None:
    """At 0.025 chi-square rejects a fifth of them; 200 tables: 5 expected, over 12 with a chance of 0.2%."""
    tables = [_unlinked(200, 800, 0.03, seed) for seed in range(200)]
    assert sum(independence(table)[1] < 0.025 for table, _ in tables) > 30
    assert sum(exact_independence(table)[1] < 0.025 for table, _ in tables) <= 12
    assert sum(stratified_independence(*each) < 0.025 for each in tables[:100]) <= 8


def test_a_small_table_drawn_again_has_fishers_p() -> None:
    """R's example of Fisher's test, job satisfaction by income: p = 0.7827, more than is asked; and one that is less.

    Of two columns the exact p of chi-square is a sum over all tables with the same margins.
    """
    table = np.array([[7, 1], [1, 3], [0, 4], [5, 2], [0, 3]])
    sizes, total, chosen = table.sum(axis=1), table.sum(), table.sum(axis=0)[0]
    observed = stats.chi2_contingency(table, correction=False).statistic
    p = 0.0
    for first in np.ndindex(*(sizes + 1)):
        if sum(first) == chosen:
            other = np.column_stack([first, sizes - first])
            if stats.chi2_contingency(other, correction=False).statistic >= observed * (1 - 1e-9):
                p += float(stats.multivariate_hypergeom.pmf(first, sizes, chosen))
    assert total == 26
    assert exact_independence(table)[1] == pytest.approx(p, abs=3 * np.sqrt(p * (1 - p) / 1999))


def test_a_strong_link_in_a_sparse_table_keeps_a_small_p() -> None:
    rng = np.random.default_rng(1)
    level = rng.integers(0, 150, 600)
    group = (rng.random(600) < np.where(level % 3, 0.02, 0.5)).astype(int)
    table = np.zeros((150, 2))
    np.add.at(table, (level, group), 1)
    assert exact_independence(table)[1] < 1e-6


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


def test_the_interval_of_a_column_without_any_link_is_no_narrower_than_chance_makes_it() -> None:
    """An even table has no link of first order, and still its gap of another sample would not be 0."""
    rng = np.random.default_rng(3)
    gaps = []
    for _ in range(2000):
        level, group, chosen = rng.integers(0, 4, 100), rng.integers(0, 2, 100), rng.random(100) < 0.5
        rows, favourable = np.zeros((4, 2)), np.zeros((4, 2))
        np.add.at(rows, (level, group), 1)
        np.add.at(favourable, (level[chosen], group[chosen]), 1)
        gaps.append(carried_gap(rows, favourable).gap)
    even = carried_gap(np.full((4, 2), 12), np.full((4, 2), 6))
    assert even.error == pytest.approx(np.std(gaps), rel=0.1)


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
    assert lookup_auc(n, x).value == pytest.approx(np.mean(won))


def test_lookup_auc_of_a_label_that_is_right_for_95_in_100_is_095() -> None:
    assert lookup_auc(np.array([1000, 1000]), np.array([950, 50])).value == pytest.approx(0.95)
    rng = np.random.default_rng(2)  # levels that tell nothing: a half, and not less
    areas = [lookup_auc(np.full(4, 50), rng.binomial(50, 0.4, 4)).value for _ in range(200)]
    assert np.mean(areas) == pytest.approx(0.5, abs=0.02)


def test_lookup_auc_of_few_levels_has_delongs_error() -> None:
    """As of the rate of each level taken as a score, and by the published rows of the other function."""
    n, x = np.array([60, 80, 70]), np.array([10, 30, 45])
    positive = np.concatenate([np.repeat([True, False], [of, all_of - of]) for of, all_of in zip(x, n, strict=True)])
    found, given = lookup_auc(n, x), auc(positive, np.repeat(x / n, n))
    assert (found.value, found.error) == pytest.approx((given.value, given.error), rel=1e-9)


def test_the_interval_of_lookup_auc_holds_the_true_area() -> None:
    """Five levels with rates of .1 to .7: 19 of 20 intervals hold it; 300 are 285, and under 270 one in 10,000."""
    rates, rng = np.array([0.1, 0.2, 0.3, 0.5, 0.7]), np.random.default_rng(11)
    pairs = np.outer(rates, 1 - rates)  # chosen at one level, refused at another, all levels as large
    true = (np.tril(pairs, -1).sum() + np.trace(pairs) / 2) / pairs.sum()
    held = 0
    for _ in range(300):
        n = rng.multinomial(300, [0.2] * 5)
        low, high = lookup_auc(n, rng.binomial(n, rates)).interval
        held += low <= true <= high
    assert held >= 270


def test_no_variation_means_no_link() -> None:
    assert cramers_v(np.array([[5, 6]])) == 0
    assert independence(np.array([[5, 0], [6, 0]])) == (0.0, 1.0)
    assert theils_u(np.array([[5, 0], [6, 0]])) == 0
