"""Links between a column, a group and an outcome, from counts: association, information, and the carried gap."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from auditor.stats.counts import Interval
from auditor.stats.roc import Auc
from auditor.stats.sparse import drawn_p, drawn_within_p, expected_information
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


def exact_independence(table: np.ndarray, effect: float = 1.0) -> tuple[float, float]:
    """Return Pearson's chi-square of a table of counts and its p: where the table is sparse, from drawn tables.

    (0, 1) without two rows and columns. Drawn tables are of independent rows: with a design effect above 1 the p is
    that of the chi-square divided by it, and no less than that of the drawn ones.
    """
    statistic, p = independence(table, effect)
    table = _full(table)
    if not statistic or (effect > 1 and (table != np.round(table)).any()):
        return statistic, p
    plain = independence(table)[1] if effect > 1 else p
    drawn = drawn_p(table, statistic, plain)
    return statistic, max(p, drawn) if effect > 1 else drawn


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
    """Theil's U of the columns given the rows, less chance: the share of the columns' entropy that the rows explain.

    What tables with the same margins and no link explain on average is subtracted, from what is explained and from the
    entropy. It is 0 for noise, and 1 where each row has one column only. Where each row has one member, no table could
    explain anything: 0.

    Source: Theil 1970; Vinh, Epps and Bailey 2010, Journal of Machine Learning Research 11 (the correction).
    """
    taken, entropy = _information(table)
    counts = np.asarray(table, dtype=float)
    chance = expected_information(counts.sum(axis=1), counts.sum(axis=0))
    room = entropy - chance
    return min(1.0, max(0.0, (taken - chance) / room)) if room > 1e-9 * entropy else 0.0


def plain_theils_u(table: np.ndarray) -> float:
    """Theil's U as it is defined, which many levels of few rows make large under pure noise."""
    taken, entropy = _information(table)
    return max(0.0, taken / entropy) if entropy else 0.0


def _information(table: np.ndarray) -> tuple[float, float]:
    """Return the mutual information of rows and columns, and the entropy of the columns, in nats."""
    joint = table / table.sum()
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    entropy = float(special.entr(columns).sum())
    return float(special.entr(rows).sum() + entropy - special.entr(joint).sum()), entropy


def _full(table: np.ndarray) -> np.ndarray:
    """Return the table as floats without empty rows and columns."""
    table = np.asarray(table, dtype=float)
    full: np.ndarray = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    return full


class Carried(NamedTuple):
    """The gap that the column alone reproduces, used without the group; with standard error and interval."""

    gap: float
    error: float
    interval: Interval


def carried_gap(rows: np.ndarray, favourable: np.ndarray, alpha: float = 0.05, effect: float = 1.0) -> Carried:
    """Return the carried gap of a column, group minus reference, from counts of shape (levels, 2): group, reference.

    Each row is given the rate of the others at the same level, without its own outcome (the overall rate where
    there are no others); the gap is the difference of the two groups' means. The standard error is the closed form
    from the influence function: a bootstrap of counts would put copies of a row where it was left out. It is no less
    than what the gap varies by where neither link is there, which the closed form, of first order, may miss.
    `effect` is the design effect of the gap, where rows are not independent.
    """
    kept = rows.sum(axis=1) > 0
    rows, favourable = np.asarray(rows, dtype=float)[kept], np.asarray(favourable, dtype=float)[kept]
    n, positive = rows.sum(axis=1), favourable.sum(axis=1)
    overall = positive.sum() / n.sum()
    others = np.maximum(n - 1, 1)[:, None]
    given = np.where((n > 1)[:, None], (rows * positive[:, None] - favourable) / others, rows * overall)
    means = given.sum(axis=0) / rows.sum(axis=0)
    gap = float(means[0] - means[1])
    error = max(_carried_error(rows, favourable), _chance_error(rows, favourable)) * math.sqrt(effect)
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


def _chance_error(rows: np.ndarray, favourable: np.ndarray) -> float:
    """Return the standard error of the carried gap of a column without any link: a sum of products of two errors."""
    n, rate = rows.sum(), favourable.sum() / rows.sum()
    return float(math.sqrt((1 / rows.sum(axis=0)).sum() * rate * (1 - rate) * (len(rows) - 1) / n))


def stratified_independence(rows: np.ndarray, favourable: np.ndarray, effect: float = 1.0) -> float:
    """P of the generalised Cochran-Mantel-Haenszel test of column and outcome within groups; shape (levels, groups).

    Where few rows are to be expected in its cells, from drawn tables with the same margins in every group.

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
    axes, values, _ = np.linalg.svd(rows[held] * np.sqrt(weight) / scale[:, None], full_matrices=False)
    left = 1 - values**2
    free = left > 1e-10  # the others are sums that every table with these margins shares
    expected = (rows * (x / n)).sum(axis=1)

    def statistic(chosen: np.ndarray) -> np.ndarray:
        """Return the statistic of favourable rows by level, shape (draws, levels)."""
        difference = (chosen - expected)[:, held] / scale
        along = (difference @ axes) ** 2
        rest = (along[:, free] / left[free]).sum(axis=1)
        of: np.ndarray = np.maximum((difference**2).sum(axis=1) - along.sum(axis=1) + rest, 0.0)
        return of

    observed = float(statistic(favourable.sum(axis=1)[None])[0])
    p = chi_square_tail(observed / effect, float(held.sum() - (~free).sum()))
    if effect > 1:  # drawn tables are of independent rows
        return p
    return drawn_within_p(rows, x, observed, p, statistic)


def lookup_auc(rows: np.ndarray, favourable: np.ndarray, among: tuple[np.ndarray, np.ndarray] | None = None) -> Auc:
    """Area under the curve of predicting the outcome by the rate of the others at the same level; counts per level.

    Each chosen row against each refused one, both left out of the rates that they are given: levels of one row predict
    nothing, and two rows of one level are even. `among` are the same counts of a part of the rows: the pairs are then
    of that part, and the rates those of all rows. The error is DeLong's for given scores; it ignores that the rates
    were estimated from the same rows.

    Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44.
    """
    n, x = np.asarray(rows, dtype=float), np.asarray(favourable, dtype=float)
    overall = x.sum() / n.sum()
    alone, others = n <= 1, np.maximum(n - 1, 1)
    given_chosen = np.where(alone, overall, (x - 1) / others)
    given_refused = np.where(alone, overall, x / others)
    if among is not None:
        n, x = (np.asarray(counts, dtype=float) for counts in among)
    # With one row left out, a chosen row would rank below a refused one of its level: the two are even.
    won = (_weight_below(given_refused, n - x, given_chosen) + np.where(alone, 0, n - x) / 2) / (n - x).sum()
    beaten = (x.sum() - _weight_below(given_chosen, x, given_refused) + np.where(alone, 0, x) / 2) / x.sum()
    value = float((x * won).sum() / x.sum())
    variance = sum(
        float((of * (share - value) ** 2).sum()) / of.sum() / max(1.0, of.sum() - 1)
        for share, of in ((won, x), (beaten, n - x))
    )
    error = math.sqrt(variance)
    return Auc(value, error, Auc(value, error, Interval(0, 1)).at(0.05))


def _weight_below(values: np.ndarray, weights: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the weight of `values` below each of `at`, of equal ones half."""
    order = np.argsort(values, kind="stable")
    ordered, sums = values[order], np.concatenate([[0.0], np.cumsum(weights[order])])
    under, up_to = (sums[np.searchsorted(ordered, at, side=side)] for side in ("left", "right"))
    below: np.ndarray = (under + up_to) / 2
    return below
