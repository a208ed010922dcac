"""Regions of vectors with a low selection rate, found on half of the rows and tested on the others; near copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auditor.learn.vectors import VectorStudy
from auditor.stats.counts import Pair
from auditor.stats.recovery import effective
from auditor.stats.regions import regions
from auditor.stats.slices import is_low
from auditor.stats.units import linked, taken

MIN_KNOWN = 200  # outcomes: under this no half of the rows would show anything
MIN_ROWS = 30  # of a region, on the rows that are searched


@dataclass(frozen=True)
class Region:
    """A region on the tested rows: rates of it and of all others, in rows and in units, and who is in it.

    `shares` has group -> level -> (share in the region, share elsewhere), of the rows with a level.
    """

    number: int
    pair: Pair
    units: Pair
    shares: Mapping[str, Mapping[str, tuple[float, float]]]


class Regions(NamedTuple):
    """The regions of low rate among the `searched` rows, as they are on the `tested` ones; of `clusters` in all."""

    found: tuple[Region, ...]
    searched: int
    tested: int
    clusters: int


def low_regions(study: VectorStudy, groups: tuple[str, ...], seed: int = 0) -> Regions | None:
    """Search half of the units for regions of low rate, and count these on the others; None with too few outcomes.

    Clusters are formed of vectors alone, of the searched rows. Their outcomes choose which are tested.
    """
    known = study.outcomes >= 0
    if known.sum() < MIN_KNOWN:
        return None
    unit = linked(study.ways)
    assert unit is not None  # copies are a way
    first = (np.random.default_rng(seed).permutation(int(unit.max()) + 1) % 2 == 0)[unit]
    labels = regions(study.vectors, first & known)
    favourable = study.outcomes == 1
    searched, tested = first & known, ~first & known
    found = []
    for number in range(int(labels.max()) + 1):
        own, others = searched & (labels == number), searched & (labels != number)
        counts = [int(part.sum()) for part in (own & favourable, own, others & favourable, others)]
        inside, outside = tested & (labels == number), tested & (labels != number)
        if counts[1] >= MIN_ROWS and is_low(*counts) and inside.any() and outside.any():
            shares = {group: _shares(study, group, inside, outside) for group in groups}
            found.append(Region(number + 1, *_pairs(study, favourable, inside, outside), shares))
    return Regions(tuple(found), int(searched.sum()), int(tested.sum()), int(labels.max()) + 1)


def _pairs(study: VectorStudy, hits: np.ndarray, inside: np.ndarray, outside: np.ndarray) -> tuple[Pair, Pair]:
    """Return the rates of two sets of rows, in rows and in units."""
    sides = [(int((hits & part).sum()), int(part.sum())) for part in (inside, outside)]
    units = [effective(hits[part], np.ones(part.sum()), taken(study.ways, part)) for part in (inside, outside)]
    return Pair(*sides[0], *sides[1]), Pair(*units[0], *units[1])


def _shares(study: VectorStudy, group: str, inside: np.ndarray, outside: np.ndarray) -> dict[str, tuple[float, float]]:
    recorded = study.recorded(group)
    parts = [recorded.take(np.flatnonzero(part & (recorded.codes >= 0))) for part in (inside, outside)]
    if not all(len(part.codes) for part in parts):
        return {}
    sizes = [len(part.codes) for part in parts]
    return {level: (parts[0].sizes[level] / sizes[0], parts[1].sizes[level] / sizes[1]) for level in parts[0].present}


class Copies(NamedTuple):
    """Sets of near copies: how many, the rows in them; of the sets with two outcomes known or more, those that differ.

    `by_level` has group -> level -> (rows with a near copy, rows), `by_outcome` the same of (favourable, others); in
    rows of effective size.
    """

    sets: int
    rows: int
    judged: int
    differ: int
    by_level: Mapping[str, Mapping[str, tuple[float, float]]]
    by_outcome: tuple[tuple[float, float], tuple[float, float]] | None


def near_copies(study: VectorStudy, groups: tuple[str, ...]) -> Copies:
    """Count near copies, and the groups and outcomes of those that have one."""
    sizes = np.bincount(study.copies)
    copied = sizes[study.copies] > 1
    known = study.outcomes >= 0
    outcomes = np.bincount(study.copies[known], minlength=len(sizes))
    favourable = np.bincount(study.copies[study.outcomes == 1], minlength=len(sizes))
    judged = outcomes > 1

    def counted(rows: np.ndarray) -> tuple[float, float]:
        return effective(copied[rows], np.ones(rows.sum()), taken(study.ways, rows))

    by_level = {
        group: {level: counted(study.recorded(group).are(level)) for level in study.levels(group)} for group in groups
    }
    by_outcome = (counted(study.outcomes == 1), counted(study.outcomes == 0)) if known.any() else None
    return Copies(
        int((sizes > 1).sum()),
        int(copied.sum()),
        int(judged.sum()),
        int((judged & (favourable > 0) & (favourable < outcomes)).sum()),
        by_level,
        by_outcome,
    )
