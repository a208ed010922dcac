"""Features derived from columns, as Spark's columns: the same as `auditor.engines.derivations` has in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.engines.derivations import CAPITALS, JOINED, MARKS, NO, YES, derive
from auditor.engines.masking import masks
from auditor.engines.spark.expressions import named
from auditor.engines.spark.rows import SparkRows
from auditor.use.derivations import Derivation, What, masked_style
from auditor.use.roles import Seen

if TYPE_CHECKING:
    from pyspark.sql import Column


def with_derived(rows: SparkRows, asked: Sequence[Derivation], seen: Mapping[str, Seen]) -> SparkRows:
    """Return the rows with those of the derived features that vary among the rows that were looked at.

    They are columns of the frame and not in its kinds: what is brought here or hashed leaves them out. Terms are masked
    by a function of this machine: the style of a text with masked terms is not derived, and that is reported.
    """
    _, kept, found = derive(rows.local, [of for of in asked if not of.masks], seen)
    beside = {name: replace(of, complete=rows.complete) for name, of in found.items()}
    frame = rows.frame.withColumns({of.name: derived_column(of) for of in kept}) if kept else rows.frame
    reading = (*rows.reading, *masked_style(asked))
    return replace(rows, frame=frame, reading=reading, derivations=tuple(kept), beside=beside)


def derived_column(of: Derivation) -> Column:
    """Return a derived feature; no value where the column has none, unless that is what it states."""
    from pyspark.sql import functions as F

    column = named(of.source)
    if of.what is What.RECORDED:
        return F.when(column.isNull(), F.lit(NO)).otherwise(F.lit(YES))
    if of.what is What.WEEKDAY:
        return (F.weekday(column) + F.lit(1)).cast("bigint")  # as ISO numbers them: 1 is Monday
    parts = {What.HOUR: F.hour, What.MONTH: F.month, What.YEAR: F.year}
    if of.what in parts:
        return parts[of.what](column).cast("bigint")
    if of.what is What.PREFIX:
        code = F.lpad(F.floor(column).cast("string"), of.digits, "0") if of.digits else column.cast("string")
        return F.substring(code, 1, of.width)
    text = column.cast("string")
    for mask in masks():
        text = F.replace(text, F.lit(mask), F.lit(""))
    if of.what is What.PUNCTUATION:
        text = F.regexp_replace(text, JOINED, "")
    length = F.length(text)
    if of.what is What.LENGTH:
        return length.cast("bigint")
    held = length - F.length(F.translate(text, CAPITALS if of.what is What.CAPITALS else MARKS, ""))
    return held.cast("bigint") if of.what is What.PUNCTUATION else held / F.nullif(length, F.lit(0))
