"""Whether the intervals that are printed hold the truth as often as they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from auditor.model import Audit

from .design import Design, Kind, Look, register
from .looks import covers, covers_in_table
from .making import Rng, binomial, check, counts, levels, literal, of, people, propensity, yes

RATES = {"f": 0.4, "m": 0.5}
REASON = {"features": {"strata": {"job": "chosen"}}}


def _ratio(of: Mapping[str, Any]) -> float:
    """Return the true ratio of rates, whichever group is the reference."""
    return RATES[of["level"]] / RATES[of["reference"]]


def _difference(of: Mapping[str, Any]) -> float:
    return RATES[of["level"]] - RATES[of["reference"]]


def _add(
    name: str, true: str, make: Callable[[Rng], Audit], looks: Mapping[str, Look], rounds: int = 400, short: int = 0
) -> None:
    register(Design(name, true, make, {(Kind.COVERAGE, look): of for look, of in looks.items()}, rounds, short))


RATIO = {"impact ratio": covers("OUT001", "impact_ratio", _ratio)}
GAP = {"rate difference": covers("OUT001", "rate_difference", _difference)}
UNFAVOURABLE = {
    "unfavourable ratio": covers(
        "OUT001", "unfavourable_ratio", lambda of: (1 - RATES[of["level"]]) / (1 - RATES[of["reference"]])
    )
}


def _table(rng: Rng, small: int) -> Audit:
    return counts(binomial(rng, RATES, {"f": small, "m": 500}), only=["OUT001"])


for _small in (10, 30, 300):
    _add(
        f"ratio, a group of {_small}",
        f"rates .4 of {_small} and .5 of 500",
        partial(_table, small=_small),
        RATIO | GAP | UNFAVOURABLE,
        1000,
        300 if _small == 10 else 0,
    )

STATED = {"a": 0.5, "b": 0.3, "c": 0.2}


def _shares(rng: Rng, rows: int) -> Audit:
    frame = pd.DataFrame({"group": levels(rng, "abc", rows, list(STATED.values())), "hired": yes(rng, 0.5, rows)})
    return literal(frame, {"population": {"group": {"a": 0.4, "b": 0.3, "c": 0.3}}}, only=["REP001"])


SHARES = {
    "all representation ratios": covers(
        "REP001", "representation_ratio", lambda of: STATED[of["level"]] / {"a": 0.4, "b": 0.3, "c": 0.3}[of["level"]]
    )
}
for _rows in (30, 500):
    _add(
        f"representation ratios, {_rows} rows",
        "three groups of .5, .3 and .2, stated as .4, .3 and .3",
        partial(_shares, rows=_rows),
        SHARES,
    )


def _in_strata(rng: Rng, rows: int) -> pd.DataFrame:
    """Four strata, in each of which the ratio of rates is .8; women apply where rates are low."""
    sex = levels(rng, "fm", rows)
    place = np.where(sex == "f", rng.choice(4, rows, p=[0.4, 0.3, 0.2, 0.1]), rng.choice(4, rows))
    rates = np.array([0.25, 0.4, 0.55, 0.7])[place] * np.where(sex == "f", 0.8, 1)
    return pd.DataFrame({"group": sex, "job": np.array(list("wxyz"))[place], "rate": rates})


def _strata(rng: Rng, rows: int) -> Audit:
    frame = _in_strata(rng, rows)
    frame["hired"] = yes(rng, frame.pop("rate").to_numpy(), rows)
    return literal(frame, REASON, only=["OUT003"], within=["job"])


COMMON = {
    "ratio within strata": covers("OUT003", "mh_risk_ratio", lambda of: 0.8 if of["level"] == "f" else 1 / 0.8),
}
for _rows in (80, 600):
    _add(
        f"ratio within strata, {_rows} rows",
        "four strata, the ratio of rates .8 in each",
        partial(_strata, rows=_rows),
        COMMON,
    )


def _strata_of_people(rng: Rng, count: int) -> Audit:
    one = _in_strata(rng, count)
    frame = people(rng, one["group"].tolist(), 6)
    at = frame.pop("at").to_numpy()
    frame["job"] = one["job"].to_numpy()[at]
    frame["hired"] = yes(rng, propensity(rng, one["rate"].to_numpy(), 0.3, count)[at], len(frame))
    return check(frame, id="person", within=["job"], only=["OUT003"])


for _count in (60, 300):
    _add(
        f"ratio within strata, {_count} people who recur",
        "up to 6 rows of a person; four strata, the ratio of rates .8 in each",
        partial(_strata_of_people, count=_count),
        COMMON,
        200,
    )


def _recurring(rng: Rng, count: int) -> Audit:
    """`count` people of each group, up to ten rows each, whose rates differ from person to person."""
    groups = ["f"] * count + ["m"] * count
    frame = people(rng, groups, 10)
    at = frame.pop("at").to_numpy()
    frame["hired"] = yes(rng, propensity(rng, of(np.array(groups), RATES), 0.3, 2 * count)[at], len(frame))
    return check(frame, id="person", only=["OUT001"])


for _count in (8, 15, 30, 100):
    _add(
        f"ratio, {_count} people who recur",
        f"{_count} people of each group, up to ten rows each; rates .4 and .5, two rows of one person correlate by .3",
        partial(_recurring, count=_count),
        RATIO | GAP,
        400 if _count == 8 else 200,
    )


def _shares_of_people(rng: Rng, count: int) -> Audit:
    frame = people(rng, levels(rng, "abc", count, list(STATED.values())).tolist(), 8)
    frame = frame.drop(columns="at").assign(hired=yes(rng, 0.5, len(frame)))
    return check(frame, id="person", reference={"group": {"a": 0.4, "b": 0.3, "c": 0.3}}, only=["REP001"])


for _count in (30, 100, 400):
    _add(
        f"representation ratios, {_count} people who recur",
        "up to 8 rows of a person; three groups of .5, .3 and .2, stated as .4, .3 and .3",
        partial(_shares_of_people, count=_count),
        SHARES,
        200,
        40 if _count == 100 else 0,
    )


def _weighted(rng: Rng) -> Audit:
    """A tenth of the rows weigh nine times as much; half of the people are theirs, so that rates are means of two."""
    rows = 600
    sex, heavy = levels(rng, "fm", rows), rng.random(rows) < 0.1
    rates = of(sex, {"f": 0.3, "m": 0.05}) * ~heavy + of(sex, {"f": 0.5, "m": 0.95}) * heavy
    frame = pd.DataFrame({"group": sex, "w": np.where(heavy, 9.0, 1.0), "hired": yes(rng, rates, rows)})
    return check(frame, weight="w", only=["OUT001"])


_add(
    "ratio, weights whose strata differ",
    "rates .4 and .5 as means of two strata, of 1 : 9 in weight",
    _weighted,
    RATIO,
)


def _by_column(rng: Rng, sex: np.ndarray) -> pd.DataFrame:
    """A column of three levels whose lookup gives the groups rates that differ by a known amount (`_CARRIED`)."""
    rows = len(sex)
    draws = {level: rng.choice(3, rows, p=part) for level, part in LINK.items()}
    at = np.where(sex == "f", draws["f"], draws["m"])
    return pd.DataFrame({"group": sex, "club": np.array(list("xyz"))[at], "rate": LOOKUP[at]})


LINK = {"f": [0.5, 0.3, 0.2], "m": [0.2, 0.3, 0.5]}
LOOKUP = np.array([0.3, 0.4, 0.6])  # of the outcome, whatever the group
_CARRIED = float((np.array(LINK["f"]) - np.array(LINK["m"])) @ LOOKUP)


def _carried(row: Mapping[str, Any]) -> float:
    return _CARRIED if row["level"] == "f" else -_CARRIED


CARRIED = {"carried gap": covers_in_table("PRX001", _carried, column="club")}


def _column(rng: Rng, rows: int) -> Audit:
    frame = _by_column(rng, levels(rng, "fm", rows))
    frame["hired"] = yes(rng, frame.pop("rate").to_numpy(), rows)
    return literal(frame, only=["PRX001"])


for _rows in (60, 500):
    _add(
        f"carried gap, {_rows} rows",
        "a lookup of one column gives the groups rates 9 points apart",
        partial(_column, rows=_rows),
        CARRIED,
    )


def _column_of_people(rng: Rng, count: int, own: bool) -> Audit:
    """Four rows of each person; the outcome of each row is its own, or all rows of a person have one."""
    one = _by_column(rng, levels(rng, "fm", count))
    at = np.repeat(np.arange(count), 4)
    frame = one.iloc[at].reset_index(drop=True).assign(person=[f"p{i}" for i in at])
    rates = frame.pop("rate").to_numpy()
    frame["hired"] = yes(rng, rates, len(at)) if own else yes(rng, one["rate"].to_numpy(), count)[at]
    return check(frame, id="person", only=["PRX001"])


for _count in (15, 30, 100):
    _add(
        f"carried gap, {_count} people of four rows",
        "as above; column and outcome are the person's",
        partial(_column_of_people, count=_count, own=False),
        CARRIED,
        200,
        40 if _count == 100 else 0,
    )
_add(
    "carried gap, 100 people of four rows, rows that vary",
    "as above; the column is the person's, the outcome the row's",
    partial(_column_of_people, count=100, own=True),
    CARRIED,
    200,
)


def _weighted_columns(rng: Rng) -> Audit:
    """Of two strata, of 1 : 9 in weight and alike in people, one has more women and higher rates."""
    rows = 800
    heavy = rng.random(rows) < 0.1
    frame = _by_column(rng, np.where(rng.random(rows) < np.where(heavy, 0.6, 0.4), "f", "m"))
    frame["hired"] = yes(rng, frame.pop("rate").to_numpy(), rows)
    frame["w"] = np.where(heavy, 9.0, 1.0)
    return check(frame, weight="w", reference={"group": {"f": 0.4, "m": 0.6}}, only=["REP001", "PRX001"])


_add(
    "other intervals, weights whose strata differ",
    "half of the people are women, stated as .4; a lookup of one column gives the groups rates 9 points apart",
    _weighted_columns,
    CARRIED
    | {
        "all representation ratios": covers(
            "REP001", "representation_ratio", lambda of: 0.5 / {"f": 0.4, "m": 0.6}[of["level"]]
        )
    },
    200,
)
