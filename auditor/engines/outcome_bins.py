"""A numeric outcome: where its median lies, and the edges of its fine bins; the same for every engine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from auditor.counts.edges import (
    FINE_BINS,
    MOST_EDGES,
    Values,
    between,
    bounds_of,
    crowded,
    finer,
    marked,
)
from auditor.engines.plans import joint, key_sets, modulus_for
from auditor.errors import RoleError
from auditor.model import Decision
from auditor.use.roles import Cut, Roles, Seen
from auditor.use.says import Says

MOST_TOGETHER = 1_000  # combinations of groups whose numbers are binned jointly
MOST_COUNTS = 4_000_000  # bins times groups and outcomes: with very many groups, bins stay coarse
LOOKED_AT = 1 << 18  # values of all groups together that finer edges are chosen from
SAYS = Says(median="'{target}' is a number. Values above the median of all rows, {median:number}, count as favourable.")


class Binned(NamedTuple):
    """Rows in each bin, by its inclusive upper edge, of one combination of groups; the lowest and highest number."""

    levels: tuple[str | None, ...]
    low: float
    high: float
    bins: Mapping[float, int]


class Numbers(Protocol):
    """What an engine can say of the numbers in a column."""

    def quantiles(self, steps: Sequence[float]) -> Sequence[float]:
        """Return these quantiles of the peeked rows, each a value that occurs."""

    def distinct(self, most: int) -> Sequence[float]:
        """Return the values of the peeked rows, in ascending order; of more than `most`, one more than these."""

    def binned(self, edges: Sequence[float], groups: Sequence[str]) -> Sequence[Binned]:
        """Return the rows with a number in each bin, for each combination of these groups that has some."""

    def ranked(self, low: float | None, high: float, rank: int) -> float:
        """Return the value of a rank, from 1 in ascending order, among those above `low` and up to `high`."""

    def within(
        self, group: str, ranges: Sequence[tuple[float, float]], moduli: Mapping[str, int]
    ) -> Mapping[str, Values]:
        """Return a group's level -> its values in some ranges: of as many values as its modulus says, one."""


def settle(numbers: Numbers, roles: Roles, seen: Mapping[str, Seen]) -> tuple[Roles, tuple[float, ...]]:
    """Return the roles with the median of a numeric outcome found, and the edges of its fine bins.

    The edges are quantiles of the peek, and where groups would share a bin, quantiles of each of them; few rows have
    each value apart. The median is exact, found by counting in the bins and then in the one that holds it, so that no
    column is held in memory.
    """
    if roles.cut is None or roles.target is None:
        return roles, ()
    known, most = seen[roles.target], _room(roles, seen)
    steps = [i / FINE_BINS for i in range(1, FINE_BINS)]
    if known.complete and known.known <= most:
        steps = [(i + 0.5) / known.known for i in range(known.known)]
    kind, edges = known.type, marked(numbers.quantiles(steps), known.type)
    together = _together(roles, seen)
    counted = numbers.binned(edges, together) if edges else ()
    if not counted:
        raise RoleError(f"target '{roles.target}' has no value in any row")
    bins: dict[float, int] = {}
    for part in counted:
        for edge, n in part.bins.items():
            bins[edge] = bins.get(edge, 0) + n
    low, high = min(part.low for part in counted), max(part.high for part in counted)
    found = _apart(numbers, counted, edges, together, (low, high), kind, most - len(edges))
    fine = between(sorted({*edges, *found}), low, high)
    if roles.cut.value is not None:
        return roles, fine
    rows = sum(bins.values())
    middle = [ranked(numbers, edges, bins, rank) for rank in ((rows + 1) // 2, rows // 2 + 1)]
    median = sum(middle) / 2
    if not math.isfinite(median):
        raise RoleError(
            f"the median of target '{roles.target}' is not finite; state what is favourable: --positive '>= …'"
        )
    decision = Decision(
        SAYS("median", target=roles.target, median=median),
        "favourable outcome",
        (roles.target,),
        "--positive '>= …'",
        warning=True,
    )
    return replace(roles, cut=Cut(">", median, median=True), reading=(*roles.reading, decision)), fine


def _room(roles: Roles, seen: Mapping[str, Seen]) -> int:
    """Return how many edges there may be: fewer where groups and outcomes have very many combinations."""
    return max(FINE_BINS, min(MOST_EDGES, MOST_COUNTS // joint_cells(roles, seen)))


def joint_cells(roles: Roles, seen: Mapping[str, Seen]) -> int:
    """Return how many joint groups and outcomes there can be."""
    return max(joint(key, roles, seen) for key in key_sets(roles, seen))


def _together(roles: Roles, seen: Mapping[str, Seen]) -> tuple[str, ...]:
    """Return the group columns that are counted jointly here: as many of the first as have few combinations."""
    chosen: list[str] = []
    combinations = 1
    for group in roles.groups:
        levels = len(roles.bands[group].labels) if group in roles.bands else seen[group].distinct + 1
        if combinations * levels <= MOST_TOGETHER:
            chosen.append(group)
            combinations *= levels
    return tuple(chosen)


def _apart(
    numbers: Numbers,
    counted: Sequence[Binned],
    edges: Sequence[float],
    groups: Sequence[str],
    ends: tuple[float, float],
    kind: str,
    room: int,
) -> list[float]:
    """Return about `room` more edges where levels of a group column share bins, so that they can be compared."""
    asked = {}
    for i, group in enumerate(groups):
        counts = _of_group(counted, edges, i)
        if bins := crowded(counts, edges, kind, *ends):
            asked[group] = (counts, bins)
    several = sum(len(bins) for _, bins in asked.values())
    found: list[float] = []
    for group, (counts, bins) in asked.items():
        rows = {level: sum(counts[level][place] for place in places) for level, places in bins.items()}
        moduli = {level: modulus_for(n, LOOKED_AT // several) for level, n in rows.items()}
        ranges = [bounds_of(edges, place) for place in sorted({place for places in bins.values() for place in places})]
        values = numbers.within(group, ranges, moduli)
        for level, places in bins.items():
            parts = max(2, min(FINE_BINS, room // several))
            found += finer(values.get(level, ()), edges, places, sum(counts[level]), parts, kind)
    return found


def _of_group(counted: Sequence[Binned], edges: Sequence[float], i: int) -> dict[str, list[int]]:
    """Return level of the i-th group column -> its rows in each bin."""
    place = {edge: at for at, edge in enumerate((*edges, math.inf))}
    found: dict[str, list[int]] = {}
    for part in counted:
        level = part.levels[i]
        if level is not None:
            of = found.setdefault(level, [0] * len(place))
            for edge, n in part.bins.items():
                of[place[edge]] += n
    return found


def ranked(numbers: Numbers, edges: Sequence[float], bins: Mapping[float, int], rank: int) -> float:
    """Return the value of a rank by way of the bin that holds it."""
    below, low = 0, -math.inf
    for edge in (*edges, math.inf):
        if below + bins.get(edge, 0) >= rank:
            break
        below, low = below + bins.get(edge, 0), edge
    return numbers.ranked(low if below else None, edge, rank - below)
