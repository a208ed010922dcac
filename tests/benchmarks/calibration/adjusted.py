"""ADJ001: gaps with controls, none planted or one of known size; skewed pay, clusters, rates."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pandas as pd

from auditor.model import Audit

from .design import Design, Kind, design, register
from .looks import cleared, covers, flagged
from .making import Rng, check, levels
from .planting import fault

CODE = "ADJ001"
USE = {
    "features": {"controls": {"grade": "job evaluation", "site": "pay tables", "tenure": "steps of the agreement"}},
    "groups": {"reference": {"group": "m"}},
}


def _people(rng: Rng, rows: int, share: float = 0.4, clusters: int = 0) -> pd.DataFrame:
    """Grades in which women are lower, sites, tenure; with clusters each is of one group, as teams may be."""
    team = rng.integers(0, clusters or rows, rows)
    woman = rng.random(clusters or rows)[team] < share if clusters else rng.random(rows) < share
    grade = np.clip(rng.poisson(3, rows) - woman * (rng.random(rows) < 0.3), 0, 7)
    frame = pd.DataFrame({"group": np.where(woman, "f", "m"), "grade": [f"g{of}" for of in grade]})
    return frame.assign(site=levels(rng, "abcd", rows), tenure=rng.gamma(2, 4, rows).round(1), team=team)


def _base(frame: pd.DataFrame) -> np.ndarray:
    grade = frame["grade"].str[1:].astype(int).to_numpy()
    return 0.12 * grade + 0.05 * (frame["site"] == "a").to_numpy() + 0.01 * frame["tenure"].to_numpy()


def _pay(rng: Rng, rows: int, gap: float = 0.0, share: float = 0.4, clusters: int = 0) -> Audit:
    """Logarithms of pay with a long tail, which varies more among women; of clusters, with a part in common."""
    frame = _people(rng, rows, share, clusters)
    woman = (frame["group"] == "f").to_numpy()
    tail = 0.13 * (np.exp(0.9 * rng.normal(size=rows)) - math.exp(0.405)) * (1 + 0.5 * woman)
    shared = 0.1 * rng.normal(size=rows)[frame["team"]] if clusters else 0.0
    pay = np.exp(3 + _base(frame) + tail + shared + woman * math.log(1 - gap))
    more = {"cluster": "team"} if clusters else {}
    return check(frame.assign(pay=pay), target="pay", positive=None, only=[CODE], use_case=USE, **more)


def _rate(rng: Rng, rows: int) -> Audit:
    frame = _people(rng, rows)
    hired = np.where(rng.random(rows) < 1 / (1 + np.exp(1 - _base(frame))), "yes", "no")
    return check(frame.assign(hired=hired), only=[CODE], use_case=USE)


for _name, _true, _make in (
    ("pay without a gap, 400 rows", "400 rows, a long tail that varies with the group", partial(_pay, rows=400)),
    ("pay without a gap, a small group", "400 rows, 48 of them women", partial(_pay, rows=400, share=0.12)),
    ("pay without a gap, 40 teams", "400 rows in 40 teams, each of one group", partial(_pay, rows=400, clusters=40)),
    ("pay without a gap, 15 teams", "400 rows in 15 teams, each of one group", partial(_pay, rows=400, clusters=15)),
    ("rates without a gap, 400 rows", "400 rows, rates of grade, site and tenure alone", partial(_rate, rows=400)),
):
    design(_name, Kind.FALSE_FINDING, _true, {CODE: flagged(CODE)}, short=40)(_make)

design(
    "a pay gap at the threshold",
    Kind.FALSE_CLEAR,
    "1,500 rows, a gap of 5% for equal controls",
    {CODE: cleared(CODE)},
)(partial(_pay, rows=1_500, gap=0.05))

register(
    Design(
        "a pay gap of 6.5%",
        "1,500 rows, a gap of 6.5% for equal controls, and a raw one that is larger",
        partial(_pay, rows=1_500, gap=0.065),
        {(Kind.COVERAGE, "ratio with controls"): covers(CODE, "adjusted_ratio", lambda _: 0.935)},
        200,
    )
)


@fault("a pay gap within every job", "a gap of 12% for equal controls", CODE)
def _within(rng: Rng, rows: int) -> Audit:
    return _pay(rng, rows, gap=0.12)
