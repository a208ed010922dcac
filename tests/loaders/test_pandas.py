"""pandas frames: every type there is, the index left out, nothing converted without a word."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.loaders.reading import Read, read, refusal

DAY, DATE = dt.datetime(2024, 1, 2), dt.date(2024, 1, 2)


def objects(*values: Any) -> pd.Series[Any]:
    return pd.Series(values, dtype=object)


# Three rows each, so that one frame holds all of them.
CASES: list[tuple[pd.Series[Any], str, list[Any]]] = [
    (pd.Series(["a", None, ""]), "VARCHAR", ["a", None, None]),
    (pd.Series(["a", None, ""], dtype="string"), "VARCHAR", ["a", None, None]),
    (pd.Series(["a", None, ""], dtype="string[pyarrow]"), "VARCHAR", ["a", None, None]),
    (pd.Series([1, 2, 3], dtype="int8"), "TINYINT", [1, 2, 3]),
    (pd.Series([1, 2, 3], dtype="uint64"), "UBIGINT", [1, 2, 3]),
    (pd.Series([1.5, np.nan, 2.5]), "DOUBLE", [1.5, None, 2.5]),
    (pd.Series([1, np.nan, 2], dtype="float32"), "FLOAT", [1.0, None, 2.0]),
    (pd.Series([True, False, True]), "BOOLEAN", [True, False, True]),
    (pd.Series([1, None, 2], dtype="Int64"), "BIGINT", [1, None, 2]),
    (pd.Series([1.5, None, 2], dtype="Float64"), "DOUBLE", [1.5, None, 2.0]),
    (pd.Series([True, None, False], dtype="boolean"), "BOOLEAN", [True, None, False]),
    (pd.Series([1.5, None, float("nan")], dtype="float64[pyarrow]"), "DOUBLE", [1.5, None, None]),
    (pd.Series([DATE, None, DATE], dtype=pd.ArrowDtype(pa.date32())), "DATE", [DATE, None, DATE]),
    (pd.Series([DAY, None, DAY], dtype="datetime64[ns]"), "TIMESTAMP", [DAY, None, DAY]),
    (pd.Series([DAY, None, DAY], dtype="datetime64[s]"), "TIMESTAMP", [DAY, None, DAY]),
    (pd.Series([DAY, None, DAY], dtype="datetime64[us, UTC]"), "TIMESTAMP", [DAY, None, DAY]),
    (pd.Series([dt.timedelta(1), None, dt.timedelta(2)]), "DOUBLE", [86_400.0, None, 172_800.0]),
    (pd.Series(pd.period_range("2024-01", periods=3, freq="M")), "VARCHAR", ["2024-01", "2024-02", "2024-03"]),
    (pd.Series([1 + 2j, 0, 1j]), "VARCHAR", ["(1+2j)", "0j", "1j"]),
    (pd.Series([0, 1, 0], dtype="Sparse[int]"), "BIGINT", [0, 1, 0]),
    (objects("a", None, ""), "VARCHAR", ["a", None, None]),
    (objects("a", np.nan, pd.NaT), "VARCHAR", ["a", None, None]),
    (objects("a", pd.NA, "b"), "VARCHAR", ["a", None, "b"]),
    (objects(None, None, None), "VARCHAR", [None, None, None]),
    (objects(1, None, 2), "BIGINT", [1, None, 2]),
    (objects(1, 1.5, None), "DOUBLE", [1.0, 1.5, None]),
    (objects(True, None, False), "BOOLEAN", [True, None, False]),
    (objects(DATE, None, DATE), "DATE", [DATE, None, DATE]),
    (objects(DAY, None, DAY), "TIMESTAMP", [DAY, None, DAY]),
    (objects(Decimal("1.5"), None, Decimal("12345.25")), "DECIMAL(7,2)", [Decimal("1.50"), None, Decimal("12345.25")]),
    (objects([1], None, []), "BIGINT[]", [[1], None, []]),
    (objects({"a": 1}, None, {"a": 2}), "VARCHAR", ['{"a":1}', None, '{"a":2}']),
    (pd.Series(["a", None, "b"], dtype="category"), "VARCHAR", ["a", None, "b"]),
    (pd.Series([1, 2, 1]).astype("category"), "VARCHAR", ["1", "2", "1"]),
    (pd.Series([True, None, False], dtype="boolean").astype("category"), "BOOLEAN", [True, None, False]),
    (pd.Series([None, None, None], dtype="category"), "VARCHAR", [None, None, None]),
    (pd.cut(pd.Series([1, 5, None]), [0, 3, 10]), "VARCHAR", ["(0, 3]", "(3, 10]", None]),
    (pd.Series(pd.interval_range(0, 3)), "VARCHAR", ["(0, 1]", "(1, 2]", "(2, 3]"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def table() -> Read:
    """A frame with all the cases as columns."""
    return read(pd.DataFrame({f"c{i}": column for i, (column, _, _) in enumerate(CASES)}))


@pytest.mark.parametrize("case", range(len(CASES)))
def test_types(table: Read, case: int) -> None:
    _, kind, expected = CASES[case]
    assert table.fields[f"c{case}"] == kind
    assert [row[case] for row in table.rows] == expected


@pytest.mark.parametrize(
    ("values", "kinds"),
    [((1, "a", None), "int and str"), ((True, "a"), "bool and str"), ((1,) * 5000 + ("a",), "int and str"), (("a",) + (1,) * 5000, "int and str"), ((2**70, 1), "int")],
)  # fmt: skip
def test_mixed_objects_are_text_and_noted(values: tuple[Any, ...], kinds: str) -> None:
    found = read(pd.DataFrame({"x": objects(*values)}))
    assert [row[0] for row in found.rows] == [None if value is None else str(value) for value in values]
    assert found.notes == (f"column 'x' is read as text: it holds {kinds} values",)


def test_categories_of_unlike_types_with_the_same_text() -> None:
    column = objects(1, "1", "a").astype("category")
    assert read(pd.DataFrame({"x": column})).rows == [("1",), ("1",), ("a",)]


def test_the_index_is_left_out_and_the_frame_unchanged() -> None:
    frame = pd.DataFrame({"x": objects(1, "a"), 7: [1, 2]}).set_axis(["p", "q"])
    before = frame.copy(deep=True)
    found = read(frame)
    assert list(found.fields) == ["x", "7"]
    pd.testing.assert_frame_equal(frame, before)


def test_an_index_with_repeats() -> None:
    frame = pd.DataFrame({"x": objects(1, "a"), "c": pd.Categorical(["u", "v"])}).set_axis([0, 0])
    assert read(frame).rows == [("1", "u"), ("a", "v")]


@pytest.mark.parametrize("names", [["a", "a"], ["a", "A"], [1, "1"]])
def test_names_that_cannot_stand_together(names: list[Any]) -> None:
    assert refusal(pd.DataFrame([[1, 2]], columns=pd.Index(names))).startswith("DataFrame: column")


def test_levels_of_names() -> None:
    columns = pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])
    assert list(read(pd.DataFrame([[1, 2]], columns=columns)).fields) == ["a.x", "a.y"]


@pytest.mark.parametrize(("frame", "told"), [(pd.DataFrame({"x": []}), "rows"), (pd.DataFrame(), "columns"), (pd.DataFrame(index=[1, 2]), "columns")])  # fmt: skip
def test_empty_frames(frame: pd.DataFrame, told: str) -> None:
    assert refusal(frame) == f"DataFrame has no {told}"
