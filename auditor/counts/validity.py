"""Whether a tally that was read is one: its tables fit its roles, and its numbers are counts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import TYPE_CHECKING

from auditor.counts.extras import UNUSABLE
from auditor.counts.names import COUNT, LEVEL, MEAN, NO_OUTCOME, OUTCOME, SQUARES, VARIANCE, WEIGHT
from auditor.counts.part import MISSING

if TYPE_CHECKING:
    from auditor.counts.part import Part, Table

MOST = 2**53  # rows that can be added up without loss
ROUNDING = 1e-9  # of sums of weights, which are added up in any order


def check(part: Part) -> None:
    """Raise ValueError, with the place and what is wrong there, for a tally that none was ever written as."""
    for where, name in _named(part):
        if name not in part.columns:
            raise ValueError(f"{where}: there is no column '{name}'")
    if set(part.seen) != set(part.columns):
        raise ValueError("seen: its columns are not those that were counted")
    keys = [table.key for table in part.tables]
    if not keys or set(chain(*keys)) != set(part.roles.groups):
        raise ValueError("tables: their keys are not the groups")
    _check_all("tables", part.tables, keys, ())
    for place, columns in (("columns", part.columns), ("derived", part.derived)):
        for name, column in columns.items():
            where = f"{place}.{name}"
            _check_all(where, column.tables, keys, (LEVEL,))
            if min(column.missing, column.levels) < 0 or not 0 <= column.agree <= 1:
                raise ValueError(f"{where}: a number is out of its range")
            if any(math.isnan(edge) for edge in column.edges) or list(column.edges) != sorted(set(column.edges)):
                raise ValueError(f"{where}: its edges do not rise")
    for name, vectors in part.vectors.items():
        known = name in part.roles.vectors and {*vectors.lost} <= {MISSING, *UNUSABLE} and vectors.dimension > 0
        if not known or min(vectors.lost.values(), default=0) < 0 or sum(vectors.lost.values()) >= MOST:
            raise ValueError(f"vectors.{name}: there are no such vectors")
    if part.moments is not None:
        _check_all("moments", part.moments, keys, (MEAN, VARIANCE), outcome=False)
    for table in part.withheld:
        _check("withheld", table, (), outcome=False)
    if not 0 <= part.rows < MOST or not 0 <= part.left_out < MOST or part.min_cell < 0:
        raise ValueError("rows: a number is out of its range")
    for where, table in _of_all_rows(part):
        counted = sum(n for n in table.columns[COUNT] if isinstance(n, int))
        if counted != part.rows:
            raise ValueError(f"{where}: {counted} rows are counted, and there are {part.rows}")
    for group, levels in part.clusters.items():
        for of in levels.values():
            in_range = 0 <= of.favourable <= of.size * (1 + ROUNDING) and 0 <= of.people <= of.rows and of.weight >= 0
            if group not in part.roles.groups or not in_range:
                raise ValueError(f"clusters.{group}: a number is out of its range")


def _of_all_rows(part: Part) -> Iterator[tuple[str, Table]]:
    """Yield the tables that count every row: a least cell leaves rows out, and levels may not be counted at all."""
    yield from (("tables", table) for table in part.tables)
    for name, column in part.columns.items():
        if not part.min_cell and column.tables[0].columns[LEVEL]:
            yield from ((f"columns.{name}", table) for table in column.tables)


def _named(part: Part) -> Iterator[tuple[str, str]]:
    """Yield the columns that the roles name, each with the role."""
    roles = part.roles
    for where in ("target", "time", "id", "cluster", "weight", "list_column", "rank"):
        if (name := getattr(roles, where)) is not None:
            yield where, name
    yield from (("scoring", name) for name in roles.scoring.columns)
    for where, names in (
        ("groups", roles.groups),
        ("strata", roles.strata),
        ("text", roles.text),
        ("features", roles.features),
        ("stages", roles.process),
    ):
        yield from ((f"roles.{where}", name) for name in names)


def _check_all(
    where: str,
    tables: Sequence[Table],
    keys: Sequence[tuple[str, ...]],
    extra: tuple[str, ...],
    *,
    outcome: bool = True,
) -> None:
    if [table.key for table in tables] != list(keys):
        raise ValueError(f"{where}: its tables are not those of the groups")
    for table in tables:
        _check(where, table, extra, outcome=outcome)


def _check(where: str, table: Table, extra: tuple[str, ...], *, outcome: bool) -> None:
    needed = {*table.key, COUNT, *extra, *((OUTCOME,) if outcome else ())}
    if missing := needed - set(table.columns):
        raise ValueError(f"{where}: a table has no column '{min(missing)}'")
    if len(set(map(len, table.columns.values()))) > 1:
        raise ValueError(f"{where}: the columns of a table are not of one length")
    for name, values in table.columns.items():
        if not all(_fits(name, value) for value in values):
            raise ValueError(f"{where}: '{name}' holds a value that it cannot have")


def _fits(name: str, value: str | int | float | None) -> bool:
    """Whether a column of a table can hold a value."""
    if name == COUNT:
        return isinstance(value, int) and 0 <= value < MOST
    if name == OUTCOME:
        return isinstance(value, int) and value in (NO_OUTCOME, 0, 1)
    if name in (WEIGHT, SQUARES, MEAN, VARIANCE):
        if value is None:
            return True
        return not isinstance(value, str) and math.isfinite(value) and (name == MEAN or value >= 0)
    return value is None or isinstance(value, str)
