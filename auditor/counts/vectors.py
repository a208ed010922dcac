"""Vectors that cannot be used, counted among the missing values, with the reasons beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.counts.columns import Column
from auditor.counts.extras import ALL_ZERO, NOT_FINITE, UNUSABLE, WRONG_LENGTH, Vectors
from auditor.counts.names import COUNT, LEVEL
from auditor.counts.tally import Tally
from auditor.model import Decision
from auditor.use.says import Says

if TYPE_CHECKING:
    import pandas as pd

SAYS = Says(
    at_least="At least {rows:people} of {all:people} row{all:s} have no usable vector in '{column}': {reasons:each}. "
    "They count as missing values.",
    lost="{rows:people} of {all:people} row{all:s} have no usable vector in '{column}': {reasons:each}. They count as "
    "missing values.",
    missing="{rows:people} without a vector",
    length="{rows:people} with another length than {dimension:whole}",
    finite="{rows:people} with a number that is not finite",
    zero="{rows:people} of zeros alone",
)
REASONS = {None: "missing", WRONG_LENGTH: "length", NOT_FINITE: "finite", ALL_ZERO: "zero"}


def with_vectors(tally: Tally, dimensions: Mapping[str, int]) -> Tally:
    """Return the tally in which vectors that cannot be used are missing values, with the reasons beside the columns."""
    if not dimensions:
        return tally
    counted = {name: _counted(tally.columns[name], d) for name, d in dimensions.items()}
    columns = {name: _folded(of) if name in dimensions else of for name, of in tally.columns.items()}
    return replace(tally, columns=columns, vectors=counted)


def of_vectors(tally: Tally) -> Iterator[Decision]:
    """Yield how many rows have no usable vector, and why."""
    for name, of in tally.vectors.items():
        if of.lost:
            reasons = [SAYS(REASONS[why], rows=n, dimension=of.dimension) for why, n in of.lost.items()]
            text = SAYS(
                "at_least" if of.least else "lost",
                rows=sum(of.lost.values()),
                all=tally.rows,
                column=name,
                reasons=reasons,
            )
            yield Decision(text, "vectors", (name,), warning=True)


def _counted(column: Column, dimension: int) -> Vectors:
    levels, rows = column.table[LEVEL], column.table[COUNT]
    lost: dict[str | None, int] = {None: column.missing}
    lost |= {why: int(rows[levels == why].sum()) for why in UNUSABLE}
    return Vectors(dimension, {why: n for why, n in lost.items() if n}, column.tables)


def _folded(column: Column) -> Column:
    unusable = column.table[LEVEL].isin(UNUSABLE)
    if not unusable.any():
        return column
    lost = int(column.table.loc[unusable, COUNT].sum())
    return replace(column, tables={key: _plain(of) for key, of in column.tables.items()}, missing=column.missing + lost)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    levels = frame[LEVEL].astype(object).mask(frame[LEVEL].isin(UNUSABLE), None)
    plain = frame.assign(**{LEVEL: levels})
    by = [name for name in plain.columns if name != COUNT]
    return plain.groupby(by, dropna=False, sort=False, as_index=False)[[COUNT]].sum()
