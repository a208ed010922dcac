"""One group against another with controls: the raw gap, the adjusted one, and that without each control in turn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from auditor.stats.association import cramers_v, independence
from auditor.stats.coded import Design, Factor, Mask, Numbers, independent, inverse
from auditor.stats.regression import Codes, Curve, Effect, Line, Outcomes, Separated, least_squares, logistic
from auditor.stats.sensitivity import partial_share
from auditor.stats.tails import two_sided

GROUP = "(group)"
SOME = 100_000  # rows up to which models without a control look at all rows
FIFTHS = (0.2, 0.4, 0.6, 0.8)
BINS = 20  # of a propensity
CELL_ROWS = 5  # rows per cell of the controls, from which cells decide who is comparable
BESIDE = 20  # people of the group per person of the reference, at most, in a bin with comparable people
MATERIAL_V, MATERIAL_D = 0.1, 0.2  # small by Cohen's measures
LEFT_OUT = 0.2  # of a group's rows: so many may have a level that determines the outcome
EVENTS = 2  # rows of the rarer outcome for each column of a logistic regression


class Scale(StrEnum):
    """What the gap is a difference of."""

    RATE = "rate"  # probabilities of the favourable outcome
    LOG = "log"  # logarithms of numbers
    PLAIN = "plain"  # the numbers themselves


class Why(StrEnum):
    """Why there is no adjusted gap."""

    DETERMINED = "determined"  # levels of the controls determine too many outcomes
    SEPARATED = "separated"  # the controls together do
    ONE_OUTCOME = "one_outcome"  # one of the groups has one outcome only
    SAME = "same"  # the controls determine the group
    FEW = "few"  # too few rows for so many columns


@dataclass(frozen=True, eq=False)
class Covariate:
    """A control: `codes` of its rows, from 0 to below `size`; `values` has the number of each code, if it is a number.

    A missing value is a code of its own: for numbers, one whose value is nan.
    """

    name: str
    codes: Codes
    size: int
    values: Numbers | None = None

    def among(self, rows: Codes) -> Covariate:
        """Return the control of some rows."""
        return replace(self, codes=self.codes[rows])


@dataclass(frozen=True)
class Estimate:
    """A gap by one model: `effect` is judged (a log ratio, or a difference of numbers on the plain scale).

    Of rates, `difference` is in shares, `rate` and `reference_rate` are those compared. `sizes` are the rows of the two
    groups that it was fitted to, where these are not all.
    """

    effect: Effect
    sizes: tuple[int, int] | None = None
    difference: Effect | None = None
    rate: float | None = None
    reference_rate: float | None = None


@dataclass(frozen=True)
class Link:
    """How a control and the group hang together: Cramér's V, or of a number the standardised difference; and its p."""

    value: float
    p: float
    numeric: bool

    @property
    def material(self) -> bool:
        """Whether it is at least small by Cohen's measures."""
        return abs(self.value) >= (MATERIAL_D if self.numeric else MATERIAL_V)


@dataclass(frozen=True)
class Sensitivity:
    """What a robustness value is computed from, and how much the controls explain of what the others leave.

    `of_outcome` and `of_group` are shares by control.
    """

    t: float
    freedom: float
    wider: float
    of_outcome: Mapping[str, float] = field(default_factory=dict)
    of_group: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Adjusted:
    """A group against a reference: n and n_ref rows in the models, and the gap by each of them.

    `without` has that of all controls but one. `covered` is the share of the group with comparable people in the
    reference, by cells of the controls where `by_cells`, else by bins of a propensity. `left_out` is the share of rows
    at levels that have one outcome only. `spread` is the standard deviation of numbers within the two groups,
    `mean_ref` the mean of the reference. `why` is given where there is no adjusted gap.
    """

    scale: Scale
    n: int
    n_ref: int
    raw: Estimate | None = None
    adjusted: Estimate | None = None
    without: Mapping[str, Estimate] = field(default_factory=dict)
    covered: float = math.nan
    by_cells: bool = True
    links: Mapping[str, Link] = field(default_factory=dict)
    left_out: float = 0.0
    spread: float = math.nan
    mean_ref: float = math.nan
    sensitivity: Sensitivity | None = None
    why: Why | None = None
    columns: int = 0


def adjusted(
    scale: Scale, in_group: Mask, outcomes: Outcomes, controls: Sequence[Covariate], *, each: bool = True
) -> Adjusted:
    """Compare the rows of a group with the others, all of them of shape (n,); without `each`, leave no control out."""
    n, n_ref = (int(outcomes.n[rows].sum()) for rows in (in_group, ~in_group))
    sides = outcomes.n * in_group, outcomes.n * ~in_group
    links = {of.name: _link(of, sides, outcomes) for of in controls}
    found = Adjusted(scale, n, n_ref, links=links)
    if scale is Scale.RATE:
        if any(not 0 < outcomes.first[rows].sum() < outcomes.n[rows].sum() for rows in (in_group, ~in_group)):
            return replace(found, why=Why.ONE_OUTCOME)
        varied = _varied(in_group, outcomes, controls)
        kept = [float(outcomes.n[varied & of].sum()) / size for of, size in ((in_group, n), (~in_group, n_ref))]
        found = replace(found, left_out=1 - float(outcomes.n[varied].sum()) / (n + n_ref))
        if min(kept) < 1 - LEFT_OUT:
            return replace(found, why=Why.DETERMINED)
        if not varied.all():
            at = np.flatnonzero(varied)
            in_group, controls = in_group[at], [of.among(at) for of in controls]
            outcomes = outcomes.among(at)
            n, n_ref = (int(outcomes.n[rows].sum()) for rows in (in_group, ~in_group))
            found = replace(found, n=n, n_ref=n_ref)
            if any(not 0 < outcomes.first[rows].sum() < outcomes.n[rows].sum() for rows in (in_group, ~in_group)):
                return replace(found, why=Why.ONE_OUTCOME)
    design = design_of(in_group, outcomes.n, controls)
    fit = _rates if scale is Scale.RATE else _numbers
    gram = design.gram(outcomes.n)
    found = _covered(found, design, gram, in_group, outcomes.n, controls)
    return fit(found, design, gram, outcomes, controls, each=each)


def _rates(
    found: Adjusted, design: Design, gram: Numbers, of: Outcomes, controls: Sequence[Covariate], *, each: bool
) -> Adjusted:
    asked = np.ones(design.width, dtype=bool)
    raw = _estimate(logistic(*_alone(design, of), np.ones(2, dtype=bool)))
    columns = int(independent(gram, asked).sum())
    found = replace(found, raw=raw, columns=columns)
    rarer = min(of.first.sum(), of.rows - of.first.sum())
    if rarer < EVENTS * columns:
        return replace(found, why=Why.FEW)
    try:
        whole = logistic(design, of, asked, gram=gram)
    except Separated:
        same = not independent(gram, asked)[-1]
        return replace(found, why=Why.SAME if same else Why.SEPARATED)
    without = {}
    if each and (of.n == 1).all() and design.rows > SOME:
        rows = np.sort(np.random.default_rng(0).choice(design.rows, SOME, replace=False))
        design, of = design.some(rows), of.among(rows)
        own = int(design.factors[-1].codes.sum())
        sizes = own, SOME - own
    else:
        sizes = None
    for control in controls if each else ():
        try:
            less = logistic(design, of, design.without(control.name), whole.beta)
            without[control.name] = replace(_estimate(less), sizes=sizes)
        except Separated:
            continue
    return replace(found, adjusted=_estimate(whole), without=without)


def _numbers(
    found: Adjusted, design: Design, gram: Numbers, of: Outcomes, controls: Sequence[Covariate], *, each: bool
) -> Adjusted:
    theirs = design.factors[-1].codes == 0
    found = replace(found, mean_ref=float(of.first[theirs].sum() / of.n[theirs].sum()))
    middle = float(of.first.sum()) / of.rows  # squares of numbers near nought are exact
    of = of.less(middle)
    moments = design.sums(of.first)[:, 0]
    every = np.ones(design.width, dtype=bool)
    alone, cells = _alone(design, of)
    both = np.ones(2, dtype=bool)
    raw = least_squares(alone, cells, both, alone.gram(cells.n), alone.sums(cells.first)[:, 0])
    columns = int(independent(gram, every).sum())
    found = replace(found, columns=columns)
    if raw is None:
        return replace(found, why=Why.FEW)
    found = replace(found, raw=Estimate(raw.effect), spread=math.sqrt(raw.residual / raw.freedom))
    if of.rows < 2 * columns:
        return replace(found, why=Why.FEW)
    whole = least_squares(design, of, every, gram, moments)
    if whole is None:
        return replace(found, why=Why.SAME)
    like = whole if design.rows > SOME else None
    less = {
        control.name: line
        for control in (controls if each else ())
        if (line := least_squares(design, of, design.without(control.name), gram, moments, like=like))
    }
    return replace(
        found,
        adjusted=Estimate(whole.effect),
        without={name: Estimate(line.effect) for name, line in less.items()},
        sensitivity=_sensitivity(whole, less),
    )


def _sensitivity(whole: Line, less: Mapping[str, Line]) -> Sensitivity | None:
    """Return what the robustness value rests on; of the group, what is left of it follows from the error."""
    if not whole.classical > 0:
        return None

    def group_left(line: Line) -> float:
        return line.residual / line.freedom / line.classical**2

    return Sensitivity(
        whole.effect.value / whole.classical,
        whole.freedom,
        whole.effect.error / whole.classical,
        {name: partial_share(line.residual, whole.residual) for name, line in less.items()},
        {name: partial_share(group_left(line), group_left(whole)) for name, line in less.items() if line.classical > 0},
    )


def _estimate(of: Curve) -> Estimate:
    return Estimate(of.log_ratio, None, of.difference, of.rate, of.reference_rate)


def _alone(design: Design, of: Outcomes) -> tuple[Design, Outcomes]:
    """Return the design of the group alone, in two cells where no units are to be kept apart, and its outcomes."""
    group = design.factors[-1]
    if of.units:
        return Design([group], design.rows), of
    return Design([replace(group, codes=np.arange(2, dtype=np.uint8))], 2), of.together(group.codes, 2)


def _varied(in_group: Mask, of: Outcomes, controls: Sequence[Covariate]) -> Mask:
    """Return the rows at levels of the controls that have both outcomes, taken again until no level is left out."""
    found = np.ones(len(in_group), dtype=bool)
    levels = [each for each in controls if each.values is None]
    n, first = of.n, of.first
    while True:
        before = int(found.sum())
        for each in levels:
            rows, favourable = np.bincount(each.codes, n, each.size), np.bincount(each.codes, first, each.size)
            varied = (favourable > 0) & (favourable < rows)
            if not varied[rows > 0].all():
                found &= varied[each.codes]
        if int(found.sum()) in (before, 0):
            return found
        n, first = of.n * found, of.first * found


def design_of(in_group: Mask, n: Numbers, controls: Sequence[Covariate]) -> Design:
    """Return the design: levels by themselves, numbers with their squares, in standard deviations; the group last."""
    factors = [Factor(of.name, of.codes, _table(of, n)) for of in controls]
    group = Factor(GROUP, in_group.astype(np.uint8), np.array([[0.0], [1.0]]))
    return Design([*factors, group], len(in_group))


def _table(of: Covariate, n: Numbers) -> Numbers:
    if of.values is None:
        return np.eye(of.size)
    rows = np.bincount(of.codes, n, of.size)
    there = np.isfinite(of.values)
    known, values = rows * there, np.where(there, of.values, 0.0)
    total = known.sum()
    mean = float((known * values).sum() / total) if total else 0.0
    spread = math.sqrt(float((known * (values - mean) ** 2).sum() / total)) if total else 0.0
    z = np.where(there, (values - mean) / (spread or 1.0), 0.0)
    return np.stack([z, z**2 * there, (~there).astype(float)], axis=1)


def _link(of: Covariate, sides: tuple[Numbers, Numbers], outcomes: Outcomes) -> Link:
    """Return the link of a control with the group; where units recur, these are what counts for its p."""
    effect = max([1.0, *(outcomes.rows / (int(unit.max()) + 1) for unit in outcomes.units if len(unit))])
    rows = np.stack([np.bincount(of.codes, side, of.size) for side in sides])
    if of.values is None:
        used = rows[:, rows.sum(axis=0) > 0]
        return Link(cramers_v(used), independence(used, effect)[1], numeric=False)
    there = np.isfinite(of.values)
    sizes = rows[:, there].sum(axis=1)
    if not sizes.min() > 1:
        return Link(math.nan, math.nan, numeric=True)
    values = of.values[there]
    means = rows[:, there] @ values / sizes
    spreads = [
        float(row @ (values - mean) ** 2) / (size - 1)
        for row, mean, size in zip(rows[:, there], means, sizes, strict=True)
    ]
    error = math.sqrt(effect * sum(spread / size for spread, size in zip(spreads, sizes, strict=True)))
    pooled = math.sqrt(sum(spreads) / 2)
    if not error > 0:
        return Link(math.nan, math.nan, numeric=True)
    return Link(float(means[0] - means[1]) / pooled, two_sided(float(means[0] - means[1]) / error), numeric=True)


def _covered(
    found: Adjusted, design: Design, gram: Numbers, in_group: Mask, n: Numbers, controls: Sequence[Covariate]
) -> Adjusted:
    """Return the comparison with the share of the group that has comparable people in the reference."""
    binned = [_fifths(of, n) for of in controls]
    cells = math.prod(size for _, size in binned)
    by_cells = cells * CELL_ROWS <= max(len(n), int(n.sum()))
    if by_cells:
        at = np.zeros(len(n), dtype=np.int64)
        for codes, size in binned:
            at = at * size + codes
        own, other = (np.bincount(at, n * side, cells) for side in (in_group, ~in_group))
        shared = own[other > 0].sum()
    else:
        score = _propensity(design, gram)
        own_scores = score[in_group]
        some = own_scores[:: max(1, len(own_scores) // SOME)]  # any edges do; these need no sort of all
        edges = np.unique(np.quantile(some, np.arange(1, BINS) / BINS))
        at = np.searchsorted(edges, score)
        own, other = (np.bincount(at, n * side, len(edges) + 1) for side in (in_group, ~in_group))
        shared = own[(other > 0) & (BESIDE * other >= own)].sum()
    return replace(found, covered=float(shared / own.sum()), by_cells=by_cells)


def _fifths(of: Covariate, n: Numbers) -> tuple[Codes, int]:
    """Return a control as codes of few values: a number by its fifths, and one for a missing value."""
    if of.values is None:
        return of.codes, of.size
    order = np.argsort(of.values, kind="stable")
    rows = np.bincount(of.codes, n, of.size)[order] * np.isfinite(of.values[order])
    reached = np.cumsum(rows) - rows / 2
    place = np.empty(of.size, dtype=np.int64)
    place[order] = np.searchsorted(FIFTHS, reached / max(1.0, rows.sum()), side="right")
    place[~np.isfinite(of.values)] = len(FIFTHS) + 1
    return place[of.codes], len(FIFTHS) + 2


def _propensity(design: Design, gram: Numbers) -> Numbers:
    """Return how likely each row is of the group, by a linear model of the controls; `gram` is X'X."""
    asked = np.ones(design.width, dtype=bool)
    asked[-1] = False
    beta = inverse(gram, independent(gram, asked)) @ gram[:, -1]
    return design.fitted(beta)


def shaped(of: Adjusted, alpha: float) -> Iterator[str]:
    """Yield the controls that differ between the groups, with evidence and to an extent that counts."""
    from auditor.stats.tails import holm

    known = {name: link for name, link in of.links.items() if not math.isnan(link.p)}
    for (name, link), p in zip(known.items(), holm([link.p for link in known.values()]), strict=True):
        if p < alpha and link.material:
            yield name
