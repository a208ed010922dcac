"""The design effects of what rules read from counts: 1 where rows are independent people who count the same.

By the units behind the counts (`Tally.units`); a rule that needs them is not asked where people recur and they are not
there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from auditor.counts.names import PERIOD, STRATA
from auditor.counts.tally import Tally
from auditor.counts.units import Mask, Units
from auditor.stats.association import carried_influence
from auditor.stats.counts import Pair
from auditor.stats.design import Codes, Numbers

Levels = Mapping[str, tuple[str, ...]]


def of_missing(tally: Tally, column: str, group: str, levels: Iterable[str]) -> dict[str, float]:
    """Return level of a group -> design effect of the share of its rows that a column is missing for."""
    units = tally.units
    if units is None or column not in units.codes:
        return dict.fromkeys(levels, 1.0)
    lost = units.are(column, None)
    return {level: units.rate(lost, units.are(group, level)) for level in levels}


def of_missing_by_outcome(tally: Tally, column: str) -> tuple[float, float]:
    """Return the design effects of the share that a column is missing for, of favourable rows and of the others."""
    units = tally.units
    if units is None or column not in units.codes:
        return 1.0, 1.0
    lost = units.are(column, None)
    return units.rate(lost, units.outcome == 1), units.rate(lost, units.outcome == 0)


def of_no_outcome(tally: Tally, group: str, levels: Iterable[str]) -> dict[str, float]:
    """Return level of a group -> design effect of the share of its rows without an outcome."""
    units = tally.units
    if units is None:
        return dict.fromkeys(levels, 1.0)
    return {level: units.rate(units.outcome < 0, units.are(group, level)) for level in levels}


def of_shares(tally: Tally, group: str, levels: Sequence[str]) -> dict[str, float]:
    """Return level -> design effect of its share of the rows of these levels.

    Where only sums over units are there, as of tallies added up, units are taken to have one level each.
    """
    units = tally.units
    if units is not None:
        among = np.logical_or.reduce([units.are(group, level) for level in levels])
        found = {level: units.rate(units.are(group, level), among) for level in levels}
        if tally.roles.weight is None:
            return found
        w = units.design.weighted[among]  # weighted shares count in rows of Kish's size
        kish = float(w.sum() ** 2 / (w * w).sum()) / len(w)
        return {level: max(0.0 if tally.surveyed else 1.0, effect * kish) for level, effect in found.items()}
    sums = tally.clusters.get(group, {})
    held = [sums[level] for level in levels if level in sums]
    size, squares = sum(of.size for of in held), sum(of.rows_squared for of in held)
    found = dict.fromkeys(levels, 1.0)
    for level in levels:
        if level in sums and size:
            share = sums[level].size / size
            own = sums[level].rows_squared
            if 0 < share < 1:
                spread = (1 - share) ** 2 * own + share**2 * (squares - own)
                found[level] = max(1.0, spread / (size * share * (1 - share)))
            else:
                found[level] = max(1.0, squares / size)
    return found


def of_numbers(tally: Tally, group: str, levels: Iterable[str]) -> dict[str, float]:
    """Return level -> design effect of the numeric outcome of its rows, of mean or ranks."""
    units = tally.units
    return {level: 1.0 if units is None else units.numbers(units.are(group, level)) for level in levels}


def of_rates(tally: Tally, levels: Mapping[str, str]) -> float:
    """Return the design effect of the favourable rate of the rows that have these levels (group column -> level)."""
    units = tally.units
    if units is None:
        return 1.0
    return units.favourable(_held(units, levels))


def of_rest(tally: Tally, levels: Mapping[str, str]) -> float:
    """Return the design effect of the favourable rate of all rows with recorded levels but those that have these."""
    units = tally.units
    if units is None:
        return 1.0
    recorded = np.logical_and.reduce([units.codes[group] >= 0 for group in levels])
    return units.favourable(recorded & ~_held(units, levels))


def of_period(tally: Tally, group: str, level: str, values: Iterable[str]) -> float:
    """Return the design effect of the favourable rate of a group's level at some values of the time column."""
    units = tally.units
    if units is None:
        return 1.0
    at = np.logical_or.reduce([units.are(PERIOD, value) for value in values])
    return units.favourable(units.are(group, level) & at)


def of_share_trend(
    tally: Tally, group: str, levels: Sequence[str], places: Mapping[str, str], periods: Sequence[str]
) -> dict[str, float]:
    """Return level -> design effect of the trend of its share over equally spaced periods.

    `places` maps the values of the time column to periods, `periods` are those in order.
    """
    units = tally.units
    if units is None:
        return dict.fromkeys(levels, 1.0)
    order = {period: i for i, period in enumerate(periods)}
    at = units.places(PERIOD, {value: order[period] for value, period in places.items() if period in order})
    among = (at >= 0) & (_places(units, group, levels) >= 0)
    w = np.where(among, units.design.weighted, 0.0)
    centred = at - float((w * at).sum() / w.sum()) if w.sum() > 0 else at.astype(float)
    found = {}
    for level in levels:
        own = units.are(group, level)
        share = float(w[own].sum() / w.sum()) if w.sum() > 0 else 0.0
        found[level] = units.design.effect(np.where(among, centred * (own - share), 0.0))
    return found


def of_link(tally: Tally, column: str, at: Mapping[str | None, int], group: str, levels: Sequence[str]) -> float:
    """Return the design effect of the test of a column against a group, among rows with an outcome.

    `at` gives the place of each of the column's levels, so that several may be taken as one; None is a missing value.
    """
    units = tally.units
    if units is None or not _known_by_unit(units, column, at):
        return _unknown(units)
    return units.link(_known(units, units.places(column, at)), _places(units, group, levels))


def of_outcome_link(
    tally: Tally, column: str, at: Mapping[str | None, int], group: str, levels: Sequence[str]
) -> float:
    """Return the design effect of the test of a column against the outcome, among rows of some levels of a group."""
    units = tally.units
    if units is None or not _known_by_unit(units, column, at):
        return _unknown(units)
    inside = _places(units, group, levels) >= 0
    return units.link(np.where(inside, units.places(column, at), -1), units.outcome.astype(np.int64))


def of_outcome(tally: Tally, column: str, at: Mapping[str | None, int]) -> float:
    """Return the design effect of the test of a column against the outcome, among all rows with one."""
    units = tally.units
    if units is None or not _known_by_unit(units, column, at):
        return _unknown(units)
    return units.link(_known(units, units.places(column, at)), units.outcome.astype(np.int64))


def of_group_link(tally: Tally, group: str, levels: Sequence[str]) -> float:
    """Return the design effect of the test of a group against the outcome."""
    units = tally.units
    return 1.0 if units is None else units.link(_places(units, group, levels), units.outcome.astype(np.int64))


def of_carried(
    tally: Tally, column: str, at: Mapping[str | None, int], group: str, pair: tuple[str, str], counts: Numbers
) -> float:
    """Return the design effect of the carried gap between a level of a group and the reference (`pair`).

    `counts` has shape (2, levels, 2): rows, and favourable rows, of each of the column's levels in both groups.
    """
    units = tally.units
    if units is None or not _known_by_unit(units, column, at):
        return _unknown(units)
    influence = carried_influence(counts[0], counts[1])
    places = units.places(column, at), _places(units, group, pair), units.outcome.astype(np.int64)
    return units.of_cells(influence, places, places[1])


def of_within(tally: Tally, group: str, level: str, reference: str, column: str = STRATA) -> float:
    """Return the design effect of the Mantel-Haenszel ratio of a level's rate to another's within strata or lists."""
    units = tally.units
    if units is None:
        return 1.0
    who = _places(units, group, (level, reference))
    return of_ratio_within(units, units.codes[column], units.outcome == 1, units.outcome >= 0, who)


def of_ratio_within(units: Units, strata: Codes, hit: Mask, known: Mask, who: Codes) -> float:
    """Return the design effect of the Mantel-Haenszel ratio of the shares of `hit` within strata, of `known` rows.

    `strata` are places, -1 for none; `who` is 0 for the group, 1 for the reference, -1 for others.
    """
    used = (strata >= 0) & (who >= 0) & known
    w, y = units.design.weighted, hit
    n = np.stack([np.bincount(strata[used & (who == g)], w[used & (who == g)], strata.max() + 1) for g in (0, 1)])
    x = np.stack(
        [np.bincount(strata[used & y & (who == g)], w[used & y & (who == g)], strata.max() + 1) for g in (0, 1)]
    )
    both: Mask = np.logical_and(n[0] > 0, n[1] > 0)
    size = np.where(both, n.sum(axis=0), 1.0)
    sides = [float((x[g] * n[1 - g] / size)[both].sum()) for g in (0, 1)]
    if not all(sides):
        return units.rate(who == 0, used)
    rates = x / np.maximum(n, 1e-300)
    influence = np.zeros(units.design.rows)
    for g, sign in ((0, 1.0), (1, -1.0)):
        rows = used & (who == g) & both[strata]
        at = strata[rows]
        influence[rows] = sign * n[1 - g][at] / size[at] * (y[rows] - rates[g][at]) / sides[g]
    return units.design.effect(influence, np.where(used, who, -1))


def of_strata(tally: Tally, group: str, pairs: Mapping[str, Pair], level: str, reference: str) -> dict[str, Pair]:
    """Return the pairs of counts of a level and another by stratum with their design effects."""
    if tally.units is None:
        return dict(pairs)
    return {
        at: sized(pair, *(of_rates(tally, {group: one, STRATA: at}) for one in (level, reference)))
        for at, pair in pairs.items()
    }


def sized(pair: Pair, effect: float, effect_ref: float) -> Pair:
    """Return a pair of counts with design effects."""
    return Pair(pair.x, pair.n, pair.x_ref, pair.n_ref, effect, effect_ref)


def _known_by_unit(units: Units, column: str, at: Mapping[str | None, int]) -> bool:
    """Whether the levels of a column are known by unit, as they are counted."""
    return column in units.codes and any(level in at for level in units.levels[column])


def _unknown(units: Units | None) -> float:
    """Return the design effect of a column whose levels are not known by unit: as if all rows of a unit were alike."""
    return 1.0 if units is None else units.design.effect(np.ones(units.design.rows))


def _held(units: Units, levels: Mapping[str, str]) -> Mask:
    found: Mask = np.logical_and.reduce([units.are(group, level) for group, level in levels.items()])
    return found


def _places(units: Units, group: str, levels: Sequence[str]) -> Codes:
    return units.places(group, {level: i for i, level in enumerate(levels)})


def _known(units: Units, places: Codes) -> Codes:
    """Return the places of rows with an outcome, -1 for the others."""
    return np.where(units.outcome >= 0, places, -1)
