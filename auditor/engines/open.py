"""Data and an engine -> rows that can be counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from auditor.engines.engine import Engine, OnDuckDB
from auditor.errors import AuditError, hint
from auditor.format import listed
from auditor.loaders import open_source
from auditor.loaders.options import ReadOptions
from auditor.loaders.spark import is_frame

ENGINES = ("duckdb", "spark")


@contextmanager
def opened(
    data: object,
    *,
    engine: str | None = None,
    master: str | None = None,
    name: str | None = None,
    count: str | None = None,
    memory_limit: str | None = None,
    table: str | None = None,
    sql: str | None = None,
    options: ReadOptions | None = None,
) -> Iterator[Engine]:
    """Give the rows of `data` on an engine: Spark for a Spark DataFrame or where it is asked for, else DuckDB."""
    if engine is not None and engine not in ENGINES:
        raise AuditError(f"engine '{engine}' is none of {', '.join(ENGINES)}{hint(engine, ENGINES)}")
    spark = engine == "spark" or (engine is None and is_frame(data))
    if master is not None and not spark:
        raise AuditError("a master is Spark's; give --engine spark with it")
    if not spark:
        with open_source(
            data, name=name, count=count, memory_limit=memory_limit, table=table, sql=sql, options=options
        ) as source:
            yield OnDuckDB(source)
        return
    if options and (refused := [each for each in options.asked if each != "missing"]):
        raise AuditError(f"Spark reads by its own rules: leave {listed(refused)} of [data] out")
    from auditor.loaders import spark as reader

    frame, called, reading = reader.read(data, master=master, table=table, sql=sql, options=options)

    from auditor.engines.spark.engine import OnSpark
    from auditor.engines.spark.rows import opened as as_rows

    try:
        here = partial(open_source, name=name or called, memory_limit=memory_limit)
        rows = OnSpark(as_rows(frame, here, name or called, reading, count))
        try:
            yield rows
        finally:
            rows.close()
    except reader.faults() as error:
        raise reader.failure(error, data if isinstance(data, str) else None, master, sql) from error
