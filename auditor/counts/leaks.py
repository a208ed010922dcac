"""Columns that predict the outcome, from the tally: LAB003 judges them; all other rules leave out those that leak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from auditor.counts.names import COUNT, LEVEL, NO_OUTCOME, OUTCOME, PERIOD
from auditor.counts.tally import Tally
from auditor.errors import ColumnError
from auditor.model import Decision
from auditor.stats.association import cramers_v, lookup_auc, theils_u
from auditor.stats.roc import Auc
from auditor.use.says import Says
from auditor.use.usecase import UseCase

MAX_AUC = 0.98
MAX_SHARE = 0.9
MAX_ONE_SIDED = 0.9
NEAR_AUC, NEAR_ONE_SIDED = 0.9, 0.4  # from which a column is to be looked at
BORNE_OUT = 0.9  # the area from which a share is believed: in few rows of many values it is large by itself
LEAST = 30
CHANCE = 0.001  # of any value of a column that occurs with one outcome only, if outcomes fell by chance
MISSING, RECORDED = "(missing)", "(any value)"

SAYS = Says(
    leak="Target leakage: {columns:listed} predicts the outcome (LAB003) and is left out of all other rules about "
    "columns.",
    leaks="Target leakage: {columns:listed} predict the outcome (LAB003) and are left out of all other rules about "
    "columns.",
)

Counts = NDArray[np.float64]


class Limits(NamedTuple):
    """From where on a column leaks; the options of LAB003."""

    max_auc: float = MAX_AUC
    max_share: float = MAX_SHARE
    max_one_sided: float = MAX_ONE_SIDED

    @classmethod
    def of(cls, use: UseCase) -> Limits:
        """Return the limits that a use states, or the defaults."""
        return cls(**use.rules.get("LAB003", {}))


@dataclass(frozen=True)
class OneSided:
    """Values of a column that occur with one outcome only, the favourable one or the other, and what they make up.

    `covers`: the share of that outcome's rows that have one of them. `p`: the exact chance that rows of their number,
    drawn from their groups, hold none of the other outcome; the largest of the values' and of the group columns'.
    """

    favourable: bool
    values: tuple[str, ...]
    covers: float
    p: float


@dataclass(frozen=True)
class Predictive:
    """How well a column predicts the outcome: the AUC of a lookup, Theil's U less chance, and the rows.

    `apart`: it does so among people of one group too, so that no gap between groups explains it. `links` has the group
    columns that it is tied to, with Cramér's V.
    """

    column: str
    auc: Auc
    share: float
    n: int
    one_sided: OneSided | None = None
    apart: bool = True
    links: Mapping[str, float] = field(default_factory=dict)

    def leaks(self, limits: Limits) -> bool:
        """Whether the column all but is the outcome; of few rows, or by a share that no lookup bears out, it is not."""
        if self.n < LEAST:
            return False
        area = self.auc.value
        if area >= limits.max_auc or (self.share >= limits.max_share and area >= BORNE_OUT):
            return True
        return self.one_sided is not None and self.one_sided.covers >= limits.max_one_sided

    def near(self) -> bool:
        """Whether the column predicts the outcome so well that the use must state when it is recorded."""
        return self.n >= LEAST and self.apart and (self.auc.value >= NEAR_AUC or self.one_sided is not None)


def set_aside(tally: Tally, use: UseCase) -> Tally:
    """Return the tally without its leaks among the features: no other rule is to find them again under other names.

    A column stays whose link with the outcome the groups explain: it may be a proxy, and its gap must not be hidden. So
    does one that the use declares to be known before the decision ([features] not_leaks, or a stratum with a reason).
    """
    roles = tally.roles
    if roles.target is None:
        return tally
    known = known_before(tally, use)
    limits = Limits.of(use)
    names = [name for name in tally.features() if name not in known]
    leaks = tuple(of.column for of in predictive(tally, names) if of.apart and of.leaks(limits))
    if not leaks:
        return tally
    text = SAYS("leak" if len(leaks) == 1 else "leaks", columns=leaks)
    decision = Decision(text, "target leakage", leaks, "[features] not_leaks", warning=True)
    features = tuple(name for name in roles.features if name not in leaks)
    return replace(tally, roles=replace(roles, features=features, leaks=leaks, reading=(*roles.reading, decision)))


def dated_by_outcome(tally: Tally) -> bool:
    """Whether to have a date predicts the outcome: a day of entry, say, which only those who were hired have."""
    table = tally.derived[PERIOD].table
    if not len(table):
        return False
    known = table[table[OUTCOME] != NO_OUTCOME]
    sums = known.groupby([known[LEVEL].isna(), OUTCOME])[COUNT].sum().unstack(fill_value=0)
    counts = sums.reindex(columns=[0, 1], fill_value=0).to_numpy(dtype=float)
    if len(counts) < 2 or counts.sum() < LEAST or not counts.sum(axis=0).all():
        return False
    return lookup_auc(counts.sum(axis=1), counts[:, 1]).value >= NEAR_AUC


def known_before(tally: Tally, use: UseCase) -> set[str]:
    """Return the columns that the use declares to be known before the decision; ColumnError for one that is not there.

    Names differ by more than case.
    """
    by_case = {name.lower(): name for name in tally.columns}
    for name in use.features.not_leaks:
        if name.lower() not in by_case:
            raise ColumnError.missing(name, tally.columns, "the data ([features] not_leaks)")
    reasoned = [name for name, reason in use.features.strata.items() if reason.strip()]
    known = {by_case[name.lower()] for name in (*use.features.not_leaks, *reasoned) if name.lower() in by_case}
    return known | {name for name, of in tally.derivations.items() if of.source in known}


def predictive(tally: Tally, columns: Sequence[str]) -> Iterator[Predictive]:
    """Yield how well every column with two levels or more predicts the outcome."""
    for name in columns:
        tables = [table for table in _tables(tally, name) if len(table.levels) > 1]
        if not tables:
            continue
        counts = tables[0].counts.sum(axis=1)
        if not counts.sum(axis=0).all():
            continue
        grouped = [table for table in tables if table.group is not None and table.group != name]
        auc = lookup_auc(counts.sum(axis=1), counts[:, 1])
        yield Predictive(
            name,
            auc,
            theils_u(counts),
            int(counts.sum()),
            None if name in tally.roles.groups or tally.column(name).coarse else _one_sided(tables, tally, name),
            all(_area_within(table) >= BORNE_OUT for table in grouped) if auc.value >= BORNE_OUT else True,
            {str(table.group): cramers_v(table.counts.sum(axis=2)) for table in grouped},
        )


class _Table(NamedTuple):
    """A column's levels, and counts of shape (levels, levels of a group, 2): not favourable, favourable."""

    levels: list[str | None]
    group: str | None
    counts: Counts


def _tables(tally: Tally, name: str) -> Iterator[_Table]:
    """Yield the counts of a column by each group column; without any, by none."""
    for key, frame in tally.column(name).tables.items():
        known = frame[frame[OUTCOME] != NO_OUTCOME] if len(frame) else frame
        at, levels = known[LEVEL].factorize(use_na_sentinel=False)
        outcomes, rows = known[OUTCOME].to_numpy(dtype=int), known[COUNT].to_numpy()
        for group in key or (None,):
            of = known[group].factorize(use_na_sentinel=False)[0] if group else np.zeros(len(known), dtype=int)
            counts = np.zeros((len(levels), int(of.max(initial=0)) + 1, 2))
            np.add.at(counts, (at, of, outcomes), rows)
            yield _Table([level if isinstance(level, str) else None for level in levels], group, counts)


def _area_within(table: _Table) -> float:
    """Return the area under the curve of a lookup among people of one group; 0 where no group has both outcomes."""
    areas, pairs = [], []
    for of in np.moveaxis(table.counts, 1, 0):
        refused, chosen = of.sum(axis=0)
        if refused and chosen:
            areas.append(lookup_auc(of.sum(axis=1), of[:, 1]).value)
            pairs.append(refused * chosen)
    return float(np.average(areas, weights=pairs)) if pairs else 0.0


def _one_sided(tables: Sequence[_Table], tally: Tally, name: str) -> OneSided | None:
    """Return the values that occur with one outcome only, where they make up NEAR_ONE_SIDED of its rows or more.

    Counted are values, and neighbouring bins of a number together, that so many rows have that chance does not give
    them one outcome; and whether there is a value at all.
    """
    found = [
        one
        for outcome in (1, 0)
        for one in (
            _pure(tables, _runs(tables[0].levels, tally.column(name).bins), outcome),
            _pure([_recorded(table) for table in tables], [[0], [1]], outcome),
        )
        if one and one.covers >= NEAR_ONE_SIDED
    ]
    return max(found, key=lambda one: one.covers, default=None)


def _runs(levels: Sequence[str | None], bins: Sequence[str]) -> list[list[int]]:
    """Return the places of the levels, one by one; those of a number's bins in their order, as one list."""
    order = {label: i for i, label in enumerate(bins)}
    binned = sorted((i for i, level in enumerate(levels) if level in order), key=lambda i: order[str(levels[i])])
    return [*([binned] if binned else []), *([i] for i in range(len(levels)) if i not in set(binned))]


def _pure(tables: Sequence[_Table], runs: Sequence[Sequence[int]], outcome: int) -> OneSided | None:
    """Return the levels that occur with this outcome only, and not by chance; None without such levels."""
    counts = tables[0].counts.sum(axis=1)
    pure = (counts[:, outcome] > 0) & (counts[:, 1 - outcome] == 0)
    parts = [part for run in runs for part in _together(run, pure)]
    asked = sum(len(run) * (len(run) + 1) for run in runs)  # both outcomes, and each stretch of neighbours
    chances = [max(_chance(table, part, 1 - outcome) for table in tables) * asked for part in parts]
    kept = [(part, p) for part, p in zip(parts, chances, strict=True) if p < CHANCE]
    if not kept:
        return None
    places = [place for part, _ in kept for place in part]
    return OneSided(
        bool(outcome),
        tuple(_name(tables[0].levels[place]) for place in places),
        float(counts[places, outcome].sum() / counts[:, outcome].sum()),
        max(p for _, p in kept),
    )


def _together(run: Sequence[int], pure: NDArray[np.bool_]) -> Iterator[list[int]]:
    """Yield the stretches of a run of places that are pure."""
    part: list[int] = []
    for place in run:
        if pure[place]:
            part.append(place)
        elif part:
            yield part
            part = []
    if part:
        yield part


def _chance(table: _Table, places: Sequence[int], outcome: int) -> float:
    """Return the chance that none of the rows at some levels has an outcome, if each group's fell to its rows by lot.

    Hypergeometric: of a group's N rows, K with the outcome, none is among the m at the levels.
    """
    rows = table.counts.sum(axis=(0, 2))
    others = rows - table.counts[:, :, outcome].sum(axis=0)
    there = table.counts[places].sum(axis=(0, 2))
    falling = gammaln(others + 1) - gammaln(others - there + 1) - gammaln(rows + 1) + gammaln(rows - there + 1)
    return float(np.exp(falling.sum()))


def _recorded(table: _Table) -> _Table:
    """Return the counts of rows without a value and of those with one."""
    missing = np.array([level is None for level in table.levels])
    parts = [table.counts[of].sum(axis=0) for of in (missing, ~missing)]
    return _Table([None, RECORDED], table.group, np.stack(parts))


def _name(level: str | None) -> str:
    return MISSING if level is None else level
