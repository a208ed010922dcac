"""Groups none of whose outcomes is recorded: no rule that compares outcomes may pass over them in silence."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.analyzers import states
from auditor.counts.tally import Tally
from auditor.model import Finding
from auditor.use.says import Says

SAYS = Says(
    none="{rows:people} row{rows:s} with {group} '{level}', and no recorded outcome in any: this group is not "
    "compared.",
    record="Record the outcomes of '{level}' ({group}), or state that the use is not about this group.",
)


def without_outcomes(tally: Tally, group: str, target: str) -> Iterator[Finding]:
    """Yield a finding for each level of a group column that has rows, and no outcome in any of them.

    Levels whose outcomes are suppressed are left to the findings about suppressed cells.
    """
    withheld = tally.outcomes_withheld(group)
    for cell in tally.cells(group):
        if cell.level is not None and cell.no_outcome > 0 and not cell.n and cell.level not in withheld:
            facts = {"group": group, "level": cell.level}
            yield Finding(
                states.NOT_KNOWN,
                {"target": target, **facts},
                SAYS("none", rows=cell.no_outcome, **facts),
                settle=SAYS("record", **facts),
            )
