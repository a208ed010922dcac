"""Audits of one sample that several files ask, made once on the worker that all of them run on; innocent rows."""

from __future__ import annotations

import functools

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
