"""From counts to an audit: every rule run on a tally, and the results."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from auditor.analyzers.catalog import catalogue
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.timeline import time_order
from auditor.audit.actions import actions
from auditor.audit.mark import marked
from auditor.audit.needed import kinds_of
from auditor.audit.pay_notes import pay_notes
from auditor.audit.select import Chosen
from auditor.audit.small_groups import few_of, together
from auditor.audit.validate import other_values, references
from auditor.audit.verdict import decide, left_open, severity_of
from auditor.audit.waivers import accepted, notes
from auditor.counts.funnel import of_stages
from auditor.counts.row_notes import of_rows
from auditor.counts.vectors import of_vectors
from auditor.errors import AuditError
from auditor.loaders.credentials import shown, shown_query
from auditor.model import Audit, Column, Dataset, Decision, Provenance, Result, State
from auditor.reporter.showing import shown_results
from auditor.use.needs import agreed, spelled
from auditor.use.says import Says
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.counts.tally import Tally

LEAK = "target leakage (LAB003): excluded from all other rules about columns"
SAYS = Says(
    not_loaded="A plug-in could not be loaded, so its rules were not run: {why}.",
    turn="judging {code} {name}, rule {place} of {of}",
    failed="the rule crashed; please report it ({error}: {why})",
)


def judged(
    evidence: Evidence,
    dataset: Dataset,
    rules: Sequence[Chosen],
    engine: str,
    seed: int,
    command: str | None,
    progress: Callable[[str], None] | None = None,
) -> Audit:
    """Judge the evidence, with the rules that are not left out; `progress` is called with each rule's turn."""
    tally, use = evidence.tally, evidence.use
    roles = tally.roles
    favourable = (str(roles.cut),) if roles.cut else roles.positive
    use = use.over("label", column=roles.target, positive=favourable).over("groups", columns=roles.groups)
    evidence = replace(evidence, use=use)
    reading = [*(references(tally, use) if roles.target else ()), *pay_notes(evidence)]
    moment = now()
    today = date.fromisoformat(moment[:10])
    rules = [chosen for chosen in rules if chosen.is_part(evidence)]
    found = agreed(_result(chosen, evidence) for chosen in _in_turn(rules, progress))
    results = accepted(found, use, today)
    few = few_of(tally, use.groups.min_report_cell)
    if few is not None and (pooled := together(tally, few)) is not None:
        again = agreed(_result(chosen, evidence.on(pooled)) for chosen in rules if chosen.rule.pooled)
        sound = [result for result in again if result.state is not State.NOT_RUN]
        few = replace(few, pooled=marked(accepted(sound, use, today), use), again=few_of(pooled, few.least))
    # The verdict reads needs as they are; in the words of a remedy as well they would be asked for twice.
    asked = marked(shown_results(results, few), use)
    marks = marked(spelled(results), use)
    few = few and replace(few, pooled=spelled(few.pooled))
    kinds = kinds_of(tally, use)
    return Audit(
        dataset=replace(dataset, reading=(*dataset.reading, *reading, *_not_loaded())),
        use_case={
            **use.saved(),
            "data": {
                **use.data.model_dump(mode="json"),
                "path": use.data.path and shown(use.data.path),
                "sql": use.data.sql and shown_query(use.data.sql),
            },
            "stated": use.source is not None,
            "assumed": [*use.assumptions(), *notes(results, use, today)],
            "policy": {
                "name": use.policy.name,
                "title": use.policy.title,
                "as_of": use.policy.as_of.isoformat() if use.policy.as_of else None,
                "settles_not": use.policy.settles_not,
                "articles": use.policy.articles,
                "sources": use.policy.sources,
            },
        },
        results=marks,
        verdict=replace(  # its sentences are written, too
            decide(asked, use, kinds), actions=actions(asked, left_open(asked, use, kinds))
        ),
        provenance=Provenance(version("dataudit"), seed, engine, command, moment, catalogue().plugins),
        few=few,
        documentation={of.rule.code: of.rule.documentation for of in rules},
    )


def _not_loaded() -> Iterator[Decision]:
    """Yield a note for each plug-in that gives no rules."""
    for why in catalogue().broken:
        yield Decision(SAYS("not_loaded", why=why), "plug-in", warning=True)


def dataset(tally: Tally, use: UseCase, name: str, reading: Sequence[Decision], sha256: str | None = None) -> Dataset:
    """Describe the data that were counted; `reading` has the decisions on reading them."""

    def column(name: str) -> Column:
        counted = tally.columns[name]
        note = tally.roles.ignored.get(name) or (LEAK if name in tally.roles.leaks else None)
        levels = counted.levels if counted.exact else None
        return Column(name, tally.roles.of(name), counted.type, counted.missing, levels, note)

    return Dataset(
        name,
        tally.grouped,
        tuple(map(column, tally.columns)),
        sha256,
        (
            *reading,
            *tally.roles.reading,
            *time_order(tally, use),
            *other_values(tally),
            *of_rows(tally),
            *of_stages(tally),
            *of_vectors(tally),
        ),
    )


def _in_turn(rules: Sequence[Chosen], progress: Callable[[str], None] | None) -> Iterator[Chosen]:
    """Yield the rules, and report each one's turn."""
    for i, chosen in enumerate(rules, 1):
        if progress:
            progress(SAYS("turn", code=chosen.rule.code, name=chosen.rule.name, place=i, of=len(rules)))
        yield chosen


def _result(chosen: Chosen, evidence: Evidence) -> Result:
    """Run one rule; whatever happens is a result."""
    rule = chosen.rule

    def result(state: State, **more: Any) -> Result:
        return Result(rule.code, rule.name, state, severity_of(rule, evidence.use, state), **more)

    if chosen.reason:
        return result(State.NOT_RUN, reason=chosen.reason, left_out=chosen.left_out)
    try:
        findings, table, reason = rule.run(evidence)
    except Exception as error:  # a rule that crashes must not sink the report, nor pass for clear
        why = SAYS("failed", error=type(error).__name__, why=str(error).rstrip("."))
        return result(State.NOT_RUN, reason=why, failed=True)
    if reason:
        return result(State.NOT_RUN, findings=findings, table=table, reason=reason)
    worst = min((finding.state for finding in findings), key=list(State).index, default=State.CLEAR)
    return result(worst, findings=findings, table=table)


def now() -> str:
    """Return the time in UTC; SOURCE_DATE_EPOCH, where set, so that a report can be made again byte for byte."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    try:
        moment = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    except (ValueError, OverflowError, OSError):
        raise AuditError(f"SOURCE_DATE_EPOCH is '{epoch}'; it must be a number of seconds") from None
    return moment.isoformat(timespec="seconds")
