"""The audit as a datasheet in Markdown: every question stands, and those that only people can answer stay open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath

from auditor.format import people
from auditor.model import Audit
from auditor.reporter import view
from auditor.reporter.answer import headline, report_id
from auditor.reporter.descriptions import facts
from auditor.reporter.descriptions.questions import SECTIONS, Question
from auditor.reporter.markdown import escape, listed, table_lines
from auditor.reporter.showing import shown

OPEN = "**Open.** To be answered by the people who know the data."
COMPLETE = "**Open in part.** The audit knows no more than this; the people who know the data complete it."
SOURCE = "Questions, in short, of Gebru and others, *Datasheets for Datasets* (Communications of the ACM, 2021)."
MOST = 20


def render(audit: Audit) -> str:
    """Return the datasheet; every value from the data is escaped."""
    return "\n".join(_lines(shown(audit))) + "\n"


def _lines(audit: Audit) -> Iterator[str]:
    known = {key: list(make(audit)) for key, make in KNOWN.items()}
    every = [question for _, questions in SECTIONS for question in questions]
    states = [_state(question, known) for question in every]
    name = PurePath(audit.dataset.name).stem or audit.dataset.name
    yield from (f"# Datasheet: {escape(name)}", "", escape(facts.summary(audit)), "", view.DISCLAIMER, "")
    yield (
        f"Of {len(every)} questions, {states.count('answered')} are answered from the audit, {states.count('part')} in "
        f"part, and {states.count('open')} are open. {SOURCE}"
    )
    for section, questions in SECTIONS:
        yield from ("", f"## {section}")
        for question in questions:
            yield from ("", f"### {question.text}", "")
            answer = known.get(question.key or "", [])
            yield from answer
            state = _state(question, known)
            if state != "answered":
                yield from ([""] if answer else [])
                yield OPEN if state == "open" else COMPLETE
    made = audit.provenance
    hashed = f" Data: SHA-256 {audit.dataset.sha256}." if audit.dataset.sha256 else ""
    yield from ("", "---", "", f"Answers from the audit: dataudit {made.version}, report {report_id(audit)}.{hashed}")


def _state(question: Question, known: dict[str, list[str]]) -> str:
    if not known.get(question.key or ""):
        return "open"
    return "part" if question.partly else "answered"


def _rows(audit: Audit) -> Iterator[str]:
    yield f"{people(audit.dataset.rows)} rows."


def _sample(audit: Audit) -> Iterator[str]:
    """Yield how the groups compare with the stated population; nothing where none was stated."""
    found = [of for result in audit.results if result.rule == "REP001" for of in result.findings if of.measures]
    if any(key not in ("period", "survey") and of for key, of in (audit.use_case.get("population") or {}).items()):
        yield from _listed([f"{headline(of)} (REP001)" for of in found])


def _columns(audit: Audit) -> Iterator[str]:
    head = ("Column", "Role", "Type", "Missing", "Distinct")
    yield from table_lines(head, facts.columns(audit), (False, False, False, True, True))


def _outcome(audit: Audit) -> Iterator[str]:
    if (text := facts.outcome(audit)) is not None:
        yield escape(text)


def _units(audit: Audit) -> Iterator[str]:
    yield from _listed(
        [
            f"'{name}' was read as what identifies the person: rows of one person share it."
            for name in facts.with_role(audit, "id")
        ]
    )


def _groups(audit: Audit) -> Iterator[str]:
    for i, (group, levels) in enumerate(facts.groups(audit)):
        yield from ([""] if i else [])
        yield from (f"**{escape(group)}**", "")
        yield from table_lines(("Group", "Rows", "Share"), levels, (False, True, True))
    if notes := facts.group_notes(audit):
        yield from ("", escape(" ".join(notes)))


def _persons(audit: Audit) -> Iterator[str]:
    yield from _listed([f"'{name}' was read as what identifies the person." for name in facts.with_role(audit, "id")])


def _period(audit: Audit) -> Iterator[str]:
    if (years := facts.period(audit)) is not None:
        yield escape(f"Rows are dated {years[0]} to {years[1]} by '{years[2]}' (FIT002).")


def _actions(audit: Audit) -> Iterator[str]:
    yield from _listed([f"{of.what} ({of.owner}; done when: {of.done})" for of in audit.verdict.actions])


def _listed(sentences: Sequence[str]) -> Iterator[str]:
    yield from listed(sentences, MOST)


# Key of a question -> the lines that the audit answers it with; no line where it knows nothing.
KNOWN: dict[str, Callable[[Audit], Iterator[str]]] = {
    "rows": _rows,
    "sample": _sample,
    "columns": _columns,
    "outcome": _outcome,
    "missing": lambda audit: _listed(facts.missing(audit) or ["No column has a missing value, as they were read."]),
    "units": _units,
    "errors": lambda audit: _listed(facts.errors(audit)),
    "groups": _groups,
    "persons": _persons,
    "sensitive": lambda audit: _listed(facts.sensitive(audit)),
    "biases": lambda audit: _listed(facts.biases(audit)),
    "collected": lambda audit: _listed(facts.collected(audit)),
    "period": _period,
    "uses": lambda audit: _listed(facts.uses(audit)),
    "actions": _actions,
    "unsuited": lambda audit: _listed(facts.unsuited(audit)),
}
