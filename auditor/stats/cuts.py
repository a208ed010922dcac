"""Two groups' selection rates over all cuts of a score, with bands that hold at all cuts at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

from auditor.stats.counts import Interval

Numbers = NDArray[np.float64]
ROUNDS = 1_000  # draws by which a band is calibrated
RANKS = 40  # of each end that are all looked at; further in, ranks some way apart
FAR = 40  # rows on both sides of a rank, from which a beta distribution is approximated
SEED = 29


@lru_cache(maxsize=256)
def tail_of_band(rows: int, alpha: float = 0.05) -> float:
    """Return the share that each one-sided bound of a rate may miss, so that all of a group's bounds hold together.

    `rows` is the group's size. The rate above a cut that selects k rows lies between the k-th and the next of as many
    uniform numbers in order, whatever the scores are distributed like. These are drawn, and the least tail
    probability of each draw is found: its quantile at `alpha` is the share. With ties the bounds are too wide.

    Source: bounds of equal local level, as in Aldor-Noiman and others 2013, The American Statistician 67.
    """
    ranks = _ranks(rows)
    rng = np.random.default_rng(SEED)
    steps = np.diff(np.concatenate([[0], ranks, [rows + 1]]))
    drawn = np.cumsum(rng.gamma(steps, size=(ROUNDS, len(steps))), axis=1)
    ordered = drawn[:, :-1] / drawn[:, -1:]
    far = np.minimum(ranks, rows - ranks + 1) > FAR
    near = special.betainc(ranks[~far], rows - ranks[~far] + 1, ordered[:, ~far])
    below = np.concatenate([near, _share_below(ordered[:, far], ranks[far], rows - ranks[far] + 1)], axis=1)
    least = np.minimum(below, 1 - below).min(axis=1)
    return float(np.quantile(least, alpha, method="lower"))


def _share_below(x: Numbers, a: NDArray[np.int64], b: NDArray[np.int64]) -> Numbers:
    """Return the share of beta distributions below x, for parameters that are not small; much faster than exactly.

    Source: Paulson 1942, Annals of Mathematical Statistics 13: the cube root of F is nearly normal.
    """
    root = np.cbrt(x / (1 - x) * b / a)
    z = ((1 - 1 / (9 * b)) * root - (1 - 1 / (9 * a))) / np.sqrt(root**2 / (9 * b) + 1 / (9 * a))
    found: Numbers = special.ndtr(z)
    return found


def _ranks(rows: int) -> NDArray[np.int64]:
    """Return all ranks of few rows; of many those at both ends, and between them so many that none matters."""
    near = np.arange(1, min(rows, RANKS) + 1)
    far = np.geomspace(1, max(1, rows), 60).astype(np.int64)
    middle = np.linspace(1, rows, 60).astype(np.int64)
    found = np.unique(np.concatenate([near, far, middle, rows + 1 - near, rows + 1 - far]))
    kept: NDArray[np.int64] = found[(found >= 1) & (found <= rows)]
    return kept


def rate_band(selected: Numbers, rows: float, tail: float) -> tuple[Numbers, Numbers]:
    """Return the lower and the upper bounds of a group's selection rates at many cuts, each missing `tail`.

    `selected` has the rows that each cut selects. They are Clopper and Pearson's of 1934, with `tail` on either side.
    """
    x, rest = np.asarray(selected, dtype=float), rows - np.asarray(selected, dtype=float)
    low = np.where(x > 0, special.betaincinv(np.maximum(x, 1e-9), rest + 1, tail), 0.0)
    high = np.where(rest > 0, special.betaincinv(x + 1, np.maximum(rest, 1e-9), 1 - tail), 1.0)
    return low, high


def ratio_band(own: tuple[Numbers, Numbers], theirs: tuple[Numbers, Numbers]) -> list[Interval]:
    """Return the band of the ratio of two groups' rates at each cut, from the bands of the two rates."""
    with np.errstate(divide="ignore", invalid="ignore"):
        low = np.where(theirs[1] > 0, own[0] / theirs[1], 0.0)
        high = np.where(theirs[0] > 0, own[1] / theirs[0], np.inf)
    return [Interval(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def of_each(groups: int, alpha: float) -> float:
    """Return the alpha of each of several independent groups' bands that hold together.

    >>> round(of_each(2, 0.05), 6)
    0.025321
    """
    return float(1 - (1 - alpha) ** (1 / groups))


def cut_places(
    all_rows: Numbers, groups: Sequence[Numbers], most: int, least: float, chosen: int | None = None
) -> list[int]:
    """Return the places of the cuts to look at, from the one that selects fewest.

    `all_rows` has the rows of each bin, the best first; `groups` the same of each group. A place k selects the first k
    bins. Of more than `most` cuts those that part the rows most evenly are taken. From one to the next each group has
    no row or at least `least`, so that no difference of two cuts describes fewer people. The `chosen` place is among
    them, and those too near to it are not.
    """
    upto = np.concatenate([[0.0], np.cumsum(all_rows)])
    own = np.array([np.concatenate([[0.0], np.cumsum(of)]) for of in groups])

    def apart(one: int, other: int) -> bool:
        rows = np.abs(own[:, one] - own[:, other])
        return bool(((rows == 0) | (rows >= least)).all()) and upto[one] != upto[other]

    found: list[int] = []
    last, end = 0, len(all_rows)
    for k in range(1, end):
        enough = upto[k] - upto[last] >= upto[-1] / most
        if k == chosen and upto[k] > 0:
            while found and not apart(found[-1], k):
                found.pop()
            found.append(k)
            last = k
        elif enough and apart(last, k) and apart(k, end) and (chosen is None or k > chosen or apart(k, chosen)):
            found.append(k)
            last = k
    return found
