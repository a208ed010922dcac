"""How the rows are read for the figures of pay: whose pay they are a share of, and that each row is a worker."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.analyzers.evidence import Evidence
from auditor.analyzers.pay.pairs import references
from auditor.model import Decision
from auditor.use.pay import Chosen
from auditor.use.says import Says

SAYS = Says(
    reference="In the figures of pay, '{group}' is compared with '{level}' ({why}).",
    men="taken to mean men, whose pay the gap is a share of",
    rows="In the figures of pay every row counts as a worker, though some people appear more than once ('{column}').",
    largest="the largest group, because no level is known to mean men; the Directive's gap is a share of men's pay",
)


def pay_notes(evidence: Evidence) -> Iterator[Decision]:
    """State the reference of each group column in the figures of pay, which need not be that of the other rules."""
    tally = evidence.tally
    repeated, key = tally.repeated_ids, tally.roles.id
    if evidence.pay is not None and key is not None and repeated is not None and repeated.extra > 0:
        yield Decision(SAYS("rows", column=key), "rows as workers", (key,), warning=True)
    for group, level, chosen in references(evidence):
        if chosen is not Chosen.STATED:
            text = SAYS("reference", group=group, level=level, why=SAYS(str(chosen)))
            guessed = chosen is Chosen.LARGEST
            yield Decision(text, "reference group of pay", (group,), "[groups.reference]", warning=guessed)
