"""Terms against groups: the oracle rows, statsmodels, brute force, and corpora of known truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

from auditor.stats.terms import detectable_odds, log_odds, mid_p, pooled_odds_ratio, sure, within_groups

ROWS = [
    ((60, 200, 20, 1800), (3.567237, 0.269850, 13.219317), 1.025792e-46),
    ((5, 200, 45, 1800), (0.0, 0.466933, 0.0), 0.954546),
    ((12, 500, 3, 1500), (2.475209, 0.640852, 3.862374), 1.219566e-05),
]


@pytest.mark.parametrize(("counts", "expected", "p"), ROWS)
def test_oracle_rows(counts: tuple[int, int, int, int], expected: tuple[float, float, float], p: float) -> None:
    a, n_a, b, n_b = counts
    found = log_odds(np.array([a]), n_a, np.array([b]), n_b)
    assert [float(part[0]) for part in found] == pytest.approx(expected, abs=5e-7)
    assert float(mid_p(np.array([a]), n_a, np.array([b]), n_b)[0]) == pytest.approx(p, rel=1e-6)


def test_mid_p_adds_up_the_tables_by_hand() -> None:
    """3 of 5 against 1 of 7: the margins allow 0 to 4, by hypergeometric weights C(5,x) C(7,4-x) over C(12,4)."""
    weights = [math.comb(5, x) * math.comb(7, 4 - x) / math.comb(12, 4) for x in range(5)]
    upper = sum(weights[3:]) - weights[3] / 2
    assert float(mid_p(np.array([3]), 5, np.array([1]), 7)[0]) == pytest.approx(2 * upper)


def test_large_counts_take_the_pooled_z_which_is_then_as_good() -> None:
    a, n_a, b, n_b = 400, 2000, 1700, 8000
    held = a + b
    drawn = stats.hypergeom(n_a + n_b, n_a, held)
    exact = 2 * min(drawn.cdf(a), drawn.sf(a - 1)) - drawn.pmf(a)
    assert float(mid_p(np.array([a]), n_a, np.array([b]), n_b)[0]) == pytest.approx(exact, rel=0.02)


def test_a_term_of_all_documents_or_of_none_tells_nothing() -> None:
    a, b = np.array([10, 0]), np.array([20, 0])
    assert log_odds(a, 10, b, 20).z.tolist() == [0.0, 0.0]
    assert mid_p(a, 10, b, 20).tolist() == [1.0, 1.0]


def test_within_groups_is_statsmodels() -> None:
    tables = [np.array([[40, 60], [80, 120]]), np.array([[10, 40], [300, 500]])]
    held, chosen = (np.array([[table[0].sum() for table in tables]]), np.array([[table[0, 0] for table in tables]]))
    sizes, favourable = np.array([300, 850]), np.array([120, 310])
    theirs = StratifiedTable(tables)
    assert float(within_groups(held, chosen, sizes, favourable)[0]) == pytest.approx(theirs.test_null_odds().pvalue)
    assert float(within_groups(held, chosen, sizes, favourable)[0]) == pytest.approx(0.112791, abs=1e-6)
    assert float(pooled_odds_ratio(held, chosen, sizes, favourable)[0]) == pytest.approx(theirs.oddsratio_pooled)
    assert float(pooled_odds_ratio(held, chosen, sizes, favourable)[0]) == pytest.approx(0.726562, abs=1e-6)


def _corpus(rng: np.random.Generator, sizes: tuple[int, int], terms: int, planted: int) -> tuple[np.ndarray, ...]:
    """Documents per term and group: Zipf shares, the first `planted` terms with odds of two towards the first group."""
    share = np.clip(0.3 / np.arange(1, terms + 1) ** 0.7, 0.005, 0.3)
    share[:planted] = 0.03
    odds = share / (1 - share) * np.where(np.arange(terms) < planted, 2.0, 1.0)
    return rng.binomial(sizes[0], odds / (1 + odds)), rng.binomial(sizes[1], share)


def test_null_corpora_flag_a_term_in_one_of_ten_at_most() -> None:
    """Benjamini-Hochberg at 5%: of 100 corpora 5 are expected, more than 12 have a chance of 0.2%."""
    flagged = 0
    for seed in range(100):
        a, b = _corpus(np.random.default_rng(seed), (500, 2000), 1000, 0)
        flagged += bool((stats.false_discovery_control(mid_p(a, 500, b, 2000)) < 0.05).any())
    assert flagged <= 12


def test_planted_odds_of_two_are_found_in_two_and_eight_thousand_documents() -> None:
    found = []
    for seed in range(10):
        a, b = _corpus(np.random.default_rng(seed), (2000, 8000), 1000, 40)
        found.append((stats.false_discovery_control(mid_p(a, 2000, b, 8000)) < 0.05)[:40].mean())
    assert np.mean(found) >= 0.8


def test_what_could_have_been_found_is_found_at_the_power_said() -> None:
    """At the odds that it names, 80% of planted terms pass the Bonferroni line, give or take the normal approximation."""
    n_a, n_b, share, tests = 1000, 4000, 0.05, 500
    least = detectable_odds(n_a, n_b, share, tests)
    odds = share / (1 - share) * least
    rng = np.random.default_rng(1)
    a, b = rng.binomial(n_a, odds / (1 + odds), 4000), rng.binomial(n_b, share, 4000)
    assert np.mean(mid_p(a, n_a, b, n_b) < 0.05 / tests) == pytest.approx(0.8, abs=0.06)
    assert detectable_odds(2, 8, share, tests) == math.inf


def test_what_would_surely_have_been_found_is() -> None:
    """At the odds that would be shown in all but 2.5% of samples, give or take the normal approximation."""
    n_a, n_b, share, tests = 1000, 4000, 0.05, 500
    odds = share / (1 - share) * detectable_odds(n_a, n_b, share, tests, power=sure(0.05))
    rng = np.random.default_rng(2)
    a, b = rng.binomial(n_a, odds / (1 + odds), 4000), rng.binomial(n_b, share, 4000)
    assert np.mean(mid_p(a, n_a, b, n_b) < 0.05 / tests) == pytest.approx(0.975, abs=0.015)
