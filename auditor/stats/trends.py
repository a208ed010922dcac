"""Change over periods: trend in a share or rate, and in a gap between two groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from auditor.stats.counts import Interval, Pair
from auditor.stats.tails import normal, two_sided


@dataclass(frozen=True)
class Trend:
    """A trend test: z positive for a rise, two-sided p."""

    z: float
    p: float


def share_trend(counts: Sequence[float], totals: Sequence[float], effect: float = 1.0) -> Trend:
    """Cochran-Armitage (linear-by-linear) trend of counts of totals over equally spaced periods, all totals above 0.

    `effect` is the design effect of the trend, where rows are not independent. With the factor (N-1)/N in the
    variance's place, as statsmodels' Table.test_ordinal_association has it.
    """
    x, n = np.asarray(counts, dtype=float), np.asarray(totals, dtype=float)
    at = np.arange(len(x), dtype=float)
    total, rate = n.sum(), x.sum() / n.sum()
    centred = at - (n * at).sum() / total
    variance = rate * (1 - rate) * (n * centred**2).sum() * total / (total - 1) * effect
    if variance <= 0:
        return Trend(math.nan, 1.0)
    z = float((x * centred).sum() / math.sqrt(variance))
    return Trend(z, two_sided(z))


@dataclass(frozen=True)
class GapTrend:
    """Trend of the log impact ratio over periods: slope per period with its interval, and the test of no change."""

    slope: float
    interval: Interval
    z: float
    p: float


def gap_trend(pairs: Sequence[Pair | None], alpha: float = 0.05) -> GapTrend | None:
    """Fit a line to the log impact ratios of at least three periods, weighted by their precision; None with fewer.

    `pairs` are in the order of time, a period that does not hold both groups is None and keeps its place.

    The variance grows with the scatter about the line where that is more than chance, as in meta-regression. Half a
    selection is added everywhere, so that periods with none count too (Gart and Nam 1988).
    """
    known = [(at, pair) for at, pair in enumerate(pairs) if pair is not None and pair.n and pair.n_ref]
    if len(known) < 3:
        return None
    at = np.array([float(position) for position, _ in known])
    value = np.array(
        [math.log((p.x + 0.5) / (p.n + 0.5)) - math.log((p.x_ref + 0.5) / (p.n_ref + 0.5)) for _, p in known]
    )
    variance = np.array(
        [
            p.effect * (1 / (p.x + 0.5) - 1 / (p.n + 0.5)) + p.effect_ref * (1 / (p.x_ref + 0.5) - 1 / (p.n_ref + 0.5))
            for _, p in known
        ]
    )
    weight = 1 / np.maximum(variance, 1e-12)
    centred = at - (weight * at).sum() / weight.sum()
    slope = float((weight * centred * value).sum() / (weight * centred**2).sum())
    level = (weight * value).sum() / weight.sum()
    scatter = float((weight * (value - level - slope * centred) ** 2).sum()) / (len(known) - 2)
    # Periods that scatter more than chance make a line less sure; less scatter makes it no surer.
    error = math.sqrt(max(1.0, scatter) / float((weight * centred**2).sum()))
    z = slope / error
    reach = normal(1 - alpha / 2) * error
    return GapTrend(slope, Interval(slope - reach, slope + reach), z, two_sided(z))
