"""What of an audit may be written: no number that describes under `least` people, nor what would disclose it.

Every reporter shows this view, and the saved audit is it too, so that what is rendered or compared later agrees.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace

from auditor.model import Audit, Decision, Few, Finding, Result, State
from auditor.reporter.showing.few import closed as closed
from auditor.reporter.showing.few import is_few as is_few
from auditor.reporter.showing.few import names
from auditor.reporter.showing.kept import Kept
from auditor.reporter.showing.pay import FIGURES, shown_figures

FLAG = "--min-report-cell"


def shown(audit: Audit) -> Audit:
    """Return what of an audit may be written; the audit itself where nothing is suppressed. Twice is once."""
    few = audit.few
    if few is None:
        return audit
    results, named = shown_results(audit.results, few), _by_column(_applied(few), audit)
    if results == audit.results and named == few:
        return audit
    reading = audit.dataset.reading
    columns = tuple(dict.fromkeys((*named.few, *named.beside)))
    text = (
        f"Groups of under {few.least} rows are shown without numbers, and counted with another group where the totals "
        "would give theirs."
    )
    decision = Decision(text, "small groups", columns, FLAG)
    reading = reading if decision in reading else (*reading, decision)
    return replace(audit, results=results, few=named, dataset=replace(audit.dataset, reading=reading))


def _applied(few: Few) -> Few:
    """Return the suppressed groups, without those that are shown together with them."""
    return replace(
        few, beside={name: of for name, of in few.beside.items() if not _is_pooled(name, few)}, pooled=(), again=None
    )


def _is_pooled(name: str, few: Few) -> bool:
    groups = {finding.subject.get("group") for result in few.pooled for finding in result.findings}
    return name in groups and name in few.few


def _by_column(few: Few, audit: Audit) -> Few:
    """Return the suppressed groups without the joint ones: there may be thousands of those."""
    names = {column.name for column in audit.dataset.columns}
    few_, beside = ({name: levels for name, levels in of.items() if name in names} for of in (few.few, few.beside))
    return Few(few.least, few_, beside)


def _pooled(finding: Finding, few: Few) -> Finding:
    """Return a finding whose message states where a group is counted together with small ones."""
    group = str(finding.subject.get("group"))
    if not few.few.get(group) or not (first := few.beside.get(group, ())[:1]) or not names(finding.subject, few.beside):
        return finding
    text = f" '{first[0]}' is counted together with groups of under {few.least} rows."
    return replace(finding, message=finding.message + text, said=None)


def shown_results(results: Sequence[Result], few: Few | None) -> tuple[Result, ...]:
    """Return results without the suppressed numbers."""
    return tuple(_result(result, few) for result in results) if few else tuple(results)


def _result(result: Result, few: Few) -> Result:
    kept, source, alone = Kept.of(result, few), result, list[Finding]()
    if pooled := next((of for of in few.pooled if of.rule == result.rule), None):
        there = [of.subject for of in pooled.findings]
        small = (of for of in result.findings if names(of.subject, few.few) and of.subject not in there)
        alone = [kept.unnumbered(of) for of in small]
        source = replace(pooled, findings=tuple(_pooled(of, few) for of in pooled.findings))
        kept = Kept.of(source, few.again or few)
    findings = (*map(kept.finding, source.findings), *alone)
    if result.rule == FIGURES:
        table = shown_figures(source.table, few)
    else:
        table = tuple(record for item in source.table if (record := kept.record(item)) is not None)
    if (
        source is result
        and findings == result.findings
        and len(table) == len(result.table)
        and all(map(operator.is_, table, result.table))
    ):
        return result
    state = result.state
    if state is not State.NOT_RUN and findings != result.findings:
        state = min((finding.state for finding in findings), key=list(State).index)
    return replace(result, findings=findings, table=table, state=state)
