"""The charts of a score: the impact ratio over its cuts with a band, and outcomes at equal scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from auditor.format import percent, ratio
from auditor.model import Audit, Result
from auditor.reporter.charts.figure import BAD, INK, LABELS, MARK, QUIET, Figure, data, figure

WIDTH, HEIGHT = 270, 180
TOP = 2.0  # the highest ratio drawn: a band beyond it is of no use
MOST_LINES = 4  # more cannot be distinguished
MOST_BANDS = 2
NAMED = (0.05, 0.2, 0.5)  # shares of all rows: the words give the ratio there
Row = Mapping[str, Any]


def curves(audit: Audit) -> Iterator[Figure]:
    """Yield the curve of the impact ratio over all cuts, of each group against its reference."""
    if (result := _result(audit, "SCO002")) is None:
        return
    limits = [of.measures["impact_ratio"].limit for of in result.findings if "impact_ratio" in of.measures]
    for (group, level), rows in _split(result.table, "group", "level"):
        if known := [row for row in rows if row["impact_ratio"] is not None]:
            yield replace(_curve(group, level, known, next(iter(limits), None)), rule="SCO002")


def calibration(audit: Audit) -> Iterator[Figure]:
    """Yield the observed rates of the groups in bins of the score, for each group column."""
    if (result := _result(audit, "SCO005")) is None:
        return
    for (group,), rows in _split(result.table, "group"):
        yield replace(_calibration(group, rows), rule="SCO005")


def _result(audit: Audit, code: str) -> Result | None:
    return next((result for result in audit.results if result.rule == code and result.table), None)


def _split(table: Sequence[Row], *keys: str) -> list[tuple[tuple[str, ...], list[dict[str, Any]]]]:
    parts: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in table:
        parts.setdefault(tuple(str(row[key]) for key in keys), []).append(dict(row))
    return list(parts.items())


def _curve(group: str, level: str, rows: list[dict[str, Any]], limit: float | None) -> Figure:
    import altair as alt

    drawn = [
        {
            **row,
            "impact_ratio": min(row["impact_ratio"], TOP),
            "low": min(row["low"], TOP),
            "high": min(TOP if row["high"] is None else row["high"], TOP),
        }
        for row in rows
    ]
    top = max(1.05, *(row["high"] for row in drawn))
    x = alt.X("selected_share:Q", title="share of all rows selected", axis=alt.Axis(format="%"))
    y = alt.Y("impact_ratio:Q", title="impact ratio", scale=alt.Scale(domain=[0, top], nice=False))
    chart = alt.Chart(data(drawn)).encode(x=x)
    lines = [{"y": 1.0, "of": "equal"}, *([{"y": limit, "of": "threshold"}] if limit else [])]
    layers = [
        chart.mark_area(color=MARK, opacity=0.18).encode(y=alt.Y("low:Q", title="impact ratio"), y2="high:Q"),
        alt.Chart(data(lines))
        .mark_rule(strokeDash=[4, 3])
        .encode(
            y=alt.Y("y:Q"),
            color=alt.Color("of:N", scale=alt.Scale(domain=["equal", "threshold"], range=[INK, BAD]), legend=None),
        ),
        chart.mark_line(color=MARK, strokeWidth=2).encode(y=y),
    ]
    chosen = [row for row in drawn if row["chosen"]]
    if chosen:
        point = alt.Chart(data(chosen)).mark_point(color=BAD, filled=True, size=90, shape="diamond", opacity=1)
        layers.append(point.encode(x=x, y=y))
    nearest = [min(rows, key=lambda row: abs(row["selected_share"] - share)) for share in NAMED]
    named = list({row["cut"]: row for row in (*[row for row in rows if row["chosen"]], *nearest)}.values())
    words = "; ".join(
        f"{'the stated cut ' if row['chosen'] else ''}{row['cut']} selects {percent(row['selected_share'])}, ratio "
        f"{ratio(row['impact_ratio'], 1)}"
        for row in named
    )
    caption = (
        f"Ratio of the selection rate of {level} to that of {rows[0]['reference']}, at each cut. The band holds at all "
        "cuts at once (95%). Dashed: equal rates"
        + (f", and the threshold of {limit:g}." if limit else ".")
        + (f" The diamond is the stated cut, {chosen[0]['cut']}." if chosen else "")
    )
    title = f"Impact ratio over all cuts: {group} {level}"
    return figure(title, f"{words}.", layers, drawn, HEIGHT, caption, WIDTH)


def _calibration(group: str, rows: list[dict[str, Any]]) -> Figure:
    import altair as alt

    sizes: dict[str, float] = {}
    for row in rows:
        sizes[row["level"]] = sizes.get(row["level"], 0) + row["n"]
    levels = sorted(sizes, key=lambda level: -sizes[level])[:MOST_LINES]
    drawn = [{**row, "from": row["bin"].split(" to ")[0]} for row in rows if row["level"] in levels]
    order = list(dict.fromkeys(row["from"] for row in sorted(drawn, key=lambda row: row["place"])))
    colours, dashes = [MARK, BAD, INK, QUIET], [[1, 0], [5, 3], [1, 3], [8, 2]]
    legend = alt.Legend(
        title=None, orient="top", labelColor=INK, labelFontSize=12, labelLimit=LABELS, columns=2, symbolType="stroke",
        symbolOpacity=1,
    )  # fmt: skip
    colour = alt.Color("level:N", scale=alt.Scale(domain=levels, range=colours[: len(levels)]), legend=legend)
    dash = alt.StrokeDash("level:N", scale=alt.Scale(domain=levels, range=dashes[: len(levels)]), legend=legend)
    x = alt.X("from:O", sort=order, title="score", axis=alt.Axis(labelAngle=-45, labelLimit=90))
    y = alt.Y("selection_rate:Q", title="favourable outcome", axis=alt.Axis(format="%"))
    chart = alt.Chart(data(drawn)).encode(x=x)
    layers = [chart.mark_line(point=alt.OverlayMarkDef(size=24)).encode(y=y, color=colour, strokeDash=dash)]
    if len(levels) <= MOST_BANDS:
        layers.insert(0, chart.mark_area(opacity=0.18).encode(y=alt.Y("low:Q"), y2="high:Q", color=colour))
    words = "; ".join(
        f"{level} "
        + ", ".join(f"{percent(row['selection_rate'])} at {row['bin']}" for row in drawn if row["level"] == level)
        for level in levels
    )
    caption = "Observed rates in bins of the score with about as many rows." + (
        " Bands are 95% confidence intervals of each bin." if len(levels) <= MOST_BANDS else ""
    )
    return figure(f"Outcomes at equal scores: {group}", f"{words}.", layers, drawn, HEIGHT, caption, WIDTH)
