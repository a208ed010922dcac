"""Rules that fit models: PRX002, PRX003, MDL001 and LAB002."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm

from auditor.model import Audit

from .design import Design, Kind, Look, register
from .looks import cleared, covers, flagged, shown
from .making import Rng, check, levels, propensity, yes

RULES = ("PRX002", "PRX003", "MDL001", "LAB002")


def _add(
    name: str, kind: Kind, true: str, make: Callable[[Rng], Audit], looks: Mapping[str, Look], short: int = 0
) -> None:
    register(Design(name, true, make, {(kind, look): of for look, of in looks.items()}, 200, short))


def _no_link(rng: Rng) -> Audit:
    rows = 400
    frame = pd.DataFrame({"group": levels(rng, "ab", rows, [0.6, 0.4]), "city": levels(rng, "pqrs", rows)})
    frame = frame.assign(score=rng.normal(size=rows), age=rng.normal(size=rows))
    frame["hired"] = yes(rng, 1 / (1 + np.exp(-1.5 * frame["score"].to_numpy())), rows)
    return check(frame, only=list(RULES))


def _no_link_of_people(rng: Rng) -> Audit:
    """A hundred people of four rows: what a model remembers of a person tells the person's group."""
    count = 100
    at = np.repeat(np.arange(count), 4)
    frame = pd.DataFrame({"group": levels(rng, "ab", count, [0.6, 0.4])[at], "city": levels(rng, "pqrs", count)[at]})
    frame = frame.assign(score=rng.normal(size=count)[at], age=rng.normal(size=count)[at], person=[f"p{i}" for i in at])
    inclined = propensity(rng, 1 / (1 + np.exp(-1.5 * frame["score"].to_numpy()[::4])), 0.4, count)
    frame["hired"] = yes(rng, inclined[at], len(at))
    return check(frame, id="person", only=list(RULES))


NONE = {code: flagged(code) for code in RULES}
_add(
    "models, nothing linked",
    Kind.FALSE_FINDING,
    "400 rows, no column predicts the group; the score predicts the outcome",
    _no_link,
    NONE,
)
_add(
    "models, people who recur",
    Kind.FALSE_FINDING,
    "100 people of four rows, id named; columns are the person's and do not predict the group",
    _no_link_of_people,
    NONE,
    25,
)


def _proxies(rng: Rng) -> Audit:
    """Two columns, each of which tells the group (area .71) and the outcome."""
    rows = 400
    sex = levels(rng, "fm", rows)
    frame = pd.DataFrame({"group": sex, "city": levels(rng, "pqrs", rows)})
    for name in ("score", "grade", "noise"):
        frame[name] = rng.normal(size=rows) + (0.8 * (sex == "m") if name != "noise" else 0)
    frame["hired"] = yes(rng, 1 / (1 + np.exp(0.8 - (frame["score"] + frame["grade"]).to_numpy())), rows)
    return check(frame, only=["PRX002", "PRX003", "MDL001"])


_add(
    "two proxies that transmit the gap",
    Kind.POWER,
    "two columns predict the group (together an area of .79) and the outcome",
    _proxies,
    {code: shown(code) for code in ("PRX002", "PRX003", "MDL001")},
)


def _either_or(rng: Rng) -> Audit:
    """Neither of two columns tells the group, both together do: right nine times of ten."""
    rows = 400
    sex = levels(rng, "fm", rows)
    one = rng.random(rows) < 0.5
    other = one ^ ((sex == "f") ^ (rng.random(rows) < 0.1))
    frame = pd.DataFrame({"group": sex, "one": np.where(one, "x", "y"), "other": np.where(other, "k", "l")})
    frame = frame.assign(score=rng.normal(size=rows), hired=yes(rng, 0.4, rows))
    return check(frame, only=["PRX002", "PRX003"])


register(
    Design(
        "either of two columns, not both",
        "neither of two columns predicts the group, both together do, nine times of ten",
        _either_or,
        {
            (kind, code): look(code)
            for code in ("PRX002", "PRX003")
            for kind, look in ((Kind.FALSE_CLEAR, cleared), (Kind.POWER, shown))
        },
        200,
        40,
    )
)


def _noise(rng: Rng) -> Audit:
    """The outcome is told by the score, but for a quarter of one group's, where it is turned round."""
    rows = 600
    sex, score = levels(rng, "fm", rows), rng.normal(size=rows)
    turned = (sex == "f") & (rng.random(rows) < 0.25)
    frame = pd.DataFrame({"group": sex, "score": score, "age": rng.normal(size=rows)})
    return check(frame.assign(hired=np.where((score > 0) ^ turned, "yes", "no")), only=["LAB002"])


_add(
    "labels turned for one group",
    Kind.POWER,
    "a quarter of one group's outcomes are turned round",
    _noise,
    {"LAB002": shown("LAB002")},
)

SHIFT, SLOPE = 1.0, 2.0
AREA = norm.cdf(SHIFT / math.sqrt(2))  # of a number whose mean differs by SHIFT deviations


def _above(cut: float) -> tuple[float, float]:
    """Return how many of women (mean 0) and of men (mean SHIFT) lie above a cut."""
    return float(norm.sf(cut)), float(norm.sf(cut - SHIFT))


def _gap_of_the_best() -> float:
    """Return the gap of a model that knows the number exactly and selects where yes is likelier than no."""
    women, men = _above(brentq(lambda x: 1 / (1 + math.exp(SLOPE * (SHIFT / 2 - x))) - 0.5, -5, 5))
    return women - men


BEST = _gap_of_the_best()


def _gap(of: Mapping[str, Any]) -> float:
    return BEST if of["level"] == "f" else -BEST


COVERED = {
    "area": covers("PRX002", "auc_ridge", AREA),
    "blind gap": covers("MDL001", ("rate_difference", "blind_gap"), _gap),
}


def _one_number(rng: Rng, count: int, each: int) -> Audit:
    """One number tells the group and the outcome; with several rows of a person it is nearly the person's own."""
    at = np.repeat(np.arange(count), each)
    sex = levels(rng, "fm", count)
    own, rows = rng.normal(size=count), len(at)
    value = SHIFT * (sex == "m")[at] + np.sqrt(0.8) * own[at] + np.sqrt(0.2) * rng.normal(size=rows)
    frame = pd.DataFrame({"group": sex[at], "value": value, "person": [f"p{i}" for i in at]})
    frame["hired"] = yes(rng, 1 / (1 + np.exp(SLOPE * (SHIFT / 2 - value))), rows)
    return check(frame, id="person" if each > 1 else "none", only=["PRX002", "MDL001"])


for _count, _each in ((400, 1), (15, 8), (30, 8), (100, 4)):
    _who = f"{_count} people of {_each} rows" if _each > 1 else f"{_count} rows"
    _add(
        f"area and blind gap, {_who}",
        Kind.COVERAGE,
        "a number one deviation apart predicts the group (area .76); the outcome is even at the middle of the two means",
        partial(_one_number, count=_count, each=_each),
        COVERED,
    )
