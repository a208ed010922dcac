"""Suppressed counts made coarser, to another tally's levels and edges: computed from published counts only.

That is what keeps requests from being taken from one another: whatever levels and edges a request names, its answer is
computed from the one suppressed tally that the site has for these roles, never from the rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.counts.columns import bin_labels
from auditor.counts.grids import thinned
from auditor.counts.names import COUNT, LEVEL, OTHER, OUTCOME
from auditor.counts.part import Counted, Part, Table
from auditor.use.roles import BINS, WHOLE

Bin = tuple[float, float]  # what it lies above, and its highest number


def as_few(part: Part) -> Part:
    """Return a part whose numbers have about as many bins as other tallies have, at edges of its own."""
    return replace(part, columns={name: _fewer(part, name) for name in part.columns})


def as_agreed(part: Part, agreed: Part) -> Part:
    """Return a part with the levels of another, and those of its edges at which this one's bins can be put together."""
    return replace(part, columns={name: _alike(part, name, of) for name, of in agreed.columns.items()})


def with_common_edges(parts: Sequence[Part]) -> list[Part]:
    """Return parts cut at the edges that all of them have, where some have a least cell, and so not all of the edges.

    The outcome is left as it is: of it every bin counts.
    """
    if not any(part.min_cell for part in parts):
        return list(parts)
    likes: dict[str, Counted] = {}
    for name, first in parts[0].columns.items():
        edges = [part.columns[name].edges for part in parts if name in part.columns]
        if len(edges) < len(parts) or len(set(edges)) == 1 or not all(edges) or name == parts[0].roles.target:
            continue
        common = tuple(sorted(set(edges[0]).intersection(*edges[1:])))
        counted = common and all(_counted(part.columns[name]) for part in parts)
        likes[name] = replace(first, edges=common, kept=()) if counted else uncounted(first)
    return [
        replace(part, columns={**part.columns, **{name: _alike(part, name, of) for name, of in likes.items()}})
        for part in parts
    ]


def off_grid(part: Part, agreed: Part) -> list[str]:
    """Return the columns for which another part has edges that this one lacks, so that bins are merged."""
    return [
        name
        for name, of in agreed.columns.items()
        if _counted(part.columns[name]) and not set(of.edges) <= set(part.columns[name].edges)
    ]


def _fewer(part: Part, name: str) -> Counted:
    column = part.columns[name]
    if not column.edges or name == part.roles.target or not _counted(column):
        return column
    rows = dict.fromkeys(bin_labels(column.edges).values(), 0)
    for level, n in zip(column.tables[0].columns[LEVEL], column.tables[0].columns[COUNT], strict=True):
        if level in rows:
            rows[str(level)] += int(n or 0)
    edges = thinned(column.edges, list(rows.values()), BINS)
    return _alike(part, name, replace(column, edges=tuple(edges), kept=()))


def _counted(column: Counted) -> bool:
    return bool(column.tables[0].columns[LEVEL])


def _alike(part: Part, name: str, like: Counted) -> Counted:
    """Return a column with the levels, or those of the edges, of another that it can have."""
    column, ordered = part.columns[name], name == part.roles.target
    edges = like.edges
    if edges and column.edges and not ordered:
        edges = tuple(edge for edge in edges if edge in set(column.edges))
    if not _counted(column) or not _counted(like) or bool(edges) != bool(like.edges):
        return replace(uncounted(column), edges=like.edges)
    names = _names(column, replace(like, edges=edges))
    tables = [renamed(table, names) for table in column.tables]
    levels = [level for level in dict.fromkeys(tables[0].columns[LEVEL]) if level is not None and level != OTHER]
    others = OTHER in tables[0].columns[LEVEL]
    if others and (not levels or (ordered and edges)):
        return replace(uncounted(column), edges=like.edges)
    lost = bool(edges) and any(to == OTHER for level, to in names.items() if level != OTHER)
    return replace(
        column,
        tables=tables,
        edges=edges,
        levels=column.levels if edges else len(levels),
        exact=column.exact and not others,
        agree=agree_of(tables[0]),
        kept=tuple(map(str, levels)) if others else (),
        coarse=column.coarse or lost or (edges != like.edges and _has_large(tables[0])),
    )


def _has_large(table: Table) -> bool:
    """Whether a bin holds more than twice a usual one's share of the rows."""
    sums: dict[Any, int] = {}
    for level, n in zip(table.columns[LEVEL], table.columns[COUNT], strict=True):
        sums[level] = sums.get(level, 0) + int(n or 0)
    return max(sums.values(), default=0) * BINS > 2 * sum(sums.values())


def uncounted(column: Counted) -> Counted:
    """Return a column as one that was not counted by its values; its edges, which may be some, go with them."""
    return replace(
        column,
        tables=[Table(table.key, {name: [] for name in table.columns}) for table in column.tables],
        agree=1.0,
        exact=False,
        low=None,
        high=None,
        kept=(),
        edges=(0.0,) if column.edges else (),
        coarse=column.coarse or _counted(column),
    )


def _names(column: Counted, like: Counted) -> dict[Any, str]:
    """Return level -> its name in another column; OTHER for what is, or may be, in none of that column's levels."""
    there = {level for level in column.tables[0].columns[LEVEL] if level is not None}
    if not like.edges:
        if column.edges:
            return dict.fromkeys(there, OTHER)
        return {level: OTHER for level in there if like.kept and level not in like.kept}
    if column.edges:
        own = dict(zip(bin_labels(column.edges).values(), bins_of(column.edges), strict=True))
    elif column.kept or OTHER in there:
        return dict.fromkeys(there, OTHER)  # the others could be anywhere
    else:
        own = {str(level): (math.nextafter(float(level), -math.inf), float(level)) for level in there}
    hidden = set(own) - set(column.kept) if column.kept or OTHER in there else set()
    names = {OTHER: OTHER}
    for label, (above, top) in zip(bin_labels(like.edges).values(), bins_of(like.edges), strict=True):
        inside = [of for of, (low, high) in own.items() if low >= above and high <= top]
        cut = any(_meet((above, top), own[of], column.type) for of in own if of not in inside)
        names |= dict.fromkeys(inside, OTHER if cut or hidden.intersection(inside) else label)
    return {**dict.fromkeys(own, OTHER), **names}


def _meet(one: Bin, other: Bin, kind: str) -> bool:
    low, high = max(one[0], other[0]), min(one[1], other[1])
    if kind in WHOLE:
        low, high = math.floor(low) if math.isfinite(low) else low, math.floor(high) if math.isfinite(high) else high
    return low < high


def bins_of(edges: Sequence[float]) -> Iterator[Bin]:
    """Yield the bins of these edges, lowest first."""
    yield from zip((-math.inf, *edges), (*edges, math.inf), strict=True)


def renamed(table: Table, names: Mapping[Any, str]) -> Table:
    """Return a table with the levels under other names; those of one name are one."""
    by = (LEVEL, *table.key, OUTCOME)
    sums: dict[tuple[Any, ...], int] = {}
    for level, *rest, n in zip(*(table.columns[name] for name in by), table.columns[COUNT], strict=True):
        at = (names.get(level, level), *rest)
        sums[at] = sums.get(at, 0) + int(n or 0)
    columns = {name: [cell[i] for cell in sums] for i, name in enumerate(by)}
    return Table(table.key, {**columns, COUNT: list(sums.values())})


def agree_of(table: Table) -> float:
    """Return the chance that two rows drawn at random have the same level."""
    sums: dict[Any, int] = {}
    for level, n in zip(table.columns[LEVEL], table.columns[COUNT], strict=True):
        sums[level] = sums.get(level, 0) + int(n or 0)
    total = sum(sums.values())
    return sum(n * (n - 1) for n in sums.values()) / max(1, total * (total - 1))
