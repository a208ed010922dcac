"""The slice search: candidates found on some rows of the source, and counted on others."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from auditor.counts.columns import bin_labels
from auditor.counts.extras import Slice, Slices
from auditor.counts.names import COUNT, LEVEL, NO_OUTCOME, OTHER, OUTCOME
from auditor.counts.tally import Tally
from auditor.engines.slice_rows import MOST_CODES, Drawn
from auditor.engines.sql import group_key, outcome_sql
from auditor.loaders.source import Source, columns, literal, quoted
from auditor.stats.clusters import clustered
from auditor.stats.slices import Conditions, candidates
from auditor.use.roles import BINS, Roles, Seen

SUPPORT = 0.01
MIN_ROWS = 30  # of a slice, on the rows that are searched
MIN_KNOWN = 200  # outcomes: under this no half of the rows would show anything
QUARTERS = 4
MAX_LEVELS = 30  # of a column; rarer ones are no conditions
NOT_RECORDED = "(not recorded)"
PLACE = "(place)"
HASH = "(hash)"
SEARCHED = 50_000  # rows in which candidates are looked for
TESTED = 500_000  # rows that they are counted on
REPEATED = 0.5  # the share of rows that repeat another from which on equal rows are different people
DISTINGUISHING = 1_000  # combinations of levels per row from which on columns distinguish rows


@dataclass(frozen=True)
class _Cut:
    """How a column becomes conditions: SQL that gives the place of a row's level in `labels`, or -1.

    `place` gives it for a level, for the bin with an upper edge, and for None, which is a missing value.
    """

    name: str
    sql: str
    labels: tuple[str, ...]
    place: Callable[[Any], int]


class _Rows(NamedTuple):
    """Rows to look at: the place of each in every cut, whether it is favourable, whether it is searched, its hash."""

    places: list[np.ndarray]
    favourable: np.ndarray
    searched: np.ndarray
    turns: np.ndarray


def search(
    source: Source, tally: Tally, seen: Mapping[str, Seen], seed: int = 0, drawn: Drawn | None = None
) -> Slices | None:
    """Find the slices of lowest rate on some rows and count them on others; None where there is too little to search.

    Up to SEARCHED rows, and never more than half, are searched: those of lowest hash; the next TESTED are tested. The
    hash does not use the outcome and is equal for all rows of a person, or of a cluster, so that nothing in the tested
    rows was known when a slice was picked. It does not stratify by group: the tested rows keep the make-up of the
    data, so the rates are theirs too, and no small group is used up by the search. Rows that were `drawn` when columns
    were counted are not read again.
    """
    known = 0 if tally.roles.weight else _known(tally)
    cuts = list(_cuts(tally, seen)) if known >= MIN_KNOWN else []
    if not cuts:
        return None
    rows = _taken(drawn, cuts, tally, known) if drawn else None
    places, favourable, first, turns = rows or _read(source, cuts, tally, seen, known, seed)
    support = max(SUPPORT, MIN_ROWS / max(1, int(first.sum())))
    slices = candidates(
        [of[first] for of in places], [len(cut.labels) for cut in cuts], favourable[first], support=support
    )
    kept, hits = [of[~first] for of in places], favourable[~first]
    recur = tally.roles.cluster or (tally.roles.id and tally.repeated_ids and tally.repeated_ids.extra)
    people = np.unique(turns[~first], return_inverse=True)[1] if recur else None
    found = []
    for conditions in slices:
        held = _held(kept, len(hits), conditions)
        effects = [] if people is None else [_effect(people, hits, rows) for rows in (held, ~held)]
        found.append(Slice(_words(cuts, conditions), int((held & hits).sum()), int(held.sum()), *effects))
    return Slices(
        tuple(found),
        int(hits.sum()),
        len(hits),
        tested="the half that was not searched"
        if known <= 2 * SEARCHED
        else f"all but the {first.sum():,} searched"
        if sum(_shares(known)) >= 1
        else f"{len(hits):,} of those not searched, chosen by a hash",
    )


def ask(
    drawn: Drawn,
    source: Source,
    roles: Roles,
    seen: Mapping[str, Seen],
    known: int,
    labels: Mapping[str, Sequence[Any]],
) -> None:
    """Ask for the rows that `search` will look at, of `known` with an outcome, where they can be held."""
    if not roles.target or roles.weight or known < MIN_KNOWN:
        return
    wanted = {name: labels[name] for name in (*roles.groups, *roles.features) if name in labels}
    share = min(1.0, sum(_shares(known)))
    if known * share * len(wanted) <= MOST_CODES:
        unit = quoted(roles.unit) if roles.unit else _record(source, roles, seen, known)
        drawn.ask(_turn(unit, drawn.seed), _highest(share), wanted)


def _taken(drawn: Drawn, cuts: Sequence[_Cut], tally: Tally, known: int) -> _Rows | None:
    """Return the rows that were drawn; None where they are other ones than a query would read."""
    roles = tally.roles
    lost = tally.columns[roles.unit].missing if roles.unit else tally.repeated_rows.share > REPEATED
    if not drawn.filled or lost:
        return None
    places = []
    for cut in cuts:
        labels, missing = drawn.labels.get(cut.name, ()), tally.columns[cut.name].missing
        at = [cut.place(label) for label in labels]
        elsewhere = drawn.elsewhere.get(cut.name, missing)
        not_recorded = cut.place(None)
        if not {*range(len(cut.labels))} <= {*at, not_recorded} or (not_recorded >= 0 and 0 < missing < elsewhere):
            return None
        at.append(not_recorded if missing else -1)
        places.append(np.array(at, np.int8)[drawn.codes(cut.name)])
    return _Rows(places, drawn.favourable, drawn.turns <= np.uint64(_highest(_shares(known)[0])), drawn.turns)


def _read(source: Source, cuts: Sequence[_Cut], tally: Tally, seen: Mapping[str, Seen], known: int, seed: int) -> _Rows:
    """Read the rows in a scan of their own."""
    rows, unit = _units(source, tally, seen, known)
    searched, tested = _shares(known)
    inner = f"SELECT *, {_turn(unit, seed)} AS {quoted(HASH)} FROM {rows}"
    outcome = outcome_sql(tally.roles, seen)
    query = (
        f"SELECT {', '.join(_coded(cuts))}, ({outcome}) = 1 AS y, "
        f"{quoted(HASH)} <= {_highest(searched)}::UBIGINT AS searched, {quoted(HASH)} AS turn FROM ({inner}) "
        f"WHERE {quoted(HASH)} <= {_highest(min(1.0, searched + tested))}::UBIGINT AND ({outcome}) >= 0"
    )
    found = source.connection.execute(query).fetchnumpy()
    favourable, first = (np.asarray(found[name], dtype=bool) for name in ("y", "searched"))
    places = [np.asarray(found[f"c{i}"]) for i in range(len(cuts))]
    return _Rows(places, favourable, first, np.asarray(found["turn"]))


def _shares(known: int) -> tuple[float, float]:
    """Return the shares of the rows with an outcome that are searched and tested; together they may pass 1."""
    return min(0.5, SEARCHED / known), TESTED / known


def _turn(unit: str, seed: int) -> str:
    """Return the SQL of the hash by which rows are chosen.

    Hashed twice: the hash of several columns is a chain of exclusive ors, and a seed within it only flips the halves.
    """
    return f"hash(xor(hash({unit}), hash({seed})))"


def _highest(share: float) -> int:
    """Return the hash up to which a share of all hashes lies."""
    return min(2**64 - 1, int(share * 2**64))


def _held(codes: Sequence[np.ndarray], rows: int, conditions: Conditions) -> np.ndarray:
    """Return whether all conditions hold, row by row."""
    held = np.ones(rows, dtype=bool)
    for column, level in conditions:
        held &= codes[column] == level
    return held


def _effect(people: np.ndarray, favourable: np.ndarray, rows: np.ndarray) -> float:
    """Return how many of these rows count as one, for people recur among them."""
    return clustered(people[rows], favourable[rows], len(people)).effect


def _known(tally: Tally) -> int:
    if tally.roles.target is None:
        return 0
    frame = next(iter(tally.tables.values()))
    return int(frame.loc[frame[OUTCOME] != NO_OUTCOME, COUNT].sum())


def _units(source: Source, tally: Tally, seen: Mapping[str, Seen], known: int) -> tuple[str, str]:
    """Return the relation to read and what is hashed: cluster or person, else all but the outcome, else a row's place.

    Where most rows repeat another, as in rows that were counts, equal rows are different people whom the columns
    cannot distinguish; to keep them together would leave whole combinations of levels on one side.
    """
    roles = tally.roles
    placed = f"(SELECT *, row_number() OVER () AS {quoted(PLACE)} FROM {source.relation})"
    if not tally.aggregated and roles.unit:
        if not tally.columns[roles.unit].missing:
            return source.relation, quoted(roles.unit)
        unit = quoted(roles.unit)  # a row without one is a unit of its own
        return placed, f"CASE WHEN {unit} IS NULL THEN hash({quoted(PLACE)}) ELSE hash({unit}) END"
    if tally.aggregated or tally.repeated_rows.share > REPEATED:
        return placed, quoted(PLACE)
    return source.relation, _record(source, roles, seen, known)


def _record(source: Source, roles: Roles, seen: Mapping[str, Seen], rows: int) -> str:
    return columns(distinguishing([name for name in source.record if name != roles.target], seen, rows))


def distinguishing(names: Sequence[str], seen: Mapping[str, Seen], rows: int) -> list[str]:
    """Return enough of the columns to distinguish rows: to hash them all would cost as much as reading them."""
    chosen, kinds = [], 1
    for name in sorted(names, key=lambda name: -seen[name].distinct if name in seen else 0):
        chosen.append(name)
        kinds *= max(1, seen[name].distinct if name in seen else 1)
        if kinds > DISTINGUISHING * rows:
            break
    return chosen


def _cuts(tally: Tally, seen: Mapping[str, Seen]) -> Iterator[_Cut]:
    """Yield the columns that have two levels or more, bins of a number or a missing level with enough rows."""
    for name in (*tally.roles.groups, *tally.roles.features):
        column = tally.columns[name]
        binned = bool(column.edges) and name not in tally.roles.groups
        cut = _binned(name, seen[name], column.missing > 0) if binned else _levelled(name, tally, seen)
        if len(cut.labels) > 1:
            yield cut


def _binned(name: str, seen: Seen, missing: bool) -> _Cut:
    step = BINS // QUARTERS
    edges = sorted({float(cut) for cut in seen.cuts[step - 1 :: step] if cut < (seen.high or 0)})
    if not edges:
        return _Cut(name, "-1", (), lambda edge: -1)
    number = f"CAST({quoted(name)} AS DOUBLE)"
    cases = " ".join(f"WHEN {number} <= {edge!r} THEN {i}" for i, edge in enumerate(edges))
    sql = f"CASE WHEN {number} IS NULL THEN {len(edges) + 1} {cases} ELSE {len(edges)} END"
    labels = (*bin_labels(edges).values(), *([NOT_RECORDED] if missing else []))
    return _Cut(name, sql, labels, lambda edge: len(edges) + 1 if edge is None else bisect_left(edges, edge))


def _levelled(name: str, tally: Tally, seen: Mapping[str, Seen]) -> _Cut:
    """Cut by the levels with enough rows, counted over all rows: the outcome had no part in choosing them."""
    grouped = name in tally.roles.groups
    frame = next(frame for key, frame in tally.tables.items() if name in key) if grouped else tally.columns[name].table
    if not len(frame):
        return _Cut(name, "-1", (), lambda level: -1)
    sizes = frame.groupby(name if grouped else LEVEL, dropna=False)[COUNT].sum()
    large = sizes[(sizes >= SUPPORT * tally.rows) & (sizes.index != OTHER)].sort_values(ascending=False, kind="stable")
    levels = [level for level in large.index[:MAX_LEVELS] if isinstance(level, str)]
    missing = tally.columns[name].missing >= SUPPORT * tally.rows
    text = group_key(name, tally.roles, seen)
    place = f"coalesce(list_position([{', '.join(literal(level) for level in levels)}]::VARCHAR[], {text}), 0) - 1"
    sql = f"CASE WHEN ({text}) IS NULL THEN {len(levels) if missing else -1} ELSE {place} END"
    places = {level: i for i, level in enumerate((*levels, *([None] if missing else [])))}
    return _Cut(name, sql, (*levels, *([NOT_RECORDED] if missing else [])), lambda level: places.get(level, -1))


def _coded(cuts: Sequence[_Cut]) -> list[str]:
    return [f"CAST({cut.sql} AS TINYINT) AS c{i}" for i, cut in enumerate(cuts)]


def _words(cuts: Sequence[_Cut], conditions: Conditions) -> tuple[tuple[str, str], ...]:
    return tuple((cuts[column].name, cuts[column].labels[level]) for column, level in conditions)
