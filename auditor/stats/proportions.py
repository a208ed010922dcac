"""Rates, shares and their ratios: intervals, tests, power. Counts in, numbers out.

The choices (which interval, which test) were made by simulation. The ratio's interval is written here because the
available ones fail where a rate is 0 or 1; the other three because statsmodels, with which the tests compare them,
takes longer to load than it takes to count a million rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import scipy
from scipy import special

from auditor.stats.counts import Interval, Pair, mover
from auditor.stats.roots import root
from auditor.stats.tails import distinct_tests, normal, two_sided

LOG_RATIO_BOUND = 40.0  # ratios beyond e^40 are unbounded for every count a table can hold


class Evidence(NamedTuple):
    """A two-sided test of equal rates: `z` (nan without variation), and which test gave `p`."""

    z: float
    p: float
    test: str


def wilson(x: float, n: float, alpha: float = 0.05) -> Interval:
    """Wilson score interval of x/n. Source: Wilson 1927, Journal of the American Statistical Association 22."""
    rate, z2 = min(1.0, x / n), normal(1 - alpha / 2) ** 2
    centre, reach = rate + z2 / (2 * n), math.sqrt(z2 * (rate * (1 - rate) + z2 / (4 * n)) / n)
    # At a rate of 0 or 1 the bound is exact, whatever the rounding.
    low = 0.0 if x == 0 else max(0.0, (centre - reach) / (1 + z2 / n))
    return Interval(low, 1.0 if x == n else min(1.0, (centre + reach) / (1 + z2 / n)))


def goodman(counts: Sequence[float], alpha: float = 0.05, effects: Sequence[float] | None = None) -> list[Interval]:
    """Goodman's simultaneous intervals of the shares of `counts`; a zero count is allowed.

    Of two counts the second interval is the first one's mirror: they hold together, and share no alpha. `effects` are
    the design effects of the shares, 1 where none are given.

    Source: Goodman 1965, Technometrics 7: Wilson's intervals, alpha shared among the counts.
    """
    n = sum(counts)
    each = alpha / distinct_tests(len(counts))
    return [wilson(k / by, n / by, each) for k, by in zip(counts, effects or [1.0] * len(counts), strict=True)]


def newcombe(pair: Pair, alpha: float = 0.05) -> Interval:
    """Newcombe's hybrid-score interval of the rate difference, group minus reference.

    Source: Newcombe 1998, Statistics in Medicine 17, method 10: from the Wilson intervals of both rates.
    """
    pair = pair.sized
    own, theirs = wilson(pair.x, pair.n, alpha), wilson(pair.x_ref, pair.n_ref, alpha)
    return mover(pair.rate, own, pair.rate_ref, theirs)


def ratio_z(pair: Pair, ratio: float) -> float:
    """Miettinen-Nurminen score statistic of the hypothesis that the impact ratio is `ratio`.

    The variance uses the rates that are most likely under the hypothesis, times N/(N-1); at ratio 1 it is the pooled Z
    times sqrt((N-1)/N). Source: Miettinen and Nurminen 1985, Statistics in Medicine 4.
    """
    pair = pair.sized
    x, n, x_ref, n_ref = float(pair.x), float(pair.n), float(pair.x_ref), float(pair.n_ref)
    total = n + n_ref
    # The restricted reference rate is the smaller root of total*ratio*p^2 - b*p + (x + x_ref) = 0.
    b = ratio * (n + x_ref) + x + n_ref
    reach = math.sqrt(max(0.0, b * b - 4 * total * ratio * (x + x_ref)))
    p_ref = min(1.0, 2 * (x + x_ref) / (b + reach)) if b + reach > 0 else 0.0
    p = min(1.0, ratio * p_ref)
    variance = (p * (1 - p) / n + ratio**2 * p_ref * (1 - p_ref) / n_ref) * total / (total - 1)
    distance = x / n - ratio * x_ref / n_ref
    if variance <= 0:
        return 0.0 if abs(distance) < 1e-15 else math.copysign(math.inf, distance)
    return distance / math.sqrt(variance)


def ratio_interval(pair: Pair, alpha: float = 0.05) -> Interval:
    """Miettinen-Nurminen interval of the impact ratio: the ratios that `ratio_z` does not reject.

    Valid also at rates of 0 and 1, where `high` may be inf. For two zero rates it is unbounded: (0, inf).
    """
    if pair.x == 0 and pair.x_ref == 0:
        return Interval(0.0, math.inf)
    if pair.x_ref == 0:
        return Interval(1 / ratio_interval(pair.swapped, alpha).high, math.inf)
    z, pair = normal(1 - alpha / 2), pair.sized

    def bound(target: float) -> float:
        def excess(log_ratio: float) -> float:
            return ratio_z(pair, math.exp(log_ratio)) - target

        return math.exp(root(excess, -LOG_RATIO_BOUND, LOG_RATIO_BOUND, absolute=1e-13))

    return Interval(0.0 if pair.x == 0 else bound(z), bound(-z))


def equal_rates(pair: Pair, min_expected: float = 5.0) -> Evidence:
    """Test of equal rates: pooled Z where every expected cell reaches `min_expected`, else Fisher's exact test.

    `z` is given either way, uncorrected; nan when nobody or everybody is selected.
    """
    pair = pair.sized
    total, selected = pair.n + pair.n_ref, pair.x + pair.x_ref
    if selected in (0, total):
        return Evidence(math.nan, 1.0, "Fisher exact")  # without asking scipy, which would have to be loaded
    pooled = min(1.0, selected / total)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / pair.n + 1 / pair.n_ref))
    z = (pair.rate - pair.rate_ref) / spread if spread > 0 else math.nan
    expected = min(pair.n, pair.n_ref) * min(selected, total - selected) / total
    if expected >= min_expected:
        return Evidence(z, two_sided(z), "pooled Z")
    table = np.array([[pair.x, pair.n - pair.x], [pair.x_ref, pair.n_ref - pair.x_ref]]).round().astype(np.int64)
    return Evidence(z, float(scipy.stats.fisher_exact(table).pvalue), "Fisher exact")


def _power(rate: float, ratio: float, n: float, n_ref: float, alpha: float) -> float:
    """Power of the pooled two-sided Z test against an impact ratio (as statsmodels' power_proportions_2indep).

    Written out because a search for a size asks dozens of times, and statsmodels takes a hundred times as long.
    """
    other = ratio * rate
    share = n_ref / n
    pooled = (other + share * rate) / (1 + share)
    null = math.sqrt(pooled * (1 - pooled) * (1 + 1 / share))
    spread = math.sqrt(other * (1 - other) + rate * (1 - rate) / share)
    if spread == 0 or null == 0:
        return 0.0
    critical, moved = special.ndtri(alpha / 2) * null / spread, (other - rate) * math.sqrt(n) / spread
    return float(special.ndtr(critical + moved) + special.ndtr(critical - moved))


def detectable_ratio(rate: float, n: float, n_ref: float, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """The impact ratio below 1 nearest to 1 that n and n_ref rows would show with this power; None without one.

    `rate` is the overall selection rate, never the observed gap.
    """
    if not 0 < rate < 1:
        return None

    def lacking(ratio: float) -> float:
        return _power(rate, ratio, n, n_ref, alpha) - power

    smallest = 1e-6
    if lacking(smallest) < 0:
        return None
    return root(lacking, smallest, 1 - 1e-9, absolute=1e-9)


def needed_n(
    rate: float, ratio: float, n_ref: float | None = None, alpha: float = 0.05, power: float = 0.8
) -> int | None:
    """Rows a group needs to show an impact ratio with this power: against n_ref rows, or as many as its own (None).

    None when no number would be enough because the reference itself is too small.
    """
    return _least_rows(lambda n: _power(rate, ratio, n, n if n_ref is None else n_ref, alpha) - power, rate)


def _least_rows(lacking: Callable[[float], float], rate: float) -> int | None:
    """Return the fewest rows with enough power: `lacking` is power less the required power; None: no number."""
    largest = 1e12
    if not 0 < rate < 1 or lacking(largest) < 0:
        return None
    return 1 if lacking(1.0) >= 0 else math.ceil(root(lacking, 1.0, largest, relative=1e-12))


def rows_to_collect(
    rate: float, ratio: float, n: float, n_ref: float, alpha: float = 0.05, power: float = 0.8
) -> tuple[int, int]:
    """Return the fewest rows to add to a group and to its reference so that an impact ratio would show; (0, 0) if now.

    Either one of them grows alone, or both grow to one size, whichever takes fewest rows. A rate of 0 or 1 shows
    nothing at any size: then (0, 0) too.
    """
    both = needed_n(rate, ratio, None, alpha, power)
    if both is None:
        return 0, 0
    alone = needed_n(rate, ratio, n_ref, alpha, power)
    theirs = _least_rows(lambda size: _power(rate, ratio, n, size, alpha) - power, rate)
    return _least(alone, theirs, both, n, n_ref)


def _least(alone: float | None, theirs: float | None, both: float, n: float, n_ref: float) -> tuple[int, int]:
    """Return the fewest rows to add to n and n_ref, by the best of three ways: n alone grows, n_ref alone, or both."""
    ways = [(alone, n_ref), (n, theirs), (both, both)]
    more = [
        (max(0, math.ceil(own - n)), max(0, math.ceil(other - n_ref)))
        for own, other in ways
        if own is not None and other is not None
    ]
    return min(more, key=sum)


def _room(rate: float, limit: float, alpha: float, power: float) -> float:
    """Return the largest 1/n + 1/n_ref at which equal rates are clear with the given power; 0 where they never are.

    The lower bound of the ratio must reach the threshold: on the log scale its error, from (1 - rate) / rate * (1/n +
    1/n_ref), may be ln(1/limit) over the sum of the two normal quantiles.
    """
    reach = normal(1 - alpha / 2) + normal(power)
    return (math.log(1 / limit) / reach) ** 2 * rate / (1 - rate) if 0 < rate < 1 and limit < 1 else 0.0


def clear_n(rate: float, limit: float, n_ref: float, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """Return the rows at which equal rates are clear with the given power against a reference of `n_ref` rows.

    None where the reference is too small for any number of rows.
    """
    room = _room(rate, limit, alpha, power)
    return 1 / (room - 1 / n_ref) if n_ref and room > 1 / n_ref else None


def rows_to_clear(
    rate: float, limit: float, n: float, n_ref: float, alpha: float = 0.05, power: float = 0.8
) -> tuple[int, int] | None:
    """Return the fewest rows to add to a group and to its reference so that equal rates are clear; (0, 0) if now.

    Either one of them grows alone, or both grow to one size, whichever takes fewest rows. None where no size is enough.
    """
    room = _room(rate, limit, alpha, power)
    return fewest_rows(n, n_ref, room) if room else None


def rows_to_bound(pair: Pair, least: float, alpha: float = 0.05, power: float = 0.8) -> tuple[int, int]:
    """Return the fewest rows to add to a group and to its reference so that equal rates are shown to differ by less.

    With these rows the interval of the difference lies within `least` on both sides, with the given power; (0, 0) if
    now. Either one of them grows alone, or both grow to one size, whichever takes fewest rows. The rate is that of both
    groups together, shrunk towards one half by Agresti and Coull's four rows, never the observed difference.
    """
    rate = (pair.x + pair.x_ref + 2) / (pair.n + pair.n_ref + 4)
    reach = normal(1 - alpha / 2) + normal((1 + power) / 2)  # both ends must lie within
    return fewest_rows(pair.n, pair.n_ref, (least / reach) ** 2 / (rate * (1 - rate)))


def fewest_rows(n: float, n_ref: float, room: float) -> tuple[int, int]:
    """Return the fewest rows to add to n and n_ref so that 1/n + 1/n_ref is `room` at most, `room` above 0."""
    if 1 / n + 1 / n_ref <= room:
        return 0, 0
    alone, theirs = (1 / (room - 1 / size) if room > 1 / size else None for size in (n_ref, n))
    return _least(alone, theirs, 2 / room, n, n_ref)
