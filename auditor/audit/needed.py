"""What a verdict needs from the rules: which must reach a result, which must run, and what they leave open."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from auditor.model import Finding, Result, State
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.counts.tally import Tally


def needed(use: UseCase, data: Collection[str], *, conditioned: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the rules that must reach a result, and those that must run, for this use of these data."""
    kinds = {"always", *data, use.use.decision, use.label.kind or "past_decision"}
    trains = use.use.purpose == "train"
    kinds |= {"models"} if trains and use.use.decision == "automated" and "features" in data else set()
    kinds -= set() if trains and use.use.decision == "automated" else {"vectors"}
    kinds -= set() if use.use.decision == "automated" else {"scores"}
    kinds |= {"strata"} if use.features.strata and reasoned(use) else set()
    kinds |= {"within"} if conditioned else set()
    rests = use.policy.verdict
    return rests.required.of(kinds), rests.checked.of(kinds)


def kinds_of(tally: Tally, use: UseCase) -> frozenset[str]:
    """Return the kinds of the data, among those that a policy may require rules for."""
    roles = tally.roles
    varying = [name for name in roles.features if (tally.columns[name].levels or 0) != 1]
    there = {
        "features": varying or roles.leaks,
        "rows": not tally.aggregated,
        "numeric": roles.cut is not None,
        "text": roles.text,
        "scores": roles.scoring.columns,
        "vectors": {*roles.vectors} - {*use.features.forbidden},
        "id": roles.id,
        "stages": roles.stages,
        "lists": roles.list_column,
        "ranks": roles.rank,
    }
    return frozenset(kind for kind, of in there.items() if of)


def reasoned(use: UseCase) -> bool:
    """Whether every stratum has its reason in the use; otherwise it neither excuses a gap nor makes data unfit."""
    return all(reason.strip() for reason in use.features.strata.values())


def unanswered(result: Result, use: UseCase) -> list[Finding]:
    """Return what a rule left open without a waiver."""
    return [finding for finding in open_findings(result, use) if not finding.waiver]


def open_findings(result: Result, use: UseCase) -> list[Finding]:
    """Return what a rule left open about groups that the stated use is for."""
    return [finding for finding in result.findings if is_open(finding, use)]


def is_open(finding: Finding, use: UseCase) -> bool:
    """Whether a finding leaves something open about a group that the stated use is for."""
    return finding.state in (State.UNDETERMINED, State.NOT_RUN) and is_meant(finding, use)


def is_meant(finding: Finding, use: UseCase) -> bool:
    """Whether a finding is about people of the stated use: all people, where it names no population."""
    stated = use.population.groups.get(finding.subject.get("group", ""))
    level = finding.subject.get("level")
    return stated is None or level is None or level in stated
