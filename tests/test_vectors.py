"""Which columns are taken for vectors: by their values, whatever they are called, and by how the use names them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from auditor.errors import ColumnError, RoleError
from auditor.use.assign import assign
from auditor.use.roles import Ignored, Opaque, Seen
from auditor.use.usecase import UseCase, beside
from auditor.use.vectors import Vectored, is_vector, vectored

LIST = Seen("FLOAT[]", 40, 0, 40, True, {}, holds=Opaque.VECTOR, width=(8, 8), dimension=8, even=True)
NUMBER = Seen("DOUBLE", 40, 0, 40, True, {}, low=-2.0, high=2.0, whole=False)
PEOPLE = {
    "sex": Seen("VARCHAR", 40, 0, 2, True, {"f": 20, "m": 20}),
    "hired": Seen("VARCHAR", 40, 0, 2, True, {"no": 20, "yes": 20}),
}


def _vectored(seen: dict[str, Seen], **features: Any) -> Vectored:
    return vectored({**PEOPLE, **seen}, UseCase.model_validate({"features": features}), "people")


@pytest.mark.parametrize(
    ("kind", "changes", "found"),
    [
        ("FLOAT[]", {}, True),
        ("DOUBLE[8]", {}, True),
        ("DECIMAL(6,3)[]", {}, True),
        ("TINYINT[8]", {}, True),  # rounded to few bits, as ARRAY alone shows
        ("BIGINT[]", {}, False),  # as well tokens, or codes
        ("FLOAT[]", {"even": False}, False),
        ("FLOAT[]", {"distinct": 3}, False),  # compared as levels
        ("FLOAT[]", {"dimension": 1}, False),
        ("DOUBLE[][]", {"dimension": None, "even": False}, False),
        ("VARCHAR", {}, False),  # a text of a few numbers may be anything
        ("VARCHAR", {"dimension": 16}, True),
    ],
)
def test_lists_of_fractions_of_one_length_are_vectors(kind: str, changes: dict[str, Any], found: bool) -> None:
    seen = replace(LIST, type=kind, **changes)
    assert is_vector(seen) is found
    assert (_vectored({"emb": seen}).columns == {"emb": ("emb",)}) is found


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ([f"emb_{i}" for i in range(16)], "emb"),
        ([f"emb{i:03}" for i in range(1, 20)], "emb"),
        ([str(i) for i in range(20)], "vector"),
        ([f"sex_{i}" for i in range(16)], "sex*"),  # the name is taken
        ([f"emb_{i}" for i in range(15)], None),
        ([f"emb_{i}" for i in range(20) if i != 7], None),
    ],
)
def test_a_run_of_sixteen_is_a_vector(numbers: list[str], name: str | None) -> None:
    found = _vectored(dict.fromkeys(reversed(numbers), NUMBER)).columns
    assert found == ({name: tuple(numbers)} if name else {})


def test_whole_numbers_are_no_run_and_neither_are_columns_named_by_themselves() -> None:
    run = dict.fromkeys([f"q{i}" for i in range(16)], NUMBER)
    assert _vectored({**run, "q3": replace(NUMBER, whole=True)}).columns == {}
    for features in (
        {"required": "q3"},
        {"forbidden": "q3"},
        {"not_leaks": "q3"},
        {"weight": "q3"},
        {"vector": "none"},
    ):
        assert _vectored(run, **features).columns == {}
    assert list(_vectored(run).columns) == ["q"]


def test_a_required_list_is_a_vector() -> None:
    assert _vectored({"emb": LIST}, required="emb").columns == {"emb": ("emb",)}


def test_a_pattern_sorts_by_numbers_and_names_all_that_fit() -> None:
    names = ["v_10", "v_9", "v_2", "w_1", "v_1"]
    found = _vectored(dict.fromkeys(names, NUMBER), vector=["V_*"])
    assert found.columns == {"V": ("v_1", "v_2", "v_9", "v_10")}
    assert found.use.features.vector == tuple(found.columns)
    assert _vectored({"a*": LIST}, vector="a*").columns == {"a*": ("a*",)}


@pytest.mark.parametrize(
    ("vector", "error", "message"),
    [
        ("emx", ColumnError, "column 'emx' is not in people"),
        ("x*", ColumnError, r"people: --vector 'x\*' fits 1 columns, and 2 are the least"),
        ("sex", RoleError, "column 'sex' holds no vectors"),
        ("*x*", RoleError, "fits 'sex', which is not a number"),
        ("one", RoleError, "column 'one' holds lists of 1 number; a vector has 2 or more"),
        ("none_at_all", RoleError, "vector 'none_at_all' has no value in any of 40 rows"),
    ],
)
def test_what_is_no_vector_is_refused(vector: str, error: type[Exception], message: str) -> None:
    seen = {
        "emb": LIST,
        "x1": NUMBER,
        "one": replace(LIST, dimension=1),
        "none_at_all": replace(LIST, missing=40, holds=None),
    }
    with pytest.raises(error, match=message):
        _vectored(seen, vector=vector)


def test_a_column_has_one_role() -> None:
    with pytest.raises(RoleError, match="column 'emb' cannot be both vector and id"):
        _vectored({"emb": LIST}, vector="emb", id="emb")


def test_no_name_makes_a_vector_anything_else() -> None:
    names = ["race_emb", "applicant_id", "year", "hired_vec", "notes"]
    few = replace(LIST, distinct=30)
    seen = {**PEOPLE, **dict.fromkeys(names, few)}
    roles = assign(seen, UseCase.model_validate({"label": {"column": "hired"}}), "people")
    assert roles.vectors == tuple(names) and roles.groups == ("sex",)
    assert set(roles.opaque) == set(names) and not roles.ignored and roles.id is None and roles.time is None
    (said,) = [of for of in roles.reading if of.about == "vectors"]
    assert said.text.startswith("Vectors guessed: 'race_emb' (8 numbers), ") and said.overrule == "--vector none"
    none = assign(
        seen, UseCase.model_validate({"label": {"column": "hired"}, "features": {"vector": "none"}}), "people"
    )
    assert none.vectors == () and set(none.opaque) == set(names) - set(none.groups) - {none.id, none.time}
    assert not {*none.ignored.values()} & {Ignored.UNIQUE}


def test_a_file_beside_the_table_is_told_from_a_column() -> None:
    assert [str(beside(each)[1]) for each in ("emb=v.npy", "a=b=V.NPY", "emb", "a=b")] == [
        "v.npy", "b=V.NPY", "None", "None",
    ]  # fmt: skip
    assert beside("a=b") == ("a=b", None)
