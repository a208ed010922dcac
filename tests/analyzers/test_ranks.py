"""RNK001: who is in the top places of lists, and exposure."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable

import auditor
from auditor.counts.places import split
from auditor.errors import AuditError
from auditor.model import Audit, Result, State
from auditor.reporter import renderer
from auditor.stats.exposure import EDGES, compared, discount, exposures
from tests.conftest import SAMPLES


def _lists(seed: int = 1, lists: int = 40, size: int = 30, shift: float = 0.0) -> pd.DataFrame:
    """Return people on lists, with a score that is lower by `shift` deviations for a, and the place by it."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"opening": np.repeat([f"o{i}" for i in range(lists)], size), "group": rng.choice(["a", "b"], lists * size)}
    )
    frame["score"] = rng.normal(size=len(frame)) - shift * (frame["group"] == "a")
    frame["place"] = frame.groupby("opening")["score"].rank(ascending=False, method="min").astype(int)
    return frame


def _audit(frame: Any, **options: Any) -> Audit:
    options = {"groups": "group", "list": "opening", "rank": "place", "only": "RNK001", "target": "none", **options}
    return auditor.check(frame, **{"min_report_cell": 0, **options})


def _result(frame: Any, **options: Any) -> Result:
    return _audit(frame, **options).result("RNK001")


def _at(result: Result, top: str) -> Any:
    (row,) = [row for row in result.table if row["top"] == top]
    return row


def test_shares_ratios_and_tests_at_each_k_are_those_of_statsmodels() -> None:
    frame = _lists(shift=0.8)
    result = _result(frame)
    assert [row["top"] for row in result.table] == [*(f"top {k}" for k in (1, 3, 5, 10, 20)), "mean exposure"]
    for k in (3, 10, 20):
        row, top = _at(result, f"top {k}"), frame["place"] <= k
        own = frame["group"] == row["level"]
        assert (row["selected"], row["n"]) == ((top & own).sum(), own.sum())
        tables = [
            np.array([[(t & o).sum(), (~t & o).sum()], [(t & ~o).sum(), (~t & ~o).sum()]], dtype=float)
            for _, at in frame.groupby("opening").groups.items()
            for t, o in [(top[at], own[at])]
        ]
        assert row["impact_ratio"] == pytest.approx(StratifiedTable(tables).riskratio_pooled)
    (finding,) = result.findings
    assert finding.state is State.SHOWN_STRONG and finding.subject["level"] == "a"
    k = int(finding.measures["places"].value or 0)
    top, own = frame["place"] <= k, frame["group"] == "a"
    tables = [
        np.array([[(t & o).sum(), (~t & o).sum()], [(t & ~o).sum(), (~t & ~o).sum()]], dtype=float)
        for _, at in frame.groupby("opening").groups.items()
        for t, o in [(top[at], own[at])]
    ]
    assert finding.measures["p_value"].value == pytest.approx(StratifiedTable(tables).test_null_odds().pvalue)


def test_exposure_is_the_mean_of_the_discounts_and_its_test_a_permutation_test() -> None:
    """One list: the ratio by hand, z against the shuffles of scipy."""
    frame = _lists(seed=5, lists=1, size=60, shift=0.5)
    seen = 1 / np.log2(1 + frame["place"].to_numpy())
    own = (frame["group"] == "a").to_numpy()
    row = _at(_result(frame, list=None), "mean exposure")
    ratio = row["impact_ratio"] if row["level"] == "a" else 1 / row["impact_ratio"]
    exact = exposures()  # places beyond 20 are in bins
    binned = np.array([exact[np.searchsorted(EDGES, place)] for place in frame["place"]])
    assert ratio == pytest.approx(binned[own].mean() / binned[~own].mean())
    assert ratio == pytest.approx(seen[own].mean() / seen[~own].mean(), rel=3e-3)
    n = np.array([[own.sum()], [(~own).sum()]])
    sums = np.array([[binned[own].sum()], [binned[~own].sum()]])
    found = compared(n, sums, n.sum(axis=0), sums.sum(axis=0), np.array([(binned**2).sum()]))
    assert found is not None
    shuffled = stats.permutation_test(
        (binned[own], binned[~own]),
        lambda a, b, axis: a.mean(axis) - b.mean(axis),
        n_resamples=20_000,
        vectorized=True,
        random_state=1,
    )
    spread = shuffled.null_distribution.std()
    assert found.z == pytest.approx((binned[own].mean() - binned[~own].mean()) / spread, rel=0.03)


def test_discounts_of_bins_are_those_of_their_places() -> None:
    """As scikit-learn's DCG has them: 1 / log2(1 + place)."""
    assert [discount(place) for place in (1, 3, 7)] == pytest.approx([1, 1 / 2, 1 / 3])
    seen = exposures()
    assert seen[:20] == pytest.approx([1 / math.log2(1 + place) for place in range(1, 21)])
    at = EDGES.index(50)
    places = range(EDGES[at - 1] + 1, 51)
    assert seen[at] == pytest.approx(np.mean([1 / math.log2(1 + place) for place in places]))
    assert {10, 20, 50, 100, 200, 500, 1000, 10_000} <= set(EDGES) and len(seen) == len(EDGES) + 1
    assert split("a\x1fb\x1f17") == ("a\x1fb", 17)


def test_a_score_is_ranked_within_its_list() -> None:
    frame = _lists(shift=0.8)
    by_place = _result(frame)
    assert _result(frame, rank="score:highest").table == by_place.table
    assert _result(frame.assign(score=-frame["score"]), rank="Score:lowest").table == by_place.table
    roles = {of.name: of.role for of in _audit(frame, rank="score:highest").dataset.columns}
    assert roles["place by score"] == "rank" and roles["opening"] == "list"


def test_ties_missing_places_and_one_sided_lists_are_counted() -> None:
    frame = _lists()
    frame["score"] = frame["score"].round()
    frame["place"] = frame.groupby("opening")["score"].rank(ascending=False, method="min")
    frame.loc[frame.index[:7], "place"] = None
    alone = pd.DataFrame({"opening": "alone", "group": "a", "score": 1.0, "place": range(2, 12)})
    (finding,) = _result(pd.concat([frame, alone])).findings
    assert "7 rows without a place or a list are left out" in finding.message
    assert "1 list with one of the two groups only cannot be compared" in finding.message
    assert "without a first place" in finding.message
    tied = frame[frame["place"].notna()].groupby(["opening", "place"])["group"].size()
    shared = int(tied[(tied > 1) & (tied.index.get_level_values("place") <= 20)].sum())
    assert f"all count as being there ({shared})" in finding.message


def test_many_rows_without_a_place_leave_nothing_clear() -> None:
    even = pd.DataFrame({"opening": np.repeat(np.arange(2500), 4), "place": np.tile([1, 2, 3, 4], 2500)})
    even["group"] = np.where((even["opening"] + even["place"]) % 2 == 0, "a", "b")
    even["opening"] = "o" + even["opening"].astype(str)
    (finding,) = _result(even).findings
    assert finding.state is State.CLEAR
    even.loc[::10, "place"] = None
    (finding,) = _result(even).findings
    assert finding.state is State.UNDETERMINED and "more than 5.0% of the rows" in finding.message


def test_people_on_several_lists_count_once_and_weights_are_refused() -> None:
    frame = _lists(shift=0.8)
    frame["person"] = [f"p{i}" for i in range(len(frame))]
    copied = pd.concat([frame.assign(opening=frame["opening"] + of) for of in "xyz"])
    own, many = (_at(_result(of, id="person"), "top 5") for of in (frame, copied))
    assert many["impact_ratio"] == pytest.approx(own["impact_ratio"])
    width = [math.log(of["high"] / of["low"]) for of in (own, many)]
    assert width[1] == pytest.approx(width[0], rel=0.1)
    exposed = [_at(_result(of, id="person"), "mean exposure") for of in (frame, copied)]
    widths = [math.log(of["high"] / of["low"]) for of in exposed]
    assert widths[1] == pytest.approx(widths[0], rel=0.15)
    refused = _result(frame.assign(w=1.5), weight="w")
    assert refused.state is State.NOT_RUN and "weights" in str(refused.reason)


def test_equal_lists_show_nothing_and_a_shift_is_found() -> None:
    """Of 15 data sets without a gap at most 5% may show one: more than 4 has a chance of under 1% (binomial)."""
    states = [[_result(_lists(seed, 15, 20, shift)).findings[0].state for seed in range(15)] for shift in (0.0, 1.0)]
    assert sum(state.found or state is State.BORDERLINE for state in states[0]) <= 4
    assert sum(state.found for state in states[1]) >= 13


def test_tallies_of_parts_add_up(tmp_path: Path) -> None:
    frame = _lists(shift=0.8).drop(columns="score")
    for i, part in enumerate((frame[:600], frame[600:])):
        auditor.tally(part, tmp_path / f"{i}.tally", groups="group", list="opening", rank="place", target="none")
    options: dict[str, Any] = {"groups": None, "list": None, "rank": None, "target": None}
    assert _result([tmp_path / f"{i}.tally" for i in range(2)], **options).findings == _result(frame).findings
    auditor.tally(
        frame, tmp_path / "few.tally", groups="group", list="opening", rank="place", target="none", min_cell=5
    )
    few = _result([tmp_path / "few.tally"], **options)
    assert few.state is State.NOT_RUN and "suppressed" in str(few.reason)


def test_the_sample_ranks_older_applicants_lower() -> None:
    """Planted: applicants of 40 and over score 5 points lower at the same skill; nothing depends on gender."""
    use = SAMPLES / "recruiting.use_case.toml"
    audit = auditor.check(SAMPLES / "recruiting.csv", use_case=use, rank="score:highest", only="RNK001")
    found = {of.subject["level"]: of.state for of in audit.findings("RNK001")}
    assert found["40 and over"] is State.SHOWN_STRONG and not found["female"].found
    for form in (".html", ".md", ".txt", ".json"):
        text = renderer(form)(audit)
        assert isinstance(text, str) and "top 3" in text.replace("\\", "")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rank": "group"}, "cannot be both group and rank"),
        ({"rank": "opening", "list": None}, "is not a number"),
        ({"rank": "score:first"}, "write score:highest or score:lowest"),
        ({"rank": "nothing:highest"}, "nothing"),
        ({"rank": "group:highest"}, "is not a number"),
        ({"rank": "score"}, "negative places"),
        ({"rank": "from_zero"}, "has a place 0"),
    ],
)
def test_what_cannot_be_ranked_is_refused_in_a_line(options: dict[str, Any], said: str) -> None:
    with pytest.raises(AuditError, match=said) as error:
        _audit(_lists().assign(from_zero=lambda frame: frame["place"] - 1), **options)
    assert "\n" not in str(error.value)


def test_what_holds_on_a_few_lists_is_no_claim_about_a_group() -> None:
    """On 2,500 lists of four the places are even; twice as many of b are on lists of their own, all of them low."""
    even = pd.DataFrame({"opening": np.repeat(np.arange(2500), 4), "place": np.tile([1, 2, 3, 4], 2500)})
    even["group"] = np.where((even["opening"] + even["place"]) % 2 == 0, "a", "b")
    alone = pd.DataFrame({"opening": np.repeat(np.arange(2500, 3750), 8), "place": np.tile(range(1, 9), 1250)})
    (clear,) = _result(even).findings
    (part,) = _result(
        pd.concat([even, alone.assign(group="b")]), use_case={"groups": {"reference": {"group": "a"}}}
    ).findings
    assert clear.state is State.CLEAR and part.state is State.UNDETERMINED
    assert "Only 33.3% of 'b' are on lists that hold 'a' too. The result is inconclusive for the rest." in part.message
    cut = int(part.measures["places"].value or 0)
    shares = even.assign(top=even["place"] <= cut).groupby("group")["top"].mean()  # of the lists that hold both
    assert part.measures["top_share"].value == pytest.approx(shares["b"])
    assert part.measures["reference_top_share"].value == pytest.approx(shares["a"])


@pytest.mark.parametrize("code", ["RNK001", "STG002", "OUT003"])
def test_a_group_on_lists_of_its_own_is_mentioned(code: str) -> None:
    """Nobody of c is on a list with anybody else: it is not compared, and no rule may be silent about it."""
    frame = _lists(seed=3)
    alone = _lists(seed=4, lists=20).assign(group="c", opening=lambda of: "own " + of["opening"].astype(str))
    both = pd.concat([frame.assign(opening=frame["opening"].astype(str)), alone], ignore_index=True)
    both["hired"] = np.where(both["place"] % 4 == 1, "yes", "no")
    options: dict[str, Any] = {"target": "hired", "positive": "yes", "only": code}
    if code == "OUT003":
        options |= {"list": None, "rank": None, "within": ["opening"]}
    findings = _audit(both, **options).result(code).findings
    (about,) = [of for of in findings if of.subject["level"] == "c"]
    assert about.state is State.UNDETERMINED and "so the two are not compared" in about.message
    assert {of.subject["level"] for of in findings} > {"c"}
