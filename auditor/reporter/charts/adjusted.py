"""What controls change: the gap with and without them (ADJ001), and what they explain of it (ADJ002)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.format import amount
from auditor.model import Audit
from auditor.reporter.charts.figure import BAD, INK, MARK, QUIET, Figure, data, figure, y_levels

MOST = 25  # models in a chart
Row = Mapping[str, Any]
COLOURS = {"raw": QUIET, "adjusted": BAD, "without": MARK}
SHAPES = {"raw": "circle", "adjusted": "diamond", "without": "circle"}


def figures(audit: Audit) -> Iterator[Figure]:
    """Yield a chart for each group and its reference that have an adjusted gap, or one in two parts."""
    for result in audit.results:
        if result.rule in ("ADJ001", "ADJ002"):
            pairs: dict[tuple[str, str, str], list[Row]] = {}
            for row in result.table:
                pairs.setdefault((str(row["group"]), str(row["level"]), str(row["reference"])), []).append(row)
            for (group, level, reference), rows in pairs.items():
                if result.rule == "ADJ002":
                    yield _parts(f"Explained by controls: {group} {level} against {reference}", rows[:MOST])
                elif any(row["kind"] == "adjusted" for row in rows):
                    yield _chart(f"With and without controls: {group} {level} against {reference}", rows[:MOST])


def _parts(title: str, rows: list[Row]) -> Figure:
    """Draw the gap, what is explained of it and by which control, and what is not, at the coefficients of both."""
    drawn = [
        {
            "level": row["part"],
            "kind": {"part": "without", "unexplained": "adjusted"}.get(str(row["kind"]), "raw"),
            "value": row["by_both"],
            "low": row["both_low"],
            "high": row["both_high"],
        }
        for row in rows
    ]
    caption = (
        "The diamond is what the controls do not explain, at the coefficients of both groups; lines are 95% intervals. "
        "The parts of single controls sum to what is explained."
    )
    return _drawn(title, drawn, "amount", "part of the gap of means", caption, "ADJ002")


def _chart(title: str, rows: list[Row]) -> Figure:
    """Draw a point with its interval for each model; the line is where both groups are alike."""
    value = "ratio" if rows[0].get("ratio") is not None else "amount"
    drawn = [
        {
            "level": row["model"],
            "kind": row["kind"],
            "value": row[value],
            "low": row[f"{value}_low"],
            "high": row[f"{value}_high"],
        }
        for row in rows
        if row.get(value) is not None and math.isfinite(row[value])
    ]
    name = "ratio to the reference" if value == "ratio" else "difference from the reference"
    caption = (
        "The diamond is the gap with all controls; lines are 95% intervals. The dashed line is where both groups are "
        "alike for equal controls."
    )
    return _drawn(title, drawn, value, name, caption, "ADJ001")


def _drawn(title: str, drawn: list[dict[str, Any]], value: str, name: str, caption: str, rule: str) -> Figure:
    """Draw points with their intervals, each in the colour and shape of its kind."""
    import altair as alt

    alike = 1.0 if value == "ratio" else 0.0
    words = "; ".join(f"{row['level']}: {_words(value, row)}" for row in drawn)
    ends = [alike, *(row[end] for row in drawn for end in ("low", "high") if math.isfinite(row[end]))]
    room = 0.06 * (max(ends) - min(ends) or 0.1)
    domain = [min(ends) - room, max(ends) + room]
    axis = alt.Axis(tickCount=4, labelOverlap="greedy")
    x = alt.X("value:Q", title=name, axis=axis, scale=alt.Scale(domain=domain, zero=False, nice=False))
    line = alt.Chart(data([{"at": alike}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(x=alt.X("at:Q"))
    layers: list[Any] = [line]
    for kind, colour in COLOURS.items():
        own = [row for row in drawn if row["kind"] == kind]
        if own:
            chart = alt.Chart(data(own)).encode(y=y_levels(drawn))
            layers += [
                chart.mark_rule(color=colour, strokeWidth=2).encode(x=alt.X("low:Q", title=name), x2="high:Q"),
                chart.mark_point(color=colour, filled=True, size=70, opacity=1, shape=SHAPES[kind]).encode(x=x),
            ]
    made = figure(title, f"{words}.", layers, drawn, caption=caption)
    return Figure(made.title, made.words, made.chart, made.caption, rule)


def _words(value: str, row: Row) -> str:
    if value == "ratio":
        return f"{row['value']:.3f} ({row['low']:.3f} to {row['high']:.3f})"
    return f"{amount(row['value'])} ({amount(row['low'])} to {amount(row['high'])})"
