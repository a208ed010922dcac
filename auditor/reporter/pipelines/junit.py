"""The audit as JUnit XML, as Jenkins, GitLab and others read it: a test case per check."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from auditor.format import printable, without_flags
from auditor.model import Audit, Finding, Result, Severity, State
from auditor.reporter import answer
from auditor.reporter.bins import RESULTS, SEVERITIES, Bin, bin_of, failing_level
from auditor.reporter.published import is_published
from auditor.reporter.showing import shown

MOST = 20  # findings of a check that are listed
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, production 2


def render(audit: Audit) -> str:
    """Return the audit as one suite of JUnit XML.

    A check fails where something is found that blocks the use or must be resolved. It is skipped, with the reason,
    where it is inconclusive, near the threshold or did not run, and is an error where it crashed. What is found for
    information alone is in the output of a case that passes.

    Where levels that fail were stated (--fail-on), checks fail if and only if the verdict has such a level: those
    whose findings have that effect on it, and those that it rests on. With the level "worse" those fail that are worse
    than in the audit before. What is found otherwise is skipped.
    """
    audit = shown(audit)
    suite = ET.Element("testsuite", name=_clean(audit.dataset.name) or "data")
    words, _ = answer.verdict(audit)
    properties = ET.SubElement(suite, "properties")
    facts = {
        "verdict": words,
        "use": answer.use(audit),
        "coverage": answer.covered(audit),
        "report": answer.report_id(audit),
        "version": audit.provenance.version,
    }
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    for result in audit.results:
        suite.append(_case(audit, result))
    for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("tests", str(len(audit.results)))
    if moment := _moment(audit.provenance.created):
        suite.set("timestamp", moment)
    counts = {name: suite.get(name, "0") for name in ("tests", "failures", "errors")}
    root = ET.Element("testsuites", {"name": "dataudit", **counts})
    root.append(suite)
    ET.indent(root, " ")
    text = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _case(audit: Audit, result: Result) -> ET.Element:
    case = ET.Element("testcase", name=_clean(f"{result.rule} {result.name}"), classname="dataudit")
    if is_published(result):
        _add(case, "system-out", "Counts and ratios that the policy asks to publish; nothing in them is judged.")
        return case
    if result.failed:
        _add(case, "error", result.reason or "", message="the check crashed", type="error")
        return case
    found = [of for of in result.findings if of.state.found]
    counted = [of for of in found if bin_of(result, of) in (Bin.BLOCKING, Bin.RESOLVE) and not of.waiver]
    fails = _failing(audit)
    if fails is not None and not (
        result.rule in fails.rules or any(bin_of(result, of) in fails.bins for of in counted)
    ):
        tolerated, counted = counted, []
    else:
        tolerated = []
    open_ = [of for of in result.findings if of.state in (State.BORDERLINE, State.UNDETERMINED, State.NOT_RUN)]
    if counted:
        blocking = any(bin_of(result, of) is Bin.BLOCKING for of in counted)
        title = SEVERITIES[Severity.BLOCK if blocking else Severity.CONDITION]
        _add(case, "failure", _lines(counted), message=f"{title}: {answer.headline(counted[0])}", type=title)
    elif tolerated:
        title = RESULTS[tolerated[0].state]
        _add(case, "skipped", _lines(tolerated), message=f"{title}: {answer.headline(tolerated[0])}", type=title)
    elif fails is not None and result.rule in fails.rules:
        why = answer.headline(open_[0]) if open_ else without_flags(result.reason or "there is nothing to check")
        title = RESULTS[result.state]
        _add(case, "failure", _lines(open_), message=f"{title}: {why}", type=title)
    elif result.state is State.NOT_RUN:
        why = without_flags(result.reason or "there is nothing to check")
        _add(case, "skipped", _lines(open_), message=f"Not run: {why}", type=RESULTS[State.NOT_RUN])
    elif open_:
        worst = min(open_, key=lambda of: list(State).index(of.state))
        title = RESULTS[worst.state]
        _add(case, "skipped", _lines(open_), message=f"{title}: {answer.headline(worst)}", type=title)
    others = [of for of in (*found, *open_) if of not in counted and of not in tolerated and (of in found or counted)]
    if others:
        _add(case, "system-out", _lines(others))
    return case


@dataclass(frozen=True)
class _Failing:
    """What fails: the bins of findings, and rules whatever they found."""

    bins: frozenset[Bin] = frozenset()
    rules: frozenset[str] = frozenset()


def _failing(audit: Audit) -> _Failing | None:
    """Return what fails by the levels that were stated; None where none were."""
    stated = audit.use_case.get("fail_on")
    if stated is None:
        return None
    bins, rules = set[Bin](), set[str]()
    if failing_level(audit) in stated:
        of_level = {"unfit": Bin.BLOCKING, "fit_with_conditions": Bin.RESOLVE}
        bins = {of for level, of in of_level.items() if level in stated}
        rules = {*audit.verdict.because}
    if "worse" in stated and audit.compared is not None and audit.compared.worse:
        rules |= {of.rule for of in audit.compared.changes if of.worse} or {*audit.verdict.because}
    return _Failing(frozenset(bins), frozenset(rules))


def _lines(findings: list[Finding]) -> str:
    """Return a paragraph for each finding: what was found, what to do, who accepts it."""
    parts = []
    for of in findings[:MOST]:
        texts = (f"{RESULTS[of.state]}: {of.message}", of.waiver, of.remedy, of.settle)
        parts.append("\n".join(" ".join(text.split()) for text in texts if text))
    if len(findings) > MOST:
        parts.append(f"and {len(findings) - MOST} more")
    return "\n\n".join(parts)


def _add(case: ET.Element, tag: str, text: str, **attributes: str) -> None:
    made = ET.SubElement(case, tag, {key: _clean(value) for key, value in attributes.items()})
    made.text = "\n".join(map(_clean, text.split("\n"))) or None


def _clean(text: str) -> str:
    """Return a line that XML can hold, without what drives a terminal."""
    return NO_XML.sub("\N{REPLACEMENT CHARACTER}", printable(" ".join(text.split())))


def _moment(created: str | None) -> str | None:
    """Return a moment as JUnit has it: in UTC, without a zone."""
    try:
        found = datetime.fromisoformat(created or "")
    except ValueError:
        return None
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S") if found.tzinfo else None
