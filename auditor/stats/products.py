"""Ratios of rates that multiply over stages: the whole process, and what each stage adds to its gap."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import ratio_interval
from auditor.stats.tails import normal


@dataclass(frozen=True)
class Product:
    """The ratio of two groups over all stages, with its interval, and each stage's part of its logarithm.

    `rate` and `rate_ref` are the products of the stages' rates. `parts` sum to 1; None for each where the interval of
    the ratio includes 1, so that there is no gap to share out, or where a rate is 0.
    """

    rate: float
    rate_ref: float
    ratio: float
    interval: Interval
    parts: tuple[tuple[float, Interval] | None, ...]


def product(stages: Sequence[Pair], alpha: float = 0.05) -> Product:
    """Multiply the ratios of stages, each among those who passed the stage before.

    People who withdraw are in the rates of the stages up to there and in no later one, as censored people are in the
    product-limit estimate; the variance of the logarithm of a product of rates is then Greenwood's. The parts of the
    logarithm have intervals by the delta method. A product of 0 has no logarithm: its interval is that of one stage
    with the same rates, and with those who were not censored.

    Source: Kaplan and Meier 1958; Greenwood 1926.
    """
    rate, rate_ref = (math.prod(rates) for rates in zip(*((of.rate, of.rate_ref) for of in stages), strict=True))
    ratio = rate / rate_ref if rate_ref else math.inf if rate else math.nan
    if not rate or not rate_ref:
        own, theirs = (_at_once(of, each) for of, each in zip(_counts(stages), (rate, rate_ref), strict=True))
        return Product(rate, rate_ref, ratio, ratio_interval(Pair(*own, *theirs), alpha), (None,) * len(stages))
    logs = [math.log(of.ratio) for of in stages]
    errors = [_variance(of.sized) for of in stages]
    total, spread, z = math.fsum(logs), math.fsum(errors), normal(1 - alpha / 2)
    reach = z * math.sqrt(spread)
    bounds = Interval(math.exp(total - reach), math.exp(total + reach))
    if bounds.low <= 1 <= bounds.high:
        return Product(rate, rate_ref, ratio, bounds, (None,) * len(stages))
    parts = []
    for log, error in zip(logs, errors, strict=True):
        variance = ((total - log) ** 2 * error + log**2 * (spread - error)) / total**4
        part, reach = log / total, z * math.sqrt(max(0.0, variance))
        parts.append((part, Interval(part - reach, part + reach)))
    return Product(rate, rate_ref, ratio, bounds, tuple(parts))


def _counts(stages: Sequence[Pair]) -> Iterator[list[tuple[float, float]]]:
    """Yield those who passed and those who were decided on at each stage, of the group and of the reference."""
    sized = [of.sized for of in stages]
    yield [(of.x, of.n) for of in sized]
    yield [(of.x_ref, of.n_ref) for of in sized]


def _at_once(stages: Sequence[tuple[float, float]], rate: float) -> tuple[float, float]:
    """Return what one stage with this rate would have: those who passed, and those who entered, less the censored."""
    n = stages[0][1]
    for (came, _), (_, decided) in itertools.pairwise(stages):
        if not came:
            break
        n *= decided / came
    return n * rate, n


def _variance(pair: Pair) -> float:
    """Return the variance of the logarithm of a ratio of rates."""
    return sum((1 - rate) / (rate * n) for rate, n in ((pair.rate, pair.n), (pair.rate_ref, pair.n_ref)))
