"""What became of every level's rows at each stage of a process, from the tally: STG001."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.counts.columns import Cell, plain_number
from auditor.counts.names import COUNT, LEVEL, STAGES
from auditor.counts.tally import Tally
from auditor.model import Decision
from auditor.use.nameable import counted
from auditor.use.says import Says
from auditor.use.stages import DECIDED, PASSED, REFUSED, UNKNOWN, WITHDRAWN, Stages

SAYS = Says(
    contradicted="Records contradict the order of the stages: {rows} passed a stage after one that they did not pass "
    "({stages}). At that stage, and after it, they are left out.",
    unknown="Entries are missing at stages that people came to: {rows} ({stages}). At that stage, and after it, they "
    "are left out.",
    withdrew="Withdrawn before a decision: {rows} ({stages}). They are not in the rates of that stage or later ones.",
    at="'{stage}': {rows}",
    blank="Refused at a stage before '{target}', and without an entry there: {rows}. They count as not selected.",
    left="Withdrawn before '{target}', and recorded there as not selected: {rows}. They have no outcome.",
)


@dataclass(frozen=True)
class At:
    """The rows of one level of a group at one stage: those that passed every stage before it, by what came of them.

    `level` None are rows without recorded membership. `contradicted` rows did not pass, but passed a later stage by
    their record; `unknown` ones have no record of the stage. Weighted rows are no whole numbers.
    """

    level: str | None
    passed: float = 0
    refused: float = 0
    withdrawn: float = 0
    unknown: float = 0
    contradicted: float = 0

    @property
    def entered(self) -> float:
        """All that came so far."""
        return self.decided + self.withdrawn + self.unknown + self.contradicted

    @property
    def decided(self) -> float:
        """Those about whom it is known whether they passed, and who did not withdraw: what a rate is of."""
        return self.passed + self.refused

    def cell(self, *, withdrawn: bool) -> Cell:
        """Return the same as rows with and without an outcome; those who withdrew are in neither, or without one."""
        unknown = self.unknown + self.contradicted + (self.withdrawn if withdrawn else 0)
        return Cell(self.level, self.passed, self.refused, unknown)


@dataclass(frozen=True)
class Stage:
    """One stage by the levels of a group column, and how many rows of each level count as one."""

    name: str
    at: tuple[At, ...]
    effects: Mapping[str, float]

    @property
    def counts(self) -> dict[str, tuple[float, float]]:
        """Level -> passed, and decided, for the recorded levels with any; largest first."""
        found = [of for of in self.at if of.level is not None and of.decided]
        return {
            str(of.level): (of.passed, of.decided) for of in sorted(found, key=lambda of: (-of.decided, of.level or ""))
        }


def became(path: str, stage: int) -> str | None:
    """Return the field of `At` that a row with this path is counted in at a stage; None where it did not come so far.

    >>> became("1100", 1), became("1100", 2), became("1100", 3), became("1011", 1), became("1w--", 1)
    ('passed', 'refused', None, 'contradicted', 'withdrawn')
    """
    if set(path[:stage]) - {PASSED}:
        return None
    sign = path[stage]
    if sign == PASSED:
        return "passed"
    if PASSED in path[stage + 1 :]:
        return "contradicted"
    return {REFUSED: "refused", WITHDRAWN: "withdrawn", UNKNOWN: "unknown"}[sign]


def funnel(tally: Tally, group: str) -> Iterator[Stage]:
    """Yield what became of the levels of a group column at each stage, in order."""
    stages = tally.roles.stages
    assert stages is not None
    frame = next(frame for key, frame in tally.derived[STAGES].tables.items() if group in key)
    rows = list(zip(frame[LEVEL], frame[group], frame[COUNT], strict=True))
    for i, name in enumerate(stages.names):
        sums: dict[str | None, dict[str, float]] = {}
        for path, level, n in rows:
            if (field := became(path, i)) is not None:
                of = sums.setdefault(level if isinstance(level, str) else None, {})
                of[field] = of.get(field, 0) + plain_number(n)
        at = tuple(At(level, **of) for level, of in sums.items())
        yield Stage(name, at, _effects(tally, group, i, [of.level for of in at if of.level is not None and of.decided]))


def moved_on(tally: Tally, columns: Sequence[str]) -> Iterator[tuple[str, dict[tuple[str, ...], tuple[int, int]], int]]:
    """Yield each stage with category -> (passed, decided), and the decided people of unknown category."""
    stages = tally.roles.stages
    assert stages is not None
    frame = next(frame for key, frame in tally.derived[STAGES].tables.items() if {*columns} <= {*key})
    for i, name in enumerate(stages.names):
        counts: dict[tuple[str, ...], tuple[int, int]] = {}
        unknown = 0
        for path, *levels, n in frame[[LEVEL, *columns, COUNT]].itertuples(index=False):
            if (field := became(path, i)) not in ("passed", "refused"):
                continue
            if not all(isinstance(level, str) for level in levels):
                unknown += int(n)
                continue
            x, rows = counts.get(tuple(levels), (0, 0))
            counts[tuple(levels)] = (x + int(n) * int(field == "passed"), rows + int(n))
        yield name, counts, unknown


def _effects(tally: Tally, group: str, stage: int, levels: list[str]) -> dict[str, float]:
    """Return level -> how many rows that were decided on at a stage count as one; empty where nobody recurs."""
    units = tally.units
    if units is None:
        return {}
    fields = {path: became(path, stage) for path in units.levels[STAGES]}
    places: dict[str | None, int] = {
        path: int(field == "passed") for path, field in fields.items() if field in ("passed", "refused")
    }
    at = units.places(STAGES, places)
    return {level: units.rate(at == 1, units.are(group, level) & (at >= 0)) for level in levels}


def of_stages(tally: Tally) -> Iterator[Decision]:
    """Yield how many rows are left out of the stages, where they are left out, and why."""
    stages = tally.roles.stages
    if stages is None or not len(tally.derived[STAGES].table):
        return
    sums: dict[str, dict[str, float]] = {}
    table = tally.derived[STAGES].table
    for path, n in zip(table[LEVEL], table[COUNT], strict=True):
        for i, name in enumerate(stages.names):
            field = became(path, i)
            if field not in (None, "passed", "refused"):
                of = sums.setdefault(str(field), {})
                of[name] = of.get(name, 0) + plain_number(n)
    for key, field in (("contradicted", "contradicted"), ("unknown", "unknown"), ("withdrew", "withdrawn")):
        if counts := sums.get(field):
            at = ", ".join(SAYS("at", stage=name, rows=counted(n)) for name in stages.names if (n := counts.get(name)))
            text = SAYS(key, rows=counted(sum(counts.values()), "row"), stages=at)
            yield Decision(text, "stages", stages.read, warning=key != "withdrew")
    yield from _outcomes(tally, stages)


def _outcomes(tally: Tally, stages: Stages) -> Iterator[Decision]:
    """Yield how many rows have another outcome than their entry says, because of the stages before it."""
    before, target = stages.before(tally.roles.target), tally.roles.target
    if not before:
        return
    table = tally.derived[STAGES].table
    for key, sign in (("blank", UNKNOWN), ("left", REFUSED)):
        changed = [
            plain_number(n)
            for path, n in zip(table[LEVEL], table[COUNT], strict=True)
            if path[before] == sign and bool(re.search(DECIDED, path[: before + 1])) is (sign == UNKNOWN)
        ]
        if changed:
            text = SAYS(key, target=target, rows=counted(sum(changed), "row"))
            yield Decision(text, "stages", stages.read)
