"""Columns that should not matter for the outcome, and how well each alone predicts it, from the tally: PRX005."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.counts.effects import of_outcome
from auditor.counts.names import COUNT, LEVEL, NO_OUTCOME, OUTCOME
from auditor.counts.tally import Tally
from auditor.errors import ColumnError
from auditor.stats.association import exact_independence, lookup_auc
from auditor.stats.counts import Interval
from auditor.stats.roc import Auc
from auditor.use.images import is_property
from auditor.use.usecase import UseCase


@dataclass(frozen=True)
class Shortcut:
    """One column: the area of a lookup of the outcome by it alone, and among people of one group; n rows.

    `alone` leaves out the rows that it judges, `fitted` does not, and is no smaller than a half. `p` is that of the
    test that column and outcome are independent. `within` is None without groups, or where none has both outcomes.
    """

    column: str
    alone: Auc
    fitted: Auc
    p: float
    within: Auc | None
    n: int

    def bounds(self, alpha: float) -> Interval:
        """Return between what the area of the best lookup lies.

        One that was learned from these rows is a little below it, that of fitted rates above it: the upper bound is
        that of their middle. With two values the area of what is left out has too small an error, as one row turns it
        round, so the larger error counts.
        """
        error = max(self.alone.error, self.fitted.error)
        middle = self.alone._replace(value=(self.alone.value + self.fitted.value) / 2, error=error)
        return Interval(min(self.alone.at(alpha).low, self.alone.value), max(self.alone.value, middle.at(alpha).high))


def incidental(tally: Tally, use: UseCase) -> list[str]:
    """Return the columns that should not matter: those that the use states, and all properties of images.

    Raises:
        ColumnError: A stated column is not there.
    """
    by_case = {name.lower(): name for name in tally.columns}
    for name in use.features.incidental:
        if name.lower() not in by_case:
            raise ColumnError.missing(name, tally.columns, "the data ([features] incidental)")
    stated = [by_case[name.lower()] for name in use.features.incidental]
    made = [name for name, of in tally.derivations.items() if of.source in stated]
    found = [name for name in tally.columns if is_property(name) and name not in tally.roles.ignored]
    target = tally.roles.target
    return [name for name in dict.fromkeys((*stated, *made, *found)) if name != target]


def shortcuts(tally: Tally, columns: Sequence[str]) -> Iterator[Shortcut]:
    """Yield how well each of the columns with two levels or more predicts the outcome."""
    for name in columns:
        key, frame = next(iter(tally.column(name).tables.items()))
        known = frame[(frame[OUTCOME] != NO_OUTCOME) & (frame[COUNT] > 0)] if len(frame) else frame
        at, levels = known[LEVEL].factorize(use_na_sentinel=False)
        groups = [group for group in key if group != name]
        if len(levels) < 2:
            continue
        of = known.groupby(groups, dropna=False).ngroup().to_numpy() if groups else np.zeros(len(known), dtype=int)
        counts = np.zeros((int(of.max(initial=0)) + 1, len(levels), 2))
        np.add.at(counts, (of, at, known[OUTCOME].to_numpy(dtype=int)), known[COUNT].to_numpy())
        whole = counts.sum(axis=0)
        if not whole.sum(axis=0).min() > 1:
            continue
        effect = of_outcome(
            tally, name, {level if isinstance(level, str) else None: i for i, level in enumerate(levels)}
        )
        within = _together(whole, [each for each in counts if each.sum(axis=0).min() > 1]) if groups else None
        yield Shortcut(
            name,
            _widened(_looked_up(whole), effect),
            _widened(_fitted(whole), effect),
            exact_independence(whole, effect)[1],
            within and _widened(within, effect),
            int(whole.sum()),
        )


def _looked_up(counts: np.ndarray) -> Auc:
    return lookup_auc(counts.sum(axis=1), counts[:, 1])


def _fitted(counts: np.ndarray) -> Auc:
    """Return the area of the rates of all rows, with DeLong's error for given scores; `counts`: shape (levels, 2)."""
    rates = counts[:, 1] / counts.sum(axis=1)
    order = np.argsort(rates, kind="stable")
    others, own = counts[order].T
    below = (np.cumsum(others) - others / 2) / others.sum()
    above = 1 - (np.cumsum(own) - own / 2) / own.sum()
    value = float((own * below).sum() / own.sum())
    variance = sum(
        float((of * (share - value) ** 2).sum()) / of.sum() / (of.sum() - 1)
        for of, share in ((own, below), (others, above))
    )
    return Auc(value, math.sqrt(variance), Interval(0, 1))


def _widened(area: Auc, effect: float) -> Auc:
    """Return the area with the error of units that recur, and of rates that come from the same rows.

    Every two rows of one outcome are judged by rates that hold the other, as in cross-fitting.
    """
    wide = area._replace(error=area.error * math.sqrt(effect))
    return wide.cross_fitted()


def _together(whole: np.ndarray, parts: Sequence[np.ndarray]) -> Auc | None:
    """Return the area among pairs of people of one group: each group's own, weighted by its pairs.

    The rates are those of all rows. Of the few that a small group has at a value there would be none, and the area
    would fall to a half as if the groups explained the link.
    """
    if not parts:
        return None
    areas = [lookup_auc(whole.sum(axis=1), whole[:, 1], (part.sum(axis=1), part[:, 1])) for part in parts]
    pairs = np.array([part.sum(axis=0).prod() for part in parts])
    share = pairs / pairs.sum()
    value = float(sum(w * area.value for w, area in zip(share, areas, strict=True)))
    error = math.sqrt(sum((w * area.error) ** 2 for w, area in zip(share, areas, strict=True)))
    made = areas[0]._replace(value=value, error=error)
    return made._replace(interval=made.at(0.05))
