"""The charts of a group: who is in the data, favourable rates, impact ratios."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.format import people, percent, ratio
from auditor.model import Audit
from auditor.reporter import gap_charts, peel_chart, term_chart
from auditor.reporter.figure import (
    BAD,
    INK,
    MARK,
    QUIET,
    STATE_COLOURS,
    Figure,
    axis,
    base,
    data,
    figure,
    whiskers,
    y_levels,
)
from auditor.reporter.json import BROKEN

MOST_ROWS = 25


def figures(audit: Audit) -> dict[str, list[Figure]]:
    """Return the charts of each group column, in the order that they are read."""
    found: dict[str, list[Figure]] = {}
    for draw in (_shares, _all_rates, _all_ratios, peel_chart.figures, term_chart.figures, gap_charts.figures):
        try:
            drawn = list(draw(audit))
        except BROKEN:
            continue  # the records of a saved audit may be anything; what is wrong with them costs the picture
        for group, figure_ in drawn:
            found.setdefault(group, []).append(figure_)
    return found


def _shares(audit: Audit) -> Iterator[tuple[str, Figure]]:
    for group, rows in _by_group(audit, "REP001").items():
        if drawn := _who(group, rows):
            yield group, drawn


def _all_rates(audit: Audit) -> Iterator[tuple[str, Figure]]:
    for group, rows in _by_group(audit, "OUT001").items():
        if drawn := _rates(group, rows):
            yield group, drawn


def _all_ratios(audit: Audit) -> Iterator[tuple[str, Figure]]:
    for group in dict.fromkeys(str(row["group"]) for rule in ("REP001", "OUT001") for row in _table(audit, rule)):
        if drawn := _ratios(group, audit):
            yield group, drawn


def _table(audit: Audit, rule: str) -> Iterator[Mapping[str, Any]]:
    for result in audit.results:
        if result.rule == rule:
            yield from result.table


def _by_group(audit: Audit, rule: str) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in _table(audit, rule):
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

    rows_of = base(known, "share")
    x = axis("share", "share of rows", known, ("high", "stated_share"))
    layers = [rows_of.mark_bar(color=MARK, opacity=0.55, height=12).encode(x=x), whiskers(rows_of, INK)]
    if stated:
        ticks = alt.Chart(data(stated)).mark_tick(color=BAD, thickness=3, size=18)
        layers.append(ticks.encode(y=y_levels(known), x=alt.X("stated_share:Q")))
    note = " The red tick is the stated share." if stated else ""
    return figure(f"Who is in the data: {group}", f"{said}.{note}", layers, known)


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
    rows_of = base(known, "selection_rate")
    x = axis("selection_rate", "favourable rate", known, ("high",))
    layers = [whiskers(rows_of, MARK), rows_of.mark_point(color=MARK, filled=True, size=70, opacity=1).encode(x=x)]
    return figure(f"Favourable rate: {group}", f"{said}.", layers, known)


def _ratios(group: str, audit: Audit) -> Figure | None:
    """Points of the impact ratios with Miettinen-Nurminen intervals, against the limit."""
    import altair as alt

    rows: list[dict[str, Any]] = []
    limit: float | None = None
    for finding in audit.findings("OUT001"):
        measure = finding.measures.get("impact_ratio")
        if finding.subject.get("group") != group or measure is None or measure.value is None:
            continue
        limit = measure.limit
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
    rows_of = base(rows, "value")
    shape = alt.Color("colour:N", scale=None, legend=None)
    top = max(1.1, *(row["high"] for row in rows))
    x = alt.X("value:Q", title="impact ratio", scale=alt.Scale(domain=[0, top], nice=False, clamp=True))
    rule = alt.Chart(data([{"value": limit}])).mark_rule(color=INK, strokeDash=[4, 3])
    layers = [
        *([rule.encode(x=alt.X("value:Q"))] if limit is not None else []),
        rows_of.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title="impact ratio"), x2="high:Q", color=shape),
        rows_of.mark_point(filled=True, size=80, opacity=1).encode(x=x, color=shape),
    ]
    line = "" if limit is None else f" The dashed line is the threshold, {limit:g}."
    alt_text = f"{said}; each against {rows[0]['reference']}.{line}"
    return figure(f"Impact ratio: {group}", alt_text, layers, rows)
