"""Whether the intervals of numeric outcomes hold the truth as often as they say."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm

from auditor.model import Audit

from .design import Design, Kind, register
from .looks import covers
from .making import Rng, check, people

SHIFT = 0.5
DELTA = 2 * norm.cdf(SHIFT / math.sqrt(2)) - 1  # of two normal distributions this far apart, one deviation each


def _intervals(name: str, true: str, make: Callable[[Rng], Audit], names: Sequence[str], short: int = 0) -> None:
    looks = {(Kind.COVERAGE, look): NUMERIC[look] for look in names}
    register(Design(name, true, make, looks, 200, short))


def _numbers(sign: float) -> Callable[[Mapping[str, Any]], float]:
    """Return a difference that is `-sign` where women are the level, else `sign`."""
    return lambda of: -sign if of["level"] == "f" else sign


def _z10(of: Mapping[str, Any]) -> float:
    return _numbers(10 * SHIFT)(of)


def _ratio(of: Mapping[str, Any], women: float, men: float) -> float:
    return women / men if of["level"] == "f" else men / women


NUMERIC = {
    "Cliff's delta": covers("OUT002", "cliffs_delta", _numbers(DELTA)),
    "mean difference": covers("OUT002", "mean_difference", _numbers(10 * SHIFT)),
    "ratio of means": covers("OUT002", "mean_ratio", partial(_ratio, women=95, men=100)),
    "gap of the .1 quantiles": covers("OUT002", "quantile_gap_10", _z10),
    "gap of the .5 quantiles": covers("OUT002", "quantile_gap_50", _z10),
    "gap of the .9 quantiles": covers("OUT002", "quantile_gap_90", _z10),
}
for _share in (10, 50, 90):  # normal, of deviation 10
    _lower, _higher = (mean + 10 * norm.ppf(_share / 100) for mean in (95, 100))
    NUMERIC[f"ratio of the .{_share // 10} quantiles"] = covers(
        "OUT002", f"quantile_ratio_{_share}", partial(_ratio, women=_lower, men=_higher)
    )


def _pay(rng: Rng, small: int) -> Audit:
    """Pay of mean 95 and 100, one deviation is 10."""
    sex = np.array(["f"] * small + ["m"] * 300)
    pay = 100 + 10 * (rng.normal(size=len(sex)) - SHIFT * (sex == "f"))
    return check(pd.DataFrame({"group": sex, "pay": pay}), target="pay", positive=None, only=["OUT002"])


for _small in (10, 30, 200):
    _intervals(
        f"numbers, a group of {_small}",
        f"normal, {_small} of mean 95 and 300 of mean 100, deviation 10",
        partial(_pay, small=_small),
        tuple(NUMERIC),
        40 if _small == 30 else 0,
    )


def _pay_of_people(rng: Rng, count: int) -> Audit:
    groups = np.array(["f"] * count + ["m"] * count)
    own = np.sqrt(0.6) * rng.normal(size=2 * count)
    frame = people(rng, groups.tolist(), 8)
    at = frame.pop("at").to_numpy()
    noise = np.sqrt(0.4) * rng.normal(size=len(at))
    frame["pay"] = 100 + 10 * (own[at] + noise - SHIFT * (groups[at] == "f"))
    return check(frame, id="person", target="pay", positive=None, only=["OUT002"])


for _count in (8, 15, 30, 100):
    _intervals(
        f"numbers, {_count} people who recur",
        f"as above, {_count} people of each group, up to 8 rows each, two rows of one person correlate by .6",
        partial(_pay_of_people, count=_count),
        ("Cliff's delta", "mean difference", "ratio of means"),
    )
