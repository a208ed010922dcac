"""More data without bias: pay, matched records, columns that only look like a fault."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from auditor.counts.extras import Twins
from auditor.model import Audit
from tests.tallies import audit_of, tally_of

from .design import Kind, design
from .looks import flagged, unfit
from .making import Rng, check, levels, literal, yes

NULL = Kind.FALSE_FINDING
REASON = {"features": {"strata": {"job": "people choose it"}}}


def _tiny(rng: Rng, small: int, kind: str) -> Audit:
    rows = 400
    group = np.array(["a"] * (rows - small) + ["b"] * small)
    pay = np.round(np.exp(rng.normal(10, 0.8, rows)))
    if kind == "zero-inflated":
        pay = np.where(rng.random(rows) < 0.7, 0, pay)
    return check(pd.DataFrame({"group": group, "pay": pay}), target="pay", positive=None, only=["OUT002"])


for _small in (2, 4, 10):
    for _shape in ("skewed", "zero-inflated"):
        design(
            f"pay, {_shape}, a group of {_small}",
            NULL,
            f"400 rows of one distribution of pay ({_shape}), {_small} of them in the group",
            {"OUT002": flagged("OUT002")},
            rounds=200,
            short=40 if _small == 2 and _shape == "zero-inflated" else 0,
        )(partial(_tiny, small=_small, kind=_shape))


def _twins(rng: Rng, kinds: int) -> Audit:
    """Forty sets of matched records of every group, whose outcomes depend on the set alone; alike nearly: two each."""
    names = "abcdefgh"[:kinds]
    rates = rng.beta(2, 2, 40)
    sets = tuple({level: (int(rng.binomial(3, rate)), 3) for level in names} for rate in rates)
    near = tuple(
        {level: (a[level][0] + b[level][0], 6) for level in names} for a, b in zip(sets[::2], sets[1::2], strict=True)
    )
    totals = {level: (sum(one[level][0] for one in sets), 120) for level in names}
    twins = {"group": (Twins(sets, ("skill", "field")), Twins(near, ("skill",)))}
    return audit_of(tally_of(totals, twins=twins), only=["LAB001"])


for _kinds in (2, 4, 8):
    design(
        f"matched records, {_kinds} groups",
        NULL,
        "the outcome of matched records depends on what they match in, not on the group",
        {"LAB001": flagged("LAB001")},
        short=400 if _kinds == 8 else 0,
    )(partial(_twins, kinds=_kinds))


@design(
    "a declared stratum that explains pay",
    NULL,
    "a grade, declared as a stratum with its reason, nearly decides whether pay is above the median",
    {"LAB003": flagged("LAB003")},
)
def _declared(rng: Rng) -> Audit:
    rows = 600
    grade = levels(rng, "pqrs", rows)
    frame = pd.DataFrame({"group": levels(rng, "fm", rows), "job": grade})
    frame["hired"] = yes(rng, np.where(grade < "r", 0.01, 0.99), rows)
    return literal(frame, REASON, only=["LAB003"], within=["job"])


@design(
    "a stated group of 1%, 150 rows",
    NULL,
    "150 rows drawn from stated shares of 99 and 1%; of the 1% there may be nobody",
    {"REP001": flagged("REP001"), "unfit": unfit},
)
def _rare(rng: Rng) -> Audit:
    frame = pd.DataFrame({"group": levels(rng, "ab", 150, [0.99, 0.01]), "hired": yes(rng, 0.5, 150)})
    return literal(frame, {"population": {"group": {"a": 0.99, "b": 0.01}}})


@design(
    "a number of two rows each",
    NULL,
    "a customer number of two rows each, both of one group, as they are one person's",
    {"PRX001": flagged("PRX001")},
    rounds=200,
)
def _numbered(rng: Rng) -> Audit:
    rows = 400
    at = rng.permutation(np.repeat(np.arange(rows // 2), 2))
    number = np.array([f"C{i:05}" for i in rng.choice(90_000, rows // 2, replace=False)])[at]
    frame = pd.DataFrame({"group": levels(rng, "fm", rows // 2)[at], "customer": number, "hired": yes(rng, 0.5, rows)})
    return check(frame.assign(place=levels(rng, "xyz", rows)), only=["PRX001"])


@design(
    "matched records, two group columns",
    NULL,
    "the outcome depends on skill and field alone; two group columns of four levels",
    {"LAB001": flagged("LAB001")},
    rounds=200,
)
def _twins_of_two(rng: Rng) -> Audit:
    rows = 800
    skill, field = levels(rng, "abcdefgh", rows), levels(rng, "klmn", rows)
    frame = pd.DataFrame({"g0": levels(rng, "stuv", rows), "g1": levels(rng, "stuv", rows)})
    frame = frame.assign(skill=skill, field=field, hired=yes(rng, np.where(skill < "d", 0.3, 0.6), rows))
    return check(frame, groups=["g0", "g1"], only=["LAB001"])
