"""Vectors of numbers, one in each row: read as lists of one type, counted, and sampled for models.

The numbers themselves are never counted. What is counted is which rows have a vector that can be used, and why the
others have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from auditor.counts.names import COUNT, LEVEL
from auditor.counts.tally import Tally
from auditor.engines.sample import IN_ALL, PER_GROUP, ROW, drawn_rows, row_hash
from auditor.engines.sql import THERE, usable_sql
from auditor.engines.value_kinds import is_written, numbers_in
from auditor.loaders.source import Source, quoted
from auditor.use.roles import Seen, is_numeric
from auditor.use.vectors import VECTOR_TYPE, Vectored

if TYPE_CHECKING:
    import pandas as pd

BYTES = 256 * 2**20  # of the numbers of a sample: 100,000 vectors of 640, or 43,690 of 1,536
BATCH = 8_192  # rows that are fetched at a time
TURNS = "dataudit_turns"


@dataclass(frozen=True)
class VectorSample:
    """Rows with a vector in one column, drawn as in `Sample`; `of` is how many such rows they were drawn from.

    `values` is float32 of shape (n, d), finite; `rows` (pandas, n rows) has FAVOURABLE, STRATUM, WEIGHT, ROW,
    `level_of(group)` for each group and the columns that name units. `made_by`: what is known of the model that made
    the vectors here; None for those that the data hold.
    """

    rows: pd.DataFrame
    of: int
    values: np.ndarray
    made_by: Mapping[str, object] | None = None  # model, sha256, dimension, pooling, share of documents cut


def with_vectors(source: Source, found: Vectored) -> Source:
    """Return the source with each vector as one list of 32-bit numbers; columns that it is made of are no columns."""
    if not found.columns:
        return source
    first = {members[0]: name for name, members in found.columns.items()}
    within = {each for members in found.columns.values() for each in members}
    made = {}
    for column in source.record:
        if column in first:
            made[first[column]] = _read(found.columns[first[column]], source.fields)
        elif column not in within and column not in found.columns:
            made[column] = quoted(column)
    selected = ", ".join(sql if sql == quoted(name) else f"{sql} AS {quoted(name)}" for name, sql in made.items())
    kinds = {**source.fields, **dict.fromkeys(found.columns, VECTOR_TYPE)}
    fields = {name: kinds[name] for name in made if name in kinds}  # without columns that are left out
    return replace(
        source,
        relation=f"(SELECT {selected} FROM {source.relation})",
        fields=fields,
        whole=tuple(made) if source.whole else (),
        reading=(*source.reading, *found.reading),
    )


def _read(members: Sequence[str], fields: Mapping[str, str]) -> str:
    """Return the SQL of a vector as a list of 32-bit numbers; one that is out of their range becomes none."""
    if len(members) > 1 or is_numeric(fields[members[0]]):
        numbers = ", ".join(f"TRY_CAST({quoted(name)} AS FLOAT)" for name in members)
        there = " OR ".join(f"{quoted(name)} IS NOT NULL" for name in members)
        return f"CASE WHEN {there} THEN [{numbers}] END"
    column, kind = quoted(members[0]), fields[members[0]]
    if kind != "VARCHAR":
        return column if kind == VECTOR_TYPE else f"TRY_CAST({column} AS {VECTOR_TYPE})"
    listed = f"starts_with(ltrim({column}), '[') AND contains({column}, ',')"  # quicker than a pattern
    quick = f"TRY_CAST({column} AS {VECTOR_TYPE})"
    other = f"CASE WHEN {is_written(column)} THEN TRY_CAST({numbers_in(column)} AS {VECTOR_TYPE}) ELSE [] END"
    return f"CASE WHEN {column} IS NOT NULL THEN coalesce(CASE WHEN {listed} THEN {quick} END, {other}) END"


def sampled(source: Source, tally: Tally, seen: Mapping[str, Seen], seed: int) -> dict[str, VectorSample]:
    """Draw rows with a usable vector, for each column of vectors, with as many numbers as BYTES hold."""
    return {name: _sampled(source, tally, seen, name, seed) for name in tally.roles.vectors}


def _sampled(source: Source, tally: Tally, seen: Mapping[str, Seen], name: str, seed: int) -> VectorSample:
    """Draw the rows first, without their vectors, and then fetch these in batches: nothing sorts or joins vectors."""
    d = seen[name].dimension
    assert d is not None
    some = usable_sql(name, seen[name])
    rows = drawn_rows(source, tally, seen, some, seed, min(IN_ALL, BYTES // (4 * d)), PER_GROUP)
    table = tally.columns[name].table
    of = int(table.loc[table[LEVEL] == THERE, COUNT].sum())
    return VectorSample(rows, of, _fetched(source, name, d, rows[ROW].to_numpy(np.uint64), seed))


def _fetched(source: Source, name: str, d: int, turns: np.ndarray, seed: int) -> np.ndarray:
    """Return the vectors of the rows with these hashes, float32 of shape (n, d).

    Rows of one hash are equal records, so that all of them have a usable vector where one of them has.
    """
    import pyarrow as pa

    known, place = np.unique(turns, return_inverse=True)
    values = np.empty((len(known), d), np.float32)
    source.connection.register(TURNS, pa.table({"turn": known}))
    hashed = f"SELECT {row_hash(source, seed)} AS turn, {quoted(name)} AS vector FROM {source.relation}"
    query = f"SELECT turn, vector FROM ({hashed}) SEMI JOIN {TURNS} USING (turn)"
    for batch in source.connection.sql(query).to_arrow_reader(BATCH):
        # Flattened, never `.values`: these ignore where a slice begins. None is missing, and all are of length d.
        numbers = batch.column("vector").flatten().to_numpy(zero_copy_only=False)
        values[np.searchsorted(known, batch.column("turn").to_numpy())] = numbers.reshape(-1, d)
    source.connection.unregister(TURNS)
    return values if len(known) == len(turns) and (place == np.arange(len(turns))).all() else values[place]
