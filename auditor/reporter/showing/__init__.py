"""What of an audit may be written: no number that describes under `least` people, nor what gives it back.

Every reporter shows this view, and the saved audit is it too, so that what is rendered or compared later agrees.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace

from auditor.model import Audit, Decision, Few, Result, State
from auditor.reporter.showing.few import closed as closed
from auditor.reporter.showing.few import is_few as is_few
from auditor.reporter.showing.kept import Kept

FLAG = "--min-report-cell"


def shown(audit: Audit) -> Audit:
    """Return what of an audit may be written; the audit itself where nothing is kept back. Twice is once."""
    few = audit.few
    if few is None:
        return audit
    results, named = shown_results(audit.results, few), _by_column(few, audit)
    if results == audit.results and named == few:
        return audit
    reading = audit.dataset.reading
    columns = tuple(dict.fromkeys((*named.few, *named.beside)))
    text = f"Counts of under {few.least} rows of a group are suppressed, with the numbers that would disclose them."
    said = Decision(text, "small groups", columns, FLAG)
    reading = reading if said in reading else (*reading, said)
    return replace(audit, results=results, few=named, dataset=replace(audit.dataset, reading=reading))


def _by_column(few: Few, audit: Audit) -> Few:
    """Return the groups that are kept back without the joint ones: of these there may be thousands."""
    names = {column.name for column in audit.dataset.columns}
    kept = ({name: levels for name, levels in of.items() if name in names} for of in (few.few, few.beside))
    return Few(few.least, *kept)


def shown_results(results: Sequence[Result], few: Few | None) -> tuple[Result, ...]:
    """Return results without the numbers that are kept back."""
    return tuple(_result(result, few) for result in results) if few else tuple(results)


def _result(result: Result, few: Few) -> Result:
    kept = Kept.of(result, few)
    findings = tuple(map(kept.finding, result.findings))
    table = tuple(record for item in result.table if (record := kept.record(item)) is not None)
    if findings == result.findings and len(table) == len(result.table) and all(map(operator.is_, table, result.table)):
        return result
    state = result.state
    if state is not State.NOT_RUN and findings != result.findings:
        state = min((finding.state for finding in findings), key=list(State).index)
    return replace(result, findings=findings, table=table, state=state)
