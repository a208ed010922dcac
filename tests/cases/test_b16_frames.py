"""Frames with names that are no texts and with types that the engine cannot read.

Levels of column names became "('a', 'x')", which an audit refuses; `target=1` was a type error. One column of half
floats, long decimals, whole numbers of 128 bits, long doubles or a dense union refused the whole table; a lazy Polars
frame gave 128-bit numbers as 16 raw bytes, and durations as a number of unnamed units, without a word. Dates beside
times lost their hours; two-dimensional arrays became text that numpy shortens, so that different ones were equal.
What can be read exactly is read so; what loses digits, or cannot be read, is named.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.feather as feather
import pytest

import auditor
from auditor.errors import AuditError
from auditor.loaders import open_source
from auditor.model import Decision
from tests.loaders.reading import read, refusal

ROWS = 300
RNG = np.random.default_rng(16)
SEX, HIRED = RNG.choice(["f", "m"], ROWS), RNG.choice(["yes", "no"], ROWS)
AGE = RNG.integers(20, 60, ROWS)


def _reading(data: object) -> tuple[Decision, ...]:
    with open_source(data) as source:
        return source.reading


def _roles(audit: auditor.Audit) -> dict[str, str]:
    return {column.name: column.role for column in audit.dataset.columns}


@pytest.mark.parametrize(
    ("target", "groups", "drop"),
    [
        (("y", ""), [("who", "sex")], [("who", "age")]),
        ("y", "who.sex", "who.age"),
        ("y", ["who.sex"], ["who.age"]),
    ],
)
def test_levels_of_names_are_joined(target: Any, groups: Any, drop: Any) -> None:
    frame = pd.DataFrame({("who", "sex"): SEX, ("who", "age"): AGE, ("y", ""): HIRED})
    audit = auditor.check(frame, target=target, groups=groups, drop=drop, no_models=True, only="OUT001")
    assert _roles(audit) == {"who.sex": "group", "y": "target"}
    assert any("joined by dots: 'who.sex', 'who.age', 'y'" in note for note in audit.dataset.notes)


@pytest.mark.parametrize("kind", [int, str, np.int64])
def test_names_that_are_whole_numbers(kind: type) -> None:
    frame = pd.DataFrame(dict(enumerate([SEX, AGE, HIRED, RNG.random(ROWS)])))
    roles = {"target": kind(2), "groups": kind(0), "within": kind(1), "weight": None, "id": None}
    audit = auditor.check(frame, only="OUT001", **roles)
    assert _roles(audit) == {"0": "group", "1": "feature", "2": "target", "3": "feature"}
    audit = auditor.check(frame, only="OUT001", **{**roles, "within": None, "weight": kind(3)}, drop=kind(1))
    assert _roles(audit) == {"0": "group", "2": "target", "3": "weight"}


def test_a_use_case_names_a_column_by_a_number(tmp_path: Path) -> None:
    (tmp_path / "use.toml").write_text("[label]\ncolumn = 2023\n[groups]\ncolumns = [1]\n", encoding="utf-8")
    frame = pd.DataFrame({1: SEX, 2023: HIRED})
    audit = auditor.check(frame, use_case=tmp_path / "use.toml", only="OUT001")
    assert _roles(audit) == {"1": "group", "2023": "target"}


@pytest.mark.parametrize("name", ["", " ", None, float("nan"), pd.NaT, pd.NA])
def test_a_column_without_a_name_gets_one(name: Any) -> None:
    frame = pd.DataFrame([[1, 2]], columns=pd.Index(["b", name], dtype=object))
    assert read(frame).fields == {"b": "BIGINT", "column1": "BIGINT"}
    (decision,) = _reading(frame)
    assert (decision.about, decision.columns) == ("column names", ("column1",))


@pytest.mark.parametrize("make", [lambda t: t, lambda t: t.to_reader(), lambda t: t.to_batches()[0], pl.from_arrow])
def test_a_column_without_a_name_gets_one_in_every_frame(make: Callable[[pa.Table], object]) -> None:
    (_, name) = read(make(pa.table([[1], [2]], names=["b", " "]))).fields
    assert name == "column1"


@pytest.mark.parametrize(
    "names", [[1, "1"], [("a", "x"), "a.x"], ["Sex", "sex"], ["", "column0"], [("a", 1), ("a", "1")]]
)
def test_names_that_become_one_are_refused(names: list[Any]) -> None:
    assert refusal(pd.DataFrame([[1, 2]]).set_axis(pd.Index(names, tupleize_cols=False), axis=1)).startswith(
        "DataFrame: column"
    )


HALF = pa.array(np.array([1.5, -2.0, np.nan], np.float16))
LONG = pa.array([Decimal("1.50"), None, Decimal("12345678901234567890.25")], pa.decimal256(60, 2))
LONGER = pa.array([Decimal("1.5"), None, Decimal("1" * 45)], pa.decimal256(60, 2))
UNION = pa.UnionArray.from_dense(
    pa.array([0, 1, 0], pa.int8()), pa.array([0, 0, 1], pa.int32()), [pa.array([1, 2]), pa.array(["x"])]
)
HALVES = pa.FixedSizeListArray.from_arrays(pa.array(np.arange(6, dtype=np.float16)), 2)
ARROW = {"id": pa.array([1, 2, 3]), "half": HALF, "long": LONG, "longer": LONGER, "union": UNION, "halves": HALVES}
FRAMES: dict[str, Callable[[pa.Table], object]] = {
    "table": lambda table: table,
    "batch": lambda table: table.to_batches()[0],
    "reader": lambda table: table.to_reader(),
    "dataset": lambda table: ds.dataset(table),
    "pandas": lambda table: pd.DataFrame(
        {name: pd.Series(pd.array(table[name], dtype=pd.ArrowDtype(table[name].type))) for name in table.column_names}
    ),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_arrow_types_that_the_engine_cannot_read(kind: str) -> None:
    table = pa.table({name: column for name, column in ARROW.items() if name != "union" or kind != "pandas"})
    found = read(FRAMES[kind](table))
    rows = [dict(zip(found.fields, row, strict=True)) for row in found.rows]
    assert [row["half"] for row in rows] == [1.5, -2.0, None]
    # Of a stream it is not known beforehand whether a number fits, so that these too are doubles there.
    exact = kind in ("table", "batch", "pandas")
    assert [row["long"] for row in rows] == [Decimal("1.50"), None, Decimal("12345678901234567890.25")] if exact else 1
    assert [row["longer"] for row in rows] == [1.5, None, pytest.approx(float("1" * 45), rel=1e-15)]
    assert [list(row["halves"]) for row in rows] == [[0, 1], [2, 3], [4, 5]]
    decisions = {decision.about: decision for decision in _reading(FRAMES[kind](table))}
    assert decisions["digits"].columns == (("longer",) if exact else ("long", "longer"))
    if kind != "pandas":
        assert "union" not in found.fields
        assert decisions["columns left out"].columns == ("union",) and decisions["columns left out"].warning


def test_a_feather_file_of_half_floats(tmp_path: Path) -> None:
    feather.write_feather(pa.table({"half": HALF, "x": ["a", "b", "c"]}), str(tmp_path / "a.feather"))
    assert read(tmp_path / "a.feather").rows == [(1.5, "a"), (-2.0, "b"), (None, "c")]
    with pa.ipc.new_stream(tmp_path / "a.arrows", pa.schema({"half": pa.float16()})) as stream:
        stream.write_table(pa.table({"half": HALF}))
    assert read(tmp_path / "a.arrows").rows == [(1.5,), (-2.0,), (None,)]


@pytest.mark.parametrize("lazy", [False, True])
def test_polars_types_that_the_engine_cannot_read(lazy: bool) -> None:
    frame = pl.DataFrame(
        {
            "whole": pl.Series([2**100, None, -(2**100)], dtype=pl.Int128),
            "half": pl.Series([1.5, None, -2.0], dtype=pl.Float16),
            "halves": pl.Series([[1.5], None, [2.0, 2.5]], dtype=pl.List(pl.Float16)),
            "took": pl.Series([dt.timedelta(days=1), None, dt.timedelta(milliseconds=250)]),
        }
    )
    found = read(frame.lazy() if lazy else frame)
    assert found.rows == [(2**100, 1.5, [1.5], 86_400.0), (None,) * 4, (-(2**100), -2.0, [2.0, 2.5], 0.25)]
    assert _reading(frame.lazy() if lazy else frame)[0].about == "durations"
    too_long = pl.DataFrame({"whole": pl.Series([2**127 - 1, 1], dtype=pl.Int128)})  # 39 digits
    assert read(too_long.lazy() if lazy else too_long).rows == [(pytest.approx(2.0**127),), (1.0,)]
    assert _reading(too_long.lazy() if lazy else too_long)[0].about == "digits"


def test_python_objects_in_a_lazy_frame_are_text() -> None:
    who = uuid.UUID(int=7)
    assert read(pl.DataFrame({"o": pl.Series([who, None], dtype=pl.Object)}).lazy()).rows == [(str(who),), (None,)]


def test_numbers_of_the_processors_own_length() -> None:
    exact = pd.DataFrame({"x": np.array([0.5, np.nan, -2], np.longdouble)})
    assert read(exact).rows == [(0.5,), (None,), (-2.0,)]
    assert _reading(exact) == ()
    third = pd.DataFrame({"x": np.array([1, 2], np.longdouble) / np.longdouble(3)})
    assert read(third).rows == [(1 / 3,), (2 / 3,)]
    assert _reading(third)[0].about == "digits"


def test_complex_numbers_are_text_and_objects_that_say_nothing_are_left_out() -> None:
    frame = pd.DataFrame({"z": [1 + 2j, 0], "o": [object(), object()], "x": [1, 2]})
    assert read(frame).rows == [("(1+2j)", 1), ("0j", 2)]
    decisions = {decision.about: decision for decision in _reading(frame)}
    assert decisions["complex numbers"].columns == ("z",)
    assert decisions["columns left out"].columns == ("o",) and decisions["columns left out"].warning
    assert refusal(frame[["o"]]) == "DataFrame has no column that can be read"


def test_dates_beside_times_keep_the_hours() -> None:
    day, hour = dt.date(2024, 1, 1), dt.datetime(2024, 1, 1, 3)
    for values in ([day, hour, None], [hour, None, day]):
        found = read(pd.DataFrame({"x": pd.Series(values, dtype=object)}))
        assert {row[0] for row in found.rows} == {dt.datetime(2024, 1, 1), hour, None}
    dates = pd.DataFrame({"x": pd.Series([day, pd.NaT, None], dtype=object)})
    assert read(dates).rows == [(day,), (None,), (None,)]


def test_large_arrays_that_differ_in_the_middle_differ() -> None:
    """As a text, numpy shortens both of them to "[[0. 0. 0. ... 0. 0. 0.] [0. 0. 0. ... 0. 0. 0.]]"."""
    arrays = [np.zeros((2, 1000)), np.zeros((2, 1000))]
    arrays[1][1, 1] = 1
    rows = read(pd.DataFrame({"x": pd.Series(arrays, dtype=object)})).rows
    assert rows[0] != rows[1] and np.array(rows[1][0]).sum() == 1


def _blanks(values: list[Any]) -> list[Any]:
    return [None if i % 6 == 0 else value for i, value in enumerate(values)]


def _pandas() -> pd.DataFrame:
    whole = pd.Series(_blanks([i % 40 for i in range(ROWS)]))
    days = pd.Series(pd.to_datetime(whole, unit="D"))
    objects: dict[str, Callable[[int], Any]] = {
        "decimal": lambda i: Decimal(i % 40) / 8,
        "uuid": lambda i: uuid.UUID(int=i % 40),
        "date": lambda i: dt.date(2020, 1, 1 + i % 28),
        "time": lambda i: dt.time(i % 24, 30),
        "bytes": lambda i: bytes([i % 40]),
        "mixed": lambda i: i if i % 2 else str(i),
        "list": lambda i: [i % 7, 1],
        "array": lambda i: np.full(16, i, np.float32),
        "dict": lambda i: {"a": i % 3},
        "image": lambda i: {"bytes": b"\x89PNG\r\n\x1a\n" + bytes(80) + bytes([i % 256, i // 256]), "path": None},
        "big": lambda i: 2**70 + i % 3,
        "zone": lambda i: dt.datetime(2020, 1, 1 + i % 28, tzinfo=dt.UTC),
        "none": lambda i: None,
    }
    made = {name: pd.Series(_blanks([of(i) for i in range(ROWS)]), dtype=object) for name, of in objects.items()}
    return pd.DataFrame(
        {
            "sex": SEX, "hired": HIRED, "day": days, "zoned": days.dt.tz_localize("Europe/Paris"),
            "took": pd.Series(pd.Timedelta(hours=1) * whole), "month": days.dt.to_period("M"), "cut": pd.cut(whole, 5),
            "Int64": whole.astype("Int64"), "Float32": whole.astype("Float32"), "half": whole.astype("float16"),
            "boolean": (whole % 2 == 0).astype("boolean").mask(whole.isna()), "complex": whole + 1j * whole,
            "longdouble": whole.astype(np.longdouble), "string": whole.astype("string"),
            "category": whole.astype("category"), "sparse": pd.arrays.SparseArray(whole),
            "arrow": whole.astype("Int64").astype("int64[pyarrow]"), "infinite": whole.replace(3.0, np.inf), **made,
        }
    )  # fmt: skip


def _polars() -> pl.DataFrame:
    whole = pl.Series("whole", _blanks([i % 40 for i in range(ROWS)]))
    kinds = (pl.Int8, pl.UInt64, pl.Int128, pl.UInt128, pl.Float16, pl.Float32, pl.Decimal(20, 4), pl.String, pl.Date)
    return pl.DataFrame(
        [
            pl.Series("sex", SEX), pl.Series("hired", HIRED), *(whole.cast(kind).alias(str(kind)) for kind in kinds),
            whole.cast(pl.Datetime("ns", "Asia/Tokyo")).alias("zoned"), (whole * 1000).cast(pl.Time).alias("time"),
            whole.cast(pl.Duration("ms")).alias("took"), whole.cast(pl.String).cast(pl.Categorical).alias("category"),
            pl.Series("list", _blanks([[i % 5 / 2, 1.5] for i in range(ROWS)])),
            pl.Series("array", np.arange(ROWS * 4.0).reshape(ROWS, 4)), pl.Series("none", [None] * ROWS),
            pl.Series("struct", _blanks([{"a": i % 5} for i in range(ROWS)])),
            pl.Series("binary", _blanks([bytes([i % 256]) * 70 for i in range(ROWS)])),
            pl.Series("object", _blanks([uuid.UUID(int=i) for i in range(ROWS)]), dtype=pl.Object),
        ]
    )  # fmt: skip


def _arrow() -> pa.Table:
    whole = pa.array(_blanks([i % 40 for i in range(ROWS)]), pa.int64())
    halves = pa.array(_blanks([np.float16(i % 40) for i in range(ROWS)]), pa.float16())
    decimals = _blanks([Decimal(i % 40) / 4 for i in range(ROWS)])
    return pa.table(
        {
            "sex": SEX, "hired": HIRED, "half": halves, "decimal": pa.array(decimals, pa.decimal256(60, 3)),
            "day": whole.cast(pa.int32()).cast(pa.date32()), "moment": whole.cast(pa.timestamp("ms")),
            "took": whole.cast(pa.duration("s")), "dictionary": whole.dictionary_encode(),
            "view": pa.array(_blanks([f"t{i % 9}" for i in range(ROWS)]), pa.string_view()), "null": pa.nulls(ROWS),
            "map": pa.array(_blanks([[("a", i % 3)] for i in range(ROWS)]), pa.map_(pa.string(), pa.int32())),
            "bytes": pa.array(_blanks([bytes([i % 256]) * 16 for i in range(ROWS)]), pa.binary(16)),
        }
    )  # fmt: skip


@pytest.mark.parametrize("make", [_pandas, _polars, lambda: _polars().drop("object").lazy(), _arrow])
def test_no_rule_fails_on_a_frame_of_every_type(make: Callable[[], object]) -> None:
    audit = auditor.check(make(), target="hired", groups="sex")
    assert [(result.rule, result.reason) for result in audit.results if result.failed] == []
    assert audit.result("PRX002").state != "not_run"


def test_what_is_left_out_is_said_and_the_rest_is_audited() -> None:
    frame = pd.DataFrame({"sex": SEX, "hired": HIRED, "o": [object()] * ROWS})
    audit = auditor.check(frame, target="hired", groups="sex", only="OUT001")
    assert _roles(audit) == {"sex": "group", "hired": "target"}
    assert any(decision.warning and "'o'" in decision.text for decision in audit.dataset.reading)
    with pytest.raises(AuditError, match="'o'"):
        auditor.check(frame, target="hired", groups="o")


def test_a_relation_is_read_as_before() -> None:
    relation = duckdb.sql("SELECT 1 AS a, 'x' AS b")
    assert read(relation).rows == [(1, "x")]


@pytest.mark.parametrize(
    ("kind", "first", "step", "expected"),
    [
        ("UHUGEINT", 2**128 - 1_000, 1, 2.0**128),  # had been read as -1,000
        ("HUGEINT", 15 * 10**37, 1, 1.5e38),  # ended in a traceback
        ("HUGEINT", -(15 * 10**37), -1, -1.5e38),
        ("HUGEINT", 7, 1, 7.0),
        ("BIGNUM", 10**60, 1, 1e60),
    ],
)
def test_whole_numbers_of_any_length_are_numbers(
    tmp_path: Path, kind: str, first: int, step: int, expected: float
) -> None:
    values = ", ".join(f"('{first + step * i}'::{kind}, '{'fm'[i % 2]}', {i % 3 % 2})" for i in range(60))
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute(f"CREATE TABLE t AS SELECT * FROM (VALUES {values}) AS t(x, sex, hired)").fetchall()
    assert read(tmp_path / "a.duckdb").rows[0][0] == pytest.approx(expected)
    audit = auditor.check(tmp_path / "a.duckdb", target="hired", groups=["sex"], no_models=True)
    assert not [result.rule for result in audit.results if result.failed]
    relation = duckdb.connect().sql(f"SELECT * FROM (VALUES {values}) AS t(x, sex, hired)")
    if kind == "HUGEINT" and abs(first) > 10**38:  # in memory they are handed over as decimals of 38 digits
        assert "does not fit" in refusal(relation)
    else:
        assert read(relation).rows[0][0] == pytest.approx(expected)
