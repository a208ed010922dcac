"""What all charts share: colours, scales, data, and the SVG that goes into a report."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.format import printable
from auditor.model import State

if TYPE_CHECKING:
    import altair as alt

ROW = 26
WIDTH = 190  # of a plot: with its labels it fits a phone without being made smaller
LABELS = 110  # the most that a label of a row takes
ROOM = {"left": 18, "right": 14, "top": 5, "bottom": 5}  # a reader's fonts may be wider than the renderer's
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
    """A chart with its title, and words for those who cannot see it; `caption` explains how to read it.

    `rule` is the code of the rule whose records it shows.
    """

    title: str
    words: str
    chart: alt.Chart | alt.LayerChart | alt.VConcatChart | alt.HConcatChart
    caption: str = ""
    rule: str = ""

    def svg(self) -> str:
        """Return the chart as SVG, its colours as CSS variables; nothing where the renderer refuses it.

        A picture that cannot be drawn costs the picture: its `words` say the same.
        """
        import vl_convert

        try:
            svg: str = vl_convert.vegalite_to_svg(cleaned(self.chart.to_dict()))
        except ValueError:
            return ""
        for colour, variable in VARIABLES.items():
            svg = re.sub(rf'"{colour}"', f'"var({variable})"', svg, flags=re.IGNORECASE)
        return svg


def cleaned(specification: Any) -> Any:
    r"""Return a chart specification whose texts can neither end the renderer nor be taken for its code.

    The renderer aborts the process on a character that XML does not have, and writes titles into expressions, where a
    backslash or a line separator has a meaning of its own. Every text passes here, so that sort orders still match.

    >>> cleaned({"title": "CORP\\users", "sort": ["a\x1b", "b\u2028c"]})
    {'title': 'CORP⧵users', 'sort': ['a�', 'b c']}
    """
    if isinstance(specification, dict):
        return {key: cleaned(value) for key, value in specification.items()}
    if isinstance(specification, list | tuple):
        return [cleaned(value) for value in specification]
    if isinstance(specification, str):
        return printable(" ".join(specification.splitlines())).replace("\\", "\N{REVERSE SOLIDUS OPERATOR}")
    return specification


def base(rows: list[dict[str, Any]], value: str) -> alt.Chart:
    """Return a chart of rows, a level per line."""
    import altair as alt

    return alt.Chart(data(rows)).encode(y=y_levels(rows), x=alt.X(f"{value}:Q"))


def data(rows: list[dict[str, Any]]) -> alt.InlineData:
    """Return rows as data that the renderer can take."""
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def y_levels(rows: list[dict[str, Any]]) -> alt.Y:
    """Return the axis of levels, in the order of the rows."""
    import altair as alt

    axis = alt.Axis(labelLimit=LABELS, ticks=False, domain=False)
    return alt.Y("level:N", sort=[str(row["level"]) for row in rows], title=None, axis=axis)


def axis(field: str, title: str, rows: list[dict[str, Any]], bounds: tuple[str, ...]) -> alt.X:
    """Return the axis of a share, from 0 to what it must show."""
    import altair as alt

    top = max(row[name] or 0 for row in rows for name in (field, *bounds))
    top = min(1.0, top * 1.05) or 1.0
    return alt.X(f"{field}:Q", title=title, axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, top], nice=True))


def whiskers(base: alt.Chart, colour: str) -> alt.Chart:
    """Return the lines of the intervals."""
    import altair as alt

    whiskers: alt.Chart = base.mark_rule(color=colour, strokeWidth=1.5).encode(x=alt.X("low:Q"), x2="high:Q")
    return whiskers


def figure(
    title: str,
    text: str,
    layers: list[Any],
    rows: list[dict[str, Any]],
    height: float | None = None,
    caption: str = "",
    width: float = WIDTH,
) -> Figure:
    """Return layers as a figure in the house style."""
    import altair as alt

    chart = alt.layer(*layers).properties(width=width, height=height or max(2, len(rows)) * ROW)
    return Figure(title, text, styled(chart), caption)


def styled(chart: Any) -> Any:
    """Return a whole chart, layered or of several panels, in the house style."""
    return (
        chart.configure(background="transparent", font="sans-serif", padding=ROOM)
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
