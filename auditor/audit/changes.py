"""The findings of two audits that differ: new, removed, better, worse, or changed otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from auditor.audit.shifts import Key, beyond, nearer
from auditor.model import (
    Audit,
    Change,
    Direction,
    Documentation,
    Finding,
    Severity,
    State,
    Unit,
)

FAULTS = (State.SHOWN_STRONG, State.SHOWN, State.BORDERLINE)


def keyed(audit: Audit) -> dict[Key, Finding]:
    """Return every finding by its rule and subject; of several with the same, by their place among them.

    The reference is no part of it: one person more may make another group the reference.
    """
    found: dict[Key, Finding] = {}
    for result in audit.results:
        for finding in result.findings:
            about = tuple(sorted(item for item in finding.subject.items() if item[0] != "reference"))
            place = 0
            while (result.rule, about, place) in found:
                place += 1
            found[result.rule, about, place] = finding
    return found


def change_of(key: Key, was: Finding | None, now: Finding | None, before: Audit, after: Audit) -> Change | None:
    """Return how a finding changed; None where its state is the same, or neither state is reported."""
    states = was.state if was else None, now.state if now else None
    shown = now or was
    if states[0] is states[1] or shown is None or not (_reported(states[0]) or _reported(states[1])):
        return None
    direction = _direction(*states)
    if was and now and states == (State.SHOWN_STRONG, State.SHOWN) and not _smaller(was, now, after):
        direction = Direction.OTHER  # weaker evidence, as of fewer rows, is no smaller fault
    if was is None and _only_in(after, before, shown.subject):
        direction = Direction.NEW
    if now is None and _only_in(before, after, shown.subject):
        direction = Direction.GONE
    rose = was is None or (now is not None and _place(now.state) < _place(was.state))
    return Change(
        key[0],
        dict(shown.subject),
        *states,
        shown.message,
        worse=bool(now and now.state.found and rose and _counts(after, key[0]) and not now.waiver),
        better=bool(
            direction is Direction.BETTER and was and was.state.found and _counts(before, key[0]) and not was.waiver
        ),
        direction=direction,
    )


def _direction(was: State | None, now: State | None) -> Direction:
    """Return whether a fault grew or shrank; one that became inconclusive, or no longer is, did neither."""
    if now in FAULTS and (was is None or _place(now) < _place(was)):
        return Direction.WORSE
    if was in FAULTS and now not in (State.UNDETERMINED, State.NOT_RUN):
        return Direction.BETTER
    return Direction.OTHER


def _smaller(was: Finding, now: Finding, audit: Audit) -> bool:
    """Whether a number of a finding came nearer to its value without a fault, each beyond the other's interval.

    Numbers of people do not count: they are smaller where there are fewer rows.
    """
    documented = audit.documentation.get(now.rule, Documentation(now.rule, "")).measures
    return any(
        beyond(was.measures.get(name), now.measures.get(name))
        and nearer(of.ideal, was.measures.get(name), now.measures.get(name)) is Direction.BETTER
        for name, of in documented.items()
        if of.unit is not Unit.PEOPLE
    )


def _counts(audit: Audit, rule: str) -> bool:
    return next(result.severity for result in audit.results if result.rule == rule) is not Severity.NOTE


def _only_in(known: Audit, other: Audit, subject: Mapping[str, str]) -> bool:
    """Whether only the first of two audits has the column, or the group, that a finding is about."""
    if "column" in subject:
        columns = [{column.name for column in audit.dataset.columns} for audit in (known, other)]
        if subject["column"] in columns[0] - columns[1]:
            return True
    if "level" not in subject or "group" not in subject:
        return False
    about = subject["group"], subject["level"]
    return about in _levels(known) and about not in _levels(other)


def _levels(audit: Audit) -> set[tuple[str, str]]:
    """Return group column and level of every group that an audit mentions."""
    known = (*(finding.subject for finding in audit.findings()), *(row for of in audit.results for row in of.table))
    return {
        (about["group"], about[key])
        for about in known
        for key in ("level", "reference")
        if isinstance(about.get("group"), str) and isinstance(about.get(key), str)
    }


def _reported(state: State | None) -> bool:
    """Whether a state can appear or disappear: clear and not run cannot."""
    return state is not None and state not in (State.CLEAR, State.NOT_RUN)


def _place(state: State) -> int:
    return list(State).index(state)
