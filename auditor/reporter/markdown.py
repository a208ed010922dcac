"""The audit as Markdown, for a review or a pull request: the order of the page, in tables, without what is folded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from auditor.format import people, printable, shortened, without_flags
from auditor.model import Audit, Series
from auditor.reporter import answer, comparison, page, published, trends, view
from auditor.reporter.bins import Bin
from auditor.reporter.showing import shown


def render(audit: Audit) -> str:
    """Return the report as Markdown; every value from the data is escaped."""
    audit = shown(audit)
    return "\n".join(_lines(audit)) + "\n"


def render_answer(audit: Audit) -> str:
    """Return the first screen as Markdown: verdict, reasons, actions, what would settle it."""
    return "\n".join(_answer(shown(audit))) + "\n"


BREAK = "<!-- -->"  # shows nothing, and keeps a site from making a link of the text around it
_LINKED = re.compile(
    r"(?<=@)(?=[A-Za-z0-9])|(?<=://)(?=.)|(?<=www)(?=\\?\.)|(?<=#)(?=\d)|(?<=\bGH-)(?=\d)", re.IGNORECASE
)
MOST_LINES = 20  # of findings of one bin
MOST_ROWS = 12  # of a table
OPEN = (Bin.BLOCKING, Bin.RESOLVE)


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
    yield from _answer(audit)
    for chapter in page.chapters(audit):
        yield from _chapter(chapter)
    yield from _beside(audit)
    yield from _published(audit)
    missed = [
        f"{', '.join(f'**{escape(code)} {escape(name)}**' for code, name in checks)}: {escape(reason)}"
        for checks, reason in page.not_run_together(audit)
    ]
    yield from _list("Not run", missed)
    yield from _record(audit)


def _answer(audit: Audit) -> Iterator[str]:
    verdict, meaning = answer.verdict(audit)
    yield f"# {verdict}: {escape(audit.dataset.name)}"
    yield ""
    about = [
        f"**For: {escape(answer.use(audit))}.**",
        escape(meaning),
        *map(escape, answer.explained(audit)),
        view.DISCLAIMER,
    ]
    yield " ".join(filter(None, about))
    yield ""
    yield escape(" · ".join([*answer.data_line(audit), *(text for _, text in answer.counts(audit))]))
    yield ""
    yield escape(answer.covered(audit))
    reasons = [f"{escape(reason.text)} ({escape(reason.code)})" for reason in answer.reasons(audit)]
    more = ", ".join(f"{name} ({code})" for code, name in answer.further(audit))
    yield from _list("Main reasons", [*reasons, *([f"And further: {escape(more)}"] if more else [])])
    yield from _actions(audit)
    yield from _list(
        view.SETTLE[audit.verdict.level], [escape(without_flags(text)) for text in audit.verdict.to_settle]
    )


def _actions(audit: Audit) -> Iterator[str]:
    rows = [
        (action.what, _some(action.applies), action.owner, action.done, ", ".join(action.rules))
        for action in audit.verdict.actions
    ]
    if rows:
        yield from ("", "## Required actions", "")
        yield from table_lines(("Action", "Applies to", "Owner", "Done when", "Why"), rows)


def _some(names: Sequence[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _chapter(chapter: page.Chapter) -> Iterator[str]:
    """Yield a part: its findings that count, line by line, the others counted, and the tables of the groups."""
    yield from ("", f"## {chapter.part.heading}")
    if chapter.missed:
        yield from ("", chapter.missed)
    for table in chapter.tables:
        if table.anchor:
            yield from ("", f"**{escape(table.title)}**", "")
            rows = [tuple(cell.text for cell in row) for row in (*table.rows, *table.more)[:MOST_ROWS]]
            numbers = [field.is_number for field in table.head]
            yield from table_lines(tuple(field.title for field in table.head), rows, numbers)
            if len(table.rows) + len(table.more) > MOST_ROWS:
                yield from ("", f"And {len(table.rows) + len(table.more) - MOST_ROWS} more rows.")
            if table.about:
                yield from ("", escape(table.about))
    for bundle in chapter.open:
        yield from ("", f"**{bundle.bin.words}** ({bundle.size})", "")
        for line in bundle.lines[:MOST_LINES]:
            waived = f" *{escape(line.finding.waiver)}*" if line.finding.waiver else ""
            text = f"{line.headline.rstrip('.')}. Serves Article {line.article}." if line.article else line.headline
            yield f"- {escape(line.code)} **{line.result}**: {escape(text)}{waived}"
        if len(bundle.lines) > MOST_LINES:
            yield f"- and {len(bundle.lines) - MOST_LINES} more"
    counted = [f"{bundle.size} {bundle.bin.counted}" for bundle in chapter.folded]
    if counted:
        yield from ("", f"{', '.join(counted).capitalize()}; the HTML report lists them.")


def _published(audit: Audit) -> Iterator[str]:
    for i, (result, tables) in enumerate(published.published(audit)):
        if i == 0:
            yield from ("", f"## {published.TITLE}")
        yield from ("", f"### {escape(result.rule)} {escape(result.name)}", "", published.meaning(result))
        for table in tables:
            yield from ("", f"**{escape(table.title)}**", "")
            yield from table_lines(table.head, table.rows, table.numbers)
            yield from ("", *(f"- {escape(note)}" for note in table.notes))


def _beside(audit: Audit) -> Iterator[str]:
    if audit.compared is None:
        return
    yield from ("", "## Before and after", "")
    if audit.compared.series is not None:
        yield from _in_a_row(audit.compared.series)
    yield from (escape(comparison.summary(audit.compared)), "")
    yield from (f"{escape(note)}" for note in audit.compared.notes)
    for title, changes in comparison.changes(audit.compared):
        lines = [f"{change.rule} **{change.happened}**: {escape(change.text)}" for change in changes]
        yield from _list(title, lines, level=3)
    if numbers := comparison.rows(audit.compared):
        yield from ("", "### Numbers", "")
        yield from table_lines(("Measure", *audit.compared.names, "Change"), numbers)
    if unmoved := comparison.unmoved_text(audit.compared):
        yield from ("", unmoved)


def _in_a_row(series: Series) -> Iterator[str]:
    yield from ("### Audits in a row", "", escape(trends.summary(series)), "")
    yield from (f"{escape(note)}" for note in series.notes)
    yield ""
    yield from table_lines(trends.head(series), trends.rows(series))
    yield from ("", f"{trends.left_out(series)} {trends.LOOKS}".strip(), "", "### The last two", "")


def _record(audit: Audit) -> Iterator[str]:
    yield from ("", "## Record", "")
    warnings = [escape(text) for warning, text in view.reading(audit) if warning]
    yield from (f"- **Check how the data were read:** {shortened(text, 400)}" for text in warnings)
    made = audit.provenance
    hashed = f", SHA-256 {audit.dataset.sha256}" if audit.dataset.sha256 else ""
    yield f"- Data: {escape(audit.dataset.name)}, {people(audit.dataset.rows)} rows{hashed}."
    policy = audit.use_case.get("policy") or {}
    if policy.get("title"):
        as_of = f", as of {policy['as_of']}" if policy.get("as_of") else ""
        yield f"- Policy: {escape(str(policy['title']))}{escape(as_of)}."
    if policy.get("settles_not"):
        yield f"- What that does not settle: {escape(str(policy['settles_not']))}"
    made_by = f"dataudit {made.version}, engine {made.engine}, seed {made.seed}, {made.created or 'undated'}"
    yield f"- Made by {escape(made_by)}. {view.ROWS_AS_SAMPLE}"


def table_lines(
    head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[bool] | None = None
) -> Iterator[str]:
    """Yield the lines of a table, each cell escaped."""
    yield f"| {' | '.join(map(escape, head))} |"
    yield f"|{'|'.join('---:' if number else '---' for number in numbers or [False] * len(head))}|"
    for row in rows:
        yield f"| {' | '.join(map(escape, row))} |"


def listed(sentences: Sequence[str], most: int) -> Iterator[str]:
    """Yield sentences as lines of a list, each escaped; beyond the first `most`, how many more there are."""
    yield from (f"- {escape(text)}" for text in sentences[:most])
    if len(sentences) > most:
        yield f"- and {len(sentences) - most:,} more"


def _list(title: str, items: list[str], level: int = 2) -> Iterator[str]:
    if items:
        yield from ("", f"{'#' * level} {title}", "")
        yield from (f"- {item}" for item in items)
