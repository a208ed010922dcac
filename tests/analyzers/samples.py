"""Audits of one sample that several files ask, made once on the worker that all of them run on; innocent rows."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from tests.conftest import DATA

on_adult = pytest.mark.xdist_group("adult")


@functools.cache
def adult() -> auditor.Audit:
    """The 1994 census extract, incomes by sex."""
    rules = ["PRX001", "PRX003", "LAB003"]
    return auditor.check(DATA / "adult.parquet", target="income", positive=">50K", groups="sex", only=rules)


def independent(rows: int, seed: int) -> pd.DataFrame:
    """Return rows of which no column has to do with another."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "hired": rng.choice(["yes", "no"], rows)})
    for i in range(12):
        frame[f"c{i}"] = rng.choice(list("abcdefgh"), rows)
    return frame.assign(number=rng.normal(size=rows))


def ordinary(rows: int, seed: int) -> pd.DataFrame:
    """Return rows whose outcome depends on merit alone, and nothing on the group."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "merit": rng.normal(size=rows)})
    frame["hired"] = np.where(rng.random(rows) < 1 / (1 + np.exp(-frame["merit"])), "yes", "no")
    for i in range(4):
        frame[f"c{i}"] = rng.choice(list("abcd"), rows)
    return frame


def innocent_texts(rows: int, seed: int) -> pd.DataFrame:
    """Return texts of words that have to do with nothing."""
    rng = np.random.default_rng(seed)
    words = rng.choice([f"word{i}" for i in range(300)], (rows, 20))
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "text": [" ".join(row) for row in words]})
    return frame.assign(hired=rng.choice(["yes", "no"], rows))


def table_of(audit: auditor.Audit, rule: str) -> dict[str, Any]:
    """Return the table of a rule about terms by its terms."""
    return {str(row["term"]): row for row in audit.result(rule).table}
