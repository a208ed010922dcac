"""What an audit contributes to a description of the data for others, in sentences; and what it cannot know.

The descriptions (Croissant, a dataset card, a datasheet) share these sentences. An audit knows the columns, what was
found in them and the stated use. It does not know who made the data, why, or under what licence: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditor.format import people, percent
from auditor.model import Audit, Finding
from auditor.reporter import page
from auditor.reporter.answer import headline, is_assumed, verdict
from auditor.reporter.answer import use as use_in_words
from auditor.reporter.bins import RESULTS, Bin, binned
from auditor.reporter.groups import NOT_RECORDED, group_rows, left_out
from auditor.reporter.parts import Part, part_of

FOUND = (Bin.BLOCKING, Bin.RESOLVE, Bin.INFORMATION)
OF_BIAS = (Part.GROUPS, Part.PROXIES, Part.OUTCOME)
KINDS = {
    "past_decision": "a past decision",
    "measured_outcome": "a measured outcome",
    "human_rating": "a human rating",
}
ROLES = {
    "target": "outcome", "group": "group", "feature": "feature", "text": "text", "time": "time", "id": "person",
    "weight": "survey weight", "vector": "vector",
}  # fmt: skip


def summary(audit: Audit) -> str:
    """Return what the data are, as far as an audit knows: rows and columns, and what was judged."""
    words, _ = verdict(audit)
    columns = len(audit.dataset.columns)
    what = f"{people(audit.dataset.rows)} rows, {people(columns)} column{'s' * (columns != 1)}."
    return f"{what} Audited for: {use_in_words(audit)}. Result: {words}."


def biases(audit: Audit) -> list[str]:
    """Return what was found about gaps between groups, proxies and the outcome, most urgent first."""
    return list(_found(audit, of_bias=True))


def limitations(audit: Audit) -> list[str]:
    """Return what was found about the data themselves, what is inconclusive, what did not run, and assumptions."""
    open_ = [
        f"Inconclusive: {headline(finding)} ({judged.result.rule})"
        for judged in binned(audit)[Bin.INCONCLUSIVE]
        for finding in judged.findings
    ]
    missed = [f"Not run: {name}, because {reason.rstrip('.')} ({code})" for code, name, reason in page.not_run(audit)]
    return [*_found(audit, of_bias=False), *open_, *missed, *map(str, audit.use_case.get("assumed") or ())]


def _found(audit: Audit, *, of_bias: bool) -> Iterator[str]:
    parts = binned(audit)
    for of in FOUND:
        for judged in parts[of]:
            if (part_of(judged.result.rule) in OF_BIAS) is of_bias:
                for finding in judged.findings:
                    accepted = f"; {finding.waiver}" if finding.waiver else ""
                    yield f"{headline(finding)} ({judged.result.rule}, {_state(finding)}{accepted})"


def _state(finding: Finding) -> str:
    """Return the result of a finding as it stands within brackets: without brackets of its own."""
    return RESULTS[finding.state].lower().replace(" (", ", ").rstrip(")")


def errors(audit: Audit) -> list[str]:
    """Return what was found of errors, noise, redundancy and missing values; and of the outcome's own errors."""
    wanted = ("QLT", "LAB")
    return [text for text in (*limitations(audit), *biases(audit)) if any(f"({code}" in text for code in wanted)]


def uses(audit: Audit) -> list[str]:
    """Return the use that was stated; nothing where none was."""
    stated = audit.use_case["use"]
    if is_assumed(audit):
        return []
    found = [f"{use_in_words(audit)}."]
    found += [f"Success: {stated['success']}."] * bool(stated.get("success"))
    return found + [f"Operationalization: {stated['operationalization']}."] * bool(stated.get("operationalization"))


def unsuited(audit: Audit) -> list[str]:
    """Return the use that the verdict rules out, and the conditions of a use; nothing where there are neither."""
    words, _ = verdict(audit)
    level = str(audit.verdict.level)
    conditions = [f"Required: {action.what}" for action in audit.verdict.actions]
    return ([f"{words}: {use_in_words(audit)}."] if level == "unfit" else []) + conditions


def outcome(audit: Audit) -> str | None:
    """Return what the outcome is; None without one."""
    label = audit.use_case["label"]
    if not label.get("column") or str(label["column"]).lower() == "none":
        return None
    values = f", favourable: {' or '.join(label['positive'])}" if label.get("positive") else ""
    stated = label.get("kind")
    kind = f" It is {KINDS[stated]}, as stated." if stated in KINDS else ""
    measured = f" It is used as a measure of {label['stands_for']}." if label.get("stands_for") else ""
    return f"Column '{label['column']}'{values}.{kind}{measured}"


def collected(audit: Audit) -> list[str]:
    """Return what the use case states about how the outcome came about."""
    stated = audit.use_case["label"].get("kind")
    return [f"The outcome is {KINDS[stated]}, as stated."] if stated in KINDS else []


def period(audit: Audit) -> tuple[int, int, str] | None:
    """Return the oldest and the newest year of the dated rows, and their column; None where they were not shown."""
    for result in audit.results:
        for finding in result.findings if result.rule == "FIT002" else ():
            years = finding.said.facts if finding.said else {}  # without them where numbers are suppressed
            if years.get("oldest") is not None and years.get("newest") is not None and "column" in finding.subject:
                return int(years["oldest"]), int(years["newest"]), finding.subject["column"]
    return None


def missing(audit: Audit) -> list[str]:
    """Return a sentence for each column with missing values."""
    rows = audit.dataset.rows or 1
    of = f"of {people(audit.dataset.rows)} rows"
    return [
        f"'{column.name}': {people(column.missing)} {of} ({percent(column.missing / rows)})"
        for column in audit.dataset.columns
        if column.missing
    ]


def columns(audit: Audit) -> list[tuple[str, str, str, str, str]]:
    """Return name, role, type, missing values and distinct values of each column."""
    return [
        (
            of.name,
            ROLES.get(of.role, of.role),
            of.type,
            people(of.missing),
            people(of.levels) if of.levels is not None else "",
        )
        for of in audit.dataset.columns
    ]


def with_role(audit: Audit, role: str) -> list[str]:
    """Return the columns of a role."""
    return [column.name for column in audit.dataset.columns if column.role == role]


def sensitive(audit: Audit) -> list[str]:
    """Return which columns describe groups of people, name persons or hold free text: what the audit knows of them."""
    known = (
        ("group", "Compared as groups of people"), ("id", "Read as what identifies the person"), ("text", "Free text")
    )  # fmt: skip
    return [f"{words}: '{name}'" for role, words in known for name in with_role(audit, role)]


def group_notes(audit: Audit) -> list[str]:
    """Return what must be known to read the groups: those that are not shown, by column."""
    said = {group: left_out(audit, group, rows) for group, rows in group_rows(audit).items()}
    return [f"'{group}': {text}" for group, text in said.items() if text]


def groups(audit: Audit) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Return for each group column its levels with their rows and share; a suppressed number is empty."""
    found = []
    for group, rows in group_rows(audit).items():
        levels = [
            (
                NOT_RECORDED if row["level"] is None else str(row["level"]),
                people(row["rows"]) if row.get("rows") is not None else "",
                percent(row["share"]) if row.get("share") is not None else "",
            )
            for row in rows
        ]
        found.append((group, levels))
    return found
