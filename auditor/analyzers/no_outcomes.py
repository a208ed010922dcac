"""Groups none of whose outcomes is recorded: a rule that compares outcomes (`compares`) passes over none of them."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.analyzers import states
from auditor.analyzers.evidence import Evidence
from auditor.model import Finding
from auditor.use.says import Says

SAYS = Says(
    none="{rows:people} row{rows:s} with {group} '{level}', and no recorded outcome in any: this group is not "
    "compared.",
    headline="No outcome of '{level}' is recorded",
    record="Record the outcomes of '{level}' ({group}), or state that the use is not about this group.",
)


def without_outcomes(evidence: Evidence) -> Iterator[Finding]:
    """Yield a finding for each level of a group column that has rows, and no outcome in any of them.

    Levels whose outcomes are suppressed are left to the findings about suppressed cells.
    """
    tally = evidence.tally
    for group in tally.roles.groups:
        withheld = tally.outcomes_withheld(group)
        for cell in tally.cells(group):
            if cell.level is not None and cell.no_outcome > 0 and not cell.n and cell.level not in withheld:
                facts = {"group": group, "level": cell.level}
                yield Finding(
                    states.NOT_KNOWN,
                    {"target": evidence.target, **facts},
                    SAYS("none", rows=cell.no_outcome, **facts),
                    settle=SAYS("record", **facts),
                    headline=SAYS("headline", **facts),
                )
