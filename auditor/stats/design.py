"""Design effects: the variance of an estimate from repeated or weighted units, over that of as many plain rows.

All use one formula, the linearised (Taylor) variance: an estimate is a sum of its rows' influences, rows of one unit
add up, and the units' sums are assumed to be independent. Source: Cochran 1977, Sampling Techniques; Wolter 2007,
Introduction to Variance Estimation, chapter 6.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import special

from auditor.stats.clusters import few_units

Numbers = NDArray[np.float64]
Codes = NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Design:
    """How rows were sampled; arrays of one entry per row, or None.

    `units` are the columns of repeated units, each as codes from 0. With several columns the one of the larger variance
    counts, because a person may be in several clusters and a cluster holds several persons. `strata` are strata of the
    sample, within which the first of the units were drawn. `replicates` has shape (rows, weights): successive-
    difference replicate weights, which then replace everything else. `copies`: the units are rows that were copied;
    there are as many as there were rows before, so that no correction for few units is needed.
    """

    rows: int
    units: tuple[Codes, ...] = ()
    weights: Numbers | None = None
    strata: Codes | None = None
    replicates: NDArray[np.floating] | None = None
    copies: bool = False

    @cached_property
    def plain(self) -> bool:
        """Whether every row is a unit, and all count the same."""
        equal = self.weights is None or not len(self.weights) or bool((self.weights == self.weights[0]).all())
        return not self.units and equal and self.strata is None and self.replicates is None

    @cached_property
    def weighted(self) -> Numbers:
        """The weight of every row, 1 without weights."""
        return np.ones(self.rows) if self.weights is None else self.weights

    def effect(self, influence: Numbers, parts: Codes | None = None) -> float:
        """Return how many rows count as one for an estimate, from the influence of each row on it; at least 1.

        The influence of rows that are not in the estimate is 0; their scale does not matter. `parts` are the groups
        that the estimate compares, as codes, -1 for none: the smaller one limits how well the variance is known.
        """
        used = np.flatnonzero(influence)
        if self.plain or not len(used):
            return 1.0
        w, z = self.weighted[used], influence[used]
        sizes, squares = float(w.sum()), float((w * z * z).sum())
        if sizes <= 0 or squares <= 0:
            return 1.0
        if self.replicates is not None:
            variance = replicated(self.replicates[used], w, z)
        else:
            kept = used if self.strata is None else np.arange(self.rows)  # a stratum's units count in every estimate
            totals, part = (self.weighted * influence)[kept], None if parts is None else parts[kept]
            of = [None] if not self.units else [unit[kept] for unit in self.units]
            variance = max(self._variance(totals, self.weighted[kept], unit, part) for unit in of)
        return float(min(len(used), max(1.0, len(used) * variance / (sizes * squares))))

    def _variance(self, totals: Numbers, w: Numbers, unit: Codes | None, parts: Codes | None) -> float:
        """Return the variance of the sum of rows' weighted influences, over units within strata."""
        at = np.arange(len(totals)) if unit is None else np.unique(unit, return_inverse=True)[1]
        sums = np.bincount(at, weights=totals).astype(np.float64)
        alone = len(sums) == len(totals)
        if self.strata is not None:
            return stratified(sums, _codes(at, self.strata, len(sums)))
        plain = float((sums**2).sum())
        if self.copies:
            return plain
        if alone:  # rows: their methods handle small numbers themselves, but not one weight that dominates the others
            kish = float(w.sum() ** 2 / (w * w).sum())
            return plain * (few_units(kish) if kish < len(w) * (1 - 1e-9) else 1.0)
        of = None if parts is None else _codes(at, parts, len(sums))
        if parts is None or of is None or (of[at] != parts).any():  # units that hold several parts are known as one
            return plain * min(few_units(len(sums)), 1e6)
        found = 0.0
        for part in np.unique(of):
            here = sums[of == part]
            found += float((here**2).sum()) * min(few_units(len(here)), 1e6)
        return found


def _codes(at: Codes, codes: Codes, units: int) -> Codes:
    """Return the code of each unit: that of its last row."""
    found = np.zeros(units, dtype=np.int64)
    found[at] = codes
    return found


def stratified(sums: Numbers, strata: Codes) -> float:
    """Return the variance of a total from its units' sums, drawn with replacement within strata.

    The sum over strata of m / (m - 1) times the squared distances from the stratum's mean; a stratum of a single unit
    is compared with the mean of all units. Degrees of freedom: units less strata.

    Source: Cochran 1977, chapter 11; the single unit as in R's `survey` package ("adjust").
    """
    at = np.unique(strata, return_inverse=True)[1]
    m = np.bincount(at).astype(float)
    means = np.bincount(at, weights=sums) / m
    means = np.where(m > 1, means, sums.mean())
    share = np.where(m > 1, m / np.maximum(m - 1, 1), 1.0)
    found = float((share[at] * (sums - means[at]) ** 2).sum())
    left = len(sums) - len(m)
    return found * (float(special.stdtrit(left, 0.975) / special.ndtri(0.975)) ** 2 if left > 0 else 1e6)


def replicated(replicates: NDArray[np.floating], w: Numbers, influence: Numbers) -> float:
    """Return the variance of the weighted sum of influences, scaled as theirs, by successive-difference replication.

    4 / R times the sum over the R replicate weights of the squared distance of the replicated mean from the mean; the
    mean of influences is 0, so for a rate this is exactly the replicated rate less the rate.

    Source: Fay and Train 1995, Proceedings of the Section on Government Statistics; US Census Bureau, Variance
    Replicate Estimates of the American Community Survey.
    """
    sums = replicates.T @ influence
    sizes = replicates.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.where(sizes > 0, sums / sizes, 0.0)
    return float(4 / replicates.shape[1] * (means**2).sum() * w.sum() ** 2)


def rate_effect(design: Design, hit: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    """Return the design effect of the share of `hit` rows `among` some, both of one entry per row.

    Where all or none are hit, units of one kind count as their sizes do.
    """
    w = np.where(among, design.weighted, 0.0)
    rate = float(w[hit].sum() / w.sum()) if w.sum() > 0 else 0.0
    if 1e-12 < rate < 1 - 1e-12:
        return design.effect(np.where(among, hit - rate, 0.0))
    return replace(design, replicates=None).effect(among.astype(float))


def independence_effect(design: Design, one: Codes, other: Codes) -> float:
    """Return the mean design effect of the test that two columns are independent (first-order Rao and Scott).

    `one` and `other` are codes from 0, -1 for rows that are not in the table. Pearson's chi-square divided by it has
    its usual distribution, on average. The mean over the table's cells of the design effects of the observed share less
    the product of its margins: cell by cell the influence of a row is (its row's indicator less the share) times the
    same for its column, and cells count by the inverse of their expected share.

    Source: Rao and Scott 1981, Journal of the American Statistical Association 76; 1984, Annals of Statistics 12.
    """
    used = (one >= 0) & (other >= 0)
    if design.plain or not used.any():
        return 1.0
    w = np.where(used, design.weighted, 0.0)
    total = float(w.sum())
    p, q = (np.bincount(codes[used], weights=w[used]) / total for codes in (one, other))
    if (p > 0).sum() < 2 or (q > 0).sum() < 2:
        return 1.0
    n = int(used.sum())
    freedom = ((p > 0).sum() - 1) * ((q > 0).sum() - 1)
    if design.replicates is not None:
        found = _cells_replicated(design, one, other, p, q, used)
    else:
        units = design.units or (np.arange(design.rows),)
        found = max(_unit_sums(one[used], other[used], unit[used], w[used], p, q) for unit in units)
        counted = min(len(np.unique(unit[used])) for unit in units) if design.units else total**2 / (w * w).sum()
        if not design.copies and counted < n * (1 - 1e-9):
            found *= min(few_units(counted), 1e6)
    return float(min(n, max(1.0, n * found / total**2 / freedom)))


def _unit_sums(one: Codes, other: Codes, unit: Codes, w: Numbers, p: Numbers, q: Numbers) -> float:
    """Return the sum over units, and over pairs of their rows, of the product of both columns' chi-square kernels.

    The kernel of two rows is 1 / share - 1 where they agree in a column, and -1 where they do not. Summed over cells,
    this is the sum of the squared influences of a unit.
    """

    def squares(keys: tuple[Codes, ...], by: Numbers | None) -> float:
        order = np.lexsort((*keys, unit))
        new = np.ones(len(order), dtype=bool)
        new[1:] = np.logical_or.reduce([np.diff(key[order]) != 0 for key in (unit, *keys)])
        starts = np.flatnonzero(new)
        sums = np.add.reduceat(w[order], starts)
        scale = 1.0 if by is None else by[order][starts]
        return float((sums**2 * scale).sum())

    return (
        squares((one, other), 1 / (p[one] * q[other]))
        - squares((one,), 1 / p[one])
        - squares((other,), 1 / q[other])
        + squares((), None)
    )


def _cells_replicated(
    design: Design, one: Codes, other: Codes, p: Numbers, q: Numbers, used: NDArray[np.bool_]
) -> float:
    assert design.replicates is not None
    found = 0.0
    for i in np.flatnonzero(p):
        for j in np.flatnonzero(q):
            influence = ((one == i) - p[i]) * ((other == j) - q[j])
            influence = np.where(used, influence, 0.0)
            influence[used] -= np.average(influence[used], weights=design.weighted[used])
            found += replicated(design.replicates[used], design.weighted[used], influence[used]) / (p[i] * q[j])
    return found
