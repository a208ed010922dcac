"""Places in lists by a score, in Spark."""

from __future__ import annotations

from dataclasses import replace

from auditor.engines.ranked import PLACE
from auditor.engines.ranked import ranked as ranked_here
from auditor.engines.spark.expressions import named, number
from auditor.engines.spark.rows import SparkRows
from auditor.use.ranking import Ranking


def ranked(rows: SparkRows, by: Ranking) -> SparkRows:
    """Return the rows with a column of places (`auditor.engines.ranked`); the rows here have those among themselves."""
    from pyspark.sql import Window
    from pyspark.sql import functions as F

    score = number(by.score)
    order = score.desc_nulls_last() if by.highest else score.asc_nulls_last()
    window = Window.partitionBy(*([named(by.list_column)] if by.list_column else [])).orderBy(order)
    place = F.when(score.isNotNull(), F.rank().over(window)).cast("bigint")
    local = ranked_here(replace(rows.local, reading=()), by)
    return replace(
        rows,
        frame=rows.frame.withColumn(by.name, place),
        local=replace(local, reading=rows.local.reading),
        kinds={**rows.kinds, by.name: PLACE},
        whole=rows.record,
        reading=(*rows.reading, by.decision),
    )
