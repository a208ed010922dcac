"""Rows brought to this machine, chosen by their hash in Spark: for what must be looked at row by row."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.counts.tally import Tally
from auditor.engines.sample import IN_ALL, LEAST, PER_GROUP, VALUES, cap
from auditor.engines.slices import REPEATED, SEARCHED, distinguishing
from auditor.engines.spark.count import Counter
from auditor.engines.spark.expressions import hashed, named
from auditor.engines.spark.rows import arrow
from auditor.engines.vectors import BYTES
from auditor.loaders.source import Source, quoted

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

EVEN = 4 * SEARCHED  # rows drawn evenly from all
EVENLY, FOR_MODELS = "(drawn evenly)", "(drawn for models)"
PLACE, SIZE = "(place)", "(size)"
SPAN = float(2**64)


def drawn(counter: Counter, tally: Tally, seed: int) -> tuple[Source, Source]:
    """Return two sources on this machine: rows drawn evenly from all, and enough rows of each joint group.

    Where all rows are few enough, both are all of them.
    """
    from pyspark.sql import functions as F

    rows = counter.rows
    most = max(LEAST, VALUES // max(1, len(rows.kinds)))
    if numbers := sum(counter.seen[name].dimension or 0 for name in tally.roles.vectors):
        most = min(most, BYTES // (4 * numbers))
    names = [named(name) for name in rows.kinds]  # those left out too: they distinguish rows
    if rows.rows <= min(IN_ALL, most):
        source = replace(rows.here(arrow(rows.frame.select(*names))), fields=rows.local.fields, whole=rows.whole)
        return source, source
    share = F.lit(min(1.0, min(EVEN, most) / rows.rows))
    frame = rows.frame.withColumn(PLACE, _place(counter, tally, seed))
    frame, enough = _stratified(counter, frame, min(IN_ALL, most))
    flags = [(F.col(PLACE) <= share).alias(EVENLY), (F.col(PLACE) <= enough).alias(FOR_MODELS)]
    chosen = frame.where((F.col(PLACE) <= share) | (F.col(PLACE) <= enough)).select(*names, *flags)
    source = rows.here(arrow(chosen))
    evenly, for_models = (
        replace(
            source,
            relation=f"(SELECT * FROM {source.relation} WHERE {quoted(flag)})",
            fields=rows.local.fields,
            whole=rows.whole,
            drawn=True,
        )
        for flag in (EVENLY, FOR_MODELS)
    )
    return evenly, for_models


def _place(counter: Counter, tally: Tally, seed: int) -> Column:
    """Return a number from 0 to 1 that is a cluster's, a person's or a record's, the outcome apart; or drawn anew."""
    from pyspark.sql import functions as F

    roles, rows = tally.roles, counter.rows
    if not tally.aggregated and roles.unit and not tally.columns[roles.unit].missing:
        names = [roles.unit]
    elif tally.aggregated or tally.repeated_rows.share > REPEATED:
        return F.rand(seed)
    else:
        names = distinguishing([name for name in rows.record if name != roles.target], counter.seen, tally.rows)
    # Once more over its own result: a seed among several values would change little of their order.
    whole = F.xxhash64(hashed(rows.kinds, names), F.lit(seed))
    return whole.cast("double") / F.lit(SPAN) + F.lit(0.5)


def _stratified(counter: Counter, frame: DataFrame, in_all: int) -> tuple[DataFrame, Column]:
    """Return the frame, and the place up to which rows of a joint group are enough."""
    from pyspark.sql import functions as F

    keys = counter.keys(range(len(counter.roles.groups)))
    by = [column.alias(name) for name, column in keys.items()]
    sizes = counter.rows.frame.groupBy(*by).agg(F.count(F.lit(1)).alias(SIZE))
    most = cap([n for (n,) in sizes.select(SIZE).collect()], PER_GROUP, in_all)
    wanted = most + 6 * math.sqrt(most) + 20
    if not keys:
        return frame, F.lit(wanted / max(1, counter.rows.rows))
    alike = [column.eqNullSafe(F.col(name)) for name, column in keys.items()]
    return frame.join(F.broadcast(sizes), alike), F.lit(wanted) / F.col(SIZE)
