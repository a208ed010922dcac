"""Values that are stated to mean none, in a Spark DataFrame."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from auditor.loaders.missing import BLANKS, check_columns, decisions, number
from auditor.loaders.options import ReadOptions
from auditor.model import Decision

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double")
TEXTS = ("string", "char", "varchar", "boolean")


def without_missing(frame: DataFrame, options: ReadOptions, name: str) -> tuple[DataFrame, list[Decision]]:
    """Return a frame without the values that were stated to mean "missing", and a decision on each."""
    from pyspark.sql import functions as F

    if not options.missing:
        return frame, []
    check_columns(options, frame.columns, name)
    kinds = dict(frame.dtypes)
    tests = {
        (column, value): F.coalesce(_has(column, kinds[column], value), F.lit(False))
        for column in frame.columns
        for value in options.means_missing(column)
    }
    if not tests:
        return frame, []
    counts = frame.agg(*(F.count_if(test).alias(f"n{i}") for i, test in enumerate(tests.values()))).collect()[0]
    kept = []
    for column in frame.columns:
        own = [test for (stated, _), test in tests.items() if stated == column]
        value = _named(column)
        kept.append(F.when(~reduce(or_, own), value).alias(column) if own else value)
    return frame.select(*kept), list(decisions(options, dict(zip(tests, counts, strict=True))))


def _named(name: str) -> Column:
    from pyspark.sql import functions as F

    return F.col("`" + name.replace("`", "``") + "`")


def _has(name: str, kind: str, value: str) -> Column:
    """Return whether a column has a value: a number by its value, anything else by its text."""
    from pyspark.sql import functions as F

    column = _named(name)
    if kind in NUMBERS or kind.startswith("decimal"):
        found = number(value)
        return F.lit(False) if found is None else column == F.lit(found)
    if kind in ("date", "timestamp", "timestamp_ntz"):
        return column == F.lit(value).try_cast(kind)
    if not kind.startswith(TEXTS):
        return F.lit(False)
    text = value.strip(BLANKS)
    return F.trim(column.cast("string"), F.lit(BLANKS)) == F.lit(text.lower() if kind == "boolean" else text)
