"""Every table of an audit, as reports show them, and workbooks, CSV files and frames hold them."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.model import Audit, Finding
from auditor.reporter import trends
from auditor.reporter.bins import RESULTS, SEVERITIES, bin_of, label
from auditor.reporter.groups import GROUPS, NOT_RECORDED, group_rows, left_out
from auditor.reporter.parts import Part
from auditor.reporter.rule_tables import rule_tables
from auditor.reporter.table import CI, Field, Table


def tables(audit: Audit) -> Iterator[Table]:
    """Yield every table of an audit that has rows, in the order of the report."""
    for table in _all(audit):
        if table.rows:
            yield table


def _all(audit: Audit) -> Iterator[Table]:
    yield _groups(audit)
    yield _actions(audit)
    yield _findings(audit)
    yield _measures(audit)
    yield from rule_tables(audit)
    yield _columns(audit)
    yield _method(audit)
    yield _recompute(audit)
    yield trends.table(audit.compared)


def _groups(audit: Audit) -> Table:
    found = group_rows(audit)
    rows = [
        {**row, "level": NOT_RECORDED if row["level"] is None else row["level"]} for of in found.values() for row in of
    ]
    hidden = [text for group, of in found.items() if (text := left_out(audit, group, of))]
    about = " ".join(["A row is a group. The impact ratio is its rate over that of the reference.", CI, *hidden])
    return Table(
        "groups",
        "Groups",
        (Field("group", "Column"), *GROUPS, Field("reference", "Reference")),
        tuple(rows),
        Part.GROUPS,
        None,
        about,
    )


def _actions(audit: Audit) -> Table:
    rows = [
        {
            "what": action.what,
            "applies": action.applies,
            "owner": action.owner,
            "done": action.done,
            "severity": SEVERITIES[action.severity],
            "rules": action.rules,
            "findings": action.findings,
        }
        for action in audit.verdict.actions
    ]
    fields = (
        Field("what", "Action"), Field("applies", "Applies to"), Field("owner", "Owner"), Field("done", "Done when"),
        Field("severity", "What it asks for"), Field("rules", "Rules"), Field("findings", "Findings"),
    )  # fmt: skip
    return Table("actions", "Required actions", fields, tuple(rows), about="A row is a kind of action.")


def _findings(audit: Audit) -> Table:
    rows = [
        {
            "id": finding.id,
            "rule": result.rule,
            "name": result.name,
            "result": label(result, finding),
            "bin": bin_of(result, finding).words,
            **_about(finding),
            "text": finding.message,
            "remedy": finding.remedy,
            "settle": finding.settle,
            "waiver": finding.waiver,
        }
        for result in audit.results
        for finding in result.findings
    ]
    fields = (
        Field("rule", "Rule", "code"), Field("name", "Check"), Field("bin", "What it asks for"),
        Field("result", "Result"), *_SUBJECT, Field("text", "Finding"), Field("remedy", "What to do"),
        Field("settle", "What would settle it"), Field("waiver", "Waiver"), Field("id", "Id"),
    )  # fmt: skip
    return Table("findings", "Findings", fields, tuple(rows), about="A row is a finding.")


_SUBJECT = (
    Field("column", "Column"),
    Field("group", "Group column"),
    Field("level", "Group"),
    Field("reference", "Reference"),
    Field("about", "Subgroup, stratum, stage or term"),
)


def _about(finding: Finding) -> dict[str, str | None]:
    of = finding.subject
    return {
        **{key: of.get(key) for key in ("column", "group", "level", "reference")},
        "about": of.get("slice") or of.get("stratum") or of.get("stage") or of.get("term"),
    }


def _measures(audit: Audit) -> Table:
    rows = []
    for result in audit.results:
        quantities = audit.documentation[result.rule].measures if result.rule in audit.documentation else {}
        for finding in result.findings:
            for name, of in finding.measures.items():
                words = quantities[name].words if name in quantities else name.replace("_", " ")
                values = {"value": of.value, "low": of.low, "high": of.high, "n": of.n, "limit": of.limit}
                state = str(finding.state)
                rows.append(
                    {
                        "id": finding.id,
                        "rule": result.rule,
                        "state": state,
                        **_about(finding),
                        "measure": words,
                        **values,
                    }
                )
    fields = (
        Field("rule", "Rule", "code"), Field("state", "State"), *_SUBJECT, Field("measure", "Measure"),
        Field("value", "Value", "value"), Field("low", "Lower end", "value"), Field("high", "Upper end", "value"),
        Field("n", "Rows", "count"), Field("limit", "Threshold", "value"), Field("id", "Finding"),
    )  # fmt: skip
    return Table("measures", "Measures", fields, tuple(rows), about=f"A row is a number of a finding. {CI}")


def _columns(audit: Audit) -> Table:
    total = audit.dataset.rows or 1
    rows = [
        {
            "name": of.name,
            "role": of.role,
            "type": of.type,
            "missing": of.missing,
            "missing_share": of.missing / total,
            "levels": of.levels,
            "note": of.note,
        }
        for of in audit.dataset.columns
    ]
    fields = (
        Field("name", "Column"), Field("role", "Role"), Field("type", "Type"), Field("missing", "Missing", "count"),
        Field("missing_share", "Missing (share)", "share"), Field("levels", "Distinct values", "count"),
        Field("note", "Note"),
    )  # fmt: skip
    return Table("columns", "Columns", fields, tuple(rows), Part.DATA)


def _method(audit: Audit) -> Table:
    rows = []
    for result in audit.results:
        about = audit.documentation.get(result.rule)
        rows.append(
            {
                "rule": result.rule,
                "name": result.name,
                "title": about.title if about else "",
                "result": RESULTS[result.state],
                "reason": result.reason,
                **(about.sections if about else {}),
            }
        )
    headings = dict.fromkeys(heading for of in audit.documentation.values() for heading in of.sections)
    fields = (
        Field("rule", "Rule", "code"), Field("name", "Check"), Field("result", "Result"),
        Field("title", "What it looks for"), Field("reason", "Why it did not run"),
        *(Field(heading, heading) for heading in headings),
    )  # fmt: skip
    return Table("method", "Method", fields, tuple(rows), about="A row is a check.")


def _recompute(audit: Audit) -> Table:
    """Return the SQL that gives the counts of each group table."""
    rows = [{"group": group, "sql": of.sql, "note": of.note} for group, of in audit.recompute.items()]
    fields = Field("group", "Column"), Field("sql", "SQL", "sql"), Field("note", "What to know first")
    about = "A row is a group column. The SQL gives the counts of its table from the data."
    return Table("recompute", "Recompute the counts", fields, tuple(rows), about=about)
