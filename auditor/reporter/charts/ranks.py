"""The top places of lists: the ratio of a group's share to the reference's, for every top k, with its joint band."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.format import ratio
from auditor.model import Audit
from auditor.reporter.charts.figure import BAD, INK, QUIET, Figure, data, styled

WIDTH, HEIGHT = 270, 150
HIGHEST = 2.5  # of a band that is drawn
Row = Mapping[str, Any]


def figures(audit: Audit) -> Iterator[Figure]:
    """Yield a chart for each group that was compared at two values of k or more."""
    for result in audit.results:
        if result.rule == "RNK001":
            parts: dict[tuple[str, str, str], list[Row]] = {}
            for row in result.table:
                if row.get("kind") != "exposure" and row["impact_ratio"] is not None:
                    parts.setdefault((row["group"], row["level"], row["reference"]), []).append(row)
            for names, rows in parts.items():
                if len(rows) > 1:
                    yield _chart(names, rows)


def _chart(names: tuple[str, str, str], rows: Sequence[Row]) -> Figure:
    import altair as alt

    group, level, reference = names
    drawn = [
        {
            "top": f"{row['k']:,}",
            "ratio": min(row["impact_ratio"], HIGHEST),
            "low": min(row["low"] or 0.0, HIGHEST),
            "high": HIGHEST if row["high"] is None else min(row["high"], HIGHEST),
        }
        for row in rows
    ]
    order = [row["top"] for row in drawn]
    scale = alt.Scale(domain=[0, max(1.2, *(row["high"] for row in drawn))], nice=False)
    x = alt.X("top:O", sort=order, title="top k", axis=alt.Axis(labelAngle=0))
    chart = alt.Chart(data(drawn)).encode(x=x)
    line = alt.Chart(data([{"at": 1.0}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(y=alt.Y("at:Q"))
    layers = [
        line,
        chart.mark_area(color=BAD, opacity=0.18).encode(y=alt.Y("low:Q", title="ratio", scale=scale), y2="high:Q"),
        chart.mark_line(color=BAD, point=alt.OverlayMarkDef(size=36, color=BAD)).encode(
            y=alt.Y("ratio:Q", scale=scale)
        ),
        alt.Chart(data([{"at": 0.8}])).mark_rule(color=QUIET, strokeDash=[1, 3]).encode(y=alt.Y("at:Q")),
    ]
    words = "; ".join(f"top {row['k']:,}: {ratio(row['impact_ratio'], 1)}" for row in rows)
    caption = (
        f"The share of {level} in the top k, over that of {reference} on the same lists. The band holds for all k "
        "jointly at 95%. The dashed line is equal shares, the dotted one four fifths."
    )
    made = styled(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT))
    return Figure(f"In the top places: {group} {level}", f"{words}.", made, caption, "RNK001")
