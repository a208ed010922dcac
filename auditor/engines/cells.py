"""Joint groups and outcomes as numbers, and the columns counted within each as a scan streams by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditor.engines.assemble import Entries, rows_of
from auditor.engines.codes import Coder, split
from auditor.engines.slice_rows import Drawn
from auditor.engines.sql import group_key, outcome_sql
from auditor.loaders.source import Source, quoted
from auditor.use.roles import Roles, Seen

if TYPE_CHECKING:
    import pyarrow as pa

OUTCOMES = 3
BATCH_ROWS = 122_880  # as many as a row group of Parquet has
BATCH_VALUES = 1 << 23  # of a wide table fewer rows are taken at a time
SPARSE = 4  # a table this many times larger than a batch is not scanned for each
LEVELS = "dataudit_levels"

Cell = NDArray[np.intp]


@contextmanager
def enums(source: Source, levels: Mapping[str, Sequence[str]]) -> Iterator[None]:
    """Make an ENUM type of each name's levels, in their order, for as long as it is needed."""
    run = source.connection.execute
    run(f"CREATE OR REPLACE TEMP TABLE {LEVELS} (kind VARCHAR, place BIGINT, level VARCHAR)").fetchall()
    made = []
    try:
        for kind, of in levels.items():
            if of:
                unfolded = "SELECT ?, generate_subscripts(l, 1), unnest(l) FROM (SELECT ?::VARCHAR[] AS l)"
                run(f"INSERT INTO {LEVELS} {unfolded}", [kind, list(of)]).fetchall()
                listed = f"SELECT level FROM {LEVELS} WHERE kind = '{kind}' ORDER BY place"
                run(f"CREATE TEMP TYPE {quoted(kind)} AS ENUM ({listed})").fetchall()
                made.append(kind)
        yield
    finally:
        for kind in made:
            run(f"DROP TYPE {quoted(kind)}").fetchall()
        run(f"DROP TABLE {LEVELS}").fetchall()


class Cells:
    """The rows of a head, one per key and outcome, and which of them a row of the data belongs to."""

    def __init__(self, head: pa.Table, roles: Roles, seen: Mapping[str, Seen], sets: Sequence[tuple[int, ...]]) -> None:
        self.sets, self.groups, self.belongs = sets, roles.groups, rows_of(head, roles, sets)
        keys = [head[f"k{i}"].to_pylist() for i in range(len(roles.groups))]
        self.levels = [sorted({level for level in key if level is not None}) for key in keys]
        self.kinds = {f"dataudit_group{i}": of for i, of in enumerate(self.levels)}
        casts = [
            f"TRY_CAST({group_key(group, roles, seen)} AS {quoted(kind)})" if of else "NULL"
            for group, (kind, of) in zip(roles.groups, self.kinds.items(), strict=True)
        ]
        self.sql = [f"enum_code({cast})" if cast != "NULL" else "NULL::UTINYINT" for cast in casts]
        self.sql.append(f"CAST({outcome_sql(roles, seen)} AS TINYINT)")
        outcome = np.asarray(head["outcome"].to_pylist(), dtype=np.intp)
        first = next(iter(self.belongs.values()))
        self.rows, self.known = (int(head["n"].to_numpy()[at].sum()) for at in (first, first[outcome[first] >= 0]))
        codes = [
            np.array([at.get(level, len(of)) for level in key], dtype=np.intp)
            for key, of in zip(keys, self.levels, strict=True)
            for at in ({level: place for place, level in enumerate(of)},)
        ]
        self.tables = []
        for key, at in self.belongs.items():
            table = np.zeros(OUTCOMES * int(np.prod([len(self.levels[i]) + 1 for i in key])), np.intp)
            table[self._joint(key, [code[at] for code in codes], outcome[at])] = np.arange(len(at))
            self.tables.append(table)

    def codes(self, columns: Sequence[pa.Array]) -> tuple[list[NDArray[Any]], NDArray[Any]]:
        """Return the places of every row's levels in the groups, missing ones last, and its outcome."""
        codes = []
        for of, column in zip(self.levels, columns[:-1], strict=True):
            code, there = split(column)
            codes.append(code if there is None else np.where(there, code, len(of)))
        return codes, split(columns[-1])[0]

    def numbers(self, codes: Sequence[NDArray[Any]], outcome: NDArray[Any]) -> list[Cell]:
        """Return for each key the place of every row's cell among those of the key."""
        return [table[self._joint(key, codes, outcome)] for key, table in zip(self.belongs, self.tables, strict=True)]

    def _joint(self, key: Sequence[int], codes: Sequence[NDArray[Any]], outcome: NDArray[Any]) -> Cell:
        joint = outcome.astype(np.intp) + 1
        size = OUTCOMES
        for i in key:
            joint += size * codes[i].astype(np.intp)
            size *= len(self.levels[i]) + 1
        return joint


@dataclass
class Kept:
    """Hashes that were kept, and for each key the places of their rows' cells."""

    hashes: list[NDArray[np.uint64]] = field(default_factory=list)
    cells: list[list[Cell]] = field(default_factory=list)

    def of(self, place: int) -> tuple[NDArray[np.uint64], Cell]:
        """Return all hashes and their cells' places for a key."""
        if not self.hashes:
            return np.empty(0, np.uint64), np.empty(0, np.intp)
        return np.concatenate(self.hashes), np.concatenate([cells[place] for cells in self.cells])


@dataclass(frozen=True)
class Counted:
    """A column's counts: for each key a table of places by cells, the last place that of no known level."""

    coder: Coder
    tables: Sequence[NDArray[np.int64]]

    def add(self, places: NDArray[Any], cells: Sequence[Cell]) -> None:
        """Count the places of a batch of rows, whose cells these are."""
        for table, cell in zip(self.tables, cells, strict=True):
            at = np.multiply(places, table.shape[1], dtype=np.intp)
            at += cell
            flat = table.reshape(-1)
            if table.size > SPARSE * len(at):
                np.add.at(flat, at, 1)
            else:
                flat += np.bincount(at, minlength=table.size)

    def elsewhere(self, cells: Cells) -> NDArray[np.int64]:
        """Return, by rows of the head, the rows without a known level."""
        found = np.zeros(sum(len(at) for at in cells.belongs.values()), np.int64)
        for at, table in zip(cells.belongs.values(), self.tables, strict=True):
            found[at] = table[-1]
        return found

    def entries(self, cells: Cells) -> Entries:
        """Return what was counted, by rows of the head and in the order of the labels."""
        labels = np.array(list(self.coder.labels), dtype=object)
        parts = []
        for at, table in zip(cells.belongs.values(), self.tables, strict=True):
            cell, place = np.nonzero(table[:-1].T)
            parts.append((labels[place], at[cell], table[place, cell]))
        return Entries(*(np.concatenate(of) for of in zip(*parts, strict=True)))


def streamed(
    source: Source,
    relation: str,
    cells: Cells,
    coders: Mapping[int, Coder],
    hashes: Mapping[str, str],
    drawn: Drawn | None,
    said: Callable[[int], None],
) -> tuple[dict[int, Counted], dict[str, Kept]]:
    """Count columns, keep the hashes that are not null, and draw rows, as one scan of `relation` streams by.

    `said` is called with the rows that were read.
    """
    sizes = [len(at) for at in cells.belongs.values()]
    counted = {i: Counted(of, [_empty(of, n) for n in sizes]) for i, of in coders.items()}
    kept = {name: Kept() for name in hashes}
    turn = [drawn.sql] if drawn else []
    asked = [*cells.sql, *(of.sql for of in coders.values()), *hashes.values(), *turn]
    named = ", ".join(f"{sql} AS c{i}" for i, sql in enumerate(asked))
    rows = max(1, min(BATCH_ROWS, BATCH_VALUES // len(asked)))
    done = 0
    for batch in source.connection.sql(f"SELECT {named} FROM {relation}").to_arrow_reader(rows):
        columns = iter(batch.columns)
        groups, outcome = cells.codes(list(islice(columns, len(cells.sql))))
        of = cells.numbers(groups, outcome)
        codes = {}
        for one, values in zip(counted.values(), islice(columns, len(counted)), strict=True):
            codes[one.coder.name] = one.coder.places(values)
            one.add(codes[one.coder.name], of)
        for one_kept, values in zip(kept.values(), islice(columns, len(kept)), strict=True):
            numbers, there = split(values)
            one_kept.hashes.append(numbers.copy() if there is None else numbers[there])
            one_kept.cells.append(of if there is None else [cell[there] for cell in of])
        if drawn:
            codes |= dict(zip(cells.groups, groups, strict=True))  # by bands, where a column is counted by bins too
            drawn.take(split(next(columns))[0], outcome, codes)
        done += batch.num_rows
        said(done)
    return counted, kept


def _empty(coder: Coder, cells: int) -> NDArray[np.int64]:
    return np.zeros((len(coder.labels) + 1, cells), np.int64)
