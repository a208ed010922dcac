"""What stayed behind at its site, for too few rows were in a cell (tallies with a least cell), and may hide there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from auditor.analyzers import states
from auditor.counts.tally import COUNT, Tally
from auditor.model import Finding, Measure
from auditor.use.says import Says, Sentence, together

SAYS = Says(
    ask="{what}, from where the rows are: a tally with a lower --min-cell, or of fewer or larger groups.",
    cannot_tell="Cannot tell:",
    columns="Cannot be told of {columns:listed}: not all that they hold left its site, for too few rows had it.",
    counts="The counts of {columns:listed}",
    rest="Counted without up to {rows_behind:people} rows of which the outcomes did not leave their site; the rest "
    "need not be like them.",
    recurring="People recur, and how often these do did not leave their site.",
    how_often="How often people of '{level}' recur",
    more="The outcomes of up to {rows_behind:people} more rows did not leave their site.",
    outcomes="The outcomes of '{level}'",
    level="{group} '{level}': the outcomes of its {n:people} rows did not leave their site, so that it is not known "
    "whether they are enough.",
    groups="{group}: groups with too few rows to leave their site are in no count, at most {rows_behind:people} rows "
    "in all.",
    which="Which levels of '{group}' there are",
    unplaced="it is not known whose values of {columns:listed} are missing: too few in a cell to leave their site, or "
    "not counted",
)


def asked(what: str) -> Sentence:
    """Say that something is asked for from where the rows are, as what would settle a finding."""
    return SAYS("ask", what=what)


def unplaced(columns: Sequence[str]) -> Sentence:
    """Say of columns, as the reason why a rule did not run, that it is not known whose values are missing."""
    return SAYS("unplaced", columns=columns)


def columns_behind(tally: Tally, known: Collection[str]) -> Iterator[Finding]:
    """Yield what cannot be told of columns, but for those `known` anyhow, of which not all values left their site."""
    yield from rest_behind(tally)
    names = [name for name in tally.behind if name not in known]
    if names:
        yield Finding(
            states.NOT_KNOWN,
            {"column": ", ".join(names)},
            SAYS("columns", columns=names),
            settle=asked(SAYS("counts", columns=names)),
        )


def rest_behind(tally: Tally) -> Iterator[Finding]:
    """Yield that what was found is about those only whose outcomes left their site."""
    if rows := outcomes_behind(tally):
        yield Finding(
            states.NOT_KNOWN,
            {"group": " · ".join(tally.roles.groups)},
            SAYS("rest", rows_behind=rows),
            settle=asked("The outcomes of the other rows"),
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
        message=together(finding.message, SAYS("cannot_tell"), why),
        said=None,
        remedy=None,
        settle=asked(what),
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
        return untold(finding, SAYS("recurring"), SAYS("how_often", level=levels[0]))
    rows = rows_behind(tally, group, *levels)
    if not finding.state.found or not rows or (needed is not None and rows < needed):
        return finding
    return untold(finding, SAYS("more", rows_behind=rows), SAYS("outcomes", level=levels[0]))


def level_behind(group: str, level: str, n: float) -> Finding:
    """Say that of a level only its rows are known, so that it cannot be told whether they are enough."""
    return Finding(
        states.NOT_KNOWN,
        {"group": group, "level": level},
        SAYS("level", group=group, level=level, n=n),
        {"n": Measure(n, n=n)},
        settle=asked(SAYS("outcomes", level=level)),
    )


def groups_behind(tally: Tally, group: str) -> Iterator[Finding]:
    """Yield that there may be groups of so few rows that not even their number left its site."""
    if tally.left_out:
        yield Finding(
            states.NOT_KNOWN,
            {"group": group},
            SAYS("groups", group=group, rows_behind=tally.left_out),
            settle=asked(SAYS("which", group=group)),
        )


def outcomes_behind(tally: Tally) -> int:
    """Return the most rows of which the outcome did not leave its site."""
    return sum(int(frame[COUNT].sum()) for frame in list(tally.withheld.values())[:1]) + tally.left_out
