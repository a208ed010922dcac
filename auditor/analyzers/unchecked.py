"""Columns that no rule read: a claim about all columns together cannot be clear while one of them was not read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from auditor.analyzers import states
from auditor.counts.tally import Tally
from auditor.model import Finding, State
from auditor.use.opaque import unread
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase

SAYS = Says(
    column="'{column}' was not examined, because {why}. It may {may}.",
    one="Inconclusive, because {unchecked:listed} was not examined. A model may find more there.",
    several="Inconclusive, because {unchecked:listed} were not examined. A model may find more there.",
    keep="Exclude {unchecked:listed} from the model and state that ([features] forbidden, or --drop), or examine it by "
    "other means.",
)


def unchecked(tally: Tally, use: UseCase) -> list[str]:
    """Return the columns that no rule reads, but for those that no model may see anyhow."""
    return [name for name in tally.roles.opaque if name not in use.features.forbidden]


def columns_unchecked(tally: Tally, use: UseCase, may: str) -> Iterator[Finding]:
    """Yield a finding for each column that no rule reads; `may` is what it may do, in a few words."""
    for name in unchecked(tally, use):
        yield Finding(
            states.NOT_KNOWN,
            {"column": name},
            SAYS("column", column=name, why=unread(tally.roles.opaque[name]), may=may),
            settle=_keep([name]),
        )


def as_far_as_checked(finding: Finding, tally: Tally, use: UseCase) -> Finding:
    """Return a finding about all columns together: not clear where one of them was not read."""
    names = unchecked(tally, use)
    if finding.state is not State.CLEAR or not names:
        return finding
    left = SAYS("several" if len(names) > 1 else "one", unchecked=names)
    return replace(
        finding,
        state=states.NOT_KNOWN,
        said=None,
        message=together(finding.message, left),
        settle=_keep(names),
    )


def _keep(names: list[str]) -> Sentence:
    return SAYS("keep", unchecked=names)
