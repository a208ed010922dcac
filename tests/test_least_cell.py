"""Tallies with a least cell: what stayed behind is told by nothing, and is cleared by nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.analyzers.catalog import Record
from auditor.analyzers.catalog import rule as marked
from auditor.analyzers.evidence import Evidence
from auditor.counts.exchange import loaded, merged
from auditor.counts.names import COUNT, LEVEL
from auditor.errors import AuditError
from auditor.model import Finding, State
from auditor.use.usecase import UseCase
from tests.tallies import evidence_of, tally_of


def _whole(n: object) -> int:
    assert isinstance(n, int)
    return n


def test_nothing_in_a_tally_with_a_least_cell_tells_what_was_left_out(tmp_path: Path) -> None:
    least = 10
    frame = pd.DataFrame({"sex": ["f", "m"] * 1_002, "hired": (["yes", "no", "no", "yes"] * 501)})
    frame["clinic"] = ["A"] * 1_200 + ["B"] * 800 + ["HIV"] * 4
    points = np.arange(2_004) * 7 + 1
    frame["points"] = np.random.default_rng(0).permutation(points)
    auditor.tally(frame, tmp_path / "a.tally", target="hired", groups="sex", min_cell=least)
    part = loaded(tmp_path / "a.tally")
    # The chance that two agree told the two hidden sizes from their sum; the peek's rows told how many were left out.
    sizes = np.array([1_200, 804])
    assert part.columns["clinic"].agree == pytest.approx((sizes * (sizes - 1)).sum() / (2_004 * 2_003))
    assert {seen.rows for seen in part.seen.values()} == {2_004}
    assert not any(seen.cuts for seen in part.seen.values())
    auditor.tally(frame, tmp_path / "b.tally", target="points", positive=">= 700", groups="sex", min_cell=least)
    edges = loaded(tmp_path / "a.tally").columns["points"].edges
    assert (np.diff([0, *(np.searchsorted(points, edges, side="right")), 2_004]) >= least).all()
    assert len(edges) == 19
    assert loaded(tmp_path / "b.tally").columns["points"].edges == (0.0,)  # it is not counted: no value is its edge


def test_of_a_number_neighbouring_bins_are_put_together_until_none_is_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(
        {"sex": rng.choice(["f", "m", "x"], 3_000, p=[0.48, 0.48, 0.04]), "age": rng.integers(18, 80, 3_000)}
    )
    frame["hired"] = np.where(rng.random(3_000) < 0.3, "yes", "no")
    auditor.tally(frame, tmp_path / "a.tally", target="hired", groups="sex", min_cell=10)
    column = loaded(tmp_path / "a.tally").columns["age"]
    assert 1 <= len(column.edges) < 19
    assert column.coarse
    place = pd.Series(np.searchsorted(column.edges, frame["age"]))
    counted = frame.groupby([frame["sex"], frame["hired"], place]).size()
    table = column.tables[0].columns
    assert sorted(map(_whole, table[COUNT])) == sorted(counted.tolist())
    assert min(map(_whole, table[COUNT])) >= 10


def test_what_stayed_behind_is_never_called_clear(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    rows = 3_000
    frame = pd.DataFrame(
        {"sex": rng.choice(["f", "m"], rows), "race": rng.choice(["a", "b", "c"], rows, p=[0.6, 0.39, 0.01])}
    )
    frame["hired"] = np.where(rng.random(rows) < 0.4, "yes", "no")
    frame["notice"] = np.where(
        np.arange(rows) % 1_000 == 0, "sent", np.where(frame["hired"] == "yes", "letter", "mail")
    )
    frame["one"] = "1"
    roles: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": ["sex", "race"]}
    whole = auditor.check(frame, **roles, no_models=True)
    assert [f.subject["column"] for f in whole.findings("LAB003")] == ["notice"]
    auditor.tally(frame, tmp_path / "a.tally", **roles, min_cell=10)
    told = auditor.check([tmp_path / "a.tally"], policy="nyc-ll144")
    for rule in ("PRX001", "LAB003", "OUT004", "FIT006", "POL001"):
        assert told.result(rule).state is State.UNDETERMINED, rule
    # The rows of small joint groups are told, if not their outcomes.
    assert {f.subject["level"]: f.measures["n"].value for f in told.findings("REP003")} == {
        f.subject["level"]: f.measures["n"].value for f in whole.findings("REP003")
    }
    small = {f.subject["level"]: f for f in told.findings("REP002") if f.subject["group"] == "race"}
    assert (small["c"].state, small["c"].measures["n"].value) == (State.UNDETERMINED, (frame["race"] == "c").sum())
    assert any("'notice'" in f.message and f.state is State.UNDETERMINED for f in told.findings("LAB003"))
    assert told.dataset.rows >= rows - 9 * 4


def _rows(cells: list[tuple[str, str, int, int]]) -> pd.DataFrame:
    """Rows of sex and race, so many of them favourable."""
    return pd.DataFrame(
        [(sex, race, "yes" if i < x else "no") for sex, race, x, n in cells for i in range(n)],
        columns=["sex", "race", "hired"],
    )


@pytest.mark.parametrize(
    ("cells", "truth", "told"),
    [
        ([("f", "a", 300, 1000), ("f", "b", 295, 300), ("f", "c", 295, 300), ("m", "a", 500, 1000)], False, 0.6),
        ([("f", "a", 500, 1000), ("f", "b", 9, 300), ("f", "c", 9, 300), ("m", "a", 500, 1000), ("m", "b", 150, 300)], True, 1.0),
    ],
)  # fmt: skip
def test_a_gap_of_those_who_are_left_is_not_that_of_the_group(
    tmp_path: Path, cells: list[tuple[str, str, int, int]], truth: bool, told: float
) -> None:
    roles: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": ["sex", "race"]}
    whole = [
        f
        for f in auditor.check(_rows(cells), **roles, no_models=True).findings("OUT001")
        if f.subject["group"] == "sex"
    ]
    assert whole[0].state.found is truth
    auditor.tally(_rows(cells), tmp_path / "a.tally", **roles, min_cell=10)
    found = [f for f in auditor.check([tmp_path / "a.tally"]).findings("OUT001") if "impact_ratio" in f.measures]
    (sex,) = (f for f in found if f.subject["group"] == "sex")
    assert sex.state is State.UNDETERMINED
    assert sex.measures["impact_ratio"].value == pytest.approx(told)
    assert "600 more rows of 'f'" in sex.message


def test_a_gap_that_what_stayed_behind_cannot_change_is_told(tmp_path: Path) -> None:
    cells = [("f", "a", 500, 4000), ("f", "b", 3, 40), ("m", "a", 2000, 4000), ("m", "b", 20, 40)]
    auditor.tally(
        _rows(cells), tmp_path / "a.tally", target="hired", positive="yes", groups=["sex", "race"], min_cell=10
    )
    found = [f for f in auditor.check([tmp_path / "a.tally"]).findings("OUT001") if "impact_ratio" in f.measures]
    assert [f.state for f in found if f.subject["group"] == "sex"] == [State.SHOWN_STRONG]


def test_levels_whose_outcomes_are_not_known_are_in_the_adjustment(tmp_path: Path) -> None:
    cells = [("f", "a", 130, 400), ("m", "a", 160, 400), ("x", "a", 3, 300), ("z", "a", 297, 300)]
    frame = _rows(cells).drop(columns="race")
    auditor.tally(frame, tmp_path / "a.tally", target="hired", positive="yes", groups="sex", min_cell=10)
    (found,) = [f for f in auditor.check([tmp_path / "a.tally"]).findings("OUT001") if "p_value" in f.measures]
    p, adjusted = (found.measures[name].value for name in ("p_value", "p_adjusted"))
    assert adjusted == pytest.approx(min(1, 6 * (p or 0)))  # four levels make six pairs, of which one is known


def test_people_who_recur_recur_in_tallies_with_a_least_cell_too(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    people = pd.DataFrame({"who": range(120), "sex": ["f", "m"] * 60})
    people["hired"] = np.where(rng.random(120) < np.where(people["sex"] == "f", 0.3, 0.6), "yes", "no")
    frame = people.loc[people.index.repeat(20)].reset_index(drop=True)
    roles: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "sex", "id": "who"}
    auditor.tally(frame, tmp_path / "a.tally", **roles, min_cell=5)
    told, whole = auditor.check([tmp_path / "a.tally"]), auditor.check(frame, **roles, no_models=True)
    for rule in ("OUT001", "REP002", "FIT006"):
        assert [f.message for f in told.findings(rule)] == [f.message for f in whole.findings(rule)], rule
    # Of fewer people than may leave, not even how often they recur is told; then nothing is.
    auditor.tally(frame.iloc[:600], tmp_path / "b.tally", edges_from=tmp_path / "a.tally", min_cell=40)
    for paths in ([tmp_path / "b.tally"], [tmp_path / "a.tally", tmp_path / "b.tally"]):
        few = auditor.check(paths)
        for rule in ("OUT001", "FIT006"):
            assert few.result(rule).state is State.UNDETERMINED, rule
        assert "Some people appear more than once, and how often" in next(few.findings("OUT001")).message


def test_missing_outcomes_and_periods_that_stayed_behind_are_not_called_clear(tmp_path: Path) -> None:
    frame = _rows([("f", "a", 60, 150), ("m", "a", 1_200, 2_850)]).drop(columns="race")
    frame["year"] = 2015 + np.arange(3_000) % 7
    frame.loc[[*range(19), *range(2_980, 3_000)], "hired"] = None
    auditor.tally(frame, tmp_path / "a.tally", target="hired", positive="yes", groups="sex", time="year", min_cell=20)
    audit = auditor.check([tmp_path / "a.tally"])
    assert audit.result("LAB004").state is State.UNDETERMINED
    for rule in ("REP004", "OUT006"):
        assert "suppressed" in str(audit.result(rule).reason)


def test_what_could_be_taken_from_one_another_does_not_leave(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {"g": ["a"] * 50 + ["b"] * 50 + ["x"] * 3, "y": [1, 0] * 50 + [1, 0, 1], "id": [f"p{i}" for i in range(103)]}
    )
    auditor.tally(frame.assign(u=rng.normal(size=103)), tmp_path / "a.tally", target="y", groups="g", min_cell=10)
    part = loaded(tmp_path / "a.tally")
    assert max(column.levels for column in part.columns.values()) == part.rows == 100
    assert max(seen.distinct for seen in part.seen.values()) == 100
    # A stratum and a period tell of a column what its own levels would be taken from.
    big = pd.DataFrame(
        {"g": rng.choice(["a", "b"], 3_000), "y": rng.choice([0, 1], 3_000), "dept": rng.choice(list("pqr"), 3_000)}
    )
    big["year"], big["reg"] = rng.integers(1970, 1990, 3_000), rng.choice(["x", "z"], 3_000)
    auditor.tally(big, tmp_path / "b.tally", target="y", groups="g", within=["dept", "reg"], time="year", min_cell=10)
    columns = loaded(tmp_path / "b.tally").columns
    assert not any(columns[name].tables[0].columns[LEVEL] for name in ("dept", "reg", "year"))
    many = pd.DataFrame({f"g{i}": rng.integers(0, 90, 3_000).astype(str) for i in range(2)}).assign(
        y=rng.choice([0, 1], 3_000)
    )
    with pytest.raises(AuditError, match="too many to be counted jointly"):
        auditor.tally(many, tmp_path / "c.tally", target="y", groups=["g0", "g1"], min_cell=10)
    assert not (tmp_path / "c.tally").exists()


def test_what_is_told_of_the_rest_alone_is_said_to_be_of_the_rest(tmp_path: Path) -> None:
    """Columns, strata and a number of which all cells left, in rows of which a joint group did not."""
    rng = np.random.default_rng(8)
    frame = _rows([("f", "a", 900, 2_000), ("m", "a", 1_000, 2_000), ("m", "b", 296, 300)])
    frame["town"], frame["dept"] = rng.choice(["x", "z"], len(frame)), rng.choice(["p", "q"], len(frame))
    roles: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": ["sex", "race"], "within": "dept"}
    auditor.tally(frame, tmp_path / "a.tally", **roles, min_cell=10)
    assert "town" not in merged([loaded(tmp_path / "a.tally")]).partly_suppressed()
    audit = auditor.check([tmp_path / "a.tally"])
    for rule in ("OUT003", "PRX001", "PRX004", "QLT002", "QLT003", "LAB003"):
        assert audit.result(rule).state is State.UNDETERMINED, rule
    assert "Not counted: up to 300 rows, whose outcomes are suppressed." in next(audit.findings("QLT002")).message


@pytest.mark.parametrize(("unrecorded", "state"), [(4, State.CLEAR), (90, State.UNDETERMINED)])
def test_who_is_in_no_group_may_differ_by_outcome_where_outcomes_stayed(
    tmp_path: Path, unrecorded: int, state: State
) -> None:
    """Of 180 rows without a group all but two have one outcome: 4% of all rows, and up to 9% of those with either."""
    frame = _rows([("f", "a", 1_000, 2_000), ("m", "a", 1_000, 2_000)]).drop(columns="race")
    more = pd.DataFrame({"sex": [None] * 2 * unrecorded, "hired": "no"})
    more.loc[:1, "hired"] = "yes"
    auditor.tally(
        pd.concat([frame, more], ignore_index=True), tmp_path / "a.tally", target="hired", groups="sex", min_cell=10
    )
    (found,) = auditor.check([tmp_path / "a.tally"], positive="yes").findings("REP005")
    assert found.state is state


def test_a_group_is_too_small_whatever_its_outcomes_are(tmp_path: Path) -> None:
    cells = [("f", "a", 300, 1_000), ("m", "a", 500, 1_000), ("x", "a", 2, 12), ("z", "a", 2, 40)]
    auditor.tally(
        _rows(cells).drop(columns="race"),
        tmp_path / "a.tally",
        target="hired",
        positive="yes",
        groups="sex",
        min_cell=10,
    )
    audit = auditor.check([tmp_path / "a.tally"])
    of = {f.subject["level"]: (f.state, f.measures["n"].value) for f in audit.findings("REP002")}
    told = {level: of[level] for level in ("x", "z")}
    assert told == {"x": (State.SHOWN_STRONG, 12), "z": (State.UNDETERMINED, 40)}  # any claim asks for 30 rows


def test_a_rule_of_others_clears_nothing_of_which_rows_are_not_known(tmp_path: Path) -> None:
    """A rule that does not say how it bears small cells is about the rest."""

    @marked("ZZT009", "all-is-well")
    def all_is_well(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
        """All is well.

        How it is measured: It is not.

        Why it matters: It may not be.

        What to do: Nothing.

        Source: None.
        """
        yield Finding(State.CLEAR, {"group": "sex"}, "All is well.")

    assert all_is_well.rule.suppressed == "rest"  # type: ignore[attr-defined] # the mark
    states = []
    for rows, favourable in ((300, 150), (300, 2)):
        frame = _rows([("f", "a", 300, 1_000), ("m", "a", 500, 1_000), ("x", "a", favourable, rows)])
        auditor.tally(frame, tmp_path / "a.tally", target="hired", positive="yes", groups="sex", min_cell=10)
        evidence = Evidence(merged([loaded(tmp_path / "a.tally")]), UseCase())
        states.append([f.state for f in all_is_well.rule.run(evidence)[0]])  # type: ignore[attr-defined] # the mark
    assert states == [[State.CLEAR], [State.UNDETERMINED, State.UNDETERMINED]]


def test_rows_that_are_not_known_are_put_in_with_their_weights(tmp_path: Path) -> None:
    frame = _rows([("f", "a", 300, 1_000), ("m", "a", 500, 1_000), ("m", "b", 2, 100), ("x", "a", 2, 6)])
    frame["w"] = np.where(frame["race"] == "b", 3.0, 2.0)
    for weight in (None, "w"):
        auditor.tally(
            frame,
            tmp_path / "a.tally",
            target="hired",
            positive="yes",
            groups=["sex", "race"],
            weight=weight,
            min_cell=10,
        )
        tally = merged([loaded(tmp_path / "a.tally")])
        assert (tally.outcomes_unknown, tally.rows_unknown("sex", "m"), tally.rows_unknown("sex", "f")) == (109, 109, 9)
        whole = tally.completed("sex", {"m": True, "f": False})
        x, n = whole.outcomes("sex")["m"]
        if weight is None:
            assert (x, n) == (609, 1_109)
            assert whole.outcomes("sex")["f"] == (300, 1_009)
        else:  # 9 rows of no group that is known weigh as the 1,100 others do on average
            sums = 1_000 * 2 + 100 * 3 + 9 * 2_300 / 1_100, 1_000 * 4 + 100 * 9 + 9 * 4_900 / 1_100
            assert n == pytest.approx(sums[0] ** 2 / sums[1])
            assert x / n == pytest.approx((500 * 2 + 100 * 3 + 9 * 2_300 / 1_100) / sums[0])
        assert whole.outcomes_unknown == 0


def test_what_is_not_known_is_asked_of_one_column_in_the_family_of_all() -> None:
    """A column asked by itself, with rows put in that are not known, still shares alpha with the others."""
    tally = tally_of(
        {("f", "old"): (20, 100), ("f", "young"): (22, 100), ("m", "old"): (35, 100), ("m", "young"): (38, 100)},
        groups=("sex", "age"),
    )
    whole = evidence_of(tally)
    alone = dataclasses.replace(
        whole, tally=tally.completed("sex", {}), beside=whole.p_values_beside("sex")
    ).comparisons["sex"]
    assert alone.pairs == whole.comparisons["sex"].pairs == 2
    assert [gap.p_adjusted for gap in alone.gaps] == [gap.p_adjusted for gap in whole.comparisons["sex"].gaps]
