"""Waivers: findings that their owner accepts for a limited time. They are marked, never hidden."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from auditor.model import Finding, Result
from auditor.use.says import Says
from auditor.use.usecase import UseCase, Waiver

SAYS = Says(
    lapsed="{>place}[[accept]] until {until} is past: the waiver of {rule} for '{subject}' has lapsed; renew it or "
    "remove it.",
    unmet="[[accept]]: the waiver of {rule} for '{subject}' matches no finding; remove it, or correct its subject.",
    place="{source}, line {line}: ",
)


def accepted(results: Iterable[Result], use: UseCase, today: date) -> tuple[Result, ...]:
    """Return the results with the findings marked that a waiver in force accepts."""
    return tuple(
        replace(result, findings=tuple(_marked(result.rule, finding, use.accept, today) for finding in result.findings))
        for result in results
    )


def _marked(rule: str, finding: Finding, waivers: Sequence[Waiver], today: date) -> Finding:
    for waiver in waivers:
        if waiver.in_force(today) and _meant(waiver, rule, finding):
            return replace(finding, waiver=waiver.words())
    return finding


def _meant(waiver: Waiver, rule: str, finding: Finding) -> bool:
    """Whether a waiver is about a finding; the reference is not the subject of the finding."""
    about = [value for key, value in finding.subject.items() if key != "reference"]
    return waiver.rule.upper() == rule and waiver.subject in about


def notes(results: Sequence[Result], use: UseCase, today: date) -> list[str]:
    """Return notes on the waivers that have lapsed, and on those that match no finding."""
    found: list[str] = []
    for waiver in use.accept:
        about = {"rule": waiver.rule.upper(), "subject": waiver.subject}
        if not waiver.in_force(today):
            place = {"source": use.source or None, "line": waiver.line or None}
            found.append(SAYS("lapsed", **about, **place, until=waiver.until))
        elif not any(_meant(waiver, result.rule, finding) for result in results for finding in result.findings):
            found.append(SAYS("unmet", **about))
    return found
