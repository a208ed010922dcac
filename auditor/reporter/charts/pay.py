"""The gap of mean pay in each category of workers, with its interval and the line of 5% on either side."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.format import percent
from auditor.model import Audit, State
from auditor.reporter.charts.figure import GRID, INK, STATE_COLOURS, Figure, data, figure, whiskers, y_levels

MOST_CATEGORIES = 30
LINE = 0.05
Row = Mapping[str, Any]


def figures(audit: Audit) -> Iterator[Figure]:
    """Yield a chart for each group and its reference."""
    table = next((result.table for result in audit.results if result.rule == "PAY002"), ())
    parts: dict[tuple[str, str, str], list[Row]] = {}
    for row in table:
        if row["gap"] is None:  # one group alone
            continue
        parts.setdefault((str(row["group"]), str(row["level"]), str(row["reference"])), []).append(row)
    for (_, level, reference), rows in parts.items():
        yield replace(_gaps(level, reference, rows), rule="PAY002")


def _gaps(level: str, reference: str, rows: Sequence[Row]) -> Figure:
    import altair as alt

    drawn = [
        {**row, "level": row["category"], "colour": STATE_COLOURS[State(row["state"])]}
        for row in rows[:MOST_CATEGORIES]
    ]
    ends = [float(row[key]) for row in drawn for key in ("gap", "low", "high") if row[key] is not None]
    scale = alt.Scale(domain=[min(*ends, -LINE), max(*ends, LINE)], nice=True)
    x = alt.X("gap:Q", title="gap of mean pay", axis=alt.Axis(format="%"), scale=scale)
    chart = alt.Chart(data(drawn)).encode(y=y_levels(drawn), x=x)
    lines = alt.Chart(data([{"at": -LINE}, {"at": LINE}])).mark_rule(color=INK, strokeDash=[4, 3])
    nothing = alt.Chart(data([{"at": 0.0}])).mark_rule(color=GRID)
    colour = alt.Color("colour:N", scale=None)
    layers = [
        nothing.encode(x=alt.X("at:Q")),
        lines.encode(x=alt.X("at:Q")),
        whiskers(chart.transform_filter("isValid(datum.low)"), INK),
        chart.mark_point(filled=True, size=70, opacity=1, shape="diamond").encode(color=colour),
    ]
    words = "; ".join(f"{row['category']}: {percent(row['gap'])}{_around(row)}" for row in drawn)
    caption = (
        f"Above 0, {level} have less than {reference}. The dashed lines are 5% either way; bars are 95% intervals."
    )
    return figure(
        f"Gap of mean pay by category: {level} against {reference}", f"{words}.", layers, drawn, None, caption
    )


def _around(row: Mapping[str, Any]) -> str:
    low, high = row["low"], row["high"]
    return f" ({percent(low)} to {percent(high)})" if low is not None and high is not None else ""
