"""The area under the ROC curve with its standard error, and scores of several folds made comparable."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from auditor.stats.counts import Interval
from auditor.stats.units import FEW, Ways, count, quantile, sums


class Auc(NamedTuple):
    """The area under the curve, DeLong's standard error, and the interval at the alpha asked for.

    `freedom` is the error's degrees of freedom where rows belong to units that recur. Where they are few, intervals are
    Student's, on the logit scale. In simulations of 15 to 100 people with several rows they cover the true area in 94
    to 97% of data sets; on the area's own scale, in 81 to 96%.
    """

    value: float
    error: float
    interval: Interval
    freedom: float = math.inf

    def at(self, alpha: float) -> Interval:
        """Return the interval at another alpha."""
        reach = quantile(1 - alpha / 2, self.freedom) * self.error
        if self.freedom < FEW and 0 < self.value < 1:
            middle, reach = special.logit(self.value), reach / (self.value * (1 - self.value))
            return Interval(float(special.expit(middle - reach)), float(special.expit(middle + reach)))
        return Interval(max(0.0, self.value - reach), min(1.0, self.value + reach))

    def cross_fitted(self, tested: float = 1.0) -> Auc:
        """Return it with the error of cross-fitted scores: of all folds DeLong's times the root of two.

        Where little can be learned the area is a sum over pairs of rows, and every pair of two tested folds counts
        twice: each row is judged by a model that learned from the other. DeLong's error takes the two for independent.
        `tested` is the share of the pairs of folds with both tested: 0 where one fold is, whose rows no model learned
        from. By simulation DeLong's 95% intervals of all folds hold the truth in 84% of data sets, the widened ones in
        95%; where much can be learned they are a little too wide.
        """
        wide = self._replace(error=self.error * math.sqrt(1 + tested))
        return wide._replace(interval=wide.at(0.05))


def auc(
    positive: np.ndarray,
    scores: np.ndarray,
    weights: np.ndarray | None = None,
    alpha: float = 0.05,
    ways: Ways = (),
) -> Auc:
    """Return the area under the curve of `scores` for the rows where `positive`, with DeLong's standard error.

    `positive` is boolean, shape (n,), with two rows or more of each kind; `weights` count a row as several, without
    making the error smaller for it. Unweighted it is DeLong's estimate exactly. Of rows that belong to units, in the
    `ways` of `auditor.stats.units`, the placements are summed by unit; where all of a kind are one unit's the error is
    nan.

    Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44; Obuchowski 1997, Biometrics 53 (units);
    Satterthwaite 1946 (degrees of freedom).
    """
    weights = np.ones(len(scores)) if weights is None else weights
    value, placed = _placed(positive, scores, weights)
    found = []
    for error, freedom in [_error_of_units(placed, positive, unit) for unit in ways] or [_error(placed, positive)]:
        one = Auc(value, error, Interval(0, 1), freedom)
        found.append(one._replace(interval=one.at(alpha)))
    return max(found, key=lambda of: of.error * quantile(0.975, of.freedom) if of.error >= 0 else math.inf)


class Change(NamedTuple):
    """A difference of two numbers about the same rows, with its standard error and its degrees of freedom."""

    value: float
    error: float
    freedom: float = math.inf

    def at(self, alpha: float) -> Interval:
        """Return the interval at an alpha."""
        reach = quantile(1 - alpha / 2, self.freedom) * self.error
        return Interval(self.value - reach, self.value + reach)

    def cross_fitted(self) -> Change:
        """Return it with the error of cross-fitted scores, for the reason that `Auc.cross_fitted` has."""
        return self._replace(error=self.error * math.sqrt(2))


def auc_change(
    positive: np.ndarray, scores: np.ndarray, others: np.ndarray, weights: np.ndarray, ways: Ways = ()
) -> Change:
    """Return the area under the curve of `scores` less that of `others`, of the same rows, with its standard error.

    Arguments as in `auc`. The error is DeLong's of two curves: what a row adds to one less what it adds to the other.

    Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44.
    """
    (value, placed), (other, theirs) = (_placed(positive, of, weights) for of in (scores, others))
    moved = placed - theirs
    errors = [_error_of_units(moved, positive, unit) for unit in ways] or [_error(moved, positive)]
    found = [Change(value - other, error, freedom) for error, freedom in errors]
    return max(found, key=lambda of: of.error * quantile(0.975, of.freedom) if of.error >= 0 else math.inf)


def _placed(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[float, np.ndarray]:
    """Return an area under the curve and what each row adds to it beyond the mean; shape (n,).

    A positive adds by the negatives that it beats, a negative by the positives that beat it.
    """
    own, other = weights * positive, weights * ~positive
    order, runs = _ties(scores)
    above, below = _below(other, order, runs), _below(own, order, runs)
    value = float(np.average(above, weights=own))
    return value, own * (above - value) / own.sum() + other * (1 - below - value) / other.sum()


def _error(placed: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
    """Return the error of an area whose deviations are `placed`, of rows that are independent; without a freedom."""
    squares, total = placed**2, 0.0
    for kind in (positive, ~positive):
        n = int(kind.sum())
        if n < 2:
            return math.nan, 1.0
        total += n / (n - 1) * float(squares[kind].sum())
    return math.sqrt(total), math.inf


def _error_of_units(placed: np.ndarray, positive: np.ndarray, unit: np.ndarray) -> tuple[float, float]:
    """Return the error of an area whose deviations are `placed`, summed by unit, and its degrees of freedom."""
    parts, freedom = [], []
    for kind in (positive, ~positive):
        of = sums(unit[kind], placed[kind])
        if len(of) < 2:
            return math.nan, 1.0
        parts.append(len(of) / (len(of) - 1) * float((of**2).sum()))
        freedom.append(len(of) - 1)
    m = count(unit)
    # Units with rows of both kinds: what they add to one sum they may take from the other.
    both = np.bincount(unit, weights=placed * positive) * np.bincount(unit, weights=placed * ~positive)
    variance = max(0.0, sum(parts) + 2 * m / (m - 1) * float(both.sum()))
    if m == len(unit):
        return math.sqrt(variance), math.inf
    spent = sum(part**2 / of for part, of in zip(parts, freedom, strict=True))
    return math.sqrt(variance), min(m - 1, sum(parts) ** 2 / spent) if spent else m - 1.0


def _ties(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the order of scores from the lowest, and where in it each run of equal ones begins, and the last ends.

    The order within a run does not matter, so it is numpy's fastest sort, which does not keep it.
    """
    order = np.argsort(scores)
    ordered = scores[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return order, np.append(starts, len(scores))


def _below(weights: np.ndarray, order: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Return for each row the share of `weights` below it, ties counting half; `order` and `runs` as of `_ties`."""
    sums = np.concatenate([[0.0], np.cumsum(weights[order])])
    share = np.empty(len(order))
    share[order] = np.repeat((sums[runs[:-1]] + sums[runs[1:]]) / 2 / sums[-1], np.diff(runs))
    return share


def pooled_ranks(scores: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return each row's rank among its own fold, from 0 to 1: models of different folds share no scale."""
    ranks = np.empty(len(scores))
    for number in range(int(fold.max(initial=-1)) + 1):
        rows = np.flatnonzero(fold == number)
        if len(rows):
            ranks[rows] = _below(np.ones(len(rows)), *_ties(scores[rows]))
    return ranks
