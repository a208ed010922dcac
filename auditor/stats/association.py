"""Links between a column, a group and an outcome, from counts: association, information, and the carried gap."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from auditor.stats.counts import Interval
from auditor.stats.tails import chi_square_tail, normal


def independence(table: np.ndarray, effect: float = 1.0) -> tuple[float, float]:
    """Return Pearson's chi-square of a table of counts, uncorrected, and its p; (0, 1) without two rows and columns.

    `effect` is the mean design effect of its cells, by which the chi-square is divided before p is looked up (Rao and
    Scott 1981); the statistic is that of the rows.
    """
    table = _full(table)
    if min(table.shape) < 2:
        return 0.0, 1.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    return statistic, chi_square_tail(statistic / effect, (table.shape[0] - 1) * (table.shape[1] - 1))


def cramers_v(table: np.ndarray, statistic: float | None = None, effect: float = 1.0) -> float:
    """Bias-corrected Cramér's V: 0 for none to 1 for a perfect link; nan where there is a level for nearly every row.

    `statistic` is the table's chi-square, where it is known; `effect` is its mean design effect, by which chance alone
    makes it larger. Source: Bergsma 2013, Journal of the Korean Statistical
    Society 42.
    """
    table = _full(table)
    rows, columns = table.shape
    n = table.sum()
    if min(rows, columns) < 2:
        return 0.0
    statistic = independence(table)[0] if statistic is None else statistic
    phi2 = max(0.0, statistic / n - effect * (rows - 1) * (columns - 1) / (n - 1))
    smaller = min(rows - (rows - 1) ** 2 / (n - 1), columns - (columns - 1) ** 2 / (n - 1)) - 1
    return math.sqrt(phi2 / smaller) if smaller > 1e-9 else math.nan


def theils_u(table: np.ndarray) -> float:
    """Theil's U of the columns given the rows: the share of the columns' entropy that knowing the row takes away."""
    joint = table / table.sum()
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    entropy = float(special.entr(columns).sum())
    if entropy == 0:
        return 0.0
    mutual = float(special.entr(rows).sum() + entropy - special.entr(joint).sum())
    return max(0.0, mutual / entropy)


def _full(table: np.ndarray) -> np.ndarray:
    """Return the table as floats without empty rows and columns."""
    table = np.asarray(table, dtype=float)
    full: np.ndarray = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    return full


class Carried(NamedTuple):
    """The gap that a lookup of the column alone, blind to the group, reproduces; with standard error and interval."""

    gap: float
    error: float
    interval: Interval


def carried_gap(rows: np.ndarray, favourable: np.ndarray, alpha: float = 0.05, effect: float = 1.0) -> Carried:
    """Return the carried gap of a column, group minus reference, from counts of shape (levels, 2): group, reference.

    Everybody is given the rate of the others at the same level, leaving out their own outcome (the overall rate where
    there are no others); the gap is the difference of the two groups' means. The standard error is the closed form
    from the influence function: a bootstrap of counts would put copies of a row where it was left out. `effect` is the
    design effect of the gap, where rows are not independent.
    """
    kept = rows.sum(axis=1) > 0
    rows, favourable = np.asarray(rows, dtype=float)[kept], np.asarray(favourable, dtype=float)[kept]
    n, positive = rows.sum(axis=1), favourable.sum(axis=1)
    overall = positive.sum() / n.sum()
    others = np.maximum(n - 1, 1)[:, None]
    given = np.where((n > 1)[:, None], (rows * positive[:, None] - favourable) / others, rows * overall)
    means = given.sum(axis=0) / rows.sum(axis=0)
    gap = float(means[0] - means[1])
    error = _carried_error(rows, favourable) * math.sqrt(effect)
    reach = normal(1 - alpha / 2) * error
    return Carried(gap, error, Interval(gap - reach, gap + reach))


def _carried_error(rows: np.ndarray, favourable: np.ndarray) -> float:
    influence = carried_influence(rows, favourable)
    variance = ((rows - favourable) * influence[..., 0] ** 2 + favourable * influence[..., 1] ** 2).sum()
    return float(math.sqrt(variance) / rows.sum())


def carried_influence(rows: np.ndarray, favourable: np.ndarray) -> np.ndarray:
    """Return the influence of one row on the carried gap, times all rows: shape (levels, groups, outcomes 0 and 1).

    Counts of shape (levels, 2): group, reference; a level without rows has none.
    """
    rows, favourable = np.asarray(rows, dtype=float), np.asarray(favourable, dtype=float)
    n, sizes = rows.sum(axis=1), rows.sum(axis=0)
    there, total = np.maximum(n, 1e-300), sizes.sum()
    rate = favourable.sum(axis=1) / there
    spread = rows / sizes  # how each group is spread over the levels
    tilt = (spread[:, 0] - spread[:, 1]) / (there / total)
    sign = np.array([1.0, -1.0])
    own = sign * total / sizes * (rate[:, None] - (spread * rate[:, None]).sum(axis=0))
    return np.stack([own - (tilt * rate)[:, None], own + (tilt * (1 - rate))[:, None]], axis=-1)


def stratified_independence(rows: np.ndarray, favourable: np.ndarray, effect: float = 1.0) -> float:
    """P of the generalised Cochran-Mantel-Haenszel test of column and outcome within groups; shape (levels, groups).

    Source: Landis, Heyman and Koch 1978. With two levels it is the CMH test without correction.
    """
    rows, favourable = np.asarray(rows, dtype=float), np.asarray(favourable, dtype=float)
    n, x = rows.sum(axis=0), favourable.sum(axis=0)
    informative = (n > 1) & (x > 0) & (x < n)
    rows, favourable, n, x = rows[:, informative], favourable[:, informative], n[informative], x[informative]
    weight = x * (n - x) / (n**2 * (n - 1))
    diagonal = rows @ (weight * n)
    held = diagonal > 0
    if not held.any():
        return 1.0
    # The covariance is a diagonal less one outer product a group. Scaled by the diagonal it is 1 in every direction but
    # those of the groups, so decomposing a table of levels by groups does for one of levels by levels.
    scale = np.sqrt(diagonal[held])
    difference = (favourable - rows * (x / n)).sum(axis=1)[held] / scale
    axes, values, _ = np.linalg.svd(rows[held] * np.sqrt(weight) / scale[:, None], full_matrices=False)
    left = 1 - values**2
    along = (difference @ axes) ** 2
    free = left > 1e-10  # the others are sums that every table with these margins shares
    statistic = float(difference @ difference - along.sum() + (along[free] / left[free]).sum())
    return chi_square_tail(max(statistic, 0.0) / effect, float(held.sum() - (~free).sum()))


def lookup_auc(rows: np.ndarray, favourable: np.ndarray) -> float:
    """Area under the curve of predicting the outcome by the rate of the others at the same level; counts per level.

    Each chosen row against each refused one, both left out of the rates that they are given: levels of one row predict
    nothing, and two rows of one level are even.
    """
    n, x = np.asarray(rows, dtype=float), np.asarray(favourable, dtype=float)
    overall = x.sum() / n.sum()
    alone, others = n <= 1, np.maximum(n - 1, 1)
    scores = np.concatenate([np.where(alone, overall, (x - 1) / others), np.where(alone, overall, x / others)])
    chosen, refused = np.concatenate([x, 0 * x]), np.concatenate([0 * n, n - x])
    order = np.argsort(scores, kind="stable")
    _, start = np.unique(scores[order], return_index=True)
    up, down = (np.add.reduceat(part[order], start) for part in (chosen, refused))
    below = np.cumsum(down) - down
    even = (x * (n - x)).sum() / 2  # with one row left out, a chosen row would rank below a refused one of its level
    return float(((up * (below + down / 2)).sum() + even) / (up.sum() * down.sum()))
