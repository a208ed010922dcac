"""Columns as places among their levels or bins: every type, and values that the peek did not see."""

from __future__ import annotations

import datetime
from collections import Counter
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from auditor.counts.columns import Column
from auditor.counts.names import COUNT, LEVEL, OUTCOME
from auditor.counts.tally import Tally
from auditor.engines import duckdb
from auditor.engines.cells import BATCH_ROWS
from auditor.engines.codes import split
from auditor.loaders import open_source
from auditor.use.assign import assign
from auditor.use.usecase import UseCase

ROWS = 60_000
UNSEEN = slice(3_000, 3_050)  # rows that the peek passes over

# Type -> values and how each is spelled; the last is in rows that the peek did not see.
SPELLED: dict[str, tuple[pa.DataType, list[tuple[Any, str]]]] = {
    "int8": (pa.int8(), [(-128, "-128"), (0, "0"), (127, "127")]),
    "uint8": (pa.uint8(), [(0, "0"), (7, "7"), (255, "255")]),
    "int64": (pa.int64(), [(-(2**63), str(-(2**63))), (0, "0"), (2**53 + 1, str(2**53 + 1)), (2**53, str(2**53))]),
    "uint64": (pa.uint64(), [(0, "0"), (2**64 - 1, str(2**64 - 1)), (2**63, str(2**63))]),
    "float": (pa.float32(), [(0.1, "0.1"), (-2.0, "-2"), (3.5, "3.5")]),
    "double": (pa.float64(), [(0.1, "0.1"), (float("inf"), "inf"), (1e300, "1e+300")]),
    "decimal": (pa.decimal128(9, 2), [(Decimal("0.25"), "0.25"), (Decimal(3), "3"), (Decimal("1.50"), "1.50")]),
    "bool": (pa.bool_(), [(True, "true"), (False, "false")]),
    "date": (pa.date32(), [(datetime.date(2019, 1, day), f"2019-01-0{day}") for day in (1, 2, 3)]),
    "text": (pa.string(), [("a", "a"), ("women's", "women's"), ("1.0", "1.0"), ("new", "new")]),
    "words": (pa.dictionary(pa.int8(), pa.string()), [("x", "x"), ("(other values)", "(other values)"), ("y", "y")]),
}


def _tally(table: pa.Table, **more: Any) -> Tally:
    use = UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["sex"]}, **more})
    with open_source(table) as source:
        seen = duckdb.peek(source)
        return duckdb.tally(source, assign(seen, use, "table"), seen)


def _table(**columns: pa.Array) -> pa.Table:
    rng = np.random.default_rng(1)
    size = len(next(iter(columns.values())))
    return pa.table({"sex": rng.choice(["f", "m"], size), "hired": rng.choice([0, 1], size), **columns})


def _found(column: Column) -> Counter[Any]:
    """Counts by level, group and outcome."""
    found: Counter[Any] = Counter()
    for level, sex, outcome, n in column.table[[LEVEL, "sex", OUTCOME, COUNT]].itertuples(index=False):
        found[(level if isinstance(level, str) else None, sex, outcome)] += n
    return found


@pytest.mark.parametrize("name", SPELLED)
@pytest.mark.parametrize("few_cells", [False, True])
def test_values_of_every_type_are_counted_seen_or_not(
    name: str, few_cells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if few_cells:
        monkeypatch.setattr(duckdb, "MAX_CELLS", 1)
    kind, spelled = SPELLED[name]
    rng = np.random.default_rng(2)
    at = rng.integers(0, len(spelled) - 1, ROWS)
    at[UNSEEN] = len(spelled) - 1
    missing = rng.random(ROWS) < 0.1
    values = [None if lost else spelled[i][0] for i, lost in zip(at, missing, strict=True)]
    table = _table(of=pa.array(values, pa.string() if name == "words" else kind).cast(kind), same=pa.array(at))
    expected = Counter(
        (None if lost else spelled[i][1], sex, outcome)
        for i, lost, sex, outcome in zip(at, missing, table["sex"].to_pylist(), table["hired"].to_pylist(), strict=True)
    )
    column = _tally(table).columns["of"]
    assert _found(column) == expected
    assert column.missing == missing.sum()
    assert column.levels == len(spelled)


@pytest.mark.parametrize(
    "values",
    [
        np.arange(ROWS, dtype=np.int32) - 30_000,
        np.random.default_rng(3).integers(0, 200, ROWS).astype(np.uint8),
        np.random.default_rng(3).integers(-(2**62), 2**62, ROWS),
        np.random.default_rng(3).normal(size=ROWS).astype(np.float32),
        np.append(np.random.default_rng(3).lognormal(size=ROWS - 2), [np.inf, -np.inf]),
    ],
    ids=lambda values: str(values.dtype),
)
def test_numbers_fall_into_bins_that_their_edges_close(values: np.ndarray) -> None:
    missing = np.random.default_rng(4).random(ROWS) < 0.1
    column = _tally(_table(of=pa.array(values, mask=missing))).columns["of"]
    assert len(column.edges) > 10
    bins = np.searchsorted(column.edges, values[~missing].astype(float), side="left")
    expected = [n for n in np.bincount(bins, minlength=len(column.edges) + 1) if n]
    sums = column.table.groupby(LEVEL, dropna=True)[COUNT].sum()
    assert sorted(sums) == sorted(expected)
    assert sums.sum() == (~missing).sum()
    assert column.missing == missing.sum()


@pytest.mark.parametrize("offset", [0, 3, 8, 13])
def test_a_slice_of_an_array_is_split_at_its_offset(offset: int) -> None:
    values = [None if i % 3 == 0 else i for i in range(50)]
    numbers, there = split(pa.array(values, pa.int16())[offset:40])
    assert there is not None
    assert there.tolist() == [value is not None for value in values[offset:40]]
    assert numbers[there].tolist() == [value for value in values[offset:40] if value is not None]
    numbers, there = split(pa.array(range(50), pa.uint8())[offset:40])
    assert there is None
    assert numbers.tolist() == list(range(offset, 40))


def test_rows_of_several_batches_are_counted_once() -> None:
    rows = 2 * BATCH_ROWS + 7
    table = _table(of=pa.array(np.arange(rows) % 1_000), level=pa.array(np.arange(rows) % 7))
    tally = _tally(table)
    assert tally.rows == rows
    assert tally.columns["of"].table[COUNT].sum() == rows
    assert set(tally.columns["level"].table.groupby(LEVEL)[COUNT].sum()) == {rows // 7, rows // 7 + 1}
