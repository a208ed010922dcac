"""How rules bear rows that are not independent people who count the same: declared by each, seen to here.

A rule whose tests and intervals would take rows for people says so, and shows nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.analyzers.evidence import Evidence
    from auditor.counts.tally import Tally
    from auditor.use.says import Sentence

# "facts": it says what rows there are, and no more. "sums": it takes what counts by group tell of units and weights.
# "counts": it takes design effects of the units behind the counts; where rows are weighted it is given weighted counts.
# "models": what it reads was made with units and weights in mind, or is not asked where there are some.
# "rows": it takes rows for different people.
Adjusting = Literal["facts", "sums", "counts", "models", "rows"]

SAYS = Says(
    rows="not adjusted: {what}, and this rule takes rows for different people",
    no_units="not adjusted: {what}, and how the rows of one go together is not known",
    weights="not adjusted: the columns were not counted in weights",
    people="people recur",
    survey="the sample has a design of its own",
    copies="rows that agree in all columns are copies",
    clusters="rows come in clusters ('{column}')",
)


def not_adjusted(how: Adjusting, tally: Tally) -> Sentence | None:
    """Return why a rule cannot be asked, where rows recur or are weighted and it cannot mind that."""
    if how in ("facts", "models"):
        return None
    if tally.recurs:
        cluster = tally.roles.cluster
        key = (
            "copies"
            if tally.copied
            else "clusters"
            if cluster
            else "survey"
            if tally.roles.survey.columns
            else "people"
        )
        what = SAYS(key, column=cluster)
        if how == "rows":
            return SAYS("rows", what=what)
        if tally.units is None and not (how == "sums" and tally.clusters):
            return SAYS("no_units", what=what)
    if how == "counts" and tally.roles.weight and (tally.units is None or not tally.weighed):
        return SAYS("weights")
    return None


def adjusted(how: Adjusting, evidence: Evidence) -> Evidence:
    """Return the evidence that a rule is given: in weights, where rows are weighted and it reads counts."""
    return evidence.on(evidence.tally.in_weights()) if how == "counts" and evidence.tally.roles.weight else evidence
