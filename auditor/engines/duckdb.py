"""Source and roles to peek and tally, on DuckDB: one scan, aggregates only, memory bounded by the levels kept."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from auditor.engines.tally import COUNT, LEVEL, NO_OUTCOME, OTHER, OUTCOME, Column, Repeats, Tally
from auditor.guesses import is_numeric
from auditor.roles import Roles, Seen
from auditor.source import Source, literal, quoted

if TYPE_CHECKING:
    import pyarrow as pa

PEEK_ROWS = 20_000
PEEK_CHUNKS = 10
KEPT_LEVELS = 1_000
NUMERIC_LEVELS = 20  # a number with no more distinct values keeps them as levels
BINS = 20
MAX_JOINT = 5_000
HASHED_ROWS = 1 << 20


def as_text(name: str, kind: str) -> str:
    """Return the SQL that spells a value as text, the same for 1, 1.0 and '1'."""
    column = quoted(name)
    if kind.startswith(("DOUBLE", "FLOAT", "DECIMAL", "REAL")):
        whole = f"{column} = trunc({column}) AND abs({column}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
    return f"CAST({column} AS VARCHAR)"


def peek(source: Source) -> dict[str, Seen]:
    """Look at up to PEEK_ROWS rows in chunks spread over the source: what roles and bins are decided from."""
    run = source.connection.execute
    rows = run(f"SELECT count(*) FROM {source.relation}").fetchall()[0][0]
    chunk = PEEK_ROWS // PEEK_CHUNKS
    starts = [0] if rows <= PEEK_ROWS else [i * (rows - chunk) // (PEEK_CHUNKS - 1) for i in range(PEEK_CHUNKS)]
    limit = PEEK_ROWS if rows <= PEEK_ROWS else chunk
    parts = [f"(SELECT * FROM {source.relation} LIMIT {limit} OFFSET {start})" for start in starts]
    run(f"CREATE OR REPLACE TEMP TABLE dataudit_peek AS {' UNION ALL '.join(parts)}").fetchall()
    try:
        return dict(_seen(source, rows <= PEEK_ROWS))
    finally:
        run("DROP TABLE dataudit_peek").fetchall()


def _seen(source: Source, complete: bool) -> Iterator[tuple[str, Seen]]:
    run, fields = source.connection.execute, source.fields
    asked = ["count(*)"]
    for name, kind in fields.items():
        column = quoted(name)
        asked += [f"count({column})", f"count(DISTINCT {column})"]
        if is_numeric(kind):
            steps = [i / BINS for i in range(1, BINS)]
            asked += [f"quantile_disc(CAST({column} AS DOUBLE), {steps})", f"min({column})", f"max({column})"]
            asked.append(f"bool_and({column} = trunc({column}))")
        else:
            words = f"avg(len(regexp_split_to_array(trim(CAST({column} AS VARCHAR)), '\\s+')))"
            asked += [words if kind == "VARCHAR" else "0", "NULL", "NULL", "false"]
    facts = run(f"SELECT {', '.join(asked)} FROM dataudit_peek").fetchall()[0]
    rows = facts[0]
    by_name = {name: facts[1 + 6 * i : 7 + 6 * i] for i, name in enumerate(fields)}
    levelled = [name for name, fact in by_name.items() if _levelled(fact[1], fact[0], fields[name])]
    levels: dict[str, Mapping[str, int]] = {}
    if levelled:
        texts = ", ".join(f"histogram({as_text(name, fields[name])})" for name in levelled)
        levels = dict(zip(levelled, run(f"SELECT {texts} FROM dataudit_peek").fetchall()[0], strict=True))
    for name, (known, distinct, shape, low, high, whole) in by_name.items():
        common = sorted((levels.get(name) or {}).items(), key=lambda item: (-item[1], item[0]))[:KEPT_LEVELS]
        number = is_numeric(fields[name])
        yield (
            name,
            Seen(
                type=fields[name],
                rows=rows,
                missing=rows - known,
                distinct=distinct,
                complete=complete,
                levels=dict(common),
                cuts=tuple(shape or ()) if number else (),
                low=None if low is None else float(low),
                high=None if high is None else float(high),
                whole=bool(whole),
                words=0.0 if number else float(shape or 0),
            ),
        )


def _levelled(distinct: int, known: int, kind: str) -> bool:
    """Whether a column's values are worth keeping apart: few, or of a text that recurs."""
    if is_numeric(kind):
        return distinct <= NUMERIC_LEVELS
    return distinct <= NUMERIC_LEVELS or distinct <= 0.5 * known


@dataclass(frozen=True)
class _Plan:
    """How a column is counted: by its levels (all, or those in `kept` and one for the rest), in bins, or not at all."""

    name: str
    seen: Seen
    edges: tuple[float, ...] = ()
    kept: tuple[str, ...] | None = None
    counted: bool = True

    def sql(self) -> list[str]:
        """Return five aggregates: the histogram, the missing values, the lowest and highest number."""
        column = quoted(self.name)
        missing = f"count(*) - count({column})"
        if not self.counted:
            return ["NULL", missing, "NULL", "NULL"]
        if self.edges:
            number = f"CAST({column} AS DOUBLE)"
            return [f"histogram({number}, {list(self.edges)})", missing, f"min({number})", f"max({number})"]
        text = as_text(self.name, self.seen.type)
        if self.kept is not None:
            listed = ", ".join(literal(level) for level in self.kept)
            text = f"CASE WHEN {text} IN ({listed}) THEN {text} WHEN {column} IS NOT NULL THEN {literal(OTHER)} END"
        return [f"histogram({text})", missing, "NULL", "NULL"]


def _plan(name: str, seen: Seen, roles: Roles) -> _Plan:
    if seen.numeric and seen.distinct > NUMERIC_LEVELS:
        edges = tuple(sorted({float(cut) for cut in seen.cuts if cut < (seen.high or 0)}))
        return _Plan(name, seen, edges=edges or (float(seen.low or 0),))
    if name in roles.text or name == roles.id or (name in roles.ignored and seen.distinct > NUMERIC_LEVELS):
        return _Plan(name, seen, counted=False)
    if seen.complete and seen.distinct <= KEPT_LEVELS:
        return _Plan(name, seen)
    return _Plan(name, seen, kept=tuple(seen.levels)) if seen.levels else _Plan(name, seen, counted=False)


def tally(source: Source, roles: Roles, seen: Mapping[str, Seen], aggregated: bool = False) -> Tally:
    """Count the source in one scan (`aggregated`: its rows were counts, so repeats mean nothing)."""
    plans = [_plan(name, seen[name], roles) for name in source.fields]
    keys = [f"{group_key(name, roles, seen)} AS k{i}" for i, name in enumerate(roles.groups)]
    sets = _key_sets(roles, seen)
    rows = _rows(source)
    modulus = 1 << max(0, math.ceil(math.log2(max(1, rows) / HASHED_ROWS)))
    row_hash = f"hash({', '.join(quoted(name) for name in source.fields)})"
    id_hash = f"hash({quoted(roles.id)})" if roles.id else row_hash
    known = f" AND {quoted(roles.id)} IS NOT NULL" if roles.id else ""
    asked = [
        *keys,
        f"{_outcome(roles, seen)} AS outcome",
        "grouping_id(" + ", ".join(f"k{i}" for i in range(len(keys))) + ") AS which" if len(sets) > 1 else "0 AS which",
        "count(*) AS n",
        f"list({row_hash}) FILTER ({row_hash} % {modulus} = 0) AS row_hashes",
        f"list({id_hash}) FILTER ({id_hash} % {modulus} = 0{known}) AS id_hashes" if roles.id else "NULL AS id_hashes",
    ]
    names = ("counts", "missing", "low", "high")
    for i, plan in enumerate(plans):
        asked += [f"{sql} AS {name}{i}" for name, sql in zip(names, plan.sql(), strict=True)]
    grouping = ", ".join("(" + ", ".join([*(f"k{i}" for i in key), "outcome"]) + ")" for key in sets)
    query = f"SELECT {', '.join(asked)} FROM {source.relation} GROUP BY GROUPING SETS ({grouping})"
    scanned = source.connection.sql(query).to_arrow_table()
    return _assemble(scanned, plans, roles, sets, modulus, aggregated)


def _rows(source: Source) -> int:
    return int(source.connection.execute(f"SELECT count(*) FROM {source.relation}").fetchall()[0][0])


def group_key(name: str, roles: Roles, seen: Mapping[str, Seen]) -> str:
    """Return the SQL of a group column's level: its text, or the band that it falls in."""
    if name not in roles.bands:
        return as_text(name, seen[name].type)
    bands = roles.bands[name]
    cases = [
        f"WHEN {quoted(name)} < {edge!r} THEN {literal(label)}"
        for edge, label in zip(bands.edges, bands.labels, strict=False)
    ]
    return f"CASE {' '.join(cases)} WHEN {quoted(name)} IS NOT NULL THEN {literal(bands.labels[-1])} END"


def _outcome(roles: Roles, seen: Mapping[str, Seen]) -> str:
    if roles.target is None:
        return str(NO_OUTCOME)
    text = as_text(roles.target, seen[roles.target].type)
    listed = ", ".join(literal(value) for value in roles.positive)
    return f"CASE WHEN {quoted(roles.target)} IS NULL THEN {NO_OUTCOME} WHEN {text} IN ({listed}) THEN 1 ELSE 0 END"


def _key_sets(roles: Roles, seen: Mapping[str, Seen]) -> list[tuple[int, ...]]:
    """Return the joint of all groups as one key, or each group by itself where the joint could be too large."""
    joint = math.prod(
        len(roles.bands[name].labels) if name in roles.bands else seen[name].distinct + 1 for name in roles.groups
    )
    if joint <= MAX_JOINT:
        return [tuple(range(len(roles.groups)))]
    return [(i,) for i in range(len(roles.groups))]


def _assemble(
    scanned: pa.Table,
    plans: Sequence[_Plan],
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
    tables = {named[key]: pd.DataFrame({**keyed(key, at), COUNT: sizes[at]}) for key, at in belongs.items()}
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
        columns=columns,
        repeated_rows=_repeats(scanned["row_hashes"].take(first), modulus),
        repeated_ids=_repeats(scanned["id_hashes"].take(first), modulus) if roles.id else None,
        aggregated=aggregated,
    )


def _mask(key: tuple[int, ...], groups: int) -> int:
    """Return the grouping_id of a key: a bit per group column that is not in it."""
    return sum(1 << (groups - 1 - i) for i in range(groups) if i not in key)


def _levels_of(scanned: pa.Table, i: int, plan: _Plan, at: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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
        labels = _bin_labels(plan.edges) if plan.edges else None
        for level, n in entries.items():
            if n:
                names.append(labels[level] if labels else level)
                rows.append(int(row))
                counts.append(n)
    level = np.asarray([*names, *[None] * len(lost)], dtype=object)
    return level, np.asarray([*rows, *lost], dtype=np.int64), np.asarray([*counts, *absent[absent > 0]], np.int64)


def _bin_labels(edges: Sequence[float]) -> dict[float, str]:
    """Return upper edge -> the words for its bin; the last, above all edges, is at inf.

    >>> _bin_labels([0.0, 5.0])
    {0.0: '≤ 0', 5.0: '> 0 to 5', inf: '> 5'}
    """
    labels = {edges[0]: f"≤ {edges[0]:.6g}", math.inf: f"> {edges[-1]:.6g}"}
    inner = {high: f"> {low:.6g} to {high:.6g}" for low, high in itertools.pairwise(edges)}
    return {edges[0]: labels[edges[0]], **inner, math.inf: labels[math.inf]}


def _column(
    plan: _Plan, parts: Mapping[tuple[str, ...], pd.DataFrame], scanned: pa.Table, i: int, at: np.ndarray
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
