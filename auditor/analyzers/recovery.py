"""The group told from all columns together, and from what is left without the strongest: PRX002, PRX003."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from auditor.engines.tally import Tally
from auditor.model import Finding, Measure, State
from auditor.rules import NotRun, Record, rule
from auditor.stats.proportions import Pair, newcombe
from auditor.stats.recovery import BOOSTING, LOGISTIC
from auditor.stats.roc import Auc
from auditor.usecase import UseCase
from auditor.words import listed, people, signed

if TYPE_CHECKING:
    from auditor.engines.models import Models
    from auditor.engines.peel import Step

LEAK, MODERATE = 0.556, 0.638  # areas of Cohen's d of 0.2 and 0.5
NAMED = 3  # columns named as what is left


@rule("PRX002", "group-recoverable", rows=True)
def group_recoverable(
    tally: Tally, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """The group can be told from the other columns together.

    How it is measured: A logistic regression (L2) and a gradient boosting learn the group from all columns but the
    groups, the outcome, identifiers, forbidden columns and those that know the outcome, on a bounded sample; each row
    is judged by models of the other four fifths, ranks are pooled. The area under the curve is the chance that of two
    random people, one in the group and one not, the model picks the right one: 0.5 is guessing. Its interval is
    DeLong's with the error times the root of two, since cross-fitting sets every two rows against each other twice; at
    half alpha for each of the two learners, and shared among the levels of a group with more than two.
    Shown at an area of `leak_auc` with the interval above 0.5, strongly from a lower bound of `strong_auc`; clear when
    the upper bound of both learners is under `leak_auc`. It is a lower bound on what could be told: other models, or
    more rows, may tell more.

    Why it matters: A model that is not shown the group can work it out.

    What to do: Leave out the columns that tell it (PRX001) and look at what is left (PRX003).

    Source: DeLong, DeLong and Clarke-Pearson 1988 (interval); 0.556 and 0.638 are Cohen's d of 0.2 and 0.5.
    """
    for group, models in _studied(tally):
        step = models.steps(group)[0]
        tests = 2 * len(step.recovered)
        for level, aucs in step.recovered.items():
            best = max(aucs, key=lambda learner: aucs[learner].value)
            state = _state(aucs, use.limits.alpha / tests, leak_auc, strong_auc)
            low, high = aucs[best].at(use.limits.alpha / tests)
            other = next(learner for learner in aucs if learner != best)
            subject = _subject(tally, use, group, level)
            yield Finding(
                state,
                subject,
                f"{_told(group, subject, len(models.names))} {_pairs(aucs[best].value)} (area under the curve "
                f"{aucs[best].value:.3f} [{low:.3f}, {high:.3f}] by {best}, {aucs[other].value:.3f} by {other}; 0.5 is "
                f"guessing). {_reading(state, leak_auc)} {_on(models)}",
                {
                    "auc": Measure(aucs[best].value, low, high, n=models.rows, limit=leak_auc),
                    "auc_logistic": Measure(aucs[LOGISTIC].value, *aucs[LOGISTIC].interval, n=models.rows),
                    "auc_boosting": Measure(aucs[BOOSTING].value, *aucs[BOOSTING].interval, n=models.rows),
                },
                remedy=f"Taking out the column '{group}' does not hide it: leave out what tells it (PRX001 lists the "
                "columns), and audit again with --drop."
                if state.found
                else None,
            )


@rule("PRX003", "other-ways", rows=True)
def other_ways(
    tally: Tally, use: UseCase, *, leak_auc: float = LEAK, strong_auc: float = MODERATE
) -> Iterator[Finding | Record]:
    """With the strongest stand-ins taken away, the others still tell the group.

    How it is measured: The k columns most closely tied to the group (Cramér's V), and every twin of theirs (V of 0.5 or
    more with one of them), are taken away and the group is told again, for k = 0, 1, 2, 5, 10 and so on. Columns are
    chosen on the rows that a model learns from, never on those that it is tried on: chosen on all rows they would hide
    what is left. Beside it stands the gap in selection rates of a model of the outcome that sees neither the group nor
    the columns taken away, cut at the data's own selection rate. The state is that of k = 1. The curve is the logistic
    regression's; the gradient boosting checks its first step and the one where the logistic regression finds nothing
    any more, or the last.

    Why it matters: When the words that marked women were taken out of a hiring tool, nobody could be sure that it would
    not find other ways. This is that question, asked of the data.

    What to do: Leave out columns until the curve is down, and judge what the model loses by it; or do not let a model
    decide on these columns.

    Source: the peel, its folds and its thresholds were chosen by simulation; DeLong and others 1988 (interval).
    """
    for group, models in _studied(tally):
        steps = models.steps(group)
        if len(steps) < 2:
            raise NotRun("there is one column only: without it none is left")
        for level in steps[0].recovered:
            subject = _subject(tally, use, group, level)
            for step in steps:
                yield _record(step, subject, level, models.rows)
            alpha = use.limits.alpha / len(steps[0].recovered)
            yield _peeled(steps, subject, level, models, alpha, (leak_auc, strong_auc))


def _studied(tally: Tally) -> Iterator[tuple[str, Models]]:
    """Yield the groups with two levels to be told apart; NotRun where there is none."""
    if not tally.roles.groups:
        raise NotRun("no group column is named (--group)")
    if tally.roles.weight:
        raise NotRun("models are not weighted, and the use names survey weights")
    if tally.models is None:
        raise NotRun("it needs rows, and there are only counts")
    if not tally.models.names:
        raise NotRun("no column is left that a model could learn from")
    told = [group for group in tally.roles.groups if len(tally.models.levels(group)) > 1]
    if not told:
        raise NotRun("no group column has two groups of 50 sampled rows or more")
    for group in told:
        yield group, tally.models


def _subject(tally: Tally, use: UseCase, group: str, level: str) -> dict[str, str]:
    """Name the level and what it is told from: the other one of two, else the rest."""
    levels = tally.models.levels(group) if tally.models else []
    reference = use.terms(group).choose(tally.outcomes(group))[0] if tally.roles.target else levels[0]
    if len(levels) == 2:
        reference = reference if reference in levels else levels[0]
        return {"group": group, "level": next(of for of in levels if of != reference), "reference": reference}
    return {"group": group, "level": level, "reference": "the rest"}


def _state(aucs: Mapping[str, Auc], alpha: float, leak: float, strong: float) -> State:
    best = max(aucs.values(), key=lambda auc: auc.value)
    low = best.at(alpha).low
    if max(auc.at(alpha).high for auc in aucs.values()) < leak:
        return State.CLEAR
    if low <= 0.5:
        return State.UNDETERMINED
    if low >= strong:
        return State.SHOWN_STRONG
    return State.SHOWN if best.value >= leak else State.BORDERLINE


def _told(group: str, subject: Mapping[str, str], columns: int) -> str:
    """Open the sentence: from how many columns who is told from whom."""
    return (
        f"From {people(columns)} other column{'s together' if columns > 1 else ''}, without '{group}': of two random "
        f"people, one '{subject['level']}' and one {_rest(subject)},"
    )


def _rest(subject: Mapping[str, str]) -> str:
    return "of the rest" if subject["reference"] == "the rest" else f"'{subject['reference']}'"


def _pairs(value: float) -> str:
    """Say an area under the curve as what it means."""
    return f"a model picks out the right one {100 * value:.0f} times in 100"


def _reading(state: State, leak: float) -> str:
    match state:
        case State.SHOWN | State.SHOWN_STRONG:
            return "Whoever is not shown the group can still work it out."
        case State.BORDERLINE:
            return f"That is more than guessing, and less than the limit of {leak:g}."
        case State.CLEAR:
            return f"These two learners could not tell the group above {leak:g}; others might."
    return "Cannot tell: the interval holds both guessing and more than the limit."


def _on(models: Models) -> str:
    left_out = "".join(f" '{name}' is left out: {why}." for name, why in models.left_out.items())
    sampled = f"{people(models.rows)} sampled rows of {people(models.of)}" if models.rows < models.of else "all rows"
    return f"Learnt and tried on {sampled}.{left_out}"


def _record(step: Step, subject: Mapping[str, str], level: str, n: int) -> Record:
    aucs = step.recovered[level]
    boosting = aucs.get(BOOSTING)
    pair = _pair(step, subject)
    bounds = newcombe(pair) if pair else None
    return {
        **subject,
        "k": step.k,
        "gone": ", ".join(step.gone),
        "left": ", ".join(name for name, _ in step.left[:NAMED]),
        "auc": aucs[LOGISTIC].value,
        "low": aucs[LOGISTIC].interval.low,
        "high": aucs[LOGISTIC].interval.high,
        "boosting_auc": boosting.value if boosting else None,
        "boosting_low": boosting.interval.low if boosting else None,
        "boosting_high": boosting.interval.high if boosting else None,
        "blind_gap": pair.rate - pair.rate_ref if pair else None,
        "gap_low": bounds.low if bounds else None,
        "gap_high": bounds.high if bounds else None,
        "n": n,
    }


def _pair(step: Step, subject: Mapping[str, str]) -> Pair | None:
    """Return what the blind model selects of the level and of the reference, or of all others together."""
    selected = dict(step.selected)
    if subject["level"] not in selected:
        return None
    x, n = selected.pop(subject["level"])
    others = [selected[subject["reference"]]] if subject["reference"] in selected else list(selected.values())
    x_ref, n_ref = (sum(part) for part in zip(*others, strict=True)) if others else (0.0, 0.0)
    return Pair(x, n, x_ref, n_ref) if n and n_ref else None


def _peeled(
    steps: list[Step], subject: Mapping[str, str], level: str, models: Models, alpha: float, limits: tuple[float, float]
) -> Finding:
    """Judge the first step of the peel, and tell the rest of the curve."""
    first = steps[1]
    auc = first.recovered[level][LOGISTIC]
    low, high = auc.at(alpha)
    state = _state({LOGISTIC: auc}, alpha, *limits)
    measures = {"auc": Measure(auc.value, low, high, n=models.rows, limit=limits[0])}
    gap = ""
    if pair := _pair(first, subject):
        bounds = newcombe(pair)
        measures["blind_gap"] = Measure(pair.rate - pair.rate_ref, *bounds, n=pair.n + pair.n_ref)
        gap = (
            f" A model of the outcome without them, blind to {subject['group']}, still gives '{subject['level']}' "
            f"{signed(100 * (pair.rate - pair.rate_ref))} points [{signed(100 * bounds.low)}, "
            f"{signed(100 * bounds.high)}] against {_rest(subject)}."
        )
    return Finding(
        state,
        dict(subject),
        f"Without {_gone(first)}, closest to {subject['group']}: of two random people, one '{subject['level']}' "
        f"and one {_rest(subject)}, a logistic regression {'still ' if low > 0.5 else ''}picks out the right one "
        f"{100 * auc.value:.0f} times in 100 (area under the curve {auc.value:.3f} [{low:.3f}, {high:.3f}]), from what "
        f"{listed([name for name, _ in first.left], NAMED)} tell.{gap} {_rest_of_curve(steps, level, alpha)} "
        f"{_on(models)}",
        measures,
        remedy=f"To keep {subject['group']} from a model it is not enough to leave out {_gone(first)}: leave out "
        "more until PRX003's curve is down (try it with --drop), or let no model decide on these columns."
        if state.found
        else None,
    )


def _gone(step: Step) -> str:
    """Name what is gone; the folds choose for themselves, and where nothing stands out they choose differently."""
    if not step.gone:
        return "the column that each fold finds" if step.k == 1 else f"the {step.k} columns that each fold finds"
    return listed(step.gone)


def _rest_of_curve(steps: list[Step], level: str, alpha: float) -> str:
    """Say what happens as more columns go, and where the learners find nothing any more."""
    later = "; ".join(
        f"with {people(len(step.gone))} columns gone it is {step.recovered[level][LOGISTIC].value:.3f}"
        for step in steps[2:]
    )
    later = f"{later[:1].upper()}{later[1:]}. " if later else ""
    silent = next((step for step in steps if step.recovered[level][LOGISTIC].at(alpha).low <= 0.5), None)
    if silent is None:
        return f"{later}The curve never comes down to guessing."
    checked = silent.recovered[level].get(BOOSTING)
    both = "These two learners" if checked and checked.at(alpha).low <= 0.5 else "This learner"
    gone = f"without {_gone(silent)}" if silent.k else "from all columns"
    return f"{later}{both}, on these rows, could not tell the group {gone}; others might."
