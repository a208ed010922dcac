"""Funnels as tallies: how many of each group are left after every stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from auditor.counts.tally import COUNT, LEVEL, OUTCOME, STAGES, Column, Tally
from auditor.model import State
from auditor.use.stages import Stages
from tests.tallies import run_rule, tally_of


def funnel_of(left: Mapping[str, Sequence[int]], stages: Sequence[str]) -> Tally:
    """Return the tally of a funnel: group -> those that entered, and those left after each stage."""
    rows = []
    for group, after in left.items():
        rows += [("1" * i + "0" * (len(stages) - i), group, 0, after[i] - after[i + 1]) for i in range(len(stages))]
        rows.append(("1" * len(stages), group, 1, after[-1]))
    frame = pd.DataFrame(rows, columns=[LEVEL, "group", OUTCOME, COUNT])
    frame = frame[frame[COUNT] > 0].reset_index(drop=True)
    counts = {group: (after[-1], after[0]) for group, after in left.items()}
    made = Stages(tuple(stages), tuple(stages), (("yes",),) * len(stages))
    tally = tally_of(counts, target=stages[-1], roles={"stages": made})
    column = Column(STAGES, "VARCHAR", {("group",): frame}, 0, frame[LEVEL].nunique(), True, 0.0)
    return Tally(**{**vars(tally), "derived": {STAGES: column}})


def stage_findings(left: Mapping[str, Sequence[int]], stages: Sequence[str]) -> dict[str, State]:
    """Return what STG001 finds of two groups at each stage."""
    result = run_rule("STG001", funnel_of(left, stages))
    return {of.subject["stage"]: of.state for of in result.findings}
