"""The audit as a checklist in Markdown: provision, what checked something of it, what people must write.

No box is ticked: boxes are for people. What a rule found is stated as its result, and a rule that did not run counts
for nothing. No line claims that a provision is complied with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from auditor.format import people, without_flags
from auditor.model import Audit, Result, State
from auditor.reporter import page, view
from auditor.reporter.answer import covered, report_id
from auditor.reporter.bins import RESULTS
from auditor.reporter.descriptions import facts
from auditor.reporter.descriptions.provisions import FRAMEWORKS, Provision
from auditor.reporter.markdown import escape, listed, table_lines
from auditor.reporter.showing import shown

MOST = 10
ABSENT = "it is not in this audit"


class Checked(StrEnum):
    """How much of what the program can check of a provision was checked."""

    ALL = "Checked"
    PART = "Checked in part"
    NOTHING = "Not checked"
    PEOPLE = "For people alone"


@dataclass(frozen=True)
class Line:
    """A provision with the results of its rules that ran, and why the others did not: reason -> codes and names."""

    provision: Provision
    ran: tuple[Result, ...]
    not_run: Mapping[str, tuple[str, ...]]

    @property
    def state(self) -> Checked:
        """How much of it was checked; by rules that ran alone."""
        if not self.provision.rules:
            return Checked.PEOPLE
        if not self.ran:
            return Checked.NOTHING
        return Checked.PART if self.not_run or any(map(_skipped, self.ran)) else Checked.ALL

    @property
    def worst(self) -> str:
        """The worst result of a rule that ran, in words; empty without one."""
        states = [result.state for result in self.ran]
        return RESULTS[min(states, key=list(State).index)] if states else ""


def render(audit: Audit) -> str:
    """Return the checklist; every value from the data is escaped."""
    return "\n".join(_lines(shown(audit))) + "\n"


def line_of(provision: Provision, audit: Audit) -> Line:
    """Return a provision with what this audit has of its rules. A rule that failed, or is not there, did not run."""
    by_code = {result.rule: result for result in audit.results}
    ran, not_run = [], dict[str, tuple[str, ...]]()
    for code in provision.rules:
        result = by_code.get(code)
        if result is not None and result.state is not State.NOT_RUN and not result.failed:
            ran.append(result)
            continue
        reason = without_flags(result.reason or "").rstrip(".") if result is not None else ABSENT
        name = f"{code} {result.name}" if result is not None else code
        not_run[reason] = (*not_run.get(reason, ()), name)
    return Line(provision, tuple(ran), not_run)


def _lines(audit: Audit) -> Iterator[str]:
    name = PurePath(audit.dataset.name).stem or audit.dataset.name
    lines = [(framework, [line_of(of, audit) for of in framework.provisions]) for framework in FRAMEWORKS]
    counts = Counter(line.state for _, found in lines for line in found)
    yield from (f"# Checklist: {escape(name)}", "", escape(facts.summary(audit)), "", view.DISCLAIMER, "")
    yield (
        f"Of {sum(counts.values())} provisions, {counts[Checked.ALL]} were checked as far as this program can, "
        f"{counts[Checked.PART]} in part, {counts[Checked.NOTHING]} not at all, and {counts[Checked.PEOPLE]} are for "
        "people alone. *Checked* means that each of the rules named ran, whatever it found: it does not mean that a "
        "provision is complied with. The open boxes are for people to write and to tick. "
        f"{covered(audit)[0].upper() + covered(audit)[1:]}."
    )
    for framework, found in lines:
        yield from ("", f"## {framework.title}", "", framework.version, "")
        yield from table_lines(
            ("Provision", "About", "State", "Worst result"),
            [(line.provision.place, line.provision.about, line.state, line.worst) for line in found],
        )
        for line in found:
            yield from _provision(line, audit)
    made = audit.provenance
    hashed = f" Data: SHA-256 {audit.dataset.sha256}." if audit.dataset.sha256 else ""
    yield from ("", "---", "", f"Made by dataudit {made.version}, report {report_id(audit)}.{hashed}", "")
    yield from ("Completed by, on:", "", "Approved by, on:")


def _provision(line: Line, audit: Audit) -> Iterator[str]:
    of = line.provision
    yield from ("", f"### {of.place}: {of.about}", "")
    total = len(of.rules)
    yield f"**{line.state}.**" + (f" {len(line.ran)} of {total} check{'s' * (total != 1)} ran." if total else "")
    yield ""
    for result in line.ran:
        yield f"- {escape(f'{result.rule} {result.name}')}: {escape(_result(result))}"
    for reason, names in line.not_run.items():
        yield f"- Not run: {escape(', '.join(names))}, because {escape(reason or 'no reason is given')}"
    yield from ([""] if total else [])
    if known := [*KNOWN[of.key](audit)] if of.key else []:
        yield from ("From the audit:", "", *listed(known, MOST), "")
    yield from ("People write:", "")
    yield from (f"- [ ] {text}" for text in of.people)


def _skipped(result: Result) -> bool:
    """Whether a rule that ran left a comparison out."""
    return any(finding.state is State.NOT_RUN for finding in result.findings)


def _result(result: Result) -> str:
    """Return what a rule found, in words: how many of its findings are in which state, and how many are accepted."""
    states = Counter(finding.state for finding in result.findings)
    if not states:
        return RESULTS[result.state].lower()
    words = [f"{RESULTS[state].lower()} ({people(states[state])})" for state in State if states[state]]
    accepted = sum(bool(finding.waiver) for finding in result.findings)
    return ", ".join(words) + (f"; {people(accepted)} accepted" if accepted else "")


def _use(audit: Audit) -> Iterator[str]:
    yield from (f"{key}: {value}" for key, value in view.stated_use(audit))


def _affected(audit: Audit) -> Iterator[str]:
    if stakeholders := audit.use_case["use"].get("stakeholders"):
        yield f"Stakeholders, as stated: {', '.join(stakeholders)}."
    yield from _groups(audit)


def _groups(audit: Audit) -> Iterator[str]:
    yield from (f"Compared as groups of people: '{name}'." for name in facts.with_role(audit, "group"))


def _identified(audit: Audit) -> Iterator[str]:
    yield from facts.sensitive(audit)


def _collected(audit: Audit) -> Iterator[str]:
    yield from facts.collected(audit)
    if (years := facts.period(audit)) is not None:
        yield f"Rows are dated {years[0]} to {years[1]} by '{years[2]}' (FIT002)."


def _outcome(audit: Audit) -> Iterator[str]:
    if (text := facts.outcome(audit)) is not None:
        yield text


def _actions(audit: Audit) -> Iterator[str]:
    yield from (f"Required: {of.what} ({of.owner}; done when: {of.done})" for of in audit.verdict.actions)


def _data(audit: Audit) -> Iterator[str]:
    yield f"{people(audit.dataset.rows)} rows, {people(len(audit.dataset.columns))} columns."
    yield from facts.missing(audit)


def _made(audit: Audit) -> Iterator[str]:
    made = audit.provenance
    yield f"dataudit {made.version}, engine {made.engine}, seed {made.seed}, {made.created or 'undated'}."
    yield f"Report {report_id(audit)}."


def _not_run(audit: Audit) -> Iterator[str]:
    yield f"{covered(audit)}."
    for checks, reason in page.not_run_together(audit):
        yield f"Not run: {', '.join(code for code, _ in checks)}, because {reason.rstrip('.')}"


# Key of a provision -> sentences that the audit contributes to what people write.
KNOWN: dict[str, Callable[[Audit], Iterator[str]]] = {
    "use": _use,
    "affected": _affected,
    "groups": _groups,
    "identified": _identified,
    "collected": _collected,
    "outcome": _outcome,
    "actions": _actions,
    "limitations": lambda audit: iter(facts.limitations(audit)),
    "data": _data,
    "made": _made,
    "not run": _not_run,
}
