"""Planted faults in counts: how often a rule shows them, and how often it falsely says that all is clear."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from auditor.model import Audit
from tests.tallies import audit_of, tally_of

from .making import Rng, binomial, counts, levels, literal, of, yes
from .planting import fault

BY_FOUR = {"f": 0.3, "m": 0.5}


@fault("two rates", "rates .3 and .5, two groups", "OUT001", short=500)
def _two_rates(rng: Rng, rows: int) -> Audit:
    return counts(binomial(rng, BY_FOUR, {"f": rows // 2, "m": rows // 2}), only=["OUT001"])


@fault(
    "widest pair", "rates .50, .424 and .36, the middle one is the reference", "OUT001", clear=False, sizes=(1500, 6000)
)
def _widest(rng: Rng, rows: int) -> Audit:
    table = binomial(rng, {"a": 0.5, "r": 0.424, "b": 0.36}, dict.fromkeys("arb", rows // 3))
    return counts(table, only=["OUT001"], use={"groups": {"reference": {"group": "r"}}})


@fault(
    "refusals of 2 and 10%",
    "rates .98 and .90: few are refused, but five times as many",
    "OUT001",
    near=True,
    clear=False,
)
def _refusals(rng: Rng, rows: int) -> Audit:
    return counts(binomial(rng, {"f": 0.9, "m": 0.98}, {"f": rows // 2, "m": rows // 2}), only=["OUT001"])


@fault(
    "one small group of sixty",
    "60 groups; one has a rate of .10, the others of .50",
    "OUT001",
    sizes=(1600, 6000),
    clear=False,
)
def _one_of_sixty(rng: Rng, rows: int) -> Audit:
    rates = {f"g{i:02}": 0.1 if i == 0 else 0.5 for i in range(60)}
    return counts(binomial(rng, rates, dict.fromkeys(rates, rows // 60)), only=["OUT001"])


@fault(
    "group not recorded for refused women", "rates .30 and .50; sex is not recorded for 55% of refused women", "OUT001"
)
def _unrecorded(rng: Rng, rows: int) -> Audit:
    sex = levels(rng, "fm", rows)
    frame = pd.DataFrame({"group": sex, "hired": yes(rng, of(sex, BY_FOUR), rows)})
    hidden = (frame["group"] == "f") & (frame["hired"] == "no") & (rng.random(rows) < 0.55)
    return literal(frame.assign(group=frame["group"].mask(hidden, None)), only=["OUT001"])


@fault("gap within strata", "the rate within four strata is .6 of the others'", "OUT003", short=500)
def _within(rng: Rng, rows: int) -> Audit:
    sex, job = levels(rng, "fm", rows), levels(rng, "wxyz", rows)
    rates = of(job, {"w": 0.3, "x": 0.4, "y": 0.5, "z": 0.6}) * of(sex, {"f": 0.6, "m": 1.0})
    frame = pd.DataFrame({"group": sex, "job": job, "hired": yes(rng, rates, rows)})
    return literal(frame, {"features": {"strata": {"job": "chosen"}}}, only=["OUT003"], within=["job"])


@fault("opposite gaps in two strata", "2 : 1 in one stratum, 1 : 2 in the other; no claim over both holds", "OUT003")
def _opposite(rng: Rng, rows: int) -> Audit:
    part = rows // 4
    strata = {
        "x": {"f": (int(rng.binomial(part, 0.3)), part), "m": (int(rng.binomial(part, 0.6)), part)},
        "y": {"f": (int(rng.binomial(part, 0.6)), part), "m": (int(rng.binomial(part, 0.3)), part)},
    }
    tally = tally_of(strata=strata, within=("job",))
    return audit_of(tally, {"features": {"strata": {"job": "chosen"}}}, only=["OUT003"])


@fault(
    "strata that hold a part",
    "83% of women are in a stratum without men, at half of men's rate",
    "OUT003",
    power=False,
)
def _in_part(rng: Rng, rows: int) -> Audit:
    women, men = rows // 2, rows - rows // 2
    alone = int(rng.binomial(women, 0.83))
    strata = {
        "x": {"f": (int(rng.binomial(alone, 0.25)), alone)},
        "y": {"f": (int(rng.binomial(women - alone, 0.5)), women - alone), "m": (int(rng.binomial(men, 0.5)), men)},
    }
    use = {"features": {"strata": {"job": "chosen"}}}
    return audit_of(tally_of(strata=strata, within=("job",)), use, only=["OUT003"])


@fault("one joint group", "a joint group, of 4 × 3, with .4 of the mean rate", "OUT004", short=1500)
def _joint(rng: Rng, rows: int) -> Audit:
    frame = pd.DataFrame({"a": levels(rng, "klmn", rows), "b": levels(rng, "xyz", rows)})
    worse = (frame["a"] == "k") & (frame["b"] == "x")
    frame["hired"] = yes(rng, np.where(worse, 0.16, 0.4), rows)
    return literal(frame, only=["OUT004"], groups=["a", "b"])


def _by_year(
    rng: Rng, rows: int, women: Sequence[float], rates: Sequence[tuple[float, float]], only: Sequence[str]
) -> Audit:
    each, periods = rows // len(women), {}
    for place, (share, (own, theirs)) in enumerate(zip(women, rates, strict=True)):
        n = int(rng.binomial(each, share))
        table = {"f": (int(rng.binomial(n, own)), n), "m": (int(rng.binomial(each - n, theirs)), each - n)}
        periods[str(2010 + place)] = table
    return audit_of(tally_of(periods=periods), only=list(only))


@fault("share from .25 to .37", "a share rises from .25 to .37 over seven years", "REP004", short=200)
def _share_rises(rng: Rng, rows: int) -> Audit:
    return _by_year(rng, rows, np.linspace(0.25, 0.37, 7).tolist(), [(0.4, 0.4)] * 7, ["REP004"])


@fault("ratio from 1.12 to .64", "the ratio of rates falls from 1.12 to .64 over seven years", "OUT006", short=200)
def _ratio_falls(rng: Rng, rows: int) -> Audit:
    rates = [(0.45 * ratio, 0.45) for ratio in np.geomspace(1.12, 0.64, 7)]
    return _by_year(rng, rows, [0.5] * 7, rates, ["OUT006"])


@fault(
    "gap in the last year",
    "ratio 1 in six years, .5 in the last; the share 1/2, and 1/4 in the last",
    "OUT006",
    "REP004",
)
def _last_year(rng: Rng, rows: int) -> Audit:
    rates = [(0.45, 0.45)] * 6 + [(0.225, 0.45)]
    return _by_year(rng, rows, [0.5] * 6 + [0.25], rates, ["OUT006", "REP004"])


@fault("U-shaped course", "the ratio goes from 1 to .5 and back, the share from .5 to .3 and back", "OUT006", "REP004")
def _bent(rng: Rng, rows: int) -> Audit:
    part = np.array([0, 1 / 3, 2 / 3, 1, 2 / 3, 1 / 3, 0])
    rates = [(0.45 * (1 - 0.5 * at), 0.45) for at in part]
    return _by_year(rng, rows, (0.5 - 0.2 * part).tolist(), rates, ["OUT006", "REP004"])


@fault("under-represented", "36% of the rows, 50% of the population", "REP001", short=200)
def _few(rng: Rng, rows: int) -> Audit:
    n = int(rng.binomial(rows, 0.36))
    use = {"population": {"group": {"f": 0.5, "m": 0.5}}}
    return counts({"f": (n // 2, n), "m": ((rows - n) // 2, rows - n)}, only=["REP001"], use=use)


@fault("too small to see", "4% of the rows, at most 60, at one rate", "REP002", clear=False)
def _too_small(rng: Rng, rows: int) -> Audit:
    n = round(0.04 * rows)
    return counts(binomial(rng, {"f": 0.3, "m": 0.3}, {"f": n, "m": rows - n}), only=["REP002"])


@fault(
    "absent joint group", "two columns of two and of four levels, independent, but nobody in one of the cells", "REP003"
)
def _absent(rng: Rng, rows: int) -> Audit:
    frame = pd.DataFrame({"a": levels(rng, "fm", rows), "b": levels(rng, "wxyz", rows), "hired": yes(rng, 0.4, rows)})
    frame = frame[~((frame["a"] == "f") & (frame["b"] == "w"))].reset_index(drop=True)
    return literal(frame, only=["REP003"], groups=["a", "b"])


@fault(
    "group unknown among refusals",
    "the group is not recorded for 1% of the hired and 8.5% of the others",
    "REP005",
    short=200,
)
def _unknown(rng: Rng, rows: int) -> Audit:
    frame = pd.DataFrame({"group": levels(rng, "fm", rows), "hired": yes(rng, 0.5, rows)})
    hidden = rng.random(rows) < np.where(frame["hired"] == "yes", 0.01, 0.085)
    return literal(frame.assign(group=frame["group"].mask(hidden, None)), only=["REP005"])


@fault(
    "carries 3 points",
    "a column whose lookup gives the groups rates 3 points apart, of a gap of 10",
    "PRX001",
    short=200,
)
def _carries(rng: Rng, rows: int) -> Audit:
    sex = levels(rng, "fm", rows)
    club = np.where(rng.random(rows) < of(sex, {"f": 0.35, "m": 0.5}), "in", "out")
    rates = 0.4 + 0.2 * (club == "in") - 0.07 * (sex == "f")  # .15 of .20 is 3 points
    frame = pd.DataFrame({"group": sex, "club": club, "hired": yes(rng, rates, rows)})
    return literal(frame, only=["PRX001"])


@fault("carries 12 points", "a column whose lookup gives the groups rates 12 points apart", "PRX001")
def _carries_much(rng: Rng, rows: int) -> Audit:
    sex = levels(rng, "fm", rows)
    club = np.where(rng.random(rows) < of(sex, {"f": 0.3, "m": 0.7}), "in", "out")
    frame = pd.DataFrame({"group": sex, "club": club, "hired": yes(rng, 0.3 + 0.3 * (club == "in"), rows)})
    return literal(frame, only=["PRX001"])


@fault(
    "missing 13 and 3%",
    "a column has no value for 13% of one group or outcome, and 3% of the other",
    "PRX004",
    "QLT002",
    short=200,
)
def _missing(rng: Rng, rows: int) -> Audit:
    frame = pd.DataFrame({"group": levels(rng, "fm", rows), "hired": yes(rng, 0.5, rows)})
    for name, worse in (("asked", frame["group"] == "f"), ("later", frame["hired"] == "no")):
        frame[name] = levels(rng, "kl", rows).astype(object)
        frame.loc[rng.random(rows) < np.where(worse, 0.13, 0.03), name] = None
    return literal(frame, only=["PRX004", "QLT002"])


@fault(
    "outcome missing 12 and 2%",
    "the outcome is not recorded for 12% of one group, and 2% of the other",
    "LAB004",
    short=200,
)
def _outcome_missing(rng: Rng, rows: int) -> Audit:
    frame = pd.DataFrame({"group": levels(rng, "fm", rows), "hired": yes(rng, 0.5, rows).astype(object)})
    frame.loc[rng.random(rows) < of(frame["group"].to_numpy(), {"f": 0.12, "m": 0.02}), "hired"] = None
    return literal(frame, only=["LAB004"])


@fault("80% of outcomes missing", "the outcome is not recorded for 80% of all rows", "LAB004")
def _most_missing(rng: Rng, rows: int) -> Audit:
    frame = pd.DataFrame({"group": levels(rng, "fm", rows), "hired": yes(rng, 0.5, rows).astype(object)})
    frame.loc[rng.random(rows) < 0.8, "hired"] = None
    return literal(frame, only=["LAB004"])


@fault("a column with target leakage", "a label that is right 99% of the time", "LAB003")
def _leak(rng: Rng, rows: int) -> Audit:
    return _label(rng, rows, 0.99)


@fault("a column with partial leakage", "a label that is right 95% of the time", "LAB003")
def _partial_leak(rng: Rng, rows: int) -> Audit:
    return _label(rng, rows, 0.95)


def _label(rng: Rng, rows: int, right: float) -> Audit:
    hired = yes(rng, 0.5, rows)
    label = np.where((hired == "yes") == (rng.random(rows) < right), "contract", "letter")
    return literal(pd.DataFrame({"group": levels(rng, "fm", rows), "hired": hired, "label": label}), only=["LAB003"])


@fault("a field of one outcome only", "a field is set for 60% of the refused, and never for the hired", "LAB003")
def _one_sided(rng: Rng, rows: int) -> Audit:
    hired = yes(rng, 0.5, rows)
    field = np.where((hired == "no") & (rng.random(rows) < 0.6), "set", "empty")
    return literal(pd.DataFrame({"group": levels(rng, "fm", rows), "hired": hired, "field": field}), only=["LAB003"])
