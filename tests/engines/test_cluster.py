"""Spark where it is at home: a standalone master with two workers, one of which is killed; and Spark Connect."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.generate import parts
from tests.conftest import JAVA, ROOT, needs_spark
from tests.needs import absent

ROWS = 100_000
pytestmark = pytest.mark.xdist_group("cluster")
CHILD = [sys.executable, "-m", "tests.engines.cluster_child"]


def _free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _until(what: str, path: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while what not in (path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""):
        assert time.monotonic() < end, path.read_text(encoding="utf-8", errors="replace")
        time.sleep(0.1)


@contextmanager
def _daemon(log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of Spark's daemons in a process group of its own."""
    import pyspark

    program = Path(pyspark.__file__).parent / "bin" / "spark-class"
    environment = {
        **os.environ,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_JAVA_OPTS": JAVA,
        "SPARK_WORKER_DIR": str(log.parent / "work"),
    }
    with log.open("wb") as out:
        process = subprocess.Popen(
            [str(program), *words], stdout=out, stderr=out, env=environment, start_new_session=True
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def applicants(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows enough for several tasks to a job."""
    needs_spark()
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path_factory.mktemp("cluster") / "applicants.parquet"
    data = pa.concat_tables(parts(ROWS)).select(["gender", "n0", "c0", "hired"])
    pq.write_table(data, path, row_group_size=ROWS // 8)
    return path


def test_a_worker_killed_in_mid_job_loses_nothing(applicants: Path, tmp_path: Path) -> None:
    # On a busy machine the driver may not give the held worker a task in time: then it is held longer.
    for hold in (2, 6, 20):
        folder = tmp_path / str(hold)
        (folder / "events").mkdir(parents=True)
        assert _counted_with_a_loss(applicants, folder, hold)["rows"] == ROWS
        lost, again = _lost(folder / "events")
        assert lost, "no executor was lost"
        if again:
            return
    pytest.fail("no task had to be done again")


def _counted_with_a_loss(applicants: Path, folder: Path, hold: int) -> dict[str, Any]:
    """Count on a cluster of which one worker is held in mid job, for so many seconds, and then killed."""
    port = _free()
    master = f"spark://127.0.0.1:{port}"
    daemon = "org.apache.spark.deploy"
    with (
        _daemon(folder / "master", f"{daemon}.master.Master", "--host", "127.0.0.1", "--port", str(port), "--webui-port", "0"),
        _daemon(folder / "one", f"{daemon}.worker.Worker", master, "--cores", "1", "--memory", "1g", "--webui-port", "0") as one,
        _daemon(folder / "two", f"{daemon}.worker.Worker", master, "--cores", "1", "--memory", "1g", "--webui-port", "0"),
    ):  # fmt: skip
        for name in ("one", "two"):
            _until("Successfully registered with master", folder / name)
        child = subprocess.Popen(
            [*CHILD, master, str(applicants), str(folder / "events")], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert child.stdout is not None
        said = []
        for line in child.stdout:
            said.append(line)
            if line.startswith("counting: job 1 "):
                # Held, with its executor, it is still given tasks; killed, it has lost those.
                os.killpg(one.pid, signal.SIGSTOP)
                time.sleep(hold)
                os.killpg(one.pid, signal.SIGKILL)
        child.stdout.close()
        assert child.wait() == 0
    counted: dict[str, Any] = json.loads(said[-1])
    return counted


def _lost(events: Path) -> tuple[list[Any], list[Any]]:
    """Return the executors that were removed, and the tasks that ended badly, from Spark's own log of events."""
    (log,) = events.iterdir()
    found = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    removed = [event for event in found if event["Event"] == "SparkListenerExecutorRemoved"]
    ended = [event for event in found if event["Event"] == "SparkListenerTaskEnd"]
    return removed, [event for event in ended if event["Task End Reason"]["Reason"] != "Success"]


def test_spark_connect_counts_the_same(applicants: Path, tmp_path: Path) -> None:
    if find_spec("grpc") is None:
        absent("SPARK", "the client of Spark Connect is not installed")
    done = subprocess.run(
        [*CHILD, "local[2]", str(applicants), str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        env={**os.environ, "JAVA_TOOL_OPTIONS": JAVA},
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["rows"] == ROWS and said["kind"].startswith("pyspark.sql.connect")
