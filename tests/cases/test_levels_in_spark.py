"""Levels are settled in Spark as they are on one machine: the same words, the same numbers, the same decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import auditor
from tests.conftest import rows_of

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.xdist_group("spark")

RATIO = (220 / 450) / (350 / 600)


def _odd(copies: int) -> pd.DataFrame:
    """Men 350/600 and women 220/450 per copy, in several spellings and codes, and 30 people of whom nobody knows."""
    counts = {
        "Male": (250, 400),
        "male\u00a0": (100, 200),
        "F": (120, 300),
        "f": (100, 150),
        "Unknown": (3, 10),
        "?": (1, 20),
    }
    frame = rows_of(counts, "gender")
    codes = {"Male": 2.0, "male\u00a0": 2.0, "F": 1.0, "f": 1.0, "Unknown": 9.0, "?": 9.0}
    frame["sex code"] = frame["gender"].map(codes)
    frame["age"] = np.where(np.arange(len(frame)) % 9 == 0, 999, 20 + np.arange(len(frame)) % 40)
    frame["hired"] = np.where((frame["hired"] == "yes") & (np.arange(len(frame)) % 2 == 0), "YES", frame["hired"])
    return pd.concat([frame] * copies, ignore_index=True)


@pytest.mark.parametrize("copies", [1, 25])  # all rows looked at; and some of 27,000
def test_as_on_one_machine(copies: int, spark: SparkSession) -> None:
    frame = _odd(copies)
    use = auditor.UseCase.model_validate(
        {"groups": {"labels": {"gender": {"F": "women"}, "sex code": {"1": "w", "2": "m"}}}}
    )
    asked: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": ["gender", "sex code", "age:40,65"]}
    asked |= {"use_case": use, "only": ["OUT001", "REP005"], "unknown": ["sex code=9"]}
    audits = [auditor.check(data, **asked) for data in (frame, spark.createDataFrame(frame))]
    for audit in audits:
        gaps = {found.subject["level"]: found for found in audit.findings("OUT001")}
        assert gaps["women"].subject["reference"] == "Male"
        assert gaps["women"].measures["impact_ratio"].value == pytest.approx(RATIO)
        assert gaps["w"].measures["impact_ratio"].value == pytest.approx(RATIO)
        unknown = {found.subject["group"]: found.measures["missing_share"].value for found in audit.findings("REP005")}
        assert unknown == {
            "gender": pytest.approx(30 / 1080),
            "sex code": pytest.approx(30 / 1080),
            "age": pytest.approx(120 / 1080),
        }
    here, there = ([[each.about, each.text] for each in audit.dataset.reading] for audit in audits)
    kinds = ("spellings", "labels", "not recorded")
    assert [each for each in here if each[0] in kinds] == [each for each in there if each[0] in kinds]
    assert [each.message for each in audits[0].findings()] == [each.message for each in audits[1].findings()]
