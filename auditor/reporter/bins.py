"""The bin of each finding in a report: six bins, always the same and in the same order, each with its count."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from auditor.model import Audit, Finding, Result, Severity, State
from auditor.reporter.published import is_published


class Bin(StrEnum):
    """What a finding asks of its reader, most urgent first."""

    BLOCKING = "blocking"
    RESOLVE = "resolve"
    INFORMATION = "information"
    INCONCLUSIVE = "inconclusive"
    PASSED = "passed"
    NOT_RUN = "not-run"

    @property
    def words(self) -> str:
        """The title of the bin."""
        return _TITLES[self]

    @property
    def counted(self) -> str:
        """The words that follow a number of findings: "2 to resolve"."""
        return _COUNTED[self]


_TITLES = {
    Bin.BLOCKING: "Blocking",
    Bin.RESOLVE: "Must be resolved",
    Bin.INFORMATION: "For information",
    Bin.INCONCLUSIVE: "Inconclusive",
    Bin.PASSED: "Checks passed",
    Bin.NOT_RUN: "Not run",
}
_COUNTED = {
    Bin.BLOCKING: "blocking",
    Bin.RESOLVE: "to resolve",
    Bin.INFORMATION: "for information",
    Bin.INCONCLUSIVE: "inconclusive",
    Bin.PASSED: "passed",
    Bin.NOT_RUN: "not run",
}
_OF_SEVERITY = {Severity.BLOCK: Bin.BLOCKING, Severity.CONDITION: Bin.RESOLVE, Severity.NOTE: Bin.INFORMATION}
SEVERITIES = {severity: _TITLES[bin_] for severity, bin_ in _OF_SEVERITY.items()}
RESULTS = {
    State.SHOWN_STRONG: "Found (strong evidence)",
    State.SHOWN: "Found",
    State.BORDERLINE: "Near the threshold",
    State.UNDETERMINED: "Inconclusive",
    State.CLEAR: "No issue found",
    State.NOT_RUN: "Not run",
}
DESCRIPTIVE = frozenset({"ADJ002"})  # rules whose numbers have no threshold: a gap in parts is no check passed


@dataclass(frozen=True)
class Judged:
    """A rule's findings of one bin; a check that passed or did not run may have none."""

    result: Result
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Coverage:
    """How many checks ran, of all; `inconclusive` of these could not decide, `not_run` did not run.

    `partly` is how many others left something open beside what they decided.
    """

    ran: int
    checks: int
    inconclusive: int
    not_run: int
    by_bin: dict[Bin, int] = field(default_factory=dict)
    partly: int = 0


def label(result: Result, finding: Finding) -> str:
    """Return what became of a finding, in words."""
    described = result.rule in DESCRIPTIVE and finding.state is State.CLEAR
    return "Described" if described else RESULTS[finding.state]


def bin_of(result: Result, finding: Finding) -> Bin:
    """Return the bin of a finding; of an audit saved before findings had a severity, by that of its rule."""
    if finding.state is State.NOT_RUN:
        return Bin.NOT_RUN
    if finding.state is State.UNDETERMINED:
        return Bin.INCONCLUSIVE
    if finding.state is State.CLEAR:
        return Bin.INFORMATION if result.rule in DESCRIPTIVE else Bin.PASSED
    if not finding.id:
        severity = result.severity
        near = finding.state is State.BORDERLINE and severity is Severity.BLOCK
        return _OF_SEVERITY[Severity.CONDITION if near else severity]
    return _OF_SEVERITY[finding.severity or Severity.NOTE]


def anchor(result: Result, finding: Finding) -> str:
    """Return the anchor of a finding in a page; without an id, as in older saved audits, it is made from its place."""
    return finding.id or f"{result.rule.lower()}-{result.findings.index(finding) + 1}"


def binned(audit: Audit) -> dict[Bin, list[Judged]]:
    """Return each bin's findings by rule, in the order of the results; strongest evidence first within a rule."""
    found: dict[Bin, list[Judged]] = {each: [] for each in Bin}
    for result in audit.results:
        if is_published(result):  # nothing in it is judged
            continue
        for bin_, findings in _split(result):
            found[bin_].append(Judged(result, tuple(sorted(findings, key=lambda of: list(State).index(of.state)))))
    return found


def _split(result: Result) -> Iterator[tuple[Bin, list[Finding]]]:
    parts: dict[Bin, list[Finding]] = {}
    for finding in result.findings:
        parts.setdefault(bin_of(result, finding), []).append(finding)
    if not parts:
        parts[Bin.NOT_RUN if result.state is State.NOT_RUN else Bin.PASSED] = []
    elif result.state is State.NOT_RUN and result.reason and Bin.NOT_RUN not in parts:
        parts[Bin.NOT_RUN] = []
    yield from parts.items()


def failing_level(audit: Audit) -> str:
    """Return the level of the verdict that decides what fails; a selection that finds something has conditions."""
    level = str(audit.verdict.level)
    return "fit_with_conditions" if level == "not_judged" and audit.verdict.because else level


def coverage(audit: Audit) -> Coverage:
    """Count the checks that ran, and the findings of each bin; checks passed and not run are counted as checks."""
    not_run = sum(result.state is State.NOT_RUN for result in audit.results)
    inconclusive = sum(result.state is State.UNDETERMINED for result in audit.results)
    parts = binned(audit)
    partly = sum(of.result.state is not State.UNDETERMINED for of in parts[Bin.INCONCLUSIVE])
    by_bin = {each: sum(len(of.findings) for of in parts[each]) for each in Bin}
    by_bin[Bin.PASSED] = sum(result.state is State.CLEAR and result.rule not in DESCRIPTIVE for result in audit.results)
    by_bin[Bin.NOT_RUN] = not_run
    return Coverage(len(audit.results) - not_run, len(audit.results), inconclusive, not_run, by_bin, partly)
