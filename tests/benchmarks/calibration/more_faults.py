"""Planted faults in rows: numbers, records that recur, slices, derived features."""

from __future__ import annotations

import numpy as np
import pandas as pd

import auditor
from auditor.model import Audit

from .making import Rng, check, levels, of, people, yes
from .planting import fault

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
    "pay half a deviation lower, the lower group is the reference",
    "normal pay, half a standard deviation lower for the group that the use fixed as the reference",
    "OUT002",
    sizes=TWO,
    rounds=200,
)
def _reference_pay(rng: Rng, rows: int) -> Audit:
    sex = levels(rng, "fm", rows)
    frame = pd.DataFrame({"group": sex, "pay": 50_000 + 10_000 * (rng.normal(size=rows) - 0.5 * (sex == "f"))})
    use = auditor.UseCase.model_validate({"groups": {"reference": {"group": "f"}}})
    return check(frame, use_case=use, target="pay", positive=None, only=["OUT002"])


@fault(
    "length of a text",
    "women's texts are longer; long ones get .25, others .5",
    "PRX001",
    sizes=(500,),
    rounds=200,
)
def _length(rng: Rng, rows: int) -> Audit:
    sex = levels(rng, "fm", rows)
    wordy = rng.random(rows) < of(sex, {"f": 0.7, "m": 0.2})
    words = np.array(["bramid", "clenok", "dropel", "flitan", "grumis", "clemit", "drono", "flipet"])
    texts = [" ".join(rng.choice(words, rng.integers(60, 80) if at else rng.integers(20, 40))) for at in wordy]
    frame = pd.DataFrame({"group": sex, "letter": texts, "hired": yes(rng, np.where(wordy, 0.25, 0.5), rows)})
    return check(frame, text="letter", only=["PRX001"])


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
    "the first two characters of a code of many values identify the group",
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


def _recurring(rng: Rng, count: int, women: float = 0.5) -> tuple[pd.DataFrame, np.ndarray]:
    """Return rows of people who recur, up to five each, and the place of each row's person."""
    frame = people(rng, levels(rng, "fm", count, [women, 1 - women]), 5)
    return frame, frame.pop("at").to_numpy()


@fault(
    "gap among people who recur",
    "rates .3 and .5 of people with up to 5 rows each (rows / 3 people), id named",
    "OUT001",
    sizes=(200, 500),
    rounds=200,
    mended=True,
)
def _gap_of_people(rng: Rng, rows: int) -> Audit:
    frame, at = _recurring(rng, rows // 3)
    rates = of(frame["group"].to_numpy(), {"f": 0.3, "m": 0.5})
    own = rng.random(rows // 3)[at] < 0.5  # of every second person all rows have one outcome
    once = (rng.random(rows // 3)[at] < rates) & own
    return check(
        frame.assign(hired=np.where(once, "yes", np.where(own, "no", yes(rng, rates, len(at))))),
        id="person",
        only=["OUT001"],
    )


@fault(
    "under-represented, people who recur",
    "30% of the people, who have up to 5 rows each (rows / 3 people), 50% of the population; id named",
    "REP001",
    sizes=(200, 500),
    rounds=200,
    mended=True,
)
def _few_people(rng: Rng, rows: int) -> Audit:
    frame, _ = _recurring(rng, rows // 3, 0.3)
    frame["hired"] = yes(rng, 0.5, len(frame))
    return check(frame, id="person", reference={"group": {"f": 0.5, "m": 0.5}}, only=["REP001"])


@fault(
    "carries 12 points, people who recur",
    "a column of the person whose lookup gives the groups rates 12 points apart; up to 5 rows each, id named",
    "PRX001",
    sizes=(200, 500),
    rounds=200,
    mended=True,
)
def _carried_by_people(rng: Rng, rows: int) -> Audit:
    frame, at = _recurring(rng, rows // 3)
    inside = rng.random(rows // 3)[at] < of(frame["group"].to_numpy(), {"f": 0.3, "m": 0.7})
    frame = frame.assign(club=np.where(inside, "in", "out"), hired=yes(rng, 0.3 + 0.3 * inside, len(at)))
    return check(frame, id="person", only=["PRX001"])


@fault(
    "weighted rows",
    "weights of 1 to 3; rates .3 and .5, 30% of the rows for 50% of the people, a column that carries 6 points",
    "OUT001",
    "REP001",
    "PRX001",
    sizes=(200, 500),
    rounds=200,
)
def _weighted(rng: Rng, rows: int) -> Audit:
    sex = levels(rng, "fm", rows, [0.3, 0.7])
    inside = rng.random(rows) < of(sex, {"f": 0.3, "m": 0.6})
    frame = pd.DataFrame({"group": sex, "w": rng.uniform(1, 3, rows), "club": np.where(inside, "in", "out")})
    frame["hired"] = yes(rng, of(sex, {"f": 0.24, "m": 0.38}) + 0.2 * inside, rows)
    return check(frame, weight="w", reference={"group": {"f": 0.5, "m": 0.5}}, only=["OUT001", "REP001", "PRX001"])
