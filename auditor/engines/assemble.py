"""The rows of the one query to a tally: tables per key, columns, repeats."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditor.engines.people import Twins, twin_sets
from auditor.engines.tally import COUNT, LEVEL, OTHER, OUTCOME, PERIOD, STRATA, Column, Repeats, Tally, bin_labels
from auditor.roles import Roles, Seen

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.engines.people import Alike


KEYED = "(keyed)"


@dataclass(frozen=True)
class Plan:
    """How a column is counted: `sql` is its histogram, by levels, or by bins with these edges.

    NULL says that it is not counted, KEYED that its levels are the keys of the scan.

    `missing` counts its missing values, `number` is the column whose lowest and highest value are asked for, `kept` are
    the levels that are told apart, where not all are.
    """

    name: str
    seen: Seen
    missing: str
    sql: str = "NULL"
    edges: tuple[float, ...] = ()
    number: str | None = None
    kept: tuple[str, ...] = ()

    @property
    def counted(self) -> bool:
        """Whether its levels are counted."""
        return self.sql != "NULL"

    @property
    def by_levels(self) -> bool:
        """Whether a histogram of its levels is asked for."""
        return self.sql not in ("NULL", KEYED) and not self.edges


def assemble(
    scanned: pa.Table,
    plans: Sequence[Plan],
    roles: Roles,
    sets: Sequence[tuple[int, ...]],
    modulus: int,
    alike: Alike | None,
    aggregated: bool,
) -> Tally:
    """Turn the rows of the one query into tables."""
    outcome = np.asarray(scanned["outcome"].to_pylist(), dtype=np.int8)
    sizes = np.asarray(scanned["n"].to_pylist(), dtype=np.int64)
    which = scanned["which"].to_pylist()
    masks = {key: _mask(key, len(roles.groups)) if len(sets) > 1 else 0 for key in sets}
    levels = [np.asarray(scanned[f"k{i}"].to_pylist(), dtype=object) for i in range(len(roles.groups))]
    belongs = {key: np.flatnonzero(np.asarray(which) == mask) for key, mask in masks.items()}
    first = belongs[sets[0]]

    def keyed(key: tuple[int, ...], at: np.ndarray) -> dict[str, Any]:
        return {**{roles.groups[i]: levels[i][at] for i in key}, OUTCOME: outcome[at]}

    named = {key: tuple(roles.groups[i] for i in key) for key in sets}
    extras = [name for name in ("weight", "squares") if name in scanned.column_names]
    tables = {
        named[key]: pd.DataFrame(
            {**keyed(key, at), COUNT: sizes[at], **{name: scanned[name].to_numpy()[at] for name in extras}}
        )
        for key, at in belongs.items()
    }
    moments = None
    if roles.cut:
        known = {COUNT: "known", "mean": "mean", "variance": "variance"}
        moments = {
            named[key]: pd.DataFrame(
                {**keyed(key, at), **{as_: scanned[name].to_numpy()[at] for as_, name in known.items()}}
            )
            for key, at in belongs.items()
        }
    columns = {}
    for i, plan in enumerate(plans):
        parts = {}
        keyed_by = levels[roles.groups.index(plan.name)] if plan.sql == KEYED else None
        for key, at in belongs.items():
            level, row, n = _levels_of(scanned, i, plan, at, keyed_by)
            parts[named[key]] = pd.DataFrame({LEVEL: level, **keyed(key, row), COUNT: n})
        missing = int(_missing(scanned, i, keyed_by)[first].sum())
        columns[plan.name] = _column(plan, parts, scanned, i, first, missing)
    return Tally(
        roles=roles,
        rows=int(sizes[first].sum()),
        tables=tables,
        columns={name: column for name, column in columns.items() if name not in (STRATA, PERIOD)},
        derived={name: column for name, column in columns.items() if name in (STRATA, PERIOD)},
        repeated_rows=_repeats(scanned["row_hashes"].take(first), modulus),
        repeated_ids=_repeats(scanned["id_hashes"].take(first), modulus) if roles.id else None,
        aggregated=aggregated,
        moments=moments,
        twins=_twins(scanned, alike, roles, sets, belongs, levels, outcome) if alike else None,
    )


def _mask(key: tuple[int, ...], groups: int) -> int:
    """Return the grouping_id of a key: a bit per group column that is not in it."""
    return sum(1 << (groups - 1 - i) for i in range(groups) if i not in key)


def _levels_of(
    scanned: pa.Table, i: int, plan: Plan, at: np.ndarray, keyed_by: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return level, row of the scan, count: the entries of a column's histograms, missing values last."""
    if not plan.counted:
        return np.empty(0, object), np.empty(0, np.int64), np.empty(0, np.int64)
    if keyed_by is not None:
        known = at[[level is not None for level in keyed_by[at]]]
        lost = at[[level is None for level in keyed_by[at]]]
        rows_of = np.concatenate([known, lost])
        return keyed_by[rows_of], rows_of, scanned["n"].to_numpy()[rows_of]
    absent = _missing(scanned, i, None)[at]
    lost = at[absent > 0]
    names: list[str | None] = []
    rows: list[int] = []
    counts: list[int] = []
    maps = scanned[f"counts{i}"].to_pylist(maps_as_pydicts="strict")
    labels = bin_labels(plan.edges) if plan.edges else {}
    for row in at:
        for level, n in (maps[row] or {}).items():
            if n:
                # Above all edges is inf, or the largest whole number.
                names.append(labels.get(level, labels[math.inf]) if labels else str(level))
                rows.append(int(row))
                counts.append(n)
    level = np.asarray([*names, *[None] * len(lost)], dtype=object)
    return level, np.asarray([*rows, *lost], dtype=np.int64), np.asarray([*counts, *absent[absent > 0]], np.int64)


def _missing(scanned: pa.Table, i: int, keyed_by: np.ndarray | None) -> np.ndarray:
    """Return the missing values of a column in each row of the scan: as asked, or what its histogram leaves."""
    if keyed_by is not None:
        return np.where([level is None for level in keyed_by], scanned["n"].to_numpy(), 0)
    if f"missing{i}" in scanned.column_names:
        return np.asarray(scanned[f"missing{i}"].to_pylist(), dtype=np.int64)
    counts = scanned[f"counts{i}"].combine_chunks()
    lengths = np.diff(counts.offsets.to_numpy())  # 0 for a null
    known = np.zeros(len(counts), np.int64)
    np.add.at(known, np.repeat(np.arange(len(counts)), lengths), counts.items.to_numpy(zero_copy_only=False))
    return np.asarray(scanned["n"].to_numpy(), dtype=np.int64) - known


def _column(
    plan: Plan, parts: Mapping[tuple[str, ...], pd.DataFrame], scanned: pa.Table, i: int, at: np.ndarray, missing: int
) -> Column:
    bounds = [
        [float(value) for value in scanned[f"{end}{i}"].take(at).to_pylist() if value is not None]
        for end in ("low", "high")
        if plan.number
    ] or [[], []]
    seen = plan.seen
    table = next(iter(parts.values()))
    if plan.counted and not plan.edges:
        sums = table.groupby(LEVEL, dropna=False, sort=False)[COUNT].sum().to_numpy(dtype=float)
        agree = float((sums * (sums - 1)).sum() / max(1.0, sums.sum() * (sums.sum() - 1)))
        levels = int(table[LEVEL].nunique(dropna=True))
    else:
        agree, levels = 1 / max(1, seen.distinct) - 1 / max(1, seen.known), seen.distinct
    return Column(
        name=plan.name,
        type=seen.type,
        tables=parts,
        missing=missing,
        levels=levels,
        exact=seen.complete or (plan.counted and not plan.edges and OTHER not in set(table[LEVEL])),
        agree=agree,
        edges=plan.edges,
        low=min(bounds[0], default=None),
        high=max(bounds[1], default=None),
        kept=plan.kept,
    )


def _twins(
    scanned: pa.Table,
    alike: Alike,
    roles: Roles,
    sets: Sequence[tuple[int, ...]],
    belongs: Mapping[tuple[int, ...], np.ndarray],
    levels: Sequence[np.ndarray],
    outcome: np.ndarray,
) -> dict[str, tuple[Twins, Twins]]:
    """Return group column -> sets of identical and of near-identical records, from the hashes in each cell."""
    import pyarrow.compute as pc

    found = {}
    for i, group in enumerate(roles.groups):
        at = next(belongs[key] for key in sets if i in key)
        pair = []
        for name, asked in (("exact_hashes", alike.whole), ("near_hashes", alike.shared)):
            lists = scanned[name].take(at)
            rows = np.repeat(at, pc.fill_null(pc.list_value_length(lists), 0).to_numpy())
            hashes = pc.list_flatten(lists).to_numpy() if asked else np.empty(0, np.uint64)
            sums = twin_sets(hashes, levels[i][rows], outcome[rows]) if asked else ()
            pair.append(Twins(sums, tuple(asked), alike.modulus))
        found[group] = (pair[0], pair[1])
    return found


def _repeats(hashes: pa.ChunkedArray, modulus: int) -> Repeats:
    import pyarrow.compute as pc

    values = pc.list_flatten(hashes).to_numpy()
    _, copies = np.unique(values, return_counts=True)
    return Repeats(len(values), len(copies), int((copies.astype(np.int64) ** 2).sum()), 1 / modulus)
