"""Columns that no rule read: a claim about all columns together cannot be clear while one of them was not read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
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
    vector="it holds vectors, which EMB001 audits as a whole",
    keep="Exclude {unchecked:listed} from the model and state that ([features] forbidden, or --drop), or examine it by "
    "other means.",
)


def unchecked(tally: Tally, use: UseCase) -> list[str]:
    """Return the columns that no rule reads, but for those that no model may see anyhow."""
    return [name for name in tally.roles.opaque if name not in use.features.forbidden]


def columns_unchecked(tally: Tally, use: UseCase, may: str, read: Collection[str] = ()) -> Iterator[Finding]:
    """Yield a finding for each column that no rule reads; `may` is what it may do, in a few words.

    `read` are columns that another rule reads for the same question.
    """
    for name in unchecked(tally, use):
        if name not in read:
            yield Finding(
                states.NOT_KNOWN,
                {"column": name},
                SAYS("column", column=name, why=why_unread(tally, name), may=may),
                settle=_keep([name]),
            )


def why_unread(tally: Tally, name: str) -> str:
    """Return why a column is left out of what reads columns, in a few words."""
    return SAYS("vector") if name in tally.roles.vectors else unread(tally.roles.opaque[name])


def as_far_as_checked(finding: Finding, tally: Tally, use: UseCase, read: Collection[str] = ()) -> Finding:
    """Return a finding about all columns together: not clear where one of them was not read.

    `read` are columns that were read in another way.
    """
    names = [name for name in unchecked(tally, use) if name not in read]
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
