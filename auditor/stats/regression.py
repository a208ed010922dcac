"""Regressions of an outcome on a group and controls, over coded rows: linear and logistic, with robust errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from auditor.stats.coded import Design, Mask, Numbers, independent, inverse, summed
from auditor.stats.counts import Interval
from auditor.stats.tails import student

MANY = 400_000  # rows from which a logistic fit starts from some of them
LEVERAGED = 1_000_000  # rows up to which each has its own leverage; of more, the mean: it is nearly nought
STEPS = 40
CONVERGED = 1e-15  # of a Newton decrement, which is the square of a step in standard errors
EXTREME = 20.0  # log-odds at which an outcome is as good as certain
SKEWED = 1.25  # by simulation
HALF = 0.5  # of an estimate that may rest on one unit, for its error to be corrected
FULL = 1e-9  # of 1 less the leverage of a row that its own column fits

Codes = NDArray[np.integer]


class Separated(Exception):
    """Raised where the columns determine the outcome of some rows, so that no logistic model has finite numbers."""


class Effect(NamedTuple):
    """A number with its standard error, and the degrees of freedom of its t distribution.

    `above` and `below` are how many standard errors count as one on each side of it, in tests and intervals: few units
    make the error too small, and a long tail makes the number too low, or too high, more often than not.
    """

    value: float
    error: float
    freedom: float
    above: float = 1.0
    below: float = 1.0

    def at(self, alpha: float) -> Interval:
        """Return its interval at an alpha."""
        reach = student(1 - alpha / 2, self.freedom) * self.error
        return Interval(self.value - reach * self.below, self.value + reach * self.above)

    @property
    def p(self) -> float:
        """The two-sided p of the test that it is nought."""
        from scipy import special

        if not self.error > 0:
            return math.nan
        towards = self.above if self.value < 0 else self.below
        return float(2 * special.stdtr(self.freedom, -abs(self.value / self.error / towards)))


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The outcomes of the rows of each cell of a design, of shape (n,): how many rows, the sums of their powers.

    `units` are codes from 0 of the people or clusters that rows belong to, one array for each column that names some.
    """

    n: Numbers
    first: Numbers
    second: Numbers
    third: Numbers
    units: Sequence[Codes] = ()

    @property
    def rows(self) -> float:
        """All rows."""
        return float(self.n.sum())

    @classmethod
    def of(cls, values: Numbers, units: Sequence[Codes] = ()) -> Outcomes:
        """Return the outcomes of single rows."""
        return cls(np.ones(len(values)), values, values * values, values * values * values, units)

    def together(self, codes: Codes, size: int) -> Outcomes:
        """Return the outcomes put together by code, without their units."""
        n, first, second, third = (
            summed(codes, values, size) for values in (self.n, self.first, self.second, self.third)
        )
        return Outcomes(n, first, second, third)

    def about(self, fit: Numbers) -> Residuals:
        """Return the sums of powers of what is left of the outcomes; of single rows, of these themselves."""
        if (self.n == 1).all():
            left = self.first - fit
            return Residuals(left, left * left, left * left * left)
        squares = self.second - fit * (2 * self.first - self.n * fit)
        cubes = self.third - fit * (3 * self.second - fit * (3 * self.first - self.n * fit))
        return Residuals(self.first - self.n * fit, np.maximum(squares, 0.0), cubes)

    def less(self, middle: float) -> Outcomes:
        """Return the outcomes with a number taken from each."""
        left = self.about(np.full(len(self.n), middle))
        return replace(self, first=left.sums, second=left.squares, third=left.cubes)

    def among(self, rows: Codes) -> Outcomes:
        """Return the outcomes of some cells, their units numbered anew."""
        units = [np.unique(unit[rows], return_inverse=True)[1] for unit in self.units]
        return Outcomes(self.n[rows], self.first[rows], self.second[rows], self.third[rows], units)


class Residuals(NamedTuple):
    """The sums of the residuals of each cell, of their squares, and of their cubes; of shape (n,)."""

    sums: Numbers
    squares: Numbers
    cubes: Numbers


@dataclass(frozen=True, eq=False)
class Line:
    """A fit by least squares: the effect of the last column, and what its sensitivity is computed from.

    `classical` is the standard error of equal variances, `freedom` the residual degrees of freedom, `residual` the sum
    of squares that is left.
    """

    effect: Effect
    classical: float
    freedom: float
    residual: float
    beta: Numbers
    used: Mask


@dataclass(frozen=True, eq=False)
class Curve:
    """A logistic fit: average rates if all were of the group, and of the reference, and how these compare.

    `difference` is the average marginal difference, `log_ratio` the logarithm of the ratio of the two rates.
    """

    difference: Effect
    log_ratio: Effect
    rate: float
    reference_rate: float
    beta: Numbers
    used: Mask


def least_squares(
    design: Design, of: Outcomes, asked: Mask, gram: Numbers, moments: Numbers, *, like: Line | None = None
) -> Line | None:
    """Fit the asked columns by least squares; None where the last one is a sum of the others.

    `gram` is X'WX and `moments` X'y of all columns. Errors are HC3 (MacKinnon and White 1985), or of clusters, where
    these are larger. With `like`, a fit to the same rows, no row is looked at: the error is that of equal variances
    times what the robust one is of it in the other fit.
    """
    used = independent(gram, asked)
    last = design.width - 1
    if not used[last]:
        return None
    inner = inverse(gram, used)
    beta = inner @ moments
    freedom = of.rows - int(used.sum())
    if not freedom > 0:
        return None
    if like is not None:
        residual = max(0.0, float(of.second.sum()) - float(beta @ moments))
        classical = math.sqrt(residual / freedom * float(inner[last, last]))
        wider = like.effect.error / like.classical if like.classical > 0 else math.nan
        effect = like.effect._replace(value=float(beta[last]), error=classical * wider)
        return Line(effect, classical, freedom, residual, beta, used)
    fit = design.fitted(beta)
    left = of.about(fit)
    residual = float(left.squares.sum())
    at = np.zeros((design.width, 1))
    at[last, 0] = 1.0
    effect = _effects(design, of, inner, at, [float(beta[last])], left, np.ones(len(fit)), int(used.sum()))[0]
    classical = math.sqrt(residual / freedom * float(inner[last, last]))
    return Line(effect, classical, freedom, residual, beta, used)


def logistic(
    design: Design, of: Outcomes, asked: Mask, start: Numbers | None = None, gram: Numbers | None = None
) -> Curve:
    """Fit a logistic regression on the asked columns, and average what it says of the group, the last column.

    Standard errors are by the delta method, of the robust covariance with leverage as in HC3, or of clusters. `gram` is
    X'X of all columns, where it is known.

    Raises:
        Separated: The columns determine the outcome of some rows, or the group is a sum of the others.
    """
    last = design.width - 1
    used = independent(design.gram(of.n) if gram is None else gram, asked)
    if not used[last]:
        raise Separated
    beta, inner, log_odds = _fitted(design, of, used, start)
    size = of.rows
    base = log_odds - beta[last] * _last(design)
    as_reference, as_group = _rates(base), _rates(base + beta[last])
    rates = float((of.n * as_group).sum() / size), float((of.n * as_reference).sum() / size)
    if not min(rates) > 0:
        raise Separated
    slopes = design.sums(of.n * as_group * (1 - as_group) / size, of.n * as_reference * (1 - as_reference) / size)
    slopes[last] = slopes[0, 0], 0.0  # where all are of the group, and where none is
    slopes[~used] = 0.0
    gradients = np.stack([slopes[:, 0] - slopes[:, 1], slopes[:, 0] / rates[0] - slopes[:, 1] / rates[1]], axis=1)
    mu = _rates(log_odds)
    values = [rates[0] - rates[1], math.log(rates[0] / rates[1])]
    difference, log_ratio = _effects(design, of, inner, gradients, values, of.about(mu), mu * (1 - mu), int(used.sum()))
    return Curve(difference, log_ratio, *rates, beta, used)


def _last(design: Design) -> Numbers:
    """Return the group's own column."""
    of = design.factors[-1]
    column: Numbers = of.table[:, -1][of.codes]
    return column


def _effects(
    design: Design,
    of: Outcomes,
    inner: Numbers,
    gradients: Numbers,
    values: Sequence[float],
    left: Residuals,
    weights: Numbers,
    columns: int,
) -> list[Effect]:
    """Return numbers with their errors: those whose gradients by the coefficients are the columns of `gradients`.

    `weights`, of shape (n,), is the variance of an outcome that the model states.

    Degrees of freedom are how many rows, or units, an effect rests on: Satterthwaite's, from the parts of its variance
    that each has by itself, if all outcomes varied alike. Source: Bell and McCaffrey 2002, Survey Methodology 28;
    Carter, Schnepel and Steigerwald 2017, Review of Economics and Statistics 99.
    """
    size = of.rows
    rest = (
        1 - weights * design.leverage(inner) if design.rows <= LEVERAGED else np.full(design.rows, 1 - columns / size)
    )
    factor = np.where(
        rest > FULL, np.square(1 / np.maximum(rest, FULL)), 0.0
    )  # a row of its own column has no residual
    squares, cubes = factor * left.squares, factor * np.sqrt(factor) * left.cubes
    own = of.n * weights
    again = own * weights
    found = []
    for value, gradient in zip(values, gradients.T, strict=True):
        each = design.fitted(inner @ gradient)
        power = each * each  # much faster than numbers to a power
        variance, wider = float(power @ squares), 1.0
        skew = _skew(float((power * each) @ cubes), variance)
        rows = float((power * power) @ again)
        freedom = min(size - columns, float(power @ own) ** 2 / rows - 1 if rows > 0 else 0.0)
        for unit in of.units:
            among = int(unit.max()) + 1
            if among < 2:
                return [Effect(value, math.inf, 1.0) for value in values]
            scores = summed(unit, each * left.sums, among)
            total = float((scores**2).sum())
            alone = summed(unit, own * power, among)
            joint = np.square(summed(unit, of.n * np.sqrt(weights) * each, among))
            few = among / (among - 1) * (size - 1) / max(1.0, size - columns)
            freedom = min(freedom, among - 1, _rests_on(alone, alone**2), _rests_on(joint, joint**2))
            if few * total >= variance:
                variance, skew = few * total, _skew(float((scores**3).sum()), total)
                rest = 1 - np.minimum(joint / joint.sum(), HALF)
                wider = max(1.0, math.sqrt(float((scores**2 / rest**2).sum()) / total))
        above, below = (wider * (1 + SKEWED * max(0.0, side)) for side in (skew, -skew))
        found.append(Effect(value, math.sqrt(variance), max(1.0, freedom), above, below))
    return found


def _skew(cubes: float, variance: float) -> float:
    """Return the skewness of an estimate from the sums of the cubes and squares that it is made of."""
    return cubes / variance**1.5 if variance > 0 else 0.0


def _rests_on(parts: Numbers, squares: Numbers) -> float:
    """Return how many equal parts a sum is worth, less one; `squares` are those of its parts."""
    total = float(squares.sum())
    return float(parts.sum()) ** 2 / total - 1 if total > 0 else 0.0


def _fitted(design: Design, of: Outcomes, used: Mask, start: Numbers | None) -> tuple[Numbers, Numbers, Numbers]:
    """Return the coefficients of a logistic regression, the inverse of its information, and the log-odds of each cell.

    By Newton's method. Of very many rows some give a first fit; one step with the information of all brings it within
    reach of steps by the gradient alone.
    """
    beta = np.zeros(design.width)
    share = float(of.first.sum()) / of.rows
    if not 0 < share < 1:
        raise Separated
    beta[0] = math.log(share / (1 - share))
    if start is not None:
        beta = np.where(used, start, 0.0)
    if design.rows > MANY:
        beta = _first(design, of, used, beta)
    many = design.rows > MANY
    log_odds = design.fitted(beta)
    deviance, inner = _deviance(of, log_odds), None
    for step in range(STEPS):
        mu = _rates(log_odds)
        if inner is None or not many or step < 2:
            inner = _inverse(design.gram(of.n * mu * (1 - mu)), used)
        slope = design.sums(of.first - of.n * mu)[:, 0] * used
        move = inner @ slope
        decrement = float(slope @ move)
        if decrement < CONVERGED * (deviance if many else max(1.0, 1e-3 * deviance)):
            break
        beta, log_odds, deviance = _moved(design, of, beta, move, deviance)
        if np.abs(log_odds).max() > EXTREME:
            raise Separated
    else:
        raise Separated
    if many:
        mu = _rates(log_odds)
        inner = _inverse(design.gram(of.n * mu * (1 - mu)), used)
    return beta, inner, log_odds


def _first(design: Design, of: Outcomes, used: Mask, beta: Numbers) -> Numbers:
    """Return coefficients of some rows, every so many; those given where these rows have no fit."""
    rows = np.random.default_rng(0).choice(design.rows, MANY // 4, replace=False)
    rows.sort()
    some = replace(of, units=()).among(rows)
    part = design.some(rows)
    try:
        return _fitted(part, some, used & independent(part.gram(some.n), used), beta)[0]
    except Separated:
        return beta


def _moved(
    design: Design, of: Outcomes, beta: Numbers, move: Numbers, deviance: float
) -> tuple[Numbers, Numbers, float]:
    """Return the coefficients after a step, halved until the fit is no worse, with log-odds and deviance."""
    for _ in range(12):
        tried = beta + move
        log_odds = design.fitted(tried)
        found = _deviance(of, log_odds)
        if found <= deviance * (1 + 1e-12) + 1e-9:
            break
        move = move / 2
    return tried, log_odds, found


def _inverse(gram: Numbers, used: Mask) -> Numbers:
    try:
        return inverse(gram, used)
    except (np.linalg.LinAlgError, ValueError):
        raise Separated from None


def _rates(log_odds: Numbers) -> Numbers:
    from scipy import special

    rates: Numbers = special.expit(log_odds)
    return rates


def _deviance(of: Outcomes, log_odds: Numbers) -> float:
    return float(2 * (of.n * np.logaddexp(0.0, log_odds) - of.first * log_odds).sum())
