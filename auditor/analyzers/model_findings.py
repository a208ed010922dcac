"""Sentences and states about a group that models predict, from all columns or terms or without the strongest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from auditor.analyzers import states
from auditor.analyzers.catalog import Record
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, State
from auditor.stats.counts import Pair
from auditor.stats.matrices import FOLDS
from auditor.stats.proportions import newcombe
from auditor.stats.recovery import BAYES, BOOSTING, LOGISTIC, RIDGE
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.peel import Step
    from auditor.learn.sampled import Sampled
    from auditor.learn.study import Study
    from auditor.stats.roc import Auc

GUESSING = 0.5
LEAK, MODERATE = 0.556, 0.638  # areas of Cohen's d of 0.2 and 0.5
NAMES = {RIDGE: "auc_ridge", LOGISTIC: "auc_logistic", BOOSTING: "auc_boosting", BAYES: "auc_bayes"}
NAMED = 3  # columns or terms named as what is left, in the table as in the sentence
REST = "(the rest)"  # in parentheses, as no level of the data is likely to be

SAYS = Says(
    recovered="{opening}, the AUC for '{level}' against {rest} is {area:fixed 3} [{low:fixed 3}, {high:fixed 3}] by "
    "{best}{>by_other} (0.5 is chance).",
    by_other=" and {other_area:fixed 3} by {other}",
    reference="'{reference}'",
    inferable="A model that is not given {group} can still infer it.",
    borderline="That is better than chance, but below the threshold of {leak:number}.",
    clear="Neither model could predict {group} with an AUC above {leak:number}; a stronger model might.",
    undetermined="Inconclusive. The interval includes both chance and values above the threshold of {leak:number}.",
    on_all="{folds}-fold cross-validation on all {rows_are}.",
    on_some="{folds}-fold cross-validation on {rows:people} of {of:people} {rows_are}.",
    left_out="{left_out:sentences}",
    kept_from="'{column}' is left out: {why}.",
    without_all="A model of the outcome without {group} and the removed {thing}s would select {>gap}.",
    no_model="A model of the outcome without {group} and the removed {thing}s predicts no better than chance (AUC "
    "{area:fixed 3} [{low:fixed 3}, {high:fixed 3}]), so whom it selects means nothing.",
    from_text="A model of the outcome that reads this text without {group} would select {>gap}.",
    gap="'{level}' at a rate {gap:gap} percentage points {direction} than {rest} {gap_bounds:points_interval}",
    peeled="With the {thing}{removed_n:s} most closely linked with {group} removed ({removed}), the AUC for '{level}' "
    "against {rest} is {still}{area:fixed 3} [{low:fixed 3}, {high:fixed 3}] by {learner}{>by_other} (0.5 is chance).",
    remaining="The strongest remaining {thing}s are {left:listed}{>more}.",
    remaining_one="The remaining {thing} is {left:listed}.",
    not_settled="Inconclusive. These rows do not show whether the AUC exceeds {leak:number}.",
    more_rows="Collect more rows with '{group}' recorded, until the interval of the AUC for {group} lies on one side "
    "of {leak:number}.",
    more=" and {more:people} more",
    named="{names:listed}",
    each_finds_one="the {thing} selected in each fold",
    each_finds="the {k} {thing}s selected in each fold",
    later="{later:clauses}.",
    first_step="With {removed_n:people} {thing}{removed_n:s} removed, the AUC is {area:fixed 3}",
    next_step="with {removed_n:people}, it is {area:fixed 3}",
    never="The AUC never falls to chance.",
    chance="With {removed_n:people} {thing}{removed_n:s} removed, {no_model_could} predict {group}; a stronger model "
    "might.",
    still_one="With {removed_n:people} {thing}{removed_n:s} removed, the {curve} could not predict {group}, but the "
    "{check} still could (AUC {area:fixed 3}).",
    chance_from_all="From all {thing}s, {no_model_could} predict {group}; a stronger model might.",
    mask_more="Masking {removed} in '{column}' is not enough to keep {group} from a model. Mask further terms until "
    "the AUC in TXT004 is close to 0.5 (test it with --redact), or let no model decide on this text.",
    remove_more="Removing {removed} is not enough to keep {group} from a model. Remove further columns until the AUC "
    "in PRX003 is close to 0.5 (test it with --drop), or let no model decide on these columns.",
)


def subject_of(tally: Tally, study: Sampled, use: UseCase, group: str, level: str) -> dict[str, str]:
    """Name the level and what it is distinguished from: the other one of two, else the rest."""
    levels = study.levels(group)
    reference = tally.reference(group, use)[0] if tally.roles.target else levels[0]
    if len(levels) == 2:
        reference = reference if reference in levels else levels[0]
        return {"group": group, "level": next(of for of in levels if of != reference), "reference": reference}
    return {"group": group, "level": level, "reference": REST}


def recovered(
    study: Study,
    level: str,
    subject: Mapping[str, str],
    opening: str,
    alpha: float,
    limits: tuple[float, float],
    beside: Mapping[str, Auc] | None = None,
) -> tuple[State, Sentence, dict[str, Measure]]:
    """Return state, message and measures of a level predicted from everything, by the best of the learners.

    `opening` names what it is predicted from, `alpha` is that of all tests of the group together. `limits` are the
    thresholds of a finding and of strong evidence. `beside` has the areas of columns of vectors, by learner and column.
    """
    step = study.steps(subject["group"])[0]
    own, beside = step.recovered[level], beside or {}
    aucs = {**own, **beside}
    alpha = alpha / ((2 + len(beside)) * len(step.recovered))
    best = max(aucs, key=lambda learner: aucs[learner].value)
    other = next((learner for learner in aucs if learner != best), None)
    state = states.area(aucs, alpha, *limits)
    low, high = aucs[best].at(alpha)
    said = SAYS(
        "recovered",
        "inferable" if state.found else str(state),
        opening=opening,
        group=subject["group"],
        level=subject["level"],
        rest=rest(subject),
        area=aucs[best].value,
        low=low,
        high=high,
        best=best,
        other_area=aucs[other].value if other else None,
        other=other,
        leak=limits[0],
    )
    measures = {"auc": Measure(aucs[best].value, low, high, n=study.rows, limit=limits[0])}
    if beside:
        vector = max(beside.values(), key=lambda of: of.value)
        measures["auc_vectors"] = Measure(vector.value, *vector.interval, n=study.rows)
    return state, together(said, on(study)), measures | learners_measures(own, study.rows)


def learners_measures(aucs: Mapping[str, Auc], rows: int) -> dict[str, Measure]:
    """Return the area of each learner with its interval."""
    return {NAMES[learner]: Measure(of.value, *of.interval, n=rows) for learner, of in aucs.items()}


def rest(subject: Mapping[str, str]) -> str:
    """Name what a level is distinguished from."""
    return "the rest" if subject["reference"] == REST else SAYS("reference", reference=subject["reference"])


def on(study: Study) -> Sentence:
    """Name the rows that the models were fitted and tested on, and what was left out."""
    return SAYS(
        "on_some" if study.rows < study.of else "on_all",
        "left_out" if study.left_out else "",
        folds=FOLDS,
        rows=study.rows,
        of=study.of,
        rows_are="rows" if study.thing == "column" else "documents",
        left_out=[SAYS("kept_from", column=name, why=why) for name, why in study.left_out.items()],
    )


def record(study: Study, step: Step, subject: Mapping[str, str], level: str) -> Record:
    """Return a step of removal as a record of a result's table."""
    curve, check = study.curve, study.learners[1]
    aucs = step.recovered[level]
    checked = aucs.get(check)
    pair = pair_of(step.selected, subject)
    bounds = newcombe(pair) if pair else None
    return {
        **subject,
        "k": step.k,
        "gone": list(step.removed),
        "left": [name for name, _ in step.remaining[:NAMED]],
        "learner": curve,
        "auc": aucs[curve].value,
        "low": aucs[curve].interval.low,
        "high": aucs[curve].interval.high,
        "check": check,
        "check_auc": checked.value if checked else None,
        "check_low": checked.interval.low if checked else None,
        "check_high": checked.interval.high if checked else None,
        "blind_gap": pair.rate - pair.rate_ref if pair else None,
        "gap_low": bounds.low if bounds else None,
        "gap_high": bounds.high if bounds else None,
        "n": study.rows,
    }


def pair_of(chosen: Mapping[str, tuple[float, float]], subject: Mapping[str, str]) -> Pair | None:
    """Return what a model without groups selects of the level and of the reference, or of all others together.

    `chosen` has (selected, rows) of each level.
    """
    selected = dict(chosen)
    if subject["level"] not in selected:
        return None
    x, n = selected.pop(subject["level"])
    others = [selected[subject["reference"]]] if subject["reference"] in selected else list(selected.values())
    x_ref, n_ref = (sum(part) for part in zip(*others, strict=True)) if others else (0.0, 0.0)
    return Pair(x, n, x_ref, n_ref) if n and n_ref else None


def blind_gap(step: Step, subject: Mapping[str, str]) -> Measure | None:
    """Return the gap in selection rates of the model without groups at a step, with Newcombe's interval."""
    pair = pair_of(step.selected, subject)
    return Measure(pair.rate - pair.rate_ref, *newcombe(pair), n=pair.n + pair.n_ref) if pair else None


def blind_said(key: str, gap: Measure, subject: Mapping[str, str], thing: str) -> Sentence:
    """State the gap that a model without the group would make: `without_all`, or `from_text` of a text."""
    return SAYS(
        key,
        thing=thing,
        group=subject["group"],
        level=subject["level"],
        rest=rest(subject),
        gap=gap.value or 0,
        direction="lower" if (gap.value or 0) < 0 else "higher",
        gap_bounds=(gap.low or 0, gap.high or 0),
    )


def peeled(
    study: Study, judged: int, subject: Mapping[str, str], level: str, alpha: float, limits: tuple[float, float]
) -> Finding:
    """Judge one step of removal (its place among the steps) by both learners, and describe the later steps."""
    step = study.checked(subject["group"], judged, limits[0])
    steps = study.steps(subject["group"])
    alpha = alpha / (2 * len(step.recovered))
    aucs = step.recovered[level]
    best = max(aucs, key=lambda learner: aucs[learner].value)
    other = next((learner for learner in aucs if learner != best), None)
    low, high = aucs[best].at(alpha)
    state = states.area(aucs, alpha, *limits)
    measures = {"auc": Measure(aucs[best].value, low, high, n=study.rows, limit=limits[0])}
    measures |= learners_measures(aucs, study.rows)
    gap = blind_gap(step, subject)
    if gap:
        measures["blind_gap"] = gap
    removed = removed_names(step, study.thing)
    said = SAYS(
        "peeled",
        "remaining" if len(step.remaining) > 1 else "remaining_one",
        "not_settled" if state is State.UNDETERMINED else "",
        removed=removed,
        removed_n=len(step.removed) or step.k,
        thing=study.thing,
        group=subject["group"],
        level=subject["level"],
        rest=rest(subject),
        learner=best,
        still="still " if low > GUESSING else "",
        area=aucs[best].value,
        low=low,
        high=high,
        other=other,
        other_area=aucs[other].value if other else None,
        left=[name for name, _ in step.remaining[:NAMED]],
        more=len(step.remaining[NAMED:]) or None,
        leak=limits[0],
    )
    return Finding(
        state,
        dict(subject),
        together(
            said,
            _blind(step, gap, subject, study.thing),
            _later_steps(study, steps, judged, subject, level, alpha),
            on(study),
        ),
        measures,
        remedy=_remedy(study, subject, removed) if state.found else None,
        settle=SAYS("more_rows", group=subject["group"], leak=limits[0]) if state is State.UNDETERMINED else None,
    )


def _blind(step: Step, gap: Measure | None, subject: Mapping[str, str], thing: str) -> Sentence | str:
    """State the gap that a model of the outcome makes at a step, or that it cannot predict the outcome."""
    if gap:
        return blind_said("without_all", gap, subject, thing)
    if step.outcome is None:
        return ""
    low, high = step.outcome.interval
    return SAYS("no_model", group=subject["group"], thing=thing, area=step.outcome.value, low=low, high=high)


def _remedy(study: Study, subject: Mapping[str, str], removed: Sentence) -> Sentence:
    key = "mask_more" if study.thing == "term" else "remove_more"
    return SAYS(key, group=subject["group"], column=subject.get("column"), removed=removed)


def removed_names(step: Step, thing: str) -> Sentence:
    """Name what is removed; each fold selects for itself, and where no names are distinct the folds differ."""
    key = "named" if step.removed else "each_finds_one" if step.k == 1 else "each_finds"
    return SAYS(key, names=step.removed, k=step.k, thing=thing)


def _later_steps(
    study: Study, steps: Sequence[Step], judged: int, subject: Mapping[str, str], level: str, alpha: float
) -> Sentence:
    """State what happens as more is removed, and from where on the learners find nothing."""
    group = subject["group"]
    curve, check = study.curve, study.learners[1]
    later = [
        SAYS(
            "next_step" if i else "first_step",
            removed_n=len(of.removed) or of.k,
            thing=study.thing,
            area=of.recovered[level][curve].value,
        )
        for i, of in enumerate(steps[judged + 1 :])
    ]
    after = SAYS("later" if later else "", later=later)
    still: Sentence | None = None
    for step in steps:
        of = step.recovered[level]
        if not of[curve].at(alpha).low <= GUESSING:
            continue
        key = "chance" if step.k else "chance_from_all"
        facts = {"group": group, "thing": study.thing, "removed_n": len(step.removed) or step.k}
        if check not in of or of[check].at(alpha).low <= GUESSING:
            could = "neither model could" if check in of else f"a {curve} could not"
            return together(after, still or "", SAYS(key, **facts, no_model_could=could))
        if step.k and not still:
            still = SAYS("still_one", **facts, curve=curve, check=check, area=of[check].value)
    return together(after, still or SAYS("never"))
