"""The peel: how well the group is still told, and what gap a blind model keeps, as the strongest stand-ins go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditor.format import signed
from auditor.model import Audit, Result
from auditor.reporter.figure import BAD, INK, MARK, QUIET, Figure, data, styled

if TYPE_CHECKING:
    import altair as alt

WIDTH, HEIGHT = 420, 150
GUESSING = 0.5
MOST_NAMED = 3
Row = Mapping[str, Any]


def figures(audit: Audit) -> Iterator[tuple[str, Figure]]:
    """Yield group and curve for each peel: of a group with several levels, the one told best."""
    for result in audit.results:
        if result.rule in ("PRX003", "TXT004"):
            for (group, column), rows in _by_group(result).items():
                title = f"Telling {group} as its stand-ins go" if not column else f"Telling {group} from {column}"
                yield group, _curve(title, rows, "terms" if column else "columns")


def _by_group(result: Result) -> dict[tuple[str, str], list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in result.table:
        groups.setdefault((str(row["group"]), str(row.get("column", ""))), []).append(row)
    return {about: _of_level(rows) for about, rows in groups.items()}


def _of_level(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of the level that is told best."""
    best = max((row for row in rows if row["k"] == 0), key=lambda row: row["auc"])
    return [row for row in rows if row["level"] == best["level"]]


def _curve(title: str, rows: Sequence[Row], what: str) -> Figure:
    """Return the two panels over one axis: the area under the curve above, the blind model's gap below."""
    import altair as alt

    drawn = [{**row, "gone_count": _place(row)} for row in rows]
    order = [row["gone_count"] for row in drawn]
    axis = f"strongest {what} gone"
    gaps = any(row["blind_gap"] is not None for row in rows)  # at some steps the model may tell nothing
    panels = [
        _panel(drawn, order, "auc", ("low", "high"), "area under the curve", GUESSING, MARK, None if gaps else axis)
    ]
    if gaps:
        panels.append(
            _panel(drawn, order, "blind_gap", ("gap_low", "gap_high"), "gap of a blind model", 0.0, BAD, axis)
        )
    said = "; ".join(
        f"{_place(row)} gone{f' ({gone})' if (gone := _gone(row)) else ''} {row['auc']:.3f}"
        + (f", gap {signed(100 * row['blind_gap'])} points" if row["blind_gap"] is not None else "")
        for row in rows
    )
    words = (
        f"Above: how surely {rows[0]['level']} is told from {rows[0]['reference']} as the strongest {what} and their "
        f"twins go: the area under the curve of a {rows[0]['learner']} with its 95 % interval, at diamonds of a "
        f"{rows[0]['check']}; the dashed line is guessing. Below: the gap in selection rates of a model of the outcome "
        f"that sees neither the group nor those {what}. {said}."
    )
    chart = alt.vconcat(*panels, spacing=8).resolve_scale(x="shared")
    return Figure(title, words, styled(chart), wide=True)


def _gone(row: Row) -> str:
    """Name what is gone; models of different folds may do without different ones."""
    gone = row["gone"]
    names = [gone] if gone and isinstance(gone, str) else list(gone)  # older audits have them in one text
    shown = ", ".join(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        return f"{shown} and {len(names) - MOST_NAMED:,} more"
    if len(names) >= row["k"]:
        return shown
    return f"{shown}, the rest differing from fold to fold" if names else "differing from fold to fold"


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
    x = alt.X("gone_count:O", sort=order, title=below, axis=alt.Axis(labelAngle=0))
    percentage = value == "blind_gap"
    axis = alt.Axis(format="%") if percentage else alt.Axis()
    ends = [row[bound] for row in rows for bound in bounds]
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
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
