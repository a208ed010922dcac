"""Independence in tables with few rows per cell, where chi-square is inaccurate: by tables with the same margins.

With 200 levels, most of a row or two, chi-square's p is below 0.025 in up to 21% of tables without any link.
Given the margins, tables without a link have a known distribution, and are drawn from it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from scipy import special

DRAWS, MORE = 199, 1800  # tables drawn at first, and in all where p is near a threshold
AGREE = 10  # draws as extreme as the observed table from which p is their share
FAR = 12.0  # standard deviations from the mean of the draws, beyond which more of them add nothing
ASKED = 0.2  # chi-square's p below which tables are drawn
SMALL, FEW = 5.0, 0.2  # expected rows of a cell, and the share of the cells that may have fewer (Cochran)
LEAST = 1.0  # expected rows that every cell has where chi-square is good
CHUNK, MOST = 2_000_000, 20_000_000  # cells held at a time, and drawn beyond the first tables

EXACT = 100_000  # members of a table up to which the mean information is exact

Statistic = Callable[[np.ndarray], np.ndarray]


def is_sparse(expected: np.ndarray) -> bool:
    """Whether chi-square's tail is not to be trusted: a cell expects under 1 row, or a fifth of them under 5.

    Source: Cochran 1954, Biometrics 10.
    """
    return bool(expected.min() < LEAST or (expected < SMALL).mean() > FEW)


def drawn_p(table: np.ndarray, statistic: float, p: float) -> float:
    """Return the p of a table's chi-square given its margins; `p`, chi-square's own, where the table is not sparse.

    `table` holds whole numbers of rows, without empty rows and columns, shape (rows, columns). The same table has the
    same p. Where chi-square's p is above ASKED it stays.

    Source: Patefield 1981, Applied Statistics 30 (the draws); Mielke and Berry 2007, Permutation Methods (the tail).
    """
    sizes, columns = table.sum(axis=1), table.sum(axis=0)
    expected = np.outer(sizes, columns) / table.sum()
    if p > ASKED or not is_sparse(expected) or not np.array_equal(table, np.round(table)):
        return p
    return _p(
        statistic, table.size, tables(sizes, columns), lambda of: ((of - expected) ** 2 / expected).sum(axis=(1, 2))
    )


def drawn_within_p(rows: np.ndarray, chosen: np.ndarray, observed: float, p: float, statistic: Statistic) -> float:
    """Return the p of a test of levels and outcome within groups, given all margins; `p` where it is not sparse.

    Args:
        rows: Whole numbers of rows, shape (levels, groups).
        chosen: The favourable ones of each group, shape (groups,).
        observed: The statistic.
        p: Its p by chi-square.
        statistic: Gives the statistic of favourable rows by level, of shape (draws, levels), for each draw.
    """
    sizes = rows.sum(axis=0)
    parts = np.concatenate([rows * (share / sizes) for share in (chosen, sizes - chosen)], axis=1)
    expected = parts[rows.sum(axis=1) > 0].reshape(-1, 2, len(sizes)).sum(axis=2)  # levels by outcome, groups together
    if p > ASKED or not is_sparse(expected) or not np.array_equal(rows, np.round(rows)):
        return p
    rng = np.random.default_rng(0)
    whole = rows.astype(np.int64)

    def draw(n: int) -> Iterator[np.ndarray]:
        part = max(1, CHUNK // len(rows))
        for at in range(0, n, part):
            size = min(part, n - at)
            drawn = np.zeros((size, len(rows)))
            for of, x in zip(whole.T, chosen, strict=True):
                drawn += rng.multivariate_hypergeometric(of, int(x), size=size, method="marginals")
            yield drawn

    return _p(observed, rows.size, draw, statistic)


def tables(rows: np.ndarray, columns: np.ndarray) -> Callable[[int], Iterator[np.ndarray]]:
    """Return what draws tables of independent rows and columns with these margins, in parts of (draws, rows, columns).

    Each call continues where the last one ended; the first starts from the same seed.
    """
    from scipy.stats import random_table

    rng = np.random.default_rng(0)
    margins = rows.astype(np.int64), columns.astype(np.int64)

    def draw(n: int) -> Iterator[np.ndarray]:
        part = max(1, CHUNK // (len(rows) * len(columns)))
        for at in range(0, n, part):
            yield random_table.rvs(*margins, size=min(part, n - at), random_state=rng).astype(float)

    return draw


def _p(observed: float, cells: int, draw: Callable[[int], Iterator[np.ndarray]], statistic: Statistic) -> float:
    """Return the share of draws whose statistic is as large as the observed one; in the far tail by their moments."""
    limit = observed * (1 - 1e-12)
    found = np.concatenate([statistic(part) for part in draw(DRAWS)])
    extreme = int((found >= limit).sum())
    if extreme < AGREE and (observed - found.mean()) < FAR * found.std():
        found = np.concatenate([found, *(statistic(part) for part in draw(min(MORE, MOST // cells)))])
        extreme = int((found >= limit).sum())
    share = (1 + extreme) / (1 + len(found))
    return share if extreme else min(share, pearson_tail(observed, found))


def pearson_tail(observed: float, draws: np.ndarray) -> float:
    """Return P(statistic > observed) of a Pearson type III distribution with mean, variance and skewness of draws."""
    deviation = float(draws.std())
    if not deviation > 0:
        return 1.0 if observed <= draws.mean() else 0.0
    z = (observed - float(draws.mean())) / deviation
    skewness = float((((draws - draws.mean()) / deviation) ** 3).mean())
    if skewness < 1e-3:  # the normal distribution is its limit; a tail to the left would be too short
        return float(special.ndtr(-z))
    shape = 4 / skewness**2
    return float(special.gammaincc(shape, max(0.0, shape + z * math.sqrt(shape))))


def expected_information(rows: np.ndarray, columns: np.ndarray) -> float:
    """Return the mean mutual information, in nats, of tables with these margins and no link.

    Exact up to EXACT members, and where a row or a column is small; else the second order, right to 1% of it.

    Source: Vinh, Epps and Bailey 2010, Journal of Machine Learning Research 11.
    """
    n = float(rows.sum())
    if n < 2:
        return 0.0
    total = 0.0
    for size, times in zip(*np.unique(rows[rows > 0], return_counts=True), strict=True):
        for column in columns[columns > 0]:
            total += float(times) * _expected_term(float(size), float(column), n)
    return total


def _expected_term(row: float, column: float, n: float) -> float:
    """Return a cell's share of the mean information; its rows are hypergeometric."""
    mean = row * column / n
    if n > EXACT and min(mean, row - mean, column - mean) > 30:
        return (1 - row / n) * (1 - column / n) / (2 * (n - 1))
    k = np.arange(max(1.0, row + column - n), min(row, column) + 1)
    spread = 12 * math.sqrt(mean * (1 - row / n) * (1 - column / n)) + 30
    k = k[np.abs(k - mean) <= spread]  # what is left out has no weight
    choose = special.gammaln
    logs = (
        (choose(row + 1) - choose(k + 1) - choose(row - k + 1))
        + (choose(n - row + 1) - choose(column - k + 1) - choose(n - row - column + k + 1))
        - (choose(n + 1) - choose(column + 1) - choose(n - column + 1))
    )
    return float((np.exp(logs) * k / n * np.log(n * k / (row * column))).sum())
