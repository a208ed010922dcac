"""What stayed behind at its site, for too few rows were in a cell (tallies with a least cell), and may hide there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from auditor.analyzers import states
from auditor.counts.tally import COUNT, Tally
from auditor.format import listed, people
from auditor.model import Finding, Measure

ASK = "from where the rows are: a tally with a lower --min-cell, or of fewer or larger groups"


def columns_behind(tally: Tally, known: Collection[str]) -> Iterator[Finding]:
    """Yield what cannot be told of columns, but for those `known` anyhow, of which not all values left their site."""
    yield from rest_behind(tally)
    names = [name for name in tally.behind if name not in known]
    if names:
        yield Finding(
            states.NOT_KNOWN,
            {"column": ", ".join(names)},
            f"Cannot be told of {listed(names)}: not all that they hold left its site, for too few rows had it.",
            settle=f"The counts of {listed(names)}, {ASK}.",
        )


def rest_behind(tally: Tally) -> Iterator[Finding]:
    """Yield that what was found is about those only whose outcomes left their site."""
    if rows := outcomes_behind(tally):
        yield Finding(
            states.NOT_KNOWN,
            {"group": " · ".join(tally.roles.groups)},
            f"Counted without up to {people(rows)} rows of which the outcomes did not leave their site; the rest need "
            "not be like them.",
            settle=f"The outcomes of the other rows, {ASK}.",
        )


def rows_behind(tally: Tally, group: str, *levels: str) -> int:
    """Return the most rows of these levels of which the outcome is not known here."""
    told = tally.outcomes_withheld(group)
    return max(told.get(level, 0) for level in levels) + tally.left_out


def untold(finding: Finding, why: str, what: str) -> Finding:
    """Return a finding as one that cannot be told, with the reason, and what would settle it."""
    return replace(
        finding,
        state=states.NOT_KNOWN,
        message=f"{finding.message} Cannot tell: {why}",
        said=None,
        remedy=None,
        settle=f"{what}, {ASK}.",
        needs=(),
    )


def recurring_behind(tally: Tally, group: str, *levels: str) -> bool:
    """Whether people recur, and how often those of one of these levels do is not known here."""
    return not {*levels} <= {*tally.clusters.get(group, levels)}


def size_as_known(finding: Finding, tally: Tally, group: str, *levels: str, needed: float | None = None) -> Finding:
    """Return a finding about the rows of some levels, the first its own, or that it cannot be told.

    That is where how many of their rows count as one is not known, or where it says that they are too few and more
    rows may be there; of `needed` more, where they are as many.
    """
    if recurring_behind(tally, group, *levels):
        why = "People recur, and how often these do did not leave their site."
        return untold(finding, why, f"How often people of '{levels[0]}' recur")
    rows = rows_behind(tally, group, *levels)
    if not finding.state.found or not rows or (needed is not None and rows < needed):
        return finding
    why = f"The outcomes of up to {people(rows)} more rows did not leave their site."
    return untold(finding, why, f"The outcomes of '{levels[0]}'")


def level_behind(group: str, level: str, n: float) -> Finding:
    """Say that of a level only its rows are known, so that it cannot be told whether they are enough."""
    return Finding(
        states.NOT_KNOWN,
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
            states.NOT_KNOWN,
            {"group": group},
            f"{group}: groups with too few rows to leave their site are in no count, at most {people(tally.left_out)} "
            "rows in all.",
            settle=f"Which levels of '{group}' there are, {ASK}.",
        )


def outcomes_behind(tally: Tally) -> int:
    """Return the most rows of which the outcome did not leave its site."""
    return sum(int(frame[COUNT].sum()) for frame in list(tally.withheld.values())[:1]) + tally.left_out
