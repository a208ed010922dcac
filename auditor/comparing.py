"""Two audits side by side: what appeared, went or changed its state, and which numbers moved beyond their intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.model import Audit, Change, Comparison, Finding, Level, Measure, Severity, Shift, State

# Worst last. The second audit is worse when its level is, or when a fault that counts appeared or grew.
LEVELS = (Level.FIT, Level.FIT_WITH_CONDITIONS, Level.CANNOT_TELL, Level.UNFIT)
# Numbers that stand side by side whether they moved or not: they answer what a change was made for.
LEADING = (
    ("PRX002", "auc"),
    ("PRX003", "auc"),
    ("TXT003", "auc"),
    ("TXT004", "auc"),
    ("TXT003", "blind_gap"),
    ("MDL001", "blind_gap"),
    ("MDL001", "impact_ratio"),
    ("OUT001", "impact_ratio"),
)

_Key = tuple[str, tuple[tuple[str, str], ...], int]


def compare(before: Audit, after: Audit, names: tuple[str, str] | None = None) -> Comparison:
    """Set an audit beside an earlier one, or one of the same data as they were."""
    changes = tuple(_changes(before, after))
    levels = (before.verdict.level, after.verdict.level)
    worse = LEVELS.index(levels[1]) > LEVELS.index(levels[0]) or any(change.worse for change in changes)
    titles = names or _titles(before, after)
    return Comparison(titles, levels, changes, tuple(_shifts(before, after)), tuple(_notes(before, after)), worse)


def _titles(before: Audit, after: Audit) -> tuple[str, str]:
    """Name two audits by their data, or by when they were made where the data have one name."""
    names = before.dataset.name, after.dataset.name
    if names[0] != names[1]:
        return names
    made = before.provenance.created, after.provenance.created
    return (f"before ({made[0] or 'undated'})", f"after ({made[1] or 'undated'})")


def _keyed(audit: Audit) -> dict[_Key, Finding]:
    """Return every finding by its rule and subject; of several with the same, by their place among them.

    Whom a group is held against is no part of it: one person more may make another group the reference.
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


def _changes(before: Audit, after: Audit) -> Iterator[Change]:
    old, new = _keyed(before), _keyed(after)
    counts = {result.rule for result in after.results if result.severity is not Severity.NOTE}
    both = _ran(before) & _ran(after)
    for key in dict.fromkeys([*new, *old]):
        if key[0] not in both:  # what one of them did not look for has neither appeared nor gone
            continue
        was, now = old.get(key), new.get(key)
        states = was.state if was else None, now.state if now else None
        shown = now or was
        if states[0] is states[1] or shown is None or not (_said(states[0]) or _said(states[1])):
            continue
        grew = states[0] is None or (now is not None and _place(now.state) < _place(states[0]))
        worse = bool(now and now.state.found and grew and key[0] in counts and not now.waiver)
        yield Change(key[0], dict(shown.subject), states[0], states[1], shown.message, worse)


def _ran(audit: Audit) -> set[str]:
    return {result.rule for result in audit.results if result.state is not State.NOT_RUN}


def _said(state: State | None) -> bool:
    """Whether a state can appear or go: that something is clear, or was not looked at, cannot."""
    return state is not None and state not in (State.CLEAR, State.NOT_RUN)


def _place(state: State) -> int:
    return list(State).index(state)


def _shifts(before: Audit, after: Audit) -> Iterator[Shift]:
    old, new = _keyed(before), _keyed(after)
    for key in dict.fromkeys([*new, *old]):
        was, now = (of[key].measures if key in of else {} for of in (old, new))
        for name in dict.fromkeys([*now, *was]):
            pair = was.get(name), now.get(name)
            beyond = _beyond(*pair)
            if beyond or ((key[0], name) in LEADING and _any_value(pair)):
                yield Shift(key[0], dict(key[1]), name, *pair, beyond)


def _any_value(pair: tuple[Measure | None, Measure | None]) -> bool:
    return any(measure is not None and measure.value is not None for measure in pair)


def _beyond(was: Measure | None, now: Measure | None) -> bool:
    """Whether each number lies outside the other's interval; what has no interval is exact, or cannot be told apart."""
    if was is None or now is None or was.value is None or now.value is None:
        return False
    bounds = (was.low, was.high, now.low, now.high)
    return None not in bounds and not (_within(now.value, was.low, was.high) or _within(was.value, now.low, now.high))


def _within(value: float, low: float | None, high: float | None) -> bool:
    return low is not None and high is not None and low <= value <= high


def _notes(before: Audit, after: Audit) -> Iterator[str]:
    """Say what makes two audits hard to hold against each other."""
    for words, place in (
        ("rules were run against another policy", "policy"),
        ("the outcome is another", "label"),
        ("the groups are others", "groups"),
    ):
        if _of(before, place) != _of(after, place):
            yield f"Mind the difference of the two: {words}."
    engines = before.provenance.engine, after.provenance.engine
    if engines[0] != engines[1]:
        yield (
            f"Mind the difference of the two: they were counted by {engines[0]} and by {engines[1]}, which may cut "
            "numbers, and sample rows, at other places."
        )
    ran = _ran(before), _ran(after)
    for only, where in ((ran[0] - ran[1], "second"), (ran[1] - ran[0], "first")):
        if only:
            yield f"Not run in the {where}: {', '.join(sorted(only))}."


def _of(audit: Audit, place: str) -> object:
    part: Mapping[str, object] = audit.use_case.get(place) or {}
    if place == "policy":
        return part.get("name")
    return part.get("columns") if place == "groups" else (part.get("column"), part.get("positive"))
