"""A tally from a stranger: whatever stands in it, it is audited or refused in a line; and what is written is strict JSON."""

from __future__ import annotations

import copy
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.errors import AuditError
from tests.conftest import rows_of

Tally = dict[str, Any]
CLUSTERS = ("people", "rows", "favourable", "rows_squared", "favourable_squared", "product")


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _made(frame: pd.DataFrame, folder: Path, **asked: Any) -> Tally:
    path = folder / "made.tally"
    auditor.tally(frame, str(path), target="hired", positive="yes", groups=["group"], **asked)
    made: Tally = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    return made


def _audit(tally: Tally, folder: Path) -> auditor.Audit:
    path = folder / "read.tally"
    path.write_text(json.dumps(tally), encoding="utf-8")
    return auditor.check(str(path))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tally:
    frame = rows_of({"a": (30, 60), "b": (10, 60)}).assign(time=[2000 + i % 4 for i in range(120)])
    return _made(frame, tmp_path_factory.mktemp("tally"), time="time")


def _first(tally: Tally) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = tally["tables"][0]["columns"]
    return columns


def _set(name: str, value: Any) -> Callable[[Tally], None]:
    return lambda tally: _first(tally)[name].__setitem__(0, value)


@pytest.mark.parametrize(
    "tamper",
    [
        *(_set("(rows)", value) for value in ("nan", "OUT001", None, -1, 0.5, 10**30, 7)),
        *(_set("(favourable)", value) for value in (2, None, "x", -2)),
        _set("group", 5),
        lambda tally: _first(tally)["(rows)"].append(1),
        lambda tally: _first(tally).pop("group"),
        lambda tally: _first(tally).pop("(rows)"),
        lambda tally: tally["tables"].clear(),
        lambda tally: tally["columns"].pop("hired"),
        lambda tally: tally["seen"].pop("score"),
        lambda tally: tally["columns"]["score"]["tables"].clear(),
        lambda tally: tally["columns"]["score"]["tables"][0]["columns"].pop("(level)"),
        lambda tally: tally["columns"]["time"]["tables"][0]["columns"]["(rows)"].__setitem__(0, 1_000),
        lambda tally: tally["columns"]["score"].update(agree=5.0),
        lambda tally: tally["columns"]["score"].update(missing=-1),
        lambda tally: tally["columns"]["score"].update(edges=[2.0, 1.0]),
        lambda tally: tally["roles"].update(groups=["x"]),
        lambda tally: tally["roles"].update(features=["x"]),
        lambda tally: tally["roles"].update(time="x"),
        lambda tally: tally.update(rows=-1),
        lambda tally: tally.update(rows=121),
        lambda tally: tally["clusters"].update(group={"a": dict.fromkeys(CLUSTERS, -1)}),
    ],
)
def test_what_no_tally_holds_is_refused_in_a_line(made: Tally, tamper: Callable[[Tally], Any], tmp_path: Path) -> None:
    tally = copy.deepcopy(made)
    tamper(tally)
    with pytest.raises(AuditError, match=r"read\.tally is not a complete tally: ") as caught:
        _audit(tally, tmp_path)
    assert "\n" not in str(caught.value)


def test_what_was_not_tampered_with_is_audited(made: Tally, tmp_path: Path) -> None:
    assert _audit(made, tmp_path).dataset.rows == 120


@pytest.mark.parametrize("text", ["[]", "5", "null", "{", "[" * 100_000, '"x"'])
def test_what_is_no_tally_at_all_is_refused_in_a_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.tally").write_text(text)
    with pytest.raises(AuditError, match=r"^a\.tally is not a tally"):
        auditor.check(str(tmp_path / "a.tally"))


def test_endless_numbers_and_controls_are_written_as_strict_json_and_read_back(tmp_path: Path) -> None:
    frame = rows_of({"a\u202e\x9b": (30, 60), "b": (10, 60)}).assign(far=[float("inf"), float("-inf"), 1.5, 2.5] * 30)
    tally = _made(frame, tmp_path)
    text = (tmp_path / "made.tally").read_text(encoding="utf-8")
    assert not {"\u202e", "\x9b"} & set(text)
    assert "a\x9b" in _first(tally)["group"]
    edges = tally["columns"]["far"]["edges"]
    assert "-Infinity" in edges or tally["seen"]["far"]["low"] == "-Infinity"
    direct = auditor.check(frame, target="hired", positive="yes", groups=["group"], only="OUT001").findings("OUT001")
    counted = _audit(tally, tmp_path).findings("OUT001")
    assert [of.state for of in counted] == [of.state for of in direct]


def test_a_column_that_lost_all_rows_of_a_group_is_not_compared(made: Tally, tmp_path: Path) -> None:
    tally = copy.deepcopy(made)
    tally["min_cell"] = 5
    for name in ("time", "score"):
        columns = tally["columns"][name]["tables"][0]["columns"]
        kept = [i for i, level in enumerate(columns["group"]) if level == "b"]
        for key, values in columns.items():
            columns[key] = [values[i] for i in kept]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        audit = _audit(tally, tmp_path)
    assert not [result.rule for result in audit.results if result.failed]
    json.dumps(audit.to_dict(), allow_nan=False)
    assert not [record for record in audit.result("PRX001").table if record.get("column") in ("time", "score")]
