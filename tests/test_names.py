"""A column may have any name, in any role: the same rows under other names give the same audit.

A group column called `mean` once turned a finding into a clear result, for the program kept its own sums beside it.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.use.assign import OWN_NAME
from tests.conftest import ROOT

ROLES = ("target", "group", "second", "feature", "number", "stratum", "time", "id", "cluster", "weight", "text")
ODD = (
    'a "quoted" name', "it's", "a.b", "a[0]", "a,b", "a;b", "a/b", "a\\b", "100%", "%s", "{x}", "{{x}}", "$1", "a=b",
    "naïve", "性別", "🙂", "a\u200bb", "e\u0301", " leading", "trailing ", "two  spaces", "tab\there", "x:1,2", "__proto__",
    "None", "nan", "NULL", "true", "select", "group", "order", "from", "where", "table", "column", "rowid", "rownum",
    "filename", "file_row_number", "index", "level_0", "size", "shape", "values", "T", "columns", "dtype", "0", "-1",
    "1e5", "*", "-", "?", "#", "<b>", "&amp;", "`x`", "|", "~", "A" * 300,
)  # fmt: skip


def _internal() -> list[str]:
    """Return the short words that the program's own code has as texts: its keys, measures and columns."""
    found = set()
    for path in (ROOT / "auditor").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                found.add(node.value)
    return sorted(found)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """600 people with every role; women are selected at half the rate of men."""
    random = np.random.default_rng(5)
    n = 600
    woman = random.random(n) < 0.4
    chosen = random.random(n) < np.where(woman, 0.25, 0.5)
    return pd.DataFrame(
        {
            "target": np.where(chosen, "yes", "no"),
            "group": np.where(woman, "f", "m"),
            "second": random.choice(["a", "b", "c"], n),
            "feature": np.where(random.random(n) < 0.8, np.where(woman, "p", "q"), "r"),
            "number": random.normal(size=n).round(3) + woman,
            "stratum": random.choice(["s", "t"], n),
            "time": random.choice([2019, 2020, 2021, 2022], n),
            "id": [f"k{i // 2}" for i in range(n)],
            "cluster": [f"c{i // 20}" for i in range(n)],
            "weight": random.integers(1, 4, n),
            "text": [f"one two three four five six seven eight {'she' if w else 'he'} nine" for w in woman],
        }
    )


def _audit(frame: pd.DataFrame, names: dict[str, str], kind: str) -> Any:
    """Return the results as plain values, under the roles' own names."""
    asked: dict[str, Any] = {
        "target": names["target"],
        "groups": [names["group"], names["second"]],
        "within": names["stratum"],
        "time": names["time"],
        "id": names["id"],
        "cluster": names["cluster"],
        "text": names["text"],
    }
    if kind == "numeric":
        asked |= {"target": names["number"], "positive": ">= 0.5"}
    elif kind == "weighted":
        asked |= {"weight": names["weight"], "within": None}
    else:
        asked |= {"positive": "yes"}
    if kind == "weighted":
        asked["positive"] = "yes"
    audit = auditor.check(frame.rename(columns=names), no_models=True, **asked)
    assert not [result.rule for result in audit.results if result.failed]
    return [
        (
            result.rule,
            str(result.state),
            [(str(of.state), sorted(map(str, of.measures.items()))) for of in result.findings],
        )
        for result in audit.results
    ], str(audit.verdict.level)


@pytest.mark.parametrize("kind", ["plain", "numeric", "weighted"])
def test_an_audit_is_the_same_whatever_the_columns_are_called(frame: pd.DataFrame, kind: str) -> None:
    expected = _audit(frame, {role: f"{role}_" for role in ROLES}, kind)
    critical = [
        "mean",
        "variance",
        "weight",
        "squares",
        "known",
        "n",
        "outcome",
        "level",
        "rows",
        "count",
        "k0",
        "which",
    ]
    rest = [name for name in (*ODD, *_internal()) if not OWN_NAME.fullmatch(name) and name not in critical]
    picked = [*critical, *rest[:: max(1, len(rest) // 8)]]
    for start in range(0, len(picked), len(ROLES)):
        part = [*picked, *ODD[5:]][start : start + len(ROLES)]
        assert len({name.lower() for name in part}) == len(part)
        names = dict(zip(ROLES, part, strict=True))
        assert _audit(frame, names, kind) == expected, names


@pytest.mark.parametrize("kind", ["plain", "numeric", "weighted"])
def test_a_null_character_in_a_name_is_named_as_the_caller_names_it(frame: pd.DataFrame, kind: str) -> None:
    # Libraries end a name there when they hand it on, so the data's names have another character in its place.
    expected = _audit(frame, {role: f"{role}_" for role in ROLES}, kind)
    assert _audit(frame, {role: f"{role}\0 x" for role in ROLES}, kind) == expected


def test_a_use_that_names_a_null_character_names_the_same_columns(frame: pd.DataFrame) -> None:
    names = {role: f"{role}\0" for role in ROLES}
    use = auditor.UseCase.model_validate(
        {
            "label": {"column": names["target"], "positive": "yes"},
            "groups": {
                "columns": [names["group"], names["second"]],
                "reference": {names["group"]: "m"},
                "unknown": {names["second"]: "c"},
            },
            "population": {names["group"]: {"f": 0.5, "m": 0.5}},
            "features": {"strata": {names["stratum"]: "lawful"}, "id": names["id"], "forbidden": names["feature"]},
        }
    )
    audit = auditor.check(frame.rename(columns=names), use_case=use, drop=names["number"], no_models=True)
    roles = {column.name: column.role for column in audit.dataset.columns}
    assert "number\ufffd" not in roles and roles["id\ufffd"] == "id"
    assert audit.result("REP001").findings[0].subject["group"] == "group\ufffd"


@pytest.mark.parametrize("name", ["mean", "variance", "weight", "squares"])
def test_a_group_that_is_called_like_a_sum_of_the_program_loses_no_finding(name: str) -> None:
    # Means of 20 and 10 with a spread of one: nothing else than a shown gap is right.
    random = np.random.default_rng(1)
    pay = np.concatenate([random.normal(20, 1, 200), random.normal(10, 1, 200)])
    frame = pd.DataFrame({name: ["m"] * 200 + ["f"] * 200, "pay": pay})
    (finding,) = auditor.check(frame, target="pay", groups=[name], only="OUT002").findings("OUT002")
    assert finding.state.found
    weighted = frame.assign(w=1.5, hired=np.where(pay > 15, "yes", "no"))
    audit = auditor.check(weighted, target="hired", groups=[name], weight="w", only="OUT001", no_models=True)
    assert audit.result("OUT001").state.found


@pytest.mark.parametrize("name", ["table", "self"])
def test_a_population_of_a_group_that_is_called_like_a_parameter(name: str) -> None:
    frame = pd.DataFrame({name: ["f", "F", "m", "m"] * 30, "hired": ["yes", "no"] * 60})
    audit = auditor.check(
        frame, target="hired", positive="yes", groups=[name], reference={name: {"f": 0.3, "F": 0.2, "m": 0.5}},
        only=["REP001"],
    )  # fmt: skip
    assert audit.result("REP001").findings
