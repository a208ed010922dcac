"""What several test folders share: paths, and small frames of counts."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Workers share the processors: threads of small matrices would wait for each other. Read when NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import pandas as pd
import pytest
from hypothesis import settings

from tests.needs import absent, program

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

# How long an example takes says how busy the machine is.
settings.register_profile("suite", deadline=None)
settings.load_profile("suite")

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
SAMPLES = ROOT / "sample_data"

JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"  # quick to start: these sessions are too short for more
# A small session that needs no network but this machine's own.
SPARK = {
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": JAVA,
    "spark.executor.extraJavaOptions": JAVA,
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.log.level": "ERROR",
    "spark.sql.adaptive.enabled": "false",
}
Counts = Mapping[Any, tuple[int, int]]  # level -> (favourable, all)


def rows_of(counts: Counts, group: str = "group", target: str = "hired") -> pd.DataFrame:
    """Return a frame with `x` yes and `n - x` no rows for each level's (x, n), and a column that tells rows apart."""
    parts = [pd.DataFrame({group: level, target: ["yes"] * x + ["no"] * (n - x)}) for level, (x, n) in counts.items()]
    frame = pd.concat(parts, ignore_index=True)
    frame["score"] = [i * 7919 % len(frame) + 0.5 for i in range(len(frame))]  # tells nothing about the outcome
    return frame


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file on one worker: what they share is made once."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture
def frame_of() -> Callable[..., pd.DataFrame]:
    """The function `rows_of`."""
    return rows_of


def needs_spark() -> None:
    """Skip where there is no Spark, or no Java to run it."""
    if "JAVA_HOME" not in os.environ:
        program("SPARK", ("java",))
    try:
        import pyspark  # noqa: F401
    except ImportError:
        absent("SPARK", "pyspark is not installed")


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """A real Spark, on two threads of this machine."""
    needs_spark()
    os.environ["PYSPARK_PYTHON"] = sys.executable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # Spark looks for pandas
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.master("local[2]")
        for name, value in SPARK.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    yield session
    session.stop()
    shutil.rmtree("spark-warehouse", ignore_errors=True)
