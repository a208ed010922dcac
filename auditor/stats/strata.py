"""Two groups' rates within strata: pooled odds ratio and its tests, risk difference, standardised rates, splits."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from auditor.stats.counts import Interval, Pair
from auditor.stats.tails import normal


@dataclass(frozen=True)
class Stratified:
    """A group against a reference within strata. Odds ratios are the reference's odds over the group's.

    `composition` and `within` are Kitagawa's parts of the rate gap, group minus reference: what the different spread
    over the strata makes of it, and what the different rates inside them do. `cdd` is the conditional demographic
    disparity: share of the rejected minus share of the accepted that the group holds, averaged over the strata.
    """

    crude_odds_ratio: float
    odds_ratio: float
    odds_interval: Interval
    cmh: float
    cmh_p: float
    breslow_day: float
    breslow_day_p: float
    risk_difference: float
    risk_ratio: float
    risk_interval: Interval
    gap: float
    composition: float
    within: float
    standardised: tuple[float, float]
    dd: float
    cdd: float


Strata = Mapping[str, Pair]


def stratify(strata: Strata) -> Stratified | None:
    """Compare a group with a reference over strata that hold rows of both; None where no stratum does.

    Source: Mantel and Haenszel 1959; Robins, Breslow and Greenland 1986 (interval); Breslow and Day 1980; Kitagawa
    1955; statsmodels' StratifiedTable for all but the risk difference, the standardised rates and the splits.
    """
    from statsmodels.stats.contingency_tables import StratifiedTable

    pairs = list(strata.values())
    if not pairs:
        return None
    tables = [[[p.x_ref, p.n_ref - p.x_ref], [p.x, p.n - p.x]] for p in pairs]
    table = StratifiedTable(np.array(tables, dtype=float).transpose(1, 2, 0))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # a stratum without variation divides by zero; the sums leave it out
        null, equal = table.test_null_odds(correction=False), table.test_equal_odds()
        low, high = table.oddsratio_pooled_confint()
        pooled = float(table.oddsratio_pooled)
    n, n_ref = sum(p.n for p in pairs), sum(p.n_ref for p in pairs)
    x, x_ref = sum(p.x for p in pairs), sum(p.x_ref for p in pairs)
    share = np.array([p.n / n for p in pairs])
    share_ref = np.array([p.n_ref / n_ref for p in pairs])
    rate, rate_ref = (np.array([getattr(p, name) for p in pairs]) for name in ("rate", "rate_ref"))
    size = np.array([p.n + p.n_ref for p in pairs], dtype=float)
    weight = np.array([p.n * p.n_ref / (p.n + p.n_ref) for p in pairs])
    risk_ratio, risk_interval = _risk_ratio(pairs)
    return Stratified(
        risk_ratio=risk_ratio,
        risk_interval=risk_interval,
        crude_odds_ratio=_ratio(x_ref * (n - x), (n_ref - x_ref) * x),
        odds_ratio=pooled,
        odds_interval=Interval(float(low), float(high)),
        cmh=float(null.statistic),
        cmh_p=float(null.pvalue),
        breslow_day=float(equal.statistic),
        breslow_day_p=float(equal.pvalue),
        risk_difference=float((weight * (rate - rate_ref)).sum() / weight.sum()),
        gap=x / n - x_ref / n_ref,
        composition=float(((share - share_ref) * (rate + rate_ref) / 2).sum()),
        within=float(((rate - rate_ref) * (share + share_ref) / 2).sum()),
        standardised=(float((size * rate).sum() / size.sum()), float((size * rate_ref).sum() / size.sum())),
        dd=_disparity(Pair(x, n, x_ref, n_ref)),
        cdd=float((size * np.array([_disparity(p) for p in pairs])).sum() / size.sum()),
    )


def _risk_ratio(pairs: list[Pair], alpha: float = 0.05) -> tuple[float, Interval]:
    """Return the Mantel-Haenszel ratio of rates, group over reference, with its interval.

    Source: Greenland and Robins 1985, Biometrics 41, for the variance of its logarithm; statsmodels has no interval.
    """
    above = sum(p.x * p.n_ref / (p.n + p.n_ref) for p in pairs)
    below = sum(p.x_ref * p.n / (p.n + p.n_ref) for p in pairs)
    if not above or not below:
        return _ratio(above, below), Interval(0.0, math.inf)
    spread = sum(
        ((p.x + p.x_ref) * p.n * p.n_ref - p.x * p.x_ref * (p.n + p.n_ref)) / (p.n + p.n_ref) ** 2 for p in pairs
    )
    reach = normal(1 - alpha / 2) * math.sqrt(spread / (above * below))
    ratio = above / below
    return ratio, Interval(ratio * math.exp(-reach), ratio * math.exp(reach))


def _disparity(pair: Pair) -> float:
    """Return the group's share of the rejected minus its share of the accepted; 0 where a side is empty."""
    accepted, rejected = pair.x + pair.x_ref, pair.n + pair.n_ref - pair.x - pair.x_ref
    return (pair.n - pair.x) / rejected - pair.x / accepted if accepted and rejected else 0.0


def _ratio(above: float, below: float) -> float:
    return above / below if below else math.inf if above else math.nan
