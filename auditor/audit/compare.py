"""Two audits side by side, or more in a row: findings that are new, lost or changed, and numbers that moved."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace

from auditor.audit.series import ordered, series
from auditor.errors import ArgumentError
from auditor.model import (
    Audit,
    Change,
    Comparison,
    Direction,
    Documentation,
    Finding,
    Level,
    Measure,
    Severity,
    Shift,
    State,
    Unit,
)
from auditor.reporter.showing import shown
from auditor.use.arguments import checked
from auditor.use.says import Says

# Worst last. The second audit is worse when its level is, or when a fault that counts appeared or grew.
# A selection of rules has no verdict, so that none of it is better or worse.
LEVELS = (Level.FIT, Level.FIT_WITH_CONDITIONS, Level.CANNOT_TELL, Level.UNFIT)
_FAULTS = (State.SHOWN_STRONG, State.SHOWN, State.BORDERLINE)
SAYS = Says(
    another="The two audits differ: {what}.",
    references="The two audits differ: the reference of {group} is {before:listed} in the first and {after:listed} in "
    "the second.",
    engines="The two audits differ: {before} and {after} counted them, which may cut numbers and sample rows "
    "differently.",
    not_run="Not run in the {audit}: {rules:each}.",
)

_Key = tuple[str, tuple[tuple[str, str], ...], int]


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
    return replace(_two(audits[-2], audits[-1], (row.names[-2], row.names[-1])), series=row)


def _two(before: Audit, after: Audit, names: tuple[str, str] | None) -> Comparison:
    old, new = _keyed(before), _keyed(after)
    both = _ran(before) & _ran(after)
    # What one of them did not examine has neither appeared nor disappeared.
    keys = [key for key in dict.fromkeys([*new, *old]) if key[0] in both]
    changed = {key: change for key in keys if (change := _change(key, old.get(key), new.get(key), before, after))}
    documentation = _documented(before, after)
    changes = sorted(changed.values(), key=lambda change: list(Direction).index(change.direction))
    levels = (before.verdict.level, after.verdict.level)
    rose, fell = _verdicts(*levels)
    # A verdict is not better because the disadvantaged group is no longer in the data.
    lost = any(
        change.direction is Direction.GONE and change.before in _FAULTS and "column" not in change.subject
        for change in changes
    )
    alike = before.dataset.rows == after.dataset.rows
    shifts = tuple(_shifts(old, new, changed, documentation, alike=alike))
    return Comparison(
        names or _titles(before, after),
        levels,
        tuple(changes),
        shifts,
        tuple(_notes(before, after)),
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


def _keyed(audit: Audit) -> dict[_Key, Finding]:
    """Return every finding by its rule and subject; of several with the same, by their place among them.

    The reference is no part of it: one person more may make another group the reference.
    """
    found: dict[_Key, Finding] = {}
    for result in audit.results:
        for finding in result.findings:
            about = tuple(sorted(item for item in finding.subject.items() if item[0] != "reference"))
            place = 0
            while (result.rule, about, place) in found:
                place += 1
            found[result.rule, about, place] = finding
    return found


def _change(key: _Key, was: Finding | None, now: Finding | None, before: Audit, after: Audit) -> Change | None:
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
    if now in _FAULTS and (was is None or _place(now) < _place(was)):
        return Direction.WORSE
    if was in _FAULTS and now not in (State.UNDETERMINED, State.NOT_RUN):
        return Direction.BETTER
    return Direction.OTHER


def _smaller(was: Finding, now: Finding, audit: Audit) -> bool:
    """Whether a number of a finding came nearer to its value without a fault, each beyond the other's interval.

    Numbers of people do not count: they are smaller where there are fewer rows.
    """
    documented = audit.documentation.get(now.rule, Documentation(now.rule, "")).measures
    return any(
        _beyond(was.measures.get(name), now.measures.get(name))
        and _nearer(of.ideal, was.measures.get(name), now.measures.get(name)) is Direction.BETTER
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


def _ran(audit: Audit) -> set[str]:
    return {result.rule for result in audit.results if result.state is not State.NOT_RUN}


def _reported(state: State | None) -> bool:
    """Whether a state can appear or disappear: clear and not run cannot."""
    return state is not None and state not in (State.CLEAR, State.NOT_RUN)


def _place(state: State) -> int:
    return list(State).index(state)


def _shifts(
    old: Mapping[_Key, Finding],
    new: Mapping[_Key, Finding],
    changed: Container[_Key],
    documentation: Mapping[str, Documentation],
    *,
    alike: bool,
) -> Iterator[Shift]:
    """Yield the numbers that moved beyond both intervals, the leading ones, and the first of each changed finding.

    `alike`: both audits have as many rows. Otherwise a number of people is smaller where there are fewer of them, which
    is neither better nor worse.
    """
    for key in dict.fromkeys([*new, *old]):
        was, now = (of[key].measures if key in of else {} for of in (old, new))
        names = dict.fromkeys([*now, *was])
        rule = documentation.get(key[0], Documentation(key[0], ""))
        ideals = {
            name: of.ideal
            for name, of in rule.measures.items()
            if of.ideal is not None and (alike or of.unit is not Unit.PEOPLE)
        }
        first = next((name for name in names if name in ideals), None) if key in changed else None
        for name in names:
            pair = was.get(name), now.get(name)
            beyond = _beyond(*pair)
            if beyond or ((name in rule.leading or name == first) and _any_value(pair)):
                yield Shift(key[0], dict(key[1]), name, *pair, beyond, _nearer(ideals.get(name), *pair))


def _nearer(ideal: float | None, was: Measure | None, now: Measure | None) -> Direction:
    """Return whether a number came nearer to its value without a fault; ratios are compared on the log scale.

    >>> _nearer(1, Measure(0.681), Measure(0.997)), _nearer(1, Measure(1.0), Measure(1.5))
    (<Direction.BETTER: 'better'>, <Direction.WORSE: 'worse'>)
    """
    if was is None or now is None or was.value is None or now.value is None or ideal is None:
        return Direction.OTHER
    if was.value == now.value:
        return Direction.SAME
    values = was.value, now.value
    if ideal == 1:
        first, second = (abs(math.log(value)) if value > 0 else math.inf for value in values)
    else:
        first, second = (abs(value - ideal) for value in values)
    return Direction.BETTER if second < first else Direction.WORSE if second > first else Direction.OTHER


def _any_value(pair: tuple[Measure | None, Measure | None]) -> bool:
    return any(measure is not None and measure.value is not None for measure in pair)


def _beyond(was: Measure | None, now: Measure | None) -> bool:
    """Whether each number lies outside the other's interval; a number without an interval is never beyond."""
    if was is None or now is None or was.value is None or now.value is None:
        return False
    bounds = (was.low, was.high, now.low, now.high)
    return None not in bounds and not (_within(now.value, was.low, was.high) or _within(was.value, now.low, now.high))


def _within(value: float, low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low <= value <= high


def _notes(before: Audit, after: Audit) -> Iterator[str]:
    """Yield notes on what makes two audits hard to compare."""
    for words, place in (
        ("they use different policies", "policy"),
        ("they have different outcomes", "label"),
        ("they have different groups", "groups"),
    ):
        if _of(before, place) != _of(after, place):
            yield SAYS("another", what=words)
    for group, (was, now) in _references(before, after).items():
        if was != now:
            yield SAYS("references", group=group, before=was, after=now)
    if Level.NOT_JUDGED in (before.verdict.level, after.verdict.level):
        yield "Verdicts are not compared, because a selection of rules gives no verdict."
    engines = before.provenance.engine, after.provenance.engine
    if engines[0] != engines[1]:
        yield SAYS("engines", before=engines[0], after=engines[1])
    ran = _ran(before), _ran(after)
    for only, where in ((ran[0] - ran[1], "second"), (ran[1] - ran[0], "first")):
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
