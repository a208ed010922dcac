"""A numeric outcome in two groups: Cliff's delta, mean gap, Hedges' g, quantile gaps; from counts in fine bins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from auditor.stats.counts import Interval, Moments
from auditor.stats.tails import normal


@dataclass(frozen=True)
class MeanGap:
    """Mean of the group minus the reference's, Welch's interval and test, and the standardised gap."""

    difference: float
    interval: Interval
    t: float
    p: float
    hedges_g: float


def mean_gap(group: Moments, reference: Moments, alpha: float = 0.05) -> MeanGap:
    """Compare two means without assuming equal variances (Welch), both groups of two rows or more."""
    spread, spread_ref = (part.variance * part.n / (part.n - 1) for part in (group, reference))
    se2, se2_ref = spread / group.n, spread_ref / reference.n
    error = math.sqrt(se2 + se2_ref)
    difference = group.mean - reference.mean
    if error == 0:
        return MeanGap(difference, Interval(difference, difference), math.nan, math.nan, math.nan)
    share, share_ref = se2 / (se2 + se2_ref), se2_ref / (se2 + se2_ref)  # squares of them neither vanish nor overflow
    freedom = 1 / (share**2 / (group.n - 1) + share_ref**2 / (reference.n - 1))
    reach = float(special.stdtrit(freedom, 1 - alpha / 2)) * error
    total = group.n + reference.n - 2
    pooled = math.sqrt((group.n * group.variance + reference.n * reference.variance) / total)
    g = difference / pooled * (1 - 3 / (4 * total - 1))
    t = difference / error
    p = float(2 * special.stdtr(freedom, -abs(t)))
    return MeanGap(difference, Interval(difference - reach, difference + reach), t, p, g)


class Delta(NamedTuple):
    """Cliff's delta (P(group > reference) - P(group < reference)) with its interval."""

    value: float
    interval: Interval


def cliffs_delta(group: np.ndarray, reference: np.ndarray, alpha: float = 0.05) -> Delta:
    """Cliff's delta from counts of the two groups over the same ordered bins; values in one bin count as ties.

    The interval inverts DeLong's variance of the area under the curve, (delta + 1) / 2, on the logit scale.
    """
    n, n_ref = group.sum(), reference.sum()
    below_ref = (np.cumsum(reference) - reference / 2) / n_ref  # mid-rank of each bin in the reference
    above_group = 1 - (np.cumsum(group) - group / 2) / n
    area = float((group * below_ref).sum() / n)
    spread = float((group * (below_ref - area) ** 2).sum() / max(1, n - 1))
    spread_ref = float((reference * (above_group - area) ** 2).sum() / max(1, n_ref - 1))
    error = math.sqrt(spread / n + spread_ref / n_ref)
    if not 0 < area < 1:
        return Delta(2 * area - 1, Interval(-1.0, 1.0))
    logit, scale = math.log(area / (1 - area)), error / (area * (1 - area))
    reach = normal(1 - alpha / 2) * scale
    low, high = (1 / (1 + math.exp(-(logit + step))) for step in (-reach, reach))
    return Delta(2 * area - 1, Interval(2 * low - 1, 2 * high - 1))
