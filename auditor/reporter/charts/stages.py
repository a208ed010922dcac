"""The funnel of a process: what share of each group is left after every stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.format import people, percent
from auditor.model import Audit, Result
from auditor.reporter.charts.figure import BAD, INK, MARK, QUIET, Figure, data, styled

WIDTH, HEIGHT = 270, 170
MOST_LEVELS = 4  # more lines cannot be distinguished
ENTRY = "(entered)"
COLOURS, SHAPES = (MARK, BAD, INK, QUIET), ("circle", "diamond", "square", "triangle-up")
Row = Mapping[str, Any]


def figures(audit: Audit) -> Iterator[Figure]:
    """Yield a chart for each group column: those of its groups with most people."""
    for result in audit.results:
        if result.rule == "STG001":
            for group, rows in _by_group(result).items():
                if drawn := _left(rows):
                    yield _chart(group, drawn)


def _by_group(result: Result) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in result.table:
        if row.get("kind") != "process" and row["level"] is not None and row["selection_rate"] is not None:
            groups.setdefault(str(row["group"]), []).append(row)
    return groups


def _left(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return, level by level, the share that is left after each stage: the product of the rates up to there.

    Only up to a stage that a level has no rate at, such as one whose numbers are suppressed.
    """
    stages = list(dict.fromkeys(str(row["stage"]) for row in rows))
    levels = list(dict.fromkeys(str(row["level"]) for row in rows))[:MOST_LEVELS]
    drawn = []
    for level in levels:
        own = {str(row["stage"]): row for row in rows if str(row["level"]) == level}
        left = 1.0
        drawn.append({"level": level, "stage": ENTRY, "left": left, "rate": None, "n": None})
        for stage in stages:
            if stage not in own:
                break
            left *= float(own[stage]["selection_rate"])
            rate, n = own[stage]["selection_rate"], own[stage]["n"]
            drawn.append({"level": level, "stage": stage, "left": left, "rate": rate, "n": n})
    return drawn if len(drawn) > len(levels) else []


def _chart(group: str, drawn: list[dict[str, Any]]) -> Figure:
    import altair as alt

    order = list(dict.fromkeys(row["stage"] for row in drawn))
    levels = list(dict.fromkeys(row["level"] for row in drawn))
    colours = alt.Scale(domain=levels, range=list(COLOURS[: len(levels)]))
    shapes = alt.Scale(domain=levels, range=list(SHAPES[: len(levels)]))
    legend = alt.Legend(title=None, orient="top", labelColor=INK, labelFontSize=12, labelLimit=110, columns=2)
    x = alt.X("stage:O", sort=order, title=None, axis=alt.Axis(labelAngle=-30, labelLimit=90))
    y = alt.Y("left:Q", title="share left", axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    colour = alt.Color("level:N", scale=colours, legend=legend)
    chart = alt.Chart(data(drawn)).encode(x=x, y=y, color=colour)
    layers = [
        chart.mark_line(strokeWidth=2),
        chart.mark_point(filled=True, size=60, opacity=1).encode(
            shape=alt.Shape("level:N", scale=shapes, legend=legend)
        ),
    ]
    known = [row for row in drawn if row["rate"] is not None]
    words = "; ".join(
        f"{level}: "
        + ", ".join(
            f"{row['stage']} {percent(row['rate'])} of {people(row['n'])}" for row in known if row["level"] == level
        )
        for level in levels
    )
    caption = (
        "The share of each group that is left after every stage, of those who did not withdraw. Where two lines draw "
        "apart in proportion, a stage has a gap."
    )
    styled_chart = styled(alt.layer(*layers).properties(width=WIDTH, height=HEIGHT))
    return Figure(f"What is left after each stage: {group}", f"{words}.", styled_chart, caption, "STG001")
