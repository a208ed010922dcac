"""All charts of an audit, each beside the findings of its rule: tables have their own small pictures."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Audit
from auditor.reporter.charts import adjusted, alternatives, gaps, pay, peel, ranks, scores, stages, terms, vectors
from auditor.reporter.charts.figure import Figure
from auditor.reporter.json import BROKEN

DRAWN = (
    stages.figures,
    ranks.figures,
    gaps.strata,
    adjusted.figures,
    gaps.shares,
    gaps.ratios,
    gaps.joint_groups,
    scores.curves,
    scores.calibration,
    pay.figures,
    peel.figures,
    terms.figures,
    vectors.figures,
    alternatives.figures,
)


def figures(audit: Audit) -> Iterator[Figure]:
    """Yield the charts, in the order that they are read."""
    for draw in DRAWN:
        try:
            drawn = list(draw(audit))
        except BROKEN:
            continue  # the records of a saved audit may be anything; what is wrong with them costs the picture
        yield from drawn
