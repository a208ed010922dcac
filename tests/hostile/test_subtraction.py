"""What a least cell hides cannot be had by taking published counts from one another.

The attacker has a published tally and knows which values of related columns occur together. Every count of the tally is
a linear equation in the unknown, whole, non-negative numbers of rows by joint cell and combination of values; a linear
programme bounds each of them. Protected is a cell of 1 to N - 1 rows if its bounds lie N or more apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import auditor
from auditor import tallies
from auditor.engines.coarsen import bins_of
from auditor.engines.partial import Counted, Part, Table, loaded
from auditor.engines.tally import COUNT, LEVEL, OTHER, OUTCOME, bin_labels

LEAST = 5
ROWS = 400
TABLES = 6  # of each kind of relation
BOUNDED = 2
Cell = tuple[Any, ...]


def _related(seed: int) -> dict[str, dict[str, np.ndarray]]:
    """Return clusters of related columns by name: nested, recoded, one cut otherwise, and three in a row."""
    rng = np.random.default_rng(seed)
    city = np.minimum(rng.geometric(rng.choice([0.15, 0.25]), ROWS), 14)
    state = rng.integers(0, 4, 15)[city]
    age = rng.integers(18, 60, ROWS)
    pay = np.minimum(rng.geometric(0.06, ROWS), 60)
    grade = np.minimum(rng.geometric(0.3, ROWS), 7)
    return {
        "nested": {"city": city, "state": state},
        "copied": {"grade": grade, "mended": np.where(rng.random(ROWS) < 0.01, 1, grade)},
        "born": {"age": age, "year": 2025 - age - (rng.random(ROWS) < 0.5)},
        "scaled": {"pay": pay, "euros": pay * 0.9 + 3},
        "chain": {"town": city, "county": rng.integers(0, 8, 15)[city], "region": rng.integers(0, 8, 15)[city] // 3},
    }


def _frame(seed: int) -> tuple[pd.DataFrame, list[list[str]]]:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], ROWS), "hired": rng.choice(["no", "yes"], ROWS)})
    clusters = []
    for i in range(TABLES):
        for of in _related(100 * seed + i).values():
            named = {f"{name}{i}": values for name, values in of.items()}
            texts = {"age", "year", "pay", "euros"}
            for name, values in named.items():
                frame[name] = values if name[:-1] in texts else [f"{name[0]}{value}" for value in values]
            clusters.append(list(named))
    return frame, clusters


def _cells(table: Table) -> Iterator[tuple[Cell, Any, int]]:
    keys = zip(*(table.columns[name] for name in (*table.key, OUTCOME)), strict=True)
    for key, level, n in zip(keys, table.columns[LEVEL], table.columns[COUNT], strict=True):
        yield key, level, int(n or 0)


def _block(column: Counted, value: Any) -> Any:
    """Return the published level of a value."""
    if column.edges:
        at = next(i for i, (low, high) in enumerate(bins_of(column.edges)) if low < value <= high)
        value = list(bin_labels(column.edges).values())[at]
    return value if value in column.tables[0].columns[LEVEL] else OTHER


def _open(part: Part, frame: pd.DataFrame, cluster: list[str]) -> Iterator[tuple[str, Any, float]]:
    """Yield column, value and how far its bounds lie apart, of cells of 1 to LEAST - 1 rows of a cluster.

    Of those that no equations determine, a few are bounded: the others are yielded for none.
    """
    told = [name for name in cluster if part.columns[name].tables[0].columns[LEVEL]]
    atoms = frame[cluster].drop_duplicates().reset_index(drop=True)  # what occurs together at all is known
    blocks = {name: [_block(part.columns[name], value) for value in atoms[name]] for name in told}
    named = sorted({(name, level) for name in told for level in blocks[name]}, key=str)
    equal = np.array([[level == of for of in blocks[name]] for name, level in named], float)
    for key in sorted({key for name in told for key, _, _ in _cells(part.columns[name].tables[0])}):
        sums = {(name, level): n for name in told for of, level, n in _cells(part.columns[name].tables[0]) if of == key}
        rows = frame[(frame["sex"] == key[0]) & ((frame["hired"] == "yes") == (key[1] == 1))]
        small = [(name, of) for name in cluster for of, n in rows[name].value_counts().items() if 0 < n < LEAST]
        wanted = np.array([atoms[name] == of for name, of in small], float).reshape(len(small), len(atoms))
        rest = equal.T @ np.linalg.lstsq(equal.T, wanted.T, rcond=None)[0] - wanted.T
        for i in np.flatnonzero(np.abs(rest).max(axis=0, initial=0) < 1e-9):
            yield *small[i], 0.0
        known = [sums.get(each, 0) for each in named]
        for i in np.random.default_rng(len(small)).permutation(len(small))[:BOUNDED]:
            low, high = (linprog(sign * wanted[i], A_eq=equal, b_eq=known).fun for sign in (1, -1))
            assert low is not None and high is not None  # noqa: PT018
            yield *small[i], -high - low


def _attacked(part: Part, frame: pd.DataFrame, clusters: list[list[str]]) -> list[tuple[str, Any, float]]:
    told = {name for name, of in part.columns.items() if of.tables[0].columns[LEVEL]}
    return [each for of in clusters if told.intersection(of) for each in _open(part, frame, of) if each[2] < LEAST]


def test_no_small_cell_follows_from_related_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame, clusters = _frame(0)
    roles: dict[str, Any] = {"target": "hired", "positive": "yes", "groups": "sex", "min_cell": LEAST}
    auditor.tally(frame, tmp_path / "a.tally", **roles)
    part = loaded(tmp_path / "a.tally")
    told = {name for name, of in part.columns.items() if of.tables[0].columns[LEVEL]}
    assert sum(bool(told.intersection(of)) for of in clusters) > len(clusters) / 2
    assert not _attacked(part, frame, clusters)
    monkeypatch.setattr(tallies, "apart", lambda part, source, seen: part)
    auditor.tally(frame[["sex", "hired", *sum(clusters[:5], [])]], tmp_path / "b.tally", **roles)
    assert _attacked(loaded(tmp_path / "b.tally"), frame, clusters[:5])  # the attack can succeed
