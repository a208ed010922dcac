"""Sentences and states about a group that is told by models, from columns or from terms, whole or peeled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from auditor.analyzers import states
from auditor.analyzers.catalog import Record
from auditor.counts.tally import Tally
from auditor.format import listed, people, signed, times_in_hundred
from auditor.model import Finding, Measure, State
from auditor.stats.counts import Pair
from auditor.stats.proportions import newcombe
from auditor.stats.recovery import BAYES, BOOSTING, LOGISTIC
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.peel import Step
    from auditor.learn.study import Study

LEAK, MODERATE = 0.556, 0.638  # areas of Cohen's d of 0.2 and 0.5
NAMES = {LOGISTIC: "auc_logistic", BOOSTING: "auc_boosting", BAYES: "auc_bayes"}
NAMED = 3  # columns or terms named as what is left
REST = "(the rest)"  # in parentheses, as no level of the data is likely to be


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
) -> tuple[State, str, dict[str, Measure]]:
    """Return state, message and measures of a level told from everything, by the better of the two learners.

    `opening` says from what, `alpha` is that of all tests of the group together, `limits` are where it leaks and where
    strongly.
    """
    step = study.steps(subject["group"])[0]
    aucs = step.recovered[level]
    alpha = alpha / (2 * len(step.recovered))
    best = max(aucs, key=lambda learner: aucs[learner].value)
    other = next(learner for learner in aucs if learner != best)
    state = states.area(aucs, alpha, *limits)
    low, high = aucs[best].at(alpha)
    message = (
        f"{opening}: of two random people, one '{subject['level']}' and one {rest(subject)}, a model picks out the "
        f"right one {times_in_hundred(aucs[best].value)} (area under the curve {aucs[best].value:.3f} [{low:.3f}, "
        f"{high:.3f}] by {best}, {aucs[other].value:.3f} by {other}; 0.5 is guessing). {reading(state, limits[0])} "
        f"{on(study)}"
    )
    measures = {"auc": Measure(aucs[best].value, low, high, n=study.rows, limit=limits[0])}
    for learner in study.learners:
        name = NAMES[learner]
        measures[name] = Measure(aucs[learner].value, *aucs[learner].interval, n=study.rows)
    return state, message, measures


def rest(subject: Mapping[str, str]) -> str:
    """Name what a level is told from."""
    return "of the rest" if subject["reference"] == REST else f"'{subject['reference']}'"


def reading(state: State, leak: float) -> str:
    """Say what a state means for who is kept from seeing the group."""
    match state:
        case State.SHOWN | State.SHOWN_STRONG:
            return "Whoever is not shown the group can still work it out."
        case State.BORDERLINE:
            return f"That is more than guessing, and less than the limit of {leak:g}."
        case State.CLEAR:
            return f"These two learners could not tell the group above {leak:g}; others might."
    return "Cannot tell: the interval holds both guessing and more than the limit."


def on(study: Study) -> str:
    """Say on which rows it was learnt, and what was left out."""
    left_out = "".join(f" '{name}' is left out: {why}." for name, why in study.left_out.items())
    whole = "all rows" if study.thing == "column" else "all documents"
    sampled = f"{people(study.rows)} sampled rows of {people(study.of)}" if study.rows < study.of else whole
    return f"Learnt and tried on {sampled}.{left_out}"


def record(study: Study, step: Step, subject: Mapping[str, str], level: str) -> Record:
    """Return a step of the peel as a record of a result's table."""
    curve, check = study.learners
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


def points(gap: Measure, subject: Mapping[str, str]) -> str:
    """Say a gap in points, with its interval."""
    value, low, high = (signed(100 * (number or 0)) for number in (gap.value, gap.low, gap.high))
    return f"'{subject['level']}' {value} points [{low}, {high}] against {rest(subject)}"


def peeled(
    study: Study, judged: int, subject: Mapping[str, str], level: str, alpha: float, limits: tuple[float, float]
) -> Finding:
    """Judge one step of the peel (its place among the steps), and tell the rest of the curve."""
    steps = study.steps(subject["group"])
    step, curve = steps[judged], study.learners[0]
    alpha = alpha / len(step.recovered)
    auc = step.recovered[level][curve]
    low, high = auc.at(alpha)
    state = states.area({curve: auc}, alpha, *limits)
    measures = {"auc": Measure(auc.value, low, high, n=study.rows, limit=limits[0])}
    gap = ""
    if found := blind_gap(step, subject):
        measures["blind_gap"] = found
        gap = f" A model of the outcome without them, blind to {subject['group']}, gives {points(found, subject)}."
    gone = what_is_gone(step, study.thing)
    left = [name for name, _ in step.left]
    return Finding(
        state,
        dict(subject),
        f"Without {gone}, closest to {subject['group']}: of two random people, one '{subject['level']}' and one "
        f"{rest(subject)}, a {curve} {'still ' if low > 0.5 else ''}picks out the right one "
        f"{times_in_hundred(auc.value)} (area under the curve {auc.value:.3f} [{low:.3f}, {high:.3f}]), from what "
        f"{listed(left, NAMED)} tell.{gap} {_rest_of_curve(study, steps, judged, level, alpha)} {on(study)}",
        measures,
        remedy=_remedy(study, subject, gone) if state.found else None,
    )


def _remedy(study: Study, subject: Mapping[str, str], gone: str) -> str:
    if study.thing == "term":
        return (
            f"To keep {subject['group']} from a model it is not enough to mask {gone} in '{subject['column']}': mask "
            "more until TXT004's curve is down (try it with --redact), or let no model decide on this text."
        )
    return (
        f"To keep {subject['group']} from a model it is not enough to leave out {gone}: leave out more until PRX003's "
        "curve is down (try it with --drop), or let no model decide on these columns."
    )


def what_is_gone(step: Step, thing: str) -> str:
    """Name what is gone; the folds choose for themselves, and where nothing stands out they choose differently."""
    if not step.gone:
        return f"the {thing} that each fold finds" if step.k == 1 else f"the {step.k} {thing}s that each fold finds"
    return listed(step.gone)


def _rest_of_curve(study: Study, steps: Sequence[Step], judged: int, level: str, alpha: float) -> str:
    """Say what happens as more goes, and where the learners find nothing any more."""
    curve, check = study.learners
    later = "; ".join(
        f"with {people(len(step.gone))} {study.thing}s gone it is {step.recovered[level][curve].value:.3f}"
        for step in steps[judged + 1 :]
    )
    later = f"{later[:1].upper()}{later[1:]}. " if later else ""
    silent = next((step for step in steps if step.recovered[level][curve].at(alpha).low <= 0.5), None)
    if silent is None:
        return f"{later}The curve never comes down to guessing."
    checked = silent.recovered[level].get(check)
    both = "These two learners" if checked and checked.at(alpha).low <= 0.5 else "This learner"
    gone = f"without {what_is_gone(silent, study.thing)}" if silent.k else f"from all {study.thing}s"
    return f"{later}{both}, on these rows, could not tell the group {gone}; others might."
