"""Ages that are stored as text, and groups of many levels, were left aside without a word, or cut into single years."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditor import check
from auditor.model import Audit, Decision
from tests.loaders.reading import workbook


def _people(**columns: Any) -> pd.DataFrame:
    draw = np.random.default_rng(3)
    made = {name: list(make(draw)) for name, make in columns.items()}
    hired = draw.choice(["yes", "no"], 600)
    return pd.DataFrame({"sex": draw.choice(["f", "m"], 600), **made, "hired": hired})


def _ages(draw: np.random.Generator) -> list[str]:
    return [str(age) for age in draw.integers(18, 78, 600)]


def _check(data: Any, **more: Any) -> Audit:
    return check(data, target="hired", positive="yes", only=["OUT001"], **more)


def _about(audit: Audit, about: str) -> list[Decision]:
    return [decision for decision in audit.dataset.reading if decision.about == about]


def test_ages_in_a_workbook_of_texts_are_numbers(tmp_path: Path) -> None:
    frame = _people(age=_ages)
    path = workbook(tmp_path / "texts.xlsx", {"People": [list(frame), *frame.to_numpy().tolist()]})
    audit = _check(path, groups=["age:40"])
    young = int((frame["age"].astype(int) < 40).sum())
    assert dict(audit.tables()["groups"][["level", "rows"]].to_numpy()) == {
        "under 40": young,
        "40 and over": 600 - young,
    }


def test_ages_in_a_frame_of_texts_are_told() -> None:
    audit = _check(_people(age=_ages), groups=["age"])
    (said,) = _about(audit, "numbers as text")
    assert said.warning
    assert said.columns == ("age",)
    assert not _about(_check(_people(age=lambda draw: draw.integers(18, 78, 600)), groups=["age"]), "numbers as text")
    assert not _about(
        _check(_people(age=lambda draw: draw.choice(["18-25", "26-40", "41+"], 600)), groups=["age"]), "numbers as text"
    )


@pytest.mark.parametrize(
    ("column", "make"),
    [
        ("age", lambda draw: [*_ages(draw)[:-30], *["unknown"] * 30]),
        ("age", lambda draw: [f"{age} years" for age in _ages(draw)]),
        ("nationality", lambda draw: [f"Nation {n}" for n in draw.integers(1, 90, 600)]),
    ],
)
def test_a_group_of_many_texts_is_mentioned(column: str, make: Any) -> None:
    frame = _people(**{column: make})
    (said,) = _about(_check(frame, groups=["sex"]), "groups not named")
    assert (said.columns, said.overrule) == ((column,), f"--group {column}")
    alone = _check(frame.drop(columns="sex"))
    assert [each.columns for each in _about(alone, "possible groups")] == [(column,)]
