"""The slice search on a source: the tested counts are pandas', the two parts share no person, nothing is left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditor.counts.extras import Slices
from auditor.engines import slices as engine
from auditor.engines.slices import NOT_RECORDED
from auditor.loaders.source import Source
from auditor.use.usecase import UseCase
from tests.benchmarks.slices import null_frame, planted_frame, searched

USE = {"label": {"column": "hired", "positive": "yes"}, "groups": {"columns": ["sex", "age:30,50"]}}


def _frame(rows: int = 20_000, seed: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age, pay = rng.integers(18, 70, rows), rng.lognormal(size=rows).round(3)
    town = rng.choice(
        np.array(["x", "y", "women's", None, "rare"], dtype=object), rows, p=[0.4, 0.3, 0.2, 0.096, 0.004]
    )
    sex = rng.choice(["f", "m"], rows)
    lack = 0.2 * pd.isna(town) + 0.2 * ((pay > 1) & (sex == "f")) + 0.15 * ((town == "women's") & (age < 30))
    known = np.where(rng.random(rows) < 0.6 - lack, "yes", "no")
    hired = pd.Series(known).where(rng.random(rows) > 0.03)
    return pd.DataFrame({"sex": sex, "age": age, "pay": pay, "town": town, "person": np.arange(rows), "hired": hired})


def _use(**features: str) -> UseCase:
    return UseCase.model_validate({**USE, "features": features})


def _slices(frame: pd.DataFrame, use: UseCase | None = None, **more: object) -> Slices:
    found = searched(frame, use or _use(id="person"), **more).slices  # type: ignore[arg-type] # test's own
    assert found is not None
    return found


def _holds(values: pd.Series, label: str) -> pd.Series:
    """Whether values fall under a label, read as people read it."""
    if label == NOT_RECORDED:
        return values.isna()
    if label[0] == "≤":
        return values <= float(label[2:])
    if label[0] == ">":
        low, _, high = label[2:].partition(" to ")
        return (values > float(low)) & (values <= float(high or "inf"))
    if values.name == "age":
        return pd.cut(values, [0, 29, 49, 99], labels=["under 30", "30 to 49", "50 and over"]) == label
    return values == label


def test_the_tested_counts_are_those_of_pandas() -> None:
    frame = _frame()
    found = _slices(frame)
    half = _half(frame)
    assert (found.favourable, found.n) == (int((half["hired"] == "yes").sum()), len(half))
    assert len(found.candidates) >= 3
    assert any(level == NOT_RECORDED for one in found.candidates for _, level in one.conditions)
    assert any(column == "pay" for one in found.candidates for column, _ in one.conditions)
    for one in found.candidates:
        rows = half[np.logical_and.reduce([_holds(half[column], label) for column, label in one.conditions])]
        assert (one.favourable, one.n) == (int((rows["hired"] == "yes").sum()), len(rows)), one.conditions


def _half(frame: pd.DataFrame) -> pd.DataFrame:
    """The persons of higher hash, with a known outcome."""
    hashes = duckdb.from_df(frame).select("hash(xor(hash(person), hash(0))) AS h").fetchnumpy()["h"]
    return frame[pd.Series(hashes > np.uint64(2**63 - 1)) & frame["hired"].notna()]


def test_all_rows_of_a_person_or_all_equal_rows_are_in_one_part() -> None:
    frame = _frame(4_000)
    twice = pd.concat([frame, frame], ignore_index=True)
    for use in (_use(id="person"), UseCase.model_validate(USE)):
        found = _slices(twice, use)
        counts = [found.favourable, found.n, *(n for one in found.candidates for n in (one.favourable, one.n))]
        assert all(n % 2 == 0 for n in counts)
        assert 0.45 < found.n / twice["hired"].notna().sum() < 0.55


@pytest.mark.parametrize("counted", [False, True])
def test_few_distinct_rows_are_split_row_by_row(counted: bool) -> None:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 3_000), "town": rng.choice(["x", "y"], 3_000)})
    frame["hired"] = np.where(rng.random(3_000) < np.where(frame["town"] == "x", 0.3, 0.6), "yes", "no")
    rows = frame.value_counts(sort=False).rename("people").reset_index() if counted else frame
    found = _slices(
        rows, UseCase.model_validate({**USE, "groups": {"columns": ["sex"]}}), count="people" if counted else None
    )
    town = next(one for one in found.candidates if one.conditions == (("town", "x"),))
    assert town.n == pytest.approx(750, rel=0.1)
    assert town.favourable / town.n == pytest.approx(0.3, abs=0.06)


def test_a_large_table_is_searched_on_the_sample_and_tested_on_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "SEARCHED", 2_000)
    found = _slices(_frame())
    assert found.n == pytest.approx(0.97 * 20_000 - 2_000, rel=0.02)
    assert found.tested.startswith("all but the ")


def test_same_data_and_seed_same_slices_in_any_order_of_the_rows() -> None:
    frame = planted_frame(1, 6_000)
    assert searched(frame).slices == searched(frame.sample(frac=1, random_state=1)).slices
    assert _slices(_frame(), seed=1) != _slices(_frame(), seed=2)


def test_neither_target_nor_time_id_or_text_is_a_condition() -> None:
    frame = _frame(4_000).assign(year=2020, note="seen twice")
    frame["year"] += np.arange(4_000) % 3
    use = UseCase.model_validate({**USE, "features": {"id": "person", "time": "year", "text": "note"}})
    columns = {column for one in _slices(frame, use).candidates for column, _ in one.conditions}
    assert columns <= {"sex", "age", "pay", "town"}


def test_too_few_outcomes_or_none_or_weights_are_not_searched() -> None:
    assert searched(null_frame(0).head(150)).slices is None
    nothing = UseCase.model_validate({"groups": {"columns": ["sex"]}})
    assert searched(null_frame(0).rename(columns={"hired": "colour"}), nothing).slices is None
    assert searched(_frame(2_000), _use(id="person", weight="pay")).slices is None


def _levels_that_no_peek_sees(missing: bool) -> pd.DataFrame:
    """Towns of one row in a hundred each, all in rows between those that are peeked at."""
    frame = pd.concat([_frame(50_000).drop(columns="town"), _frame(10_000, 3).drop(columns="town")], ignore_index=True)
    towns = np.array(["x", "y", *([None] if missing else [])], dtype=object)[np.arange(60_000) % (3 if missing else 2)]
    towns[3_000:5_000] = np.array([f"late {i % 2}" for i in range(2_000)], dtype=object)
    return frame.assign(town=towns, person=np.arange(60_000))


DRAWN = {
    "by person": (_frame(), _use(id="person")),
    "by record": (_frame(), UseCase.model_validate(USE)),
    "of few rows": (_frame(1_000), UseCase.model_validate(USE)),
    "of numbers that are levels": (_frame().assign(rank=lambda of: of["age"] // 10), UseCase.model_validate(USE)),
    "within bands": (_frame(), UseCase.model_validate({**USE, "groups": {"columns": ["sex"]}, "features": {"strata": {"age": "30,50"}}})),
    "of a large table": (planted_frame(3, 30_000), UseCase.model_validate({**USE, "groups": {"columns": ["sex"]}})),
}  # fmt: skip


@pytest.mark.parametrize("case", DRAWN)
def test_rows_drawn_as_columns_are_counted_are_those_of_a_query(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, use = DRAWN[case]
    if case == "of a large table":
        monkeypatch.setattr(engine, "SEARCHED", 4_000)
        monkeypatch.setattr(engine, "TESTED", 6_000)
    with monkeypatch.context() as only:
        only.setattr(engine, "_read", None)  # a call would fail
        drawn = _slices(frame, use, seed=4)
    monkeypatch.setattr(engine, "_taken", lambda *of: None)
    assert drawn == _slices(frame, use, seed=4)
    assert drawn.candidates
    if case == "within bands":  # a stratum is searched by its own bins
        assert any(column == "age" for one in drawn.candidates for column, _ in one.conditions)


@pytest.mark.parametrize("case", ["levels unseen", "levels unseen and missing", "person missing", "more than are held"])
def test_where_the_counted_codes_do_not_tell_all_rows_are_read_again(
    case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frame, use = _frame(), UseCase.model_validate(USE)
    if case == "person missing":
        frame, use = frame.assign(person=frame["person"].where(frame["person"] % 7 > 0)), _use(id="person")
    elif case == "more than are held":
        monkeypatch.setattr(engine, "MOST_CODES", 50_000)
    else:
        frame = _levels_that_no_peek_sees(missing=case.endswith("missing"))
    looked_at: list[str] = []

    def read(source: Source, cuts: Sequence[engine._Cut], *of: Any, true: Any = engine._read) -> engine._Rows:
        looked_at.extend(level for cut in cuts for level in cut.labels)
        rows: engine._Rows = true(source, cuts, *of)
        return rows

    monkeypatch.setattr(engine, "_read", read)
    found = _slices(frame, use)
    assert looked_at
    assert ("late 1" in looked_at) is case.startswith("levels")
    assert found.candidates


def test_where_people_recur_a_slice_counts_as_many_rows_as_its_people_tell() -> None:
    """Held against the sums over people that pandas makes, with m / (m - 1) and Student's t for few people of scipy."""
    frame = _frame().assign(person=lambda of: of.index // 5)
    frame["hired"] = frame.groupby("person")["hired"].transform("first")
    found, half = _slices(frame), _half(frame)
    assert found.candidates
    for one in found.candidates:
        held = np.logical_and.reduce([_holds(half[column], label) for column, label in one.conditions])
        for rows, effect in ((half[held], one.effect), (half[~held], one.effect_rest)):
            per_person = (rows["hired"] == "yes").groupby(rows["person"]).agg(["size", "sum"])
            rate = per_person["sum"].sum() / per_person["size"].sum()
            clustered = ((per_person["sum"] - rate * per_person["size"]) ** 2).sum()
            m = len(per_person)
            few = m / (m - 1) * (stats.t.ppf(0.975, m - 1) / stats.norm.ppf(0.975)) ** 2
            assert effect == pytest.approx(few * max(1, clustered / (len(rows) * rate * (1 - rate))))
    assert any(one.effect_rest > 1 for one in found.candidates)


def test_where_nobody_recurs_every_row_counts() -> None:
    assert all(one.effect == one.effect_rest == 1 for one in _slices(_frame()).candidates)


def test_whoever_has_no_identifier_is_somebody_and_all_others_still_recur() -> None:
    frame = _frame().assign(person=lambda of: (of.index // 5).astype(float))
    frame["hired"] = frame.groupby("person")["hired"].transform("first")
    effects = [one.effect_rest for one in _slices(frame).candidates]
    frame.loc[0, "person"] = np.nan
    lacking = [one.effect_rest for one in _slices(frame).candidates]
    assert min(effects) > 2
    assert min(lacking) > 2
