"""Sentences and states about a group that is told by models, from columns or from terms, whole or peeled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from auditor.analyzers import states
from auditor.analyzers.catalog import Record
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, State
from auditor.stats.counts import Pair
from auditor.stats.proportions import newcombe
from auditor.stats.recovery import BAYES, BOOSTING, LOGISTIC, RIDGE
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.peel import Step
    from auditor.learn.study import Study
    from auditor.stats.roc import Auc

GUESSING = 0.5
LEAK, MODERATE = 0.556, 0.638  # areas of Cohen's d of 0.2 and 0.5
NAMES = {RIDGE: "auc_ridge", LOGISTIC: "auc_logistic", BOOSTING: "auc_boosting", BAYES: "auc_bayes"}
NAMED = 3  # columns or terms named as what is left, in the table as in the sentence
REST = "(the rest)"  # in parentheses, as no level of the data is likely to be

SAYS = Says(
    recovered="{opening}: of two random people, one '{level}' and one {rest}, a model picks out the right one "
    "{area:hundred} (area under the curve {area:fixed 3} [{low:fixed 3}, {high:fixed 3}] by {best}{>by_other}; 0.5 is "
    "guessing).",
    by_other=", {other_area:fixed 3} by {other}",
    reference="'{reference}'",
    told="Whoever is not shown the group can still work it out.",
    borderline="That is more than guessing, and less than the limit of {leak:number}.",
    clear="These two learners could not tell the group above {leak:number}; others might.",
    undetermined="Cannot tell: the interval holds both guessing and more than the limit.",
    on_all="Learnt and tried on all {rows_are}.",
    on_some="Learnt and tried on {rows:people} sampled rows of {of:people}.",
    left_out="{left_out:sentences}",
    kept_from="'{column}' is left out: {why}.",
    blind_without="A model of the outcome without them, blind to {group}, gives {>gap}.",
    blind_nothing="A model of the outcome that sees neither the group nor them tells it no better than guessing (area "
    "under the curve {area:fixed 3} [{low:fixed 3}, {high:fixed 3}]), so that whom it selects means nothing.",
    blind_reader="A model of the outcome that reads it, blind to {group}, gives {>gap}.",
    gap="'{level}' {gap:points} points {gap_bounds:points_interval} against {rest}",
    peeled="Without {gone}, closest to {group}: of two random people, one '{level}' and one {rest}, a {learner} "
    "{picks} the right one {area:hundred} (area under the curve {area:fixed 3} [{low:fixed 3}, {high:fixed 3}]"
    "{>by_other}), from what {left:listed}{>more} tell.",
    not_settled="Cannot tell whether it is told above {leak:number}.",
    more_rows="More rows with a recorded {group}: the interval then narrows to one side of {leak:number}.",
    more=" and {more:people} more",
    gone="{names:listed}",
    each_finds_one="the {thing} that each fold finds",
    each_finds="the {k} {thing}s that each fold finds",
    later="{later:clauses}.",
    first_step="With {>step}",
    next_step="with {>step}",
    step="{gone:people} {thing}s gone it is {area:fixed 3}",
    never="The curve never comes down to guessing.",
    silent="{learners}, on these rows, could not tell the group without {silent_without}; others might.",
    still="A {curve} could not tell the group without {silent_without}, and a {check} still does (area under the curve "
    "{area:fixed 3}).",
    silent_from_all="{learners}, on these rows, could not tell the group from all {thing}s; others might.",
    mask_more="To keep {group} from a model it is not enough to mask {gone} in '{column}': mask more until TXT004's "
    "curve is down (try it with --redact), or let no model decide on this text.",
    leave_out_more="To keep {group} from a model it is not enough to leave out {gone}: leave out more until PRX003's "
    "curve is down (try it with --drop), or let no model decide on these columns.",
)


def subject_of(tally: Tally, study: Study, use: UseCase, group: str, level: str) -> dict[str, str]:
    """Name the level and what it is told from: the other one of two, else the rest."""
    levels = study.levels(group)
    reference = tally.reference(group, use)[0] if tally.roles.target else levels[0]
    if len(levels) == 2:
        reference = reference if reference in levels else levels[0]
        return {"group": group, "level": next(of for of in levels if of != reference), "reference": reference}
    return {"group": group, "level": level, "reference": REST}


def recovered(
    study: Study, level: str, subject: Mapping[str, str], opening: str, alpha: float, limits: tuple[float, float]
) -> tuple[State, Sentence, dict[str, Measure]]:
    """Return state, message and measures of a level told from everything, by the better of the two learners.

    `opening` says from what, `alpha` is that of all tests of the group together, `limits` are where it leaks and where
    strongly.
    """
    step = study.steps(subject["group"])[0]
    aucs = step.recovered[level]
    alpha = alpha / (2 * len(step.recovered))
    best = max(aucs, key=lambda learner: aucs[learner].value)
    other = next((learner for learner in aucs if learner != best), None)
    state = states.area(aucs, alpha, *limits)
    low, high = aucs[best].at(alpha)
    said = SAYS(
        "recovered",
        "told" if state.found else str(state),
        opening=opening,
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
    return state, together(said, on(study)), measures | learners_measures(aucs, study.rows)


def learners_measures(aucs: Mapping[str, Auc], rows: int) -> dict[str, Measure]:
    """Return the area of each learner with its interval."""
    return {NAMES[learner]: Measure(of.value, *of.interval, n=rows) for learner, of in aucs.items()}


def rest(subject: Mapping[str, str]) -> str:
    """Name what a level is told from."""
    return "of the rest" if subject["reference"] == REST else SAYS("reference", reference=subject["reference"])


def on(study: Study) -> Sentence:
    """Say on which rows it was learnt, and what was left out."""
    return SAYS(
        "on_some" if study.rows < study.of else "on_all",
        "left_out" if study.left_out else "",
        rows=study.rows,
        of=study.of,
        rows_are="rows" if study.thing == "column" else "documents",
        left_out=[SAYS("kept_from", column=name, why=why) for name, why in study.left_out.items()],
    )


def record(study: Study, step: Step, subject: Mapping[str, str], level: str) -> Record:
    """Return a step of the peel as a record of a result's table."""
    curve, check = study.curve, study.learners[1]
    aucs = step.recovered[level]
    checked = aucs.get(check)
    pair = pair_of(step, subject)
    bounds = newcombe(pair) if pair else None
    return {
        **subject,
        "k": step.k,
        "gone": list(step.gone),
        "left": [name for name, _ in step.left[:NAMED]],
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


def pair_of(step: Step, subject: Mapping[str, str]) -> Pair | None:
    """Return what the blind model selects of the level and of the reference, or of all others together."""
    selected = dict(step.selected)
    if subject["level"] not in selected:
        return None
    x, n = selected.pop(subject["level"])
    others = [selected[subject["reference"]]] if subject["reference"] in selected else list(selected.values())
    x_ref, n_ref = (sum(part) for part in zip(*others, strict=True)) if others else (0.0, 0.0)
    return Pair(x, n, x_ref, n_ref) if n and n_ref else None


def blind_gap(step: Step, subject: Mapping[str, str]) -> Measure | None:
    """Return the gap in selection rates of the blind model at a step, with Newcombe's interval."""
    pair = pair_of(step, subject)
    return Measure(pair.rate - pair.rate_ref, *newcombe(pair), n=pair.n + pair.n_ref) if pair else None


def blind_said(key: str, gap: Measure, subject: Mapping[str, str]) -> Sentence:
    """Say what gap a model makes that is blind to the group: `blind_without`, or `blind_reader` of a text."""
    return SAYS(
        key,
        group=subject["group"],
        level=subject["level"],
        rest=rest(subject),
        gap=gap.value or 0,
        gap_bounds=(gap.low or 0, gap.high or 0),
    )


def peeled(
    study: Study, judged: int, subject: Mapping[str, str], level: str, alpha: float, limits: tuple[float, float]
) -> Finding:
    """Judge one step of the peel (its place among the steps), by both learners, and tell the rest of the curve."""
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
    gone = what_is_gone(step, study.thing)
    said = SAYS(
        "peeled",
        "not_settled" if state is State.UNDETERMINED else "",
        gone=gone,
        group=subject["group"],
        level=subject["level"],
        rest=rest(subject),
        learner=best,
        picks="still picks out" if low > 0.5 else "picks out",
        area=aucs[best].value,
        low=low,
        high=high,
        other=other,
        other_area=aucs[other].value if other else None,
        left=[name for name, _ in step.left[:NAMED]],
        more=len(step.left[NAMED:]) or None,
        leak=limits[0],
    )
    return Finding(
        state,
        dict(subject),
        together(said, _blind(step, gap, subject), _rest_of_curve(study, steps, judged, level, alpha), on(study)),
        measures,
        remedy=_remedy(study, subject, gone) if state.found else None,
        settle=SAYS("more_rows", group=subject["group"], leak=limits[0]) if state is State.UNDETERMINED else None,
    )


def _blind(step: Step, gap: Measure | None, subject: Mapping[str, str]) -> Sentence | str:
    """Say what gap a model of the outcome makes at a step, or that it tells nothing of the outcome."""
    if gap:
        return blind_said("blind_without", gap, subject)
    if step.outcome is None:
        return ""
    low, high = step.outcome.interval
    return SAYS("blind_nothing", area=step.outcome.value, low=low, high=high)


def _remedy(study: Study, subject: Mapping[str, str], gone: Sentence) -> Sentence:
    key = "mask_more" if study.thing == "term" else "leave_out_more"
    return SAYS(key, group=subject["group"], column=subject.get("column"), gone=gone)


def what_is_gone(step: Step, thing: str) -> Sentence:
    """Name what is gone; the folds choose for themselves, and where nothing stands out they choose differently."""
    key = "gone" if step.gone else "each_finds_one" if step.k == 1 else "each_finds"
    return SAYS(key, names=step.gone, k=step.k, thing=thing)


def _rest_of_curve(study: Study, steps: Sequence[Step], judged: int, level: str, alpha: float) -> Sentence:
    """Say what happens as more goes, and where the learners find nothing any more."""
    curve, check = study.curve, study.learners[1]
    later = [
        SAYS(
            "next_step" if i else "first_step",
            gone=len(of.gone),
            thing=study.thing,
            area=of.recovered[level][curve].value,
        )
        for i, of in enumerate(steps[judged + 1 :])
    ]
    told = SAYS("later" if later else "", later=later)
    still: Sentence | None = None
    for step in steps:
        of = step.recovered[level]
        if not of[curve].at(alpha).low <= GUESSING:
            continue
        key, without = ("silent", what_is_gone(step, study.thing)) if step.k else ("silent_from_all", None)
        if check not in of or of[check].at(alpha).low <= GUESSING:
            both = "These two learners" if check in of else "This learner"
            return together(told, still or "", SAYS(key, learners=both, thing=study.thing, silent_without=without))
        if step.k and not still:
            still = SAYS("still", curve=curve, check=check, silent_without=without, area=of[check].value)
    return together(told, still or SAYS("never"))
