"""Run by the cluster test: counts a file on a master, says when a job begins, and how it went."""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

from auditor.engines.engine import OnDuckDB
from auditor.engines.spark.engine import OnSpark
from auditor.engines.spark.rows import opened
from auditor.loaders import open_source
from auditor.use.assign import assign
from auditor.use.usecase import UseCase
from tests.conftest import SPARK
from tests.engines.same import assert_equal


def main(master: str, path: str, events: str) -> None:
    """Count, and compare with DuckDB."""
    warnings.simplefilter("ignore", FutureWarning)
    from pyspark.sql import SparkSession

    builder: Any = SparkSession.builder.remote(master) if master.startswith(("sc:", "local")) else SparkSession.builder
    if not master.startswith(("sc:", "local")):
        builder = builder.master(master)
        settings = {
            **SPARK,
            "spark.executor.memory": "512m",
            "spark.sql.files.maxPartitionBytes": "1m",  # several tasks to each job
            "spark.eventLog.enabled": "true",
            "spark.eventLog.dir": f"file://{events}",
            "spark.eventLog.rolling.enabled": "false",
            "spark.eventLog.compress": "false",
        }
        for name, value in settings.items():
            builder = builder.config(name, value)
    session = builder.getOrCreate()
    use = UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["gender"]}})
    rows = OnSpark(opened(session.read.parquet(path), open_source))
    seen = rows.peek()
    roles = assign(seen, use, "data")
    counted = rows.tally(roles, seen, progress=lambda message: print(message, flush=True))
    rows.close()
    session.stop()
    with open_source(path) as source:
        assert_equal(counted, OnDuckDB(source).tally(roles, seen, False, lambda message: None), twins=False)
    print(json.dumps({"rows": counted.rows, "kind": type(session).__module__}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:4])
