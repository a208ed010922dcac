"""Small cells kept from leaving their site, without bending what is left: groups go whole, levels go into others."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.counts.bins import fewer_bins, finest_bins
from auditor.counts.coarsen import agree_of, uncounted
from auditor.counts.columns import bin_labels, only_value
from auditor.counts.names import COUNT, LEVEL, NO_OUTCOME, OTHER, OUTCOME, SQUARES, WEIGHT
from auditor.counts.part import Counted, Part, Table, Unusable
from auditor.errors import AuditError
from auditor.stats.clusters import Clusters
from auditor.use.roles import Roles, Seen

EXTRAS = (COUNT, WEIGHT, SQUARES)

Cell = tuple[Any, ...]  # a table's place, joint group, outcome


def suppressed(part: Part, least: int) -> Part:
    """Return a part without cells of under `least` rows, and without what would give them away.

    To leave out a cell by itself would bend every rate that it is a part of: without its few favourable outcomes a
    group or a level has none. So of a joint group only the number of its rows is reported. A level, with
    all smaller ones, is counted among all other values everywhere. Of strata and periods, others are no stratum: they
    are left out. What a column still holds adds up to the rows of each joint group, so that sums and differences
    reveal nothing; what two columns give away together is for `auditor.engines.nested`. Missing values that are not
    placed, and distinct values, are counted in steps of `least`. Bins are put together until none is small.
    """
    if least <= 1:
        return part
    if len(part.tables) > 1:
        raise AuditError(
            "the groups are too many to be counted jointly, and small cells could be inferred by subtracting their "
            "tables; name fewer of them (--min-cell)"
        )
    tables = [_whole_groups(table, least) for table in part.tables]
    withheld = [_withheld(table, reported, least) for table, reported in zip(part.tables, tables, strict=True)]
    whole = sum(_counts(tables[0]))
    lost = part.rows - whole - sum(_counts(withheld[0]))
    columns = {name: _column(part, name, tables, least, whole) for name in part.columns}
    return replace(
        part,
        rows=whole,
        seen={name: _seen(part.seen[name], columns[name], part.rows - lost) for name in part.seen},
        tables=tables,
        columns=columns,
        derived={
            name: _coarser(column, tables, least, whole, whole == part.rows, keep=False)
            for name, column in part.derived.items()
        },
        moments=None if part.moments is None else _of_groups(part.moments, tables, least),
        clusters=_of_whole_levels(part, tables[0], least),
        min_cell=least,
        vectors={name: _in_steps(of, least) for name, of in part.vectors.items()},
        withheld=withheld if any(map(_counts, withheld)) else [],
        left_out=lost // least * least + least - 1 if lost else 0,
    )


def _in_steps(of: Unusable, least: int) -> Unusable:
    """Return the rows without a usable vector in steps of `least`, as missing values are counted."""
    return replace(of, lost={why: n // least * least for why, n in of.lost.items() if n >= least})


def _column(part: Part, name: str, tables: Sequence[Table], least: int, whole: int) -> Counted:
    """Return a column without small cells; without a level whose small cells strata or periods would reveal."""
    column = part.columns[name]
    ordered = name == part.roles.target and bool(column.edges)
    fewer = (
        (fewer_bins if ordered else finest_bins)(column, _cells(column.tables, tables), least)
        if column.edges
        else column
    )
    if (ordered and fewer.edges != column.edges) or name in _joined(part.roles):
        found = _none(fewer, least)
    else:
        found = _coarser(fewer, tables, least, whole, whole == part.rows, ordered=ordered)
    if found.edges or not found.tables[0].columns[LEVEL]:
        # For an identifier, the number of different values would reveal the number of rows.
        return replace(found, levels=max(min(found.levels, whole) // least * least, min(least, whole)))
    return found


def _joined(roles: Roles) -> set[str | None]:
    """Return the columns that strata, periods, stages, lists and places are made of."""
    return {*roles.strata, roles.time, *roles.process, roles.list_column} - {roles.target}


def _seen(seen: Seen, column: Counted, rows: int) -> Seen:
    return replace(
        seen,
        rows=rows,
        missing=min(column.missing, rows),
        distinct=min(seen.distinct, column.levels),
        words=float(round(seen.words)),
        cuts=(),
        years=(),
        low=None,
        high=None,
        width=None,
    )


def _of_whole_levels(part: Part, table: Table, least: int) -> dict[str, dict[str, Clusters]]:
    """Return how people recur in the levels that are reported in full and have enough people.

    For the others it would reveal the outcomes that are suppressed.
    """
    kept: dict[str, dict[str, Clusters]] = {}
    for group, levels in part.clusters.items():
        whole: dict[Any, list[int]] = {}
        for level, y, n in zip(table.columns[group], table.columns[OUTCOME], _counts(table), strict=True):
            if y != NO_OUTCOME:
                x, rows = whole.get(level, [0, 0])
                whole[level] = [x + n * (y == 1), rows + n]
        kept[group] = {
            level: of
            for level, of in levels.items()
            if of.people >= least
            and whole.get(level) == [of.favourable, of.rows]
            and not 0 < of.rows - of.people < least  # rows of people who have another
        }
    return kept


def _counts(table: Table) -> list[int]:
    return [int(n or 0) for n in table.columns[COUNT]]


def _kept_rows(table: Table, rows: Sequence[int]) -> Table:
    return Table(table.key, {name: [values[row] for row in rows] for name, values in table.columns.items()})


def _keys(table: Table) -> list[Cell]:
    if not table.key:  # without a group, all rows are one
        return [()] * len(table.columns[COUNT])
    return list(zip(*(table.columns[name] for name in table.key), strict=True))


def _whole_groups(table: Table, least: int) -> Table:
    """Leave out joint groups with few of one outcome; few rows without an outcome are left out alone."""
    keys, outcomes, counts = _keys(table), table.columns[OUTCOME], _counts(table)
    small = {key for key, y, n in zip(keys, outcomes, counts, strict=True) if 0 < n < least and y != NO_OUTCOME}
    return _kept_rows(table, [row for row, n in enumerate(counts) if n >= least and keys[row] not in small])


def _withheld(table: Table, reported: Table, least: int) -> Table:
    """Return the rows of the joint groups whose outcomes are suppressed, where they are enough; no outcomes."""
    there = set(_keys(reported))
    names = [name for name in EXTRAS if name in table.columns]
    sums: dict[Cell, list[Any]] = {}
    for key, *values in zip(_keys(table), *(table.columns[name] for name in names), strict=True):
        if key not in there:
            sums[key] = [a + (b or 0) for a, b in zip(sums.get(key, [0] * len(names)), values, strict=True)]
    kept = [(*key, *of) for key, of in sums.items() if of[0] >= least]
    return Table(table.key, {name: [row[i] for row in kept] for i, name in enumerate((*table.key, *names))})


def _of_groups(moments: Sequence[Table], tables: Sequence[Table], least: int) -> list[Table]:
    kept = []
    for table, joint in zip(moments, tables, strict=True):
        there = set(_keys(joint))
        rows = [row for row, n in enumerate(_counts(table)) if n >= least and _keys(table)[row] in there]
        kept.append(_kept_rows(table, rows))
    return kept


def _none(column: Counted, least: int) -> Counted:
    """Return a column as one that was not counted by its values; its missing values are in steps of `least`."""
    return uncounted(replace(column, missing=column.missing // least * least))


def _coarser(
    column: Counted,
    joint: Sequence[Table],
    least: int,
    whole: int,
    complete: bool,
    *,
    keep: bool = True,
    ordered: bool = False,
) -> Counted:
    """Return a column with the levels of small cells among all other values, or, unless they are kept, without them.

    An `ordered` column, whose levels must be whole to mean anything, is not counted if it has small cells; nor is one
    without a level of its own left. `complete`: no row of the part is left out.
    """
    if not column.tables[0].columns[LEVEL]:
        return _none(replace(column, missing=min(column.missing, whole)), least)
    cells = _cells(column.tables, joint)
    lost = sum(of.get(None, 0) for (place, *_), of in cells.items() if place == 0)
    folded = _folded(cells, least, by_size=not column.edges)
    missing = lost // least * least if None in folded else lost
    there = {level for of in cells.values() for level in of} - folded
    levels = [str(level) for level in column.tables[0].columns[LEVEL] if level in there and level is not None]
    if folded and (ordered or not there):
        return _none(replace(column, missing=missing), least)
    tables = [_table(place, table, cells, folded, keep) for place, table in enumerate(column.tables)]
    return replace(
        column,
        tables=tables,
        missing=missing,
        levels=column.levels if column.edges else len(set(levels)),
        exact=column.exact and complete and not folded and missing == column.missing,
        agree=agree_of(tables[0]),  # for all values it would reveal how many rows the others have
        kept=_distinguished(column, levels, folded) if keep else (),
        **_ends(column, there) if ordered else {"low": None, "high": None},
        coarse=column.coarse or bool(folded),
    )


def _ends(column: Counted, there: Container[Any]) -> dict[str, float | None]:
    """Return the lowest and the highest number where it is that of many: all that the first or last bin holds."""
    labels = list(bin_labels(column.edges).values())
    first, *_, last = only_value(column.edges, column.type, column.low, column.high)
    return {"low": first if labels[0] in there else None, "high": last if labels[-1] in there else None}


def _distinguished(column: Counted, levels: Sequence[str], folded: set[Any]) -> tuple[str, ...]:
    if not folded:
        return tuple(level for level in column.kept if level in set(levels))
    # Where only missing values are distinguished, all values of the other parts are others too.
    return tuple(dict.fromkeys(levels)) or (OTHER,)


def _cells(tables: Sequence[Table], joint: Sequence[Table]) -> dict[Cell, dict[Any, int]]:
    """Return cell -> level -> rows, of the joint groups and outcomes that are still there."""
    cells: dict[Cell, dict[Any, int]] = {}
    for place, (table, of) in enumerate(zip(tables, joint, strict=True)):
        there = set(zip(_keys(of), of.columns[OUTCOME], strict=True))
        for key, y, level, n in zip(
            _keys(table), table.columns[OUTCOME], table.columns[LEVEL], _counts(table), strict=True
        ):
            if n and (key, y) in there:
                cells.setdefault((place, key, y), {})[level] = n
    return cells


def _folded(cells: Mapping[Cell, Mapping[Any, int]], least: int, *, by_size: bool = True) -> set[Any]:
    """Return the levels no larger than the largest with a small cell, and as many of the next as hide them.

    By size, for choosing levels with few favourable outcomes would make the rest a proxy of the outcome. Bins are many,
    and all about as large: of them, as many as hide the few missing values.
    """
    small = {level for of in cells.values() for level, n in of.items() if n < least}
    if not small:
        return small
    sizes: dict[Any, int] = {}
    for of in cells.values():
        for level, n in of.items():
            sizes[level] = sizes.get(level, 0) + n
    most = max(sizes[level] for level in small - {OTHER}) if small - {OTHER} else 0
    folded = {level for level, n in sizes.items() if n <= most or level == OTHER} if by_size else small
    rest = sorted(set(sizes) - folded, key=lambda level: (sizes[level], str(level)))
    while rest and any(0 < sum(of.get(level, 0) for level in folded) < least for of in cells.values()):
        folded.add(rest.pop(0))
    return folded


def _table(place: int, table: Table, cells: Mapping[Cell, Mapping[Any, int]], folded: set[Any], keep: bool) -> Table:
    rows: list[tuple[Any, ...]] = []
    for (of_place, key, y), of in cells.items():
        if of_place != place:
            continue
        rows += [(level, *key, y, n) for level, n in of.items() if level not in folded]
        others = sum(of.get(level, 0) for level in folded)
        if others and keep:
            rows.append((OTHER, *key, y, others))
    names = (LEVEL, *table.key, OUTCOME, COUNT)
    return Table(table.key, {name: [row[i] for row in rows] for i, name in enumerate(names)})
