"""What is to be collected: of every group one figure, the largest that any finding asks for, with its reason."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from auditor.model import Finding, Need, Result, State
from auditor.use.says import Says

SAYS = Says(
    to_see="to see an impact ratio of {ratio:number} with {power:number}% power",
    at_least="to reach the {least} that any claim needs",
    collect="Collect {rows:people} more row{rows:s} of '{level}' ({group}) {purpose}, or claim nothing about this "
    "group.",
)


def needed(group: str, level: str, rows: float, purpose: str) -> tuple[Need, ...]:
    """Return the need of so many more rows, rounded up; nothing where none are lacking."""
    return (Need(group, level, math.ceil(rows), purpose),) if rows > 0 else ()


def to_see(ratio: float, power: float) -> str:
    """Return the purpose of rows that are to make a gap visible."""
    return SAYS("to_see", ratio=ratio, power=100 * power)


def at_least(least: int) -> str:
    """Return the purpose of rows that every group is to have."""
    return SAYS("at_least", least=least)


def sentence(need: Need) -> str:
    """Return a need in words."""
    return SAYS("collect", rows=need.rows, level=need.level, group=need.group, purpose=need.purpose)


def agreed(results: Iterable[Result]) -> tuple[Result, ...]:
    """Return the results with one figure per group in all of their findings: the largest one serves them all."""
    results = tuple(results)
    most: dict[tuple[str, str], Need] = {}
    for need in (need for result in results for finding in result.findings for need in finding.needs):
        known = most.get((need.group, need.level))
        if known is None or need.rows > known.rows:
            most[need.group, need.level] = need

    def largest(finding: Finding) -> Finding:
        needs = dict.fromkeys(most[need.group, need.level] for need in finding.needs)
        return replace(finding, needs=tuple(needs)) if needs else finding

    return tuple(replace(result, findings=tuple(map(largest, result.findings))) for result in results)


def spelled(results: Sequence[Result]) -> tuple[Result, ...]:
    """Return the results with what their findings need in words too: in front of a remedy, or of what would settle."""

    def in_words(finding: Finding) -> Finding:
        if not finding.needs:
            return finding
        said = list(map(sentence, finding.needs))
        if finding.state is State.UNDETERMINED:
            return replace(finding, settle=" ".join([*said, *([finding.settle] if finding.settle else [])]))
        return replace(finding, remedy=" ".join([*said, *([finding.remedy] if finding.remedy else [])]))

    return tuple(replace(result, findings=tuple(map(in_words, result.findings))) for result in results)
