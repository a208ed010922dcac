"""Terms of documents against groups and outcomes, from counts of documents; every function takes arrays of terms."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from auditor.stats import hypergeometric
from auditor.stats.roots import root
from auditor.stats.tails import normal, two_sided_each

PRIOR = 10.0  # pseudo-documents per group
MOST_ODDS = 8.0  # on the log scale: a term that nearly all of a group use and few others
EXACT_UNDER = 100.0  # expected documents in the smallest cell from which the pooled Z is as good as the exact test


class LogOdds(NamedTuple):
    """Log-odds ratio of each term between two groups, shrunk by the prior; its standard error, and their quotient."""

    delta: np.ndarray
    error: np.ndarray
    z: np.ndarray


def log_odds(a: np.ndarray, n_a: float, b: np.ndarray, n_b: float, prior: float = PRIOR) -> LogOdds:
    """Return the log-odds ratios of terms held by `a` of `n_a` and `b` of `n_b` documents; shape (terms,).

    The prior adds `prior` documents to each group, holding the term as often as all documents do. The variance has
    all four terms, since documents hold a term or not.

    Source: Monroe, Colaresi and Quinn 2008, Political Analysis 16, with documents for tokens.
    """
    share = (a + b) / (n_a + n_b)
    held_a, free_a = a + prior * share, n_a - a + prior * (1 - share)
    held_b, free_b = b + prior * share, n_b - b + prior * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = np.log(held_a * free_b / held_b / free_a)
        error = np.sqrt(1 / held_a + 1 / held_b + 1 / free_a + 1 / free_b)
    everywhere = ~np.isfinite(delta)  # a term of every document, or of none, distinguishes nothing
    delta, error = np.where(everywhere, 0.0, delta), np.where(everywhere, np.inf, error)
    return LogOdds(delta, error, delta / error)


def mid_p(a: np.ndarray, n_a: float, b: np.ndarray, n_b: float) -> np.ndarray:
    """Return the two-sided p of equal shares: Fisher's exact mid-p, the pooled Z where every expected cell is large.

    Source: Lancaster 1961 (mid-p). Twice the smaller tail, the point itself counted half.
    """
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    n, held = n_a + n_b, a + b
    least = np.minimum(held, n - held) * min(n_a, n_b) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = held / n * (1 - held / n) * (1 / n_a + 1 / n_b)
        z = np.where(variance > 0, (a / n_a - b / n_b) / np.sqrt(variance), 0.0)
    p = two_sided_each(z)
    exact = least < EXACT_UNDER
    if exact.any():
        p[exact] = hypergeometric.mid_p(a[exact], n, n_a, held[exact])
    np.clip(p, 0.0, 1.0, out=p)
    return p


def within_groups(held: np.ndarray, held_fav: np.ndarray, sizes: np.ndarray, favourable: np.ndarray) -> np.ndarray:
    """Return p of the Cochran-Mantel-Haenszel test of term and outcome within groups, uncorrected; shape (terms,).

    `held` and `held_fav` count documents with the term, and the favourable ones of them, shape (terms, groups);
    `sizes` and `favourable` count all documents, shape (groups,).
    """
    n, x = np.asarray(sizes, dtype=float), np.asarray(favourable, dtype=float)
    expected = held * x / n
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = held * (n - held) * x * (n - x) / (n**2 * (n - 1))
        variance = np.where(n > 1, variance, 0.0).sum(axis=1)
        statistic = (held_fav - expected).sum(axis=1) ** 2 / variance
    p: np.ndarray = np.where(variance > 0, special.chdtrc(1, statistic), 1.0)
    return p


def pooled_odds_ratio(held: np.ndarray, held_fav: np.ndarray, sizes: np.ndarray, favourable: np.ndarray) -> np.ndarray:
    """Return the Mantel-Haenszel odds ratio of the outcome with and without a term, within groups; shape (terms,)."""
    n, x = np.asarray(sizes, dtype=float), np.asarray(favourable, dtype=float)
    above = (held_fav * ((n - x) - (held - held_fav)) / n).sum(axis=1)
    below = ((held - held_fav) * (x - held_fav) / n).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio: np.ndarray = above / below
    return ratio


def sure(alpha: float) -> float:
    """Return the power at which the absence of a finding is taken as absence: that of one end of an interval."""
    return 1 - alpha / 2


def detectable_odds(n_a: float, n_b: float, share: float, tests: int, alpha: float = 0.05, power: float = 0.8) -> float:
    """Return the smallest odds ratio that a term in `share` of the larger group's documents could be shown to have.

    At `alpha` shared among `tests` terms (Bonferroni, which is at least as strict as Benjamini-Hochberg) and the given
    power, by the normal approximation for two shares; inf where no odds ratio could be shown.
    """
    critical, beyond = (normal(part) for part in (1 - alpha / (2 * max(1, tests)), power))
    base = special.logit(share)

    def lacking(delta: float) -> float:
        """Return by how much the difference is too small to be seen."""
        other = float(special.expit(base + delta))
        pooled = (n_a * other + n_b * share) / (n_a + n_b)
        at_null = math.sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b))
        at_truth = math.sqrt(other * (1 - other) / n_a + share * (1 - share) / n_b)
        return critical * at_null + beyond * at_truth - (other - share)

    return math.exp(root(lacking, 1e-6, MOST_ODDS)) if lacking(MOST_ODDS) < 0 else math.inf
