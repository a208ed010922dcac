"""From results and the stated use to the verdict: one pure function, never a score."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from auditor.model import Finding, Level, Result, Severity, State, Verdict
from auditor.usecase import UseCase

_Test = Callable[[Result, Finding], bool]


def severity_of(rule: str, use: UseCase, state: State = State.SHOWN) -> Severity:
    """Return what a finding of `rule` in `state` does to the verdict, from the policy, the decision and the label."""
    severity = use.policy.severity.get(rule, Severity.NOTE)
    automated = use.use.decision == "automated" and use.use.stakes == "high"
    if automated and state is State.SHOWN_STRONG and rule in use.policy.verdict.raised:
        severity = Severity.BLOCK
    if rule.startswith("OUT") and use.label.kind == "measured_outcome" and severity is Severity.BLOCK:
        severity = Severity.CONDITION
    if (use.use.decision == "research" or use.use.stakes == "low") and severity is Severity.BLOCK:
        severity = Severity.CONDITION
    return severity


def decide(results: Sequence[Result], use: UseCase) -> Verdict:
    """Judge the results: unfit, else cannot tell, else fit with conditions, else fit; the first that holds.

    Unfit: a blocking fault is shown, or a group that the use is for is absent. Cannot tell: a required rule did not
    run or left a group of the use undetermined, or any rule failed. Fit needs every required rule clear.
    """
    required = use.policy.verdict.required
    blocking = _codes(results, lambda result, finding: _severity(result, finding, use) is Severity.BLOCK)
    open_rules = [
        result.rule
        for result in results
        if result.failed
        or (
            result.rule in required
            and (result.state is State.NOT_RUN or any(_open(finding, use) for finding in result.findings))
        )
    ]
    missing = [rule for rule in required if rule not in {result.rule for result in results}]
    conditional = _codes(results, lambda result, finding: _severity(result, finding, use) is Severity.CONDITION)
    if blocking:
        level, because = Level.UNFIT, blocking
    elif open_rules or missing:
        level, because = Level.CANNOT_TELL, [*open_rules, *missing]
    elif conditional:
        level, because = Level.FIT_WITH_CONDITIONS, conditional
    else:
        level, because = Level.FIT, []
    return Verdict(
        level,
        tuple(because),
        conditions=_unique(_conditions(results, use)),
        to_settle=_unique(_to_settle(results, use)),
        not_checked=tuple(result.rule for result in results if result.state is State.NOT_RUN),
    )


def _severity(result: Result, finding: Finding, use: UseCase) -> Severity | None:
    """Return the severity of a finding that counts: shown, or borderline as a condition at most."""
    if finding.state.found:
        share = finding.measures.get("share")
        if result.rule == "REP001" and share is not None and share.value == 0:
            return Severity.BLOCK
        return severity_of(result.rule, use, finding.state)
    if finding.state is State.BORDERLINE and severity_of(result.rule, use) is not Severity.NOTE:
        return Severity.CONDITION
    return None


def _open(finding: Finding, use: UseCase) -> bool:
    """Whether a required rule left something open about a group that the stated use is for."""
    if finding.state not in (State.UNDETERMINED, State.NOT_RUN):
        return False
    stated = use.population.groups.get(finding.subject.get("group", ""))
    level = finding.subject.get("level")
    return stated is None or level is None or level in stated


def _codes(results: Iterable[Result], counts: _Test) -> list[str]:
    return [result.rule for result in results if any(counts(result, finding) for finding in result.findings)]


def _conditions(results: Iterable[Result], use: UseCase) -> Iterable[str]:
    for result in results:
        for finding in result.findings:
            if finding.remedy and _severity(result, finding, use) in (Severity.BLOCK, Severity.CONDITION):
                yield finding.remedy


def _to_settle(results: Iterable[Result], use: UseCase) -> Iterable[str]:
    for result in results:
        if result.failed:
            yield f"{result.rule} failed and must be mended: {result.reason}."
        elif result.state is State.NOT_RUN and result.rule in use.policy.verdict.required:
            yield f"{result.rule} {result.name} must be checked: {result.reason}."
        for finding in result.findings:
            if _open(finding, use):
                yield finding.settle or finding.message


def _unique(sentences: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(sentences))
