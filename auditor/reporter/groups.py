"""The rows of the group tables: who is in the data, who is selected, and what was found of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditor.format import listed
from auditor.model import Audit, Finding, State
from auditor.reporter.bins import RESULTS
from auditor.reporter.table import Field, Row

GROUPS = (
    Field("level", "Group"),
    Field("rows", "People", "count"),
    Field("share", "Share", "share"),
    Field("stated_share", "Population", "share"),
    Field("known", "With outcome", "count"),
    Field("favourable", "Selected", "count"),
    Field("selection_rate", "Rate", "share", "low", "high"),
    Field("impact_ratio", "Impact ratio", "ratio", "ratio_low", "ratio_high"),
    Field("shortfall", "Shortfall", "count"),
    Field("result", "Result"),
)
REFERENCE = "Reference"
NOT_RECORDED = "(not recorded)"


def group_rows(audit: Audit) -> dict[str, list[dict[str, Any]]]:
    """Return, by group column, a row per level: who is in the data, who is selected, and what was found of both."""
    found: dict[str, dict[str | None, dict[str, Any]]] = {}
    for code in ("OUT001", "REP001"):
        for record in _table(audit, code):
            rows = found.setdefault(str(record["group"]), {})
            row = rows.setdefault(record["level"], {"group": record["group"], "level": record["level"]})
            if code == "REP001":
                names = {"low": "share_low", "high": "share_high"}
                own = {names.get(key, key): value for key, value in record.items()}
                row |= {
                    **own,
                    "rows": own.get("rows") if row.get("rows") is None else row["rows"],
                }  # of weighted rows the size that rates have
            else:
                row |= record
    for group, rows in found.items():
        known = sum(row.get("rows") or 0 for level, row in rows.items() if level is not None)
        for level, row in rows.items():
            if row.get("share") is None and level is not None and known and row.get("rows") is not None:
                row["share"] = row["rows"] / known
        if lacks_outcomes([*rows.values()]):
            for row in rows.values():
                row["known"] = None if row.get("no_outcome") is None else row.get("n")  # suppressed together
        _add_ratios(audit, group, rows)
    return {group: list(rows.values()) for group, rows in found.items()}


def _add_ratios(audit: Audit, group: str, rows: dict[str | None, dict[str, Any]]) -> None:
    """Add the impact ratio of each level, and in words what was found; the reference is marked as one."""
    worst: dict[str, Finding] = {}
    for finding in _findings_of(audit, "OUT001"):
        of = finding.subject
        ratio = finding.measures.get("impact_ratio")
        level = of.get("level")
        if of.get("group") != group or level is None or level not in rows:
            continue
        row = rows[level]
        known = worst.get(level)
        if known is not None and list(State).index(known.state) <= list(State).index(finding.state):
            continue
        worst[level] = finding
        row["result"], row["state"], row["id"] = RESULTS[finding.state], str(finding.state), finding.id
        row["reference"] = of.get("reference")
        if ratio is not None:
            row |= {"impact_ratio": ratio.value, "ratio_low": ratio.low, "ratio_high": ratio.high, "limit": ratio.limit}
        short = finding.measures.get("shortfall")
        if short is not None and short.value is not None and short.value > 0:
            row["shortfall"] = short.value
    references = {str(row.get("reference")) for row in rows.values() if row.get("reference")}
    for name, row in rows.items():
        if name in references and "result" not in row:
            row["result"], row["impact_ratio"], row["is_reference"] = REFERENCE, 1.0, True
        elif name is None:
            row["result"] = ""


def lacks_outcomes(rows: Sequence[Row]) -> bool:
    """Whether the outcome of somebody in the table is not recorded, so that rates are of fewer than all."""
    return any(row.get("no_outcome") for row in rows)


def notes(audit: Audit, group: str, rows: Sequence[Row]) -> str:
    """Return what must be known to read the table of a group column: whose rates they are, who is missing."""
    rates = "Rates are of people with a recorded outcome." if lacks_outcomes(rows) else ""
    return " ".join(filter(None, (rates, left_out(audit, group, rows))))


def left_out(audit: Audit, group: str, rows: Sequence[Row]) -> str:
    """Return which groups are in no row because they are small; "" where all are there."""
    there, few = {row["level"] for row in rows}, audit.few
    hidden = [level for level in few.few.get(group, ()) if level not in there] if few else []
    if not few or not hidden:
        return ""
    return (
        f"Not shown, because of under {few.least} rows: {listed(hidden)}. Where the totals would give the numbers of "
        "such a group, it is counted with another one."
    )


def _table(audit: Audit, code: str) -> Sequence[Row]:
    return next((result.table for result in audit.results if result.rule == code), ())


def _findings_of(audit: Audit, code: str) -> Sequence[Finding]:
    return next((result.findings for result in audit.results if result.rule == code), ())
