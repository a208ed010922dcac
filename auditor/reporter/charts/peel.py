"""What remains: how well the group is still predicted, and the gap kept, as the strongest proxies are removed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.format import signed
from auditor.model import Audit, Result
from auditor.reporter.charts.figure import BAD, INK, MARK, QUIET, Figure, data, styled

if TYPE_CHECKING:
    import altair as alt

WIDTH, HEIGHT = 270, 130
GUESSING = 0.5
MOST_NAMED = 3
EMBEDDED = "embedded_auc"  # what the embedding of the masked text still predicts
Row = Mapping[str, Any]


def figures(audit: Audit) -> Iterator[Figure]:
    """Yield the curve of each group: of several levels, that of the one predicted best."""
    for result in audit.results:
        if result.rule in ("PRX003", "TXT004"):
            for (group, column), rows in _by_group(result).items():
                title = f"Predicting {group} from {column or 'the other columns'}"
                yield replace(_curve(title, rows, "terms" if column else "columns"), rule=result.rule)


def _by_group(result: Result) -> dict[tuple[str, str], list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in result.table:
        groups.setdefault((str(row["group"]), str(row.get("column", ""))), []).append(row)
    return {about: _of_level(rows) for about, rows in groups.items()}


def _of_level(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the level that is predicted best."""
    best = max((row for row in rows if row["k"] == 0), key=lambda row: row["auc"])
    return [row for row in rows if row["level"] == best["level"]]


def _curve(title: str, rows: Sequence[Row], what: str) -> Figure:
    """Return the two panels over one axis: the AUC above, the gap of a model without the group below."""
    import altair as alt

    drawn = [{**row, "removed_count": _place(row)} for row in rows]
    order = [row["removed_count"] for row in drawn]
    axis = f"strongest {what} {'masked' if what == 'terms' else 'removed'}"
    gaps = any(row["blind_gap"] is not None for row in rows)  # at some steps the model may predict nothing
    panels = [_panel(drawn, order, "auc", ("low", "high"), "AUC", GUESSING, MARK, None if gaps else axis)]
    if gaps:
        panels.append(_panel(drawn, order, "blind_gap", ("gap_low", "gap_high"), "gap in points", 0.0, BAD, axis))
    words = "; ".join(
        f"{_place(row)} removed{f' ({removed})' if (removed := _removed(row)) else ''}: AUC {row['auc']:.3f}"
        + (f", {row[EMBEDDED]:.3f} from the embedding" if row.get(EMBEDDED) is not None else "")
        + (f", gap {signed(100 * row['blind_gap'])} points" if row["blind_gap"] is not None else "")
        for row in rows
    )
    caption = (
        f"Above: how well {rows[0]['level']} is predicted against {rows[0]['reference']} ({rows[0]['learner']}, 95% "
        f"interval; diamonds: {rows[0]['check']}); the dashed line is chance."
        + (" Squares: from the embedding of the same masked text." if any(EMBEDDED in row for row in rows) else "")
        + (" Below: the gap in selection rates of a model that sees neither the group nor those." if gaps else "")
    )
    chart = alt.vconcat(*panels, spacing=8).resolve_scale(x="shared")
    return Figure(title, f"{words}.", styled(chart), caption)


def _removed(row: Row) -> str:
    """Return the names of what was removed; models of different folds may remove different ones."""
    removed = row["gone"]
    names = [removed] if removed and isinstance(removed, str) else list(removed)  # older audits have them in one text
    shown = ", ".join(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        return f"{shown} and {len(names) - MOST_NAMED:,} more"
    if len(names) >= row["k"]:
        return shown
    return f"{shown}, the others differ between folds" if names else "differ between folds"


def _place(row: Row) -> str:
    return f"{row['k']}"


def _panel(
    rows: list[dict[str, Any]],
    order: list[str],
    value: str,
    bounds: tuple[str, str],
    title: str,
    nothing: float,
    colour: str,
    below: str | None = None,
) -> alt.LayerChart | alt.FacetChart:
    import altair as alt

    rows = [row for row in rows if row[value] is not None]
    x = alt.X("removed_count:O", sort=order, title=below, axis=alt.Axis(labelAngle=0))
    percentage = value == "blind_gap"
    axis = alt.Axis(format="%") if percentage else alt.Axis()
    ends = [row[bound] for row in rows for bound in bounds]
    if value == "auc":
        ends += [
            row[end] for row in rows if row.get(EMBEDDED) is not None for end in (f"embedded_{of}" for of in bounds)
        ]
    ends += [row["check_auc"] for row in rows if value == "auc" and row.get("check_auc") is not None]
    low, high = min(nothing, *ends), max(nothing, *ends)
    room = 0.06 * (high - low or 0.1)
    scale = alt.Scale(domain=[low - room, high + room], nice=False, zero=False)
    chart = alt.Chart(data(rows)).encode(x=x)
    y = alt.Y(f"{value}:Q", title=title, scale=scale, axis=axis)
    layers = [
        alt.Chart(data([{"at": nothing}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(y=alt.Y("at:Q")),
        chart.mark_area(color=colour, opacity=0.18).encode(y=alt.Y(f"{bounds[0]}:Q", title=title), y2=f"{bounds[1]}:Q"),
        chart.mark_line(color=colour, strokeWidth=2).encode(y=y),
        chart.mark_point(color=colour, filled=True, size=60, opacity=1).encode(y=y),
    ]
    if any(row.get("check_auc") is not None for row in rows) and not percentage:
        layers.append(
            chart.transform_filter("isValid(datum.check_auc)")
            .mark_point(color=QUIET, shape="diamond", size=60, strokeWidth=2, opacity=1)
            .encode(y=alt.Y("check_auc:Q"))
        )
    if any(row.get(EMBEDDED) is not None for row in rows) and not percentage:
        meant = chart.transform_filter(f"isValid(datum.{EMBEDDED})")
        own = alt.Y(f"{EMBEDDED}:Q")
        layers += [
            meant.mark_rule(color=BAD, opacity=0.5, strokeWidth=3).encode(
                y=alt.Y("embedded_low:Q"), y2="embedded_high:Q"
            ),
            meant.mark_line(color=BAD, strokeDash=[2, 2], strokeWidth=1.5).encode(y=own),
            meant.mark_point(color=BAD, filled=True, shape="square", size=60, opacity=1).encode(y=own),
        ]
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
