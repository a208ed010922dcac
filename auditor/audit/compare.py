"""Two audits side by side, or more in a row: findings that are new, lost or changed, and numbers that moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from auditor.audit.changes import FAULTS, change_of, keyed
from auditor.audit.series import ordered, series
from auditor.audit.shifts import shifts_of
from auditor.errors import ArgumentError
from auditor.model import (
    Audit,
    Comparison,
    Direction,
    Documentation,
    Level,
    State,
)
from auditor.reporter.showing import shown
from auditor.use.arguments import checked
from auditor.use.says import Says

OF_SEVERAL = ("last but one", "last")  # what the two are called that are set side by side
# Worst last. The second audit is worse when its level is, or when a fault that counts appeared or grew.
# A selection of rules has no verdict, so that none of it is better or worse.
LEVELS = (Level.FIT, Level.FIT_WITH_CONDITIONS, Level.CANNOT_TELL, Level.UNFIT)
SAYS = Says(
    another="The two audits differ: {what}.",
    references="The two audits differ: the reference of {group} is {before:listed} in the {one} and {after:listed} in "
    "the {other}.",
    engines="The two audits differ: {before} and {after} counted them, which may cut numbers and sample rows "
    "differently.",
    not_run="Not run in the {audit}: {rules:each}.",
)


@checked
def compare(
    before: Audit, after: Audit, *more: Audit, names: Sequence[str] | None = None, order: str = "given"
) -> Comparison:
    """Set an audit beside an earlier one, or several in a row.

    Of more than two, the last is set beside the one before it, and `series` has the numbers of all of them.

    Args:
        before: An audit.
        after: A later audit, or one of the same data without what was left out.
        more: Audits that are later still.
        names: What to call them, one each; by default by their data, periods or dates.
        order: "given", or "period" or "made", to order them by their stated period or by when they were made.

    Raises:
        ArgumentError: There are not as many names as audits, or an audit lacks what decides the order.
    """
    audits = [shown(audit) for audit in (before, after, *more)]
    if names is not None and len(names) != len(audits):
        raise ArgumentError(f"names has {len(names)} texts for {len(audits)} audits; it must have one for each")
    places = ordered(audits, order)
    audits = [audits[place] for place in places]
    called = None if names is None else [names[place] for place in places]
    if len(audits) == 2:
        return _two(audits[0], audits[1], (called[0], called[1]) if called else None)
    row = series(audits, called, order)
    return replace(_two(audits[-2], audits[-1], (row.names[-2], row.names[-1]), OF_SEVERAL), series=row)


def _two(
    before: Audit, after: Audit, names: tuple[str, str] | None, called: tuple[str, str] = ("first", "second")
) -> Comparison:
    old, new = keyed(before), keyed(after)
    both = _ran(before) & _ran(after)
    # What one of them did not examine has neither appeared nor disappeared.
    keys = [key for key in dict.fromkeys([*new, *old]) if key[0] in both]
    changed = {key: change for key in keys if (change := change_of(key, old.get(key), new.get(key), before, after))}
    documentation = _documented(before, after)
    changes = sorted(changed.values(), key=lambda change: list(Direction).index(change.direction))
    levels = (before.verdict.level, after.verdict.level)
    rose, fell = _verdicts(*levels)
    # A verdict is not better because the disadvantaged group is no longer in the data.
    lost = any(
        change.direction is Direction.GONE and change.before in FAULTS and "column" not in change.subject
        for change in changes
    )
    alike = before.dataset.rows == after.dataset.rows
    shifts = tuple(shifts_of(old, new, changed, documentation, alike=alike))
    return Comparison(
        names or _titles(before, after),
        levels,
        tuple(changes),
        shifts,
        tuple(_notes(before, after, *called)),
        worse=fell or any(change.worse for change in changes),
        better=(rose and not lost) or any(change.better for change in changes),
        unchanged=sum(key in old and key in new and old[key].state is new[key].state for key in keys),
        documentation={code: of for code, of in documentation.items() if any(shift.rule == code for shift in shifts)},
    )


def _documented(before: Audit, after: Audit) -> dict[str, Documentation]:
    """Return how the rules describe themselves; for audits that were saved without that, how they do so today."""
    known: dict[str, Documentation] = {}
    if not (before.documentation and after.documentation):
        from auditor.analyzers.catalog import all_rules

        known = {code: rule.documentation for code, rule in all_rules().items()}
    return {**known, **before.documentation, **after.documentation}


def _verdicts(was: Level, now: Level) -> tuple[bool, bool]:
    """Return whether the verdict is better, and whether it is worse; one that became inconclusive is not better."""
    if was not in LEVELS or now not in LEVELS:
        return False, False
    places = LEVELS.index(was), LEVELS.index(now)
    return places[1] < places[0] and now is not Level.CANNOT_TELL, places[1] > places[0]


def _titles(before: Audit, after: Audit) -> tuple[str, str]:
    """Name two audits by their data, or by when they were made where the data have one name."""
    names = before.dataset.name, after.dataset.name
    if names[0] != names[1]:
        return names
    made = before.provenance.created, after.provenance.created
    return (f"before ({made[0] or 'undated'})", f"after ({made[1] or 'undated'})")


def _ran(audit: Audit) -> set[str]:
    return {result.rule for result in audit.results if result.state is not State.NOT_RUN}


def _notes(before: Audit, after: Audit, one: str, other: str) -> Iterator[str]:
    """Yield notes on what makes two audits hard to compare, which are called the `one` and the `other`."""
    for words, place in (
        ("they use different policies", "policy"),
        ("they have different outcomes", "label"),
        ("they have different groups", "groups"),
    ):
        if _of(before, place) != _of(after, place):
            yield SAYS("another", what=words)
    for group, (was, now) in _references(before, after).items():
        if was != now:
            yield SAYS("references", group=group, before=was, after=now, one=one, other=other)
    if Level.NOT_JUDGED in (before.verdict.level, after.verdict.level):
        yield "Verdicts are not compared, because a selection of rules gives no verdict."
    engines = before.provenance.engine, after.provenance.engine
    if engines[0] != engines[1]:
        yield SAYS("engines", before=engines[0], after=engines[1])
    ran = _ran(before), _ran(after)
    for only, where in ((ran[0] - ran[1], other), (ran[1] - ran[0], one)):
        if only:
            yield SAYS("not_run", audit=where, rules=sorted(only))


def _references(before: Audit, after: Audit) -> dict[str, tuple[list[str], list[str]]]:
    """Return, for each group of both, its references in either."""
    held: list[dict[str, dict[str, None]]] = [{}, {}]
    for of, audit in zip(held, (before, after), strict=True):
        for finding in (of for result in audit.results if result.rule == "OUT001" for of in result.findings):
            if "group" in finding.subject and "reference" in finding.subject:
                of.setdefault(finding.subject["group"], {})[finding.subject["reference"]] = None
    return {group: (list(held[0][group]), list(held[1][group])) for group in held[0] if group in held[1]}


def _of(audit: Audit, place: str) -> object:
    part: Mapping[str, object] = audit.use_case.get(place) or {}
    if place == "policy":
        return part.get("name")
    return part.get("columns") if place == "groups" else (part.get("column"), part.get("positive"))
