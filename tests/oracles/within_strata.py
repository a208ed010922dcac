"""What is printed of two groups within strata, by statsmodels and pandas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests

from tests.oracles.recomputed import ALPHA, Numbers, Rows, Subject, score_bound


def ratio_within(pairs: Sequence[tuple[int, int, int, int]]) -> Numbers:
    """Mantel-Haenszel's ratio of rates with the stratified score interval."""
    value = StratifiedTable(_tables(pairs, turned=False)).riskratio_pooled
    return value, score_bound(pairs, 1), score_bound(pairs, -1)


def _tables(pairs: Iterable[tuple[int, int, int, int]], *, turned: bool = True) -> list[np.ndarray]:
    """Return 2 x 2 tables of strata: the reference above the group where `turned`, as odds ratios are printed."""
    tables = [np.array([[x_ref, n_ref - x_ref], [x, n - x]]) for x, n, x_ref, n_ref in pairs]
    return [table if turned else table[::-1] for table in tables]


def odds_within(rows: Rows, of: Subject) -> Numbers:
    """Mantel-Haenszel's odds ratio with the interval of Robins, Breslow and Greenland."""
    table = StratifiedTable(_tables(rows.strata(of).values()))
    return (table.oddsratio_pooled, *table.oddsratio_pooled_confint(ALPHA))


def heterogeneity(rows: Rows, of: Subject, *, tarone: bool) -> float:
    """P that the odds ratio is the same in all strata that vary."""
    pairs = [pair for pair in rows.strata(of).values() if 0 < pair[0] + pair[2] < pair[1] + pair[3]]
    return float(StratifiedTable(_tables(pairs)).test_equal_odds(adjust=tarone).pvalue)


def cmh(rows: Rows, of: Subject) -> float:
    """P of the Cochran-Mantel-Haenszel test, uncorrected."""
    return float(StratifiedTable(_tables(rows.strata(of).values())).test_null_odds(correction=False).pvalue)


def cmh_adjusted(rows: Rows, of: Subject) -> float:
    """Holm's p over the pairs of all group columns."""
    plain = {
        (group, frozenset(pair)): cmh(rows, {"group": group, "level": pair[0], "reference": pair[1]})
        for group, levels in rows.counts.items()
        for pair in combinations(levels, 2)
    }
    adjusted = dict(zip(plain, multipletests([*plain.values()], method="holm")[1], strict=True))
    return float(adjusted[of["group"], frozenset((of["level"], of["reference"]))])


def by_stratum(rows: Rows, of: Subject) -> pd.DataFrame:
    """Return a frame of strata: rates of both, rows of both, and their spreads."""
    frame = pd.DataFrame(rows.strata(of).values(), columns=["x", "n", "x_ref", "n_ref"], dtype=float)
    return frame.assign(
        rate=frame.x / frame.n,
        rate_ref=frame.x_ref / frame.n_ref,
        size=frame.n + frame.n_ref,
        spread=frame.n / frame.n.sum(),
        spread_ref=frame.n_ref / frame.n_ref.sum(),
    )


def disparity(x: float, n: float, x_ref: float, n_ref: float) -> float:
    """The group's share of the refused less its share of the accepted."""
    refused, accepted = n + n_ref - x - x_ref, x + x_ref
    return (n - x) / refused - x / accepted if refused and accepted else 0.0


def row_of_stratum(rows: Rows, of: Subject) -> tuple[float, ...]:
    """Counts and both rates of a row of the table of strata: of one, of all, or standardised."""
    if of["kind"] == "stratum":
        x, n, x_ref, n_ref = rows.strata(of)[of["stratum"]]
    else:
        x, n, x_ref, n_ref = rows.pair(of)
    if of["kind"] == "standardised":
        at = by_stratum(rows, of)
        return x, n, x_ref, n_ref, np.average(at.rate, weights=at["size"]), np.average(at.rate_ref, weights=at["size"])
    return x, n, x_ref, n_ref, x / n, x_ref / n_ref
