"""No table or finding about pay gives, with the totals beside it, a number of fewer than five workers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import auditor

Cells = dict[str, dict[str, int]]  # category -> group -> workers


def _saved(cells: Cells, path: Path, **more: Any) -> dict[str, Any]:
    rng = np.random.default_rng(2)
    rows = [(sex, job) for job, groups in cells.items() for sex, n in groups.items() for _ in range(n)]
    frame = pd.DataFrame(rows, columns=["sex", "job"])
    frame["pay"] = rng.integers(2_000, 4_000, len(frame))
    frame["bonus"] = more.pop("bonus", rng.integers(0, 2, len(frame)) * 100)
    given: dict[str, Any] = {"target": "none", "groups": "sex", "only": "PAY"}
    given |= {"pay": "pay", "variable": "bonus", "category": "job"}
    auditor.check(frame, **given).save(path / "audit.json")
    saved: dict[str, Any] = json.loads((path / "audit.json").read_text())
    return {of["rule"]: of for of in saved["results"]}


def _sizes(result: dict[str, Any], level: str) -> dict[str, tuple[int | None, int | None]]:
    return {row["category"]: (row["n"], row["reference_n"]) for row in result["table"] if row["level"] == level}


def test_a_category_with_few_of_one_group_alone_is_no_remainder(tmp_path: Path) -> None:
    """93 women in all, 50 and 40 of them in two categories: three in the third, where no man is."""
    results = _saved({"a": {"M": 50, "F": 50}, "b": {"M": 50, "F": 40}, "c": {"F": 3}}, tmp_path)
    assert next(row["n"] for row in results["PAY001"]["table"] if row["point"] == "(a)") == 93
    assert _sizes(results["PAY002"], "F") == {"a": (50, 50)}
    about_b = [of for of in results["PAY002"]["findings"] if of["subject"].get("category") == "b"]
    assert [of["measures"] for of in about_b] == [{}] and "40" not in about_b[0]["message"]


def test_a_category_of_one_large_group_is_listed_without_a_gap(tmp_path: Path) -> None:
    results = _saved({"a": {"M": 50, "F": 50}, "c": {"F": 30}}, tmp_path)
    assert _sizes(results["PAY002"], "F") == {"a": (50, 50), "c": (30, 0)}
    assert [row["gap"] is None for row in results["PAY002"]["table"]] == [False, True]


def test_variable_pay_that_two_receive_is_in_no_table(tmp_path: Path) -> None:
    """Two of six receive some in 'a': neither how many, nor what they receive beside the others."""
    cells = {"a": {"M": 50, "F": 6}, "b": {"M": 50, "F": 40}, "c": {"M": 50, "F": 40}}
    rows = [(sex, job) for job, groups in cells.items() for sex, n in groups.items() for _ in range(n)]
    few = [at for at, of in enumerate(rows) if of == ("F", "a")][2:]
    bonus = np.array([100 + 10 * (at % 7) if at % 2 else 0 for at in range(len(rows))])
    bonus[few[0] - 2 : few[0]] = 100
    bonus[few] = 0
    results = _saved(cells, tmp_path, bonus=bonus)
    of_a = next(row for row in results["PAY002"]["table"] if row["category"] == "a")
    assert (of_a["n"], of_a["receiving"], of_a["variable_gap"]) == (6, None, None)
    found = next(of for of in results["PAY002"]["findings"] if of["subject"]["category"] == "a")
    assert "pay_gap" in found["measures"] and "variable_pay_gap" not in found["measures"]
    shown = [row["category"] for row in results["PAY002"]["table"] if row["receiving"] is not None]
    assert len(shown) < 2  # one more is left out, or the total of those who receive some would give it


def test_few_of_one_group_are_not_said_to_be_few_of_another(tmp_path: Path) -> None:
    """Six of X in every category: too few is said of F in 'c', of whom there are three."""
    cells = {job: {"M": men, "F": women, "X": 6} for job, men, women in (("a", 50, 50), ("b", 50, 40), ("c", 30, 3))}
    results = _saved(cells, tmp_path)
    about = {(of["subject"]["level"], of["subject"]["category"]): of["message"] for of in results["PAY002"]["findings"]}
    assert [of for of, message in about.items() if "too few to show" in message] == [("F", "c")]
    assert _sizes(results["PAY002"], "X") == {"a": (6, 50), "b": (6, 50), "c": (6, 30)}
    figures = [row for row in results["PAY001"]["table"] if row["figure"] == "Gap of mean basic pay"]
    assert _sizes(results["PAY002"], "X") == {
        row["of"]: (row["n"], row["reference_n"]) for row in figures if row["level"] == "X"
    }


def test_the_summary_counts_the_categories_that_are_not_shown(tmp_path: Path) -> None:
    cells = {"a": {"M": 50, "F": 50}, "b": {"M": 50, "F": 40}, "c": {"M": 30, "F": 3}}
    _saved(cells, tmp_path)
    table = auditor.Audit.load(tmp_path / "audit.json").tables()["pay-summary"]
    (figure,) = table.loc[table["what"].str.startswith("Categories"), "figure"]
    assert figure.endswith("of 1 (2 more may not be shown)")
