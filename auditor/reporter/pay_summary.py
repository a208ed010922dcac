"""Pay at a glance: the figures that a manager looks at first, in words, from the rules about pay."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.format import percent
from auditor.model import Audit
from auditor.reporter.parts import Part
from auditor.reporter.table import Field, Row, Table

FIELDS = (Field("what", "What"), Field("figure", "Figure"), Field("interval", "95% interval"))
GAPS = (("(a)", "Mean pay"), ("(c)", "Median pay"), ("(b)", "Mean variable pay, of those who receive some"))
LINE = 0.05


def summary(audit: Audit) -> Iterator[Table]:
    """Yield the table, where the figures of pay were made."""
    figures = _table(audit, "PAY001")
    parts: dict[str, list[Row]] = {}
    for record in figures:
        parts.setdefault(str(record.get("pair")), []).append(record)
    rows = [row for pair, records in parts.items() for row in _rows(pair, records, _table(audit, "PAY002"))]
    if rows:
        about = "The figures of one group against those of the reference; the whole table is under 'Tables to publish'."
        yield Table("pay-summary", "Pay at a glance", FIELDS, tuple(rows), Part.PAY, "PAY001", about, ("group",))


def _table(audit: Audit, code: str) -> Sequence[Row]:
    return next((result.table for result in audit.results if result.rule == code), ())


def _rows(pair: str, records: Sequence[Row], categories: Sequence[Row]) -> Iterator[dict[str, Any]]:
    first: dict[str, Row] = {}
    for record in records:
        first.setdefault(str(record["point"]), record)
    level, reference = (str(records[0].get(key)) for key in ("level", "reference"))
    for point, what in GAPS:
        if point in first:
            yield {"group": pair, "what": what, **_gap(first[point])}
    if (shares := first.get("(e)")) is not None:
        yield {"group": pair, "what": "Receive variable pay", "figure": _both(shares, level, reference)}
    top = [record for record in records if record["point"] == "(f)"][-1:]
    for record in top:
        yield {"group": pair, "what": "Of the best-paid quarter", "figure": _both(record, level, reference)}
    own = [row for row in categories if (row.get("level"), row.get("reference")) == (level, reference)]
    if own:
        reached = [row for row in own if abs(float(row["gap"])) >= LINE]
        every = {str(record.get("of")) for record in records if record["point"] == "(g)"}
        others = f" shown; {len(every)} in all" if len(every) > len(own) else ""
        words = f"{len(reached)} of {len(own)}{others}"
        yield {"group": pair, "what": "Categories with a gap of 5% or more, either way", "figure": words}


def _gap(record: Row) -> dict[str, str]:
    value, low, high = (record.get(key) for key in ("gap", "low", "high"))
    if value is None:
        return {"figure": str(record.get("why") or "")}
    words = f"{percent(abs(value))} {'higher' if value < 0 else 'lower'}"
    around = f"{percent(low)} to {percent(high)}" if low is not None and high is not None else ""
    return {"figure": words, "interval": around}


def _both(record: Mapping[str, Any], level: str, reference: str) -> str:
    own, theirs = record.get("share"), record.get("reference_share")
    if own is None or theirs is None:
        return str(record.get("why") or "")
    return f"{level} {percent(own)}, {reference} {percent(theirs)}"
