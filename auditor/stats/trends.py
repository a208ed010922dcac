"""Change over periods: trend in a share or rate, and in a gap between two groups."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from auditor.stats.counts import Interval, Pair
from auditor.stats.tails import chi_square_tail, holm, normal, two_sided

JUMPS = 400  # samples without change


@dataclass(frozen=True)
class Trend:
    """A trend test: z positive for a rise, two-sided p."""

    z: float
    p: float


def share_trend(counts: Sequence[float], totals: Sequence[float], effect: float = 1.0) -> Trend:
    """Cochran-Armitage (linear-by-linear) trend of counts of totals over equally spaced periods, all totals above 0.

    `effect` is the design effect of the trend, where rows are not independent. The variance has the factor N/(N-1), as
    in statsmodels' Table.test_ordinal_association.
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


LINE, STEP, BEND = "line", "step", "bend"
OF_LINE = 0.8  # of the alpha of a course: the rest is for steps and bends, which are many
SCATTER = 6.0  # how much more the excess variation of periods counts, because it may last from one to the next
SURE = 0.1  # the p below which periods vary significantly more than rows


@dataclass(frozen=True)
class Course:
    """A simple course over periods: a line, a step up or down, or a bend; `p` is not adjusted for how many there are.

    `change` is how much it moves: over all periods (line), from before the step to after, from the middle to the ends
    (bend). `place` is the first period after a step, from 0. `interval` is that of the change.
    """

    kind: str
    change: float
    interval: Interval
    z: float
    p: float
    place: int = 0


@dataclass(frozen=True)
class Drift:
    """How values of periods change over time: the line through them, and the step or bend that fits best.

    `p` is that of no course, with alpha shared; `line_p` and `shape_p` are each divided by its part. `statistic` is the
    chi-square of all periods being equal, `differ_p` its p, for independent periods. `departures` are the intervals of
    each period less all the others.
    """

    line: Course
    shape: Course | None
    line_p: float
    shape_p: float
    statistic: float
    differ_p: float
    departures: tuple[Interval, ...]

    @property
    def p(self) -> float:
        """That of no course at all."""
        return min(self.line_p, self.shape_p)

    @property
    def widest(self) -> Interval:
        """The interval of the period that may lie farthest from the others."""
        return max(self.departures, key=lambda bounds: max(abs(bounds.low), abs(bounds.high)))


def drift_of(values: Sequence[float], variances: Sequence[float], at: Sequence[float], alpha: float = 0.05) -> Drift:
    """Return the drift of the values of two periods or more at the times `at`, weighted by their precision.

    Where the periods vary about a course significantly more than rows would, years are not independent: they follow one
    another, and a run of high ones looks like a trend. Then the variance of the course is 1 + `SCATTER` times the
    excess variation, and Student's t has the degrees of freedom of that mixture (Satterthwaite). Variation of rows
    alone then shows a course in 5% of data sets. Equal years with lasting noise (AR(1), 0.7 from year to year) show one
    far less often than with a plain test of trend, though in more than 5% where the noise is hardly larger than the
    variation of rows.

    Source: Wedderburn 1974, Biometrika 61 (over-dispersion); the factor is by simulation.
    """
    y, weight, t = (np.asarray(of, dtype=float) for of in (values, 1 / np.maximum(np.asarray(variances), 1e-12), at))
    y = y - (weight * y).sum() / weight.sum()
    spread = float((weight * y**2).sum())
    line, *shapes = (_course(kind, place, of, y, weight, spread, alpha) for kind, place, of in _courses(t))
    shape = min(shapes, key=lambda one: one.p, default=None)
    return Drift(
        line,
        shape,
        min(1.0, line.p / OF_LINE) if shape else line.p,
        min(1.0, shape.p * len(shapes) / (1 - OF_LINE)) if shape else 1.0,
        spread,
        chi_square_tail(spread, len(y) - 1),
        tuple(_departures(y, weight, alpha)),
    )


def _courses(t: np.ndarray) -> list[tuple[str, int, np.ndarray]]:
    """Return the courses that are tried, the line first: kind, place, and the value in each period."""
    line = (LINE, 0, (t - t[0]) / (t[-1] - t[0]))
    if len(t) < 3:
        return [line]
    middle = (t[0] + t[-1]) / 2
    steps = [(STEP, place, (t >= t[place]).astype(float)) for place in range(1, len(t))]
    return [line, (BEND, 0, ((t - middle) / (t[-1] - middle)) ** 2), *steps]


def _course(
    kind: str, place: int, form: np.ndarray, y: np.ndarray, weight: np.ndarray, spread: float, alpha: float
) -> Course:
    """Fit one course to centred values whose weighted squares sum to `spread`."""
    form = form - (weight * form).sum() / weight.sum()
    size = float((weight * form**2).sum())
    change = float((weight * form * y).sum()) / size
    left = len(y) - 2
    scatter = max(0.0, spread - change**2 * size)
    inflated, freedom = 1.0, math.inf
    if left and chi_square_tail(scatter, left) < SURE:
        excess = max(0.0, scatter / left - 1) * SCATTER
        inflated = 1 + excess
        freedom = left * (inflated / excess) ** 2 if excess else math.inf
    error = math.sqrt(inflated / size)
    known = min(freedom, 1e6)  # beyond it is the normal distribution
    reach = float(special.stdtrit(known, 1 - alpha / 2)) * error
    p = float(2 * special.stdtr(known, -abs(change) / error))
    return Course(kind, change, Interval(change - reach, change + reach), change / error, p, place)


def _departures(y: np.ndarray, weight: np.ndarray, alpha: float) -> Iterator[Interval]:
    """Yield the interval of each period less the mean of the others, from the variation of rows."""
    total = weight.sum()
    for value, own in zip(y, weight, strict=True):
        others = -own * value / (total - own)  # the values are centred
        reach = normal(1 - alpha / 2) * math.sqrt(1 / own + 1 / (total - own))
        yield Interval(float(value - others - reach), float(value - others + reach))


@dataclass(frozen=True)
class DriftP:
    """The p-values of a drift, adjusted over those that share alpha: of the line, of the shape, of equal periods.

    The last is no evidence of a course, and has its own alpha.
    """

    line: float
    shape: float
    differ: float

    @property
    def course(self) -> float:
        """That of no line and no shape."""
        return min(self.line, self.shape)

    def of(self, drift: Drift) -> list[tuple[float, float]]:
        """Return the change and the p of each course."""
        shape = [(drift.shape.change, self.shape)] if drift.shape else []
        return [(drift.line.change, self.line), *shape]


def adjusted_drifts(drifts: Sequence[Drift]) -> list[DriftP]:
    """Return the p-values of drifts that share alpha (Holm); the two of each drift share its part."""
    found = []
    wholes, differ = holm([drift.p for drift in drifts]), holm([min(1.0, 2 * drift.differ_p) for drift in drifts])
    for drift, whole, alike in zip(drifts, wholes, differ, strict=True):
        times = whole / drift.p if drift.p > 0 else len(drifts)
        line, shape = (min(1.0, max(whole, p * times)) for p in (drift.line_p, drift.shape_p))
        found.append(DriftP(line, shape, alike))
    return found


def share_drift(counts: Sequence[float], totals: Sequence[float], alpha: float = 0.05, effect: float = 1.0) -> Drift:
    """Return the drift of a share over equally spaced periods, at least two, all totals above 0.

    `effect` is the design effect of the shares, where rows are not independent.
    """
    x, n = np.asarray(counts, dtype=float), np.asarray(totals, dtype=float)
    rate = (x.sum() + 0.5) / (n.sum() + 1)  # it has a variance also where nobody or everybody is counted
    return drift_of(list(x / n), list(effect * rate * (1 - rate) / n), list(range(len(n))), alpha)


def gap_drift(pairs: Sequence[Pair | None], alpha: float = 0.05) -> Drift | None:
    """Return the drift of the log impact ratios of at least three periods; None with fewer.

    `pairs` are in the order of time, with None in the place of a period that does not hold both groups. Half a
    selection is added everywhere, so that periods without selections count too (Gart and Nam 1988).
    """
    known = [(at, pair) for at, pair in enumerate(pairs) if pair is not None and pair.n and pair.n_ref]
    if len(known) < 3:
        return None
    values = [math.log((p.x + 0.5) / (p.n + 0.5)) - math.log((p.x_ref + 0.5) / (p.n_ref + 0.5)) for _, p in known]
    variances = [
        p.effect * (1 / (p.x + 0.5) - 1 / (p.n + 0.5)) + p.effect_ref * (1 / (p.x_ref + 0.5) - 1 / (p.n_ref + 0.5))
        for _, p in known
    ]
    return drift_of(values, variances, [at for at, _ in known], alpha)


def jump_by_chance(totals: Sequence[float], shares: Sequence[float], share: float = 0.95, seed: int = 0) -> float:
    """Return the bound of the largest distance between neighbouring periods in `share` of samples without change.

    By simulation, because it is a maximum and never 0: `totals` rows of each period, all with the same `shares`.
    """
    rng = np.random.default_rng(seed)
    p = np.asarray(shares, dtype=float) / sum(shares)
    drawn = np.stack([rng.multinomial(n, p, JUMPS) / n for n in (max(1, round(n)) for n in totals)])
    jumps = (np.abs(np.diff(drawn, axis=0)).sum(axis=2) / 2).max(axis=0)
    return float(np.quantile(jumps, share))
