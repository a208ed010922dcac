"""What is looked at in an audit: through its results and findings alone, as any user may read them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from auditor.model import Audit, Finding, Level, Measure, Result, State

from .design import Look

Truth = float | Callable[[Mapping[str, Any]], float]


def flagged(*codes: str, **subject: str) -> Look:
    """Whether any of these rules says that there is something: shown, or near the limit. None where none ran.

    To be used where nothing is true of what the rules look for: there "a difference is shown, within the limit" is as
    false as a finding.
    """
    return _worst(lambda state: state.found or state is State.BORDERLINE, codes, subject)


def shown(*codes: str, **subject: str) -> Look:
    """Whether any of these rules shows a fault. None where none ran."""
    return _worst(lambda state: state.found, codes, subject)


def cleared(*codes: str, **subject: str) -> Look:
    """Whether all that these rules say is that nothing is wrong. None where none ran."""
    return _worst(lambda state: state is State.CLEAR, codes, subject)


def _worst(asked: Callable[[State], bool], codes: Sequence[str], subject: Mapping[str, str]) -> Look:
    def look(audit: Audit) -> bool | None:
        states = [_state(result, subject) for code in codes if (result := _result(audit, code)) is not None]
        states = [state for state in states if state is not State.NOT_RUN]
        return asked(min(states, key=list(State).index)) if states else None

    return look


def _state(result: Result, subject: Mapping[str, str]) -> State:
    """Return the worst state of a result, or of its findings about a subject where there are any."""
    about = [finding.state for finding in result.findings if _is_about(finding.subject, subject)]
    if not subject or not about:
        return State.CLEAR if subject and result.findings and _found(result.state) else result.state
    return min(about, key=list(State).index)


def _found(state: State) -> bool:
    return state.found or state is State.BORDERLINE


def _is_about(of: Mapping[str, Any], subject: Mapping[str, str]) -> bool:
    return all(of.get(name) == value for name, value in subject.items())


def _result(audit: Audit, code: str) -> Result | None:
    return next((result for result in audit.results if result.rule == code), None)


def unfit(audit: Audit) -> bool:
    """Whether the verdict is "unfit"."""
    return audit.verdict.level is Level.UNFIT


def fit(audit: Audit) -> bool:
    """Whether the verdict is "fit", with or without conditions."""
    return audit.verdict.level in (Level.FIT, Level.FIT_WITH_CONDITIONS)


def covers(code: str, measure: str | Sequence[str], truth: Truth, **subject: str) -> Look:
    """Whether the intervals of a measure hold the truth, of all findings that have it; None where none has one.

    Args:
        code: The rule.
        measure: Its measure, or several names of which the first that is there counts.
        truth: The true value; or a function of a finding's subject, where it depends on it (nan: not asked of it).
        subject: What the findings must be about.
    """
    names = (measure,) if isinstance(measure, str) else measure

    def look(audit: Audit) -> bool | None:
        held = [
            _holds(number.low, number.high, _true(truth, finding.subject))
            for finding in audit.findings(code)
            if _is_about(finding.subject, subject) and (number := _number(finding, names)) is not None
        ]
        known = [one for one in held if one is not None]
        return all(known) if known else None

    return look


def covers_in_table(code: str, truth: Truth, bounds: tuple[str, str] = ("low", "high"), **row: str) -> Look:
    """Whether the intervals in the rows of a rule's table hold the truth: those whose columns are as in `row`."""

    def look(audit: Audit) -> bool | None:
        result = _result(audit, code)
        rows = [of for of in result.table if _is_about(of, row)] if result else []
        held = [_holds(of.get(bounds[0]), of.get(bounds[1]), _true(truth, of)) for of in rows]
        known = [one for one in held if one is not None]
        return all(known) if known else None

    return look


def _number(finding: Finding, names: Sequence[str]) -> Measure | None:
    return next((finding.measures[name] for name in names if name in finding.measures), None)


def _true(truth: Truth, of: Mapping[str, Any]) -> float:
    return truth(of) if callable(truth) else truth


def _holds(low: float | None, high: float | None, true: float) -> bool | None:
    """Return whether an interval holds a value; None where it has no bound at all, or nothing is asked."""
    if (low is None and high is None) or math.isnan(true):
        return None
    return (low is None or low <= true) and (high is None or true <= high)
