"""Funnels as tallies: how many of each group are left after every stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from auditor.counts.columns import Column
from auditor.counts.names import COUNT, LEVEL, NO_OUTCOME, OUTCOME, STAGES
from auditor.counts.tally import Tally
from auditor.model import State
from auditor.use.stages import Stages
from tests.tallies import run_rule, tally_of

OUTCOMES = {"1": 1, "0": 0, "w": NO_OUTCOME, "-": NO_OUTCOME}
Paths = dict[tuple[str, str], int]


def funnel_of(paths: Mapping[tuple[str, str], int], stages: Sequence[str]) -> Tally:
    """Return the tally of (group, path) -> people; a path has a character for each stage, as in `auditor.use.stages`."""
    rows = [(path, group, OUTCOMES[path[-1]], n) for (group, path), n in paths.items() if n]
    frame = pd.DataFrame(rows, columns=[LEVEL, "group", OUTCOME, COUNT])
    counts = {}
    for group in dict.fromkeys(group for group, _ in paths):
        own = frame[frame["group"] == group]
        by = own.groupby(OUTCOME)[COUNT].sum()
        passed, refused, lost = (int(by.get(of, 0)) for of in (1, 0, NO_OUTCOME))
        counts[group] = (passed, passed + refused, lost)
    made = Stages(tuple(stages), tuple(stages), (("yes",),) * len(stages))
    tally = tally_of(counts, target=stages[-1], roles={"stages": made})
    column = Column(STAGES, "VARCHAR", {("group",): frame}, 0, frame[LEVEL].nunique(), True, 0.0)
    return replace(tally, derived={STAGES: column})


def left(after: Mapping[str, Sequence[int]]) -> Paths:
    """Return the paths of group -> those that entered, and those left after each stage."""
    found: Paths = {}
    for group, n in after.items():
        stages = len(n) - 1
        found |= {(group, "1" * i + "0" * (stages - i)): n[i] - n[i + 1] for i in range(stages)}
        found[group, "1" * stages] = n[-1]
    return found


def drawn(
    rng: np.random.Generator, sizes: Mapping[str, int], rates: Mapping[str, Sequence[float]], leave: float = 0.0
) -> Paths:
    """Draw paths: at each stage a share withdraws before the decision, and of the others some pass."""
    found: Paths = {}
    for group, n in sizes.items():
        stages = len(rates[group])
        for i, rate in enumerate(rates[group]):
            gone = int(rng.binomial(n, leave))
            passed = int(rng.binomial(n - gone, rate))
            found[group, "1" * i + "w" + "-" * (stages - i - 1)] = gone
            found[group, "1" * i + "0" * (stages - i)] = n - gone - passed
            n = passed
        found[group, "1" * stages] = n
    return found


def stage_states(paths: Mapping[tuple[str, str], int], stages: Sequence[str]) -> dict[str, State]:
    """Return what STG001 finds of two groups at each stage."""
    result = run_rule("STG001", funnel_of(paths, stages))
    return {of.subject["stage"]: of.state for of in result.findings}
