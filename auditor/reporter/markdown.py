"""The audit as Markdown, for a review or an issue."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auditor.format import printable
from auditor.model import Audit
from auditor.reporter import comparison, published, view
from auditor.reporter.showing import shown


def render(audit: Audit) -> str:
    """Return the report as Markdown; every value from the data is escaped."""
    audit = shown(audit)
    return "\n".join(_lines(audit)) + "\n"


BREAK = "<!-- -->"  # shows nothing, and keeps a site from making a link of what it stands in
_LINKED = re.compile(
    r"(?<=@)(?=[A-Za-z0-9])|(?<=://)(?=.)|(?<=www)(?=\\?\.)|(?<=#)(?=\d)|(?<=\bGH-)(?=\d)", re.IGNORECASE
)


def escape(text: str) -> str:
    r"""Return text that Markdown and HTML take as it stands: no mark-up, no link, nobody notified.

    >>> print(escape("<b> a_b | *c* ~~x~~"))
    &lt;b&gt; a\_b \| \*c\* \~\~x\~\~
    >>> print(escape("@ann https://x.org"))
    @<!-- -->ann https:/<!-- -->/x.org
    """
    text = printable(" ".join(text.split()))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = re.sub(r"([\\`*_|\[\]#~!$])", r"\\\1", text)
    text = re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", re.sub(r"^([-+])", r"\\\1", text))
    return _LINKED.sub(BREAK, text.replace("://", f":/{BREAK}/"))


def _lines(audit: Audit) -> Iterator[str]:
    headline, meaning = view.headline(audit)
    yield f"# {headline}: {escape(audit.dataset.name)}"
    yield ""
    yield f"**{escape(view.about(audit))}** {meaning} {view.DISCLAIMER}"
    yield from _list("The stated use", [f"**{escape(key)}**: {escape(value)}" for key, value in view.stated_use(audit)])
    decided = [f"**Check this:** {escape(text)}" if warning else escape(text) for warning, text in view.reading(audit)]
    yield from _list(view.READING, decided)
    yield from _list("Because", [f"**{escape(code)}** {escape(text)}" for code, text in view.reasons(audit)])
    yield from _list(view.CONDITIONS[audit.verdict.level], [escape(text) for text in audit.verdict.conditions])
    yield from _list(view.SETTLE[audit.verdict.level], [escape(text) for text in audit.verdict.to_settle])
    yield from _beside(audit)
    yield from _published(audit)
    yield from _list("Assumed", [escape(text) for text in audit.use_case["assumed"]])
    for section in view.sections(audit):
        yield from ("", f"## {section.title}")
        for card in section.cards:
            yield from ("", f"### {escape(card.result.rule)} {escape(card.result.name)}", "", escape(card.title))
            if card.article:
                yield from ("", f"Serves Article {escape(card.article)}")
            yield ""
            for finding in card.findings:
                waived = f" *{escape(finding.waiver)}*" if finding.waiver else ""
                yield f"- **{view.STATE_WORDS[finding.state]}**: {escape(finding.message)}{waived}"
            if not card.findings:
                yield "- nothing found"
    missed = [f"**{escape(code)} {escape(name)}**: {escape(reason)}" for code, name, reason in view.not_checked(audit)]
    yield from _list("What was not checked", missed)
    yield from ("", "## The data", "", f"{audit.dataset.rows:,} rows. {view.ROWS_AS_SAMPLE}", "")
    yield from ("| column | role | type | distinct | missing |", "|---|---|---|---|---|")
    for column in audit.dataset.columns:
        levels = "" if column.levels is None else f"{column.levels:,}"
        named = " | ".join(map(escape, (column.name, column.role, column.type)))
        yield f"| {named} | {levels} | {column.missing:,} |"
    made = audit.provenance
    made_by = f"dataudit {made.version}, engine {made.engine}, seed {made.seed}, {made.created or 'undated'}."
    yield from ("", escape(made_by))
    if audit.dataset.sha256:
        yield f"SHA-256 of the data: {escape(audit.dataset.sha256)}."


def _published(audit: Audit) -> Iterator[str]:
    for i, (result, tables) in enumerate(published.published(audit)):
        if i == 0:
            yield from ("", f"## {published.TITLE}", "", published.MEANING)
        yield from ("", f"### {result.rule} {result.name}")
        for table in tables:
            yield from ("", f"**{escape(table.title)}**", "", f"| {' | '.join(map(escape, table.head))} |")
            yield f"|{'|'.join('---:' if number else '---' for number in table.numbers)}|"
            yield from (f"| {' | '.join(map(escape, row))} |" for row in table.rows)
            yield from ("", *(f"- {escape(note)}" for note in table.notes))


def _beside(audit: Audit) -> Iterator[str]:
    if audit.compared is None:
        return
    before, after = map(escape, audit.compared.names)
    yield from ("", "## Before and after", "", escape(comparison.summary(audit.compared)), "")
    yield from (f"{escape(note)}" for note in audit.compared.notes)
    for title, changes in comparison.changes(audit.compared):
        told = [f"{change.rule} **{change.happened}**: {escape(change.text)}" for change in changes]
        yield from _list(title, told, level=3)
    if numbers := comparison.rows(audit.compared):
        yield from ("", "### Numbers", "", f"| | {before} | {after} | |", "|---|---|---|---|")
        for row in numbers:
            yield f"| {' | '.join(map(escape, row))} |"
    if more := comparison.unmoved(audit.compared):
        yield from ("", f"{more:,} other impact ratios did not move beyond their intervals.")


def _list(title: str, items: list[str], level: int = 2) -> Iterator[str]:
    if items:
        yield from ("", f"{'#' * level} {title}", "")
        yield from (f"- {item}" for item in items)
