"""The levels of columns in Spark, over all rows, and columns in which they are replaced."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from auditor.engines.recode import MOST_LEVELS, Asked
from auditor.engines.recode import levels as levels_here
from auditor.engines.recode import recoded as recoded_here
from auditor.engines.spark.expressions import named
from auditor.engines.spark.rows import SparkRows
from auditor.engines.sql import as_text
from auditor.loaders.source import literal
from auditor.use.levels.column import Recoding, Words, becomes_text

if TYPE_CHECKING:
    from pyspark.sql import Column

MOST_FOUND = 100 * MOST_LEVELS  # levels of all columns together that are collected


def levels(rows: SparkRows, asked: Asked) -> dict[str, dict[str, int]]:
    """Return column -> value as text -> rows, commonest first; those with over MOST_LEVELS are left out.

    `asked` maps columns to None for all of their values, or to a range: of a number, only what lies outside it. Spark
    goes through the rows once.
    """
    from pyspark.sql import functions as F

    if rows.complete or not asked:
        return levels_here(rows.local, asked)

    def value(name: str) -> Column:
        column, inside = named(name), asked[name]
        return column.cast("string") if inside is None else F.when(~column.between(*inside), column.cast("string"))

    pairs = F.array(*(F.struct(F.lit(i).alias("i"), value(name).alias("v")) for i, name in enumerate(asked)))
    counted = rows.frame.select(F.explode(pairs).alias("p")).where("p.v IS NOT NULL").groupBy("p.i", "p.v").count()
    texts: list[dict[str, int]] = [{} for _ in asked]
    for i, text, n in counted.limit(MOST_FOUND).collect():
        texts[i][text] = n
    if sum(map(len, texts)) == MOST_FOUND:  # some may be lost
        return {}
    return {name: _spelled(rows, name, of) for name, of in zip(asked, texts, strict=True) if len(of) <= MOST_LEVELS}


def _spelled(rows: SparkRows, name: str, texts: dict[str, int]) -> dict[str, int]:
    """Return the levels as DuckDB spells them, commonest first."""
    kind = rows.local.fields[name]
    spelled = list(texts)
    if kind != "VARCHAR" and texts:
        written = ", ".join(map(literal, texts))
        query = f"SELECT {as_text('v', kind)} FROM (SELECT CAST(unnest([{written}]::VARCHAR[]) AS {kind}) AS v)"
        spelled = [text for (text,) in rows.local.connection.execute(query).fetchall()]
    found = dict(zip(spelled, texts.values(), strict=True))
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def recoded(rows: SparkRows, recoding: Recoding) -> SparkRows:
    """Return the rows with the levels replaced, and with what was decided of them."""
    local = recoded_here(rows.local, replace(recoding, reading=()))
    columns = {name: _replaced(rows, name, words) for name, words in recoding.values.items()}
    return replace(
        rows,
        frame=rows.frame.withColumns(columns) if columns else rows.frame,
        local=local,
        kinds={name: local.fields.get(name, kind) for name, kind in rows.kinds.items()},
        reading=(*rows.reading, *recoding.reading),
    )


def _replaced(rows: SparkRows, name: str, words: Words) -> Column:
    """Return a column's values with words in their place."""
    from pyspark.sql import functions as F

    column = named(name)
    of: dict[str | None, list[str]] = {}
    for text, word in words.items():
        of.setdefault(word, []).append(text)
    cases = [(column.isin(rows.values(name, texts)), F.lit(word)) for word, texts in of.items()]
    first, *others = cases
    chosen = reduce(lambda case, pair: case.when(*pair), others, F.when(*first))
    return chosen.otherwise(column.cast("string") if becomes_text(rows.local.fields[name], words) else column)
