"""The tables that rules keep beside their findings, made of their records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.model import Audit
from auditor.reporter.kept_columns import EMBEDDED, KEPT
from auditor.reporter.parts import part_of
from auditor.reporter.pay_summary import summary
from auditor.reporter.published import PUBLISHED
from auditor.reporter.table import Field, Row, Table

_LEAD = {"group": "Column", "level": "Group", "reference": "Reference", "column": "Text"}
_LEAD_OF_VECTORS = {**_LEAD, "column": "Vectors"}
_PUBLISHED_FORMS = {
    "n": "count", "selected": "count", "selection_rate": "share", "impact_ratio": "ratio", "reference_n": "count",
    "gap": "share", "share": "share", "reference_share": "share",
}  # fmt: skip
_LEADS, _WHY = {"PAY001": "Group and reference"}, {"PAY001": "Why a figure is left out"}


def rule_tables(audit: Audit) -> Iterator[Table]:
    """Yield the tables that the rules keep, in the order of the results, and after them those to be published."""
    yield from summary(audit)
    for result in audit.results:
        kept = KEPT.get(result.rule)
        if kept and result.table:
            there = [of for of in kept.split if any(of in row for row in result.table)]
            words = _LEAD_OF_VECTORS if result.rule.startswith("EMB") else _LEAD
            lead = tuple(Field(key, words[key]) for key in there if key not in {each.key for each in kept.fields})
            shown = [of for of in kept.fields if of is not EMBEDDED or any(of.key in row for row in result.table)]
            yield Table(
                kept.key,
                kept.title,
                (*lead, *shown),
                _of_strata(_only(result.table, kept.only)),
                part_of(result.rule),
                result.rule,
                kept.about,
                tuple(there),
            )
    for result in audit.results:
        if result.rule in PUBLISHED and result.table:
            how = PUBLISHED[result.rule]
            fields = (
                Field(how.by, _LEADS.get(result.rule, "Category of")),
                *([Field("stage", "Stage")] if any("stage" in row for row in result.table) else []),
                *(
                    Field(of.key, of.title, _PUBLISHED_FORMS.get(of.key, "text"), *(of.bounds or ()))
                    for of in how.fields
                ),
                Field(how.marked, _WHY.get(result.rule, "Why a ratio is left out")),
            )
            yield Table(
                f"policy-{result.rule.lower()}", "Table to publish", fields, tuple(result.table), None, result.rule
            )


def _only(rows: Sequence[Row], keys: Sequence[str]) -> Sequence[Row]:
    """Return the records in which one of some keys holds; all without such keys."""
    return [row for row in rows if any(row.get(key) for key in keys)] if keys else rows


def _of_strata(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the records of single strata, where a table has others of all strata together."""
    return tuple(row for row in rows if "stratum" not in row or row.get("kind", "stratum") == "stratum")
