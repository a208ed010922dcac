"""Cells of groups, controls and units, counted in Spark and read on this machine as rows are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from auditor.counts.controlled import Controlled, asked_controls, scale_of
from auditor.counts.tally import Tally
from auditor.engines.controlled import Counts
from auditor.engines.controlled import controlled as controlled_here
from auditor.engines.people import unit_columns
from auditor.engines.spark.expressions import named, number
from auditor.engines.spark.rows import SparkRows, arrow
from auditor.stats.adjusted import Scale
from auditor.use.roles import Seen
from auditor.use.says import Says
from auditor.use.usecase import UseCase

MOST_CELLS = 5_000_000  # that are brought to this machine
COUNTS = Counts("(rows of a cell)", "(sum of a cell)", "(squares of a cell)", "(cubes of a cell)")

SAYS = Says(
    cells="the groups and controls have more than {most:people} different combinations in Spark; state fewer controls, "
    "or coarser ones",
)


def controlled(rows: SparkRows, tally: Tally, seen: Mapping[str, Seen], use: UseCase) -> Controlled:
    """Count the cells in Spark, and read them here: a regression needs of a cell its rows, and sums of powers."""
    from pyspark.sql import functions as F

    scale, asked = scale_of(tally, use), asked_controls(use, tally.roles, seen)
    target = str(tally.roles.target)
    keys = dict.fromkeys([*tally.roles.groups, *(of.name for of in asked), *unit_columns(tally)])
    if scale is Scale.RATE:
        keys = dict.fromkeys([*keys, target])
    value = F.log(number(target)) if scale is Scale.LOG else number(target)
    known = named(target).isNotNull()
    if scale is not Scale.RATE:
        known &= value.isNotNull() & (F.abs(value) < F.lit(float("inf")))
    sums = [F.count(F.lit(1)).alias(COUNTS.n)]
    if scale is not Scale.RATE:
        sums += [F.sum(value).alias(COUNTS.first), F.sum(value * value).alias(COUNTS.second)]
        sums += [F.sum(value * value * value).alias(COUNTS.third)]
    cells = rows.frame.where(known).groupBy(*map(named, keys)).agg(*sums)
    table = arrow(cells.limit(MOST_CELLS + 1))
    if table.num_rows > MOST_CELLS:
        return Controlled.none(scale, asked, SAYS("cells", most=MOST_CELLS))
    source = rows.here(table)
    try:
        return controlled_here(replace(source, whole=rows.whole), tally, seen, use, COUNTS)
    finally:
        source.close()
