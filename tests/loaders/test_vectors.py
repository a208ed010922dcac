"""Vectors come in: from whatever holds them, with the traps of DuckDB, Arrow, pandas, Polars and NumPy one by one."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import auditor
from auditor.audit.preparing import prepared
from auditor.counts.extras import ALL_ZERO, NOT_FINITE, WRONG_LENGTH
from auditor.counts.tally import Tally
from auditor.engines.open import opened
from auditor.engines.sample import FAVOURABLE, level_of
from auditor.engines.vectors import VectorSample
from auditor.errors import AuditError, ColumnError, RoleError, SourceError
from auditor.model import Audit
from auditor.use.usecase import UseCase

ROWS, D = 240, 20
RNG = np.random.default_rng(26)
HALF = RNG.normal(size=(ROWS, D)).astype(np.float16)
X = HALF.astype(np.float32)  # numbers that 16 bits hold, so that every form has the same
SEX = RNG.choice(["f", "m"], ROWS)
HIRED = np.where(RNG.random(ROWS) < np.where(SEX == "f", 0.3, 0.7), "yes", "no")
PEOPLE = {"sex": SEX, "hired": HIRED, "dept": RNG.choice(["a", "b", "c"], ROWS)}
OFFSETS = pa.array(np.arange(0, ROWS * D + 1, D, dtype=np.int32))
FLAT, FLAT_HALF = pa.array(X.ravel()), pa.array(HALF.ravel())
LISTS = pa.ListArray.from_arrays(OFFSETS, FLAT)

Make = Callable[[Path], Any]


def _table(vectors: pa.Array) -> pa.Table:
    return pa.table({**PEOPLE, "emb": vectors})


def _parquet(vectors: pa.Array) -> Make:
    def made(folder: Path) -> Path:
        pq.write_table(_table(vectors), folder / "a.parquet")
        return folder / "a.parquet"

    return made


def _arrow(vectors: pa.Array) -> Make:
    def made(folder: Path) -> Path:
        table = _table(vectors)
        with pa.ipc.new_file(folder / "a.arrow", table.schema) as writer:
            writer.write_table(table)
        return folder / "a.arrow"

    return made


def _csv(frame: pd.DataFrame) -> Make:
    def made(folder: Path) -> Path:
        frame.to_csv(folder / "a.csv", index=False)
        return folder / "a.csv"

    return made


def _json(folder: Path) -> Path:
    rows = [{**{name: str(of[i]) for name, of in PEOPLE.items()}, "emb": X[i].tolist()} for i in range(ROWS)]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return folder / "a.jsonl"


def _duckdb(kind: str) -> Make:
    def made(folder: Path) -> Path:
        with duckdb.connect(str(folder / "a.duckdb")) as connection:
            connection.register("given", _table(LISTS))
            connection.execute(f"CREATE TABLE people AS SELECT * REPLACE (emb::{kind} AS emb) FROM given").fetchall()
        return folder / "a.duckdb"

    return made


FRAME = pd.DataFrame(PEOPLE)
WIDE = pd.DataFrame(X, columns=[f"emb_{i}" for i in range(D)])
FORMS: dict[str, Make] = {
    "list": lambda _: _table(LISTS),
    "list of fixed size": lambda _: _table(pa.FixedSizeListArray.from_arrays(FLAT, D)),
    "large list": lambda _: _table(pa.LargeListArray.from_arrays(OFFSETS.cast(pa.int64()), FLAT)),
    "list of doubles": lambda _: _table(pa.array(X.astype(float).tolist())),
    "list of half floats": lambda _: _table(pa.ListArray.from_arrays(OFFSETS, FLAT_HALF)),
    "half floats of fixed size": lambda _: _table(pa.FixedSizeListArray.from_arrays(FLAT_HALF, D)),
    "tensor": lambda _: _table(pa.FixedShapeTensorArray.from_numpy_ndarray(X)),
    "tensor of half floats": lambda _: _table(pa.FixedShapeTensorArray.from_numpy_ndarray(HALF)),
    "list in Parquet": _parquet(LISTS),
    "fixed size in Parquet": _parquet(pa.FixedSizeListArray.from_arrays(FLAT, D)),
    "half floats in Parquet": _parquet(pa.ListArray.from_arrays(OFFSETS, FLAT_HALF)),
    "half floats in Arrow": _arrow(pa.ListArray.from_arrays(OFFSETS, FLAT_HALF)),
    "ARRAY of DuckDB": _duckdb(f"FLOAT[{D}]"),
    "LIST of DuckDB": _duckdb("DOUBLE[]"),
    "arrays in pandas": lambda _: FRAME.assign(emb=list(X)),
    "half arrays in pandas": lambda _: FRAME.assign(emb=list(HALF)),
    "doubles in pandas": lambda _: FRAME.assign(emb=list(X.astype(float))),
    "lists in pandas": lambda _: FRAME.assign(emb=X.tolist()),
    "matrix in Polars": lambda _: pl.DataFrame({**PEOPLE, "emb": X}),
    "lists in Polars": lambda _: pl.DataFrame({**PEOPLE, "emb": X.tolist()}),
    "lazy in Polars": lambda _: pl.DataFrame({**PEOPLE, "emb": X}).lazy(),
    "JSON": _json,
    "text of lists": _csv(FRAME.assign(emb=[str(row.tolist()) for row in X])),
    "wide": lambda _: pd.concat([FRAME, WIDE], axis=1),
    "wide, in any order": lambda _: pd.concat([FRAME, WIDE.iloc[:, [0, *range(D - 1, 0, -1)]]], axis=1),
    "wide in CSV": _csv(pd.concat([FRAME, WIDE], axis=1)),
}


def _same(audit: Audit) -> str:
    """Return all of an audit but what was said of its source, and of how it was read."""
    of = audit.to_dict()
    kept = {"results": of["results"], "columns": of["dataset"]["columns"], "verdict": of["verdict"]}
    return json.dumps(kept, sort_keys=True)


def _check(data: Any, **options: Any) -> Audit:
    return auditor.check(data, target="hired", groups="sex", name="people", **options)


@pytest.fixture(scope="module")
def from_lists() -> str:
    return _same(_check(_table(LISTS), no_models=True))


@pytest.mark.parametrize("form", FORMS)
def test_the_audit_is_the_same_from_every_form(form: str, from_lists: str, tmp_path: Path) -> None:
    assert _same(_check(FORMS[form](tmp_path), no_models=True)) == from_lists


@pytest.mark.parametrize("kind", ["<f2", "<f4", ">f4", "<f8", "fortran"])
def test_the_audit_is_the_same_from_a_file_of_numpy(kind: str, from_lists: str, tmp_path: Path) -> None:
    numbers = np.asfortranarray(X) if kind == "fortran" else X.astype(kind)
    np.save(tmp_path / "v.npy", numbers)
    for data in (FRAME, _csv(FRAME)(tmp_path), _parquet(LISTS)(tmp_path)):
        if isinstance(data, Path) and data.suffix == ".parquet":
            pq.write_table(pa.table(PEOPLE), data)
        assert _same(_check(data, vector=f"emb={tmp_path / 'v.npy'}", no_models=True)) == from_lists


def test_a_use_case_names_a_file_beside_itself(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", X)
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    (tmp_path / "use.toml").write_text('[data]\npath = "a.csv"\n[features]\nvector = ["emb=v.npy"]\n', encoding="utf-8")
    audit = _check(None, use_case=tmp_path / "use.toml", only="QLT001")
    assert [each.role for each in audit.dataset.columns if each.name == "emb"] == ["vector"]
    assert [*audit.use_case["features"]["vector"]] == ["emb"]


def _drawn(data: Any, use: UseCase | None = None, seed: int = 0, **opening: Any) -> tuple[Tally, VectorSample]:
    use = use or UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["sex"]}})
    with opened(data, **opening) as rows:
        ready = prepared(rows, use)
        tally = ready.rows.tally(ready.roles, ready.seen, False, lambda said: None, seed)
        (name,) = ready.roles.vectors
        return tally, ready.rows.vectors(tally, ready.seen, seed)[name]


@pytest.fixture(scope="module")
def drawn_from_lists() -> VectorSample:
    return _drawn(_table(LISTS))[1]


@pytest.mark.parametrize("form", FORMS)
def test_each_row_keeps_its_own_vector(form: str, drawn_from_lists: VectorSample, tmp_path: Path) -> None:
    tally, sample = _drawn(FORMS[form](tmp_path))
    assert (sample.values == drawn_from_lists.values).all() and sample.rows.equals(drawn_from_lists.rows)
    assert sample.of == ROWS and sample.values.shape == (ROWS, D) and sample.values.dtype == np.float32
    row_of = {row.tobytes(): i for i, row in enumerate(X)}
    order = [row_of[row.tobytes()] for row in sample.values]
    assert sorted(order) == list(range(ROWS))
    assert (sample.rows[level_of("sex")].to_numpy() == SEX[order]).all()
    assert (sample.rows[FAVOURABLE].to_numpy() == (HIRED[order] == "yes")).all()
    assert tally.vectors["emb"].dimension == D and not tally.vectors["emb"].lost


# One row of each kind of trouble: what it holds, and what is counted of it.
BAD: dict[str, tuple[Any, str | None]] = {
    "no vector": (None, None),
    "too short": (X[0, :-1].tolist(), WRONG_LENGTH),
    "too long": ([*X[0].tolist(), 1.0], WRONG_LENGTH),
    "empty": ([], WRONG_LENGTH),
    "not a number": ([float("nan"), *X[0, 1:].tolist()], NOT_FINITE),
    "endless": ([float("inf"), *X[0, 1:].tolist()], NOT_FINITE),
    "endless both ways": ([float("inf"), float("-inf"), *X[0, 2:].tolist()], NOT_FINITE),
    "a missing number": ([None, *X[0, 1:].tolist()], NOT_FINITE),
    "zeros": ([0.0] * D, ALL_ZERO),
    "zeros below": ([-0.0] * D, ALL_ZERO),
}


def _troubled(*bad: Any) -> list[Any]:
    return [*bad, *X[len(bad) :].tolist()]


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize("form", ["Arrow", "pandas", "Polars", "JSON", "DuckDB"])
def test_vectors_that_cannot_be_used_are_counted(form: str, kind: str, tmp_path: Path) -> None:
    bad, why = BAD[kind]
    lists = _troubled(bad)
    data: Any = None
    if form == "Arrow":
        data = _table(pa.array(lists, pa.list_(pa.float32())))
    elif form == "pandas":
        arrays = [None if of is None else np.array(of, dtype=np.float32) for of in lists]
        data = FRAME.assign(emb=pd.Series(arrays, dtype=object))
    elif form == "Polars":
        data = pl.DataFrame({**PEOPLE, "emb": pl.Series(lists, dtype=pl.List(pl.Float32))})
    elif form == "JSON":
        if why is NOT_FINITE and None not in bad:
            pytest.skip("JSON has no such number")
        rows = [{"sex": SEX[i], "hired": HIRED[i], "emb": of} for i, of in enumerate(lists)]
        data = tmp_path / "a.json"
        data.write_text(json.dumps(rows), encoding="utf-8")
    else:
        data = tmp_path / "a.duckdb"
        with duckdb.connect(str(data)) as connection:
            connection.register("given", _table(pa.array(lists, pa.list_(pa.float32()))))
            connection.execute("CREATE TABLE people AS FROM given").fetchall()
    tally, sample = _drawn(data)
    assert tally.vectors["emb"].lost == {why: 1} and tally.columns["emb"].missing == 1
    assert sample.of == ROWS - 1 and sorted(map(bytes, sample.values)) == sorted(map(bytes, X[1:]))


def test_a_missing_array_leaves_the_others_where_they_are(tmp_path: Path) -> None:
    """DuckDB's ARRAY with NULLs, and Arrow's lists of fixed size, keep numbers where a value is missing."""
    array = pa.FixedSizeListArray.from_arrays(FLAT, D, mask=pa.array(np.arange(ROWS) % 3 == 0))
    there = np.arange(ROWS) % 3 != 0
    for data in (_table(array), _duckdb(f"FLOAT[{D}]")(tmp_path)):
        if isinstance(data, Path):
            with duckdb.connect(str(data)) as connection:
                connection.execute("UPDATE people SET emb = NULL WHERE sex = 'f'").fetchall()
            there = SEX != "f"
        tally, sample = _drawn(data)
        assert tally.vectors["emb"].lost == {None: int((~there).sum())}
        assert sorted(map(bytes, sample.values)) == sorted(map(bytes, X[there]))


def test_a_slice_of_arrow_is_read_from_where_it_begins() -> None:
    for array in (pa.FixedSizeListArray.from_arrays(FLAT, D), LISTS, pa.FixedShapeTensorArray.from_numpy_ndarray(X)):
        _, sample = _drawn(_table(array).slice(40, 120))
        assert sorted(map(bytes, sample.values)) == sorted(map(bytes, X[40:160]))


def test_numbers_beyond_32_bits_are_not_finite() -> None:
    wide = X.astype(float)
    wide[0, 0], wide[1, 0] = 1e300, -1e39
    tally, _ = _drawn(FRAME.assign(emb=list(wide)))
    assert tally.vectors["emb"].lost == {NOT_FINITE: 2}


def test_a_sum_of_large_numbers_is_no_endless_one() -> None:
    large = np.full((ROWS, D), 3e38, np.float32) * np.sign(X)
    tally, sample = _drawn(FRAME.assign(emb=list(large)))
    assert not tally.vectors["emb"].lost and np.isfinite(sample.values).all()


def test_matrices_in_cells_are_no_vectors() -> None:
    frame = FRAME.assign(emb=list(X.reshape(ROWS, 4, 5)))
    with pytest.raises(RoleError, match=r"^column 'emb' holds lists of lists; a vector is one list of numbers$"):
        _check(frame, vector="emb")
    assert [each.role for each in _check(frame, only="QLT003").dataset.columns if each.name == "emb"] == ["vector"]


def test_texts_that_are_no_vector_have_a_wrong_length(tmp_path: Path) -> None:
    texts = [str(row.tolist()) for row in X]
    texts[0], texts[1], texts[2] = "none given", "[1.0, 2.0]", "[nan" + ", 1.0" * (D - 1) + "]"
    tally, _ = _drawn(_csv(FRAME.assign(emb=texts))(tmp_path))
    assert tally.vectors["emb"].lost == {WRONG_LENGTH: 2, NOT_FINITE: 1}


def test_texts_as_numpy_writes_them_are_read_to_their_last_digit(tmp_path: Path) -> None:
    _, sample = _drawn(_csv(FRAME.assign(emb=[str(row) for row in X.astype(float)]))(tmp_path))
    order = np.lexsort(X.T), np.lexsort(sample.values.T)
    assert np.allclose(X[order[0]], sample.values[order[1]], atol=5e-9, rtol=1.2e-7)  # eight decimals


@pytest.mark.parametrize("first", ["None", "null", "nan", "inf", "-inf", "NaN"])
@pytest.mark.parametrize("form", ["[{}]", "array([{}], dtype=float32)", "({})", "{}"])
def test_a_number_of_a_text_that_is_none_is_not_finite(form: str, first: str, tmp_path: Path) -> None:
    mark = " " if form == "{}" else ", "
    texts = [form.format(mark.join(map(str, row))) for row in X.tolist()]
    texts[0] = form.format(mark.join([first, *map(str, X[0, 1:].tolist())]))
    tally, sample = _drawn(_csv(FRAME.assign(emb=texts))(tmp_path))
    assert tally.vectors["emb"].dimension == D and tally.vectors["emb"].lost == {NOT_FINITE: 1}
    assert sorted(map(bytes, sample.values)) == sorted(map(bytes, X[1:]))


def test_short_texts_are_vectors_where_they_are_named(tmp_path: Path) -> None:
    data = _csv(FRAME.assign(emb=[f"[{a}, {b}]" for a, b in X[:, :2]]))(tmp_path)
    roles = {"unnamed": _check(data, only="QLT001"), "named": _check(data, only="QLT001", vector="emb")}
    said = {key: [of.text for of in audit.dataset.reading if of.about == "vectors"] for key, audit in roles.items()}
    assert said == {"unnamed": [], "named": ["'emb' is read as vectors of 2 numbers, which its texts spell."]}


def test_wide_columns_are_in_the_order_of_their_numbers() -> None:
    shuffled = WIDE[RNG.permutation(WIDE.columns)]
    use = UseCase.model_validate(
        {"label": {"column": "hired"}, "groups": {"columns": ["sex"]}, "features": {"vector": "emb_*"}}
    )
    _, sample = _drawn(pd.concat([FRAME, shuffled], axis=1), use)
    assert sorted(map(bytes, sample.values)) == sorted(map(bytes, X))  # by their text emb_10 is before emb_2


def test_wide_columns_are_no_features_by_themselves() -> None:
    audit = _check(pd.concat([FRAME, WIDE.iloc[:, :3]], axis=1), vector="emb_*", only=["PRX001", "QLT003"])
    assert [(each.name, each.role) for each in audit.dataset.columns][-1] == ("emb", "vector")
    (of,) = [of.text for of in audit.dataset.reading if of.about == "vectors"]
    assert of.startswith("'emb_0' to 'emb_2' are read as one vector 'emb' of 3 numbers")
    named = _check(pd.concat([FRAME, WIDE, FRAME[["dept"]].set_axis(["emb"], axis=1)], axis=1), only="PRX001")
    assert [each.name for each in named.dataset.columns][3:] == ["emb*", "emb"]


@pytest.mark.parametrize(
    ("vector", "error", "said"),
    [
        ("embb", ColumnError, r"^column 'embb' is not in people; did you mean 'emb'"),
        ("dept", RoleError, r"^column 'dept' holds no vectors \(VARCHAR\); right is a list of numbers in each row"),
        ("x_*", ColumnError, r"--vector 'x_\*' fits 0 columns, and 2 are the least$"),
        ("*e*", RoleError, r"^--vector '\*e\*' fits 'dept', which is not a number \(VARCHAR\)$"),
    ],
)
def test_what_holds_no_vectors_is_refused_in_a_line(vector: str, error: type[AuditError], said: str) -> None:
    with pytest.raises(error, match=said):
        _check(FRAME.assign(emb=list(X)), vector=vector)


def test_a_vector_has_no_other_role() -> None:
    with pytest.raises(RoleError, match=r"^column 'emb' cannot be both vector and text$"):
        _check(FRAME.assign(emb=list(X)), vector="emb", text="emb")


class TestFileOfNumpy:
    """What is no array of numbers, one row for each, is refused in one line; nothing is unpickled."""

    def _refused(self, path: Path) -> str:
        with pytest.raises(SourceError) as caught:
            _check(FRAME, vector=f"emb={path}")
        assert "\n" not in str(caught.value)
        return str(caught.value)

    def test_rows_that_do_not_match(self, tmp_path: Path) -> None:
        np.save(tmp_path / "v.npy", X[1:])
        assert self._refused(tmp_path / "v.npy") == "v.npy has 239 rows of vectors, and DataFrame has 240 rows"

    @pytest.mark.parametrize("shape", [(ROWS,), (ROWS, 4, 5), ()])
    def test_another_number_of_dimensions(self, shape: tuple[int, ...], tmp_path: Path) -> None:
        np.save(tmp_path / "v.npy", np.ones(shape, np.float32))
        assert f"v.npy has {len(shape)} dimension" in self._refused(tmp_path / "v.npy")

    def test_pickled_objects_are_not_read(self, tmp_path: Path) -> None:
        class Trap:
            def __reduce__(self) -> tuple[Any, ...]:
                return (Path.touch, (tmp_path / "sprung",))

        np.save(tmp_path / "v.npy", np.array([[Trap()] * 2] * ROWS, dtype=object), allow_pickle=True)
        assert "v.npy cannot be read as an array of numbers: it holds pickled objects" in self._refused(
            tmp_path / "v.npy"
        )
        assert not (tmp_path / "sprung").exists()

    def test_other_files(self, tmp_path: Path) -> None:
        np.save(tmp_path / "v.npy", X)
        whole = (tmp_path / "v.npy").read_bytes()
        for content in (whole[:-9], whole[:40], b"a,b\n1,2\n", b""):
            (tmp_path / "w.npy").write_bytes(content)
            assert self._refused(tmp_path / "w.npy").startswith("w.npy ")
        np.savez(tmp_path / "v.npz", X)
        assert self._refused(tmp_path / "v.npz").startswith("v.npz is no array of NumPy (.npy)")
        assert "cannot be read: No such file" in self._refused(tmp_path / "none.npy")
        assert self._refused(_folder(tmp_path / "d.npy")).startswith("d.npy is no file")

    @pytest.mark.parametrize("kind", ["U3", "complex64", "datetime64[s]", "bool", "S4"])
    def test_values_that_are_no_plain_numbers(self, kind: str, tmp_path: Path) -> None:
        np.save(tmp_path / "v.npy", np.ones((ROWS, 3)).astype(kind))
        assert "which are no plain numbers" in self._refused(tmp_path / "v.npy")

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "v.npy")
        assert self._refused(tmp_path / "v.npy").startswith("v.npy is no file")

    def test_a_few_bytes_that_claim_very_many_numbers(self, tmp_path: Path) -> None:
        with (tmp_path / "v.npy").open("wb") as stream:
            shape = (ROWS, 2**30)
            np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": shape})
            stream.truncate(stream.tell() + 4 * ROWS * 2**30)  # takes no room on the disk
        assert "v.npy has 1,073,741,824 numbers in a row; a vector has 2 to 65,536" in self._refused(tmp_path / "v.npy")

    def test_a_name_that_is_taken_and_rows_without_an_order(self, tmp_path: Path) -> None:
        np.save(tmp_path / "v.npy", X)
        with pytest.raises(ColumnError, match=r"DataFrame has a column 'dept' already"):
            _check(FRAME, vector=f"dept={tmp_path / 'v.npy'}")
        with pytest.raises(SourceError, match=r"the rows of a query or a database have no order that v\.npy could"):
            _check(FRAME, vector=f"emb={tmp_path / 'v.npy'}", sql="FROM data")

    def test_spark_has_no_order_that_a_file_could_follow(self, tmp_path: Path) -> None:
        np.save(tmp_path / "v.npy", X)
        with pytest.raises(
            AuditError, match=r"^Spark's rows have no order that 'v\.npy' could follow; write the vectors"
        ):
            _check("people.parquet", vector=f"emb={tmp_path / 'v.npy'}", engine="spark")

    def test_two_files_of_one_name_and_a_file_without_one(self, tmp_path: Path) -> None:
        with pytest.raises(AuditError, match=r"^two files of vectors are called 'emb'; give each a name of its own$"):
            _check(FRAME, vector=["emb=a.npy", "emb=b.npy"])
        with pytest.raises(AuditError, match=r"^vectors of a file need a name: write emb=a\.npy$"):
            _check(FRAME, vector="=a.npy")

    def test_nothing_is_asked_of_a_network(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise AssertionError("a network was asked")

        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        np.save(tmp_path / "v.npy", X)
        audit = _check(FRAME, vector=f"emb={tmp_path / 'v.npy'}", no_models=True)
        assert [result.rule for result in audit.results if result.failed] == []

    def test_a_file_of_the_data_is_not_changed(self, tmp_path: Path) -> None:
        np.save(tmp_path / "v.npy", X)
        before = (tmp_path / "v.npy").read_bytes()
        _check(FRAME, vector=f"emb={tmp_path / 'v.npy'}", only="QLT001")
        assert (tmp_path / "v.npy").read_bytes() == before
        assert [each.name for each in tmp_path.iterdir()] == ["v.npy"]


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
