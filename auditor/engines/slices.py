"""The slice search: candidates found on some rows of the source, and counted, in one query, on the others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.engines.duckdb import BINS, group_key, outcome_sql
from auditor.engines.sample import IN_ALL
from auditor.engines.tally import COUNT, LEVEL, NO_OUTCOME, OTHER, OUTCOME, Slice, Slices, Tally, bin_labels
from auditor.roles import Seen
from auditor.source import Source, columns, literal, quoted
from auditor.stats.slices import Conditions, candidates

SUPPORT = 0.01
MIN_ROWS = 30  # of a slice, on the rows that are searched
MIN_KNOWN = 200  # outcomes: under this no half of the rows would show anything
QUARTERS = 4
MAX_LEVELS = 30  # of a column; rarer ones are no conditions
NOT_RECORDED = "(not recorded)"
PLACE = "(place)"


@dataclass(frozen=True)
class _Cut:
    """How a column becomes conditions: SQL that gives the place of a row's level in `labels`, or -1."""

    name: str
    sql: str
    labels: tuple[str, ...]


def search(source: Source, tally: Tally, seen: Mapping[str, Seen], seed: int = 0) -> Slices | None:
    """Find the slices of lowest rate on some rows and count them on the rest; None where there is too little to search.

    Up to IN_ALL rows, and never more than half, are searched: those of lowest hash. The hash is blind to the outcome
    and equal for all rows of a person, so that nothing of what the tested rows show was known when a slice was
    picked. It does not stratify by group: the tested rows keep the make-up of the data, so the rates are theirs too,
    and no small group is used up by the search.
    """
    known = 0 if tally.roles.weight else _known(tally)
    cuts = list(_cuts(tally, seen)) if known >= MIN_KNOWN else []
    if not cuts:
        return None
    rows, unit = _units(source, tally)
    share = min(0.5, IN_ALL / known)
    # Hashed twice: the hash of several columns is a chain of exclusive ors, and a seed within it only flips the halves.
    low = f"hash(xor(hash({unit}), hash({seed}))) <= {int(share * (2**64 - 1))}::UBIGINT"
    outcome = outcome_sql(tally.roles, seen)
    query = f"SELECT {', '.join(_coded(cuts))}, ({outcome}) = 1 AS y FROM {rows} WHERE {low} AND ({outcome}) >= 0"
    found = source.connection.execute(query).fetchnumpy()
    favourable = np.asarray(found["y"], dtype=bool)
    codes = [np.asarray(found[f"c{i}"]) for i in range(len(cuts))]
    support = max(SUPPORT, MIN_ROWS / max(1, len(favourable)))
    slices = candidates(codes, [len(cut.labels) for cut in cuts], favourable, support=support)
    counts = _counts(source, cuts, slices, f"{rows} WHERE NOT {low} AND ({outcome}) >= 0", outcome)
    return Slices(
        tuple(Slice(_words(cuts, conditions), *pair) for conditions, pair in zip(slices, counts[1:], strict=True)),
        *counts[0],
        tested="the half that was not searched" if share == 0.5 else f"all but the {len(favourable):,} searched",
    )


def _known(tally: Tally) -> int:
    if tally.roles.target is None:
        return 0
    frame = next(iter(tally.tables.values()))
    return int(frame.loc[frame[OUTCOME] != NO_OUTCOME, COUNT].sum())


def _units(source: Source, tally: Tally) -> tuple[str, str]:
    """Return the relation to read and what is hashed: the person, else all but the outcome, else a row's place.

    Where most rows repeat another, as in rows that were counts, equal rows are different people whom the columns
    cannot tell apart; to keep them together would leave whole combinations of levels on one side.
    """
    roles = tally.roles
    if not tally.aggregated and roles.id and not tally.columns[roles.id].missing:
        return source.relation, quoted(roles.id)
    if tally.aggregated or tally.repeated_rows.share > 0.5:
        return f"(SELECT *, row_number() OVER () AS {quoted(PLACE)} FROM {source.relation})", quoted(PLACE)
    return source.relation, columns(name for name in source.record if name != roles.target)


def _cuts(tally: Tally, seen: Mapping[str, Seen]) -> Iterator[_Cut]:
    """Yield the columns that have two levels or more, bins of a number or a missing level with enough rows."""
    for name in (*tally.roles.groups, *tally.roles.features):
        column = tally.columns[name]
        binned = bool(column.edges) and name not in tally.roles.bands
        cut = _binned(name, seen[name], column.missing > 0) if binned else _levelled(name, tally, seen)
        if len(cut.labels) > 1:
            yield cut


def _binned(name: str, seen: Seen, missing: bool) -> _Cut:
    step = BINS // QUARTERS
    edges = sorted({float(cut) for cut in seen.cuts[step - 1 :: step] if cut < (seen.high or 0)})
    if not edges:
        return _Cut(name, "-1", ())
    number = f"CAST({quoted(name)} AS DOUBLE)"
    cases = " ".join(f"WHEN {number} <= {edge!r} THEN {i}" for i, edge in enumerate(edges))
    sql = f"CASE WHEN {number} IS NULL THEN {len(edges) + 1} {cases} ELSE {len(edges)} END"
    return _Cut(name, sql, (*bin_labels(edges).values(), *([NOT_RECORDED] if missing else [])))


def _levelled(name: str, tally: Tally, seen: Mapping[str, Seen]) -> _Cut:
    """Cut by the levels with enough rows, counted over all rows: the outcome had no part in choosing them."""
    grouped = name in tally.roles.groups
    frame = next(frame for key, frame in tally.tables.items() if name in key) if grouped else tally.columns[name].table
    if not len(frame):
        return _Cut(name, "-1", ())
    sizes = frame.groupby(name if grouped else LEVEL, dropna=False)[COUNT].sum()
    large = sizes[(sizes >= SUPPORT * tally.rows) & (sizes.index != OTHER)].sort_values(ascending=False, kind="stable")
    levels = [level for level in large.index[:MAX_LEVELS] if isinstance(level, str)]
    missing = tally.columns[name].missing >= SUPPORT * tally.rows
    text = group_key(name, tally.roles, seen)
    place = f"coalesce(list_position([{', '.join(literal(level) for level in levels)}]::VARCHAR[], {text}), 0) - 1"
    sql = f"CASE WHEN ({text}) IS NULL THEN {len(levels) if missing else -1} ELSE {place} END"
    return _Cut(name, sql, (*levels, *([NOT_RECORDED] if missing else [])))


def _coded(cuts: Sequence[_Cut]) -> list[str]:
    return [f"CAST({cut.sql} AS TINYINT) AS c{i}" for i, cut in enumerate(cuts)]


def _counts(
    source: Source, cuts: Sequence[_Cut], slices: Sequence[Conditions], rows: str, outcome: str
) -> list[tuple[int, int]]:
    """Return (favourable, rows) of all the rows and of each slice, in one query."""
    used = sorted({column for conditions in slices for column, _ in conditions})
    coded = _coded(cuts)
    tests = [" AND ".join(f"c{column} = {level}" for column, level in conditions) for conditions in slices]
    asked = [f"count(*) FILTER (WHERE {test} AND y), count(*) FILTER (WHERE {test})" for test in ("true", *tests)]
    inner = ", ".join([*(coded[column] for column in used), f"({outcome}) = 1 AS y"])
    counts = source.connection.execute(f"SELECT {', '.join(asked)} FROM (SELECT {inner} FROM {rows})").fetchall()[0]
    return list(zip(counts[::2], counts[1::2], strict=True))


def _words(cuts: Sequence[_Cut], conditions: Conditions) -> tuple[tuple[str, str], ...]:
    return tuple((cuts[column].name, cuts[column].labels[level]) for column, level in conditions)
