"""Several audits in a row, as every report shows them: a table, pictures, and what repeated looks mean."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.format import interval, p_value, people, percent, ratio, signed
from auditor.model import Comparison, Measure, Series, Track, Trend
from auditor.reporter.answer import VERDICTS
from auditor.reporter.charts.figure import Figure
from auditor.reporter.charts.gaps import over_time
from auditor.reporter.table import Field, Table

MOST_SHOWN = 8  # audits in a table for readers: the first, and the last seven; workbooks and JSON have all
MOST_CHARTS = 6
WORDS = {"share": "Share of the data", "selection_rate": "Selection rate", "impact_ratio": "Impact ratio"}
TRENDS = {
    Trend.ROSE: "rose",
    Trend.FELL: "fell",
    Trend.NOT_SHOWN: "no change shown",
    Trend.UNTESTED: "not tested",
}
LOOKS = (
    "Changes are measured from the first audit that has the number. The more often one looks, the more often chance "
    "looks like a change: p-values are adjusted (Holm) for all later audits and all groups of a column, so that each "
    "new audit raises the bar. Intervals, also those of changes, are not adjusted for it. “No change shown” leaves "
    "open whether there is one. Audits that share rows are not independent: intervals of their changes are too wide."
)
FIELDS = (
    Field("measure", "Measure"), Field("group", "Column"), Field("level", "Group"), Field("reference", "Reference"),
    Field("audit", "Audit"), Field("verdict", "Verdict"), Field("rows", "Rows", "count"),
    Field("value", "Value", "number", "low", "high"),
    Field("change", "Change since the first", "number", "change_low", "change_high"), Field("p_adjusted", "p", "p"),
)  # fmt: skip


def places(series: Series) -> list[int]:
    """Return which audits a table for readers shows, by their places."""
    many = len(series.names)
    return list(range(many)) if many <= MOST_SHOWN else [0, *range(many - MOST_SHOWN + 1, many)]


def left_out(series: Series) -> str:
    """Return how many audits the table for readers leaves out."""
    n = len(series.names) - len(places(series))
    return f"{n} audits between the first and the last {MOST_SHOWN - 1} are in the JSON and XLSX reports." if n else ""


def head(series: Series) -> list[str]:
    """Return the titles of the table for readers: an audit a column."""
    return ["", *(series.names[i] for i in places(series)), "Since the first"]


def rows(series: Series) -> list[list[str]]:
    """Return the table for readers: verdicts, rows, and a row per number of a group."""
    shown = places(series)
    found = [
        ["Verdict", *(VERDICTS[series.levels[i]][0] for i in shown), ""],
        ["Rows", *(people(series.rows[i]) for i in shown), ""],
    ]
    return [*found, *([name(of), *(_text(of, of.values[i]) for i in shown), change(of)] for of in series.tracks)]


def name(track: Track) -> str:
    """Return what a number is, and its group."""
    against = f" against '{track.reference}'" if track.reference else ""
    return f"{WORDS.get(track.measure, track.measure)}: {track.group} '{track.level}'{against}"


def change(track: Track) -> str:
    """Return how a number moved from the first audit to the last, with its interval and p."""
    last, p = track.changes[-1], track.p_adjusted[-1]
    if last is None or last.value is None or p is None:
        return TRENDS[Trend.UNTESTED]
    if track.measure == "impact_ratio":
        size = f"× {ratio(last.value, 1)} {interval(last.low, last.high, 1)}"
    else:
        ends = "" if None in (last.low, last.high) else f" [{_points(last.low)}, {_points(last.high)}]"
        size = f"{_points(last.value)} points{ends}"
    return f"{TRENDS[track.trend]}: {size}, {p_value(p)}"


def _points(share: float | None) -> str:
    return signed(100 * (share or 0.0))


def _text(track: Track, of: Measure | None) -> str:
    if of is None or of.value is None:
        return "–"
    if track.measure == "impact_ratio":
        return f"{ratio(of.value, of.limit)} {interval(of.low, of.high, of.limit)}"
    ends = "" if of.low is None or of.high is None else f" [{percent(of.low)}, {percent(of.high)}]"
    return f"{percent(of.value)}{ends}"


def summary(series: Series) -> str:
    """Return how many audits there are, and how many of their numbers rose or fell."""
    counts = [(TRENDS[kind], sum(of.trend is kind for of in series.tracks)) for kind in Trend]
    moves = ", ".join(f"{n} {words}" for words, n in counts if n)
    numbers = (
        f" Numbers of groups, last against first: {moves}." if moves else " No number of a group is in two of them."
    )
    return f"{len(series.names)} audits, from {series.names[0]} to {series.names[-1]}.{numbers}"


def table(compared: Comparison | None) -> Table:
    """Return the numbers of a series as plain values: a row per number and audit."""
    series = compared.series if compared is not None else None
    found = list(_plain(series)) if series is not None else []
    about = "A row is a number of a group in one audit. A change is a difference; of impact ratios, a ratio."
    return Table("series", "Audits in a row", FIELDS, tuple(found), about=about)


def _plain(series: Series) -> Iterator[dict[str, Any]]:
    for track in series.tracks:
        for i, (value, moved) in enumerate(zip(track.values, track.changes, strict=True)):
            row: dict[str, Any] = {
                "measure": track.measure,
                "group": track.group,
                "level": track.level,
                "reference": track.reference,
            }
            row |= {"audit": series.names[i], "verdict": VERDICTS[series.levels[i]][0], "rows": series.rows[i]}
            if value is not None:
                row |= {"value": value.value, "low": value.low, "high": value.high}
            if moved is not None:
                row |= {"change": moved.value, "change_low": moved.low, "change_high": moved.high}
            yield {**row, "p_adjusted": track.p_adjusted[i]}


def figures(series: Series) -> Iterator[Figure]:
    """Yield a picture per group column and measure: the numbers of its groups over the audits, with intervals."""
    charts: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for track in series.tracks:
        for i, value in enumerate(track.values):
            if value is not None and value.value is not None:
                row = {"level": track.level, "period": series.names[i], "place": i, "value": value.value}
                row |= {"low": value.low, "high": value.high, "n": value.n or 0}
                charts.setdefault((track.group, track.measure), []).append(row)
    for (group, measure), drawn in list(charts.items())[:MOST_CHARTS]:
        words = WORDS.get(measure, measure)
        yield over_time(f"{words} in each audit: {group}", words.lower(), drawn, is_ratio=measure == "impact_ratio")
