"""Tallies that are written down are those that the engine counts of the same rows, and audits of both say the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.audit.preparing import prepared
from auditor.counts.extras import Twins
from auditor.counts.names import COUNT, MEAN, SQUARES, VARIANCE, WEIGHT
from auditor.counts.tally import Tally
from auditor.engines import duckdb
from auditor.engines.engine import OnDuckDB
from auditor.loaders import open_source
from auditor.model import State
from auditor.use.roles import Cut
from auditor.use.usecase import UseCase
from tests.tallies import Bins, Counts, audit_of, counted, evidence_of, run_rule, tally_of

ONE: Counts = {"a": (4, 10, 2), "b": (3, 6), None: (1, 3)}


def _rows(counts: Counts, groups: tuple[str, ...] = ("group",), **more: Any) -> pd.DataFrame:
    """Return the rows that counts are of, one by one, without the functions that are tested."""
    rows = []
    for key, count in counts.items():
        assert isinstance(count, tuple)
        favourable, known, lost = (*count, 0)[:3]
        levels = dict(zip(groups, key if isinstance(key, tuple) else (key,), strict=True))
        outcomes = ["yes"] * favourable + ["no"] * (known - favourable) + [None] * lost
        rows += [{**levels, "hired": outcome, **more} for outcome in outcomes]
    return pd.DataFrame(rows, dtype=object)


def _engine(frame: pd.DataFrame, use: Mapping[str, Any]) -> Tally:
    stated = UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["group"]}, **use})
    with open_source(frame) as source:
        ready = prepared(OnDuckDB(source), stated)
        return duckdb.tally(ready.rows.source, ready.roles, ready.seen, False)


def _cells(frame: pd.DataFrame) -> dict[Any, tuple[float, ...]]:
    """Return the numbers of a table by all else."""
    numbers = [name for name in (COUNT, WEIGHT, SQUARES, MEAN, VARIANCE) if name in frame]
    others = frame[[name for name in frame if name not in numbers]].astype(object)
    keys = others.where(others.notna(), None).itertuples(index=False, name=None)
    return dict(zip(keys, frame[numbers].itertuples(index=False, name=None), strict=True))


def _same(own: Tally, theirs: Tally) -> None:
    assert own.rows == theirs.rows
    assert own.repeated_rows.counted == theirs.repeated_rows.counted
    for name in ("target", "positive", "groups", "strata", "time", "features", "weight"):
        assert getattr(own.roles, name) == getattr(theirs.roles, name), name
    assert set(own.columns) == set(theirs.columns)
    assert list(own.derived) == list(theirs.derived)
    _same_tables(own.tables, theirs.tables)
    for name, column in {**own.columns, **own.derived}.items():
        if name == own.roles.weight:
            continue  # it is summed, not counted
        other = {**theirs.columns, **theirs.derived}[name]
        _same_tables(column.tables, other.tables)
        for what in ("missing", "levels", "exact", "edges"):
            assert getattr(column, what) == getattr(other, what), (name, what)
        assert column.agree == pytest.approx(other.agree)


def _same_tables(own: Mapping[Any, pd.DataFrame], theirs: Mapping[Any, pd.DataFrame]) -> None:
    assert list(own) == list(theirs)
    for key, frame in own.items():
        assert list(frame.columns) == list(theirs[key].columns)
        assert frame.dtypes.to_dict() == theirs[key].dtypes.to_dict()
        cells = _cells(theirs[key])
        assert {at: pytest.approx(of) for at, of in _cells(frame).items()} == cells


def test_one_group_with_unknown_levels_and_lost_outcomes() -> None:
    _same(tally_of(ONE), _engine(_rows(ONE), {}))


def test_groups_together() -> None:
    counts: Counts = {("f", "old"): (1, 5), ("f", "young"): (2, 4, 1), ("m", "old"): (3, 4), ("m", None): (1, 2)}
    frame = _rows(counts, ("sex", "age"))
    theirs = _engine(frame, {"groups": {"columns": ["sex", "age"]}})
    _same(tally_of(counts, groups=("sex", "age")), theirs)
    assert theirs.cells("age") == tally_of(counts, groups=("sex", "age")).cells("age")


def test_columns_and_rows_without_their_value() -> None:
    levels: dict[str | None, Counts] = {"x": {"a": (1, 6), "b": (3, 3)}, "y": {"a": (3, 4, 1), None: (1, 3)}}
    parts = [_rows(of, town=level) for level, of in levels.items()]
    lost: Counts = {"a": (0, 0, 1), "b": (0, 3)}
    frame = pd.concat([*parts, _rows(lost, town=None)], ignore_index=True)
    _same(tally_of(ONE, columns={"town": levels}), _engine(frame, {}))


def test_strata_of_two_columns_and_periods() -> None:
    strata: dict[Any, Counts] = {
        ("x", "day"): {"a": (1, 6), "b": (3, 3)}, ("y", "day"): {"a": (3, 4)}, ("y", "night"): {"b": (2, 5)},
    }  # fmt: skip
    frame = pd.concat([_rows(of, town=at[0], shift=at[1]) for at, of in strata.items()], ignore_index=True)
    use = {"features": {"strata": {"town": "", "shift": ""}}}
    _same(tally_of(strata=strata, within=("town", "shift")), _engine(frame, use))
    periods: dict[str | None, Counts] = {"2018": {"a": (1, 6), "b": (3, 3)}, "2019": {"a": (3, 4), "b": (0, 2)}}
    frame = pd.concat([_rows(of, year=year) for year, of in periods.items()], ignore_index=True)
    theirs = _engine(frame.astype({"year": int}), {"features": {"time": "year"}})
    own = tally_of(periods=periods)
    _same(own, theirs)
    assert own.roles.period is not None and theirs.roles.period is not None
    assert own.roles.period.unit == theirs.roles.period.unit


def test_numbers_by_bins() -> None:
    frame = _rows({"a": (40, 100), "b": (30, 60)})
    frame["score"] = np.random.default_rng(1).normal(size=160)
    theirs = _engine(frame, {})
    own = counted(frame.astype({"score": float}))
    assert own.columns["score"].edges == theirs.columns["score"].edges
    for key, table in own.columns["score"].tables.items():
        assert _cells(table) == _cells(theirs.columns["score"].tables[key])
    assert own.columns["score"].bins == theirs.columns["score"].bins


def test_moments_and_weights() -> None:
    pay = {"a": [1.0, 2.0, 6.0, 7.0], "b": [2.0, 4.0, 9.0]}
    frame = pd.DataFrame([(level, n) for level, of in pay.items() for n in of], columns=["group", "pay"])
    theirs = _engine(frame, {"label": {"column": "pay", "positive": ["> 5"]}})
    own = tally_of(
        {"a": (2, 4), "b": (1, 3)},
        target="pay",
        moments={"a": (4, 4.0, 26 / 4), "b": (3, 5.0, 26 / 3)},
        roles={"cut": Cut(">", 5.0), "positive": ()},
    )
    for level, moments in own.moments_of("group").items():
        assert theirs.moments_of("group")[level] == pytest.approx(moments)
    frame = _rows(ONE)
    frame["w"] = frame["group"].map({"a": 2.0, "b": 0.5}).fillna(1.0).astype(float)
    heavy = _engine(frame, {"features": {"weight": "w"}})
    light = tally_of(ONE, weights={"a": 2.0, "b": 0.5})
    _same(light, heavy)
    assert light.cells("group") == heavy.cells("group")


def test_without_groups_and_without_outcome() -> None:
    frame = _rows({"a": (4, 10), "b": (3, 6)})
    theirs = _engine(frame.drop(columns="hired"), {"label": {"column": "none"}})
    _same(tally_of({"a": 10, "b": 6}, target=None), theirs)
    alone = frame[["hired"]].assign(town=["x", "y"] * 8)
    theirs = _engine(alone, {"groups": {"columns": ["none"]}})
    _same(counted(alone, groups=()), theirs)


def test_an_audit_of_what_is_written_down_is_that_of_the_rows() -> None:
    counts: Counts = {"a": (90, 300), "b": (40, 300), None: (3, 9)}
    frame = _rows(counts).assign(town=["x", "y", "y"] * 203)
    rules = ["OUT001", "OUT002", "OUT004", "REP", "PRX001", "PRX004", "LAB003", "LAB004", "FIT005", "FIT006", "QLT003"]
    of_rows = auditor.check(frame, target="hired", groups=["group"], only=rules)
    of_counts = audit_of(counted(frame), only=rules)
    assert list(of_counts.results) == [result for result in of_rows.results if not result.left_out]
    assert (of_counts.verdict.because, of_counts.verdict.conditions) == (
        of_rows.verdict.because, of_rows.verdict.conditions,
    )  # fmt: skip


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="4 of 3 rows"):
        tally_of({"a": (4, 3)})
    with pytest.raises(ValueError, match="'town' has more rows than there are"):
        tally_of({"a": (4, 9)}, columns={"town": {"x": {"a": (5, 6)}}})
    with pytest.raises(ValueError, match="needs counts"):
        tally_of()


def test_a_rule_alone_is_what_it_is_in_an_audit() -> None:
    leak: dict[str | None, Counts] = {"x": {"a": (90, 90), "b": (90, 90)}, "y": {"a": (0, 110), "b": (0, 210)}}
    evidence = evidence_of(tally_of({"a": (90, 200), "b": (90, 300)}, columns={"code": leak}))
    assert evidence.tally.roles.leaks == ("code",)
    result = run_rule("LAB003", evidence)
    assert result.state.found and len(result.findings) == 1
    assert audit_of(evidence).result("LAB003") == result
    declined = run_rule("OUT003", evidence)
    assert (declined.state, declined.findings) == (State.NOT_RUN, ())
    assert "no stratum is declared" in str(declined.reason)
    sets = ({"a": (1, 1), "b": (0, 1)},) * 20
    twins = {"group": (Twins(sets, ("town",)), Twins(sets, ("town",)))}
    assert run_rule("LAB001", tally_of({"a": (90, 200), "b": (90, 300)}, twins=twins)).state.found


def test_bins_have_the_counts_of_each() -> None:
    bins = Bins((1.0, 2.0), [{"a": (1, 2)}, {"a": (0, 0)}, {"b": (2, 3)}], "BIGINT", 1.0, 3.0)
    column = tally_of({"a": (1, 4), "b": (2, 3)}, columns={"n": bins}).columns["n"]
    assert (column.missing, column.bins, column.only_values) == (2, ["≤ 1", "> 1 to 2", "> 2"], [1.0, 2.0, 3.0])
