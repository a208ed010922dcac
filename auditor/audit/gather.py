"""From counted rows to the evidence that rules judge: only what the rules that run need is made from rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.analyzers.evidence import Evidence
from auditor.analyzers.preconditions import FITTED, Supply, unmet
from auditor.audit.select import Chosen
from auditor.engines.engine import Engine
from auditor.use.roles import Seen

Said = Callable[[str], None]


@dataclass(frozen=True)
class Rows:
    """The rows, what a peek saw of them, the terms that are masked in their texts, and the seed of what is drawn."""

    engine: Engine
    seen: Mapping[str, Seen]
    masks: Sequence[str]
    seed: int


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
        evidence, texts={name: Texts(sample, tally.documents[name], tally) for name, sample in drawn.items()}
    )


def _with_models(evidence: Evidence, rows: Rows, progress: Said) -> Evidence:
    from auditor.learn.models import Models

    progress("fitting models")
    sample = rows.engine.sample(evidence.tally, rows.seen, rows.seed)
    return replace(evidence, models=Models(sample, evidence.tally, evidence.use))


_MAKES: Mapping[Supply, Callable[[Evidence, Rows, Said], Evidence]] = {
    Supply.MATCHED: _matched,
    Supply.SLICES: _sliced,
    Supply.TERMS: _worded,
    Supply.TEXT_MODELS: _with_text_models,
    Supply.MODELS: _with_models,
}
