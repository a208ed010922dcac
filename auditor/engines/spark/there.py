"""Addresses, tables of a catalog and Spark's own frames -> rows in Spark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from auditor.engines.catalog import Asked
from auditor.engines.engine import Engine
from auditor.errors import AuditError
from auditor.format import listed
from auditor.loaders import open_source
from auditor.loaders import spark as reader


@contextmanager
def opened(data: object, asked: Asked) -> Iterator[Engine]:
    """Give the rows of what Spark reads; AuditError where it does not, or reads by other rules than are stated."""
    options = asked.options
    if options and (refused := [each for each in options.asked if each != "missing"]):
        raise AuditError(f"Spark reads by its own rules: leave {listed(refused)} of [data] out")
    if asked.vectors:
        names = [path.name for path in asked.vectors.values()]
        raise AuditError(
            f"Spark's rows have no order that {listed(names)} could follow; write the vectors into a column"
        )
    frame, called, reading = reader.read(data, master=asked.master, table=asked.table, sql=asked.sql, options=options)

    from auditor.engines.spark.engine import OnSpark  # once it is known that Spark is installed
    from auditor.engines.spark.rows import opened as as_rows

    try:
        here = partial(open_source, name=asked.name or called, memory_limit=asked.memory_limit)
        rows = OnSpark(as_rows(frame, here, asked.name or called, reading, asked.count))
        try:
            yield rows
        finally:
            rows.close()
    except reader.faults() as error:
        typed = data if isinstance(data, str) else None
        raise reader.failure(error, typed, asked.master, asked.sql) from error
