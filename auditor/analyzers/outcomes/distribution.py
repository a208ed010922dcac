"""The numbers of two groups compared in both directions: delta, ratio of the means, quantiles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from auditor.analyzers import states
from auditor.counts.columns import Column
from auditor.model import State
from auditor.stats.counts import Moments
from auditor.stats.gaps import Terms
from auditor.stats.numeric import Delta, MeanGap, MeanRatio, cliffs_delta, mean_gap, mean_ratio, skewness
from auditor.stats.proportions import fewest_rows
from auditor.stats.quantiles import Estimate, equal_below, quantile, quantile_gap, quantile_ratio
from auditor.stats.tails import holm, normal

QUANTILES = (0.1, 0.5, 0.9)
GRADED = 20  # values; with fewer, an outcome is taken as grades: their quantiles jump, and are described only
# Each test's part of the alpha of its pair: most is the delta's, which finds most gaps.
DELTA, MEAN = "delta", "mean"
PARTS = {DELTA: 0.7, MEAN: 0.2, **{f"{share}": 0.1 / len(QUANTILES) for share in QUANTILES}}


@dataclass(frozen=True)
class Numbers:
    """The outcome of one group: its rows in each bin, lowest first, and their moments where they are known."""

    counts: np.ndarray
    moments: Moments | None

    @property
    def n(self) -> float:
        """The rows with an outcome."""
        return float(self.counts.sum())


@dataclass(frozen=True)
class Scale:
    """What is known of the bins of an outcome: which hold one value, and the lowest and highest value of each."""

    single: np.ndarray
    bounds: Sequence[tuple[float, float]]

    @classmethod
    def of(cls, column: Column) -> Scale:
        """Return the scale of a column that was counted in bins."""
        only = column.only_values
        lowest = [column.low, *column.edges]
        highest = [*column.edges, column.high]
        ends = [
            (value, value) if value is not None else (_known(low, -math.inf), _known(high, math.inf))
            for value, low, high in zip(only, lowest, highest, strict=True)
        ]
        return cls(np.array([value is not None for value in only]), ends)

    @cached_property
    def middles(self) -> np.ndarray:
        """The middle of each bin; nan where an end is not known."""
        return np.array([(low + high) / 2 if math.isfinite(low + high) else math.nan for low, high in self.bounds])

    @property
    def amounts(self) -> bool:
        """Whether no value is negative, so that ratios mean something."""
        return self.bounds[0][0] >= 0

    @property
    def graded(self) -> bool:
        """Whether there are so few values that quantiles jump from one to the next."""
        return bool(self.single.all()) and len(self.bounds) < GRADED


def _known(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


@dataclass(frozen=True)
class Against:
    """One group against another: everything is below 0, or under 1, where the numbers of the first are lower."""

    delta: Delta
    mean: MeanGap | None
    ratio: MeanRatio | None
    gaps: Mapping[float, Estimate]
    ratios: Mapping[float, Estimate]
    p_values: Mapping[str, float]

    def state(self, p_values: Mapping[str, float], terms: Terms, *, firm: bool, few: bool) -> State:
        """What the numbers show against the first group; clear only where every interval that is judged is within.

        `firm`: the second group is large enough to be a reference. `few`: one has so few rows that only the whole
        interval of the delta is judged.
        """
        limit = float(terms.limit)
        found = [states.delta_gap(self.delta, p_values[DELTA], terms.alpha, firm=firm)]
        if few:
            return states.whole_interval(found[0])
        if self.ratio is not None:
            p = p_values[MEAN]
            found.append(states.amount_ratio(self.ratio.value, self.ratio.interval, p, limit, terms.alpha, firm=firm))
        for share, of in self.ratios.items():
            p = p_values[f"{share}"]
            state = states.amount_ratio(of.value, of.interval, p, limit, terms.alpha, firm=firm)
            found.append(states.whole_interval(state))
        return states.worst(found)


def against(own: Numbers, theirs: Numbers, scale: Scale, alpha: float) -> Against:
    """Compare the numbers of one group with those of another; both have two rows or more."""
    delta = cliffs_delta(own.counts, theirs.counts, alpha, scale.single)
    mean = ratio = None
    if own.moments and theirs.moments and all(map(math.isfinite, (*own.moments, *theirs.moments))):
        mean = mean_gap(own.moments, theirs.moments, alpha)
        skews = skewness(scale.middles, own.counts), skewness(scale.middles, theirs.counts)
        ratio = mean_ratio(own.moments, theirs.moments, skews, alpha) if scale.amounts else None
    pairs = {
        share: tuple(quantile(of.counts, scale.bounds, share, alpha) for of in (own, theirs)) for share in QUANTILES
    }
    ratios = {share: quantile_ratio(*pair) for share, pair in pairs.items()} if _has_ratios(scale) else {}
    p_values = {DELTA: delta.p, **({MEAN: ratio.p} if ratio else {})}
    p_values |= {f"{share}": equal_below(own.counts, theirs.counts, share) for share, of in ratios.items() if of}
    return Against(
        delta,
        mean,
        ratio,
        {share: quantile_gap(*pair) for share, pair in pairs.items()},
        {share: of for share, of in ratios.items() if of},
        p_values,
    )


def _has_ratios(scale: Scale) -> bool:
    return scale.amounts and not scale.graded


@dataclass(frozen=True)
class Gap:
    """A group against another; `reverse`: the reference against the group. `p` is the adjusted one of the delta.

    `worse` is the word for the values that count against it: lower ones, or higher. `needs` are the rows of both with
    which the numbers would be known well enough.
    """

    level: str
    reference: str
    against: Against
    p: float
    state: State
    worse: str
    reverse: bool = False
    needs: tuple[int, int] = (0, 0)


def gaps(
    numbers: Mapping[str, Numbers],
    reference: str,
    outcomes: Mapping[str, tuple[float, float]],
    scale: Scale,
    terms: Terms,
    low_is_good: bool,
) -> Iterator[Gap]:
    """Yield every other level against the reference, or the reference against it where that is the worse gap.

    Both directions are judged, unless the level is too small to be a reference: neither is clear unless both are.
    """
    family = terms.family({level: outcomes[level] for level in numbers})
    made = {(a, b): against(numbers[a], numbers[b], scale, terms.alpha) for a, b in family}
    adjusted = dict(zip(made, _adjusted([of.p_values for of in made.values()]), strict=True))
    large, worse = terms.large(outcomes), "higher" if low_is_good else "lower"
    for (a, b), straight in made.items():
        if reference not in (a, b):
            continue
        level, p_values = a if b == reference else b, adjusted[a, b]
        turned = against(numbers[b], numbers[a], scale, terms.alpha)
        own, other = (straight, turned) if b == reference else (turned, straight)
        judged, judged_other = (other, own) if low_is_good else (own, other)
        few = min(numbers[level].n, numbers[reference].n) < terms.min_n
        state = judged.state(p_values, terms, firm=reference in large, few=few)
        able = level in large
        reverse = judged_other.state(p_values, terms, firm=True, few=few) if able else state
        worst = states.worst((reverse, state))
        lower = state is not worst or judged_other.delta.value < 0  # of two gaps that of the lower delta
        if able and reverse is worst and states.is_gap(reverse) and lower:
            yield Gap(reference, level, other, p_values[DELTA], reverse, worse, reverse=True)
        else:
            needs = _needs(numbers[level], numbers[reference], terms)
            yield Gap(level, reference, own, p_values[DELTA], worst, worse, needs=needs)


def _adjusted(p_values: Sequence[Mapping[str, float]]) -> list[dict[str, float]]:
    """Return the p of each test, by Holm over the pairs: a pair has alpha once, and each test a part of it.

    A test without a p keeps none, and does not share alpha.
    """
    parts = [{key: min(1.0, p / PARTS[key]) for key, p in of.items()} for of in p_values]
    least = [min((p for p in of.values() if not math.isnan(p)), default=1.0) for of in parts]
    found = []
    for of, smallest, whole in zip(parts, least, holm(least), strict=True):
        times = whole / smallest if smallest > 0 else len(parts)
        found.append({key: p if math.isnan(p) else min(1.0, max(whole, p * times)) for key, p in of.items()})
    return found


def _needs(own: Numbers, theirs: Numbers, terms: Terms) -> tuple[int, int]:
    """Return the rows to add to two groups so that equal numbers are seen to be so; (0, 0) if there are enough.

    The variance of a delta of nought is (1/n + 1/n_ref) / 3, that of the logarithm of a ratio of means the squared
    coefficient of variation times 1/n + 1/n_ref.
    """
    reach = normal(1 - terms.alpha / 2) + normal((1 + terms.power) / 2)
    room = 3 * (states.SMALL / reach) ** 2
    moments = [of.moments for of in (own, theirs) if of.moments and 0 < of.moments.variance < math.inf]
    spread = max((of.variance / of.mean**2 for of in moments if of.mean > 0), default=0.0)
    if 0 < spread < math.inf and terms.limit < 1:
        room = min(room, (math.log(1 / terms.limit) / reach) ** 2 / spread)
    more = fewest_rows(own.n, theirs.n, room)
    return max(more[0], math.ceil(terms.min_n - own.n)), max(more[1], math.ceil(terms.min_n - theirs.n))
