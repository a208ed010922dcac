"""The rows of the one query to a tally: tables per key, columns, repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from auditor.counts.columns import Column, Derived, bin_labels
from auditor.counts.extras import Repeats
from auditor.counts.names import COUNT, DERIVED, LEVEL, MEAN, OTHER, OUTCOME, SQUARES, VARIANCE, WEIGHT
from auditor.counts.tally import Tally
from auditor.counts.vectors import with_vectors
from auditor.engines.plans import KEYED, Plan
from auditor.use.roles import Roles

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from auditor.counts.extras import Twins


class Entries(NamedTuple):
    """A column's counts, three arrays of one length: level or upper edge, row of the scan, number of rows."""

    level: np.ndarray
    row: np.ndarray
    n: np.ndarray

    def plus(self, more: Entries) -> Entries:
        """Return these counts and those of other levels, in order."""
        level, row, n = (np.concatenate(pair) for pair in zip(self, more, strict=True))
        order = np.lexsort((level.astype(str), row))
        return Entries(level[order], row[order], n[order])


def assemble(
    scanned: pa.Table,
    counts: Mapping[int, Entries],
    plans: Sequence[Plan],
    roles: Roles,
    sets: Sequence[tuple[int, ...]],
    repeated_rows: Repeats,
    repeated_ids: Repeats | None = None,
    twins: Mapping[str, tuple[Twins, Twins]] | None = None,
    aggregated: bool = False,
    sources: Mapping[str, str] | None = None,
) -> Tally:
    """Turn the rows that were grouped by keys and outcome into tables.

    `scanned` has k0, k1, … (the levels of the groups), outcome, which (`mask` of the key), n, and missing0, missing1, …
    of the plans whose missing values are not simply what `counts`, by the places of the plans, leave of the rows.
    `sources` has the column of each plan that is a derived feature.
    """
    import pandas as pd

    outcome = np.asarray(scanned["outcome"].to_pylist(), dtype=np.int8)
    sizes = np.asarray(scanned["n"].to_pylist(), dtype=np.int64)
    levels = [np.asarray(scanned[f"k{i}"].to_pylist(), dtype=object) for i in range(len(roles.groups))]
    belongs = rows_of(scanned, roles, sets)
    first = belongs[sets[0]]

    def keyed(key: tuple[int, ...], at: np.ndarray) -> dict[str, Any]:
        return {**{roles.groups[i]: _texts(levels[i][at]) for i in key}, OUTCOME: outcome[at]}

    named = {key: tuple(roles.groups[i] for i in key) for key in sets}
    sums = {own: name for own, name in ((WEIGHT, "weight"), (SQUARES, "squares")) if name in scanned.column_names}
    tables = {
        named[key]: pd.DataFrame(
            {**keyed(key, at), COUNT: sizes[at], **{own: scanned[name].to_numpy()[at] for own, name in sums.items()}}
        )
        for key, at in belongs.items()
    }
    moments = None
    if roles.cut:
        known = {COUNT: "known", MEAN: "mean", VARIANCE: "variance"}
        moments = {
            named[key]: pd.DataFrame(
                {**keyed(key, at), **{own: scanned[name].to_numpy()[at] for own, name in known.items()}}
            )
            for key, at in belongs.items()
        }
    columns = {}
    for i, plan in enumerate(plans):
        parts = {}
        keyed_by = levels[roles.groups.index(plan.name)] if plan.sql == KEYED else None
        for key, at in belongs.items():
            level, row, n = _levels_of(scanned, counts.get(i), i, plan, at, keyed_by)
            parts[named[key]] = pd.DataFrame({LEVEL: _texts(level), **keyed(key, row), COUNT: n})
        missing = int(_missing(scanned, counts.get(i), i, keyed_by)[first].sum())
        columns[plan.name] = _column(plan, parts, scanned, i, first, missing)
    sources = sources or {}
    tally = Tally(
        roles=roles,
        rows=int(sizes[first].sum()),
        tables=tables,
        columns={name: column for name, column in columns.items() if name not in (*DERIVED, *sources)},
        derived={name: column for name, column in columns.items() if name in DERIVED},
        repeated_rows=repeated_rows,
        repeated_ids=repeated_ids,
        aggregated=aggregated,
        moments=moments,
        twins=twins,
        derivations={name: Derived(source, columns[name]) for name, source in sources.items()},
    )
    return with_vectors(tally, {of.name: of.seen.dimension or 0 for of in plans if of.name in roles.vectors})


def _texts(values: np.ndarray) -> pd.Series:
    """Return a column of plain strings: value by value, Arrow's take ten times as long to go through."""
    import pandas as pd

    return pd.Series(values, dtype=object)


def rows_of(scanned: pa.Table, roles: Roles, sets: Sequence[tuple[int, ...]]) -> dict[tuple[int, ...], np.ndarray]:
    """Return key -> the places of its rows."""
    which = np.asarray(scanned["which"].to_pylist())
    return {key: np.flatnonzero(which == mask(key, len(roles.groups), len(sets))) for key in sets}


def mask(key: tuple[int, ...], groups: int, sets: int) -> int:
    """Return the grouping_id of a key: a bit per group column that is not in it; 0 where there is but one key."""
    return sum(1 << (groups - 1 - i) for i in range(groups) if i not in key) if sets > 1 else 0


def _levels_of(
    scanned: pa.Table, counts: Entries | None, i: int, plan: Plan, at: np.ndarray, keyed_by: np.ndarray | None
) -> Entries:
    """Return what was counted of a column in these rows of the scan, missing values last."""
    if not plan.counted:
        return Entries(np.empty(0, object), np.empty(0, np.int64), np.empty(0, np.int64))
    if keyed_by is not None:
        known = at[[level is not None for level in keyed_by[at]]]
        lost = at[[level is None for level in keyed_by[at]]]
        rows_of = np.concatenate([known, lost])
        return Entries(keyed_by[rows_of], rows_of, scanned["n"].to_numpy()[rows_of])
    assert counts is not None
    absent = _missing(scanned, counts, i, None)[at]
    lost = at[absent > 0]
    here = np.isin(counts.row, at)
    names = counts.level[here]
    if plan.edges:
        labels = bin_labels(plan.edges)
        names = np.array([labels[edge] for edge in names.tolist()], dtype=object)
    level = np.concatenate([names, np.full(len(lost), None, dtype=object)])
    return Entries(
        level, np.concatenate([counts.row[here], lost]), np.concatenate([counts.n[here], absent[absent > 0]])
    )


def unfolded(maps: pa.ChunkedArray) -> Entries:
    """Return the counts in a column of maps, as histograms are; NULL holds none."""
    found = [
        (level, row, n)
        for row, of in enumerate(maps.to_pylist(maps_as_pydicts="strict"))
        for level, n in (of or {}).items()
        if n
    ]
    levels = np.array([level for level, *_ in found], dtype=object)
    return Entries(levels, *(np.array([each[i] for each in found], dtype=np.int64) for i in (1, 2)))


def _missing(scanned: pa.Table, counts: Entries | None, i: int, keyed_by: np.ndarray | None) -> np.ndarray:
    """Return the missing values of a column in each row of the scan: as asked, or what was not counted."""
    if keyed_by is not None:
        return np.where([level is None for level in keyed_by], scanned["n"].to_numpy(), 0)
    if f"missing{i}" in scanned.column_names:
        return np.asarray(scanned[f"missing{i}"].to_pylist(), dtype=np.int64)
    assert counts is not None
    rest = np.asarray(scanned["n"].to_numpy(), dtype=np.int64).copy()
    np.subtract.at(rest, counts.row, counts.n)
    return rest


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
    if plan.counted and not plan.edges and not plan.unread:
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
        exact=seen.complete or (plan.counted and not plan.edges and not plan.unread and OTHER not in set(table[LEVEL])),
        agree=agree,
        edges=plan.edges,
        low=min(bounds[0], default=None),
        high=max(bounds[1], default=None),
        kept=plan.kept,
    )


def repeats(hashes: np.ndarray, modulus: int) -> Repeats:
    """Return how often records recur, from the hashes that are kept of them: one in `modulus`."""
    ordered = np.sort(hashes)  # with what follows, twice as quick as unique
    ends = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True)[: len(ordered)])
    copies: np.ndarray = np.diff(ends, prepend=-1)
    return Repeats(len(hashes), len(ends), int((copies**2).sum()), 1 / modulus)
