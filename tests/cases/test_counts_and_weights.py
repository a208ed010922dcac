"""A column may state how many people a row stands for: to leave it aside in silence is a wrong number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditor import check
from auditor.model import Audit, Decision


def _check(data: Any, **more: Any) -> Audit:
    return check(data, target="hired", positive="yes", groups=["gender"], only=["OUT001"], **more)


def _about(audit: Audit, about: str) -> list[Decision]:
    return [decision for decision in audit.dataset.reading if decision.about == about]


# 40 of 100 women and 61 of 100 men: 0.656, by hand. All counts differ, so that none of them repeats.
@pytest.mark.parametrize(
    "name", ["n", "number_of_people", "applicants", "Total", "Anzahl Personen", "nombre de candidats", "headcount"]
)
def test_a_table_of_counts_is_one_of_people(tmp_path: Path, name: str) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(f"gender,hired,{name}\nf,yes,40\nf,no,60\nm,yes,61\nm,no,39\n")
    audit = _check(str(path))
    assert audit.impact_ratio("gender", "f").value == pytest.approx(0.40 / 0.61)
    (said,) = _about(audit, "counts")
    assert said.warning


def _people(**columns: Any) -> pd.DataFrame:
    draw = np.random.default_rng(1)
    frame = pd.DataFrame({"gender": draw.choice(["f", "m"], 200), "hired": draw.choice(["yes", "no"], 200)})
    return frame.assign(**{name: make(draw) for name, make in columns.items()})


@pytest.mark.parametrize("name", ["applicants", "total", "n"])
def test_a_number_of_each_person_counts_nobody(name: str) -> None:
    audit = _check(_people(**{name: lambda draw: draw.integers(1, 30, 200)}))
    assert int(audit.tables()["groups"]["rows"].sum()) == 200


def test_a_running_number_counts_nobody() -> None:
    frame = pd.DataFrame({"n": range(1, 9), "gender": ["f", "m"] * 4, "dept": list("AABBCCDD"), "hired": ["yes"] * 8})
    frame.loc[3, "hired"] = "no"
    assert not _about(_check(frame), "counts")


@pytest.mark.parametrize(
    ("name", "beside", "told"),
    [
        ("weight", "site", True),
        ("weight", "height", False),  # of a body
        ("fnlwgt", "height", True),
        ("PWGTP", "site", True),
        ("survey_weight", "site", True),
        ("Gewichtungsfaktor", "site", True),
        ("weight_of_parcel", "site", False),
    ],
)
def test_a_weight_that_is_not_used_is_told(name: str, beside: str, told: bool) -> None:
    made = {name: lambda draw: draw.uniform(0.5, 3, 200), beside: lambda draw: draw.integers(150, 200, 200)}
    frame = _people(**made)
    assert [each.overrule for each in _about(_check(frame), "weights")] == [f"--weight {name}"] * told
    assert not any(each.warning for each in _about(_check(frame, weight=name), "weights"))
