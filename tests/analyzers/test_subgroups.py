"""OUT005 names a planted slice first, is silent without a gap, and declines where there is nothing to search."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from statsmodels.stats.proportion import confint_proportions_2indep

import auditor
from auditor.analyzers.evidence import Evidence
from auditor.counts.extras import Slice, Slices
from auditor.counts.tally import Tally
from auditor.model import Finding, State
from tests.benchmarks.slices import PLANTED, RULE, USE, alarms, judged, planted_frame
from tests.tallies import Bins, Counts, tally_of

CODE = "OUT005"


@pytest.fixture(scope="module")
def plain() -> Tally:
    """A tally without slices, which the tests give it."""
    counts: Counts = {"f": (1_500, 5_000), "m": (1_500, 5_000)}
    age = Bins((30.0, 43.0), [counts, {}, {}])
    return tally_of(counts, groups=["sex"], columns={"age": age}, slices=Slices((), 0, 0, ""))


def _run(tally: Tally, *counts: tuple[dict[str, str], int, int], x: int = 5_000, n: int = 10_000) -> Any:
    candidates = tuple(Slice(tuple(conditions.items()), *count) for conditions, *count in counts)
    return RULE.run(Evidence(dataclasses.replace(tally, slices=Slices(candidates, x, n, "the other half")), USE))


def _reported(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.subject["slice"] for finding in findings if finding.state.found]


def test_it_is_the_rule_of_its_code() -> None:
    assert RULE.code == CODE


def test_a_planted_slice_of_three_conditions_is_named_first_and_alone() -> None:
    findings, table, reason = judged(planted_frame(0))
    assert reason is None
    assert _reported(findings) == [PLANTED]
    assert findings[0].state is State.SHOWN_STRONG
    assert table[0]["slice"] == PLANTED
    assert findings[0].measures["support"].value == pytest.approx(0.03, abs=0.004)
    assert findings[0].measures["rate_difference"].value == pytest.approx(-0.2, abs=0.05)


def test_without_a_gap_at_most_one_set_in_twenty_has_a_finding() -> None:
    assert alarms(16) <= binom.ppf(0.99, 16, 0.05)  # 200 sets in the benchmark


def test_measures_agree_with_hand_fractions(plain: Tally) -> None:
    (finding,), table, _ = _run(plain, ({"town": "a", "age": "> 30 to 43"}, 120, 600))
    assert finding.subject == {"target": "hired", "slice": "town = a and age > 30 to 43"}
    assert finding.measures["selection_rate"].value == pytest.approx(120 / 600)
    assert finding.measures["reference_rate"].value == pytest.approx(4_880 / 9_400)
    assert finding.measures["impact_ratio"].value == pytest.approx((120 / 600) / (4_880 / 9_400))
    assert finding.measures["support"].value == pytest.approx(0.06)
    assert finding.measures["p_adjusted"].limit == 0.025
    assert "for 51.9% of all 9,400 other rows. The impact ratio is 0.385 [" in finding.message
    assert "tested on 10,000 held-out rows with an outcome (the other half)" in finding.message
    assert table[0]["shown"] is True


def test_size_and_evidence_both_make_a_finding(plain: Tally) -> None:
    findings, table, _ = _run(plain, ({"town": "a"}, 2_250, 5_000), ({"town": "b"}, 14, 40), ({"unit": "c"}, 1, 10))
    assert [row["shown"] for row in table] == [False, False, False]  # a ratio of 0.82; z of -1.9; ten rows
    assert [finding.state for finding in findings] == [State.UNDETERMINED]
    assert "; 2 of them are below it, but not significantly." in findings[0].message


def test_p_is_adjusted_over_every_slice_tested(plain: Tally) -> None:
    low = ({"town": "a"}, 70, 200)
    assert _reported(_run(plain, low)[0]) == ["town = a"]
    others = [({"unit": str(i)}, 100, 200) for i in range(49)]
    row = next(row for row in _run(plain, low, *others)[1] if row["slice"] == "town = a")
    alone = _run(plain, low)[1][0]
    assert row["p_adjusted"] == pytest.approx(50 * alone["p_adjusted"])


def test_a_narrower_slice_is_reported_only_when_it_is_lower_still(plain: Tally) -> None:
    wide, same, lower = {"town": "a"}, {"town": "a", "sex": "f"}, {"town": "a", "sex": "m"}
    findings, table, _ = _run(plain, (wide, 300, 1_000), (same, 145, 500))
    assert _reported(findings) == ["town = a"]
    assert table[1]["explained_by"] == "town = a"
    assert _reported(_run(plain, (wide, 300, 1_000), (lower, 40, 200))[0]) == ["town = a", "town = a and sex = m"]


def test_a_wider_slice_is_reported_only_when_the_rest_of_it_is_low_too(plain: Tally) -> None:
    narrow, wide = {"town": "a", "sex": "m"}, {"town": "a"}
    assert _reported(_run(plain, (narrow, 20, 500), (wide, 270, 1_000))[0]) == ["town = a and sex = m"]
    assert _reported(_run(plain, (narrow, 20, 500), (wide, 180, 1_000))[0]) == ["town = a", "town = a and sex = m"]


def test_at_most_twenty_are_reported_and_all_are_in_the_table(plain: Tally) -> None:
    findings, table, _ = _run(plain, *(({"town": str(i)}, 100 + i, 400) for i in range(30)))
    assert len(_reported(findings)) == 20
    assert _reported(findings)[0] == "town = 0"
    assert len(table) == 30


def test_none_shown_says_how_little_was_looked_at(plain: Tally) -> None:
    (finding,), _, reason = _run(plain, ({"town": "a"}, 990, 2_000), ({"town": "b"}, 980, 2_000))
    assert reason is None
    assert finding.state is State.CLEAR
    assert finding.message.startswith("Of the 2 subgroups with low rates in the search, not one was found below 0.8")
    assert "were not searched" in finding.message


@pytest.mark.parametrize(("x", "favourable"), [(0, 0), (10_000, 500)])
def test_an_outcome_that_does_not_vary_shows_nothing(plain: Tally, x: int, favourable: int) -> None:
    findings, table, _ = _run(plain, ({"town": "a"}, favourable, 500), x=x)
    assert not _reported(findings)
    assert table[0]["z"] is None


def test_declines_without_target_slices_candidates_or_with_weights(plain: Tally) -> None:
    def reason(tally: Tally) -> str | None:
        return RULE.run(Evidence(tally, USE))[2]

    assert reason(dataclasses.replace(plain, roles=dataclasses.replace(plain.roles, target=None))) == (
        "no outcome column is named (--target)"
    )
    weighted = dataclasses.replace(plain, roles=dataclasses.replace(plain.roles, weight="pay"))
    assert str(reason(weighted)).startswith("it does not support survey weights")
    assert str(reason(dataclasses.replace(plain, slices=None))).startswith("there are too few rows")
    assert str(_run(plain)[2]).endswith("had a low rate among the rows that were searched")
    assert str(_run(plain, ({"town": "a"}, 0, 0))[2]).endswith("had a low rate among the rows that were searched")


def test_people_who_recur_make_no_slice_of_nothing() -> None:
    """No gap anywhere, everybody in the data eight times: at most 5% of data sets have a finding; by rows, most do."""
    found = {"who": 0, None: 0}
    for seed in range(12):
        rng = np.random.default_rng(seed)
        people = pd.DataFrame(
            {name: rng.choice(list(of), 300) for name, of in (("sex", "fm"), ("town", "abcd"), ("unit", "pqr"))}
        )
        frame = (
            people.assign(who=range(300), y=rng.integers(0, 2, 300)).loc[people.index.repeat(8)].reset_index(drop=True)
        )
        for key in found if seed < 6 else ("who",):
            data = frame if key else frame.drop(columns="who")
            audit = auditor.check(data, target="y", positive="1", groups="sex", id=key, only="OUT005")
            found[key] += audit.result("OUT005").state.found
    assert found["who"] <= 3  # of 12 at 5%, more have a chance of 0.2%
    assert found[None] >= 3  # of 6


def test_none_shown_is_open_where_a_small_slice_could_be_low(plain: Tally) -> None:
    """24 of 50 against the half of the others: a ratio of .96, whose interval reaches below .8."""
    (finding,), *_ = _run(plain, ({"town": "a"}, 24, 50))
    assert finding.state is State.UNDETERMINED
    got = finding.measures["impact_ratio"]
    rest = got.n - 50 if got.n else 0
    others = round(0.48 / (got.value or 1) * rest)
    low, high = confint_proportions_2indep(24, 50, others, rest, method="score", compare="ratio")
    assert (got.low, got.high) == pytest.approx((low, high), rel=1e-3)
    assert finding.settle
