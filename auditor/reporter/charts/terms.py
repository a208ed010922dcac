"""Terms at a glance: across, which group uses them; up, the selection rate of their users; size by documents."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.format import share_or_few
from auditor.model import Audit, TermKind
from auditor.reporter.charts.figure import BAD, INK, MARK, QUIET, WARN, Figure, data, styled

MOST_POINTS = 120
MOST_LABELS = 9
WIDTH, HEIGHT = 280, 300
Row = Mapping[str, Any]


def figures(audit: Audit) -> Iterator[Figure]:
    """Yield the picture of each text and group compared."""
    tables = {result.rule: result.table for result in audit.results}
    costs: dict[tuple[str, ...], dict[str, Row]] = {}
    for row in tables.get("TXT002", ()):
        costs.setdefault(_about(row), {})[str(row["term"])] = row
    marked: dict[tuple[str, ...], list[Row]] = {}
    for row in tables.get("TXT001", ()):
        marked.setdefault(_about(row), []).append(row)
    for about, rows in marked.items():
        yield _picture(about, rows[:MOST_POINTS], costs.get(about, {}))


def _about(row: Row) -> tuple[str, ...]:
    return tuple(str(row[key]) for key in ("column", "group", "level", "reference"))


def _picture(about: tuple[str, ...], rows: list[Row], costs: Mapping[str, Row]) -> Figure:
    import altair as alt

    column, group, level, reference = about
    with_outcome = any(row["rate_with"] is not None for row in rows)
    # Where outcomes are known, the rates of a term without any are suppressed: it has no place in the picture.
    rows = [row for row in rows if row["rate_with"] is not None or not with_outcome]
    drawn = [_point(row, costs.get(str(row["term"]))) for row in rows]
    far = max(1.0, *(abs(point["log_odds"]) for point in drawn))
    labelled = _labelled(drawn, far)
    ticks = [value for value in (1 / 64, 1 / 16, 1 / 4, 1, 4, 16, 64) if abs(math.log(value)) <= far * 1.15]
    x = alt.X(
        "log_odds:Q",
        title=f"odds of the term: {reference} ←  → {level}",
        scale=alt.Scale(domain=[-far * 1.15, far * 1.15], nice=False),
        axis=alt.Axis(values=[math.log(value) for value in ticks], labelExpr=_ODDS),
    )
    title = "selection rate with the term minus without" if with_outcome else "no outcome is known"
    y = alt.Y("effect:Q", title=title, axis=alt.Axis(format="+%"))
    size = alt.Size("documents:Q", scale=alt.Scale(range=[20, 400]), legend=None)
    colour = alt.Color("colour:N", scale=None, legend=None)
    base = alt.Chart(data(drawn)).encode(x=x, y=y)
    chart = alt.layer(
        alt.Chart(data([{"at": 0}])).mark_rule(color=INK).encode(x=alt.X("at:Q")),
        alt.Chart(data([{"at": 0}])).mark_rule(color=INK).encode(y=alt.Y("at:Q")),
        base.mark_point(filled=True, opacity=0.65).encode(size=size, color=colour),
        alt.Chart(data(labelled))
        .mark_text(dy=-9, fontSize=12, color=INK)
        .encode(x=alt.X("log_odds:Q"), y=alt.Y("effect:Q"), text="label:N"),
    ).properties(width=WIDTH, height=HEIGHT)
    words = "; ".join(_words(row) for row in rows[:MOST_LABELS])
    caption = (
        f"A point is a term. Right: used more by {level}; left: by {reference}. Below the line: its users are selected "
        f"less often. Larger: in more documents. Red terms go with lower selection of {level}; amber ones with "
        f"an advantage of {reference}; blue ones are linked to the group only; grey ones are on a watch list."
    )
    return Figure(f"Terms of {column}: {group}", f"{words}.", styled(chart), caption, "TXT001")


_ODDS = "datum.value >= -0.01 ? format(exp(datum.value), '.3~r') + ' ×' : '1/' + format(exp(-datum.value), '.3~r')"


def _labelled(points: list[dict[str, Any]], far: float) -> list[dict[str, Any]]:
    """Return the points to be named, the costliest words first; no name covers another."""
    height = max(abs(point["effect"]) for point in points) or 1.0
    chosen: list[dict[str, Any]] = []
    words = [point for point in points if " " not in point["term"]] or points
    for point in sorted(words, key=lambda point: (-abs(point["cost"]), -abs(point["z"]))):
        room = 0.047 * far * (len(point["term"]) + 6)
        covered = any(
            abs(point["log_odds"] - other["log_odds"]) < room and abs(point["effect"] - other["effect"]) < 0.12 * height
            for other in chosen
        )
        if not covered and len(chosen) < MOST_LABELS:
            chosen.append({**point, "label": point["term"]})
    return chosen


def _point(row: Row, cost: Row | None) -> dict[str, Any]:
    colour = MARK if row["kind"] == TermKind.MARKS else QUIET
    if cost:
        colour = BAD if cost["kind"] == TermKind.PENALISED else WARN
    return {
        "term": str(row["term"]),
        "log_odds": row["log_odds"],
        "z": row["z"],
        "documents": (row["documents"] or 0) + (row["documents_reference"] or 0),
        "effect": (row["rate_with"] or 0.0) - (row["rate_without"] or 0.0) if row["rate_with"] is not None else 0.0,
        "cost": cost["carried_gap"] if cost else 0.0,
        "colour": colour,
    }


def _words(row: Row) -> str:
    return f"{row['term']} {share_or_few(row['share'])} against {share_or_few(row['share_reference'])}"
