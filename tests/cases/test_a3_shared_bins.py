"""OUT002 read groups that shared a bin of the outcome as equal: "clear, +0.000" where every woman was paid less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import auditor
from auditor.model import Finding, State
from auditor.stats.numeric import cliffs_delta

Groups = dict[str, Any]


def _frame(groups: Groups) -> pd.DataFrame:
    parts = [pd.DataFrame({"who": name, "pay": np.asarray(values)}) for name, values in groups.items()]
    return pd.concat(parts, ignore_index=True)


def _findings(data: Any, reference: str | None = None, **more: Any) -> dict[str, Finding]:
    """Return level -> its finding of OUT002."""
    use = auditor.UseCase.model_validate(
        {
            "label": {"column": "pay"},
            "groups": {"columns": "who"} | ({"reference": {"who": reference}} if reference else {}),
        }
    )
    audit = auditor.check(data, use_case=use, only=["OUT002"], no_models=True, **more)
    return {finding.subject["level"]: finding for finding in audit.findings("OUT002")}


def _delta(own: Any, theirs: Any) -> float:
    """Cliff's delta by scipy: 2 U / (n n') - 1."""
    own, theirs = np.asarray(own, dtype=float), np.asarray(theirs, dtype=float)
    return float(2 * stats.mannwhitneyu(own, theirs).statistic / (len(own) * len(theirs)) - 1)


def _holds(finding: Finding, truth: float) -> bool:
    delta = finding.measures["cliffs_delta"]
    assert delta.low is not None and delta.high is not None
    return delta.low <= truth <= delta.high


CASE: Groups = {
    "staff": range(18_000, 37_900),
    "dir men": range(150_000, 153_000, 100),
    "dir women": range(130_000, 133_000, 100),
}


def test_two_small_groups_above_all_others_are_told_apart() -> None:
    assert _delta(CASE["dir women"], CASE["dir men"]) == -1
    found = _findings(_frame(CASE), "dir men")["dir women"]
    assert found.measures["cliffs_delta"].value == -1
    assert found.state is State.SHOWN_STRONG


RNG = np.random.default_rng(12)
SIBLINGS: dict[str, tuple[Groups, str]] = {
    "below all others, with a far outlier": (
        {"staff": [*range(50_000, 60_000), -1e12, 1e12], "a": range(1000, 1040), "b": range(2000, 2040)},
        "b",
    ),
    "in the middle of two crowds": (
        {"staff": [*range(0, 9000), *range(20_000, 29_000)], "a": np.arange(40) + 12_000, "b": np.arange(40) + 12_050},
        "b",
    ),
    "overlapping": ({"staff": range(19_000), "a": RNG.normal(90_000, 900, 60), "b": RNG.normal(90_500, 900, 70)}, "b"),
    "ten millions": ({"staff": range(19_000), "a": np.arange(50) + 16_702_500, "b": np.arange(50) + 16_702_525}, "b"),
    "tiny differences": (
        {"staff": RNG.normal(0, 1e6, 19_000), "a": 3e6 + np.arange(50) * 1e-6, "b": 3e6 + np.arange(20, 70) * 1e-6},
        "b",
    ),
    "ties among the few": (
        {"staff": RNG.random(19_000), "a": [2.5, 3.5] * 30, "b": [2.5, 2.5, 3.5] * 20, "c": [3.5] * 40},
        "c",
    ),
    "more than two groups": (
        {"staff": RNG.normal(0, 1, 18_000), **{f"g{i}": RNG.normal(30 + i / 4, 1, 40) for i in range(6)}},
        "g3",
    ),
}


@pytest.mark.parametrize("name", SIBLINGS)
def test_small_groups_are_compared_as_scipy_compares_them(name: str) -> None:
    groups, reference = SIBLINGS[name]
    for level, found in _findings(_frame(groups), reference).items():
        own, theirs = groups[found.subject["level"]], groups[found.subject["reference"]]
        assert reference in found.subject.values() and level != found.subject["reference"]
        assert found.measures["cliffs_delta"].value == pytest.approx(_delta(own, theirs), abs=0.005)
        assert _holds(found, _delta(own, theirs))


@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_grades_are_ties_and_nothing_is_left_open(kind: str) -> None:
    """Of five grades every bin holds one: the delta is exact, and its interval no wider for bins."""
    rng = np.random.default_rng(3)
    groups = {"a": rng.integers(1, 6, 900).astype(kind), "b": np.clip(rng.integers(1, 7, 900), 1, 5).astype(kind)}
    (found,) = _findings(_frame(groups), positive=">= 4").values()
    own, theirs = (groups[found.subject[of]] for of in ("level", "reference"))
    assert found.measures["cliffs_delta"].value == pytest.approx(_delta(own, theirs), abs=1e-12)
    alone = cliffs_delta(
        np.bincount(own.astype(int), minlength=6), np.bincount(theirs.astype(int), minlength=6)
    ).interval
    assert (found.measures["cliffs_delta"].low, found.measures["cliffs_delta"].high) == pytest.approx(alone)


def test_a_pay_that_many_have_is_a_bin_of_its_own() -> None:
    """A minimum wage that 60% of one group and 30% of the other get, among pay that all differ."""
    rng = np.random.default_rng(5)
    groups = {
        name: np.where(rng.random(3000) < share, 12.41, 12.41 + rng.exponential(9, 3000))
        for name, share in (("a", 0.6), ("b", 0.3))
    }
    (found,) = _findings(_frame(groups)).values()
    own, theirs = (groups[found.subject[of]] for of in ("level", "reference"))
    assert found.measures["cliffs_delta"].value == pytest.approx(_delta(own, theirs), abs=1e-4)
    assert found.measures["quantile_gap_10"].value == 0  # both are at the minimum there, exactly


def test_rows_that_are_counts_are_compared_too() -> None:
    counted = _frame(CASE).assign(n=1).groupby(["who", "pay"], as_index=False).sum()
    found = _findings(counted, "dir men", count="n")["dir women"]
    assert found.measures["cliffs_delta"].value == -1


def test_groups_that_the_first_look_misses_are_found_in_the_whole() -> None:
    """Of 150,000 rows a look at 20,000 sees none of two groups of 40 that lie side by side."""
    rows = {"staff": range(150_000)}
    frame = pd.concat([_frame(rows), _frame({"a": np.arange(40) + 200_000, "b": np.arange(40) + 200_040})])
    order = [*range(75_000), *range(150_000, 150_080), *range(75_000, 150_000)]
    found = _findings(frame.iloc[order].reset_index(drop=True), "b")["a"]
    assert found.measures["cliffs_delta"].value == -1
    assert found.state is State.SHOWN_STRONG


def test_a_second_site_whose_groups_lie_elsewhere_is_never_called_clear(tmp_path: Path) -> None:
    """Cut where the first site's groups lie, all of the second site's directors fall in one bin."""
    use = auditor.UseCase.model_validate(
        {"label": {"column": "pay"}, "groups": {"columns": "who", "reference": {"who": "dir men"}}}
    )
    men, women = ([*CASE[f"dir {who}"][:2]] for who in ("men", "women"))
    first = {"staff": CASE["staff"], "dir men": men, "dir women": women}
    second = {"staff": CASE["staff"], "dir men": range(900_000, 900_050), "dir women": range(800_000, 800_050)}
    auditor.tally(_frame(first), tmp_path / "1.tally", use_case=use)
    auditor.tally(_frame(second), tmp_path / "2.tally", use_case=use, edges_from=tmp_path / "1.tally")
    found = _findings([tmp_path / "1.tally", tmp_path / "2.tally"], "dir men")["dir women"]
    assert found.state is State.UNDETERMINED
    assert found.settle and "bins" in found.settle
    assert _holds(found, _delta([*women, *second["dir women"]], [*men, *second["dir men"]]))
    both = [tmp_path / "1.tally", tmp_path / "3.tally"]
    auditor.tally(_frame(CASE), both[1], use_case=use, edges_from=both[0])
    assert _findings(both, "dir men")["dir women"].measures["cliffs_delta"].value == pytest.approx(-1, abs=0.01)


def test_what_one_bin_hides_is_left_open() -> None:
    """One bin for all: any delta from -1 to 1 is possible. Half of one group and all of the other in a bin: 0.5."""
    one = cliffs_delta(np.array([50.0]), np.array([70.0]), single=np.array([False]))
    assert (one.open_by, one.interval, one.p) == (1, (-1, 1), 1)
    half = cliffs_delta(np.array([50.0, 50.0]), np.array([0.0, 50.0]), single=np.array([True, False]))
    assert (half.value, half.open_by) == (-0.5, 0.5)  # half the pairs are lower, the others unknown


@pytest.mark.parametrize("seed", range(3))
def test_the_interval_holds_the_truth_however_coarse_the_bins(seed: int) -> None:
    rng = np.random.default_rng(seed)
    own, theirs = rng.normal(0.3, 1, 400), rng.normal(0, 1, 400)
    for bins in (2, 4, 16, 64):
        edges = np.quantile(np.concatenate([own, theirs]), np.linspace(0, 1, bins + 1))
        counts = [np.histogram(of, edges)[0].astype(float) for of in (own, theirs)]
        found = cliffs_delta(counts[0], counts[1], single=np.zeros(bins, dtype=bool))
        assert abs(found.value - _delta(own, theirs)) <= found.open_by
        assert found.interval.low <= _delta(own, theirs) <= found.interval.high


@pytest.mark.parametrize("kind", ["int64", "float64"])
def test_grades_leave_their_site_exact_where_many_have_each(tmp_path: Path, kind: str) -> None:
    rng = np.random.default_rng(4)
    groups = {
        name: rng.choice([1, 2, 3, 4, 5], 900, p=p).astype(kind)
        for name, p in (("a", [0.2] * 5), ("b", [0.1, 0.1, 0.2, 0.3, 0.3]))
    }
    use = auditor.UseCase.model_validate({"label": {"column": "pay", "positive": ">= 4"}, "groups": {"columns": "who"}})
    auditor.tally(_frame(groups), tmp_path / "a.tally", use_case=use, min_cell=20)
    (found,) = auditor.check([tmp_path / "a.tally"], only=["OUT002"]).findings("OUT002")
    own, theirs = (groups[found.subject[of]] for of in ("level", "reference"))
    assert found.measures["cliffs_delta"].value == pytest.approx(_delta(own, theirs), abs=1e-12)
    alone = cliffs_delta(
        np.bincount(own.astype(int), minlength=6), np.bincount(theirs.astype(int), minlength=6)
    ).interval
    assert (found.measures["cliffs_delta"].low, found.measures["cliffs_delta"].high) == pytest.approx(alone)
