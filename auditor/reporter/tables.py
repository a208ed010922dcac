"""The audit as tables of plain values: what reports show as tables, and workbooks, CSV files and frames hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from auditor.model import Audit, Finding, State
from auditor.reporter.bins import RESULTS, SEVERITIES, bin_of
from auditor.reporter.parts import Part, part_of
from auditor.reporter.published import PUBLISHED

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Field:
    """A column of a table: the key of its values, its title, and the form in which readers see them.

    Forms: text, code (a rule), proxy and term (a kind), count, share, points, ratio, auc (three decimals), number,
    p. `low` and `high` are the keys of an interval's
    ends. A table of values has them as columns of their own.
    """

    key: str
    title: str
    form: str = "text"
    low: str | None = None
    high: str | None = None

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.form not in ("text", "code", "proxy", "term")


@dataclass(frozen=True)
class Table:
    """A table: a key that names its sheet, a title, the part of the report that it stands in, its rows.

    `about` says what a row is and how its numbers are to be read.
    """

    key: str
    title: str
    fields: tuple[Field, ...]
    rows: tuple[Row, ...]
    part: Part | None = None
    rule: str | None = None
    about: str = ""
    split: tuple[str, ...] = field(default=())  # keys by whose values a report makes tables of their own


@dataclass(frozen=True)
class _Kept:
    """How the records that a rule keeps are shown."""

    key: str
    title: str
    fields: tuple[Field, ...]
    about: str
    split: tuple[str, ...] = ("group", "level", "reference")


CI = "Intervals are 95% confidence intervals."
RATE = Field("selection_rate", "Rate", "share", "low", "high")
KEPT = {
    "OUT003": _Kept(
        "strata",
        "Selection within strata",
        (
            Field("stratum", "Stratum"),
            Field("level", "Group"),
            Field("n", "People", "count"),
            Field("selection_rate", "Rate", "share"),
            Field("reference", "Reference"),
            Field("reference_n", "People in the reference", "count"),
            Field("reference_rate", "Rate of the reference", "share"),
        ),
        "A row is a stratum and a group. Rates are of the rows with a known outcome.",
    ),
    "OUT004": _Kept(
        "joint-groups",
        "Selection by joint group",
        (
            Field("level", "Joint group"),
            Field("n", "People", "count"),
            RATE,
            Field("shrunk_rate", "Shrunken rate", "share", "shrunk_low", "shrunk_high"),
            Field("probability_below_limit", "Probability below the threshold", "number"),
        ),
        f"The shrunken rate borrows strength from all joint groups; small ones are pulled to the mean. {CI}",
        ("group",),
    ),
    "OUT005": _Kept(
        "subgroups",
        "Subgroups defined by several columns",
        (
            Field("slice", "Subgroup"),
            Field("n", "People", "count"),
            Field("selection_rate", "Rate", "share", "low", "high"),
            Field("impact_ratio", "Impact ratio", "ratio"),
            Field("p_adjusted", "p (adjusted)", "p"),
        ),
        f"Found on one half of the rows, tested on the other. The ratio is to all other rows. {CI}",
        (),
    ),
    "REP004": _Kept(
        "shares-by-period",
        "Shares by period",
        (
            Field("period", "Period"),
            Field("level", "Group"),
            Field("rows", "Rows", "count"),
            Field("share", "Share", "share", "low", "high"),
        ),
        CI,
        ("group",),
    ),
    "OUT006": _Kept(
        "ratios-by-period",
        "Impact ratio by period",
        (
            Field("period", "Period"),
            Field("n", "People", "count"),
            Field("selection_rate", "Rate", "share"),
            Field("reference_n", "People in the reference", "count"),
            Field("reference_rate", "Rate of the reference", "share"),
            Field("impact_ratio", "Impact ratio", "ratio", "low", "high"),
        ),
        CI,
    ),
    "PRX001": _Kept(
        "proxies",
        "Columns as proxies",
        (
            Field("column", "Column"),
            Field("kind", "What it is", "proxy"),
            Field("level", "Group"),
            Field("reference", "Reference"),
            Field("carried_gap", "Gap it reproduces (points)", "points", "low", "high"),
            Field("raw_gap", "Whole gap (points)", "points"),
            Field("cramers_v", "Association with the group (Cramér's V)", "auc"),
            Field("theils_u", "Variation in the group explained (Theil's U)", "share"),
            Field("q", "p (adjusted)", "p"),
        ),
        f"The gap that a model of this column alone would reproduce, without seeing the group. {CI}",
        ("group",),
    ),
    "PRX003": _Kept(
        "remaining-proxies",
        "What remains when the strongest proxies are removed",
        (
            Field("k", "Columns removed", "count"),
            Field("gone", "Which"),
            Field("auc", "AUC for the group", "auc", "low", "high"),
            Field("check_auc", "AUC, gradient boosting", "auc", "check_low", "check_high"),
            Field("blind_gap", "Gap of a model without the group (points)", "points", "gap_low", "gap_high"),
        ),
        f"An AUC of 0.5 is chance, 1 is certainty. {CI}",
    ),
    "TXT001": _Kept(
        "group-terms",
        "Terms used more by one group",
        (
            Field("term", "Term"),
            Field("leans_to", "Used more by"),
            Field("share", "Documents of the group", "share"),
            Field("share_reference", "Documents of the reference", "share"),
            Field("log_odds", "Log-odds", "auc", "low", "high"),
            Field("q", "p (adjusted)", "p"),
        ),
        f"Documents are counted, not occurrences. {CI}",
        ("column", "group", "level", "reference"),
    ),
    "TXT002": _Kept(
        "penalised-terms",
        "Group-linked terms and selection",
        (
            Field("term", "Term"),
            Field("kind", "What it is", "term"),
            Field("rate_with", "Rate with the term", "share"),
            Field("rate_without", "Rate without it", "share"),
            Field("carried_gap", "Gap it accounts for (points)", "points", "low", "high"),
            Field("within_p", "p within the groups", "p"),
            Field("q", "p (adjusted)", "p"),
        ),
        f"Rates are of documents with a known outcome. {CI}",
        ("column", "group", "level", "reference"),
    ),
    "TXT004": _Kept(
        "remaining-text-proxies",
        "What remains when the strongest terms are masked",
        (
            Field("k", "Terms masked", "count"),
            Field("auc", "AUC for the group", "auc", "low", "high"),
            Field("check_auc", "AUC, second model", "auc", "check_low", "check_high"),
            Field("blind_gap", "Gap of a model without the group (points)", "points", "gap_low", "gap_high"),
        ),
        f"An AUC of 0.5 is chance, 1 is certainty. {CI}",
        ("column", "group", "level", "reference"),
    ),
    "MDL001": _Kept(
        "model",
        "A model trained without the group",
        (
            Field("level", "Group"),
            Field("rows", "People", "count"),
            Field("observed_rate", "Selected in the data", "share"),
            Field("selection_rate", "Selected by the model", "share"),
            Field("true_positive_rate", "True positive rate", "share"),
            Field("false_positive_rate", "False positive rate", "share"),
        ),
        "The model selects as many people as the data do.",
        ("group",),
    ),
}
GROUPS = (
    Field("level", "Group"),
    Field("rows", "People", "count"),
    Field("share", "Share", "share"),
    Field("stated_share", "Population", "share"),
    Field("favourable", "Selected", "count"),
    Field("selection_rate", "Rate", "share", "low", "high"),
    Field("impact_ratio", "Impact ratio", "ratio", "ratio_low", "ratio_high"),
    Field("shortfall", "Shortfall", "count"),
    Field("result", "Result"),
)
REFERENCE = "Reference"
NOT_RECORDED = "(not recorded)"


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
    for result in audit.results:
        kept = KEPT.get(result.rule)
        if kept and result.table:
            there = [of for of in kept.split if any(of in row for row in result.table)]
            lead = tuple(Field(key, _LEAD[key]) for key in there if key not in {each.key for each in kept.fields})
            yield Table(
                kept.key,
                kept.title,
                (*lead, *kept.fields),
                _of_strata(result.table),
                part_of(result.rule),
                result.rule,
                kept.about,
                tuple(there),
            )
    for result in audit.results:
        if result.rule in PUBLISHED and result.table:
            how = PUBLISHED[result.rule]
            forms = {"n": "count", "selected": "count", "selection_rate": "share", "impact_ratio": "ratio"}
            fields = (
                Field(how.by, "Category of"),
                *(Field(of.key, of.title, forms.get(of.key, "text")) for of in how.fields),
                Field(how.marked, "Why a ratio is left out"),
            )
            yield Table(
                f"policy-{result.rule.lower()}", "Table to publish", fields, tuple(result.table), None, result.rule
            )
    yield _columns(audit)
    yield _method(audit)


_LEAD = {"group": "Column", "level": "Group", "reference": "Reference", "column": "Text"}


def _of_strata(rows: Sequence[Row]) -> tuple[Row, ...]:
    """Return the records of single strata, where a table has others of all strata together."""
    return tuple(row for row in rows if "stratum" not in row or row.get("kind", "stratum") == "stratum")


def group_rows(audit: Audit) -> dict[str, list[dict[str, Any]]]:
    """Return, by group column, a row per level: who is in the data, who is selected, and what was found of both."""
    found: dict[str, dict[str | None, dict[str, Any]]] = {}
    for code in ("OUT001", "REP001"):
        for record in _table(audit, code):
            rows = found.setdefault(str(record["group"]), {})
            row = rows.setdefault(record["level"], {"group": record["group"], "level": record["level"]})
            if code == "REP001":
                names = {"low": "share_low", "high": "share_high"}
                row |= {names.get(key, key): value for key, value in record.items()}
            else:
                row |= record
    for group, rows in found.items():
        known = sum(row.get("rows") or 0 for level, row in rows.items() if level is not None)
        for level, row in rows.items():
            if row.get("share") is None and level is not None and known and row.get("rows") is not None:
                row["share"] = row["rows"] / known
        _with_ratios(audit, group, rows)
    return {group: list(rows.values()) for group, rows in found.items()}


def _with_ratios(audit: Audit, group: str, rows: dict[str | None, dict[str, Any]]) -> None:
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


def _groups(audit: Audit) -> Table:
    rows = [
        {**row, "level": NOT_RECORDED if row["level"] is None else row["level"]}
        for of in group_rows(audit).values()
        for row in of
    ]
    about = f"A row is a group. The impact ratio is its rate over that of the reference. {CI}"
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
            "result": RESULTS[finding.state],
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
    Field("about", "Subgroup, stratum or term"),
)


def _about(finding: Finding) -> dict[str, str | None]:
    of = finding.subject
    return {
        **{key: of.get(key) for key in ("column", "group", "level", "reference")},
        "about": of.get("slice") or of.get("stratum") or of.get("term"),
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


def _table(audit: Audit, code: str) -> Sequence[Row]:
    return next((result.table for result in audit.results if result.rule == code), ())


def _findings_of(audit: Audit, code: str) -> Sequence[Finding]:
    return next((result.findings for result in audit.results if result.rule == code), ())


def plain_fields(table: Table) -> tuple[Field, ...]:
    """Return the columns of a table of plain values: each end of an interval has one of its own."""
    found = []
    for of in table.fields:
        found.append(of)
        if of.low and of.high:
            found += [
                Field(of.low, f"{of.title}, lower end", of.form),
                Field(of.high, f"{of.title}, upper end", of.form),
            ]
    return tuple({of.key: of for of in found}.values())


def plain_value(of: Field, row: Row) -> str | float | bool | None:
    """Return a value of a row as a text, a number or a truth value; what is not finite is None."""
    value = row.get(of.key)
    if isinstance(value, Iterable) and not isinstance(value, str):  # a list, or an array of numpy
        return ", ".join(map(str, value))
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)
