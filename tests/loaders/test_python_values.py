"""Values that are no frames of a known library: columns, rows, arrays, a Bunch, connections, and what offers itself."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_digits, load_iris
from sklearn.utils import Bunch

from tests.loaders.reading import read, refusal

ROWS = [(1, "x"), (2, None), (3, "z")]
TABLE = pa.table({"a": [1, 2, 3], "b": ["x", None, "z"]})
FRAME = pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "z"]})
Row = namedtuple("Row", ["a", "b"])


class ToArrow:
    """As a frame on a graphics card offers itself."""

    def to_arrow(self) -> pa.Table:
        return TABLE


class ToPandas:
    def to_pandas(self) -> pd.DataFrame:
        return FRAME


class Interchange:
    """As Modin's frames offer themselves: the protocol, and neither an Arrow stream nor a conversion."""

    def __dataframe__(self, nan_as_null: bool = False, allow_copy: bool = True) -> object:
        return TABLE.__dataframe__(nan_as_null, allow_copy)


class Graph:
    """As Dask's frames offer themselves: a graph that is computed, and an array that lost the names."""

    def __dask_graph__(self) -> dict[str, object]:
        return {}

    def __array__(self) -> object:
        raise AssertionError("the array has no names")

    def compute(self) -> pd.DataFrame:
        return FRAME


class Batched:
    """As data sets of Hugging Face offer themselves."""

    column_names = ("a", "b")

    def with_format(self, kind: str) -> Batched:
        assert kind == "arrow"
        return self

    def iter(self, batch_size: int) -> Iterator[pa.Table]:
        yield TABLE.slice(0, 2)
        yield TABLE.slice(2)


class Coded(Batched):
    """A data set of Hugging Face with a column of codes, whose names are in its features."""

    class _Label:
        dtype, names = "int64", ("female", "male")

    features = MappingProxyType({"a": _Label()})

    def iter(self, batch_size: int) -> Iterator[pa.Table]:
        yield pa.table({"a": [1, 0], "b": ["x", "y"]})
        yield pa.table({"a": [-1, None], "b": ["z", "z"]})  # -1: not labelled


class Twice(ToPandas):
    def to_arrow(self) -> ToPandas:
        return ToPandas()


@pytest.mark.parametrize(
    "value",
    [ToArrow(), ToPandas(), Interchange(), Graph(), Batched(), Twice(), ds.dataset(TABLE).scanner(),
     {"a": [1, 2, 3], "b": ["x", None, "z"]},
     {"a": np.array([1, 2, 3]), "b": pd.Series(["x", None, "z"], index=[7, 8, 9])},
     {"a": pl.Series([1, 2, 3]), "b": pa.array(["x", None, "z"])},
     {"a": range(1, 4), "b": ("x", None, "z")},
     [{"a": 1, "b": "x"}, {"a": 2}, {"b": "z", "a": 3}],
     np.array([(1, "x"), (2, None), (3, "z")], dtype=[("a", "<i8"), ("b", object)])],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_the_same_rows_from_every_protocol_and_container(value: object) -> None:
    found = read(value)
    assert (found.fields, found.rows) == ({"a": "BIGINT", "b": "VARCHAR"}, ROWS)
    assert found.name == type(value).__name__
    assert found.notes == ()


def test_codes_of_hugging_face_are_their_names() -> None:
    found = read(Coded())
    assert found.rows == [("male", "x"), ("female", "y"), (None, "z"), (None, "z")]
    assert found.notes == ("Codes are read as the names that the data set has for them: 'a'.",)


@pytest.mark.parametrize("value", [[[1, "x"], [2, None], [3, "z"]], [Row(*row) for row in ROWS]])
def test_rows_without_names_are_numbered(value: object) -> None:
    found = read(value)
    assert (list(found.fields), found.rows) == (["x0", "x1"], ROWS)
    assert found.notes == ("list: columns without names are called x0 to x1, in their order",)


def test_an_array_of_two_dimensions_is_numbered_and_keeps_its_type() -> None:
    found = read(np.arange(6, dtype=">f8").reshape(3, 2))  # of a machine with another order of bytes
    assert (found.fields, found.rows) == ({"x0": "DOUBLE", "x1": "DOUBLE"}, [(0, 1), (2, 3), (4, 5)])
    masked: np.ma.MaskedArray[Any, Any] = np.ma.array([[1, 2], [3, 4]], mask=[[False, True], [False, False]])
    assert read(masked).rows == [(1, None), (3, 4)]


@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
def test_a_matrix_of_numpy_is_its_array() -> None:
    assert read(np.asmatrix([[1, 2], [3, 4]])).rows == [(1, 2), (3, 4)]


def test_a_matrix_in_a_mapping_is_a_vector_in_each_row() -> None:
    assert read({"v": np.eye(3), "n": [1, 2, 3]}).rows == [([1, 0, 0], 1), ([0, 1, 0], 2), ([0, 0, 1], 3)]


def test_what_is_no_column_is_named_and_left_out() -> None:
    found = read({"a": [1, 2], "about": "two rows", "n": 2, "cube": np.zeros((2, 2, 2))})
    assert found.rows == [(1,), (2,)]
    assert found.warnings == ("Left out, because they are no columns: 'about', 'n', 'cube'.",)


@pytest.mark.parametrize(
    "given",
    [
        {"a": pd.Series([1, 2, 3]), "b": pd.Series(["z", "x", "y"], index=[2, 0, 1])},
        Bunch(data=FRAME, target=pd.Series([1, 0, 1], index=[2, 0, 1])),
    ],
)
def test_columns_with_different_indexes_are_not_joined_by_position(given: object) -> None:
    """pandas.DataFrame would pair 1 with "x", by the index; by position 1 stood beside "z", which is another row's."""
    assert "have different indexes, and columns are joined by position" in refusal(given)


def test_a_multi_index_is_a_column_of_tuples() -> None:
    made = pd.MultiIndex.from_tuples([("f", "a"), ("m", "b")])
    assert read({"x": [1, 2], "both": made}).rows == read({"x": [1, 2], "both": [("f", "a"), ("m", "b")]}).rows


def test_columns_may_be_called_as_protocols_are() -> None:
    names = ["cursor", "tocsr", "columns", "to_native_", "with_format", "to_arrow"]
    assert list(read(pd.DataFrame({name: [1, 2] for name in names})).fields) == names
    assert list(read({name: [1, 2] for name in names}).fields) == names
    labelled = pd.Series([1, 2], index=["columns", "column_names"])
    assert read({"a": labelled}).rows == [(1,), (2,)]


class TestBunch:
    @pytest.mark.parametrize("as_frame", [False, True])
    def test_features_and_outcome_make_one_table(self, as_frame: bool) -> None:
        bunch = load_iris(as_frame=as_frame)
        found = read(bunch)
        assert list(found.fields) == [*bunch["feature_names"], "target"]
        assert np.array(found.rows) == pytest.approx(np.column_stack([bunch["data"], bunch["target"]]))

    def test_what_is_as_long_is_named(self) -> None:
        found = read(load_digits())
        assert len(found.fields) == 65  # the data set has 64 pixels
        assert found.warnings == ("Left out, beside the data and the target: 'images'.",)


class TestConnections:
    def test_the_only_table_a_named_one_and_a_query(self) -> None:
        connection = duckdb.connect()
        connection.execute("CREATE TABLE people AS SELECT 1 AS a, 'x' AS b")
        assert read(connection).rows == [(1, "x")]
        connection.register("shown", FRAME)
        assert read(connection, table="shown").rows == ROWS
        assert read(connection, sql="SELECT a + 1 AS c FROM people").rows == [(2,)]
        assert connection.execute("SELECT count(*) FROM people").fetchall() == [(1,)]

    def test_refusals_name_the_tables(self) -> None:
        connection = duckdb.connect()
        assert refusal(connection) == "the connection has no table that can be read"
        connection.execute("CREATE TABLE one AS SELECT 1 AS a; CREATE TABLE two AS SELECT 1 AS a")
        assert "the connection has 2 tables" in refusal(connection)
        assert "did you mean 'one'?" in refusal(connection, table="onee")

    def test_other_connections_and_frames_have_no_tables(self) -> None:
        assert refusal(sqlite3.connect(":memory:")).startswith("a Connection cannot be read; give the path")
        assert "DataFrame is not a database and has no table 't'" in refusal(FRAME, table="t")


class Broken:
    def to_pandas(self) -> object:
        raise ValueError("Zoe lives in Littleton")


class Endless:
    def to_pandas(self) -> Endless:
        return self


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([], "an empty list cannot be read; a list must hold a mapping of column to value for each row"),
        ([1, "Zoe"], "a list of int and str cannot be read; a list must hold"),
        ([{"a": 1}, 2], "a list of dict and int cannot be read"),
        ([FRAME, FRAME], "a list of DataFrame is several tables; join them first (pandas.concat"),
        (pa.table({"a": [1]}).to_batches(), "a list of RecordBatch is several tables; join them first"),
        ([[1], [2, 3]], "list: a row has 1 values, and another 2"),
        ({"a": "Zoe"}, "dict has no column"),
        ({"a": [1], "b": [1, 2]}, "dict: column 'a' has 1 rows, and 'b' has 2"),
        ({"train": FRAME, "test": FRAME}, "dict holds several tables; give one of them, such as data['train']"),
        (np.arange(3), "ndarray cannot be read: it has one column"),
        (np.zeros((2, 2, 2)), "ndarray cannot be read: it has 3 dimensions"),
        (pd.Series(["Zoe"]), "a Series cannot be read: it is one column"),
        (pa.chunked_array([["Zoe"]]), "a ChunkedArray cannot be read: it is one column"),
        (csr_array(np.eye(3)), "a csr_array cannot be read: it is sparse and has no columns; give its toarray()"),
        ({}, "dict has no columns"),
        ({"a": []}, "dict has no rows"),
        (Broken(), "Broken cannot be read: its to_pandas failed (ValueError)"),
        (Endless(), "a value of type Endless cannot be read"),
    ],
)  # fmt: skip
def test_refusals_fit_what_was_given_and_quote_no_row(value: object, words: str) -> None:
    text = refusal(value)
    assert text.startswith(words)
    assert "Zoe" not in text
    assert "tallies" not in text


def _dask() -> object:
    return pytest.importorskip("dask.dataframe").from_pandas(FRAME, npartitions=2)


def _hugging_face() -> object:
    table = pytest.importorskip("datasets").table.InMemoryTable(TABLE)
    return pytest.importorskip("datasets").Dataset(table, fingerprint="fixed")  # without one, all of pyarrow is pickled


def _chosen() -> object:
    """A data set of Hugging Face whose rows were chosen: its own table still has all of them."""
    rows: Any = _hugging_face()
    table = pa.concat_tables([TABLE.slice(2), TABLE.slice(0, 2)])
    rows = type(rows)(pytest.importorskip("datasets").table.InMemoryTable(table), fingerprint="other")
    return rows.select([1, 2, 0], new_fingerprint="chosen")


def _labelled() -> object:
    """Codes with names, of the library itself: here they spell the column."""
    datasets = pytest.importorskip("datasets")
    table = datasets.table.InMemoryTable(pa.table({"a": [1, 2, 3], "b": pa.array([1, -1, 0])}))
    kinds = datasets.Features({"a": datasets.Value("int64"), "b": datasets.ClassLabel(names=["z", "x"])})
    return datasets.Dataset(table, info=datasets.DatasetInfo(features=kinds), fingerprint="labelled")


def _ibis() -> object:
    return pytest.importorskip("ibis").memtable(TABLE)


def _geopandas() -> object:
    shapes = pytest.importorskip("shapely").points([[0, 1], [1, 2], [2, 3]])
    return pytest.importorskip("geopandas").GeoDataFrame(FRAME, geometry=shapes)


@pytest.mark.parametrize("make", [_dask, _hugging_face, _chosen, _labelled, _ibis, _geopandas])
def test_the_libraries_themselves_where_they_are_installed(make: Callable[[], object]) -> None:
    found = read(make())
    assert (found.fields, found.rows) == ({"a": "BIGINT", "b": "VARCHAR"}, ROWS)
    assert bool(found.warnings) is (make is _geopandas)  # shapes are named, and left out
