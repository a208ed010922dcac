"""The slice search against the whole lattice counted by other hands: pandas, and DivExplorer where it is installed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportions_ztest

from auditor.stats.slices import COMBINED, LOW, Conditions, candidates, is_low, low

Lattice = dict[frozenset[tuple[int, int]], tuple[int, int]]
LEVELS = [3, 4, 2, 3]


def _frame(rows: int = 4_000, seed: int = 5) -> pd.DataFrame:
    """Columns of codes and an outcome with one low level and one low pair."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({i: rng.integers(0, size, rows) for i, size in enumerate(LEVELS)})
    rate = np.where(frame[0] == 1, 0.4, 0.55) - np.where((frame[1] == 2) & (frame[2] == 0), 0.35, 0)
    return frame.assign(y=rng.random(rows) < rate)


def _candidates(frame: pd.DataFrame, **more: float) -> list[Conditions]:
    codes = [frame[i].to_numpy() for i in range(len(LEVELS))]
    return candidates(codes, LEVELS, frame["y"].to_numpy(), **more)  # type: ignore[arg-type] # numbers of each option


def _by_pandas(frame: pd.DataFrame) -> Lattice:
    found: Lattice = {}
    for depth in (1, 2, 3):
        for columns in combinations(range(len(LEVELS)), depth):
            for levels, part in frame.groupby(list(columns))["y"]:
                found[frozenset((column, int(str(level))) for column, level in zip(columns, levels, strict=True))] = (
                    int(part.sum()),
                    len(part),
                )
    return found


def _by_divexplorer(frame: pd.DataFrame) -> Lattice:
    explorer = pytest.importorskip("divexplorer").DivergenceExplorer
    named = frame.rename(columns=str).assign(y=frame["y"].astype(int))
    names = [str(i) for i in range(len(LEVELS))]
    table = explorer(named).get_pattern_divergence(min_support=1e-9, attributes=names, boolean_outcomes=["y"])
    found: Lattice = {}
    for items, rate, n in zip(table["itemset"], table["y"], table["support_count"], strict=True):
        pairs = frozenset((int(column), int(level)) for column, level in (item.split("=") for item in items))
        if 1 <= len(pairs) <= 3:
            found[pairs] = (round(rate * n), int(n))
    return found


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # DivExplorer's, of pandas
@pytest.mark.parametrize("lattice_of", [_by_pandas, _by_divexplorer])
def test_the_candidates_are_what_the_lattice_says(lattice_of: Callable[[pd.DataFrame], Lattice]) -> None:
    frame = _frame()
    lattice = lattice_of(frame)
    all_x, all_n = int(frame["y"].sum()), len(frame)

    def z(pairs: frozenset[tuple[int, int]]) -> float:
        x, n = lattice[pairs]
        return float(proportions_ztest([x, all_x - x], [n, all_n - n])[0])

    def refines(pairs: frozenset[tuple[int, int]]) -> bool:
        x, n = lattice[pairs]
        parents = [frozenset(part) for size in range(1, len(pairs)) for part in combinations(pairs, size)]
        return all(is_low(x, n, lattice[parent][0] - x, lattice[parent][1] - n) for parent in parents)

    expected = sorted(
        (z(pairs), tuple(sorted(pairs)))
        for pairs, (_, n) in lattice.items()
        if n >= 0.01 * all_n and z(pairs) < LOW and refines(pairs)
    )
    order = [conditions for _, conditions in expected]
    found = _candidates(frame)
    assert found[0] == order[0] == ((1, 2), (2, 0))
    assert ((0, 1),) in found
    assert set(found) <= set(order)
    assert [order.index(conditions) for conditions in found] == sorted(map(order.index, found))
    # Whatever is left out shares so much with lower ones that the rest of it is not low.
    for conditions in set(order[:50]) - set(found):
        inside = _rows(frame, conditions)
        lower = [other for other in found if order.index(other) < order.index(conditions)]
        lower = [other for other in lower if not set(other) < set(conditions)]
        added = inside & ~np.logical_or.reduce([_rows(frame, other) for other in lower])
        y = frame["y"].to_numpy()
        assert not is_low(y[added].sum(), added.sum(), y[~inside].sum(), (~inside).sum())


def _rows(frame: pd.DataFrame, conditions: Conditions) -> np.ndarray:
    inside: np.ndarray = np.logical_and.reduce([frame[column].to_numpy() == level for column, level in conditions])
    return inside


def test_z_is_statsmodels() -> None:
    theirs = proportions_ztest([12, 40], [60, 100])[0]
    assert low(*(np.array(float(number)) for number in (12, 60, 40, 100))) == pytest.approx(theirs)


@pytest.mark.parametrize("counts", [(0, 0, 5, 10), (5, 10, 0, 0), (0, 10, 0, 10), (10, 10, 10, 10)])
def test_what_cannot_be_compared_is_not_low(counts: tuple[int, int, int, int]) -> None:
    assert not is_low(*counts)


def test_support_bounds_every_slice() -> None:
    frame = _frame()
    for conditions in _candidates(frame, support=0.2):
        assert _rows(frame, conditions).mean() >= 0.2
    assert len(_candidates(frame, most=1)) == 1


def test_rows_without_a_level_are_in_no_slice_but_count_as_others() -> None:
    frame = _frame()
    frame[1] = frame[1].where(frame[1] != 2, -1)
    found = _candidates(frame)
    assert all(level >= 0 for conditions in found for _, level in conditions)
    assert ((1, 2), (2, 0)) not in found


def test_a_column_twice_gives_one_slice() -> None:
    frame = _frame()
    codes = [frame[i].to_numpy() for i in (0, 0, 1, 2)]
    found = candidates(codes, [3, 3, 4, 2], frame["y"].to_numpy())
    assert ((0, 1),) in found
    assert ((1, 1),) not in found


def test_of_many_columns_the_strongest_are_combined() -> None:
    rng = np.random.default_rng(1)
    codes = [rng.integers(0, 3, 6_000).astype(np.int8) for _ in range(4 * COMBINED)]
    slice_ = (codes[7] == 1) & (codes[60] == 2)
    favourable = rng.random(6_000) < np.where(slice_, 0.1, 0.6)
    found = candidates(codes, [3] * len(codes), favourable)
    assert found[0] == ((7, 1), (60, 2))
    assert len({column for conditions in found if len(conditions) > 1 for column, _ in conditions}) <= COMBINED


def test_nothing_varies_nothing_found() -> None:
    assert candidates([np.zeros(500, np.int8)], [1], np.ones(500, bool)) == []
    assert candidates([], [], np.ones(500, bool)) == []
