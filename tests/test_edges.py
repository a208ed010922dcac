"""What stands exactly on a line, and how many tests share alpha: small changes that a reader of a report would see.

Each value comes from scipy, statsmodels or a fraction; each test fails when the line is moved by one, or the family
made smaller.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import fisher_exact, norm, t
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import power_proportions_2indep, proportions_ztest

import auditor
from auditor.analyzers.comparing import compare
from auditor.analyzers.states import ratio_gap
from auditor.counts.exchange import loaded
from auditor.counts.names import COUNT, OUTCOME
from auditor.model import Finding, State
from auditor.stats.clusters import Clusters
from auditor.stats.counts import Interval, Pair
from auditor.stats.gaps import Terms
from auditor.stats.proportions import equal_rates
from tests.conftest import rows_of
from tests.tallies import run_rule, tally_of

# The best group has 1% of the rows; of four groups that are large enough "a" has the highest rate.
SMALL = {"tiny": (90, 100), "a": (1600, 3300), "b": (1300, 3300), "c": (1400, 3300)}
FOUR = {"a": (66, 120), "b": (50, 120), "c": (45, 110), "d": (38, 100)}


def _findings(rule: str, counts: dict[str, tuple[int, int]], **use: Any) -> dict[str, Finding]:
    return {of.subject["level"]: of for of in run_rule(rule, tally_of(counts), use or None).findings}


def test_a_group_of_a_hundredth_of_the_rows_is_no_reference() -> None:
    """100 of 10,000 rows: 1%, under the 2% of 6 RCNY 5-301(d), though more than 30."""
    found = _findings("OUT001", SMALL)
    assert {level: of.subject["reference"] for level, of in found.items()} == {"b": "a", "c": "a", "a": "tiny"}
    assert found["a"].state is State.BORDERLINE  # that it does better is said, and no more
    assert compare(SMALL).reference == "a"
    just = {"tiny": (180, 200), "a": (4000, 9800)}  # 200 of 10,000 are 2%
    fewer = {"tiny": (180, 199), "a": (4000, 9801)}
    assert (compare(just).reference, compare(fewer).reference) == ("tiny", "a")


def test_thirty_rows_make_a_reference_and_twenty_nine_do_not() -> None:
    others = (40, 100)
    assert compare({"best": (25, 30), "others": others}).reference == "best"
    assert compare({"best": (25, 29), "others": others}).reference == "others"


@pytest.mark.parametrize(
    ("terms", "reference", "said"),
    [
        (Terms(), "a", "highest rate among groups of at least 30 rows and 2% of the data"),
        (Terms(min_share=0.0), "tiny", "highest rate among groups of at least 30 rows"),
        (Terms(literal=True), "tiny", "highest rate of all groups"),
        (Terms(literal=True, exclude_below=0.02), "a", "highest rate among groups of at least 2% of the data"),
        (Terms(reference="b"), "b", "fixed by the stated use"),
        (Terms(min_n=4000), "a", "largest group, because no group has 4000 rows and 2% of the data"),
    ],
)
def test_how_the_reference_came_about_is_told(terms: Terms, reference: str, said: str) -> None:
    assert terms.choose({level: (float(x), float(n)) for level, (x, n) in SMALL.items()}) == (reference, said)


def _pairs_p(counts: dict[str, tuple[int, int]], pairs: list[tuple[str, str]]) -> dict[frozenset[str], float]:
    """Return Holm's p of pairs of groups: statsmodels' Z tests and its adjustment."""
    plain = [proportions_ztest([counts[a][0], counts[b][0]], [counts[a][1], counts[b][1]])[1] for a, b in pairs]
    return dict(zip(map(frozenset, pairs), multipletests(plain, method="holm")[1], strict=True))


def test_all_pairs_share_alpha_and_not_the_references_alone() -> None:
    """Three groups, six pairs of four: the reference is picked for its high rate, so that every pair was looked at."""
    whole = _pairs_p(FOUR, [*combinations(FOUR, 2)])
    with_a = _pairs_p(FOUR, [(level, "a") for level in "bcd"])
    found = _findings("OUT001", FOUR)
    assert {*found} == {"b", "c", "d"}
    for level, of in found.items():
        assert of.measures["p_adjusted"].value == pytest.approx(whole[frozenset((level, "a"))], rel=1e-9)
    assert whole[frozenset("ad")] == pytest.approx(2 * with_a[frozenset("ad")])  # six in place of three
    # Beside a fixed reference the furthest apart of the three other pairs is one test more, of a p three times as large.
    beside = 3 * proportions_ztest([FOUR["b"][0], FOUR["d"][0]], [FOUR["b"][1], FOUR["d"][1]])[1]
    plain = [proportions_ztest([FOUR[of][0], FOUR["a"][0]], [FOUR[of][1], FOUR["a"][1]])[1] for of in "bcd"]
    four = multipletests([*plain, min(1, beside)], method="holm")[1]
    for of in run_rule("OUT001", tally_of(FOUR), {"groups": {"reference": {"group": "a"}}}).findings:
        names = of.subject["level"], of.subject["reference"]
        expected = four["bcd".index(names[0])] if names[1] == "a" else four[3]
        assert names[1] == "a" or names == ("d", "b")
        assert of.measures["p_adjusted"].value == pytest.approx(expected, rel=1e-9)


def test_a_pair_beside_the_reference_takes_its_step_of_the_adjustment() -> None:
    """The most evident pair is of the two others: after it come two tests, not three."""
    counts = {"a": (60, 100), "b": (1100, 2000), "c": (900, 2000)}
    whole = _pairs_p(counts, [*combinations(counts, 2)])
    plain = proportions_ztest([60, 900], [100, 2000])[1]
    assert whole[frozenset("ac")] == pytest.approx(2 * plain)
    assert _findings("OUT001", counts)["c"].measures["p_adjusted"].value == pytest.approx(2 * plain, rel=1e-9)


@pytest.mark.parametrize(("reference", "tests"), [(None, 6), ("a", 4)])  # three, and the widest gap beside it
def test_the_detectable_ratio_is_that_of_the_alpha_left_to_one_pair(reference: str | None, tests: int) -> None:
    """The ratio that statsmodels' power of 80% belongs to, at alpha over the number of pairs."""
    rate = sum(x for x, _ in FOUR.values()) / sum(n for _, n in FOUR.values())
    use = {"groups": {"reference": {"group": reference}}} if reference else {}
    for rule, measure in (("REP002", "detectable_ratio"), ("OUT001", "detectable_ratio")):
        all_found = run_rule(rule, tally_of(FOUR), use or None).findings
        found = {of.subject["level"]: of for of in all_found if of.subject.get("reference") == "a"}
        for level in "bcd":
            n = FOUR[level][1]

            def lacking(ratio: float, n: int = n) -> float:
                result = power_proportions_2indep(
                    diff=(ratio - 1) * rate, prop2=rate, nobs1=n, ratio=FOUR["a"][1] / n, alpha=0.05 / tests
                )
                return float(result.power) - 0.8

            assert found[level].measures[measure].value == pytest.approx(brentq(lacking, 0.01, 0.999), abs=1e-6)


@pytest.mark.parametrize(("n", "strong"), [(29, True), (30, False), (31, False)])
def test_a_group_of_thirty_rows_is_as_large_as_is_asked(n: int, strong: bool) -> None:
    """By its size, with an outcome and without one, as the group of a gap and as the reference of it."""
    without = run_rule("REP002", tally_of({"a": n, "b": 500}, target=None)).findings
    assert [of.subject["level"] for of in without if of.state is State.SHOWN_STRONG] == ["a"] * strong
    as_group = _findings("REP002", {"a": (n // 2, n), "b": (400, 500)})
    assert (as_group["a"].state is State.SHOWN_STRONG) is strong
    fixed = _findings("REP002", {"a": (n // 2, n), "b": (100, 500)}, groups={"reference": {"group": "a"}})
    assert (fixed["a"].state is State.SHOWN_STRONG) is strong


@pytest.mark.parametrize(("rows", "state"), [(29, State.SHOWN), (30, None)])
def test_a_combination_of_thirty_rows_is_there(rows: int, state: State | None) -> None:
    counts = {("f", "x"): rows, ("f", "y"): 500, ("m", "x"): 500, ("m", "y"): 500}
    result = run_rule("REP003", tally_of(counts, groups=("sex", "site"), target=None))
    assert [of.state for of in result.findings if of.state.found] == ([state] if state else [])


def test_one_selection_that_makes_the_rates_equal_does_not_turn_the_gap() -> None:
    """The guard asks who would then have the higher rate: 5 of 10 against 5 of 10 is nobody."""
    tie, turned = Pair(4, 10, 6, 10), Pair(4, 10, 5, 10)
    assert Fraction(4 + 1, 10) == Fraction(6 - 1, 10)
    assert Fraction(4 + 1, 10) > Fraction(5 - 1, 10)
    assert (tie.flips(), turned.flips()) == (False, True)
    bounds = Interval(0.3, 0.79)
    assert ratio_gap(tie, bounds, 0.01, Fraction(4, 5), 0.05) is State.SHOWN_STRONG
    assert ratio_gap(turned, bounds, 0.01, Fraction(4, 5), 0.05) is State.UNDETERMINED


@pytest.mark.parametrize(
    ("x", "n", "x_ref", "n_ref", "exact"),
    [
        (2, 10, 8, 10, False),  # 10 of 20 favourable: 5 expected in each cell
        (2, 20, 18, 60, False),  # 20 * 20 / 80 = 5
        (2, 20, 17, 60, True),  # 20 * 19 / 80 = 4.75
        (18, 20, 42, 60, False),  # of the unfavourable 20 * 20 / 80 = 5
        (19, 20, 42, 60, True),  # 20 * 19 / 80 = 4.75
    ],
)
def test_five_expected_rows_are_enough_for_the_z_test(x: int, n: int, x_ref: int, n_ref: int, exact: bool) -> None:
    z = proportions_ztest([x, x_ref], [n, n_ref])
    fisher = fisher_exact(np.array([[x, n - x], [x_ref, n_ref - x_ref]])).pvalue
    assert fisher != pytest.approx(z[1], rel=0.01)
    got = equal_rates(Pair(x, n, x_ref, n_ref))
    assert got.p == pytest.approx(fisher if exact else z[1], rel=1e-9)
    assert got.test == ("Fisher exact" if exact else "pooled Z")
    assert got.z == pytest.approx(z[0])
    (told,) = run_rule("OUT001", tally_of({"a": (x, n), "b": (x_ref, n_ref)})).findings
    assert told.measures["p_value"].value == pytest.approx(fisher if exact else z[1], rel=1e-9)


@pytest.mark.parametrize(("rows", "leaves"), [(10, True), (9, False)])
def test_a_cell_of_the_least_number_of_rows_leaves_its_site(tmp_path: Path, rows: int, leaves: bool) -> None:
    """10 refused women with `--min-cell 10` are no small cell; 9 are."""
    frame = rows_of({"f": (200, 200 + rows), "m": (300, 600)}, group="sex").drop(columns="score")
    auditor.tally(frame, tmp_path / "a.tally", target="hired", positive="yes", groups="sex", min_cell=10)
    table = loaded(tmp_path / "a.tally").tables[0].columns
    told = {(level, outcome): n for level, outcome, n in zip(table["sex"], table[OUTCOME], table[COUNT], strict=True)}
    refused = {("f", 0): rows} if leaves else {}
    women = {("f", 1): 200, **refused} if leaves else {}
    assert told == {**women, ("m", 1): 300, ("m", 0): 300}


def _few(people: int) -> float:
    """By how much the variance of few people is more than it looks: m / (m - 1), and Student's t for the normal."""
    return people / (people - 1) * (t.ppf(0.975, people - 1) / norm.ppf(0.975)) ** 2


def test_people_whose_rows_differ_count_no_more_than_their_rows() -> None:
    """Fifty people, once favourable and once not: their rows vary more than people do, and are no more than 100."""
    apart = Clusters(people=50, rows=100, favourable=50, rows_squared=200, favourable_squared=50, product=100)
    assert apart.recurrence == 1
    assert apart.effect == pytest.approx(_few(50), rel=1e-6)
    # Ten people with both rows favourable, forty with one: 60 of 100.
    half = Clusters(people=50, rows=100, favourable=60, rows_squared=200, favourable_squared=80, product=120)
    clustered = 10 * (2 - 0.6 * 2) ** 2 + 40 * (1 - 0.6 * 2) ** 2
    assert clustered / (100 * 0.6 * 0.4) == pytest.approx(1 / 3)
    assert half.recurrence == 1
    frame = pd.DataFrame({"who": [i for i in range(100) for _ in "12"], "sex": ["f"] * 100 + ["m"] * 100})
    frame["hired"] = ["yes", "no"] * 50 + ["yes", "yes", "yes", "no"] * 25
    audit = auditor.check(frame, target="hired", groups="sex", id="who", only="OUT001")
    (gap,) = audit.findings("OUT001")
    # Of the men half have two favourable rows and half one: 25 * (2 - 1.5)^2 * 2 / (100 * 0.75 * 0.25) = 2 / 3 < 1.
    assert gap.measures["p_value"].value == pytest.approx(
        proportions_ztest([50 / _few(50), 75 / _few(50)], [100 / _few(50)] * 2)[1], rel=1e-5
    )
    assert gap.measures["impact_ratio"].n == 200


def test_people_of_one_outcome_count_as_people() -> None:
    """Where nobody is favourable nothing varies: rows are divided by rows squared over rows."""
    nobody = Clusters(people=25, rows=100, favourable=0, rows_squared=400, favourable_squared=0, product=0)
    assert nobody.recurrence == 4
    assert nobody.effect == pytest.approx(4 * _few(25), rel=1e-6)
    assert Clusters(0, 0, 0, 0, 0, 0).effect == 1
