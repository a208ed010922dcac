"""Planted faults in rows: numbers, records that recur, slices, derived features."""

from __future__ import annotations

import numpy as np
import pandas as pd

from auditor.model import Audit

from .faults import fault
from .making import Rng, check, levels, of, yes

TWO = (200, 1500)


@fault("pay half a deviation lower", "normal pay, half a standard deviation lower for one group", "OUT002", rounds=200)
def _pay(rng: Rng, rows: int) -> Audit:
    sex = levels(rng, "fm", rows)
    frame = pd.DataFrame({"group": sex, "pay": 50_000 + 10_000 * (rng.normal(size=rows) - 0.5 * (sex == "f"))})
    return check(frame, target="pay", positive=None, only=["OUT002"])


@fault(
    "mean pay a third higher",
    "long-tailed pay; the highest tenth of men have 4.2 times theirs",
    "OUT002",
    sizes=TWO,
    rounds=200,
)
def _tail(rng: Rng, rows: int) -> Audit:
    """Lognormal with sigma .5: a tenth at 4.2 times makes the mean 1 + .1 × 3.2 = 1.32 of the others'."""
    sex, pay = levels(rng, "fm", rows), np.exp(rng.normal(10.5, 0.5, rows))
    raised = (sex == "m") & (rng.random(rows) < 0.1)
    frame = pd.DataFrame({"group": sex, "pay": np.where(raised, 4.2 * pay, pay)})
    return check(frame, target="pay", positive=None, only=["OUT002"])


@fault(
    "a slice",
    "of one group those of two cities have .3 of the others' rate",
    "OUT005",
    sizes=(1500,),
    clear=False,
    rounds=200,
)
def _slice(rng: Rng, rows: int) -> Audit:
    sex, city = levels(rng, "fm", rows), levels(rng, "pqrst", rows)
    worse = (sex == "f") & np.isin(city, ["p", "q"])
    frame = pd.DataFrame({"group": sex, "city": city, "score": rng.normal(size=rows)})
    return check(frame.assign(hired=yes(rng, np.where(worse, 0.12, 0.4), rows)), only=["OUT005"])


@fault("records that recur", "one row in twelve is a copy of another", "QLT001", sizes=(500,), rounds=200)
def _copies(rng: Rng, rows: int) -> Audit:
    frame = pd.DataFrame(
        {"group": levels(rng, "fm", rows), "score": rng.normal(size=rows), "age": rng.normal(size=rows)}
    )
    frame["hired"] = yes(rng, 0.5, rows)
    copies = frame.sample(rows // 12, random_state=int(rng.integers(2**31)))
    return check(pd.concat([frame, copies], ignore_index=True), only=["QLT001"])


@fault(
    "matched records differ", "matched records have rates .35 and .6 by group", "LAB001", sizes=(500, 1500), rounds=200
)
def _twins(rng: Rng, rows: int) -> Audit:
    sex, skill, field = levels(rng, "fm", rows), levels(rng, "abcdefgh", rows), levels(rng, "klmn", rows)
    frame = pd.DataFrame({"group": sex, "skill": skill, "field": field})
    return check(frame.assign(hired=yes(rng, of(sex, {"f": 0.35, "m": 0.6}), rows)), only=["LAB001"])


@fault(
    "hour of a time",
    "applications at night are mostly women's, and get .25 where others get .5",
    "PRX001",
    sizes=(500, 1500),
    rounds=200,
)
def _hour(rng: Rng, rows: int) -> Audit:
    sex = levels(rng, "fm", rows)
    night = rng.random(rows) < of(sex, {"f": 0.6, "m": 0.15})
    hour = np.where(night, rng.integers(20, 24, rows), rng.integers(8, 18, rows))
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 365, rows), "D")
    at = day + pd.to_timedelta(hour, "h") + pd.to_timedelta(rng.integers(0, 3600, rows), "s")
    frame = pd.DataFrame({"group": sex, "applied_at": at, "hired": yes(rng, np.where(night, 0.25, 0.5), rows)})
    return check(frame, only=["PRX001"])


@fault(
    "prefix of a code",
    "the first two characters of a code of many values tell the group",
    "PRX001",
    sizes=(500, 1500),
    rounds=200,
)
def _prefix(rng: Rng, rows: int) -> Audit:
    sex = levels(rng, "fm", rows)
    north = rng.random(rows) < of(sex, {"f": 0.7, "m": 0.2})
    code = [f"{'NA' if at else 'SB'}{number:04}" for at, number in zip(north, rng.integers(0, 400, rows), strict=True)]
    frame = pd.DataFrame({"group": sex, "branch_code": code, "hired": yes(rng, np.where(north, 0.25, 0.5), rows)})
    return check(frame, only=["PRX001"])
