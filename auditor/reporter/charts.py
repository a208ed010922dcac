"""Altair charts from results: who is in the data, favourable rates, impact ratios; per group column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.model import Audit, State
from auditor.words import people, percent, printable, ratio

if TYPE_CHECKING:
    import altair as alt

ROW = 26
MOST_ROWS = 25
# Colours stand for their role; in a report each becomes a CSS variable, so that charts follow light and dark.
INK, QUIET, GRID, MARK, BAD, WARN, GOOD, OPEN = (
    "#1a1f26", "#5b6672", "#d9dee4", "#2f5fa8", "#b3261e", "#8a5a00", "#1e6b3a", "#6a3d9a",
)  # fmt: skip
VARIABLES = {
    INK: "--ink", QUIET: "--quiet", GRID: "--rule", MARK: "--mark",
    BAD: "--bad", WARN: "--warn", GOOD: "--good", OPEN: "--open",
}  # fmt: skip
STATE_COLOURS = {
    State.SHOWN_STRONG: BAD, State.SHOWN: BAD, State.BORDERLINE: WARN, State.UNDETERMINED: OPEN, State.CLEAR: GOOD,
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """A chart with its title and the words that say the same to whoever cannot see it."""

    title: str
    words: str
    chart: alt.Chart | alt.LayerChart

    def svg(self) -> str:
        """Return the chart as SVG, its colours as CSS variables."""
        import vl_convert

        svg: str = vl_convert.vegalite_to_svg(self.chart.to_dict())
        for colour, variable in VARIABLES.items():
            svg = re.sub(rf'"{colour}"', f'"var({variable})"', svg, flags=re.IGNORECASE)
        return svg


def figures(audit: Audit) -> dict[str, list[Figure]]:
    """Return the charts of each group column, in the order that they are read."""
    found: dict[str, list[Figure]] = {}
    for rule, draw in (("REP001", _who), ("OUT001", _rates)):
        for group, rows in _by_group(audit, rule).items():
            if figure := draw(group, rows):
                found.setdefault(group, []).append(figure)
    for group in found:
        if figure := _ratios(group, audit):
            found[group].append(figure)
    return found


def _by_group(audit: Audit, rule: str) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for result in audit.results:
        if result.rule == rule:
            for row in result.table:
                groups.setdefault(str(row["group"]), []).append(row)
    return groups


def _who(group: str, rows: list[Mapping[str, Any]]) -> Figure | None:
    """Bars of the shares, with Goodman's intervals and the stated shares as ticks."""
    known = [dict(row) for row in rows if row["share"] is not None][:MOST_ROWS]
    if not known:
        return None
    stated = [row for row in known if row["stated_share"] is not None]
    said = "; ".join(
        f"{row['level']} {percent(row['share'])}"
        + (f" against a stated {percent(row['stated_share'])}" if row["stated_share"] is not None else "")
        for row in known
    )
    import altair as alt

    base = _base(known, "share")
    x = _axis("share", "share of rows", known, ("high", "stated_share"))
    layers = [base.mark_bar(color=MARK, opacity=0.55, height=12).encode(x=x), _whiskers(base, INK)]
    if stated:
        ticks = alt.Chart(_data(stated)).mark_tick(color=BAD, thickness=3, size=18)
        layers.append(ticks.encode(y=_y(known), x=alt.X("stated_share:Q")))
    note = " The red tick is the stated share." if stated else ""
    return _figure(f"Who is in the data: {group}", f"{said}.{note}", layers, known)


def _rates(group: str, rows: list[Mapping[str, Any]]) -> Figure | None:
    """Points of the favourable rates with Wilson intervals."""
    known = [
        {**row, "level": row["level"] if row["level"] is not None else "(not recorded)"}
        for row in rows
        if row["selection_rate"] is not None
    ][:MOST_ROWS]
    if not known:
        return None
    said = "; ".join(f"{row['level']} {percent(row['selection_rate'])} of {people(row['n'])}" for row in known)
    base = _base(known, "selection_rate")
    x = _axis("selection_rate", "favourable rate", known, ("high",))
    layers = [_whiskers(base, MARK), base.mark_point(color=MARK, filled=True, size=70, opacity=1).encode(x=x)]
    return _figure(f"Favourable rate: {group}", f"{said}.", layers, known)


def _ratios(group: str, audit: Audit) -> Figure | None:
    """Points of the impact ratios with Miettinen-Nurminen intervals, against the limit."""
    import altair as alt

    rows: list[dict[str, Any]] = []
    limit = 0.8
    for finding in audit.findings("OUT001"):
        measure = finding.measures.get("impact_ratio")
        if finding.subject.get("group") != group or measure is None or measure.value is None:
            continue
        limit = measure.limit or limit
        rows.append(
            {
                "level": finding.subject["level"],
                "value": measure.value,
                "low": measure.low or 0.0,
                "high": min(measure.high if measure.high is not None else 3.0, 3.0),
                "reference": finding.subject["reference"],
                "colour": STATE_COLOURS.get(finding.state, QUIET),
            }
        )
    rows = rows[:MOST_ROWS]
    if not rows:
        return None
    said = "; ".join(f"{row['level']} {ratio(row['value'], limit)}" for row in rows)
    base = _base(rows, "value")
    shape = alt.Color("colour:N", scale=None, legend=None)
    top = max(1.1, *(row["high"] for row in rows))
    x = alt.X("value:Q", title="impact ratio", scale=alt.Scale(domain=[0, top], nice=False, clamp=True))
    rule = alt.Chart(_data([{"value": limit}])).mark_rule(color=INK, strokeDash=[4, 3])
    layers = [
        rule.encode(x=alt.X("value:Q")),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title="impact ratio"), x2="high:Q", color=shape),
        base.mark_point(filled=True, size=80, opacity=1).encode(x=x, color=shape),
    ]
    alt_text = f"{said}; each against {rows[0]['reference']}. The dashed line is the limit, {limit:g}."
    return _figure(f"Impact ratio: {group}", alt_text, layers, rows)


def _base(rows: list[dict[str, Any]], value: str) -> alt.Chart:
    import altair as alt

    return alt.Chart(_data(rows)).encode(y=_y(rows), x=alt.X(f"{value}:Q"))


def _data(rows: list[dict[str, Any]]) -> alt.InlineData:
    import altair as alt

    # The renderer aborts the whole process on a character that XML does not have.
    clean = [{key: printable(value) if isinstance(value, str) else value for key, value in row.items()} for row in rows]
    return alt.InlineData(values=clean)


def _y(rows: list[dict[str, Any]]) -> alt.Y:
    import altair as alt

    axis = alt.Axis(labelLimit=150, ticks=False, domain=False)
    return alt.Y("level:N", sort=[printable(str(row["level"])) for row in rows], title=None, axis=axis)


def _axis(field: str, title: str, rows: list[dict[str, Any]], bounds: tuple[str, ...]) -> alt.X:
    import altair as alt

    top = max(row[name] or 0 for row in rows for name in (field, *bounds))
    top = min(1.0, top * 1.05) or 1.0
    return alt.X(f"{field}:Q", title=title, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, top], nice=True))


def _whiskers(base: alt.Chart, colour: str) -> alt.Chart:
    import altair as alt

    whiskers: alt.Chart = base.mark_rule(color=colour, strokeWidth=1.5).encode(x=alt.X("low:Q"), x2="high:Q")
    return whiskers


def _figure(title: str, text: str, layers: list[Any], rows: list[dict[str, Any]]) -> Figure:
    import altair as alt

    chart = (
        alt.layer(*layers)
        .properties(width=250, height=max(2, len(rows)) * ROW)
        .configure(background="transparent", font="sans-serif")
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            titleColor=QUIET,
            gridColor=GRID,
            domainColor=GRID,
            tickColor=GRID,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            tickCount=5,
        )
    )
    return Figure(title, text, chart)
