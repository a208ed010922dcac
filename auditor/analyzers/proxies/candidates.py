"""The columns that may be proxies for a group, each with its links and the gap that it reproduces, from the tally."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from auditor.counts.effects import of_carried, of_group_link, of_link, of_outcome_link
from auditor.counts.names import COUNT, LEVEL, NO_OUTCOME, OUTCOME
from auditor.counts.tally import Tally
from auditor.stats.association import (
    Carried,
    carried_gap,
    cramers_v,
    exact_independence,
    plain_theils_u,
    stratified_independence,
    theils_u,
)
from auditor.use.derivations import PLACE_PREFIX
from auditor.use.names import words_of
from auditor.use.roles import is_numeric
from auditor.use.vocabulary import PLACES

if TYPE_CHECKING:
    import pandas as pd

ALIAS = 1 - 1e-9  # plain Theil's U from which a column is the group under another name


@dataclass(frozen=True)
class Candidate:
    """One column against one group column: its links, and the gap it reproduces for each level against the reference.

    `u` is Theil's U less chance. `names`: each of its values belongs to one level of the group only, and is shared by
    enough rows for this to mean something. `is_group`: it is a group column itself.
    """

    name: str
    total: int
    v: float
    u: float
    names: bool
    link_p: float
    outcome_v: float
    outcome_p: float
    within_p: float
    carried: Mapping[str, Carried]
    is_group: bool = False

    @property
    def p(self) -> float:
        """Both links must hold: the larger of the two p-values (intersection-union)."""
        return max(self.link_p, self.outcome_p)

    @property
    def widest(self) -> str:
        """The level with the widest carried gap."""
        return max(self.carried, key=lambda level: abs(self.carried[level].gap))


def candidates(tally: Tally, group: str, reference: str, names: list[str]) -> Iterator[Candidate]:
    """Yield every column that may be a proxy for a group, with two levels or more: features and other group columns.

    `names` are the levels of the group that have outcomes. Features derived from columns are among them; a postal code
    without derived features comes once more by its first characters.
    """
    others = [name for name in tally.roles.groups if name != group]
    for name in (*tally.features(), *others):
        yield from _columns(tally, name, group, reference, names)


def _columns(tally: Tally, name: str, group: str, reference: str, names: list[str]) -> Iterator[Candidate]:
    counted = tally.column(name)
    frame = next(frame for key, frame in counted.tables.items() if group in key)
    known = frame[frame[group].isin(names) & (frame[OUTCOME] != NO_OUTCOME) & (frame[COUNT] > 0)]
    there = set(known[group])  # of a tally with a least cell, a column may have lost all rows of a group
    names = [level for level in names if level in there]
    if reference not in there or len(names) < 2:
        return
    at, levels = known[LEVEL].factorize(use_na_sentinel=False)
    if len(levels) < 2:
        return
    places = {level if isinstance(level, str) else None: i for i, level in enumerate(levels)}
    by = _Effects(tally, name, places)
    yield _candidate(name, at, known, group, reference, names, by, is_group=name in tally.roles.groups)
    derived = name in tally.derivations or f"{name} (first {PLACE_PREFIX})" in tally.derivations
    if words_of(name) & PLACES and not counted.edges and not derived:
        # As numbers, codes have lost their leading zeros: 1001 is 01001.
        width = max(len(level) for level in levels if isinstance(level, str)) if is_numeric(counted.type) else 0
        prefixes = [level.zfill(width)[:PLACE_PREFIX] if isinstance(level, str) else None for level in levels]
        place = {prefix: i for i, prefix in enumerate(dict.fromkeys(prefixes))}
        if 1 < len(place) < len(levels):
            first = np.array([place[prefix] for prefix in prefixes])
            by = _Effects(tally, name, {level: int(first[i]) for level, i in places.items()})
            yield _candidate(f"{name} (first {PLACE_PREFIX})", first[at], known, group, reference, names, by)


@dataclass(frozen=True)
class _Effects:
    """The design effects of what is asked of a column; `at` gives the place of each of its levels."""

    tally: Tally
    name: str
    at: Mapping[str | None, int]


def _candidate(
    name: str,
    at_level: np.ndarray,
    known: pd.DataFrame,
    group: str,
    reference: str,
    names: list[str],
    by: _Effects,
    *,
    is_group: bool = False,
) -> Candidate:
    """Measure a column by itself; `at_level` has the place of each row's level among the levels."""
    at_group = {level: i for i, level in enumerate(names)}
    outcomes, counts = known[OUTCOME].to_numpy(), known[COUNT].to_numpy()
    rows = np.zeros((at_level.max() + 1, len(names)))
    favourable = np.zeros_like(rows)
    where = (at_level, known[group].map(at_group).to_numpy())
    np.add.at(rows, where, counts)
    np.add.at(favourable, where, counts * (outcomes == 1))
    by_outcome = np.column_stack([favourable.sum(axis=1), (rows - favourable).sum(axis=1)])
    explained = theils_u(rows)
    outright = explained > 0 and plain_theils_u(rows) >= ALIAS
    # A column that identifies the group has all of the group's link with the outcome: many levels must not dilute it.
    by_group = np.column_stack([favourable.sum(axis=0), (rows - favourable).sum(axis=0)])
    base = at_group[reference]
    asked = (by.tally, by.name, by.at, group)
    by_link, by_outcomes = of_link(*asked, names), of_outcome_link(*asked, names)
    by_groups = of_group_link(by.tally, group, names) if outright else 1.0
    link, link_p = exact_independence(rows, by_link)
    outcome, outcome_p = exact_independence(*((by_group, by_groups) if outright else (by_outcome, by_outcomes)))
    return Candidate(
        name=name,
        total=int(rows.sum()),
        v=cramers_v(rows, link, by_link),
        u=explained,
        names=outright,
        link_p=link_p,
        outcome_v=cramers_v(by_outcome, None if outright else outcome, by_outcomes),
        outcome_p=outcome_p,
        within_p=stratified_independence(rows, favourable, by_outcomes),
        carried={
            level: carried_gap(*pair, effect=of_carried(*asked, (level, reference), np.stack(pair)))
            for level, i in at_group.items()
            if i != base
            for pair in [(rows[:, [i, base]], favourable[:, [i, base]])]
        },
        is_group=is_group,
    )
