"""What stayed behind at its site, for too few rows were in a cell (tallies with a least cell), and may hide there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from auditor.engines.tally import COUNT, Tally
from auditor.model import Finding, Measure, State
from auditor.words import listed, people

ASK = "from where the rows are: a tally with a lower --min-cell, or of fewer or larger groups"


def columns_behind(tally: Tally, known: Collection[str]) -> Iterator[Finding]:
    """Yield what cannot be told of columns, but for those `known` anyhow, of which not all values left their site."""
    names = [name for name in tally.behind if name not in known]
    if names:
        yield Finding(
            State.UNDETERMINED,
            {"column": ", ".join(names)},
            f"Cannot be told of {listed(names)}: not all that they hold left its site, for too few rows had it.",
            settle=f"The counts of {listed(names)}, {ASK}.",
        )


def rows_behind(tally: Tally, group: str, *levels: str) -> int:
    """Return the most rows of these levels of which the outcome is not known here."""
    told = tally.outcomes_withheld(group)
    return max(told.get(level, 0) for level in levels) + tally.left_out


def unless_more(finding: Finding, rows: int) -> Finding:
    """Return a finding that a group is too small, or that it cannot be told, where so many rows more might be there."""
    if not finding.state.found or not rows:
        return finding
    level = finding.subject.get("level", "")
    return replace(
        finding,
        state=State.UNDETERMINED,
        message=f"{finding.message} But the outcomes of up to {people(rows)} more rows did not leave their site.",
        remedy=None,
        settle=f"The outcomes of '{level}', {ASK}.",
    )


def recurring_behind(tally: Tally, group: str, *levels: str) -> bool:
    """Whether people recur, and how often those of one of these levels do is not known here."""
    return not {*levels} <= {*tally.clusters.get(group, levels)}


def unless_recurring(finding: Finding, unknown: bool) -> Finding:
    """Return a finding about rows, or that it cannot be told how many of them count as one."""
    if not unknown:
        return finding
    return replace(
        finding,
        state=State.UNDETERMINED,
        message=f"{finding.message} But people recur, and how often these do did not leave their site.",
        remedy=None,
        settle=f"How often people of '{finding.subject.get('level', '')}' recur, {ASK}.",
    )


def level_behind(group: str, level: str, n: float) -> Finding:
    """Say that of a level only its rows are known, so that it cannot be told whether they are enough."""
    return Finding(
        State.UNDETERMINED,
        {"group": group, "level": level},
        f"{group} '{level}': the outcomes of its {people(n)} rows did not leave their site, so that it is not known "
        "whether they are enough.",
        {"n": Measure(n, n=n)},
        settle=f"The outcomes of '{level}', {ASK}.",
    )


def groups_behind(tally: Tally, group: str) -> Iterator[Finding]:
    """Yield that there may be groups of so few rows that not even their number left its site."""
    if tally.left_out:
        yield Finding(
            State.UNDETERMINED,
            {"group": group},
            f"{group}: groups with too few rows to leave their site are in no count, at most {people(tally.left_out)} "
            "rows in all.",
            settle=f"Which levels of '{group}' there are, {ASK}.",
        )


def outcomes_behind(tally: Tally) -> int:
    """Return the most rows of which the outcome did not leave its site."""
    return sum(int(frame[COUNT].sum()) for frame in list(tally.withheld.values())[:1]) + tally.left_out
