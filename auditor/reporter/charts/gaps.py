"""The charts of gaps in depth: strata as dumbbells, time as lines with bands, joint groups as a heat table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.format import people, percent, ratio
from auditor.model import Audit
from auditor.reporter.charts.figure import BAD, GRID, INK, LABELS, MARK, QUIET, ROW, Figure, data, figure, y_levels

MOST_STRATA = 25
MOST_BANDS = 3  # more would hide one another
MOST_LINES = 6  # more cannot be distinguished
MOST_PERIODS = 12  # that are named on the axis
LETTERS = 11  # of a name that is written along the axis, with no slope
OVER_TIME = 270  # the width of a plot over time
Row = Mapping[str, Any]


def strata(audit: Audit) -> Iterator[Figure]:
    """Yield a chart of the two rates of every stratum, for each group against its reference."""
    for group, rows in _split(_table(audit, "OUT003"), "group", "level"):
        yield replace(_dumbbells(group, rows), rule="OUT003")


def shares(audit: Audit) -> Iterator[Figure]:
    """Yield a chart of the shares over time, for each group column."""
    for group, rows in _split(_table(audit, "REP004"), "group"):
        yield replace(_shares(group[0], rows), rule="REP004")


def ratios(audit: Audit) -> Iterator[Figure]:
    """Yield a chart of the impact ratios over time, for each group column."""
    for group, rows in _split(_table(audit, "OUT006"), "group"):
        yield replace(_ratios(group[0], rows), rule="OUT006")


def joint_groups(audit: Audit) -> Iterator[Figure]:
    """Yield a table of joint groups of two columns, coloured by their rate."""
    for group, rows in _split(_table(audit, "OUT004"), "group"):
        if rows and len(rows[0]["levels"]) == 2:
            yield replace(_heat(group[0], rows), rule="OUT004")


def _table(audit: Audit, code: str) -> Sequence[Row]:
    return next((result.table for result in audit.results if result.rule == code), ())


def _split(table: Sequence[Row], *keys: str) -> list[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    """Sort the records of a table by some of their keys, in the order in which they come."""
    parts: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in table:
        parts.setdefault(tuple(str(row[key]) for key in keys), []).append(dict(row))
    return list(parts.items())


def _dumbbells(who: tuple[str, ...], rows: list[dict[str, Any]]) -> Figure:
    """The two rates of every stratum joined by a line, the crude ones below all."""
    import altair as alt

    group, level = who
    reference = rows[0]["reference"]
    strata = [row for row in rows if row["kind"] == "stratum"][:MOST_STRATA]
    others = [row for row in rows if row["kind"] != "stratum"]
    drawn = [{**row, "level": row["stratum"]} for row in strata + others]
    words = "; ".join(
        f"{row['level']}: {level} {percent(row['selection_rate'])} of {people(row['n'])}, {reference} "
        f"{percent(row['reference_rate'])} of {people(row['reference_n'])}"
        for row in drawn
    )
    chart = alt.Chart(data(drawn)).encode(y=y_levels(drawn))
    x = alt.X("reference_rate:Q", title="selection rate", axis=alt.Axis(format="%"))
    weight = alt.condition("datum.kind == 'stratum'", alt.value(2), alt.value(5))
    layers = [
        chart.mark_rule(color=GRID).encode(x=x, x2="selection_rate:Q", strokeWidth=weight),
        chart.mark_point(color=QUIET, filled=True, size=70, opacity=1).encode(x=x),
        chart.mark_point(color=BAD, filled=True, size=70, opacity=1, shape="diamond").encode(
            x=alt.X("selection_rate:Q")
        ),
    ]
    caption = f"Diamonds are {level}, circles {reference}; the thick lines are all strata together."
    return figure(f"Selection rate within strata: {group} {level}", f"{words}.", layers, drawn, caption=caption)


def _lines(rows: list[dict[str, Any]], value: str, title: str, percentage: bool) -> list[Any]:
    """Lines over the periods with bands, a line per level."""
    import altair as alt

    levels = list(dict.fromkeys(row["level"] for row in rows))
    colours, dashes = [MARK, BAD, INK, QUIET], [[1, 0], [5, 3], [1, 3]]
    spread = {
        "color": alt.Scale(domain=levels, range=[colours[i % len(colours)] for i in range(len(levels))]),
        "dash": alt.Scale(domain=levels, range=[dashes[i // len(colours) % len(dashes)] for i in range(len(levels))]),
    }
    legend = alt.Legend(
        title=None, orient="top", labelColor=INK, labelFontSize=12, labelLimit=LABELS, columns=2, symbolType="stroke",
        symbolOpacity=1,
    )  # fmt: skip
    colour = alt.Color("level:N", scale=spread["color"], legend=legend)
    dash = alt.StrokeDash("level:N", scale=spread["dash"], legend=legend)
    periods = dict.fromkeys(row["period"] for row in sorted(rows, key=lambda row: row.get("place", 0)))
    order = [str(period) for period in periods]
    named = order[:: -(-len(order) // MOST_PERIODS)]
    axis = alt.Axis(labelAngle=-45, values=named, labelLimit=70)
    chart = alt.Chart(data(rows)).encode(x=alt.X("period:O", sort=order, title=None, axis=axis))
    y = alt.Y(f"{value}:Q", title=title, axis=alt.Axis(format="%") if percentage else alt.Axis())
    lines = chart.mark_line(point=alt.OverlayMarkDef(size=24)).encode(y=y, color=colour, strokeDash=dash)
    if len(levels) > MOST_BANDS:
        return [lines]
    return [chart.mark_area(opacity=0.18).encode(y=alt.Y("low:Q"), y2="high:Q", color=colour), lines]


def _shares(group: str, rows: list[dict[str, Any]]) -> Figure:
    rows = _most(rows, "rows")
    layers = _lines(rows, "share", "share of rows", percentage=True)
    words = _over_time(rows, "share", percent)
    return figure(f"Shares over time: {group}", words, layers, rows, 180, _bands(rows), OVER_TIME)


def _ratios(group: str, rows: list[dict[str, Any]]) -> Figure:
    import altair as alt

    known = [{**row, "high": min(row["high"] or 3.0, 3.0)} for row in rows if row["impact_ratio"] is not None]
    known = _most(known, "n")
    layers = _lines(known, "impact_ratio", "impact ratio", percentage=False)
    layers.append(alt.Chart(data([{"y": 1.0}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(y=alt.Y("y:Q")))
    words = _over_time(known, "impact_ratio", lambda value: ratio(value, 1))
    caption = f"The dashed line is equal rates. {_bands(known)}"
    return figure(f"Impact ratio over time: {group}", words, layers, known, 180, caption, OVER_TIME)


def over_time(title: str, words: str, rows: list[dict[str, Any]], *, is_ratio: bool) -> Figure:
    """Return a chart of the `value` of each `level` at each `period`, with its interval from `low` to `high`."""
    import altair as alt

    rows = _most(rows, "n")
    if is_ratio:
        rows = [{**row, "high": 3.0 if row["high"] is None else min(row["high"], 3.0)} for row in rows]
    layers = _lines(rows, "value", words, percentage=not is_ratio)
    if is_ratio:
        layers.append(alt.Chart(data([{"y": 1.0}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(y=alt.Y("y:Q")))
    text = _over_time(rows, "value", (lambda value: ratio(value, 1)) if is_ratio else percent)
    caption = f"{'The dashed line is equal rates. ' if is_ratio else ''}{_bands(rows)}"
    return figure(title, text, layers, rows, 180, caption, OVER_TIME)


def _most(rows: list[dict[str, Any]], size: str) -> list[dict[str, Any]]:
    """Return the records of the largest groups, as many as a reader can distinguish."""
    sizes: dict[str, float] = {}
    for row in rows:
        sizes[row["level"]] = sizes.get(row["level"], 0) + (row[size] or 0)
    largest = sorted(sizes, key=lambda level: -sizes[level])[:MOST_LINES]
    return [row for row in rows if row["level"] in largest]


def _bands(rows: list[dict[str, Any]]) -> str:
    """Return what the bands are, where there are some."""
    levels = {row["level"] for row in rows}
    return "Bands are 95% confidence intervals." if len(levels) <= MOST_BANDS else ""


def _over_time(rows: list[dict[str, Any]], value: str, words: Any) -> str:
    """Return the first and the last value of every line in words."""
    found = []
    for level in dict.fromkeys(row["level"] for row in rows):
        of = [row for row in rows if row["level"] == level]
        first, last = of[0], of[-1]
        found.append(f"{level} {words(first[value])} in {first['period']}, {words(last[value])} in {last['period']}")
    return "; ".join(found) + "."


def _heat(group: str, rows: list[dict[str, Any]]) -> Figure:
    """A table of the joint groups coloured by the shrunk rate, with the number of rows in each."""
    import altair as alt

    cells = [
        {**row, "first": row["levels"][0], "second": row["levels"][1], "rows": f"n={people(row['n'])}", "levels": ""}
        for row in rows
    ]
    words = "; ".join(f"{row['level']} {percent(row['shrunk_rate'])} of {people(row['n'])}" for row in rows)
    long = any(len(str(row["first"])) > LETTERS for row in cells)
    across_axis = alt.Axis(labelAngle=-30, labelLimit=LABELS) if long else alt.Axis(labelAngle=0, labelLimit=75)
    chart = alt.Chart(data(cells)).encode(
        x=alt.X("first:N", title=None, axis=across_axis),
        y=alt.Y("second:N", title=None, axis=alt.Axis(labelLimit=LABELS)),
    )
    scale = alt.Scale(range=["#f3d9d6", "#cfe0f5"])
    layers = [
        chart.mark_rect(stroke=GRID).encode(color=alt.Color("shrunk_rate:Q", scale=scale, legend=None)),
        chart.mark_text(dy=-7, fontSize=12, color="#1a1f27").encode(text=alt.Text("shrunk_rate:Q", format=".1%")),
        chart.mark_text(dy=8, fontSize=12, color="#1a1f27").encode(text="rows:N"),
    ]
    height = 1.6 * ROW * len({row["second"] for row in cells})
    across = len({row["first"] for row in cells})
    caption = "Shrunken selection rates, and the number of people."
    title = f"Selection rate of joint groups: {group}"
    return figure(title, f"{words}.", layers, cells, height, caption, min(240, 80 * across))
