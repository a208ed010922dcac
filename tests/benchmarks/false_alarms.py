"""How often rules fire where nothing is wrong, over 200 data sets each: `python -m tests.benchmarks.false_alarms`.

Equal rates in every joint group (OUT004, OUT005), no link of any column (PRX001, and PRX002's lower bound above a half),
and the hiring sample with its years shuffled (REP004, OUT006).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

import auditor
from auditor.analyzers.catalog import all_rules
from tests.conftest import SAMPLES

ROUNDS = 200
LIMIT = 0.05


def _no_gap(rng: np.random.Generator) -> auditor.Audit:
    rows = 3000
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "age": rng.choice(list("abcd"), rows)})
    frame = frame.assign(race=rng.choice(list("xyz"), rows, p=[0.6, 0.3, 0.1]), city=rng.choice(list("pqrst"), rows))
    frame = frame.assign(score=rng.normal(size=rows), hired=np.where(rng.random(rows) < 0.3, "yes", "no"))
    return auditor.check(frame, target="hired", groups=["sex", "age", "race"], no_models=True)


def _no_link(rng: np.random.Generator) -> auditor.Audit:
    rows = 1500
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows, p=[0.3, 0.7]), "hired": rng.choice(["yes", "no"], rows)})
    frame = frame.assign(**{f"level{i}": rng.choice(list("abcd"), rows) for i in range(6)})
    frame = frame.assign(**{f"number{i}": rng.normal(size=rows) for i in range(6)})
    return auditor.check(frame, target="hired", groups=["sex"], only=["PRX002"])


def _shuffled(rng: np.random.Generator, hiring: pd.DataFrame) -> auditor.Audit:
    frame = hiring.assign(applied_year=rng.permutation(hiring["applied_year"]))
    return auditor.check(frame, target="hired", groups=["gender"], time="applied_year")


def _flagged(audit: auditor.Audit, code: str) -> Iterator[auditor.Finding]:
    """Yield what a rule flags: what is shown, and for stand-ins also what is borderline: a leak, a bound past a half."""
    for finding in audit.findings(code):
        if finding.state.found or (code.startswith("PRX") and finding.state is auditor.State.BORDERLINE):
            yield finding


def main() -> int:
    """Print the share of data sets in which each rule, or either of a pair, fired; 1 when one is over 5 %."""
    hiring = pd.read_csv(SAMPLES / "hiring.csv", usecols=["applied_year", "gender", "hired"])
    worst = 0.0
    runs = (
        (("OUT004", "OUT005"), _no_gap),
        (("PRX001",), _no_gap),
        (("PRX002",), _no_link),
        (("REP004",), None),
        (("OUT006",), None),
    )
    for seed, (codes, make) in enumerate(runs):
        rng = np.random.default_rng(seed)
        known = [code for code in codes if code in all_rules()]
        fired = 0
        for _ in range(ROUNDS):
            audit = make(rng) if make else _shuffled(rng, hiring)
            fired += any(list(_flagged(audit, code)) for code in known)
        worst = max(worst, fired / ROUNDS)
        print(f"{' or '.join(known)}: {fired} of {ROUNDS} ({100 * fired / ROUNDS:.1f} %, at most {100 * LIMIT:g} %)")
    return int(worst > LIMIT)


if __name__ == "__main__":
    sys.exit(main())
