"""PRX005: columns that should not matter, with and without a link with the outcome."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from auditor.model import Audit
from auditor.use.usecase import UseCase

from .design import Kind, design
from .looks import covers, flagged
from .making import Rng, check, levels, literal, of, yes
from .planting import fault

CODE = "PRX005"
USE = {"features": {"incidental": ["site", "scanner", "light"]}}
WARDS = {name: 0.3 + 0.1 * i for i, name in enumerate("abcde")}


def _incidental(rng: Rng, rows: int) -> pd.DataFrame:
    """Eight sites, two scanners and the light of a picture, none of which has to do with the others."""
    frame = pd.DataFrame({"group": levels(rng, "fm", rows), "site": levels(rng, "abcdefgh", rows)})
    return frame.assign(scanner=levels(rng, "pq", rows), light=rng.normal(size=rows))


def _nothing(rng: Rng, rows: int, rate: float) -> Audit:
    return literal(_incidental(rng, rows).assign(hired=yes(rng, rate, rows)), USE, only=[CODE])


for _rows in (200, 500, 2_000):
    for _rate in (0.5, 0.9):
        design(
            f"site, scanner and light, {_rows:,} rows, rate {_rate}",
            Kind.FALSE_FINDING,
            f"{_rows:,} rows; the outcome has a rate of {_rate} and no link with site, scanner or light",
            {CODE: flagged(CODE)},
            short=200 if _rows == 500 else 0,
        )(partial(_nothing, rows=_rows, rate=_rate))


@fault("a ward for each rate", "five wards with rates of .3 to .7: an area of .65", CODE, short=500)
def _wards(rng: Rng, rows: int) -> Audit:
    frame = _incidental(rng, rows).assign(site=levels(rng, "abcde", rows))
    return literal(frame.assign(hired=yes(rng, of(frame["site"].to_numpy(), WARDS), rows)), USE, only=[CODE])


@fault("light of any form", "bright and dark pictures have a rate of .65, the others of .35: an area of .65", CODE)
def _light(rng: Rng, rows: int) -> Audit:
    frame = _incidental(rng, rows)
    return literal(
        frame.assign(hired=yes(rng, np.where(frame["light"].abs() > 0.6745, 0.65, 0.35), rows)), USE, only=[CODE]
    )


@design(
    "a site for each person",
    Kind.FALSE_FINDING,
    "100 people of four rows, each at one site with one outcome, by lot; the person is named",
    {CODE: flagged(CODE)},
    rounds=200,
)
def _recurring(rng: Rng) -> Audit:
    person = np.repeat(np.arange(100), 4)
    frame = _incidental(rng, 100).assign(hired=yes(rng, 0.5, 100)).iloc[person].reset_index(drop=True)
    use = UseCase.model_validate(USE)
    return check(frame.assign(person=person, x=rng.random(400)), use_case=use, only=[CODE], id="person")


def _alike(rng: Rng, sites: str) -> Audit:
    """Sites of 250 rows with rates from .3 to .7; a mark follows the outcome, alike at all of them."""
    site = np.repeat(list(sites), 250)
    hired = yes(rng, np.repeat(np.linspace(0.3, 0.7, len(sites)), 250), len(site))
    mark = np.where((hired == "yes") == (rng.random(len(site)) < 0.7), "high", "low")
    frame = pd.DataFrame({"group": levels(rng, "fm", len(site)), "site": site, "hired": hired, "mark": mark})
    use = UseCase.model_validate({"features": {"incidental": ["site"]}})
    return check(frame, use_case=use, only=[CODE])


for _sites in ("ab", "abcdef"):
    design(
        f"a value held out of {len(_sites)}",
        Kind.COVERAGE,
        f"{len(_sites)} sites with rates from .3 to .7; a mark follows the outcome, alike at all: nothing is lost",
        {"drop": covers(CODE, "held_out_drop", 0.0)},
        rounds=200,
    )(partial(_alike, sites=_sites))
