"""The rows of the one query to a tally: tables per key, columns, repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditor.engines.tally import COUNT, LEVEL, OTHER, OUTCOME, PERIOD, STRATA, Column, Repeats, Tally, bin_labels
from auditor.roles import Roles, Seen

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Plan:
    """How a column is counted: `sql` is its histogram (NULL: not counted), by levels, or by bins with these edges.

    `missing` counts its missing values, `number` is the column whose lowest and highest value are asked for.
    """

    name: str
    seen: Seen
    missing: str
    sql: str = "NULL"
    edges: tuple[float, ...] = ()
    number: str | None = None

    @property
    def counted(self) -> bool:
        """Whether its levels are counted."""
        return self.sql != "NULL"


def assemble(
    scanned: pa.Table,
    plans: Sequence[Plan],
    roles: Roles,
    sets: Sequence[tuple[int, ...]],
    modulus: int,
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
        for key, at in belongs.items():
            level, row, n = _levels_of(scanned, i, plan, at)
            parts[named[key]] = pd.DataFrame({LEVEL: level, **keyed(key, row), COUNT: n})
        columns[plan.name] = _column(plan, parts, scanned, i, first)
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
    )


def _mask(key: tuple[int, ...], groups: int) -> int:
    """Return the grouping_id of a key: a bit per group column that is not in it."""
    return sum(1 << (groups - 1 - i) for i in range(groups) if i not in key)


def _levels_of(scanned: pa.Table, i: int, plan: Plan, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return level, row of the scan, count: the entries of a column's histograms, missing values last."""
    absent = np.asarray(scanned[f"missing{i}"].to_pylist(), dtype=np.int64)[at]
    lost = at[absent > 0]
    if not plan.counted:
        return np.empty(0, object), np.empty(0, np.int64), np.empty(0, np.int64)
    names: list[str | None] = []
    rows: list[int] = []
    counts: list[int] = []
    maps = scanned[f"counts{i}"].to_pylist(maps_as_pydicts="strict")
    for row in at:
        entries = maps[row] or {}
        labels = bin_labels(plan.edges) if plan.edges else None
        for level, n in entries.items():
            if n:
                names.append(labels[level] if labels else level)
                rows.append(int(row))
                counts.append(n)
    level = np.asarray([*names, *[None] * len(lost)], dtype=object)
    return level, np.asarray([*rows, *lost], dtype=np.int64), np.asarray([*counts, *absent[absent > 0]], np.int64)


def _column(
    plan: Plan, parts: Mapping[tuple[str, ...], pd.DataFrame], scanned: pa.Table, i: int, at: np.ndarray
) -> Column:
    missing = sum(scanned[f"missing{i}"].take(at).to_pylist())
    bounds = [
        [float(value) for value in scanned[f"{end}{i}"].take(at).to_pylist() if value is not None]
        for end in ("low", "high")
    ]
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
        missing=int(missing),
        levels=levels,
        exact=seen.complete or (plan.counted and not plan.edges and OTHER not in set(table[LEVEL])),
        agree=agree,
        edges=plan.edges,
        low=min(bounds[0], default=seen.low),
        high=max(bounds[1], default=seen.high),
    )


def _repeats(hashes: pa.ChunkedArray, modulus: int) -> Repeats:
    import pyarrow.compute as pc

    values = pc.list_flatten(hashes).to_numpy()
    _, copies = np.unique(values, return_counts=True)
    return Repeats(len(values), len(copies), int((copies.astype(np.int64) ** 2).sum()), 1 / modulus)
