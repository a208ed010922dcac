"""The area under the ROC curve with its standard error, and scores of several folds made comparable."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import scipy
from scipy import special

from auditor.stats.counts import Interval
from auditor.stats.units import FEW, Ways, count, quantile, sums

CROSS_FITTED = math.sqrt(2)


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

    def cross_fitted(self) -> Auc:
        """Return it with the error of cross-fitted scores, which is DeLong's times the root of two.

        Where little can be predicted, the area is a sum over pairs of rows, and every pair of two folds counts twice:
        each row is scored by a model that was fitted to the other. DeLong's error treats the two as independent. In
        simulations its 95% intervals cover the true area in 84% of data sets, the widened ones in 95%. Where much can
        be predicted, they are a little too wide.
        """
        wide = self._replace(error=self.error * CROSS_FITTED)
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
    own, other = scores[positive], scores[~positive]
    own_weights, other_weights = weights[positive], weights[~positive]
    above = _below(other, other_weights, own)  # for each positive, the share of the negatives that it beats
    beaten = 1 - _below(own, own_weights, other)  # for each negative, the share of the positives that beat it
    value = float(np.average(above, weights=own_weights))
    placed = np.empty(len(scores))
    placed[positive] = own_weights * (above - value) / own_weights.sum()
    placed[~positive] = other_weights * (beaten - value) / other_weights.sum()
    found = []
    for unit in ways or [np.arange(len(scores))]:
        error, freedom = _error(placed, positive, unit)
        one = Auc(value, error, Interval(0, 1), freedom)
        found.append(one._replace(interval=one.at(alpha)))
    return max(found, key=lambda of: of.error * quantile(0.975, of.freedom) if of.error >= 0 else math.inf)


def _error(placed: np.ndarray, positive: np.ndarray, unit: np.ndarray) -> tuple[float, float]:
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


def _below(values: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the weighted share of `values` below each of `at`, ties counting half."""
    order = np.argsort(values, kind="stable")
    ordered, sums = values[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    under, up_to = (sums[np.searchsorted(ordered, at, side=side)] for side in ("left", "right"))
    share: np.ndarray = (under + up_to) / 2 / sums[-1]
    return share


def pooled_ranks(scores: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return each row's rank among its own fold, from 0 to 1: models of different folds share no scale."""
    ranks = np.empty(len(scores))
    for number in np.unique(fold):
        rows = fold == number
        ranks[rows] = (scipy.stats.rankdata(scores[rows]) - 0.5) / rows.sum()
    return ranks
