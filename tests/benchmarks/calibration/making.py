"""What designs make their audits of: random columns, people who recur, and short names for the two ways to audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

import auditor
from auditor.model import Audit
from tests.tallies import audit_of, counted, tally_of

Rng = np.random.Generator
Rates = Mapping[str, float]


def literal(
    frame: pd.DataFrame, use: Mapping[str, Any] | None = None, *, only: Sequence[str] = (), **more: Any
) -> Audit:
    """Audit the counts of a frame (`tests.tallies.counted`), without an engine: for rules that read counts only."""
    return audit_of(counted(frame, **more), use, only=only)


def counts(table: Mapping[str, tuple[int, int]], *, only: Sequence[str], use: Mapping[str, Any] | None = None) -> Audit:
    """Audit a table of (favourable, rows) by group."""
    return audit_of(tally_of(table), use, only=only)


def check(frame: pd.DataFrame, **options: Any) -> Audit:
    """Audit a frame as any user does; the outcome is `hired`, the group `group`, unless said otherwise."""
    usual = {"target": "hired", "positive": "yes", "groups": ["group"], "time": "none", "id": "none"}
    options = usual | options
    if options["positive"] is None:
        del options["positive"]
    return auditor.check(frame, **options)


def yes(rng: Rng, rates: np.ndarray | float, rows: int) -> np.ndarray:
    """Return outcomes that are favourable at these rates."""
    return np.where(rng.random(rows) < rates, "yes", "no")


def levels(rng: Rng, names: Sequence[str], rows: int, shares: Sequence[float] | None = None) -> np.ndarray:
    """Return levels drawn with these shares; default: alike."""
    return rng.choice(np.array(list(names)), rows, p=shares)


def of(values: np.ndarray, table: Rates) -> np.ndarray:
    """Return what a table has for each of the values."""
    return np.array([table[value] for value in values.tolist()])


def binomial(rng: Rng, rates: Rates, sizes: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return (favourable, rows) of each level, drawn at its rate."""
    return {level: (int(rng.binomial(n, rates[level])), n) for level, n in sizes.items()}


def people(rng: Rng, groups: Sequence[str] | np.ndarray, most: int) -> pd.DataFrame:
    """Return a row per record of people who recur, one to `most` times each; `groups` has the group of each person."""
    times = rng.integers(1, most + 1, len(groups))
    who = np.repeat(np.arange(len(groups)), times)
    return pd.DataFrame({"person": [f"p{i}" for i in who], "at": who, "group": np.array(groups)[who]})


def propensity(rng: Rng, mean: np.ndarray | float, agreement: float, count: int) -> np.ndarray:
    """Return a favourable rate per person, Beta-distributed; two rows of one person correlate by `agreement`."""
    size = 1 / agreement - 1
    return rng.beta(np.broadcast_to(mean, count) * size, (1 - np.broadcast_to(mean, count)) * size)
