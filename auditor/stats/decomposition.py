"""A gap of means in two parts: what controls explain, and what they do not (Oaxaca 1973, Blinder 1973)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from auditor.stats.adjusted import LEFT_OUT, SOME, Covariate, Why, design_of
from auditor.stats.coded import Design, Mask, Numbers, independent, inverse, summed
from auditor.stats.regression import Effect, Outcomes


class Coefficients(StrEnum):
    """Whose coefficients value a difference in controls."""

    REFERENCE = "reference"
    GROUP = "group"
    BOTH = "both"  # of a regression of both, with an indicator of the group


@dataclass(frozen=True)
class Split:
    """A gap split with some coefficients: `explained` and `unexplained` sum to the gap, `parts` to what is explained.

    `parts` are by control, and do not depend on the choice of a base level. What is unexplained is not split by
    control, because that split does.
    """

    explained: Effect
    unexplained: Effect
    parts: Mapping[str, Effect]


@dataclass(frozen=True)
class Decomposition:
    """The gap of the means of a group and a reference, and its splits; `why` is given where there is no split.

    `left_out` is the share of rows at levels of the controls that only one of the two has, `whole` the gap with them.
    """

    n: int
    n_ref: int
    gap: Effect | None = None
    splits: Mapping[Coefficients, Split] | None = None
    left_out: float = 0.0
    whole: float = math.nan
    why: Why | None = None


@dataclass(frozen=True)
class _Influence:
    """How an estimate moves with each row: by `fixed` + `slope` times its outcome; each of shape (cells,)."""

    fixed: Numbers
    slope: Numbers

    def less(self, other: _Influence) -> _Influence:
        return _Influence(self.fixed - other.fixed, self.slope - other.slope)


def decompose(in_group: Mask, outcomes: Outcomes, controls: Sequence[Covariate]) -> Decomposition:
    """Split the gap of means between the rows of a group and the others, by three choices of coefficients.

    Errors are those of the sums over rows of the estimate's influence, means of the controls among them, with residuals
    over one less their leverage, or of the sums over people or clusters where these are larger. Of very many rows,
    `SOME` are looked at.

    Source: Jann 2008, Stata Journal 8 (the estimates and their variance); Gardeazabal and Ugidos 2004, Review of
    Economics and Statistics 86 (base levels).
    """
    if (outcomes.n == 1).all() and len(in_group) > SOME:
        rows = np.sort(np.random.default_rng(0).choice(len(in_group), SOME, replace=False))
        in_group, outcomes, controls = in_group[rows], outcomes.among(rows), [of.among(rows) for of in controls]
    sizes = [float(outcomes.n[side].sum()) for side in (in_group, ~in_group)]
    shared = _shared(in_group, outcomes.n, controls)
    kept = [float(outcomes.n[side & shared].sum()) for side in (in_group, ~in_group)]
    of_all = [float(outcomes.first[side].sum()) / size for side, size in zip((in_group, ~in_group), sizes, strict=True)]
    left_out = 1 - sum(kept) / sum(sizes)
    found = Decomposition(int(sizes[0]), int(sizes[1]), left_out=left_out, whole=of_all[0] - of_all[1])
    if any(now < (1 - LEFT_OUT) * before for now, before in zip(kept, sizes, strict=True)):
        return replace(found, why=Why.SAME)
    at = np.flatnonzero(shared)
    in_group, outcomes, controls = in_group[at], outcomes.among(at), [of.among(at) for of in controls]
    outcomes = outcomes.less(float(outcomes.first.sum()) / outcomes.rows)
    found = replace(found, n=int(kept[0]), n_ref=int(kept[1]))
    whole = design_of(in_group, outcomes.n, controls)
    design = Design(whole.factors[:-1], whole.rows)
    sides = {Coefficients.GROUP: outcomes.n * in_group, Coefficients.REFERENCE: outcomes.n * ~in_group}
    grams = {name: design.gram(n) for name, n in sides.items()}
    every = np.ones(design.width, dtype=bool)
    used = {name: independent(gram, every) for name, gram in grams.items()}
    columns = int(used[Coefficients.GROUP].sum())
    if not (used[Coefficients.GROUP] == used[Coefficients.REFERENCE]).all():
        return replace(found, why=Why.SAME)
    if min(kept) < 2 * columns:
        return replace(found, why=Why.FEW)
    means = {name: gram[0] / gram[0, 0] for name, gram in grams.items()}
    apart = means[Coefficients.GROUP] - means[Coefficients.REFERENCE]
    averages = {name: float((outcomes.first[n > 0]).sum() / n.sum()) for name, n in sides.items()}
    sign = np.where(in_group, 1.0, -1.0)
    total = np.where(in_group, kept[0], kept[1])
    middle = np.where(in_group, averages[Coefficients.GROUP], averages[Coefficients.REFERENCE])
    gap = _Influence(-sign * middle / total, sign / total)
    freedom = outcomes.rows - 2 * columns

    def split(name: Coefficients) -> Split:
        if name is Coefficients.BOTH:
            fitted, weights = whole, outcomes.n
            gram = whole.gram(weights)
        else:
            fitted, weights, gram = design, sides[name], grams[name]
        inner = inverse(gram, independent(gram, np.ones(fitted.width, dtype=bool)))
        there = (weights > 0).astype(float)
        beta = inner @ fitted.sums(outcomes.first * there)[:, 0]
        rest = np.maximum(1 - fitted.leverage(inner), 1e-9)
        fit = fitted.fitted(beta)

        def part(columns: Mask) -> tuple[float, _Influence]:
            own = np.where(columns, beta[: design.width], 0.0)
            towards = np.zeros(fitted.width)
            towards[: design.width] = np.where(columns, apart, 0.0)
            level = np.where(in_group, means[Coefficients.GROUP] @ own, means[Coefficients.REFERENCE] @ own)
            slope = fitted.fitted(inner @ towards) * there / rest
            fixed = sign * (design.fitted(own) - level) / total
            return float(apart @ own), _Influence(fixed - slope * fit, slope)

        every = np.ones(design.width, dtype=bool)
        every[0] = False
        explained, influence = part(every)
        parts = {of.name: part(~design.without(of.name)) for of in controls}
        whole_gap = averages[Coefficients.GROUP] - averages[Coefficients.REFERENCE]
        return Split(
            _effect(explained, influence, outcomes, freedom),
            _effect(whole_gap - explained, gap.less(influence), outcomes, freedom),
            {name: _effect(value, of, outcomes, freedom) for name, (value, of) in parts.items()},
        )

    whole_gap = averages[Coefficients.GROUP] - averages[Coefficients.REFERENCE]
    try:
        splits = {name: split(name) for name in Coefficients}
    except np.linalg.LinAlgError:
        return replace(found, why=Why.SAME)
    return replace(found, gap=_effect(whole_gap, gap, outcomes, freedom), splits=splits)


def _effect(value: float, influence: _Influence, of: Outcomes, freedom: float) -> Effect:
    a, b = influence.fixed, influence.slope
    variance = float((of.n * a * a + 2 * a * b * of.first + b * b * of.second).sum())
    for unit in of.units:
        among = int(unit.max()) + 1
        if among < 2:
            return Effect(value, math.inf, 1.0)
        scores = summed(unit, of.n * a + b * of.first, among)
        variance = max(variance, among / (among - 1) * float((scores * scores).sum()))
        freedom = min(freedom, among - 1)
    return Effect(value, math.sqrt(max(0.0, variance)), max(1.0, freedom))


def _shared(in_group: Mask, n: Numbers, controls: Sequence[Covariate]) -> Mask:
    """Return the rows at levels that both have, taken again until no level is left out; a missing number is a level."""
    found = np.ones(len(in_group), dtype=bool)
    while True:
        before = int(found.sum())
        for of in controls:
            codes = of.codes if of.values is None else (~np.isfinite(of.values))[of.codes].astype(np.intp)
            size = of.size if of.values is None else 2
            own, other = (summed(codes, n * (found & side), size) for side in (in_group, ~in_group))
            found &= ((own > 0) & (other > 0))[codes]
        if int(found.sum()) in (before, 0):
            return found
