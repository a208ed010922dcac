"""OUT007: groups known by probabilities, with and without a difference."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from auditor.model import Audit

from .design import Design, Kind, register
from .looks import covers, flagged, shown
from .making import Rng, check

CODE = "OUT007"
USE = {"groups": {"probabilities": {"race": {"a": "p_a", "b": "p_b"}}}}
# Of a beta of 1/2 and 1 the mean is 1/3; that of p among the people of a is 3/5, among those of b 1/5.


def _people(rng: Rng, rows: int, slope: float) -> Audit:
    """People whose rate falls with the probability of level a, and not with the level itself."""
    p = rng.beta(0.5, 1, rows)
    hired = np.where(rng.random(rows) < 0.6 - slope * p, "yes", "no")
    frame = pd.DataFrame({"p_a": p, "p_b": 1 - p, "hired": hired})
    return check(frame, use_case=USE, only=[CODE], groups="none")


for _rows in (300, 2_000):
    for _slope in (0.0, 0.5):
        _looks = {(Kind.COVERAGE, "difference"): covers(CODE, "rate_difference", -0.4 * _slope, level="a")}
        register(
            Design(
                f"probabilities of a group, {_rows:,} rows, slope {_slope}",
                f"{_rows:,} people; the rate is .6 less {_slope} times the probability of a, whatever the level is",
                partial(_people, rows=_rows, slope=_slope),
                {(Kind.POWER, CODE): shown(CODE), **_looks} if _slope else {(Kind.FALSE_FINDING, CODE): flagged(CODE)},
                200,
                100 if _rows == 300 else 0,
            )
        )
