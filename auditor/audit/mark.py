"""What every finding gets in an audit: an id that stays the same, and its effect on the verdict."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace

from auditor.audit.verdict import severities
from auditor.model import Result
from auditor.use.usecase import UseCase

MOST = 60  # characters of an id, so that it can be read in an address


def marked(results: Sequence[Result], use: UseCase) -> tuple[Result, ...]:
    """Return the results with the `id` of each finding, and the `severity` that it has for the verdict."""
    found = []
    for result, counts in zip(results, severities(results, use), strict=True):
        taken: dict[str, int] = {}
        findings = []
        for finding, severity in zip(result.findings, counts, strict=True):
            name = identifier(result.rule, finding.subject)
            taken[name] = taken.get(name, 0) + 1
            again = f"-{taken[name]}" if taken[name] > 1 else ""
            findings.append(replace(finding, id=f"{name}{again}", severity=severity))
        found.append(replace(result, findings=tuple(findings)))
    return tuple(found)


def identifier(rule: str, subject: Mapping[str, str]) -> str:
    """Return the id of a finding: its rule and what it is about, as an address can hold it.

    What is cut, or has no letters that an address can hold, is made distinct by a hash of the whole.

    >>> identifier("OUT001", {"target": "hired", "group": "gender", "level": "female", "reference": "male"})
    'out001-gender-female-male'
    >>> identifier("LAB005", {})
    'lab005'
    """
    about = [value for key, value in subject.items() if key != "target"]
    words = [_slug(value) for value in about]
    name = "-".join([rule.lower(), *filter(None, words)])
    if len(name) > MOST or not all(words) or any(_lossy(value) for value in about):
        digest = hashlib.sha256("\0".join(about).encode("utf-8", "surrogatepass")).hexdigest()[:6]
        name = f"{name[:MOST].rstrip('-')}-{digest}"
    return name


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def _lossy(text: str) -> bool:
    """Whether the slug loses part of the text: "C" and "C++" must not be one."""
    return bool(re.search(r"[^A-Za-z0-9 _-]", text))
