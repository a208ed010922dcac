"""Which groups are so small that their numbers would describe single people, and which would disclose those."""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from auditor.counts.names import COUNT, NO_OUTCOME, OUTCOME
from auditor.counts.tally import Tally
from auditor.model import Few
from auditor.reporter.showing import closed, is_few

if TYPE_CHECKING:
    import pandas as pd

JOINT = " · "  # between the levels, or the columns, of a joint group
DEEPEST = 3  # columns of the joint groups that findings name, except for the joint of all columns
MOST_CELLS = 20_000  # of a joint table; no report lists more
Key = tuple[str, ...]


@dataclass
class _Counts:
    """The rows of a group: all of them, and those with a favourable and with another outcome."""

    rows: int = 0
    favourable: int = 0
    unfavourable: int = 0


def few_of(tally: Tally, least: int) -> Few | None:
    """Return the groups, and joint groups, of under `least` rows, whose numbers are suppressed; None: no group is."""
    if least < 2:
        return None
    few: dict[str, Key] = {}
    beside: dict[str, Key] = {}
    for columns in _sets(tally):
        counts = _counts(tally, columns)
        if len(counts) > MOST_CELLS:
            continue
        # A reader of the report does not know that a hidden cell is empty, so it protects others too.
        axes = [sorted({key[at] for key in counts}) for at in range(len(columns))]
        if math.prod(map(len, axes)) <= MOST_CELLS:
            counts = {key: counts.get(key, _Counts()) for key in itertools.product(*axes)}
        small = {key for key, of in counts.items() if is_few(of.rows, least)}
        if len(columns) == 1:
            hidden = _with_another(counts, small, least)
        else:
            kept = {name: (*few.get(name, ()), *beside.get(name, ())) for name in columns}
            hidden = small | {
                key for key in counts if any(level in kept[name] for name, level in zip(columns, key, strict=True))
            }
            hidden = _closed(counts, hidden, least)
        name = JOINT.join(columns)
        if small:
            few[name] = tuple(sorted(JOINT.join(key) for key in small))
        if hidden - small:
            beside[name] = tuple(sorted(JOINT.join(key) for key in hidden - small))
    return Few(least, few, beside)


def together(tally: Tally, few: Few) -> Tally | None:
    """Return a tally in which groups that are too small are merged with another; None if no group is too small.

    Everything computed from it follows from the totals and the other groups, which may be published. It does not depend
    on how the outcomes are divided between the two.
    """
    into = {
        name: dict.fromkeys(few.few[name], few.beside[name][0])
        for name in tally.roles.groups
        if few.few.get(name) and few.beside.get(name) and not tally.clusters.get(name)
    }
    if not into:
        return None
    return replace(tally, tables=_joined(tally.tables, into), withheld=_joined(tally.withheld, into))


def _joined(tables: Mapping[Key, pd.DataFrame], into: Mapping[str, Mapping[str, str]]) -> dict[Key, pd.DataFrame]:
    found = {}
    for key, frame in tables.items():
        renamed = frame.copy()
        for name in into.keys() & {*key}:  # one by one: any name may be a column's
            renamed[name] = renamed[name].replace(into[name])
        by = [name for name in (*key, OUTCOME) if name in frame]
        found[key] = renamed.groupby(by, dropna=False, sort=False, as_index=False).sum()[list(frame.columns)]
    return found


def _with_another(counts: Mapping[Key, _Counts], hidden: set[Key], least: int) -> set[Key]:
    """Return the small groups, and the one they are merged with where a total would disclose them.

    It is the first by its name: to choose the one with fewer rows, or fewer of an outcome, would disclose something.
    """
    others = [key for key, of in counts.items() if key not in hidden and of.rows]
    if not others or closed({key: of.rows for key, of in counts.items()}, hidden, least) == hidden:
        return hidden
    return {*hidden, min(others)}


def _closed(counts: Mapping[Key, _Counts], hidden: Collection[Key], least: int) -> set[Key]:
    """Return the cells that are hidden, and those that would disclose them or their outcomes."""
    found = set(hidden)
    for part in ("rows", "favourable", "unfavourable"):
        found = closed({key: getattr(of, part) for key, of in counts.items()}, found, least)
    return found


def _sets(tally: Tally) -> Iterator[Key]:
    """Yield the group columns, each by itself first, and those that are counted jointly."""
    groups = tally.roles.groups
    joint = {key for key in tally.tables if len(key) > 1}
    sizes = sorted({*range(1, min(DEEPEST, len(groups)) + 1), len(groups)} - {0})
    for size in sizes:
        for columns in itertools.combinations(groups, size):
            if size == 1 or any({*columns} <= {*key} for key in joint):
                yield columns


def _counts(tally: Tally, columns: Key) -> Mapping[Key, _Counts]:
    """Return the rows of each joint group with every level recorded, unweighted."""
    found: dict[Key, _Counts] = {}
    for tables in (tally.tables, tally.withheld):
        frame = next((frame for key, frame in tables.items() if {*columns} <= {*key}), None)
        if frame is None:
            continue
        outcomes = frame[OUTCOME].tolist() if OUTCOME in frame else [NO_OUTCOME] * len(frame)
        keys = zip(*(frame[name] for name in columns), strict=True)
        for key, outcome, n in zip(keys, outcomes, frame[COUNT].tolist(), strict=True):
            if _recorded(key):
                of = found.setdefault(key, _Counts())
                of.rows += n
                of.favourable += n * (outcome == 1)
                of.unfavourable += n * (outcome == 0)
    return found


def _recorded(key: Collection[object]) -> bool:
    return all(isinstance(level, str) for level in key)
