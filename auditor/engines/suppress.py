"""Small cells left out of a tally before it leaves its site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from auditor.engines.partial import Counted, Part, Table
from auditor.engines.tally import COUNT, LEVEL, OUTCOME


def suppressed(part: Part, least: int) -> Part:
    """Return a part without cells of under `least` rows, and without what would give them away.

    Within each joint group and outcome the counts of a column add up to a known number, so where few rows are left
    out, the smallest remaining cell goes too. Lowest and highest values and names of rare levels go with them.
    """
    if least <= 1:
        return part
    tables = [_cut(table, least) for table in part.tables]
    whole = sum(sum(_counts(table)) for table in tables[:1])
    columns = {name: _suppressed(column, tables, least) for name, column in part.columns.items()}
    return replace(
        part,
        rows=whole,
        seen={name: replace(seen, low=None, high=None) for name, seen in part.seen.items()},
        tables=tables,
        columns=columns,
        derived={name: _suppressed(column, tables, least) for name, column in part.derived.items()},
        moments=None if part.moments is None else [_cut(table, least) for table in part.moments],
        clusters={},
        min_cell=least,
        left_out=part.rows - whole,
    )


def _counts(table: Table) -> list[int]:
    return [int(n or 0) for n in table.columns[COUNT]]


def _kept_rows(table: Table, rows: Sequence[int]) -> Table:
    return Table(table.key, {name: [values[row] for row in rows] for name, values in table.columns.items()})


def _cut(table: Table, least: int) -> Table:
    return _kept_rows(table, [row for row, n in enumerate(_counts(table)) if n >= least])


def _suppressed(column: Counted, tables: Sequence[Table], least: int) -> Counted:
    parts = [_hidden(table, joint, least) for table, joint in zip(column.tables, tables, strict=True)]
    levels = parts[0].columns[LEVEL]
    missing = sum(n for level, n in zip(levels, _counts(parts[0]), strict=True) if level is None)
    there = {level for level in levels if level is not None}
    return replace(
        column,
        tables=parts,
        missing=missing if column.tables[0].columns[LEVEL] else column.missing,
        levels=len(there) if there and not column.edges else column.levels,
        exact=False,
        kept=tuple(level for level in column.kept if level in there),
        low=None,
        high=None,
    )


def _hidden(table: Table, joint: Table, least: int) -> Table:
    """Leave out small cells, and of each joint cell as many of the next as keep the small ones from being told."""
    by = [*table.key, OUTCOME]
    known = set(zip(*(joint.columns[name] for name in by), strict=True))
    rows: dict[tuple[Any, ...], list[int]] = {}
    for row, of in enumerate(zip(*(table.columns[name] for name in by), strict=True)):
        rows.setdefault(of, []).append(row)
    counts = _counts(table)
    kept: list[int] = []
    for of, here in rows.items():
        if of not in known:
            continue
        ordered = sorted(here, key=lambda row: counts[row])
        gone = [row for row in ordered if counts[row] < least]
        while gone and len(gone) < len(ordered) and (len(gone) < 2 or sum(counts[row] for row in gone) < least):
            gone.append(ordered[len(gone)])
        kept += [row for row in here if row not in set(gone)]
    return _kept_rows(table, kept)
