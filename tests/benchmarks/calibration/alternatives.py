"""MDL002: columns that can go, columns that cannot, and none that would narrow a gap."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from auditor.model import Audit

from .design import Design, Kind, register
from .looks import cleared, shown
from .making import Rng, check

CODE = "MDL002"


def _people(rng: Rng, rows: int, by_group: float, by_club: float) -> Audit:
    """People whose skill decides, and a club that 95 of 100 women and 5 of 100 men are in."""
    woman = rng.random(rows) < 0.5
    club = rng.random(rows) < np.where(woman, 0.95, 0.05)
    skill = rng.normal(size=rows)
    logit = 1.5 * skill - by_group * woman - by_club * club
    frame = pd.DataFrame(
        {"group": np.where(woman, "f", "m"), "club": np.where(club, "chess", "rowing"), "skill": skill}
    )
    noise = {f"noise{i}": rng.choice(list("abcd"), rows) for i in range(4)}
    hired = np.where(rng.random(rows) < 1 / (1 + np.exp(-logit)), "yes", "no")
    return check(frame.assign(hired=hired, **noise), only=[CODE])


for _rows in (500, 2_000):
    register(
        Design(
            f"no gap to narrow, {_rows:,} rows",
            f"{_rows:,} people; skill alone decides, and no column carries a gap",
            partial(_people, rows=_rows, by_group=0.0, by_club=0.0),
            {(Kind.FALSE_FINDING, CODE): shown(CODE)},
            200,
            100 if _rows == 500 else 0,
        )
    )
    register(
        Design(
            f"the club decides, {_rows:,} rows",
            f"{_rows:,} people; the club itself decides (3 on the logit scale): without it the area is far smaller",
            partial(_people, rows=_rows, by_group=0.0, by_club=3.0),
            {(Kind.FALSE_FINDING, CODE): shown(CODE)},
            200,
        )
    )
for _rows in (2_000, 10_000):
    register(
        Design(
            f"the club can go, {_rows:,} rows",
            f"{_rows:,} people; women are a third of a logit worse off, which the club gives to a model for little",
            partial(_people, rows=_rows, by_group=0.33, by_club=0.0),
            {(Kind.FALSE_CLEAR, CODE): cleared(CODE), (Kind.POWER, CODE): shown(CODE)},
            200,
        )
    )
