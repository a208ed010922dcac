"""Models without one or two columns: how well each predicts, against the gap that it leaves; the frontier is joined."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.format import signed
from auditor.model import Audit
from auditor.reporter.charts.figure import BAD, INK, MARK, QUIET, Figure, data, figure

WIDTH, HEIGHT = 270, 180
Row = Mapping[str, Any]


def figures(audit: Audit) -> Iterator[Figure]:
    """Yield a chart for each group and its reference."""
    table = next((result.table for result in audit.results if result.rule == "MDL002"), ())
    parts: dict[tuple[str, str, str], list[Row]] = {}
    for row in table:
        parts.setdefault((str(row["group"]), str(row["level"]), str(row["reference"])), []).append(row)
    for (_, level, reference), rows in parts.items():
        yield replace(_frontier(level, reference, rows), rule="MDL002")


def _frontier(level: str, reference: str, rows: Sequence[Row]) -> Figure:
    import altair as alt

    drawn = [{**row, "size": abs(row["gap"]), "whole": not row["dropped"], "name": "", "dropped": ""} for row in rows]
    best = sorted((place for place, row in enumerate(rows) if row["frontier"]), key=lambda at: drawn[at]["size"])
    for number, place in enumerate(best, 1):
        drawn[place]["name"] = str(number)
    x = alt.X("size:Q", title="size of the gap", axis=alt.Axis(format="%"), scale=alt.Scale(zero=False, nice=True))
    y = alt.Y("auc:Q", title="AUC for the outcome", scale=alt.Scale(zero=False, nice=True))
    chart = alt.Chart(data(drawn)).encode(x=x, y=y)
    on = chart.transform_filter("datum.frontier")
    layers = [
        on.mark_line(color=MARK, strokeWidth=2).encode(order=alt.Order("size:Q")),
        chart.mark_point(color=QUIET, filled=True, size=50, opacity=1),
        on.mark_point(color=MARK, filled=True, size=70, opacity=1),
        chart.transform_filter("datum.whole").mark_point(color=BAD, filled=True, size=90, opacity=1, shape="diamond"),
        on.mark_text(dx=-9, dy=-7, fontSize=12, color=INK).encode(text="name:N"),
    ]
    named = "; ".join(f"{number} without {_without(rows[place])}" for number, place in enumerate(best, 1))
    words = "; ".join(
        f"without {_without(row)}: AUC {row['auc']:.3f}, gap {signed(100 * row['gap'])} points" for row in rows
    )
    caption = f"The diamond is the model of all columns. Better is up and left; the line is the frontier: {named}."
    title = f"Predicting as well with a smaller gap: {level} against {reference}"
    return figure(title, f"{words}.", layers, drawn, HEIGHT, caption, WIDTH)


def _without(row: Row) -> str:
    return " and ".join(map(str, row["dropped"])) or "nothing"
