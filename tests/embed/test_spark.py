"""Texts of a Spark frame are embedded here, of the rows that are drawn for models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import auditor
from tests.embed.models import TABLE, WORDS, static

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = pytest.mark.xdist_group("spark")


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Spark is reached by a socket of this machine."""


def test_a_spark_frame_has_the_vectors_that_a_frame_here_has(spark: SparkSession, tmp_path: Path) -> None:
    draw = np.random.default_rng(4)
    frame = pd.DataFrame(
        {
            "person": [f"p{i}" for i in range(300)],
            "sex": draw.choice(["f", "m"], 300),
            "hired": draw.choice(["yes", "no"], 300),
            "cv": [" ".join(draw.choice(WORDS[1:], 3)) for _ in range(300)],
        }
    )
    model, found = static(tmp_path / "model", {"embeddings": TABLE}), []
    for data in (frame, spark.createDataFrame(frame)):
        path = tmp_path / "v.parquet"
        audit = auditor.check(
            data, target="hired", positive="yes", groups="sex", id="person", only="OUT001", embed={"cv": model},
            save_vectors=path,
        )  # fmt: skip
        assert any(each.text.startswith("Embedded 300 of 300 texts of 'cv'") for each in audit.dataset.reading)
        table = pq.read_table(path)
        found.append(dict(zip(table["person"].to_pylist(), map(tuple, table[2].to_pylist()), strict=True)))
    assert found[0] == found[1]
