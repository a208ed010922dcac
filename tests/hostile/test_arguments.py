"""Arguments of a wrong type are refused by name, in one line, before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import auditor
from auditor.errors import ArgumentError, AuditError

DATA = pd.DataFrame({"hired": [0, 1] * 30, "sex": ["f", "m", "m"] * 20})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("target", [5.5, {"a": 1}, b"hired", ["hired"]]),
        ("groups", [{"sex": 1}, [None], [["sex"]], b"sex", 1.5]),
        ("text", [True, {"a": 1}]),
        ("use_case", [5, b"x", {5: {}}, DATA]),
        ("reference", [5, [1], DATA.to_numpy(), {1: {"f": 1}}]),
        ("redact", [5, [5], [None], {}]),
        ("group_from_terms", [5, [5]]),
        ("only", [5, [5], {"OUT001": 1}]),
        ("no_models", ["yes", None, 1]),
        ("seed", ["0)); DROP TABLE data; --", 1.5, True, -1, 10**30]),
        ("memory_limit", [5, 2.0]),
        ("sql", [5, b"SELECT 1"]),
        ("unknown", [5, [5], {"sex": 5}, {5: ["x"]}]),
        ("engine", [5]),
        ("progress", [5, "on"]),
        ("sheet", [1.5]),
    ],
)
def test_a_wrong_type_is_named_in_one_line(name: str, values: list[object]) -> None:
    for value in values:
        with pytest.raises(ArgumentError) as caught:
            auditor.check(DATA, **{"target": "hired", "groups": "sex", "no_models": True, name: value})  # type: ignore[arg-type]
        message = str(caught.value)
        assert message.startswith(f"{name} is ")
        assert "\n" not in message
        assert "DROP" not in message
        assert "…" not in message


def test_it_is_a_type_error_and_quotes_no_rows() -> None:
    with pytest.raises(TypeError, match=r"^reference is of type ndarray; it must be a text, a path, a mapping"):
        auditor.check(DATA, target="hired", reference=DATA.to_numpy())  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"^before is a text; it must be an Audit"):
        auditor.compare("a", "b")  # type: ignore[arg-type]


VALUES = pd.Series(["secret f", "secret m"] * 30)


@pytest.mark.parametrize(
    "given",
    [VALUES, VALUES.to_frame(), VALUES.to_numpy(), VALUES.to_list(), VALUES.to_frame().to_numpy(), pl.Series(VALUES),
     pa.array(VALUES), {"a": VALUES}, {"a": VALUES.to_list()}],
    ids=lambda given: type(given).__name__,
)  # fmt: skip
@pytest.mark.parametrize(
    "name", ["target", "positive", "groups", "within", "text", "vector", "weight", "unknown", "drop", "embed", "only"]
)
def test_values_in_place_of_a_name_are_refused_and_none_is_printed(name: str, given: Any) -> None:
    """Other libraries take the values themselves: `y=`, `sensitive_features=`."""
    asked: dict[str, Any] = {"target": "hired", "groups": "sex", "only": "OUT001", name: given}
    with pytest.raises(AuditError) as caught:
        auditor.check(DATA, **asked)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("given", [VALUES, VALUES.to_frame(), VALUES.to_list(), VALUES.to_numpy()])
def test_values_in_a_use_case_are_not_printed_either(given: Any) -> None:
    for table, key in (("label", "column"), ("groups", "columns"), ("features", "time"), ("use", "problem")):
        with pytest.raises(AuditError) as caught:
            auditor.check(DATA, use_case={table: {key: given, "x": 1} if key == "columns" else {key: given}})
        assert "secret" not in str(caught.value)


def test_what_stands_for_the_type_serves_too(tmp_path: Path) -> None:
    stated: list[tuple[Any, Any]] = [(["sex"], 0), (np.array(["sex"]), np.int64(0)), (pd.Index(["sex"]), None)]
    off: Any = np.bool_(True)
    audits = [
        auditor.check(DATA, target="hired", groups=groups, no_models=off, seed=seed, only=None, progress=None)
        for groups, seed in stated
    ]
    assert len({audit.verdict.because for audit in audits}) == 1
    audits[0].save(tmp_path / "audit.json")
    assert (tmp_path / "audit.json").stat().st_size
