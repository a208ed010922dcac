"""Where a finding is in files: the line of the use-case file that it is about, else the data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.model import Audit, Finding, Result, State

ASKED = re.compile(r"\[(\w+)\](?: (\w+))?")  # "([features] strata in the use case)"
SHARES = ("REP001", "REP003", "REP005", "FIT001")  # rules that compare the groups with the stated population


@dataclass(frozen=True)
class Place:
    """A file and a line of it, from 1. `path` is relative to where the audit was made; None where nothing is a file."""

    path: str | None
    line: int = 1


def place(audit: Audit, result: Result, finding: Finding | None = None) -> Place:
    """Return where a finding is, or the result of a rule without one.

    A finding about a column that the use case names is at that name, one about any other column in the data. Others
    are at their group or at the outcome. What did not run or is inconclusive is at the key that would settle it.
    """
    files = audit.use_case.get("files") or {}
    use_case, data, lines = files.get("use_case"), files.get("data"), files.get("lines") or {}
    if not use_case:
        return Place(data or audit.dataset.name or None)
    subject: Mapping[str, str] = finding.subject if finding else {}
    column = subject.get("column")
    if column is not None and not _named(column, lines):
        return Place(data or audit.dataset.name or use_case)
    for key in _keys(result, finding, lines):
        if key in lines:
            return Place(use_case, lines[key])
    return Place(use_case)


def _keys(result: Result, finding: Finding | None, lines: Mapping[str, int]) -> Iterator[str]:
    """Yield what of the use case a finding may be about, the likeliest first."""
    subject: Mapping[str, str] = finding.subject if finding else {}
    state = finding.state if finding else result.state
    if state in (State.NOT_RUN, State.UNDETERMINED):
        text = " ".join(filter(None, (finding.settle, finding.message) if finding else (result.reason,)))
        for table, key in ASKED.findall(text):
            yield from (f"{table}.{key}", table)
    for name in (subject.get("column"), subject.get("group")):
        if name is not None:
            if result.rule in SHARES:
                yield f"population.{name}"
            yield from _named(name, lines)
    yield from ("label.column", "label", "groups.columns", "use")


def _named(column: str, lines: Mapping[str, int]) -> list[str]:
    """Return the keys of the use case that name a column, in the order of the file."""
    return [key for key in sorted(lines, key=lambda of: lines[of]) if key.partition("/")[2] == column]
