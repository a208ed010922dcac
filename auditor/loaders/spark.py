"""Addresses, tables and queries -> a Spark DataFrame."""

from __future__ import annotations

import importlib.util
import os
import re
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.errors import AuditError, SourceError
from auditor.format import listed
from auditor.loaders.credentials import scrubbed, shown, shown_query
from auditor.loaders.databases import bare, refuse_unclear
from auditor.loaders.names import distinct
from auditor.loaders.options import ReadOptions
from auditor.loaders.spark_missing import without_missing
from auditor.model import Decision

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

# Suffix -> Spark's reader and its options.
READERS: dict[str, tuple[str, dict[str, Any]]] = {
    ".parquet": ("parquet", {}),
    ".pq": ("parquet", {}),
    ".orc": ("orc", {}),
    ".csv": ("csv", {"header": True, "inferSchema": True}),
    ".tsv": ("csv", {"header": True, "inferSchema": True, "sep": "\t"}),
    ".json": ("json", {}),
    ".jsonl": ("json", {}),
}
MASTER = re.compile(r"local(\[(\d+|\*)(, *\d+)?\])?|local-cluster\[.+\]|(spark|k8s|sc)://.+|yarn")
PACKINGS = (".gz", ".bz2", ".zst")
STARTED = {"spark.sql.session.timeZone": "UTC", "spark.ui.showConsoleProgress": "false"}


def is_frame(data: object) -> bool:
    """Return whether data are a Spark DataFrame, without importing Spark."""
    return any(
        kind.__module__.startswith("pyspark.sql") and kind.__name__ == "DataFrame" for kind in type(data).__mro__
    )


def read(
    data: object, *, master: str | None, table: str | None, sql: str | None, options: ReadOptions | None = None
) -> tuple[DataFrame, str, list[Decision]]:
    """Return a frame, its name, and how it was read; SourceError in one line for what Spark refuses."""
    if importlib.util.find_spec("pyspark") is None:
        raise SourceError("to count in Spark, install it: pip install 'dataudit[spark]'")
    refuse_unclear(table, sql)
    if master is not None and not MASTER.fullmatch(master):
        raise AuditError(
            f"'{shown(master)}' is not the address of a Spark master: local[2], spark://host:7077, yarn, k8s://…, sc://host"
        )
    try:
        with warnings.catch_warnings(), _unlogged():
            warnings.simplefilter("ignore", FutureWarning)  # of pandas, which Spark's start looks for
            frame, name, reading = _read(data, master, table, sql)
        distinct(frame.columns, name)
        frame, left_out = without_missing(frame, options or ReadOptions(), name)
    except faults() as error:
        if master and "stopped SparkContext" in str(error):  # what is left of a start that came to nothing
            raise SourceError(f"Spark: no master answers at {shown(master)}") from error
        typed = data if isinstance(data, str) else None
        raise failure(error, typed, master, sql) from error
    return frame, name, [*reading, *left_out]


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep PySpark from writing to stderr what it raises."""
    from pyspark.logger import PySparkLogger

    loggers = [PySparkLogger.getLogger(f"{what}QueryContextLogger") for what in ("SQL", "DataFrame")]
    old = [logger.disabled for logger in loggers]
    for logger in loggers:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, disabled in zip(loggers, old, strict=True):
            logger.disabled = disabled


def faults() -> tuple[type[Exception], ...]:
    """Return the exceptions that Spark raises when something cannot be done."""
    from pyspark.errors import PySparkException

    try:
        from py4j.protocol import Py4JJavaError
    except ImportError:  # a client of Spark Connect alone
        return (PySparkException,)
    return PySparkException, Py4JJavaError


def failure(error: Exception, *typed: str | None) -> SourceError:
    """Return Spark's message in one line, without the credentials in what was `typed`."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if lines and lines[0].startswith("An error occurred while calling") and len(lines) > 1:
        lines = lines[1:]  # ": java.io.SomeException: what is wrong"
    message = re.sub(r"^:?\s*([\w$]+\.)+\w*(Exception|Error):\s*", "", lines[0]) if lines else type(error).__name__
    return SourceError(f"Spark: {scrubbed(message, *typed)[:300]}")


def _read(
    data: object, master: str | None, table: str | None, sql: str | None
) -> tuple[DataFrame, str, list[Decision]]:
    reading: list[Decision] = []
    if is_frame(data):
        frame: Any = data
        session, name = frame.sparkSession, "DataFrame"
    else:
        if data is not None and not isinstance(data, str | os.PathLike):
            raise AuditError(
                f"Spark counts what it can read: an address, or a Spark DataFrame, not {type(data).__name__}"
            )
        session = _session(master)
        if data is None:
            frame, name = None, "query" if table is None else table
        else:
            frame, name, reading = _at(session, os.fsdecode(data))
    if table is not None:
        if frame is not None:
            raise AuditError(
                "Spark's tables are in its catalog; leave the address out: --engine spark --table db.table"
            )
        return session.table(table), name, [Decision(f"Read from table {table} of Spark's catalog.", "table")]
    if sql is not None:
        given = ""
        if frame is not None:  # under a name of its own, for the session may have a view called data
            view = f"dataudit_{uuid.uuid4().hex}"
            frame.createTempView(view)
            given = f"WITH data AS (SELECT * FROM {view}) "
        # In parentheses nothing but a query can stand.
        frame = session.sql(f"{given}SELECT * FROM (\n{bare(sql)}\n)")
        reading.append(Decision(f"Read by the query: {shown_query(sql)}", "query"))
    if frame is None:
        raise AuditError("which data? give an address, --table or --sql")
    return frame, name, reading


def _session(master: str | None) -> SparkSession:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("dataudit")
    if master and master.startswith("sc://"):
        return builder.remote(master).getOrCreate()
    running = SparkSession.getActiveSession()
    if running is not None and master is None:
        return running
    # On this machine alone, Spark's own page is not needed, and its port may be in use.
    builder = builder.master(master) if master else builder.config("spark.ui.enabled", "false")
    for name, value in STARTED.items():
        builder = builder.config(name, value)
    if {"SPARK_HOME", "SPARK_CONF_DIR"} & set(os.environ):
        return builder.getOrCreate()
    # By default, Spark would make a folder for tables in the folder that it is started from.
    builder = builder.config("spark.sql.warehouse.dir", str(Path(tempfile.gettempdir(), "dataudit-spark-warehouse")))
    os.environ["SPARK_CONF_DIR"] = str(Path(__file__).parent / "spark_conf")  # read once, when it starts
    try:
        return builder.getOrCreate()
    finally:
        del os.environ["SPARK_CONF_DIR"]


def _at(session: SparkSession, address: str) -> tuple[DataFrame, str, list[Decision]]:
    name = address.rstrip("/").rpartition("/")[2]
    path = Path(name)
    suffix = Path(path.stem).suffix.lower() if path.suffix.lower() in PACKINGS else path.suffix.lower()
    if suffix and suffix not in READERS:
        raise SourceError(f"{shown(address)}: Spark reads it only if its name ends in one of {listed(list(READERS))}")
    form, options = READERS.get(suffix, READERS[".parquet"])  # a folder without a suffix
    frame = session.read.format(form).options(**options).load(address)
    reading = [Decision("Types were inferred by Spark.", "types")] if options else []
    return frame, name, reading
