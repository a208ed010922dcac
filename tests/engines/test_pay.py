"""The pay of rows is the same wherever they are: in DuckDB, in Spark, in a file or in a frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import auditor
from tests.conftest import SAMPLES

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

USE = SAMPLES / "pay.use_case.toml"


def _said(audit: auditor.Audit) -> dict[str, object]:
    return {result.rule: (result.table, result.findings) for result in audit.results if result.rule.startswith("PAY")}


def test_spark_gives_the_figures_of_duckdb_to_the_last_bit(spark: SparkSession, tmp_path: Path) -> None:
    """Amounts are sorted before they are added up, so that the order in which rows arrive has no effect."""
    here = auditor.check(SAMPLES / "pay.csv", use_case=USE, only="PAY")
    frame = spark.read.csv(str(SAMPLES / "pay.csv"), header=True, inferSchema=True).repartition(3)
    there = auditor.check(frame, use_case=USE, only="PAY")
    assert len(_said(here)) == 3
    assert _said(there) == _said(here)
