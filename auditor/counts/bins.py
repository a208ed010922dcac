"""Bins of a number put together until no cell of any is small."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from auditor.counts.coarsen import renamed, uncounted
from auditor.counts.columns import bin_labels, only_value
from auditor.counts.grids import finest
from auditor.counts.part import Counted
from auditor.use.roles import BINS

Cells = Mapping[tuple[Any, ...], Mapping[Any, int]]  # joint cell -> level -> rows


def finest_bins(column: Counted, cells: Cells, least: int) -> Counted:
    """Return a number's column cut at as many of its edges as leave no small cell, the roundest first.

    It is coarser so where bins were put together that hold more than twice a usual bin's share.
    """
    place = {label: i for i, label in enumerate(bin_labels(column.edges).values())}
    counts = np.zeros((len(cells), len(place)), np.int64)
    for row, of in enumerate(cells.values()):
        for level, n in of.items():
            if level in place:
                counts[row, place[level]] += n
    edges = finest(column.edges, counts, least)
    if not edges:
        return uncounted(column)
    new = list(bin_labels(edges).values())
    names = {label: new[bisect_left(edges, edge)] for edge, label in bin_labels(column.edges).items()}
    parts = np.split(counts.sum(axis=0), [column.edges.index(edge) + 1 for edge in edges])
    large = any(of.sum() * BINS > 2 * counts.sum() and (of > 0).sum() > 1 for of in parts)
    tables = [renamed(table, names) for table in column.tables]
    return replace(column, edges=tuple(edges), tables=tables, coarse=column.coarse or large)


def fewer_bins(column: Counted, cells: Cells, least: int) -> Counted:
    """Return a number's column with neighbouring bins put together until none has a small cell.

    Edges are values that occur: those of bins with a few rows would be what the few have. Where not even two bins are
    left, the middle edge is, and what lies on either side is too small to leave.
    """
    labels = list(bin_labels(column.edges).values())
    alone = set(_of_one_value(column, labels))

    def is_small(bins: Sequence[str]) -> bool:
        sums = [sum(of.get(label, 0) for label in bins) for of in cells.values()]
        if any(sums):
            return any(0 < n < least for n in sums)
        # An empty range, up to where a bin of one value begins, reveals no more than that bin does.
        after = labels[labels.index(bins[-1]) + 1 :][:1]
        return not (alone.intersection(after) and not is_small(after))

    parts: list[list[str]] = [[]]
    for label in labels:
        if parts[-1] and not is_small(parts[-1]):
            parts.append([])
        parts[-1].append(label)
    while len(parts) > 1 and is_small(parts[-1]):
        parts[-2:] = [[*parts[-2], *parts[-1]]]
    ends = [labels.index(part[-1]) for part in parts[:-1]] or [(len(labels) - 1) // 2]
    edges = tuple(column.edges[end] for end in ends)
    new = list(bin_labels(edges).values())
    names = {label: new[bisect_left(ends, i)] for i, label in enumerate(labels)}
    tables = [renamed(table, names) for table in column.tables]
    return replace(column, edges=edges, tables=tables, coarse=column.coarse or edges != column.edges)


def _of_one_value(column: Counted, labels: Sequence[str]) -> list[str]:
    """Return the labels of the bins that hold one value only."""
    values = only_value(column.edges, column.type, column.low, column.high)
    return [label for label, value in zip(labels, values, strict=True) if value is not None]
