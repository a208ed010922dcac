"""The area under the ROC curve with its standard error, and scores of several folds made comparable."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import scipy

from auditor.stats.counts import Interval
from auditor.stats.tails import normal

CROSS_FITTED = math.sqrt(2)


class Auc(NamedTuple):
    """The area under the curve, DeLong's standard error, and the interval at the alpha asked for."""

    value: float
    error: float
    interval: Interval

    def at(self, alpha: float) -> Interval:
        """Return the interval at another alpha."""
        reach = normal(1 - alpha / 2) * self.error
        return Interval(max(0.0, self.value - reach), min(1.0, self.value + reach))

    def cross_fitted(self) -> Auc:
        """Return it with the error of cross-fitted scores, which is DeLong's times the root of two.

        Where little can be learnt the area is a sum over pairs of rows, and every pair of two folds comes in twice:
        each row is judged by a model that learnt from the other. DeLong's error takes the two for independent. By
        simulation its 95 % intervals hold the truth in 84 % of data sets, the widened ones in 95 %; where much can be
        learnt they are a little too wide.
        """
        wide = Auc(self.value, self.error * CROSS_FITTED, self.interval)
        return wide._replace(interval=wide.at(0.05))


def auc(positive: np.ndarray, scores: np.ndarray, weights: np.ndarray | None = None, alpha: float = 0.05) -> Auc:
    """Return the area under the curve of `scores` for the rows where `positive`, with DeLong's standard error.

    `positive` is boolean, shape (n,), with two rows or more of each kind; `weights` count a row as several, without
    making the error smaller for it. Unweighted it is DeLong's estimate exactly.

    Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44.
    """
    weights = np.ones(len(scores)) if weights is None else weights
    own, other = scores[positive], scores[~positive]
    own_weights, other_weights = weights[positive], weights[~positive]
    above = _below(other, other_weights, own)  # for each positive, the share of the negatives that it beats
    beaten = 1 - _below(own, own_weights, other)  # for each negative, the share of the positives that beat it
    value = float(np.average(above, weights=own_weights))
    variance = _variance(above, own_weights, value) + _variance(beaten, other_weights, value)
    error = math.sqrt(variance)
    return Auc(value, error, Auc(value, error, Interval(0, 1)).at(alpha))


def _below(values: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the weighted share of `values` below each of `at`, ties counting half."""
    order = np.argsort(values, kind="stable")
    ordered, sums = values[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    under, up_to = (sums[np.searchsorted(ordered, at, side=side)] for side in ("left", "right"))
    share: np.ndarray = (under + up_to) / 2 / sums[-1]
    return share


def _variance(values: np.ndarray, weights: np.ndarray, mean: float) -> float:
    """Return the variance of a weighted mean, as of independent rows."""
    correction = len(values) / (len(values) - 1)
    return float(correction * (weights**2 * (values - mean) ** 2).sum() / weights.sum() ** 2)


def pooled_ranks(scores: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return each row's rank among its own fold, from 0 to 1: models of different folds share no scale."""
    ranks = np.empty(len(scores))
    for number in np.unique(fold):
        rows = fold == number
        ranks[rows] = (scipy.stats.rankdata(scores[rows]) - 0.5) / rows.sum()
    return ranks
