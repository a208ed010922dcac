"""Whom a score or a prediction is wrong about: SCO003."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, SCORED, TARGET
from auditor.analyzers.scores.unscored import selects_all_or_none, without_scores
from auditor.counts.score_effects import Effects, pair
from auditor.counts.scores import RATES, Selection, selections
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Need, Severity, State
from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import equal_rates, newcombe, rows_to_bound, wilson
from auditor.stats.tails import holm
from auditor.use.needs import needed
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

LEAST = 0.1  # a difference of rates that counts
JUDGED = ("true_positive_rate", "false_positive_rate")
SAYS = Says(
    rates="Of those with the favourable outcome, {selects} selects {own:percent} of {n:people} of {group} '{level}' "
    "and {theirs:percent} of {n_ref:people} of '{reference}' (true positive rate). {>true_difference} Of those without "
    "it, {false_own:percent} of {false_n:people} and {false_theirs:percent} of {false_n_ref:people} are selected "
    "(false positive rate). {>false_difference}",
    true_difference="The difference is {true_points:points} points {true_bounds:points_interval}, {true_p:p}.",
    false_difference="The difference is {false_points:points} points {false_bounds:points_interval}, {false_p:p}.",
    one="Only the {name} can be compared: {one_own:percent} of {one_n:people} of {group} '{level}' and "
    "{one_theirs:percent} of {one_n_ref:people} of '{reference}'. The difference is {one_points:points} points "
    "{one_bounds:points_interval}, {one_p:p}.",
    true_positive_rate="true positive rate",
    false_positive_rate="false positive rate",
    predictive="Of those selected, {predicted_own:percent} and {predicted_theirs:percent} have the favourable outcome "
    "(positive predictive value).",
    agreement="Outcomes are past decisions, so the true positive rate is agreement with these decisions, not merit.",
    unknown="Rows with a score but no outcome are in none of these rates ({lost:people}). If outcomes are known "
    "only for those who were selected, the rates do not hold for the others.",
    base_rates="The favourable outcome is recorded for {base:percent} and {base_ref:percent}. Where such rates differ, "
    "a score that means the same in both groups (SCO005) cannot have equal error rates as well, unless it is perfect.",
    open="Inconclusive, because some of the intervals reach {least:number} points.",
    none="'{group}': no group but '{only}' has rows with a score and an outcome.",
    unselected="It is not known whom the score selects (SCO002).",
    state_cut="State where the score selects (--cut), or name the prediction (--prediction).",
    purpose="to bound the difference of the {name}s",
    watch="Monitor the error rates of '{level}' ({group}). They differ, but by less than {least:number} points.",
    find="Find out why {selects} is wrong about '{level}' and '{reference}' ({group}) at different rates. Correct the "
    "score or its cut before it is used.",
)


@dataclass(frozen=True)
class _Error:
    """One error rate of a level against the reference."""

    name: str
    pair: Pair
    p: float = 1.0

    @property
    def difference(self) -> float:
        return self.pair.rate - self.pair.rate_ref

    def bounds(self, alpha: float) -> Interval:
        return newcombe(self.pair, alpha)


@rule(
    "SCO003",
    "error-gap",
    about=SCORED,
    asks=Ask(
        "Correct the unequal errors of the score",
        "model team",
        "the error rates differ by under 10 points, or the difference is justified in writing",
        ("level",),
    ),
    headlines=Headlines(
        found="{selects} is wrong about '{level}' and '{reference}' at different rates",
        near="The error rates of '{level}' and '{reference}' differ by less than the threshold",
        open="Too little data to compare the error rates of '{level}' and '{reference}'",
        clear="The error rates of '{level}' and '{reference}' are alike",
    ),
    compares=True,
    needs=(TARGET, GROUPS),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="rest",
    measures=quantities(
        "true_positive_rate", "false_positive_rate", "false_negative_rate", "positive_predictive_value",
        "tpr_difference", "fpr_difference", "ppv_difference", "equalised_odds", "p_adjusted",
    ),
    leading={"equalised_odds": "Larger difference of the error rates"},
)  # fmt: skip
def error_gap(evidence: Evidence, use: UseCase, *, least_gap: float = LEAST) -> Iterator[Finding | Record]:
    """A score or a prediction is wrong about one group more often than about another.

    How it is measured: At the cut, or by the prediction, rows with a score and an outcome give four rates for each
    group, with Wilson's intervals. The true positive rate is the share selected of those with the favourable outcome,
    the false negative rate the rest of these. The false positive rate is the share selected of those without it. The
    positive predictive value is the share favourable of those selected. Each group is compared with the reference of
    the outcomes (OUT001), in both directions. Differences have Newcombe's intervals. Two rates are judged: the true
    positive rates (equal opportunity) and the false positive rates; both together are equalised odds. The test is the
    pooled Z test or Fisher's exact test, Holm-adjusted over both rates, all groups and all group columns. A gap is
    found when a difference is `least_gap` or more with p below 0.05, and strong when its whole interval is. A smaller
    significant one is near the threshold. No issue is found when the intervals of both differences lie within
    `least_gap`. The positive predictive values are reported and not judged, since they depend on the base rates.
    Calibration and equal error rates exclude each other where base rates differ; the report states where they do.

    Why it matters: A tool may select groups alike and still miss the suitable people of one of them more often.

    What to do: Look for outcomes that are known for one group only, and for columns that mean less for it. Where
    outcomes are past decisions, the rates show agreement with these, not merit. Choose which of equal errors and
    calibration the purpose needs, and write down why.

    Source: Hardt, Price and Srebro 2016 (equalised odds, equal opportunity); Chouldechova 2017; Kleinberg, Mullainathan
    and Raghavan 2017 (what excludes what); Newcombe 1998; Holm 1979; 10 points are a judgement: four fifths of one
    half.
    """
    tally = evidence.tally
    compared: list[tuple[str, str, str, list[_Error], dict[str, Selection]]] = []
    column = str(tally.roles.scoring.prediction or tally.roles.scoring.score)
    unselected, open_ = False, False
    for group in tally.roles.groups:
        found = selections(tally, group)
        if found is None:
            unselected = True
            continue
        known = {level: of for level, of in found.items() if of.counts[:, :2].sum()}
        if len(known) < 2:
            only = next(iter(known), "")
            yield Finding(states.NOTHING_TO_JUDGE, {"group": group}, SAYS("none", group=group, only=only))
            continue
        yield from without_scores(tally, group, column, tally.roles.target)
        if degenerate := selects_all_or_none(tally, known, group):
            open_ = True
            yield degenerate
            continue
        effects = Effects.of(tally, group)
        for level, of in known.items():
            yield _record(group, level, of, effects)
        reference = _reference(tally, group, known, use)
        for level in known:
            if level != reference:
                pairs = {name: pair(known, effects, name, level, reference) for name in JUDGED}
                errors = [_Error(name, of) for name, of in pairs.items() if of is not None]
                compared.append((group, level, reference, errors, known))
    if unselected and not compared:
        subject = {"column": str(tally.roles.scoring.score or tally.roles.scoring.prediction)}
        yield Finding(states.NOT_KNOWN, subject, SAYS("unselected"), settle=SAYS("state_cut"))
        return
    if not compared:
        if open_:
            return
        raise NotRun("no group column has two groups with a score and an outcome")
    adjusted = iter(holm([equal_rates(error.pair).p for *_, errors, _ in compared for error in errors]))
    for group, level, reference, errors, known in compared:
        tested = [_Error(error.name, error.pair, next(adjusted)) for error in errors]
        yield _finding(tally, group, (level, reference), tested, known, use, least_gap)


def _reference(tally: Tally, group: str, known: Mapping[str, Selection], use: UseCase) -> str:
    """Return the reference of the outcomes; the largest level where that has no score."""
    reference = tally.reference(group, use)[0] if tally.outcomes(group) else ""
    return reference if reference in known else max(known, key=lambda level: known[level].n)


def _record(group: str, level: str, of: Selection, effects: Effects) -> Record:
    """Return the rates of a level with their intervals."""
    row: dict[str, object] = {"group": group, "level": level, "n": float(of.counts[:, :2].sum())}
    for name in RATES:
        hits, n = of.rate(name)
        by = effects.rate(name, level)
        bounds = wilson(hits / by, n / by) if n else None
        row |= {
            name: hits / n if n else None,
            f"{name}_low": bounds.low if bounds else None,
            f"{name}_high": bounds.high if bounds else None,
            f"{name}_n": n,
        }
    return row


def _finding(
    tally: Tally,
    group: str,
    names: tuple[str, str],
    errors: list[_Error],
    known: Mapping[str, Selection],
    use: UseCase,
    least: float,
) -> Finding:
    level, reference = names
    limits, scoring, effects = use.limits, tally.roles.scoring, Effects.of(tally, group)
    each = {
        error.name: states.rate_gap(error.difference, error.bounds(limits.alpha), error.p, least, limits.alpha)
        for error in errors
    }
    state = states.worst(each.values()) if errors else states.NOT_KNOWN
    if len(errors) < len(JUDGED) and state is State.CLEAR:
        state = states.NOT_KNOWN
    subject = {
        "target": tally.roles.target or "",
        "column": str(scoring.prediction or scoring.score),
        "group": group,
        "level": level,
        "reference": reference,
    }
    predicted = pair(known, effects, "positive_predictive_value", level, reference)
    facts = _facts(errors, use.limits.alpha) | {
        "selects": scoring.selects,
        "group": group,
        "level": level,
        "reference": reference,
        "least": 100 * least,
        "predicted_own": predicted.rate if predicted else None,
        "predicted_theirs": predicted.rate_ref if predicted else None,
    }
    lost = sum(float(known[name].counts[:, 2].sum()) for name in names)
    base = _base(tally, group, level, reference)
    differ = base is not None and equal_rates(base).p < limits.alpha
    key = "find" if state.found else "watch" if state is State.BORDERLINE else ""
    return Finding(
        state,
        subject,
        together(
            SAYS("rates" if len(errors) == len(JUDGED) else "one" if errors else "", **facts),
            SAYS("predictive" if predicted else "", **facts),
            SAYS("open", **facts) if state is State.UNDETERMINED else "",
            SAYS("agreement") if use.label.kind in (None, "past_decision") else "",
            SAYS("unknown", lost=lost) if lost else "",
            SAYS("base_rates", base=base.rate, base_ref=base.rate_ref) if base and differ else "",
        ),
        _measures(errors, predicted, limits.alpha, least),
        remedy=SAYS(key, **facts) or None,
        needs=_needs(errors, each, group, names, limits.power, least) if state is State.UNDETERMINED else (),
        settle=SAYS("state_cut") if not errors else None,
    )


def _base(tally: Tally, group: str, level: str, reference: str) -> Pair | None:
    """Return the counts of the favourable outcome itself in both groups."""
    outcomes, effects = tally.outcomes(group), tally.effects(group)
    if level not in outcomes or reference not in outcomes:
        return None
    return Pair(*outcomes[level], *outcomes[reference], effects.get(level, 1.0), effects.get(reference, 1.0))


def _facts(errors: list[_Error], alpha: float) -> dict[str, object]:
    """Return the facts of the sentences on the two rates."""
    by_name = {error.name: error for error in errors}
    found: dict[str, object] = {}
    for name, (own, side) in {"true_positive_rate": ("", "true_"), "false_positive_rate": ("false_", "false_")}.items():
        if error := by_name.get(name):
            found |= {
                f"{own}own": error.pair.rate,
                f"{own}theirs": error.pair.rate_ref,
                f"{own}n": error.pair.n,
                f"{own}n_ref": error.pair.n_ref,
                f"{side}points": error.difference,
                f"{side}bounds": error.bounds(alpha),
                f"{side}p": error.p,
            }
    if len(errors) == 1:
        (error,) = errors
        found |= {
            "name": SAYS(error.name),
            "one_own": error.pair.rate,
            "one_theirs": error.pair.rate_ref,
            "one_n": error.pair.n,
            "one_n_ref": error.pair.n_ref,
            "one_points": error.difference,
            "one_bounds": error.bounds(alpha),
            "one_p": error.p,
        }
    return found


def _measures(errors: list[_Error], predicted: Pair | None, alpha: float, least: float) -> dict[str, Measure]:
    found: dict[str, Measure] = {}
    short = {"true_positive_rate": "tpr_difference", "false_positive_rate": "fpr_difference"}
    for error in errors:
        of, sized = error.pair, error.pair.sized
        found[error.name] = Measure(of.rate, *wilson(sized.x, sized.n, alpha), n=of.n)
        if error.name == "true_positive_rate":
            low, high = wilson(sized.x, sized.n, alpha)
            found["false_negative_rate"] = Measure(1 - of.rate, 1 - high, 1 - low, n=of.n)
        bounds = error.bounds(alpha)
        found[short[error.name]] = Measure(error.difference, *bounds, n=of.n + of.n_ref, limit=least)
    if predicted:
        sized, n = predicted.sized, predicted.n + predicted.n_ref
        found["positive_predictive_value"] = Measure(predicted.rate, *wilson(sized.x, sized.n, alpha), n=predicted.n)
        found["ppv_difference"] = Measure(predicted.rate - predicted.rate_ref, *newcombe(predicted, alpha), n=n)
    if errors:
        widest = max(errors, key=lambda error: abs(error.difference))
        n = widest.pair.n + widest.pair.n_ref
        found["equalised_odds"] = Measure(abs(widest.difference), n=n, limit=least)
        found["p_adjusted"] = Measure(min(error.p for error in errors), n=n, limit=alpha)
    return found


def _needs(
    errors: list[_Error], each: Mapping[str, State], group: str, names: tuple[str, str], power: float, least: float
) -> tuple[Need, ...]:
    """Return how many more rows would bound the differences that are open, by the share that has the outcome."""
    found = []
    for error in errors:
        if each[error.name] is State.UNDETERMINED:
            more = rows_to_bound(error.pair.sized, least, power=power)
            purpose = SAYS("purpose", name=SAYS(error.name))
            found += [
                need for name, rows in zip(names, more, strict=True) for need in needed(group, name, rows, purpose)
            ]
    return tuple(found)
