"""The tally of both engines against pandas on the same rows: every count exact; and the sample, bounded and repeatable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditor.counts.names import COUNT, LEVEL, OTHER, OUTCOME, PERIOD
from auditor.counts.tally import Tally
from auditor.engines import duckdb as engine
from auditor.engines.engine import Engine, OnDuckDB
from auditor.engines.peek import KEPT_LEVELS
from auditor.engines.sample import STRATUM, WEIGHT, cap, draw
from auditor.engines.spark import engine as spark_engine
from auditor.engines.spark.engine import OnSpark
from auditor.engines.spark.rows import opened
from auditor.errors import RoleError
from auditor.loaders import open_source
from auditor.use.assign import assign
from auditor.use.usecase import UseCase


def _choose(rng: np.random.Generator, values: list[str | None], rows: int) -> list[str | None]:
    return [values[i] for i in rng.choice(3, rows, p=[0.3, 0.65, 0.05])]


def _frame(rows: int, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "sex": _choose(rng, ["f", "m", None], rows),
            "age": rng.integers(18, 80, rows),
            "race": rng.choice(["a", "b", "c"], rows),
            "hired": _choose(rng, ["yes", "no", None], rows),
            "city": rng.choice([f"city {i}" for i in range(50)], rows),
            "score": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
        }
    )


Count = Callable[..., Tally]


@pytest.fixture(params=["duckdb", pytest.param("spark", marks=pytest.mark.xdist_group("spark"))])
def count(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Count]:
    """A function that counts a frame, on one engine and on the other."""
    made: list[OnSpark] = []

    def counted(frame: Any, **tables: Any) -> Tally:
        use = UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["sex", "race"]}, **tables})
        if request.param == "duckdb":
            with open_source(frame) as source:
                rows: Engine = OnDuckDB(source)
                seen = rows.peek()
                return rows.tally(assign(seen, use, "frame"), seen, False, lambda message: None)
        path = tmp_path / f"{len(made)}.parquet"
        pd.DataFrame(frame).to_parquet(path, index=False)
        session = request.getfixturevalue("spark")
        rows = OnSpark(opened(session.read.parquet(str(path)), open_source))
        made.append(rows)
        seen = rows.peek()
        return rows.tally(assign(seen, use, "frame"), seen, False, lambda message: None)

    yield counted
    for rows in made:
        rows.close()


def _counted(frame: pd.DataFrame, keys: list[str]) -> dict[tuple[Any, ...], int]:
    """Counts by keys, missing as None."""
    plain = frame[keys].astype(object).where(frame[keys].notna(), None)
    counts: dict[tuple[Any, ...], int] = {}
    for row in plain.itertuples(index=False):
        counts[tuple(row)] = counts.get(tuple(row), 0) + 1
    return counts


@pytest.mark.parametrize("rows", [500, 50_000])
def test_the_joint_of_groups_and_outcome_is_exact(count: Count, rows: int) -> None:
    frame = _frame(rows)
    tally = count(frame)
    assert tally.rows == rows
    codes = {"yes": 1, "no": 0, None: -1}
    expected = {
        (sex, race, codes[hired]): n for (sex, race, hired), n in _counted(frame, ["sex", "race", "hired"]).items()
    }
    table = tally.tables[("sex", "race")]
    levels = table["sex"].astype(object).where(table["sex"].notna(), None)
    assert dict(zip(zip(levels, table["race"], table[OUTCOME], strict=True), table[COUNT], strict=True)) == expected


@pytest.mark.parametrize("rows", [500, 50_000])
def test_levels_by_group_and_outcome_are_exact(count: Count, rows: int) -> None:
    frame = _frame(rows)
    table = count(frame).columns["city"].table
    sums = table.groupby([LEVEL, "sex", "race"], as_index=False)[COUNT].sum()
    found = {tuple(key): n for *key, n in sums.itertuples(index=False)}
    expected = {key: n for key, n in _counted(frame, ["city", "sex", "race"]).items() if key[1] is not None}
    assert found == expected


@pytest.mark.parametrize("rows", [500, 50_000])
def test_bins_are_exact_and_missing_is_a_level(count: Count, rows: int) -> None:
    frame = _frame(rows)
    column = count(frame).columns["score"]
    by_level = column.table.groupby(LEVEL, dropna=False, sort=False)[COUNT].sum()
    bins = pd.cut(frame["score"], [-np.inf, *column.edges, np.inf])  # right-closed, as the engine's
    assert sorted(by_level[by_level.index.notna()]) == sorted(n for n in bins.value_counts() if n)
    assert by_level[by_level.index.isna()].sum() == frame["score"].isna().sum() == column.missing


def test_the_median_of_a_numeric_outcome_is_exact(count: Count) -> None:
    for rows in (501, 50_000):
        frame = _frame(rows)
        tally = count(frame, label={"column": "score"})
        assert tally.roles.cut is not None
        assert tally.roles.cut.value == frame["score"].median()
        column = tally.columns["score"]
        assert (column.low, column.high) == (frame["score"].min(), frame["score"].max())
        above = sum(cell.favourable for cell in tally.cells("race"))
        assert above == (frame["score"] > frame["score"].median()).sum()


@pytest.mark.parametrize(
    "values",
    [
        [0.0] * 30_000 + [*range(30_001)],
        [-np.inf, *range(40), np.inf],
        [*range(40), *[40.5] * 41],
    ],
)
def test_the_median_is_exact_among_ties_and_infinite_values(count: Count, values: list[float]) -> None:
    frame = pd.DataFrame({"pay": values, "sex": np.resize(["f", "m", "f"], len(values)), "race": "a"})
    tally = count(frame, label={"column": "pay"})
    assert tally.roles.cut is not None
    assert tally.roles.cut.value == frame["pay"].median()


def test_an_infinite_median_is_refused(count: Count) -> None:
    with pytest.raises(RoleError, match="not finite"):
        count(pd.DataFrame({"pay": [*range(25), *[np.inf] * 30], "sex": "f", "race": "a"}), label={"column": "pay"})


def test_bands_are_closed_below(count: Count) -> None:
    frame = pd.DataFrame({"age": [24, 25, 39, 40, 64, 65, None], "hired": list("ynynyny")})
    tally = count(frame, groups={"columns": ["age:25,40,65"]})
    cells = {cell.level: cell.rows for cell in tally.cells("age")}
    assert cells == {"under 25": 1, "25 to 39": 2, "40 to 64": 2, "65 and over": 1, None: 1}


def test_too_many_joint_groups_are_counted_one_column_at_a_time(count: Count) -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({f"g{i}": rng.choice([f"l{j}" for j in range(30)], 3000) for i in range(3)})
    frame["hired"] = rng.choice(["yes", "no"], 3000)
    tally = count(frame, groups={"columns": ["g0", "g1", "g2"]})
    assert set(tally.tables) == {("g0",), ("g1",), ("g2",)}
    for name in ("g0", "g2"):
        assert {c.level: c.rows for c in tally.cells(name)} == frame[name].value_counts().to_dict()
    assert tally.rows == 3000


def test_columns_may_have_the_names_that_counting_gives_its_own(count: Count) -> None:
    own = ["k0", "outcome", "n", "which", "missing0", "low0", "counts0", "c0", "level"]
    rng = np.random.default_rng(5)
    frame = _frame(30_000).assign(**{name: rng.integers(0, 3, 30_000).astype(str) for name in own})
    tally = count(frame, label={"column": "outcome", "positive": "2"}, groups={"columns": ["k0", "n"]})
    favourable = (frame["outcome"] == "2").astype(int)
    for name in {*own} - {"outcome"}:
        table = tally.columns[name].table
        assert list(table.columns) == [LEVEL, "k0", "n", OUTCOME, COUNT]
        found = {tuple(key): n for *key, n in table.itertuples(index=False)}
        assert found == frame.groupby([frame[name], frame["k0"], frame["n"], favourable]).size().to_dict()


def test_values_that_are_nearly_all_different_are_counted_too(count: Count) -> None:
    """The peek keeps no levels of such a column, though it sees all rows."""
    frame = _frame(400).assign(day=pd.date_range("2020-01-01", periods=400).where(np.arange(400) % 40 > 0))
    column = count(frame, features={"time": "day"}).columns["day"]
    assert (column.missing, column.levels) == (10, 390)
    assert column.table[COUNT].sum() == 400


NEW_YEAR = [date(2021, 12, 26) + timedelta(days=i % 40) for i in range(400)]
PERIODS: dict[str, tuple[Sequence[Any], Callable[[Any], str]]] = {
    "seconds": (
        [1_640_000_000 + 604_800 * i for i in range(400)],
        lambda value: str(datetime.fromtimestamp(value, UTC).year),
    ),
    "texts with a time of day": (
        [f"{1 + i % 28:02d}.01.2022 {i % 24}:15" for i in range(400)],
        lambda value: str(value.split()[0]),
    ),
    "numbers by steps": ([(i + 0.5) / 400 for i in range(400)], lambda value: str(math.floor(value / 0.05))),
    "numbers by fives": ([i % 50 for i in range(400)], lambda value: str(value // 5)),
    "dates with their time": (
        [20220101000000 + 1_000_000 * (i % 28) + i for i in range(400)],
        lambda value: str(value)[:8],
    ),
    "weeks at the turn of the year": (
        NEW_YEAR,
        lambda value: str(max(value - timedelta(days=value.weekday()), value.replace(month=1, day=1))),
    ),
    "moments of such weeks": (
        [pd.Timestamp(day) + pd.Timedelta(hours=i % 24) for i, day in enumerate(NEW_YEAR)],
        lambda value: str(max(value.date() - timedelta(days=value.weekday()), value.date().replace(month=1, day=1))),
    ),
}


@pytest.mark.parametrize("kind", PERIODS)
def test_periods_are_counted_alike_by_every_engine(count: Count, kind: str) -> None:
    values, period = PERIODS[kind]
    frame = _frame(400).assign(when=list(values))
    table = count(frame, features={"time": "when"}).derived[PERIOD].table
    sums = table.groupby([LEVEL, "race"], as_index=False)[COUNT].sum()
    found = {tuple(key): n for *key, n in sums.itertuples(index=False)}
    assert found == _counted(frame.assign(period=[period(value) for value in values]), ["period", "race"])


def test_bins_of_large_numbers_that_lie_close_are_told_apart(count: Count) -> None:
    frame = _frame(4_000)
    frame["when"] = 1_700_000_000 + np.random.default_rng(3).integers(0, 300, 4_000)
    column = count(frame).columns["when"]
    place = np.searchsorted(column.edges, frame["when"])
    found = column.table.groupby(LEVEL)[COUNT].sum()
    assert len(set(column.bins)) == len(column.edges) + 1
    assert [found[label] for label in column.bins] == np.bincount(place).tolist()


def test_high_cardinality_keeps_the_common_levels_and_says_the_rest_is_one(count: Count) -> None:
    rng = np.random.default_rng(7)
    rows = 60_000
    frame = _frame(rows).assign(place=[f"p{i}" for i in np.minimum(rng.geometric(0.002, rows), 8000)])
    column = count(frame).columns["place"]
    levels = column.table.groupby(LEVEL)[COUNT].sum()
    assert OTHER in levels.index
    assert len(levels) <= KEPT_LEVELS + 1
    assert levels.sum() == rows
    assert levels["p1"] == (frame["place"] == "p1").sum()
    assert not column.exact


def test_repeats_are_exact_below_a_million_rows(count: Count) -> None:
    frame = _frame(5000)
    doubled = pd.concat([frame, frame.iloc[:700]])
    repeats = count(doubled).repeated_rows
    assert repeats.extra == doubled.duplicated().sum()
    assert repeats.fraction == 1


def test_repeats_by_a_part_of_the_hashes_estimate_the_share(count: Count, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (engine, spark_engine):
        monkeypatch.setattr(module, "HASHED_ROWS", 4096)
    frame = _frame(40_000)
    doubled = pd.concat([frame, frame.iloc[:10_000]])
    repeats = count(doubled).repeated_rows
    assert repeats.fraction == 1 / 16
    truth = doubled.duplicated().mean()
    assert abs(repeats.share - truth) < 4 * repeats.error
    assert 0 < repeats.error < 0.02


def test_the_sample_is_bounded_balanced_and_the_same_every_time() -> None:
    frame = _frame(50_000)
    use = UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["sex"]}})
    drawn = []
    for _ in range(2):
        with open_source(frame) as source:
            seen = engine.peek(source)
            tally = engine.tally(source, assign(seen, use, "frame"), seen)
            drawn.append(draw(source, tally, seen, seed=1).rows)
    assert drawn[0].equals(drawn[1])
    sizes = drawn[0].groupby(STRATUM).size().tolist()
    assert sorted(sizes) == sorted([20_000, (frame["sex"] == "f").sum(), frame["sex"].isna().sum()])
    assert drawn[0][WEIGHT].sum() == pytest.approx(50_000)


def test_the_cap_shares_what_small_groups_leave() -> None:
    assert cap([10, 20]) == 20_000
    assert cap([60_000] * 10) == 10_000
    assert cap([5_000] * 3 + [60_000] * 10) == 8_500
