"""Columns without which a model predicts as well and selects more alike: MDL002."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, MODELS, TARGET, UNWEIGHTED
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Interval
from auditor.use.says import Says
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.alternatives import Alternatives, Gap, Model

LOSS = 0.01  # of the area under the curve: what counts as predicting as well
LEAST = 0.02  # of a gap of selection rates: what counts as narrower
MOST_ROWS = 15  # of the table
Pair = tuple[str, str, str]

SAYS = Says(
    whole="A ridge regression of {columns:people} column{columns:s}, without {group}, predicts '{target}' with an AUC "
    "of {auc:fixed 3}. It selects '{level}' {gap:gap} points {less} often than '{reference}' (difference {gap:points} "
    "{around:points_interval}).",
    without="Without {dropped:listed} the difference is {left:points} points. It is {narrower:gap} points narrower "
    "{by:points_interval}, and the AUC changes by {change:signed 3} [{low:signed 3}, {high:signed 3}].",
    looked="Intervals of changes are joint for {looks:people} set{looks:s} of columns.",
    none="No column, and no two, narrow the gap at this cost: {least:gap} points for {loss:number} of the AUC.",
    open="The data do not settle whether leaving out columns narrows the gap at a cost of {loss:number} of the AUC.",
    use_it="Use a model without {dropped:listed}, or write down why the job needs them.",
    more="More rows with an outcome, so that smaller changes can be distinguished from chance.",
    no_model="there is too little data to fit a model of the outcome, or the columns have over 1,500 levels",
    no_column="there is no column to predict the outcome from, beside the groups and what is left out of models",
    no_pair="no group column has two groups with enough rows in the sample",
)


@dataclass(frozen=True)
class _Tried:
    """A model without some columns, with what that does to one gap; `by` and `change` at the joint alpha."""

    model: Model
    gap: Gap
    narrower: float
    by: Interval
    change: Interval
    state: State


@rule(
    "MDL002",
    "less-discriminatory-alternative",
    asks=Ask(
        "Use the columns that predict as well with a smaller gap, or justify the others",
        "model team",
        "no set of columns predicts as well with a smaller gap",
        ("level",),
    ),
    headlines=Headlines(
        found="Without {dropped:listed} a model predicts about as well, and the gap of '{level}' is "
        "{narrower:gap} points narrower",
        open="Too little data to find columns without which the gap of '{level}' is narrower",
        clear="No column, and no two, narrow the gap of '{level}' at a small cost",
    ),
    needs=(GROUPS, TARGET, UNWEIGHTED, MODELS),
    on_request=True,
    units="models",
    severity=Severity.NOTE,
    measures=quantities("auc", "auc_change", "blind_gap", "gap_narrowed"),
)
def less_discriminatory_alternative(
    evidence: Evidence, use: UseCase, *, loss: float = LOSS, least: float = LEAST
) -> Iterator[Finding | Record]:
    """Without one or two columns a model predicts the outcome as well and selects the groups more alike.

    How it is measured: A ridge regression predicts the outcome from all columns but the groups, as in PRX003 (5-fold
    cross-validation), and selects as many people as the data did. It is fitted again without each column (the 30
    closest to a group, where there are more), and without each two of the six that narrow a gap most. What is derived
    from a column goes with it. For each set the report gives the AUC for the outcome, and the gap of the selection
    rates. The error of a change is that of the same rows judged twice: DeLong's of two curves, and the linearised one
    of the difference of two selections, both times the root of two for cross-validation. Intervals of changes
    share alpha among all sets that could have been tried, by Bonferroni. An alternative is found where the whole
    interval of the narrowing is above 0, the gap is at least 2 points narrower (`least`), and the interval of the AUC's
    change is above a loss of 0.01 (`loss`). No issue is found where for every set one of the two is ruled out. The
    frontier names the sets that no other set beats in both. It was chosen on these rows, so on new rows it may look a
    little worse.

    Why it matters: US guidelines ask for the alternative that serves the purpose as well with less adverse impact.

    What to do: Retrain the real model without these columns, and compare. A column may be needed for the job whatever
    the AUC states: where the outcome repeats past bias, a column that transmits it looks useful.

    Source: 29 CFR 1607.3(B); DeLong, DeLong and Clarke-Pearson 1988; the two limits are judgement.
    """
    from auditor.learn.alternatives import alternatives

    study = evidence.models
    assert study is not None  # it is needed
    pairs = list(_pairs(evidence, use))
    if not pairs:
        raise NotRun(SAYS("no_pair"))
    sources = {name: of.source for name, of in evidence.tally.derivations.items()}
    found = alternatives(study, pairs, sources)
    if found is None:
        raise NotRun(SAYS("no_model"))
    for pair in pairs:
        tried = [_tried(found, model, pair, use.limits.alpha, loss, least) for model in (found.whole, *found.others)]
        yield from _records(tried, pair)
        yield _finding(found, tried, pair, evidence.target, loss, least, len(study.names))


def _pairs(evidence: Evidence, use: UseCase) -> Iterator[Pair]:
    """Yield the groups whose gap is looked at, against the data's own reference."""
    study = evidence.models
    assert study is not None  # it is needed
    if study.outcome is None:
        raise NotRun(SAYS("no_model" if study.names else "no_column"))
    for group in evidence.tally.roles.groups:
        large = study.levels(group)
        there = set(study.levels_with_outcome(group).present)
        levels = [level for level in large if level in there]
        if len(levels) < 2:
            continue
        own = evidence.tally.reference(group, use)[0]
        reference = own if own in levels else levels[0]
        yield from ((group, level, reference) for level in levels if level != reference)


def _tried(found: Alternatives, model: Model, pair: Pair, alpha: float, loss: float, least: float) -> _Tried:
    from auditor.learn.alternatives import narrowed, narrowing

    joint = alpha / max(1, found.looks)
    by, change = narrowing(found, model, pair, joint), model.change.at(joint)
    narrower = narrowed(found, model, pair)
    state = states.alternative(narrower, by, change, least, loss)
    return _Tried(model, found.gap(model, *pair), narrower, by, change, state)


def _records(tried: Sequence[_Tried], pair: Pair) -> Iterator[Record]:
    """Yield the whole model, the frontier, and the sets that narrow the gap most."""
    from auditor.learn.alternatives import frontier

    points = [(of.model.area.value, abs(of.gap.value)) for of in tried]
    best = {*frontier(points)}
    ranked = sorted(range(1, len(tried)), key=lambda place: (place not in best, -tried[place].narrower))
    shown = [0, *ranked[: MOST_ROWS - 1]]
    for place in sorted(shown, key=lambda place: (place != 0, -tried[place].narrower)):
        of = tried[place]
        yield {
            **dict(zip(("group", "level", "reference"), pair, strict=True)),
            "dropped": list(of.model.dropped),
            "auc": of.model.area.value,
            "low": of.model.area.interval.low,
            "high": of.model.area.interval.high,
            "auc_change": of.model.change.value if place else None,
            "change_low": of.change.low if place else None,
            "change_high": of.change.high if place else None,
            "gap": of.gap.value,
            "gap_low": of.gap.interval.low,
            "gap_high": of.gap.interval.high,
            "narrower": of.narrower if place else None,
            "narrower_low": of.by.low if place else None,
            "narrower_high": of.by.high if place else None,
            "frontier": place in best,
        }


def _finding(
    found: Alternatives, tried: Sequence[_Tried], pair: Pair, target: str, loss: float, least: float, columns: int
) -> Finding:
    whole, *others = tried
    shown = [of for of in others if of.state.found]
    best = max(shown, key=lambda of: of.narrower, default=None)
    state = best.state if best else states.none_of([of.state for of in others])
    group, level, reference = pair
    said = SAYS(
        "whole",
        "without" if best else "none" if state is State.CLEAR else "open",
        "looked",
        group=group,
        level=level,
        reference=reference,
        target=target,
        columns=columns,
        auc=whole.model.area.value,
        gap=whole.gap.value,
        less="more" if whole.gap.value > 0 else "less",
        around=tuple(whole.gap.interval),
        dropped=list(best.model.dropped) if best else None,
        left=best.gap.value if best else None,
        narrower=best.narrower if best else None,
        by=tuple(best.by) if best else None,
        change=best.model.change.value if best else None,
        low=best.change.low if best else None,
        high=best.change.high if best else None,
        looks=found.looks,
        least=least,
        loss=loss,
    )
    n = len(found.outcome.positive)
    measures = {
        "auc": Measure(whole.model.area.value, *whole.model.area.interval, n=n),
        "blind_gap": Measure(whole.gap.value, *whole.gap.interval, n=n),
    }
    if best:
        measures["gap_narrowed"] = Measure(best.narrower, *best.by, n=n, limit=least)
        measures["auc_change"] = Measure(best.model.change.value, *best.change, n=n, limit=-loss)
    return Finding(
        state,
        {"target": target, "group": group, "level": level, "reference": reference},
        said,
        measures,
        remedy=SAYS("use_it", dropped=list(best.model.dropped)) if best else None,
        settle=SAYS("more") if state is State.UNDETERMINED else None,
    )
