"""Columns that hold a tool's own answer, from the tally: they follow from its score, and are no features of people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from auditor.counts.names import COUNT, LEVEL, NO_OUTCOME, OUTCOME
from auditor.counts.scores import FAVOURABLE, OTHER, UNKNOWN, selections
from auditor.counts.tally import Tally
from auditor.model import Decision
from auditor.use.roles import Ignored
from auditor.use.says import Says
from auditor.use.usecase import UseCase

LEAST = 30  # selected rows, from which equal counts in all groups and outcomes are no chance
SAYS = Says(
    answer="{columns:listed} follows from the tool's score: one value has the counts of {selects}, in each group and "
    "with each outcome. It is the tool's answer, and not a feature.",
    answers="{columns:listed} follow from the tool's score: one value of each has the counts of {selects}, in each "
    "group and with each outcome. They are the tool's answer, and not features.",
)

Counts = dict[tuple[str, int], float]  # (level of a group, outcome) -> rows


def without_answers(tally: Tally, use: UseCase) -> Tally:
    """Return the tally without the columns among the features that are the selection of the score at its cut.

    A model of the other columns would learn the tool, not the people. A column that the use requires, or expects not to
    matter, stays.
    """
    roles = tally.roles
    stated = {name.lower() for name in (*use.features.required, *use.features.incidental, *use.features.not_leaks)}
    chosen = {group: counts for group in roles.groups if (counts := _chosen(tally, group))}
    if roles.scoring.cut is None or not chosen:
        return tally
    found = [name for name in roles.features if name.lower() not in stated and _answers(tally, name, chosen)]
    if not found:
        return tally
    text = SAYS("answer" if len(found) == 1 else "answers", columns=found, selects=roles.scoring.selects)
    decision = Decision(text, "score", tuple(found), "[features] required", warning=True)
    return replace(
        tally,
        roles=replace(
            roles,
            features=tuple(name for name in roles.features if name not in found),
            ignored={**roles.ignored, **dict.fromkeys(found, Ignored.ANSWER)},
            reading=(*roles.reading, decision),
        ),
    )


def _chosen(tally: Tally, group: str) -> Counts:
    """Return the rows that the cut selects; nothing where they are too few, or not known exactly."""
    found: Counts = {}
    for level, of in (selections(tally, group) or {}).items():
        for outcome, place in ((1, FAVOURABLE), (0, OTHER), (NO_OUTCOME, UNKNOWN)):
            if rows := float(of.counts[0, place]):
                found[level, outcome] = rows
    return found if sum(found.values()) >= LEAST else {}


def _answers(tally: Tally, name: str, chosen: Mapping[str, Counts]) -> bool:
    """Whether one value of a column has the counts of those whom the cut selects, by each group column."""
    column = tally.columns[name]
    if column.levels > 3:  # yes, no, and another word for none
        return False
    for group, wanted in chosen.items():
        found: dict[str, Counts] = {}
        table = next((frame for key, frame in column.tables.items() if group in key), None)
        if table is None or not len(table):  # not counted, or suppressed
            return False
        for value, level, outcome, n in zip(table[LEVEL], table[group], table[OUTCOME], table[COUNT], strict=True):
            if isinstance(value, str) and isinstance(level, str) and n:
                of = found.setdefault(value, {})
                of[level, int(outcome)] = of.get((level, int(outcome)), 0) + float(n)
        if wanted not in found.values():
            return False
    return True
