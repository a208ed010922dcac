"""A numeric outcome in two groups: Cliff's delta, mean gap, Hedges' g, quantile gaps; from counts in fine bins."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import special

from auditor.stats.counts import Interval, Moments


@dataclass(frozen=True)
class MeanGap:
    """Mean of the group minus the reference's, Welch's interval and test, and the standardised gap."""

    difference: float
    interval: Interval
    t: float
    p: float
    hedges_g: float


def mean_gap(group: Moments, reference: Moments, alpha: float = 0.05) -> MeanGap:
    """Compare two means without assuming equal variances (Welch), both groups of two rows or more.

    Where neither group varies there is no error to be estimated: interval, t, p and g are nan.
    """
    spread, spread_ref = (part.variance * part.n / (part.n - 1) for part in (group, reference))
    se2, se2_ref = spread / group.n, spread_ref / reference.n
    error = math.sqrt(se2 + se2_ref)
    difference = group.mean - reference.mean
    if error == 0:
        return MeanGap(difference, Interval(math.nan, math.nan), math.nan, math.nan, math.nan)
    freedom = _freedom(se2, se2_ref, (group.n, reference.n))
    reach = float(special.stdtrit(freedom, 1 - alpha / 2)) * error
    total = group.n + reference.n - 2
    pooled = math.sqrt((group.n * group.variance + reference.n * reference.variance) / total)
    g = difference / pooled * (1 - 3 / (4 * total - 1))
    t = difference / error
    p = float(2 * special.stdtr(freedom, -abs(t)))
    return MeanGap(difference, Interval(difference - reach, difference + reach), t, p, g)


class Delta(NamedTuple):
    """Cliff's delta, P(group > reference) - P(group < reference), from -1 to 1, with its interval and test.

    `open_by`: what shared bins leave open of the value, on either side. `interval` and `p` hold whatever lies there.
    `p` is that of the Brunner-Munzel test of a delta of 0, two-sided.
    """

    value: float
    open_by: float
    interval: Interval
    p: float

    @property
    def turned(self) -> Delta:
        """The same seen from the reference."""
        return Delta(-self.value, self.open_by, Interval(-self.interval.high, -self.interval.low), self.p)


def cliffs_delta(
    group: np.ndarray, reference: np.ndarray, alpha: float = 0.05, single: np.ndarray | None = None
) -> Delta:
    """Cliff's delta from counts of the two groups over the same ordered bins; both hold two rows or more.

    `single` says which bins hold one value only, all of them where it is left out: values in such a bin are ties. In
    another bin they count as ties too, but the order of a group's and the reference's there is not known, and both
    orders are allowed for.

    The error is DeLong's, of the area under the curve, (delta + 1) / 2; the interval is taken on the logit scale with
    Student's t of Welch and Satterthwaite's degrees of freedom. At the ends that error is 0, and a hand bound takes its
    place: of k rows in the smaller group, k pairs without a person in common are all in order with a chance of
    area ** k at most. So neither is the interval shorter, nor p smaller, than complete separation of so few allows for.

    Source: Cliff 1993; DeLong, DeLong and Clarke-Pearson 1988; Brunner and Munzel 2000.
    """
    n, n_ref = float(group.sum()), float(reference.sum())
    middle = np.cumsum(reference) - reference / 2  # of the reference: the rows below a bin, and half of those in it
    below_ref, above_group = middle / n_ref, 1 - (np.cumsum(group) - group / 2) / n
    area = min(1.0, float((group * middle).sum()) / (n * n_ref))
    variance = float((group * (below_ref - area) ** 2).sum() / (n - 1)) / n
    variance_ref = float((reference * (above_group - area) ** 2).sum() / (n_ref - 1)) / n_ref
    shared = group * reference if single is None else np.where(single, 0.0, group * reference)
    open_by = 0.0 if single is None else float(shared.sum() / n / n_ref)
    smaller = min(n, n_ref)
    separated = (alpha / 2) ** (1 / smaller)
    if area in (0, 1):
        low, high = area, area
    elif variance + variance_ref > 0:
        low, high = _around(area, variance, variance_ref, (n, n_ref), alpha)
    else:  # all ties: as many pairs without a person in common would have shown an order
        low, high = separated / 2, 1 - separated / 2
    low, high = min(low, separated), max(high, 1 - separated)
    return Delta(
        value=2 * area - 1,
        open_by=open_by,
        interval=Interval(max(-1.0, 2 * low - 1 - open_by), min(1.0, 2 * high - 1 + open_by)),
        p=max(_brunner_munzel(area, open_by, variance, variance_ref, (n, n_ref)), min(1.0, 2 ** (1 - smaller))),
    )


def _around(
    area: float, variance: float, variance_ref: float, sizes: tuple[float, float], alpha: float
) -> tuple[float, float]:
    """Return the interval of an area under the curve between 0 and 1, on the logit scale."""
    error = math.sqrt(variance + variance_ref)
    freedom = _freedom(variance, variance_ref, sizes)
    reach = float(special.stdtrit(freedom, 1 - alpha / 2)) * error / (area * (1 - area))
    logit = math.log(area / (1 - area))
    return float(special.expit(logit - reach)), float(special.expit(logit + reach))


def _brunner_munzel(
    area: float, open_by: float, variance: float, variance_ref: float, sizes: tuple[float, float]
) -> float:
    """Return the p of an area of one half, at the value that is left open nearest to it."""
    distance = max(0.0, abs(area - 0.5) - open_by / 2)
    error = math.sqrt(variance + variance_ref)
    if not distance or not error:
        return 0.0 if distance else 1.0
    return float(2 * special.stdtr(_freedom(variance, variance_ref, sizes), -distance / error))


def _freedom(variance: float, variance_ref: float, sizes: tuple[float, float]) -> float:
    """Return Welch and Satterthwaite's degrees of freedom of a difference, from the variances of its two means."""
    share = variance / (variance + variance_ref)  # squares of shares neither vanish nor overflow
    return 1 / (share**2 / (sizes[0] - 1) + (1 - share) ** 2 / (sizes[1] - 1))
