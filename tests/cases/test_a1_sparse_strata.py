"""Gaps within strata convicted on one person: an asymptotic test with no small-cell rule, no guard and no adjustment.

OUT003 and LAB001 now use the exact conditional test where few outcomes vary, an interval that the data bound, the guard
against one person, and Holm over all pairs of groups, as OUT001 does.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

import auditor
from auditor.counts.extras import Twins
from auditor.counts.tally import Tally
from auditor.model import Finding, Level, State
from auditor.stats.counts import Pair
from auditor.stats.exact import conditional_p
from auditor.stats.proportions import equal_rates, ratio_interval
from auditor.stats.strata import heterogeneity
from auditor.stats.within import CMH, EXACT, Within, equal_within, ratio_within_interval
from tests.conftest import DATA
from tests.tallies import audit_of, run_rule, tally_of

GAP, MATCHED = "OUT003", "LAB001"
Counts = dict[str, dict[str, tuple[int, int]]]


def _rows(strata: Counts) -> pd.DataFrame:
    """Return counted rows of stratum -> group -> (favourable, all)."""
    return pd.DataFrame(
        [
            {"race": group, "dept": stratum, "hired": hired, "n": n}
            for stratum, of in strata.items()
            for group, (x, rows) in of.items()
            for hired, n in (("yes", x), ("no", rows - x))
            if n
        ]
    )


def _check(strata: Counts, *, reason: str = "", only: tuple[str, ...] = (GAP, "OUT001")) -> auditor.Audit:
    use = {"features": {"strata": {"dept": reason}}}
    return audit_of(tally_of(groups=["race"], within=["dept"], strata=strata), use, only=only)


def _pooled(audit: auditor.Audit, level: str) -> Finding:
    return next(f for f in audit.findings(GAP) if "simpson" in f.measures and f.subject["level"] == level)


ONE_PERSON: Counts = {"A": {"Male": (95, 100), "Female": (94, 100), "Non-binary": (0, 1)}}


def test_one_person_convicts_nobody() -> None:
    """Of 101 people six are refused, five men and one other: the chance that she is among the six is 6/101."""
    use = auditor.UseCase.model_validate({"features": {"strata": {"dept": ""}}})
    audit = auditor.check(_rows(ONE_PERSON), target="hired", positive="yes", groups=["race"], count="n", use_case=use)
    found = _pooled(audit, "Non-binary")
    assert found.state is State.UNDETERMINED
    assert found.measures["p_value"].value == pytest.approx(6 / 101)
    assert found.measures["p_adjusted"].value == pytest.approx(3 * 6 / 101)  # Holm over three pairs, the smallest p
    ratio = found.measures["mh_risk_ratio"]
    crude = next(f for f in audit.findings("OUT001") if f.subject["level"] == "Non-binary")
    assert crude.state is State.UNDETERMINED
    assert (ratio.low, ratio.high) == pytest.approx(
        (crude.measures["impact_ratio"].low, crude.measures["impact_ratio"].high)
    )
    assert audit.verdict.level is not Level.UNFIT


@pytest.mark.parametrize(
    ("strata", "p"),
    [
        # one of 10,001 is refused, and it is the only one of the group: rare, and still one person
        ({"A": {"a": (10_000, 10_000), "b": (0, 1)}}, 1 / 10_001),
        # one person in each of two strata, both refused; per stratum 2 of 11 are: (2/11)^2
        ({"A": {"a": (9, 10), "b": (0, 1)}, "B": {"a": (9, 10), "b": (0, 1)}}, (2 / 11) ** 2),
        # the strata without variation say nothing
        ({"A": {"a": (5, 10), "b": (0, 1)}, "B": {"a": (30, 30), "b": (9, 9)}}, 1.0),
    ],
)
def test_few_people_convict_nobody(strata: Counts, p: float) -> None:
    found = _pooled(_check(strata), "b")
    assert found.state is State.UNDETERMINED
    assert found.measures["p_value"].value == pytest.approx(p)


def _enumerated(tables: list[tuple[int, int, int, int]], favourable: int) -> float:
    """Sum the probabilities no larger than the observed one, over every way to fill the tables; whole numbers."""
    margins = [(n, n_ref, x + x_ref) for x, n, x_ref, n_ref in tables]
    weights: dict[int, int] = {}
    ranges = [range(max(0, m - n_ref), min(n, m) + 1) for n, n_ref, m in margins]
    for filled in itertools.product(*ranges):
        ways = [math.comb(n, k) * math.comb(n_ref, m - k) for k, (n, n_ref, m) in zip(filled, margins, strict=True)]
        weights[sum(filled)] = weights.get(sum(filled), 0) + math.prod(ways)
    extreme = sum(of for of in weights.values() if of <= weights[favourable])
    return float(Fraction(extreme, sum(weights.values())))


def _random_tables(rng: np.random.Generator, strata: int, most: int) -> list[tuple[int, int, int, int]]:
    sizes = rng.integers(1, most, (strata, 2))
    return [(int(rng.integers(0, n + 1)), int(n), int(rng.integers(0, r + 1)), int(r)) for n, r in sizes]


def test_the_exact_test_is_brute_force() -> None:
    rng = np.random.default_rng(1)
    for _ in range(120):
        tables = _random_tables(rng, int(rng.integers(1, 5)), 8)
        favourable = sum(x for x, *_ in tables)
        margins = [(n, n_ref, x + x_ref, 1) for x, n, x_ref, n_ref in tables]
        assert conditional_p(margins, favourable) == pytest.approx(_enumerated(tables, favourable), rel=1e-9)


def test_the_exact_test_of_one_stratum_is_fishers_and_that_of_rabbits_is_published() -> None:
    rng = np.random.default_rng(2)
    for _ in range(60):
        ((x, n, x_ref, n_ref),) = _random_tables(rng, 1, 60)
        theirs = stats.fisher_exact(np.array([[x, n - x], [x_ref, n_ref - x_ref]])).pvalue
        assert conditional_p([(n, n_ref, x + x_ref, 1)], x) == pytest.approx(theirs, abs=1e-9)
    # Penicillin in rabbits, Agresti 1990, pages 231 to 237; the documentation of R's mantelhaen.test gives 0.040
    cured, died, cured_late, died_late = ([0, 3, 6, 5, 2], [6, 3, 0, 1, 0], [0, 0, 2, 6, 5], [5, 6, 4, 0, 0])
    margins = [(a + b, c + d, a + c, 1) for a, b, c, d in zip(cured, died, cured_late, died_late, strict=True)]
    assert conditional_p(margins, sum(cured)) == pytest.approx(0.040, abs=5e-4)


def test_large_strata_get_statsmodels_test_and_one_stratum_everything_of_a_pair() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        sizes = rng.integers(60, 400, (4, 2))
        tables = [(int(rng.binomial(n, 0.3)), int(n), int(rng.binomial(r, 0.4)), int(r)) for n, r in sizes]
        within = Within.of(np.array(tables))
        theirs = StratifiedTable(
            np.array([[[c, d - c], [a, b - a]] for a, b, c, d in tables], dtype=float).transpose(1, 2, 0)
        )
        evidence = equal_within(within)
        assert evidence.test == CMH
        assert evidence.p == pytest.approx(theirs.test_null_odds(correction=False).pvalue)
        assert 1 / within.ratio == pytest.approx(theirs.riskratio_pooled)
    for _ in range(200):
        ((x, n, x_ref, n_ref),) = _random_tables(rng, 1, 40)
        pair = Pair(x, n, x_ref, n_ref)
        within = Within.pairs([pair])
        plain, stratified = equal_rates(pair), equal_within(within)
        assert (plain.test == "Fisher exact") is (stratified.test == EXACT)
        assert within.flips() is pair.flips()
        assert within.below(Fraction(4, 5)) is pair.below(Fraction(4, 5))
        assert ratio_within_interval(within) == pytest.approx(ratio_interval(pair), rel=1e-6)


def test_an_empty_side_bounds_what_it_can_and_the_interval_holds_the_truth() -> None:
    """Rates near 1 in small strata, where the usual interval of the Mantel-Haenszel ratio holds the truth in 76%."""
    assert ratio_within_interval(Within.of(np.array([[0, 20, 5, 20], [0, 9, 4, 30]]))).low == 0
    assert ratio_within_interval(Within.of(np.array([[0, 20, 0, 20], [0, 9, 0, 30]]))) == (0, math.inf)
    assert ratio_within_interval(Within.of(np.array([[5, 20, 0, 20], [4, 9, 0, 30]]))).high == math.inf
    rng = np.random.default_rng(4)
    n, n_ref, rate = np.array([6, 8, 5]), np.array([40, 30, 60]), np.array([0.95, 0.9, 0.98])
    held = 0
    for _ in range(400):
        counts = np.stack([rng.binomial(n, rate), n, rng.binomial(n_ref, rate), n_ref], axis=1)
        low, high = ratio_within_interval(Within.of(counts))
        held += low <= 1 <= high
    assert 0.93 <= held / 400 <= 0.995  # 0.965 simulated over more rounds


def _tally(x: np.ndarray, n: np.ndarray) -> Tally:
    """Return the counts of groups within strata, of shape (strata, groups)."""
    strata = {
        f"dept {s}": {f"race {g}": (int(x[s, g]), int(n[s, g])) for g in range(n.shape[1])} for s in range(len(n))
    }
    return tally_of(groups=["race"], within=["dept"], strata=strata)


@pytest.mark.parametrize(
    ("sizes", "rates", "rounds"),
    [((600, 300, 200, 150, 12, 8, 5), (0.95, 0.8, 0.6), 70), ((300, 200), (0.5, 0.3, 0.1), 250)],
)
def test_without_a_gap_at_most_five_percent_are_flagged(
    sizes: tuple[int, ...], rates: tuple[float, ...], rounds: int
) -> None:
    """Seven races of which three are small, or two, in three strata: once 15% of such data sets were flagged."""
    rng = np.random.default_rng(5)
    spread = np.outer(np.ones(3) / 3, np.array(sizes) / sum(sizes)).ravel()
    flagged = 0
    for _ in range(rounds):
        n = rng.multinomial(sum(sizes), spread).reshape(3, len(sizes))
        flagged += run_rule(GAP, _tally(rng.binomial(n, np.array(rates)[:, None]), n)).state.found
    assert flagged / rounds <= 0.05 + 2 * math.sqrt(0.05 * 0.95 / rounds)


def test_a_gap_that_is_there_is_shown_in_its_own_direction() -> None:
    """Within both departments men have under half of women's rate; over all rows women seem worse off."""
    strata: Counts = {"A": {"m": (400, 1000), "f": (80, 100)}, "B": {"m": (2, 100), "f": (100, 1000)}}
    audit = _check(strata)
    (pooled,) = [f for f in audit.findings(GAP) if "simpson" in f.measures]
    assert next(audit.findings("OUT001")).subject["level"] == "f"
    assert (pooled.subject["level"], pooled.subject["reference"]) == ("m", "f")
    assert pooled.state is State.SHOWN_STRONG
    # (400 * 100 / 1100 + 2 * 1000 / 1100) / (80 * 1000 / 1100 + 100 * 100 / 1100) = 42 / 90
    assert pooled.measures["mh_risk_ratio"].value == pytest.approx(42 / 90)
    assert pooled.measures["simpson"].value == 1


def test_strata_that_contradict_each_other_are_not_pooled_into_no_gap() -> None:
    """Two opposite gaps of 2 : 1, whose pooled odds ratio is exactly 1, where statsmodels' test divides by zero."""
    strata: Counts = {"A": {"m": (60, 100), "f": (30, 100)}, "B": {"m": (30, 100), "f": (60, 100)}}
    audit = _check(strata)
    pooled = next(f for f in audit.findings(GAP) if "simpson" in f.measures)
    assert pooled.state is State.UNDETERMINED
    # At an odds ratio of 1 each cell has 45: (60 - 45)^2 (1/45 + 1/55 + 1/45 + 1/55), twice
    statistic = 2 * 15**2 * 2 * (1 / 45 + 1 / 55)
    assert pooled.measures["breslow_day_p"].value == pytest.approx(stats.chi2.sf(statistic, 1))
    each = {f.subject["stratum"]: f for f in audit.findings(GAP) if f is not pooled}
    assert {stratum: (f.subject["level"], f.state.found) for stratum, f in each.items()} == {
        "A": ("f", True),
        "B": ("m", True),
    }


@pytest.mark.parametrize(
    ("group", "level", "reference", "statistic", "freedom", "p"),
    [
        # one class has nobody with the favourable income, and made statsmodels' test nan
        ("sex", "Female", "Male", 71.958, 7, 5.936e-13),
        ("race", "Black", "Asian-Pac-Islander", 12.657, 6, 0.04881),
    ],
)
def test_whether_strata_differ_is_statsmodels_over_those_that_vary(
    group: str, level: str, reference: str, statistic: float, freedom: int, p: float
) -> None:
    """Adult, within the class of work; those who have none stated are a stratum of their own."""
    frame = pd.read_parquet(DATA / "adult.parquet")
    frame = frame.assign(high=frame["income"].astype(str).str.contains(">50K"))
    tables = []
    for _, of in frame.groupby(frame["workclass"].astype(object).fillna("?")):
        own, theirs = of[of[group] == level], of[of[group] == reference]
        if len(own) and len(theirs):
            tables.append((int(own["high"].sum()), len(own), int(theirs["high"].sum()), len(theirs)))
    found = heterogeneity(Within.of(np.array(tables)))
    assert found is not None
    assert found.statistic == pytest.approx(statistic, abs=5e-4)
    assert found.p == pytest.approx(p, rel=1e-3)
    assert found.freedom == freedom
    vary = [(a, b, c, d) for a, b, c, d in tables if 0 < a + c < b + d]
    assert len(vary) < len(tables) and len(vary) == freedom + 1
    table = StratifiedTable(np.array([[[c, d - c], [a, b - a]] for a, b, c, d in vary], dtype=float).transpose(1, 2, 0))
    assert (found.statistic, found.p) == pytest.approx(
        (table.test_equal_odds().statistic, table.test_equal_odds().pvalue), rel=1e-7
    )
    assert found.tarone == pytest.approx(table.test_equal_odds(adjust=True).pvalue, rel=1e-7)


def test_a_claim_about_a_sixth_of_a_group_is_none_about_the_group() -> None:
    """83% of the women are in a department without men: equal rates in the other say nothing about most women."""
    strata: Counts = {"A": {"m": (500, 1000), "f": (500, 1000)}, "B": {"f": (1000, 5000)}}
    found = _pooled(_check(strata, reason="people choose it"), "f")
    assert found.state is State.UNDETERMINED
    assert found.measures["covered"].value == pytest.approx(1000 / 6000)
    assert found.measures["simpson"].value == 0


def test_a_stratum_that_is_the_group_but_for_a_few_is_no_paradox_and_lifts_nothing() -> None:
    """97% of the women are in B: of 30 women and 30 men apart from their own little can be said."""
    strata: Counts = {"A": {"m": (582, 970), "f": (18, 30)}, "B": {"m": (9, 30), "f": (291, 970)}}
    audit = _check(strata, reason="people choose it")
    found = _pooled(audit, "f")
    odds = found.measures["mh_odds_ratio"]
    assert odds.low is not None and odds.high is not None and odds.low < 1 < odds.high
    assert odds.high < (591 * 691) / (409 * 309)  # the crude odds ratio is ruled out
    assert (found.state, found.measures["simpson"].value) == (State.UNDETERMINED, 0)
    assert audit.verdict.level is Level.UNFIT


def test_the_pairs_of_all_group_columns_are_one_family() -> None:
    """Two columns of two levels are two tests; the smaller p of the two is doubled."""
    strata = {
        "A": {("m", "x"): (60, 100), ("f", "x"): (50, 100), ("m", "y"): (30, 50), ("f", "y"): (28, 50)},
        "B": {("m", "x"): (30, 100), ("f", "x"): (22, 100), ("m", "y"): (15, 50), ("f", "y"): (13, 50)},
    }
    result = run_rule(GAP, tally_of(groups=["sex", "race"], within=["dept"], strata=strata))
    sex, race = (next(f for f in result.findings if f.subject["group"] == group) for group in ("sex", "race"))
    tables = np.array([[[90, 60], [78, 72]], [[45, 105], [35, 115]]], dtype=float).transpose(1, 2, 0)
    p = StratifiedTable(tables).test_null_odds().pvalue
    assert sex.measures["p_value"].value == pytest.approx(p)
    assert sex.measures["p_adjusted"].value == pytest.approx(2 * p)
    assert "Holm over 2 pairs of all group columns" in sex.message
    other = race.measures["p_value"].value
    assert other is not None and other > p and race.measures["p_adjusted"].value == pytest.approx(max(other, 2 * p))


def test_the_widest_gap_beside_a_fixed_reference_is_held_within_strata_too() -> None:
    """Within each job all have one rate; of 'a' more are in the job that takes more, so that it seems better off."""
    strata: Counts = {
        "A": {"r": (1200, 2000), "a": (2100, 3500), "b": (600, 1000)},
        "B": {"r": (600, 3000), "a": (300, 1500), "b": (800, 4000)},
    }
    use = {"features": {"strata": {"dept": "people choose it"}}, "groups": {"reference": {"race": "r"}}}
    audit = audit_of(tally_of(groups=["race"], within=["dept"], strata=strata), use, only=(GAP, "OUT001"))
    widest = next(f for f in audit.findings("OUT001") if "r" not in (f.subject["level"], f.subject["reference"]))
    assert widest.state is State.SHOWN_STRONG  # 1,400 of 5,000 against 2,400 of 5,000
    within = next(f for f in audit.findings(GAP) if "r" not in (f.subject["level"], f.subject["reference"]))
    assert within.state is State.CLEAR
    assert within.measures["mh_risk_ratio"].value == pytest.approx(1)
    assert audit.verdict.level is not Level.UNFIT


def test_an_e_value_stands_beside_a_gap_within_strata() -> None:
    """Rates of .6 and .3 in one stratum: a ratio of 1/2, so that 2 + sqrt(2) is what would explain it away."""
    found = _pooled(_check({"A": {"m": (600, 1000), "f": (300, 1000)}}), "f")
    assert found.measures["e_value"].value == pytest.approx(2 + math.sqrt(2))
    end = found.measures["mh_risk_ratio"].high
    assert end is not None
    assert found.measures["e_value_of_interval"].value == pytest.approx(1 / end + math.sqrt(1 / end * (1 / end - 1)))
    assert "E-value" in found.message
    even = _pooled(_check({"A": {"m": (600, 1000), "f": (595, 1000)}}), "f")
    assert "e_value" not in even.measures and "E-value" not in even.message


def test_strata_too_small_to_differ_are_said_to_be_so() -> None:
    """Pairs of one man and one woman: no stratum has a fitted cell of more than one."""
    strata: Counts = {f"job {i}": {"m": (i % 2, 1), "f": (i % 3 % 2, 1)} for i in range(60)}
    assert "too small for the Breslow-Day test to have power" in _pooled(_check(strata), "f").message


def test_a_stratum_without_a_reason_neither_excuses_nor_blocks() -> None:
    strata: Counts = {"A": {"m": (600, 1000), "f": (300, 1000)}, "B": {"m": (300, 1000), "f": (140, 1000)}}
    unreasoned, reasoned = (_check(strata, reason=reason) for reason in ("", "people choose it"))
    assert _pooled(unreasoned, "f").state is State.SHOWN_STRONG
    assert GAP not in unreasoned.verdict.because
    assert GAP in reasoned.verdict.because


@pytest.mark.parametrize(("against", "found"), [(5, False), (30, True)])
def test_few_sets_of_matched_records_show_nothing(against: int, found: bool) -> None:
    """Of pairs with two outcomes the exact test is the sign test; CMH gives 0.025 for five of five, the sign test 2/32."""
    # Pairs alike but for sex: of `against` the man alone is hired, of 40 both are.
    sets: tuple[dict[str, tuple[int, int]], ...] = ({"m": (1, 1), "f": (0, 1)},) * against + (
        {"m": (1, 1), "f": (1, 1)},
    ) * 40
    twins = {"sex": (Twins(sets, ("skill", "field")), Twins((), ("field",)))}
    counts = {"m": (against + 40, against + 40), "f": (40, against + 40)}
    result = run_rule(MATCHED, tally_of(counts, groups=["sex"], twins=twins))
    exact = next(f for f in result.findings if f.subject["stratum"] == "identical")
    p = exact.measures["p_value"].value
    if found:
        assert exact.state.found
        assert p == pytest.approx(2 * stats.norm.sf(math.sqrt(against)))  # McNemar: 30 of 30
    else:
        assert exact.state is State.UNDETERMINED
        assert p == pytest.approx(stats.binomtest(0, against, 0.5).pvalue)
