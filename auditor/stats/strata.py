"""Two groups' rates within strata: pooled odds ratio, whether the strata agree, and what else describes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from auditor.stats.counts import Interval, Pair
from auditor.stats.standardised import Estimate, kitagawa, pooled_difference, standardised_rates
from auditor.stats.tails import chi_square_tail, normal
from auditor.stats.within import Numbers, Within


class Heterogeneity(NamedTuple):
    """Whether the odds ratio is the same in every stratum: chi-square, its degrees of freedom, and p.

    `tarone` is p with Tarone's correction for the pooled ratio's own error. `fair` is p of the strata whose fitted
    cells all hold LEAST_FITTED rows or more, with the variances of exact tables: with many small strata the published
    test rejects far too often. None where fewer than two are so large.
    """

    statistic: float
    freedom: int
    p: float
    tarone: float
    fair: float | None


@dataclass(frozen=True)
class Stratified:
    """A group compared with a reference within strata. Odds ratios are the reference's odds over the group's.

    There is no `heterogeneity` where fewer than two strata vary, or where all that do point to the same extreme: then
    no stratum can contradict another. `composition` and `within` are Kitagawa's parts of the rate gap, group minus
    reference: due to the different distribution over strata, and to the different rates within them. `cdd` is the
    conditional demographic disparity: the group's share of the rejected minus its share of the accepted, averaged over
    the strata. What cannot be computed is nan.
    """

    crude_odds_ratio: float
    crude_odds_interval: Interval
    odds_ratio: float
    odds_interval: Interval
    heterogeneity: Heterogeneity | None
    risk_difference: Estimate
    gap: float
    composition: Estimate
    within: Estimate
    standardised: tuple[Estimate, Estimate]
    dd: float
    cdd: float


Strata = Mapping[str, Pair]


def stratify(strata: Strata, alpha: float = 0.05, effect: float = 1.0) -> Stratified | None:
    """Compare a group with a reference over strata that hold rows of both; None where no stratum does.

    `effect` is the design effect of the pooled ratio, where rows are not independent.

    Source: Mantel and Haenszel 1959; Robins, Breslow and Greenland 1986 (intervals of the odds ratios, that of the
    crude one Woolf's); Sato 1989 (risk difference); Kitagawa 1955.
    """
    pairs = list(strata.values())
    if not pairs:
        return None
    n, n_ref = sum(p.n for p in pairs), sum(p.n_ref for p in pairs)
    x, x_ref = sum(p.x for p in pairs), sum(p.x_ref for p in pairs)
    size = np.array([p.n + p.n_ref for p in pairs], dtype=float)
    of = Within.pairs(pairs, effect)
    odds_ratio, odds_interval = pooled_odds(of, alpha)
    crude_odds_ratio, crude_odds_interval = pooled_odds(Within.pairs([Pair(x, n, x_ref, n_ref)], effect), alpha)
    composition, within = kitagawa(pairs, alpha)
    return Stratified(
        crude_odds_ratio=crude_odds_ratio,
        crude_odds_interval=crude_odds_interval,
        odds_ratio=odds_ratio,
        odds_interval=odds_interval,
        heterogeneity=heterogeneity(of),
        risk_difference=pooled_difference(of, alpha),
        gap=x / n - x_ref / n_ref,
        composition=composition,
        within=within,
        standardised=standardised_rates(pairs, alpha),
        dd=_disparity(Pair(x, n, x_ref, n_ref)),
        cdd=float((size * np.array([_disparity(p) for p in pairs])).sum() / size.sum()),
    )


def pooled_odds(within: Within, alpha: float = 0.05) -> tuple[float, Interval]:
    """Return the Mantel-Haenszel odds ratio, the reference's odds over the group's, with its interval.

    With an empty side the interval is unbounded there, and without variation on both sides; the ratio is then nan.
    Source: Robins, Breslow and Greenland 1986, Biometrics 42, written out because statsmodels divides by zero.
    """
    of = within.varying
    above, below = of.x_ref * (of.n - of.x) / of.size, of.x * (of.n_ref - of.x_ref) / of.size
    concordant = (of.x_ref + of.n - of.x) / of.size
    r, s = float((of.times * above).sum()), float((of.times * below).sum())
    if not r or not s:
        return _ratio(r, s), Interval(0.0, math.inf)

    def weighted(values: Numbers) -> float:
        return float((of.times * values).sum())

    variance = (
        weighted(concordant * above) / (2 * r * r)
        + weighted(concordant * below + (1 - concordant) * above) / (2 * r * s)
        + weighted((1 - concordant) * below) / (2 * s * s)
    )
    reach = normal(1 - alpha / 2) * math.sqrt(variance * within.effect)
    return r / s, Interval(r / s * math.exp(-reach), r / s * math.exp(reach))


LEAST_FITTED = 1.5  # rows in each cell of a stratum from which chi-square is a good approximation, by simulation


def heterogeneity(within: Within) -> Heterogeneity | None:
    """Test that the odds ratio is the same in all strata that vary; None where no stratum could contradict another.

    Written out because statsmodels' test is nan where a stratum does not vary or the pooled odds ratio is exactly 1.
    Source: Breslow and Day 1980, Statistical Methods in Cancer Research I; Tarone 1985, Biometrika 72.
    """
    of = within.varying
    odds_ratio, _ = pooled_odds(of)
    if of.strata < 2 or not 0 < odds_ratio < math.inf:
        return None
    fitted = fitted_cells(of, 1 / odds_ratio)
    cells = (fitted, of.n - fitted, of.selected - fitted, of.n_ref - of.selected + fitted)
    variance = 1 / sum(1 / cell for cell in cells)
    away = of.x - fitted
    statistic = float((of.times * away**2 / variance).sum())
    shift = float((of.times * away).sum()) ** 2 / float((of.times * variance).sum())
    freedom = of.strata - 1
    p, tarone = (chi_square_tail(value / of.effect, freedom) for value in (statistic, statistic - shift))
    large = np.min(cells, axis=0) >= LEAST_FITTED
    exact = variance * of.size / (of.size - 1)
    strata = int(of.times[large].sum())
    sparse = float((of.times * away**2 / exact)[large].sum()) / of.effect
    fair = chi_square_tail(sparse, strata - 1) if strata > 1 else None
    return Heterogeneity(statistic, freedom, p, tarone, fair)


def fitted_cells(within: Within, odds_ratio: float) -> Numbers:
    """Return the group's favourable rows expected in every table at this odds ratio, group over reference.

    The root of a quadratic that is linear at an odds ratio of 1; each branch subtracts no two nearly equal numbers.
    """
    a = 1 - odds_ratio
    b = within.n_ref - within.selected + odds_ratio * (within.n + within.selected)
    c = odds_ratio * within.n * within.selected
    root = np.sqrt(b * b + 4 * a * c)
    with np.errstate(divide="ignore", invalid="ignore"):  # the branch that is not taken
        fitted: Numbers = np.where(b >= 0, 2 * c / (b + root), (root - b) / (2 * a))
    return fitted


def _disparity(pair: Pair) -> float:
    """Return the group's share of the rejected minus its share of the accepted; 0 where a side is empty."""
    accepted, rejected = pair.x + pair.x_ref, pair.n + pair.n_ref - pair.x - pair.x_ref
    return (pair.n - pair.x) / rejected - pair.x / accepted if accepted and rejected else 0.0


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.inf if above else math.nan
