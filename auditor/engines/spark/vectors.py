"""Vectors of numbers in Spark: one column of arrays each, counted there by whether they can be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from auditor.counts.extras import ALL_ZERO, NOT_FINITE, WRONG_LENGTH
from auditor.engines.spark.expressions import named
from auditor.engines.spark.rows import SparkRows
from auditor.engines.sql import THERE
from auditor.engines.vectors import with_vectors
from auditor.use.roles import is_numeric
from auditor.use.vectors import Vectored

if TYPE_CHECKING:
    from pyspark.sql import Column

ARRAY = "array<float>"


def vectored(rows: SparkRows, found: Vectored) -> SparkRows:
    """Return the rows with each vector as one column of 32-bit numbers, here and in Spark."""
    local = with_vectors(rows.local, replace(found, reading=()))
    frame = rows.frame.withColumns({name: _read(rows, members) for name, members in found.columns.items()})
    dropped = [each for name, members in found.columns.items() for each in members if each != name]
    frame = frame.drop(*map(named, dropped)) if dropped else frame
    kinds = {name: rows.kinds[name] for name in rows.kinds if name not in dropped}
    kinds |= {name: local.fields[name] for name in found.columns}
    whole = tuple(name for name in (*rows.whole, *found.columns) if name not in dropped) if rows.whole else ()
    return replace(
        rows,
        frame=frame,
        local=local,
        kinds=kinds,
        whole=tuple(dict.fromkeys(whole)),
        reading=(*rows.reading, *found.reading),
    )


def _read(rows: SparkRows, members: Sequence[str]) -> Column:
    """Return the numbers of a vector; arrays were made JSON when the frame was read. No list at all: an empty one."""
    from pyspark.sql import functions as F

    if len(members) > 1 or is_numeric(rows.kinds[members[0]]):
        there = reduce(lambda some, name: some | named(name).isNotNull(), members, F.lit(False))
        return F.when(there, F.array(*(named(name).cast("float") for name in members)))
    column = named(members[0])
    return F.when(column.isNotNull(), F.coalesce(F.from_json(column, ARRAY), F.array().cast(ARRAY)))


def state(name: str, dimension: int) -> Column:
    """Return THERE where a row has a usable vector, else the reason; no value where it has none."""
    from pyspark.sql import functions as F

    def endless(number: Column) -> Column:
        return number.isNull() | F.isnan(number) | (F.abs(number) == F.lit(float("inf")))

    column = named(name)
    cases = (
        (F.size(column) != dimension, WRONG_LENGTH),
        (F.exists(column, endless), NOT_FINITE),
        (F.forall(column, lambda number: number == 0), ALL_ZERO),
    )
    chosen = reduce(lambda case, of: case.when(of[0], F.lit(of[1])), cases, F.when(column.isNull(), F.lit(None)))
    return chosen.otherwise(F.lit(THERE))
