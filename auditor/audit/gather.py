"""From counted rows to the evidence that rules judge: only what the rules that run need is made from rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from auditor.analyzers.evidence import Evidence
from auditor.analyzers.preconditions import FITTED, Supply, unmet
from auditor.audit.embedding import NAMED, Embedded
from auditor.audit.select import Chosen
from auditor.engines.engine import Engine
from auditor.use.roles import Seen
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.learn.vectors import VectorStudy

Said = Callable[[str], None]
SAYS = Says(columns="columns", text="the text '{column}'")
MASKED = 10  # terms: the step that TXT004 judges


@dataclass(frozen=True)
class Rows:
    """The rows, what a peek saw of them, the terms that are masked in their texts, and the seed of what is drawn.

    `embedded` has the vectors that models made for this audit.
    """

    engine: Engine
    seen: Mapping[str, Seen]
    masks: Sequence[str]
    seed: int
    embedded: Embedded = field(default_factory=Embedded)


def gathered(
    evidence: Evidence, rules: Sequence[Chosen], rows: Rows, progress: Said, *, fitting: bool = True
) -> Evidence:
    """Return the evidence with what the rules need, or want, from rows, for the rules that can run.

    Without `fitting`, no models are fitted for what a rule only wants.
    """
    wanted = {
        need.supply
        for of in rules
        if not of.reason and unmet(of.rule.needs, evidence, supplied=False) is None
        for need in of.rule.needs
    }
    for of in rules:
        if not of.reason and unmet(of.rule.needs, evidence) is None:
            wanted.update(supply for supply in of.rule.wants if fitting or supply not in FITTED)
    for supply in Supply:
        if supply in wanted:
            evidence = _MAKES[supply](evidence, rows, progress)
    return evidence


def _matched(evidence: Evidence, rows: Rows, progress: Said) -> Evidence:
    """Match records again where a column leaks the outcome: records that share it share their outcome."""
    if not evidence.tally.twins or not evidence.tally.roles.leaks:
        return evidence
    progress("comparing records")
    return evidence.on(rows.engine.matched(evidence.tally, rows.seen))


def _sliced(evidence: Evidence, rows: Rows, progress: Said) -> Evidence:
    progress("searching for slices")
    return evidence.on(rows.engine.sliced(evidence.tally, rows.seen, rows.seed))


def _worded(evidence: Evidence, rows: Rows, progress: Said) -> Evidence:
    progress("counting terms")
    return evidence.on(rows.engine.worded(evidence.tally, rows.seen, rows.masks, rows.seed))


def _with_text_models(evidence: Evidence, rows: Rows, progress: Said) -> Evidence:
    from auditor.learn.texts import Texts

    progress("drawing documents")
    tally = evidence.tally
    drawn = rows.engine.texts(tally, rows.seen, rows.masks, rows.seed)
    return replace(
        evidence,
        texts={
            name: Texts(sample, tally.documents[name], tally).reporting(progress, SAYS("text", column=name))
            for name, sample in drawn.items()
        },
    )


def _with_models(evidence: Evidence, rows: Rows, progress: Said) -> Evidence:
    from auditor.learn.models import Models

    progress("drawing rows")
    sample = rows.engine.sample(evidence.tally, rows.seen, rows.seed)
    return replace(evidence, models=Models(sample, evidence.tally, evidence.use).reporting(progress, SAYS("columns")))


def _with_vector_models(evidence: Evidence, rows: Rows, progress: Said) -> Evidence:
    barred, tally = evidence.use.features.forbidden, evidence.tally
    asked = {*tally.roles.vectors} - {*barred}
    if not asked and not rows.embedded.samples:
        return evidence
    from auditor.learn.vectors import VectorStudy

    drawn = {NAMED(column): sample for column, sample in rows.embedded.samples.items()}
    if asked:
        progress("drawing vectors")
        found = rows.engine.vectors(tally, rows.seen, rows.seed)
        drawn = {name: of for name, of in found.items() if name in asked} | drawn
    studies = {name: VectorStudy(sample, tally, name) for name, sample in drawn.items() if len(sample.rows)}
    return replace(evidence, vectors=studies, masked=_masked(evidence, rows, studies, progress))


def _masked(
    evidence: Evidence, rows: Rows, studies: Mapping[str, VectorStudy], progress: Said
) -> dict[tuple[str, str, int], VectorStudy]:
    """Embed texts again with the terms masked that TXT004 masks: by text column, group, and how many terms.

    A slow model does so at the step that is judged, another one at the last step too.
    """
    from auditor.learn.vectors import VectorStudy

    found = {}
    for column in sorted(rows.embedded.texts & {*evidence.texts}):
        text, whole = evidence.texts[column], studies[NAMED(column)]
        for group in evidence.tally.roles.groups:
            if not text.names or len(text.levels(group)) < 2 or len(whole.levels(group)) < 2:
                continue
            found[column, group, 0] = whole
            steps = [step for step in text.steps(group) if step.removed]
            judged = [step for step in steps if step.k <= MASKED][-1:]
            for step in judged if column in rows.embedded.slow else [*judged, *steps[-1:]]:
                progress(f"masking terms of '{column}'")
                sample = rows.embedded.masked(column, step.removed)
                if sample is not None:
                    found[column, group, step.k] = VectorStudy(sample, evidence.tally, NAMED(column))
    return found


def _controlled(evidence: Evidence, rows: Rows, progress: Said) -> Evidence:
    progress("reading the controls")
    return replace(evidence, controlled=rows.engine.controlled(evidence.tally, rows.seen, evidence.use))


def _with_pay(evidence: Evidence, rows: Rows, progress: Said) -> Evidence:
    progress("reading pay")
    none = evidence.use.pay.blank_variable == "none"
    return replace(evidence, pay=rows.engine.pay(evidence.tally.roles, rows.seen, blank_is_none=none))


def _with_probable(evidence: Evidence, rows: Rows, progress: Said) -> Evidence:
    progress("adding up probabilities of groups")
    return replace(evidence, probable=rows.engine.probable(evidence.tally, rows.seen))


_MAKES: Mapping[Supply, Callable[[Evidence, Rows, Said], Evidence]] = {
    Supply.MATCHED: _matched,
    Supply.SLICES: _sliced,
    Supply.TERMS: _worded,
    Supply.TEXT_MODELS: _with_text_models,
    Supply.MODELS: _with_models,
    Supply.VECTOR_MODELS: _with_vector_models,
    Supply.CONTROLLED: _controlled,
    Supply.PAY: _with_pay,
    Supply.PROBABLE: _with_probable,
}
