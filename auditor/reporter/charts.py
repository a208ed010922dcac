"""All charts of an audit, each beside the findings of its rule: tables have their own small pictures."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Audit
from auditor.reporter import (
    adjusted_chart,
    alternatives_chart,
    gap_charts,
    pay_chart,
    peel_chart,
    term_chart,
    vector_chart,
)
from auditor.reporter.figure import Figure
from auditor.reporter.json import BROKEN

DRAWN = (
    gap_charts.strata,
    adjusted_chart.figures,
    gap_charts.shares,
    gap_charts.ratios,
    gap_charts.joint_groups,
    pay_chart.figures,
    peel_chart.figures,
    term_chart.figures,
    vector_chart.figures,
    alternatives_chart.figures,
)


def figures(audit: Audit) -> Iterator[Figure]:
    """Yield the charts, in the order that they are read."""
    for draw in DRAWN:
        try:
            drawn = list(draw(audit))
        except BROKEN:
            continue  # the records of a saved audit may be anything; what is wrong with them costs the picture
        yield from drawn
