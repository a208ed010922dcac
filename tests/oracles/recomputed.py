"""The numbers that audits print, computed once more from the rows by other code: pandas, scipy, statsmodels, fairlearn.

Nothing of `auditor` is imported here. Each function has the rows and what a number is about, and returns the number,
or the number and the ends of its interval. Registered by rule and name of the measure, or of the table's column: a new
number needs a line here, or in `NOT_RECOMPUTED` with its reason.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame, count, selection_rate
from scipy import stats
from scipy.optimize import brentq
from sklearn.metrics.cluster import expected_mutual_information
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    multinomial_proportions_confint,
    power_proportions_2indep,
    proportion_confint,
    proportions_ztest,
)

ALPHA = 0.05
Subject = Mapping[str, Any]
Numbers = tuple[float, ...]
MISSING = "(missing)"


class Drawn(Exception):
    """Raised where the program draws tables, for few rows are to be expected in them: another draw gives another p."""


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of an audit: its groups, whether each outcome is favourable, and what was stated of it.

    `target` is the column of a numeric outcome, `stratum` that of strata, `edges` are the upper bounds of the bins of numbers that were cut, `printed` the tables of the audit by rule.
    """

    frame: pd.DataFrame
    favourable: pd.Series
    groups: Sequence[str]
    target: str | None = None
    stratum: str | None = None
    stated: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    edges: Mapping[str, Sequence[float]] = field(default_factory=dict)
    printed: Mapping[str, Sequence[Subject]] = field(default_factory=dict)

    @property
    def numbers(self) -> np.ndarray:
        """The values of a numeric outcome."""
        assert self.target is not None
        return self.frame[self.target].to_numpy(dtype=float)

    @cached_property
    def counts(self) -> dict[str, dict[str, tuple[int, int]]]:
        """Favourable rows and rows of each level of each group."""
        found = {}
        for group in self.groups:
            told = MetricFrame(
                metrics={"rate": selection_rate, "n": count},
                y_true=self.favourable,
                y_pred=self.favourable,
                sensitive_features=self.frame[group],
            ).by_group
            found[group] = {
                str(level): (round(row["rate"] * row["n"]), int(row["n"])) for level, row in told.iterrows()
            }
        return found

    def reference(self, group: str) -> str:
        """The highest rate among levels of 30 rows and 2% of all."""
        able = {of: x / n for of, (x, n) in self.counts[group].items() if n >= max(30, 0.02 * len(self.frame))}
        return max(able, key=lambda level: able[level])

    def pair(self, of: Subject) -> tuple[int, int, int, int]:
        """Counts of a level and of the reference that a number is about."""
        level, reference = of["level"], of.get("reference") or self.reference(of["group"])
        return (*self.counts[of["group"]][level], *self.counts[of["group"]][reference])

    @cached_property
    def adjusted(self) -> dict[tuple[str, frozenset[str]], float]:
        """Holm's p over the pairs of all groups."""
        plain = {
            (group, frozenset(pair)): equal_rates(*levels[pair[0]], *levels[pair[1]])[1]
            for group, levels in self.counts.items()
            for pair in combinations(levels, 2)
        }
        return dict(zip(plain, multipletests([*plain.values()], method="holm")[1], strict=True))

    @cache  # noqa: B019 # a few frames in one test
    def codes(self, column: str) -> pd.Series:
        """The level of each row as a number, which is quicker to count."""
        return pd.Series(pd.factorize(self.levels(column))[0], index=self.frame.index)

    @cache  # noqa: B019
    def levels(self, column: str) -> pd.Series:
        """The level of each row of a column: its value, its bin, or that there is none."""
        values = self.frame[column]
        if column in self.edges:
            at = pd.Series(np.searchsorted(self.edges[column], values, side="left").astype(str), index=values.index)
            return at.where(values.notna(), MISSING)
        return values.astype(object).where(values.notna(), MISSING).astype(str)

    def strata(self, of: Subject) -> dict[str, tuple[int, int, int, int]]:
        """Counts of two levels in the strata that hold both."""
        return self._strata(of["group"], of["level"], of["reference"])

    @cache  # noqa: B019
    def _strata(self, group: str, level: str, reference: str) -> dict[str, tuple[int, int, int, int]]:
        assert self.stratum is not None
        named = self.frame[group].isin([level, reference])
        by = pd.crosstab(
            [self.levels(self.stratum)[named], self.frame.loc[named, group].astype(str)], self.favourable[named]
        ).reindex(columns=[False, True], fill_value=0)
        found = {}
        for name in by.index.get_level_values(0).unique():
            cells = [by.loc[(name, who)] if (name, who) in by.index else None for who in (level, reference)]
            own, theirs = cells
            if own is not None and theirs is not None:
                (no, yes), (no_ref, yes_ref) = own, theirs
                found[str(name)] = (int(yes), int(no + yes), int(yes_ref), int(no_ref + yes_ref))
        return found


def equal_rates(x: int, n: int, x_ref: int, n_ref: int) -> tuple[float, float]:
    """Z and p of two rates: the pooled Z test where 5 rows are expected in each cell, else Fisher's."""
    table = np.array([[x, n - x], [x_ref, n_ref - x_ref]])
    z, p = proportions_ztest([x, x_ref], [n, n_ref])
    return z, p if stats.contingency.expected_freq(table).min() >= 5 else stats.fisher_exact(table).pvalue


def wilson(x: float, n: float) -> Numbers:
    """A share with Wilson's interval."""
    return (x / n, *proportion_confint(x, n, ALPHA, "wilson"))


def ratio(x: int, n: int, x_ref: int, n_ref: int) -> Numbers:
    """The ratio of rates with its score interval; where a rate is 0 or 1 statsmodels has no right one."""
    if 0 < x < n and 0 < x_ref < n_ref:
        return (x / n / (x_ref / n_ref), *confint_proportions_2indep(x, n, x_ref, n_ref, "score", "ratio", ALPHA))
    if x == 0 or x_ref == 0:
        value = math.nan if x == x_ref == 0 else math.inf if x else 0.0
        low = 1 / score_bound([(x_ref, n_ref, x, n)], -1) if x else 0.0
        return value, low, score_bound([(x, n, x_ref, n_ref)], -1) if x_ref else math.inf
    return x / n / (x_ref / n_ref), *(score_bound([(x, n, x_ref, n_ref)], side) for side in (1, -1))


def score_bound(pairs: Sequence[tuple[int, int, int, int]], side: int) -> float:
    """The lower (1) or upper (-1) ratio at which the score statistic is at its normal quantile."""
    z = side * stats.norm.ppf(1 - ALPHA / 2)
    return math.exp(brentq(lambda log: _score(pairs, math.exp(log)) - z, -6, 6, xtol=1e-12))


def difference(x: int, n: int, x_ref: int, n_ref: int) -> Numbers:
    """The difference of rates with Newcombe's interval."""
    return (x / n - x_ref / n_ref, *confint_proportions_2indep(x, n, x_ref, n_ref, "newcomb", "diff", ALPHA))


def _score(pairs: Iterable[tuple[int, int, int, int]], at: float) -> float:
    """The stratified score statistic of a ratio; the rates under it maximise the likelihood, found by its slope."""
    away = spread = 0.0
    for x, n, x_ref, n_ref in pairs:
        most = min(1.0, 1 / at)

        def slope(p: float, x: int = x, n: int = n, x_ref: int = x_ref, n_ref: int = n_ref) -> float:
            own = at * p
            return (x - n * own) / (1 - own) + (x_ref - n_ref * p) / (1 - p)

        if x + x_ref == 0:
            p_ref = 0.0
        elif slope(most * (1 - 1e-13)) > 0:
            p_ref = most
        else:
            p_ref = brentq(slope, 1e-13, most * (1 - 1e-13), xtol=1e-15)
        p, size = min(1.0, at * p_ref), n + n_ref
        weight = n * n_ref / size
        away += weight * (x / n - at * x_ref / n_ref)
        spread += weight**2 * (p * (1 - p) / n + at**2 * p_ref * (1 - p_ref) / n_ref) * size / (size - 1)
    return away / math.sqrt(spread)


def detectable(rows: Rows, of: Subject) -> float:
    """The ratio that the Z test has 80% power to show, at alpha over the number of pairs."""
    x, n = (sum(part) for part in zip(*rows.counts[of["group"]].values(), strict=True))
    _, own, _, theirs = rows.pair(of)
    return _detectable(x / n, own, theirs, ALPHA / len(rows.adjusted))


@cache
def _detectable(rate: float, own: int, theirs: int, alpha: float) -> float:
    def lacking(at: float) -> float:
        found = power_proportions_2indep((at - 1) * rate, rate, own, theirs / own, alpha=alpha)
        return float(found.power) - 0.8

    return float(brentq(lacking, 1e-6, 1 - 1e-9, xtol=1e-10))


def shares(rows: Rows, group: str) -> tuple[dict[str, int], float, np.ndarray]:
    """Return the rows of each level, of all, and the joint bounds of the shares; of two levels they are one test."""
    counts = rows.frame[group].value_counts()
    method = ("wilson", ALPHA) if len(counts) == 2 else ("goodman", ALPHA)
    joint = (
        np.array([proportion_confint(k, counts.sum(), ALPHA, "wilson") for k in counts])
        if method[0] == "wilson"
        else multinomial_proportions_confint(counts.to_numpy(), ALPHA, "goodman")
    )
    return {str(level): int(k) for level, k in counts.items()}, float(counts.sum()), joint


def joint_bound(rows: Rows, of: Subject, end: int) -> float:
    """Return an end of a level's joint bounds."""
    counts, _, joint = shares(rows, of["group"])
    return float(joint[[*counts].index(of["level"]), end])


@cache
def population_tests(rows: Rows) -> dict[tuple[str, str | None], tuple[float, float]]:
    """P and Holm's p of all tests against the population, by group and level: of two levels all tests are one."""
    plain: dict[tuple[str, str | None], float] = {}
    for group, stated in rows.stated.items():
        counts, n, _ = shares(rows, group)
        exact = {level: stats.binomtest(counts.get(level, 0), int(n), q).pvalue for level, q in stated.items()}
        if len(stated) == 2:
            plain[group, None] = next(iter(exact.values()))
        else:
            plain |= {(group, level): p for level, p in exact.items()} | {(group, None): chi_square(rows, group)[1]}
    adjusted = dict(zip(plain, multipletests([*plain.values()], method="holm")[1], strict=True))
    return {
        (group, level): (
            plain.get((group, level), plain[group, None]),
            adjusted.get((group, level), adjusted[group, None]),
        )
        for group, stated in rows.stated.items()
        for level in (*stated, None)
    }


def chi_square(rows: Rows, group: str) -> tuple[float, float]:
    """Pearson's test of the stated shares."""
    counts, n, _ = shares(rows, group)
    stated = rows.stated[group]
    found = stats.chisquare([counts.get(level, 0) for level in stated], [n * q for q in stated.values()])
    return float(found.statistic), float(found.pvalue)


def stated_test(rows: Rows, of: Subject, which: int) -> float:
    """Return p of a level, or of all levels together; of the latter of two levels p is that of chi-square."""
    if which == 0 and "level" not in of:
        return chi_square(rows, of["group"])[1]
    return population_tests(rows)[of["group"], of.get("level")][which]


def cramers_v(table: np.ndarray) -> float:
    """Bergsma's V from scipy's chi-square."""
    r, k = table.shape
    n = table.sum()
    phi2 = max(0.0, stats.chi2_contingency(table, correction=False).statistic / n - (r - 1) * (k - 1) / (n - 1))
    return math.sqrt(phi2 / min(k - (k - 1) ** 2 / (n - 1) - 1, r - (r - 1) ** 2 / (n - 1) - 1))


def linked(rows: Rows, of: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Return the tables of a column by group, and by outcome."""
    return _linked(rows, of["column"], of["group"])


@cache
def _linked(rows: Rows, column: str, group: str) -> tuple[np.ndarray, np.ndarray]:
    level = rows.codes(column)
    return pd.crosstab(level, rows.frame[group]).to_numpy(), pd.crosstab(level, rows.favourable).to_numpy()


def discovery(rows: Rows, of: Subject) -> float:
    """Benjamini and Hochberg's p of both links, over the columns that the audit's table has for the group."""
    if any(stats.contingency.expected_freq(table).min() < 5 for table in linked(rows, of)):
        raise Drawn
    return _discoveries(rows, of["group"])[of["column"]]


@cache
def _discoveries(rows: Rows, group: str) -> dict[str, float]:
    columns = [row["column"] for row in rows.printed["PRX001"] if row["group"] == group]
    plain = [
        max(stats.chi2_contingency(table, correction=False).pvalue for table in _linked(rows, column, group))
        for column in columns
    ]
    return dict(zip(columns, map(float, multipletests(plain, method="fdr_bh")[1]), strict=True))


def carried(rows: Rows, of: Subject) -> Numbers:
    """The gap of a lookup of the column that leaves each row out, row by row; and the error of its influence values."""
    return _carried(rows, of["column"], of["group"], of["level"], of["reference"])


@cache
def _carried(rows: Rows, column: str, group: str, level: str, reference: str) -> Numbers:
    pair = rows.frame[group].isin([level, reference])
    frame = pd.DataFrame({"at": rows.codes(column)[pair], "own": rows.frame.loc[pair, group] == level}).assign(
        y=rows.favourable[pair].astype(float)
    )
    sums = frame.groupby("at")["y"]
    n, positive = sums.transform("size"), sums.transform("sum")
    given = ((positive - frame.y) / (n - 1).where(n > 1, 1)).where(n > 1, frame.y.mean())
    gap = given[frame.own].mean() - given[~frame.own].mean()
    # The influence of a row: through its own lookup, and through what it adds to its level's rate for both groups.
    rate, total = positive / n, len(frame)
    sizes = {side: (frame.own == side).sum() for side in (True, False)}
    means = {side: rate[frame.own == side].mean() for side in (True, False)}
    side = frame.own.map({True: 1.0, False: -1.0})
    lookup = side * total / frame.own.map(sizes) * (rate - frame.own.map(means))
    held = frame.groupby("at")["own"].transform("sum")
    tilt = (held / sizes[True] - (n - held) / sizes[False]) / (n / total)
    error = math.sqrt(((lookup + tilt * (frame.y - rate)) ** 2).sum()) / total
    # Without any link the gap is a product of two errors, of which influence values see nothing.
    overall, levels = frame.y.mean(), frame["at"].nunique()
    chance = math.sqrt((1 / sizes[True] + 1 / sizes[False]) * overall * (1 - overall) * (levels - 1) / total)
    reach = stats.norm.ppf(1 - ALPHA / 2) * max(error, chance)
    return gap, gap - reach, gap + reach


def within_group(rows: Rows, of: Subject) -> float:
    """P of the generalised Cochran-Mantel-Haenszel test of a column and the outcome within the groups."""
    return _within_group(rows, of["column"], of["group"])


@cache
def _within_group(rows: Rows, column: str, group: str) -> float:
    level = rows.codes(column)
    names = sorted(level.unique())
    away, cover = np.zeros(len(names)), np.zeros((len(names), len(names)))
    for _, part in rows.frame.groupby(group):
        y = rows.favourable[part.index]
        n, x = len(part), int(y.sum())
        if n < 2 or x in (0, n):
            continue
        held = level[part.index].value_counts().reindex(names, fill_value=0).to_numpy(dtype=float)
        chosen = level[part.index][y].value_counts().reindex(names, fill_value=0).to_numpy(dtype=float)
        away += chosen - held * x / n
        cover += x * (n - x) / (n**2 * (n - 1)) * (n * np.diag(held) - np.outer(held, held))
    inverse = np.linalg.pinv(cover, rcond=1e-10, hermitian=True)
    freedom = np.linalg.matrix_rank(cover, tol=1e-10 * np.abs(cover).max() * len(names), hermitian=True)
    return float(stats.chi2.sf(away @ inverse @ away, freedom))


def theils_u(rows: Rows, of: Subject) -> float:
    """The share of the group's entropy that the column takes away, less what chance does."""
    return _theils_u(rows, of["column"], of["group"])


@cache
def _theils_u(rows: Rows, column: str, group: str) -> float:
    table = _linked(rows, column, group)[0]
    by_column, by_group, both = (stats.entropy(part) for part in (table.sum(axis=1), table.sum(axis=0), table.ravel()))
    chance = expected_mutual_information(table.astype(np.int64), int(table.sum()))
    return float(min(1.0, max(0.0, (by_column + by_group - both - chance) / (by_group - chance))))


Oracle = Callable[[Rows, Subject], Numbers | float]


def refused(x: int, n: int, x_ref: int, n_ref: int) -> tuple[int, int, int, int]:
    """The counts of the other outcome."""
    return n - x, n, n_ref - x_ref, n_ref
