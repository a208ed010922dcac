"""PAY001 and PAY002: skewed pay in categories of workers, with and without a gap."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from auditor.model import Audit

from .design import Design, Kind, register
from .looks import cleared, covers, shown
from .making import Rng, check

JOBS = 5
CODE = "PAY002"


def _pay(rng: Rng, people: int, gap: float, spread: float) -> Audit:
    """People of five jobs, two of five women, with lognormal pay that has the same mean in both but for the gap."""
    job, sex = (
        np.repeat(np.arange(JOBS), people),
        np.tile(["f"] * (2 * people // 5) + ["m"] * (people - 2 * people // 5), JOBS),
    )
    base = (20 + 5 * job) * rng.lognormal(0, spread, len(job)) * np.where(sex == "f", 1 - gap, 1)
    frame = pd.DataFrame({"group": sex, "job": [f"job {of}" for of in job], "base": base})
    asked = {"target": "none", "positive": None, "pay": "base", "category": "job", "only": ["PAY"]}
    return check(frame, **asked)


for _people in (50, 200, 1_000):
    for _spread in (0.15, 0.6):
        _of = f"{_people} people in each of five jobs, lognormal pay with a deviation of {_spread} of its logarithm"
        register(
            Design(
                f"equal pay, {_people} in a job, spread {_spread}",
                f"{_of}, the same for women and men",
                partial(_pay, people=_people, gap=0.0, spread=_spread),
                {
                    (Kind.FALSE_FINDING, CODE): shown(CODE),
                    (Kind.COVERAGE, "gap of mean pay"): covers("PAY001", "pay_gap", 0.0),
                    (Kind.COVERAGE, "gap of median pay"): covers("PAY001", "median_pay_gap", 0.0),
                    (Kind.COVERAGE, "gap in a job"): covers(CODE, "pay_gap", 0.0, category="job 3"),
                },
                300,
                100 if _people == 200 else 0,
            )
        )
for _gap in (0.055, 0.09):
    register(
        Design(
            f"women paid {_gap:.1%} less, 200 in a job",
            f"200 people in each of five jobs; women are paid {_gap:.1%} less in each, spread 0.15",
            partial(_pay, people=200, gap=_gap, spread=0.15),
            {(Kind.FALSE_CLEAR, CODE): cleared(CODE), (Kind.POWER, CODE): shown(CODE)},
            300,
        )
    )
