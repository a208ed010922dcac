"""A Spark DataFrame as rows that can be counted: plain types, a look at some of them, and the way back as Arrow."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from auditor.engines.duckdb import peek as peek_at
from auditor.engines.peek import PEEK_ROWS
from auditor.engines.spark.expressions import named, plain
from auditor.engines.sql import as_text
from auditor.errors import ColumnError, SourceError
from auditor.format import listed
from auditor.loaders.source import Source, literal
from auditor.model import Decision
from auditor.use.derivations import Derivation
from auditor.use.roles import Seen
from auditor.use.vectors import VECTOR_TYPE, is_vector

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

SHARE = 0.98  # of PEEK_ROWS that a random sample is asked for: a limit would cut off the last rows of the data
FRACTIONS = re.compile(r"array<(?:float|double|decimal\(\d+,\d+\))>")
MOST_COPIES = 1_000_000  # rows that one row of counts may stand for


@dataclass(frozen=True)
class SparkRows:
    """A frame of plain types, how many rows it has, and `local`, a source on this machine with up to PEEK_ROWS of them.

    `here` makes more such sources; `kinds` are the types of all columns, and `whole` names them all where some are left
    out. `arrays` are columns that were arrays of fractions, which are texts here. `derivations` are features that the
    frame has beside them, and `beside` what was seen of these.
    """

    frame: DataFrame
    rows: int
    local: Source
    here: Callable[[pa.Table], Source]
    kinds: Mapping[str, str]
    reading: tuple[Decision, ...] = ()
    whole: tuple[str, ...] = ()
    derivations: tuple[Derivation, ...] = ()
    beside: Mapping[str, Seen] = field(default_factory=dict)
    arrays: frozenset[str] = frozenset()

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of what was decided on reading."""
        return tuple(decision.text for decision in self.reading)

    @property
    def record(self) -> tuple[str, ...]:
        """The columns that make a record what it is, those left out among them."""
        return self.whole or tuple(self.local.fields)

    @property
    def complete(self) -> bool:
        """Whether all rows are on this machine."""
        return self.rows <= PEEK_ROWS

    def without(self, names: Sequence[str]) -> SparkRows:
        """Return the rows as if they had no columns of these names."""
        return replace(self, local=self.local.without(names), whole=self.record, derivations=(), beside={})

    def peek(self, names: Collection[str] | None = None) -> dict[str, Seen]:
        """Say of each column, or of those of these names, what was seen of it."""
        seen = peek_at(self.local, names)
        return {name: self._typed(name, replace(of, complete=self.complete)) for name, of in seen.items()}

    def _typed(self, name: str, seen: Seen) -> Seen:
        """Return what was seen of a column, with its own type where that makes it surely one of vectors."""
        array = replace(seen, type=VECTOR_TYPE)
        return array if name in self.arrays and is_vector(array) else seen

    def values(self, name: str, texts: Sequence[str]) -> list[object]:
        """Return the values of a column's own type that are spelled so; what no value is spelled like is left out."""
        kind = self.beside[name].type if name in self.beside else self.local.fields[name]
        if kind == "VARCHAR":
            return list(texts)
        if kind == "TIMESTAMP":  # Python's would be taken for times in the session's zone
            from pyspark.sql import functions as F

            return [F.lit(text).cast("timestamp_ntz") for text in texts]
        written = ", ".join(map(literal, texts))
        spelled = f"SELECT TRY_CAST(t AS {kind}) AS v, t FROM (SELECT unnest([{written}]::VARCHAR[]) AS t)"
        found = self.local.connection.execute(f"SELECT v FROM ({spelled}) WHERE {as_text('v', kind)} = t")
        return [value for (value,) in found.fetchall()]


def opened(
    frame: DataFrame,
    here: Callable[[pa.Table], Source],
    name: str = "DataFrame",
    reading: Sequence[Decision] = (),
    count: str | None = None,
) -> SparkRows:
    """Return a Spark DataFrame as rows; `here` makes a source on this machine. Close `local` when done."""
    given = plain(frame)
    decided = list(reading)
    if count is not None:
        given = _unfolded(given, count)
        decided.append(Decision(f"rows counted by column '{count}'", "counts", (count,)))
    if zoned := [column for column, kind in frame.dtypes if kind == "timestamp"]:
        decided.append(Decision(f"times with a zone are read in UTC: {listed(zoned)}", "time zones", tuple(zoned)))
    rows = given.count()
    if not rows:
        raise SourceError(f"{name} has no rows")
    looked = given if rows <= PEEK_ROWS else given.sample(fraction=SHARE * PEEK_ROWS / rows, seed=0)
    local = here(arrow(looked))
    arrays = frozenset(column for column, kind in frame.dtypes if FRACTIONS.fullmatch(kind))
    return SparkRows(given, rows, replace(local, reading=()), here, local.fields, tuple(decided), arrays=arrays)


def arrow(frame: DataFrame) -> pa.Table:
    """Collect a frame, whose size is bounded by what was asked."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of pandas, which has no part in this
        table: pa.Table = frame.toArrow()
    return table


def _unfolded(frame: DataFrame, count: str) -> DataFrame:
    """Let each row stand as often as its count says."""
    from pyspark.sql import functions as F

    if count not in frame.columns:
        raise ColumnError.missing(count, frame.columns, "the Spark DataFrame")
    kind: str = dict(frame.dtypes)[count]
    right = f"a column of counts holds whole numbers from 0 to {MOST_COPIES:,}, none missing"
    if not kind.startswith(("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")):
        raise SourceError(f"column '{count}' cannot count rows, its type is {kind}; {right}")
    n = named(count)
    faults: list[Any] = frame.where(n.isNull() | (n < 0) | (n != F.floor(n)) | (n > MOST_COPIES)).limit(1).collect()
    if faults:
        raise SourceError(f"column '{count}' cannot count rows, one is {faults[0][count]}; {right}")
    others = [named(name) for name in frame.columns if name != count]
    if not others:
        raise SourceError(f"the Spark DataFrame has no column beside the counts in '{count}'")
    copies = F.explode(F.sequence(F.lit(1), n.cast("int")))
    return frame.where(n > 0).select(*others, copies.alias("(copy)")).drop("(copy)")
