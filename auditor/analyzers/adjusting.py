"""How rules handle rows that are not independent people of equal weight: declared by each rule, applied here.

A rule whose tests and intervals would treat rows as people does not run there, and states why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.analyzers.evidence import Evidence
    from auditor.counts.tally import Tally
    from auditor.use.says import Sentence

# "facts": it reports which rows there are, and no more. "sums": it uses counts by group, with their units and weights.
# "counts": it uses design effects of the units behind the counts; where rows are weighted it gets weighted counts.
# "models": what it reads was made with units and weights in mind, or is not used where there are some.
# "rows": it treats rows as different people.
Adjusting = Literal["facts", "sums", "counts", "models", "rows"]

SAYS = Says(
    rows="not adjusted: {what}, and this rule treats rows as different people",
    no_units="not adjusted: {what}, and it is not known which rows belong together",
    weights="not adjusted: the columns were not counted in weights",
    people="some people appear more than once",
    survey="the sample has a design of its own",
    copies="rows that agree in all columns are copies",
    clusters="rows come in clusters ('{column}')",
)


def not_adjusted(how: Adjusting, tally: Tally) -> Sentence | None:
    """Return why a rule cannot run, where rows recur or are weighted and it cannot account for that."""
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
