"""Data without bias, one row a person: what is flagged there is false."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from auditor.model import Audit
from tests.tallies import audit_of, tally_of

from .design import Kind, design
from .looks import flagged, unfit
from .making import Rng, check, counts, levels, literal, yes

NULL = Kind.FALSE_FINDING
COUNTED = ("OUT001", "OUT003", "OUT006", "REP001", "REP004", "REP005", "PRX001", "PRX004", "QLT002", "LAB003", "LAB004")
REASON = {"features": {"strata": {"job": "people choose it"}}}


def _independent(rng: Rng, columns: int, rows: int) -> Audit:
    """Everything that rules ask of counts, and no link between anything."""
    groups = [f"g{i}" for i in range(columns)]
    frame = pd.DataFrame({name: levels(rng, "abc", rows) for name in groups}).astype(object)
    frame["hired"] = yes(rng, 0.3, rows)
    frame.loc[rng.random(rows) < 0.03, "hired"] = None
    frame.loc[rng.random(rows) < 0.02, groups[0]] = None  # fewer than the limit of 5%, as of outcomes
    frame["job"] = levels(rng, "xyz", rows)
    frame["code"] = levels(rng, "pqrs", rows)
    frame["score"] = rng.normal(size=rows)
    frame["answer"] = levels(rng, "kl", rows)
    frame.loc[rng.random(rows) < 0.15, "answer"] = None
    frame["year"] = rng.integers(2018, 2024, rows).astype(str)
    third = dict.fromkeys("abc", 1 / 3)
    use = REASON | {"population": dict.fromkeys(groups, third)}
    return literal(frame, use, groups=groups, within=["job"], time="year")


for _columns, _rows in ((1, 600), (2, 600), (3, 900)):
    _looks = {code: flagged(code) for code in COUNTED} | {"unfit": unfit}
    if _columns > 1:
        _looks["OUT004"] = flagged("OUT004")
    _name = f"independent, {_columns} group column{'s' if _columns > 1 else ''}"
    _true = f"{_rows} rows, groups of three levels, rate .3, nothing linked with anything"
    design(_name, NULL, _true, _looks, rounds=200, short=40 if _columns == 2 else 0)(
        partial(_independent, columns=_columns, rows=_rows)
    )


def _strata(rng: Rng, kinds: int) -> Audit:
    rows = 240 * kinds
    names = "abcdefgh"[:kinds]
    job = levels(rng, "wxyz", rows)
    frame = pd.DataFrame({"group": levels(rng, names, rows), "job": job})
    frame["hired"] = yes(rng, np.select([job == "w", job == "x", job == "y"], [0.2, 0.35, 0.5], 0.6), rows)
    return literal(frame, REASON | {"population": {"group": dict.fromkeys(names, 1 / kinds)}}, within=["job"])


for _kinds in (2, 3, 5, 8):
    design(
        f"strata, {_kinds} groups",
        NULL,
        "four strata with a reason, their rates .2 to .6, alike for every group",
        {"OUT003": flagged("OUT003"), "unfit": unfit},
        rounds=2000 if _kinds == 2 else 400,  # its first 400 have by chance more than their share
        short=100 if _kinds == 8 else 0,
    )(partial(_strata, kinds=_kinds))


@design(
    "strata, three group columns",
    NULL,
    "four strata, three group columns of three levels, alike in every stratum",
    {"OUT003": flagged("OUT003")},
)
def _strata_of_columns(rng: Rng) -> Audit:
    rows, groups = 900, ["g0", "g1", "g2"]
    job = levels(rng, "wxyz", rows)
    frame = pd.DataFrame({name: levels(rng, "abc", rows) for name in groups}).assign(job=job)
    frame["hired"] = yes(rng, np.select([job == "w", job == "x", job == "y"], [0.2, 0.35, 0.5], 0.6), rows)
    return literal(frame, REASON, only=["OUT003"], groups=groups, within=["job"])


@design(
    "three columns of three, 300 rows",
    NULL,
    "rate .3, 300 rows, three group columns of three levels",
    {"OUT001": flagged("OUT001")},
    rounds=1000,
    short=400,
)
def _three_columns(rng: Rng) -> Audit:
    frame = pd.DataFrame({f"g{i}": levels(rng, "abc", 300) for i in range(3)}).assign(hired=yes(rng, 0.3, 300))
    return literal(frame, only=["OUT001"], groups=["g0", "g1", "g2"])


@design(
    "one column of three, 300 rows",
    NULL,
    "rate .3, 300 rows, three levels",
    {"OUT001": flagged("OUT001")},
    rounds=1000,
)
def _one_column(rng: Rng) -> Audit:
    sizes = rng.multinomial(300, [1 / 3] * 3)
    return counts(
        {level: (int(rng.binomial(n, 0.3)), int(n)) for level, n in zip("abc", sizes, strict=True)}, only=["OUT001"]
    )


def _small_groups(rng: Rng, rate: float) -> Audit:
    sizes = {"a": 1000, "b": 60, "c": 30, "d": 12, "e": 5}
    return counts({level: (int(rng.binomial(n, rate)), n) for level, n in sizes.items()}, only=["OUT001"])


for _rate in (0.05, 0.5):
    design(
        f"small groups, rate {_rate:g}".replace("0.", "."),
        NULL,
        "1,000, 60, 30, 12 and 5 rows, one rate",
        {"OUT001": flagged("OUT001")},
    )(partial(_small_groups, rate=_rate))


@design(
    "shares, three columns of five",
    NULL,
    "200 rows drawn from the stated shares, three group columns of five levels",
    {"REP001": flagged("REP001")},
    rounds=1000,
)
def _shares(rng: Rng) -> Audit:
    stated = dict(zip("abcde", (0.3, 0.25, 0.2, 0.15, 0.1), strict=True))
    groups = [f"g{i}" for i in range(3)]
    frame = pd.DataFrame({name: levels(rng, "abcde", 200, list(stated.values())) for name in groups})
    frame["hired"] = yes(rng, 0.5, 200)
    return literal(frame, {"population": dict.fromkeys(groups, stated)}, only=["REP001"], groups=groups)


@design(
    "joint groups, 4 × 3 × 2",
    NULL,
    "24 joint groups of one rate, 1,500 rows",
    {"OUT004": flagged("OUT004")},
)
def _joint(rng: Rng) -> Audit:
    frame = pd.DataFrame({"a": levels(rng, "klmn", 1500), "b": levels(rng, "xyz", 1500), "c": levels(rng, "fm", 1500)})
    return literal(frame.assign(hired=yes(rng, 0.3, 1500)), only=["OUT004"], groups=["a", "b", "c"])


@design(
    "joint groups and slices",
    NULL,
    "no joint group and no slice differs; OUT004 and OUT005 share alpha",
    {"OUT004 or OUT005": flagged("OUT004", "OUT005")},
    rounds=200,
)
def _slices(rng: Rng) -> Audit:
    rows = 1200
    frame = pd.DataFrame({"sex": levels(rng, "fm", rows), "age": levels(rng, "abc", rows)})
    frame = frame.assign(city=levels(rng, "pqrst", rows), score=rng.normal(size=rows), hired=yes(rng, 0.3, rows))
    return check(frame, groups=["sex", "age"], only=["OUT004", "OUT005"])


@design(
    "long-tailed columns, group of 3%",
    NULL,
    "1,000 rows, a group of 3%, three columns of some 200 levels with a long tail",
    {"PRX001": flagged("PRX001")},
)
def _long_tails(rng: Rng) -> Audit:
    rows = 1000
    frame = pd.DataFrame({"group": levels(rng, "ab", rows, [0.97, 0.03]), "hired": yes(rng, 0.4, rows)})
    for name in ("c1", "c2", "c3"):
        frame[name] = [f"v{i}" for i in np.minimum(rng.zipf(1.5, rows), 200)]
    return literal(frame, only=["PRX001"])


def _stationary(rng: Rng, years: int, each: int) -> Audit:
    """Shares and rates that go up and down from year to year, about one mean: AR(1) of .7, on the scale of logits."""

    def course() -> np.ndarray:
        steps, at = [], rng.normal()
        for _ in range(years):
            steps.append(at)
            at = 0.7 * at + np.sqrt(1 - 0.7**2) * rng.normal()
        return np.array(steps)

    share, gap = 1 / (1 + np.exp(0.5 - 0.4 * course())), 0.35 * course()
    periods = {}
    for year in range(years):
        women = int(rng.binomial(each, share[year]))
        periods[str(2010 + year)] = {
            "f": (int(rng.binomial(women, 1 / (1 + np.exp(0.8 - gap[year] / 2)))), women),
            "m": (int(rng.binomial(each - women, 1 / (1 + np.exp(0.8 + gap[year] / 2)))), each - women),
        }
    return audit_of(tally_of(periods=periods), only=["REP004", "OUT006"])


for _years in (5, 10):
    design(
        f"{_years} years that go up and down",
        NULL,
        "shares and gaps of years are stationary, each like the one before (AR(1) of .7)",
        {"REP004": flagged("REP004"), "OUT006": flagged("OUT006")},
    )(partial(_stationary, years=_years, each=300))


@design(
    "years drawn alike",
    NULL,
    "one share and one gap in all of seven years",
    {"REP004": flagged("REP004"), "OUT006": flagged("OUT006")},
)
def _years_alike(rng: Rng) -> Audit:
    periods = {}
    for year in range(2010, 2017):
        women = int(rng.binomial(200, 0.4))
        periods[str(year)] = {
            "f": (int(rng.binomial(women, 0.25)), women),
            "m": (int(rng.binomial(200 - women, 0.35)), 200 - women),
        }
    return audit_of(tally_of(periods=periods), only=["REP004", "OUT006"])
