"""The charts of gaps in depth: strata as dumbbells, time as lines with bands, joint groups as a heat table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.format import people, percent, ratio, signed
from auditor.model import Audit, ProxyKind
from auditor.reporter.figure import BAD, GRID, INK, MARK, QUIET, ROW, WARN, Figure, data, figure, styled, y_levels
from auditor.reporter.view import kind_words

MOST_STRATA = 25
MOST_BANDS = 3  # more would hide one another
PROXY_COLOURS = {
    ProxyKind.CARRIER: BAD, ProxyKind.ALIAS: BAD, ProxyKind.LEAK: WARN, ProxyKind.OFFSET: MARK, ProxyKind.NONE: QUIET,
}  # fmt: skip
Row = Mapping[str, Any]


def figures(audit: Audit) -> Iterator[tuple[str, Figure]]:
    """Yield group and chart for everything that the results hold beyond one column's rates."""
    tables = {result.rule: result.table for result in audit.results}
    for group, rows in _split(tables.get("OUT003", ()), "group", "level"):
        yield group[0], _dumbbells(group, rows)
    for group, rows in _split(tables.get("REP004", ()), "group"):
        yield group[0], _shares(group[0], rows)
    for group, rows in _split(tables.get("OUT006", ()), "group"):
        yield group[0], _ratios(group[0], rows)
    yield from proxies(audit)
    for group, rows in _split(tables.get("OUT004", ()), "group"):
        if rows and len(rows[0]["levels"]) == 2:
            yield group[0], _heat(group[0], rows)


def proxies(audit: Audit) -> Iterator[tuple[str, Figure]]:
    """Yield group and the gaps that its columns carry, a line per column, widest first."""
    import altair as alt

    table = next((result.table for result in audit.results if result.rule == "PRX001"), ())
    for (group,), rows in _split(table, "group"):
        # Of several groups each column has its own pair: the one whose carried gap is the widest.
        several = len({(row["level"], row["reference"]) for row in rows[:MOST_STRATA]}) > 1
        drawn = [
            {
                **row,
                "who": f"{row['level']} against {row['reference']}",
                "level": f"{row['column']}: {row['level']}" if several else row["column"],
                "colour": PROXY_COLOURS.get(row["kind"], QUIET),
                "link": row["cramers_v"] or 0,
            }
            for row in rows[:MOST_STRATA]
        ]
        chart = alt.Chart(data(drawn)).encode(y=y_levels(drawn))
        bare = alt.Chart(data(drawn)).encode(y=y_levels(drawn).axis(None))
        colour = alt.Color("colour:N", scale=None, legend=None)
        x = alt.X("carried_gap:Q", title="carried gap, in points", axis=alt.Axis(format="%"))
        carried = alt.layer(
            alt.Chart(data([{"at": 0}])).mark_rule(color=INK).encode(x=alt.X("at:Q")),
            chart.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q", color=colour),
            chart.mark_point(filled=True, opacity=1, size=70).encode(x=x, color=colour),
        ).properties(width=260, height=len(drawn) * ROW)
        links = [
            bare.mark_bar(height=10, color=MARK, opacity=0.7)
            .encode(x=alt.X(f"{field}:Q", title=title, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(tickCount=3)))
            .properties(width=110, height=len(drawn) * ROW)
            for field, title in (("link", f"V with {group}"), ("outcome_v", "V with the outcome"))
        ]
        of = " ({})" if several else ""
        said = "; ".join(
            f"{row['column']} {signed(100 * row['carried_gap'])} points{of.format(row['who'])}, V {row['link']:.2f}, "
            f"{kind_words(ProxyKind, row['kind'])}"
            for row in drawn
        )
        pair = "between two groups, the two whose gap it carries most" if several else f"of {drawn[0]['who']}"
        words = (
            f"The gap {pair}, that each column carries by itself, and beside it how closely it is tied to {group} and "
            f"to the outcome (Cramér's V, 0 to 1). {said}."
        )
        panels = alt.hconcat(carried, *links, spacing=16)
        title = f"Proxies for {group}" if several else f"Proxies for {group}: {drawn[0]['who']}"
        yield group, Figure(title, words, styled(panels), wide=True)


def _split(table: tuple[Row, ...], *keys: str) -> list[tuple[tuple[str, ...], list[dict[str, Any]]]]:
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
    said = "; ".join(
        f"{row['level']}: {level} {percent(row['selection_rate'])} of {people(row['n'])}, {reference} "
        f"{percent(row['reference_rate'])} of {people(row['reference_n'])}"
        for row in drawn
    )
    chart = alt.Chart(data(drawn)).encode(y=y_levels(drawn))
    x = alt.X("reference_rate:Q", title="favourable rate", axis=alt.Axis(format="%"))
    weight = alt.condition("datum.kind == 'stratum'", alt.value(2), alt.value(5))
    layers = [
        chart.mark_rule(color=GRID).encode(x=x, x2="selection_rate:Q", strokeWidth=weight),
        chart.mark_point(color=QUIET, filled=True, size=70, opacity=1).encode(x=x),
        chart.mark_point(color=BAD, filled=True, size=70, opacity=1, shape="diamond").encode(
            x=alt.X("selection_rate:Q")
        ),
    ]
    words = f"Diamonds are {level}, circles {reference}. {said}."
    return figure(f"Within strata: {group} {level}", words, layers, drawn)


def _lines(rows: list[dict[str, Any]], value: str, title: str, percentage: bool) -> list[Any]:
    """Lines over the periods with bands, a line per level."""
    import altair as alt

    levels = list(dict.fromkeys(row["level"] for row in rows))
    colours, dashes = [MARK, BAD, INK, QUIET], [[1, 0], [5, 3], [1, 3]]
    spread = {
        "color": alt.Scale(domain=levels, range=[colours[i % len(colours)] for i in range(len(levels))]),
        "dash": alt.Scale(domain=levels, range=[dashes[i // len(colours) % len(dashes)] for i in range(len(levels))]),
    }
    legend = alt.Legend(title=None, orient="top", labelColor=INK, columns=4, symbolType="stroke", symbolOpacity=1)
    colour = alt.Color("level:N", scale=spread["color"], legend=legend)
    dash = alt.StrokeDash("level:N", scale=spread["dash"], legend=legend)
    periods = dict.fromkeys(row["period"] for row in sorted(rows, key=lambda row: row.get("place", 0)))
    order = [str(period) for period in periods]
    chart = alt.Chart(data(rows)).encode(x=alt.X("period:O", sort=order, title=None, axis=alt.Axis(labelAngle=-45)))
    y = alt.Y(f"{value}:Q", title=title, axis=alt.Axis(format="%") if percentage else alt.Axis())
    lines = chart.mark_line(point=alt.OverlayMarkDef(size=24)).encode(y=y, color=colour, strokeDash=dash)
    if len(levels) > MOST_BANDS:
        return [lines]
    return [chart.mark_area(opacity=0.18).encode(y=alt.Y("low:Q"), y2="high:Q", color=colour), lines]


def _shares(group: str, rows: list[dict[str, Any]]) -> Figure:
    layers = _lines(rows, "share", "share of rows", percentage=True)
    return figure(
        f"Who is in the data over time: {group}", _over_time(rows, "share", percent), layers, rows, height=180
    )


def _ratios(group: str, rows: list[dict[str, Any]]) -> Figure:
    import altair as alt

    known = [{**row, "high": min(row["high"] or 3.0, 3.0)} for row in rows if row["impact_ratio"] is not None]
    layers = _lines(known, "impact_ratio", "impact ratio", percentage=False)
    layers.append(alt.Chart(data([{"y": 1.0}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(y=alt.Y("y:Q")))
    words = _over_time(known, "impact_ratio", lambda value: ratio(value, 1)) + " The dashed line is equality."
    return figure(f"Impact ratio over time: {group}", words, layers, known, height=180)


def _over_time(rows: list[dict[str, Any]], value: str, words: Any) -> str:
    """Say the first and the last value of every line."""
    said = []
    for level in dict.fromkeys(row["level"] for row in rows):
        of = [row for row in rows if row["level"] == level]
        first, last = of[0], of[-1]
        said.append(f"{level} {words(first[value])} in {first['period']}, {words(last[value])} in {last['period']}")
    return "; ".join(said) + "."


def _heat(group: str, rows: list[dict[str, Any]]) -> Figure:
    """A table of the joint groups coloured by the shrunk rate, with the number of rows in each."""
    import altair as alt

    cells = [
        {**row, "first": row["levels"][0], "second": row["levels"][1], "rows": f"n={people(row['n'])}", "levels": ""}
        for row in rows
    ]
    said = "; ".join(f"{row['level']} {percent(row['shrunk_rate'])} of {people(row['n'])}" for row in rows)
    chart = alt.Chart(data(cells)).encode(
        x=alt.X("first:N", title=None, axis=alt.Axis(labelAngle=0, labelLimit=120)),
        y=alt.Y("second:N", title=None, axis=alt.Axis(labelLimit=150)),
    )
    scale = alt.Scale(range=["#f3d9d6", "#cfe0f5"])
    layers = [
        chart.mark_rect(stroke=GRID).encode(color=alt.Color("shrunk_rate:Q", scale=scale, legend=None)),
        chart.mark_text(dy=-6, color="#1a1f27").encode(text=alt.Text("shrunk_rate:Q", format=".1%")),
        chart.mark_text(dy=8, fontSize=10, color="#1a1f27").encode(text="rows:N"),
    ]
    height = 1.6 * ROW * len({row["second"] for row in cells})
    words = f"Shrunk rates, with the number of rows. {said}."
    return figure(f"Favourable rate of joint groups: {group}", words, layers, cells, height=height)
