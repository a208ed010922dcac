"""People, documents or records that recur, and no link between anything: what is flagged there is false."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd

from auditor.model import Audit

from .design import Design, Kind, register
from .looks import flagged, unfit
from .making import Rng, check, levels, people, propensity, yes

RULES = ("OUT001", "OUT004", "OUT006", "REP001", "REP004", "PRX001", "PRX004", "QLT002")


def _recurring(rng: Rng, count: int, most: int, name: str) -> Audit:
    """Columns, group and inclination to be favoured are the person's own, and independent of one another."""
    who = levels(rng, "ab", count, [0.6, 0.4])
    frame = people(rng, who, most)
    at = frame.pop("at").to_numpy()
    frame["home"] = levels(rng, "pqrst", count)[at]
    frame["height"] = rng.normal(size=count)[at]
    frame["second"] = levels(rng, "xyz", count)[at]
    answer = levels(rng, "kl", count).astype(object)
    answer[rng.random(count) < 0.15] = None
    frame["answer"] = answer[at]
    frame["year"] = rng.integers(2018, 2023, len(frame)).astype(str)
    frame["hired"] = yes(rng, propensity(rng, 0.45, 0.4, count)[at], len(frame))
    frame = frame.rename(columns={"person": name})
    reference = {"group": {"a": 0.6, "b": 0.4}}
    options = {"groups": ["group", "second"], "time": "year", name if name == "cluster" else "id": name}
    return check(frame, reference=reference, no_models=True, **options)


def _add(title: str, true: str, make: Callable[[Rng], Audit], *codes: str, short: int = 0, **more: str) -> None:
    looks = {(Kind.FALSE_FINDING, code): flagged(code) for code in codes}
    register(Design(title, true, make, looks, 200, short, more.get("needs")))


for _count, _most in ((400, 5), (60, 12)):
    _add(
        f"{_count} people who recur",
        f"{_count} people with up to {_most} rows each, id named; all columns are the person's, none is linked",
        partial(_recurring, count=_count, most=_most, name="person"),
        *RULES,
        short=40 if _count == 60 else 0,
    )
_add(
    "60 sites",
    "60 sites with up to 12 rows each, named as the cluster; all columns are the site's, none is linked",
    partial(_recurring, count=60, most=12, name="cluster"),
    *RULES,
    needs="cluster",
)


def _strata(rng: Rng, kinds: int) -> Audit:
    count = 200
    who = levels(rng, "abcde"[:kinds], count)
    frame = people(rng, who, 5)
    at = frame.pop("at").to_numpy()
    job = levels(rng, "xyz", count)
    mean = np.where(job == "x", 0.3, np.where(job == "y", 0.45, 0.6))
    frame["job"] = job[at]
    frame["hired"] = yes(rng, propensity(rng, mean, 0.4, count)[at], len(frame))
    return check(frame, id="person", within=["job"], only=["OUT003"])


for _kinds in (2, 4):
    _add(
        f"strata, people who recur, {_kinds} groups",
        "200 people with up to 5 rows each, id named; within three strata the groups have one rate",
        partial(_strata, kinds=_kinds),
        "OUT003",
    )


def _pay(rng: Rng, count: int) -> Audit:
    frame = people(rng, levels(rng, "ab", count), 6)
    at = frame.pop("at").to_numpy()
    frame["pay"] = 1000 * np.round(np.exp(3 + 0.4 * rng.normal(size=count)[at] + 0.1 * rng.normal(size=len(at))), 2)
    return check(frame, id="person", target="pay", positive=None, only=["OUT002"])


_add(
    "pay of people who recur",
    "100 people with up to 6 rows each, id named; one distribution of pay",
    partial(_pay, count=100),
    "OUT002",
)


def _copies(rng: Rng, times: int) -> Audit:
    rows = 300
    frame = pd.DataFrame({"group": levels(rng, "fm", rows), "hired": yes(rng, 0.45, rows)})
    frame = frame.assign(score=rng.normal(size=rows), city=levels(rng, "pqrs", rows))
    whole = pd.concat([frame] * times, ignore_index=True)
    return check(whole, reference={"group": {"f": 0.5, "m": 0.5}}, no_models=True)


for _times in (2, 4):
    _looks = {(Kind.FALSE_FINDING, code): flagged(code) for code in ("OUT001", "REP001", "PRX001")}
    register(
        Design(
            f"a file of {_times} copies",
            f"300 rows without any bias, each of them {_times} times in the file",
            partial(_copies, times=_times),
            _looks | {(Kind.FALSE_FINDING, "unfit"): unfit},
            200,
            40 if _times == 4 else 0,
        )
    )


def _weighted(rng: Rng) -> Audit:
    """Few rows of one stratum stand for as many people as the many rows of the other, at another rate."""
    rows = 1500
    heavy = rng.random(rows) < 0.1
    frame = pd.DataFrame({"group": levels(rng, "abc", rows), "w": np.where(heavy, 9.0, 1.0)})
    frame["hired"] = yes(rng, np.where(heavy, 0.5, 0.05), rows)
    frame["code"] = np.where(rng.random(rows) < np.where(heavy, 0.5, 0.3), "p", "q")
    third = dict.fromkeys("abc", 1 / 3)
    return check(frame, weight="w", reference={"group": third}, no_models=True)


_add(
    "weights whose strata differ",
    "a tenth of the rows weigh nine times as much, with other rates; nothing is linked with the group",
    _weighted,
    "OUT001",
    "REP001",
    "PRX001",
)
