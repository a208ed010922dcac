"""How values are spelled in Spark: plain types, keys, outcomes, bins, hashes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from auditor.counts.names import NO_OUTCOME
from auditor.engines.sql import PERIOD_TEXT
from auditor.use.opaque import HEAD, MARK, SHORT
from auditor.use.periods.days import SECONDS
from auditor.use.periods.words import TIME_OF_DAY
from auditor.use.roles import Bands, Clock, Roles
from auditor.use.stages import DECIDED, PASSED, REFUSED, UNKNOWN, WITHDRAWN, Stages

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

BYTES = re.compile(r"struct<(?:\w+:string,)?(\w+):binary\b")
PLAIN = ("tinyint", "smallint", "int", "bigint", "boolean", "date", "timestamp_ntz", "string")  # fmt: skip


def named(name: str) -> Column:
    """Return a column by its name, whatever characters it has."""
    from pyspark.sql import functions as F

    return F.col(_sql(name))


def plain(frame: DataFrame) -> DataFrame:
    """Return a frame with the types that a tally knows, and one kind of missing value, as the loaders give them."""
    from pyspark.sql import functions as F

    def one(name: str, kind: str) -> Column:
        column = named(name)
        if kind in ("float", "double"):
            column = F.when(~F.isnan(column), column + F.lit(0.0).cast(kind))  # and -0.0 is 0.0
        elif kind == "timestamp":  # in UTC, whatever the session's zone
            column = F.expr(f"timestampadd(MICROSECOND, unix_micros({_sql(name)}), TIMESTAMP_NTZ'1970-01-01 00:00:00')")
        elif kind == "binary":
            column = F.when(F.octet_length(column) <= SHORT, F.hex(column)).otherwise(_mark(column, column))
        elif match := BYTES.match(kind):  # as images in files of Hugging Face are
            inner = column.getField(match[1])
            column = F.when(F.to_json(column) != "{}", _mark(column, F.coalesce(inner, F.lit(b""))))
        elif kind.startswith(("array", "map", "struct")):
            column = F.to_json(column)
        elif kind not in PLAIN and not kind.startswith(("decimal", "char", "varchar")):
            column = column.cast("string")
        if kind.startswith(("string", "char", "varchar")):
            column = F.nullif(column, F.lit(""))
        return column.alias(name)

    return frame.select([one(name, kind) for name, kind in frame.dtypes])


def _mark(column: Column, inner: Column) -> Column:
    """Return the mark of a value: the first of the bytes in it, and a hash of the whole."""
    from pyspark.sql import functions as F

    head = F.hex(F.substring(inner, 1, HEAD))
    parts = (F.lit(MARK[0]), head, F.lit(MARK[1]), F.xxhash64(column).cast("string"), F.lit(MARK[2]))
    return F.when(column.isNotNull(), F.concat(*parts))


def _sql(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def number(name: str) -> Column:
    """Return a column of numbers as doubles."""
    return named(name).cast("double")


def moment(name: str, kind: str, clock: Clock) -> Column:
    """Return a time without what its period does not depend on, so that fewer values are counted."""
    from pyspark.sql import functions as F

    if clock.ticks:
        day = 86_400 * clock.ticks
        low, high = (seconds * clock.ticks for seconds in SECONDS)
        return F.when(number(name).between(low, high), F.floor(number(name) / day) * day).otherwise(number(name))
    if clock.unit == "text":
        return F.regexp_replace(named(name), TIME_OF_DAY, "$1")
    if kind.startswith("TIMESTAMP") and clock.unit in PERIOD_TEXT:
        return F.to_date(named(name))
    return named(name)


def band(name: str, bands: Bands, dated: bool = False) -> Column:
    """Return the label of the band that a number, or the year of a date, falls in."""
    from pyspark.sql import functions as F

    value = F.year(named(name)) if dated else named(name)
    label = F.lit(bands.labels[-1])
    for edge, text in reversed(list(zip(bands.edges, bands.labels, strict=False))):
        label = F.when(value < F.lit(edge), F.lit(text)).otherwise(label)
    return F.when(named(name).isNotNull(), label)


def code(name: str, edges: Sequence[float]) -> Column:
    """Return the place of a number's bin, found in as many steps as a search by halves takes."""
    from pyspark.sql import functions as F

    value = f"CAST({_sql(name)} AS DOUBLE)"

    def within(low: int, high: int) -> str:
        if low == high:
            return str(low)
        middle = (low + high) // 2
        return f"IF({value} <= DOUBLE('{edges[middle]!r}'), {within(low, middle)}, {within(middle + 1, high)})"

    # As one text: each call of a function of Spark's takes a while.
    return F.expr(f"IF({value} IS NULL, NULL, {within(0, len(edges))})")


def outcome(roles: Roles, positive: Sequence[object]) -> Column:
    """Return a row's outcome; `positive` are the favourable values in the target's own type."""
    from pyspark.sql import functions as F

    if roles.target is None:
        return F.lit(NO_OUTCOME)
    column = named(roles.target)
    if roles.cut:
        assert roles.cut.value is not None  # settled before
        value = F.lit(roles.cut.value)
        signs = {">": column > value, ">=": column >= value, "<": column < value, "<=": column <= value}
        favourable = signs[roles.cut.sign]
    else:
        favourable = column.isin(list(positive)) if positive else F.lit(False)
    return F.when(~_recorded(roles), NO_OUTCOME).when(favourable, 1).otherwise(0)


def _recorded(roles: Roles) -> Column:
    """Return whether a row has an outcome (`auditor.engines.sql.recorded_sql`)."""
    from pyspark.sql import functions as F

    stages, target = roles.stages, str(roles.target)
    there = named(target).isNotNull()
    if stages is None or target not in stages.columns:
        return there
    if stages.ordered:
        return there & ~(_withdrawn(stages, target) & ~_spelled(target).isin(list(stages.passed[-1])))
    signs = []
    for name, passed in list(zip(stages.columns, stages.passed, strict=True))[: stages.columns.index(target) + 1]:
        sign = F.when(_spelled(name).isin(list(passed)), PASSED).when(_withdrawn(stages, name), WITHDRAWN)
        signs.append(sign.when(named(name).isNull(), UNKNOWN).otherwise(REFUSED))
    return F.concat(*signs).rlike(DECIDED)


def _withdrawn(stages: Stages, name: str) -> Column:
    """Return whether a person withdrew by the entry of a stage, or by the column of withdrawals."""
    from pyspark.sql import functions as F

    lost = F.lit(False)
    if stages.withdrawn:
        lost |= F.coalesce(_spelled(name).isin(list(stages.withdrawn)), F.lit(False))
    if stages.withdrew:
        lost |= F.coalesce(_spelled(stages.withdrew).isin(list(stages.withdrew_values)), F.lit(False))
    return lost


def _spelled(name: str) -> Column:
    """Return a value as text in lower case, whole numbers without a point."""
    from pyspark.sql import functions as F

    return F.lower(F.trim(F.regexp_replace(named(name).cast("string"), r"\.0$", "")))


def hashed(fields: Mapping[str, str], names: Iterable[str] = (), before: Sequence[Column] = ()) -> Column:
    """Return a hash of 64 bits of a row's values and of what was hashed `before`.

    Spark's hash passes missing values over, so that ('a', none) and (none, 'a') would be one: they are hashed as a
    value of their own.
    """
    from pyspark.sql import functions as F

    return F.xxhash64(F.lit(0), *before, *(_present(name, fields[name]) for name in names))


def _present(name: str, kind: str) -> Column:
    """Return a value, or what no value of its type can be: NaN and '' are missing by now."""
    from pyspark.sql import functions as F

    column = named(name)
    if kind in ("DOUBLE", "FLOAT"):
        return F.coalesce(column.cast("double"), F.lit(float("nan")))
    if kind.endswith("INT") or kind == "INTEGER":
        return F.coalesce(column.cast("bigint"), F.lit(-(2**63)))  # the one value that would be taken for it
    return F.coalesce(column.cast("string"), F.lit(""))


def quarter(name: str, cuts: Sequence[float]) -> Column:
    """Return how many cuts a number lies above, or -1 for no number."""
    from pyspark.sql import functions as F

    above: Column = reduce(lambda total, cut: total + (named(name) > F.lit(cut)).cast("int"), cuts, F.lit(0))
    return F.coalesce(above, F.lit(-1))


def levelled(name: str, values: Sequence[object] | None) -> Column:
    """Return a column's value where it is one of `values`, and no value where it is another."""
    from pyspark.sql import functions as F

    column = named(name)
    return column if values is None else F.when(column.isin(list(values)), column)
