"""What erasure leaves: how well the group is predicted from vectors, as they are and erased, by each learner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditor.format import signed
from auditor.model import Audit, Result
from auditor.reporter.charts.figure import BAD, INK, MARK, Figure, data, styled

if TYPE_CHECKING:
    import altair as alt

WIDTH, HEIGHT = 270, 150
GUESSING = 0.5
LEARNERS = {"linear discriminant": ("", MARK, "circle"), "nearest neighbours": ("check_", BAD, "diamond")}
Row = Mapping[str, Any]


def figures(audit: Audit) -> Iterator[Figure]:
    """Yield a chart for each column of vectors and group: of several levels, that of the one predicted best."""
    for result in audit.results:
        if result.rule == "EMB002":
            for (column, group), rows in _by_group(result).items():
                yield _chart(f"Predicting {group} from the vectors {column}", rows)


def _by_group(result: Result) -> dict[tuple[str, str], list[Row]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in result.table:
        groups.setdefault((str(row["column"]), str(row["group"])), []).append(row)
    found = {}
    for about, rows in groups.items():
        best = max(rows, key=lambda row: max(row["auc"], row["check_auc"]))
        found[about] = [row for row in rows if row["level"] == best["level"]]
    return found


def _chart(title: str, rows: Sequence[Row]) -> Figure:
    import altair as alt

    drawn = [
        {
            "eraser": row["eraser"],
            "learner": learner,
            "auc": row[f"{prefix}auc"],
            "low": row[f"{prefix}low"],
            "high": row[f"{prefix}high"],
        }
        for row in rows
        for learner, (prefix, _, _) in LEARNERS.items()
    ]
    ends = [point[end] for point in drawn for end in ("low", "high")]
    low, high = min(GUESSING, *ends), max(GUESSING, *ends)
    room = 0.06 * (high - low or 0.1)
    scale = alt.Scale(domain=[low - room, high + room], nice=False, zero=False)
    x = alt.X("eraser:O", sort=[row["eraser"] for row in rows], title="what is erased", axis=alt.Axis(labelAngle=-30))
    y = alt.Y("auc:Q", title="AUC", scale=scale)
    line = alt.Chart(data([{"at": GUESSING}])).mark_rule(color=INK, strokeDash=[4, 3]).encode(y=alt.Y("at:Q"))
    layers: list[alt.Chart] = [line]
    for learner, (_, colour, shape) in LEARNERS.items():
        own = alt.Chart(data([point for point in drawn if point["learner"] == learner])).encode(x=x)
        layers += [
            own.mark_rule(color=colour, opacity=0.5, strokeWidth=3).encode(y=alt.Y("low:Q", title="AUC"), y2="high:Q"),
            own.mark_point(color=colour, filled=True, size=60, opacity=1, shape=shape).encode(y=y),
        ]
    words = "; ".join(f"{row['eraser']} erased: {_words(row)}" for row in rows)
    caption = (
        f"How well {rows[0]['level']} is predicted against {rows[0]['reference']}, on rows that no eraser or model "
        "learned from (95% intervals): circles by a linear discriminant, diamonds by the nearest neighbours. The "
        "dashed line is chance."
    )
    chart = alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)
    return Figure(title, f"{words}.", styled(chart), caption, "EMB002")


def _words(row: Row) -> str:
    areas = f"AUC {row['auc']:.3f} linear, {row['check_auc']:.3f} neighbours"
    gaps = [
        f"{signed(100 * row[key])} {name}"
        for key, name in (("blind_gap", "linear"), ("check_blind_gap", "neighbours"))
        if row[key] is not None
    ]
    return f"{areas}, gap {' and '.join(gaps)} points" if gaps else areas
