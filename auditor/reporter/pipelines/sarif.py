"""The audit as SARIF 2.1.0 (OASIS, errata 01), for code scanning and editors."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from auditor.format import in_json, printable, without_flags
from auditor.model import Audit, Finding, Result, Severity, State
from auditor.reporter import answer, view
from auditor.reporter.markdown import escape
from auditor.reporter.pipelines.place import place
from auditor.reporter.published import is_published
from auditor.reporter.showing import shown

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# What a result is: only what is found fails, and nothing but "No issue found" passes.
KINDS = {
    State.SHOWN_STRONG: "fail",
    State.SHOWN: "fail",
    State.BORDERLINE: "review",
    State.UNDETERMINED: "open",
    State.CLEAR: "pass",
    State.NOT_RUN: "notApplicable",
}
LEVELS = {Severity.BLOCK: "error", Severity.CONDITION: "warning", Severity.NOTE: "note"}
PASSED = "No issue found."


def render(audit: Audit) -> str:
    """Return the audit as a SARIF log of one run: a rule per check, a result per finding."""
    audit = shown(audit)
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(audit)]}
    return in_json(json.dumps(log, ensure_ascii=False, indent=1, allow_nan=False), "utf-8") + "\n"


def _run(audit: Audit) -> dict[str, Any]:
    made = audit.provenance
    failed = [result for result in audit.results if result.failed]
    notices = [{"level": "error", "message": _text(f"{of.rule} {of.name}: {of.reason}")} for of in failed]
    invocation = {
        "executionSuccessful": not failed,
        **({"commandLine": printable(made.command)} if made.command else {}),
        **({"endTimeUtc": moment} if (moment := _utc(made.created)) else {}),
        **({"toolExecutionNotifications": notices} if notices else {}),
    }
    words, meaning = answer.verdict(audit)
    return {
        "tool": {
            "driver": {
                "name": "dataudit",
                "version": printable(made.version),
                "rules": [_rule(audit, result) for result in audit.results],
            }
        },
        # Code scanning keeps the newest run of each id: one for each data set.
        "automationDetails": {"id": f"dataudit/{printable(audit.dataset.name).replace('/', '_')}/"},
        "invocations": [invocation],
        "artifacts": list(_artifacts(audit)),
        "columnKind": "unicodeCodePoints",
        "results": [of for at, result in enumerate(audit.results) for of in _results(audit, result, at)],
        "properties": {
            "verdict": str(audit.verdict.level),
            "verdictInWords": f"{words}. {meaning}",
            "use": printable(answer.use(audit)),
            "coverage": answer.covered(audit),
            "report": answer.report_id(audit),
        },
    }


def _artifacts(audit: Audit) -> Iterator[dict[str, Any]]:
    files = audit.use_case.get("files") or {}
    if path := files.get("data"):
        hashed = {"hashes": {"sha-256": audit.dataset.sha256}} if audit.dataset.sha256 else {}
        yield {"location": {"uri": _uri(path)}, **hashed}
    if path := files.get("use_case"):
        yield {"location": {"uri": _uri(path)}}


def _rule(audit: Audit, result: Result) -> dict[str, Any]:
    """Return how a check describes itself: its title, and every section of its documentation as help."""
    about = view.documentation(audit, result)
    sections = list(about.sections.items())
    plain = "\n\n".join([about.title, *(f"{heading}: {text}" for heading, text in sections)])
    marked = "\n\n".join(
        [escape(about.title), *(f"**{escape(heading)}.** {escape(text)}" for heading, text in sections)]
    )
    return {
        "id": result.rule,
        "name": printable(result.name),
        "shortDescription": _text(about.title),
        "fullDescription": _text(about.sections.get("Why it matters") or about.title),
        "help": {"text": _message("\n\n".join(map(printable, plain.split("\n\n")))), "markdown": _message(marked)},
        "defaultConfiguration": {"level": LEVELS[result.severity]},
    }


def _results(audit: Audit, result: Result, at: int) -> Iterator[dict[str, Any]]:
    """Yield a result for each finding; one for the check itself where there is no finding, or it did not run."""
    if is_published(result):
        yield _result(audit, result, at, None, "informational", "Counts and ratios that the policy asks to publish.")
        return
    for finding in result.findings:
        kind = KINDS[finding.state]
        yield _result(audit, result, at, finding, kind, finding.message or answer.headline(finding))
    if result.failed:
        yield _result(audit, result, at, None, "open", result.reason or "The check failed.")
    elif result.state is State.NOT_RUN and (result.reason or not result.findings):
        why = without_flags(result.reason or "there is nothing to check")
        yield _result(audit, result, at, None, "notApplicable", f"Not run: {why}.")
    elif not result.findings:
        yield _result(audit, result, at, None, KINDS[result.state], PASSED)


def _result(audit: Audit, result: Result, at: int, finding: Finding | None, kind: str, message: str) -> dict[str, Any]:
    level = LEVELS[(finding and finding.severity) or Severity.NOTE] if kind == "fail" else "none"
    made: dict[str, Any] = {
        "ruleId": result.rule,
        "ruleIndex": at,
        "kind": kind,
        "level": level,
        "message": _text(message),
        "locations": [_location(audit, result, finding)],
        "partialFingerprints": _fingerprints(audit, result, finding),
    }
    if finding is None:
        return made
    if finding.waiver:
        made["suppressions"] = [{"kind": "external", "status": "accepted", "justification": printable(finding.waiver)}]
    texts = {"remedy": finding.remedy, "settle": finding.settle}
    made["properties"] = {
        "id": finding.id,
        "state": str(finding.state),
        "subject": {key: printable(value) for key, value in finding.subject.items()},
        "measures": {
            name: {
                key: number
                for key in ("value", "low", "high", "n", "limit")
                if (number := getattr(measure, key)) is not None
            }
            for name, measure in finding.measures.items()
        },
        **{key: printable(text) for key, text in texts.items() if text},
    }
    return made


def _location(audit: Audit, result: Result, finding: Finding | None) -> dict[str, Any]:
    """Return the file and the line of a result, and the column or group that it is about.

    Code scanning refuses a result without a line, so that the data have their first: the heads of a table's columns.
    """
    where = place(audit, result, finding)
    location: dict[str, Any] = {}
    if where.path:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": _uri(where.path)},
            "region": {"startLine": where.line},
        }
    if finding and finding.subject:
        about, kind = view.subject(finding.subject), "column" if "column" in finding.subject else "group"
        location["logicalLocations"] = [{"name": printable(about), "kind": kind}]
    return location


def _fingerprints(audit: Audit, result: Result, finding: Finding | None) -> dict[str, str]:
    """Return what stays the same when a finding is found again, whatever its numbers and lines are then.

    GitHub compares `primaryLocationLineHash` alone, and otherwise makes it from the line: findings about one
    line would be one alert.
    """
    at = result.findings.index(finding) if finding in result.findings else 0
    of = (finding.id or f"{result.rule.lower()}-{at + 1}") if finding else result.rule
    digest = hashlib.sha256("\0".join((audit.dataset.name, of)).encode("utf-8", "surrogatepass")).hexdigest()
    return {"dataudit/finding/v1": of, "primaryLocationLineHash": f"{digest[:16]}:1"}


def _uri(path: str) -> str:
    """Return a relative path as a reference of RFC 3986; a colon in its first part would be a scheme.

    >>> _uri("my data/a:b%.csv"), _uri("a.csv")
    ('my%20data/a%3Ab%25.csv', 'a.csv')
    """
    return quote(path.replace("\\", "/").encode("utf-8", "surrogatepass"), safe="/._-~")


def _text(text: str) -> dict[str, str]:
    return {"text": _message(printable(" ".join(text.split())))}


def _message(text: str) -> str:
    r"""Return a text in which nothing is a placeholder or a link (SARIF 3.11.5, 3.11.6).

    >>> print(_message("{0} of [here](1), [0.4, 0.5]"))
    {{0}} of \[here\](1), [0.4, 0.5]
    """
    text = text.replace("{", "{{").replace("}", "}}")
    return re.sub(r"\[([^\[\]]*)\](?=\()", r"\\[\1\\]", text)


def _utc(moment: str | None) -> str | None:
    """Return a moment as SARIF has it, in UTC; None where it is no moment.

    >>> _utc("2026-01-01T01:00:00+01:00"), _utc("today"), _utc(None)
    ('2026-01-01T00:00:00Z', None, None)
    """
    try:
        found = datetime.fromisoformat(moment or "")
    except ValueError:
        return None
    return found.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if found.tzinfo else None
