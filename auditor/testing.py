"""Assertions for tests of data: a failed one prints the verdict, its reasons, and what to do.

from auditor.testing import assert_fit, assert_no

def test_the_training_data() -> None:
    audit = assert_fit("applicants.csv", use_case="use_case.toml")
    assert_no(audit, "OUT001", "proxy-feature")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Unpack

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.audit.options import CheckOptions
    from auditor.model import Audit, Result
    from auditor.use.usecase import UseCase

MOST = 10  # lines below one title


def assert_fit(
    data: object,
    *,
    use_case: UseCase | str | Path | None = None,
    conditions: bool = True,
    **options: Unpack[CheckOptions],
) -> Audit:
    """Audit data as `auditor.check` does, and fail unless they are fit for the stated use.

    Args:
        data: What `auditor.check` takes, or an audit that was made before.
        use_case: As for `auditor.check`.
        conditions: Whether "fit with conditions" passes too. An inconclusive audit never does.
        options: As for `auditor.check`. A selection of rules (`only`, `skip`) has no verdict, and does not pass.

    Returns:
        The audit.

    Raises:
        AssertionError: The data are not fit; its message has a line for each reason.
        AuditError: The data, the use or an option is wrong.
    """
    __tracebackhide__ = True  # pytest shows the line of the test instead
    from auditor.audit.check import check
    from auditor.errors import ArgumentError
    from auditor.model import Audit, Level

    if not isinstance(data, Audit):
        audit = check(data, use_case=use_case, **options)
    elif use_case is not None or options:
        raise ArgumentError("an audit that was made before takes no use case and no options")
    else:
        audit = data
    passing = {Level.FIT, Level.FIT_WITH_CONDITIONS} if conditions else {Level.FIT}
    if audit.verdict.level not in passing:
        raise AssertionError("\n".join(_verdict(audit)))
    return audit


def assert_no(audit: Audit, *rules: str, strict: bool = True) -> None:
    """Fail where a rule finds a fault, or is not clear of it.

    Args:
        audit: The audit.
        rules: Codes or names of rules (`OUT001`, `outcome-gap`), or families of them (`PRX`).
        strict: Whether a rule that did not run, is inconclusive or near its threshold fails too. With False only what
            is found fails. A finding that somebody accepts (`[[accept]]` in the use case) passes.

    Raises:
        AssertionError: A rule is not clear; its message has a line for each finding.
        AuditError: A rule is not known, or the audit has no result of it.
    """
    __tracebackhide__ = True
    from auditor.reporter.showing import shown

    codes = _codes(audit, rules)
    audit = shown(audit)
    lines = [line for result in audit.results if result.rule in codes for line in _faults(result, strict)]
    if lines:
        raise AssertionError("\n".join([f"{audit.dataset.name}: not clear of {', '.join(rules)}", *lines]))


def _codes(audit: Audit, names: Iterable[str]) -> set[str]:
    """Return the codes of rules and families of an audit; AuditError for what is not known."""
    from auditor.analyzers.catalog import family, selected
    from auditor.errors import ArgumentError, AuditError

    there = {
        result.rule: {result.rule.lower(), result.name.lower(), family(result.rule).lower()} for result in audit.results
    }
    codes: set[str] = set()
    for name in names:
        if not isinstance(name, str):
            raise ArgumentError(f"a rule is named by a text, such as 'OUT001'; got {type(name).__name__}")
        own = {code for code, called in there.items() if name.lower() in called} or selected((name,))
        if missing := sorted(own - set(there)):
            raise AuditError(f"the audit has no result of {', '.join(missing)}; make it again with this version")
        codes |= own
    if not codes:
        raise ArgumentError("name one rule or more, such as 'OUT001'")
    return codes


def _faults(result: Result, strict: bool) -> Iterator[str]:
    """Yield a paragraph for the rule, and a line for each of its findings that does not pass."""
    from auditor.format import printable
    from auditor.model import State
    from auditor.reporter.answer import headline
    from auditor.reporter.bins import RESULTS

    failing = {State.SHOWN_STRONG, State.SHOWN}
    if strict:
        failing |= {State.BORDERLINE, State.UNDETERMINED, State.NOT_RUN}
    findings = [of for of in result.findings if of.state in failing and not of.waiver]
    lines = []
    for of in findings:
        lines.append(f"{RESULTS[of.state]}: {headline(of)}")
        if todo := of.remedy or of.settle:
            lines.append(f"  To do: {todo}")
    if strict and result.state is State.NOT_RUN and not findings:
        lines = [f"{RESULTS[State.NOT_RUN]}: {result.reason or 'there is nothing to check'}"]
    if lines:
        yield f"\n{result.rule} {result.name}:"
        yield from (f"  {printable(line)}" for line in lines[: 2 * MOST])
        if len(lines) > 2 * MOST:
            yield f"  and more: {len(findings)} findings in all"


def _verdict(audit: Audit) -> Iterator[str]:
    """Yield the first screen of the report as plain lines."""
    from auditor.format import listed, printable
    from auditor.reporter import answer, view
    from auditor.reporter.showing import shown

    audit = shown(audit)
    words, meaning = answer.verdict(audit)
    yield printable(f"{words}: {audit.dataset.name}")
    yield printable(f"Use: {answer.use(audit)}")
    yield meaning
    reasons = [f"{of.text} ({of.code})" for of in answer.reasons(audit)]
    actions = [f"{of.what}: {listed(of.applies)} ({of.owner})" for of in audit.verdict.actions]
    blocks = (
        ("Main reasons", reasons),
        ("Required actions", actions),
        (view.SETTLE[audit.verdict.level], list(audit.verdict.to_settle)),
    )
    for title, items in blocks:
        if items:
            yield f"\n{title}:"
            yield from (f"  - {printable(' '.join(item.split()))}" for item in items[:MOST])
            if len(items) > MOST:
                yield f"  - and {len(items) - MOST} more"
    yield f"\n{answer.covered(audit)}"
