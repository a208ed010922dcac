"""What a model without the group would do: MDL001."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial, update_wrapper
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import Gap, compare
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, MODELS, TARGET, UNWEIGHTED
from auditor.analyzers.unchecked import as_far_as_checked
from auditor.model import Finding, Measure, Severity
from auditor.stats.counts import Pair
from auditor.stats.proportions import newcombe, wilson
from auditor.stats.recovery import effective
from auditor.stats.tails import holm, normal, two_sided
from auditor.stats.units import linearised, taken
from auditor.stats.widening import Course, course
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.learn.models import Models
    from auditor.learn.study import Blind

SAYS = Says(
    gap="A {learner} model without {group} would select {rate:percent} of '{level}' and {rate_ref:percent} of "
    "'{reference}' (impact ratio {impact_ratio:ratio limit} {bounds:interval limit}, {p:p}). It uses {columns:people} "
    "column{columns:s} and selects as many people as the data did.",
    unbounded="Its ratio cannot be compared with the data's own, because a rate is 0.",
    # Compared with 1, which no number must be rounded across.
    beside="Its ratio is {amplification:ratio 1} times the data's own {amplification_bounds:interval 1}; {course} "
    "({amplification_p:p}, Holm).",
    auc="The model predicts the outcome with an AUC of {auc:fixed 3} (cross-validation, {tried:people} row{tried:s}).",
    no_decisions="Do not let a model trained on these columns and outcomes decide about {group} '{level}'. A model "
    "without '{group}' reproduces this gap.",
)


@rule(
    "MDL001",
    "blind-model-gap",
    asks=Ask(
        "Do not let a model trained on these data decide",
        "model team",
        "a model trained without the group selects all groups alike",
        ("level",),
    ),
    headlines=Headlines(
        found="A model without {group} selects '{level}' at {selection_rate:percent}, '{reference}' "
        "at {reference_rate:percent}",
        near="A model without {group} selects '{level}' at {selection_rate:percent}, '{reference}' "
        "at {reference_rate:percent}",
        open="Too little data to compare how a model without {group} selects '{level}' and '{reference}'",
        clear="A model without {group} selects '{level}' and '{reference}' alike",
    ),
    needs=(GROUPS, TARGET, UNWEIGHTED, MODELS),
    units="models",
    severity=Severity.CONDITION,
    measures=quantities(
        "selection_rate",
        "reference_rate",
        "impact_ratio",
        "blind_gap",
        "p_adjusted",
        "amplification",
        "tpr_difference",
        "calibration",
        "auc",
    ),
    leading={
        "blind_gap": "Gap of a model without the group",
        "impact_ratio": "Impact ratio of that model",
    },
)
def blind_model_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A model without the group would select it at under four fifths of the reference group's rate.

    How it is measured: A logistic regression and a gradient boosting predict the outcome from all columns except the
    groups, identifiers, forbidden columns and leaks of the outcome (5-fold cross-validation on a bounded sample). The
    model with the higher AUC selects as many people as had the favourable outcome in the data, the highest scores
    first. The report gives, for each group, the selection rate, the true and false positive rates, and the mean
    prediction less the observed rate. Rows of one person, one cluster or one copied record are in one fold, and rates
    use effective sample sizes. The impact ratio is judged as in OUT001, against the same reference group. Amplification
    is the model's impact ratio over the data's for the same two groups. The gap is called wider or narrower than in the
    data only where amplification lies beyond the threshold of the impact ratio, or its inverse, and differs from 1 with
    p below 0.05 (Holm over the groups).

    Why it matters: A tool trained on these data would reproduce this gap even without the group column.

    What to do: Remove the columns that transmit the gap (PRX001, PRX003), correct the outcome, or do not automate. The
    true positive rate is measured against the recorded outcome. Where that is a past decision, the rate shows agreement
    with past decisions, not merit.

    Source: 29 CFR 1607.4(D); fairlearn's MetricFrame for the rates; Miettinen and Nurminen 1985 (interval).
    """
    tally = evidence.tally
    models = evidence.models
    assert models is not None  # it is needed
    blind = models.blind
    if blind is None:
        raise NotRun("no column to learn from, or under 50 sampled rows of either outcome")
    compared = False
    for group in tally.roles.groups:
        if len(blind.levels[group].present) < 2:
            continue
        rates = _rates(blind, group)
        counts = {level: _of(blind, group, level) for level in rates.index}
        compared = True
        for level in rates.index:
            yield {"group": group, "level": level, "rows": counts[level][1]} | {
                name: None if math.isnan(value) else float(value) for name, value in rates.loc[level].items()
            }
        terms = use.terms(group)
        reference = tally.reference(group, use)[0]  # the data's own, so that the two ratios are about one pair
        gaps = compare(counts, replace(terms, reference=reference if reference in counts else None)).gaps
        beside = [_amplification(blind, group, gap.level, gap.reference) for gap in gaps]
        for gap, amplified, p in zip(gaps, beside, holm([each.p for each in beside]), strict=True):
            found = _judged(gap, group, rates, models, blind, use, replace(amplified, p=p))
            yield as_far_as_checked(found, tally, use)
    if not compared:
        raise NotRun("no group column has two groups with outcomes in the sample")


def _rates(blind: Blind, group: str) -> pd.DataFrame:
    """Return a row per level: its rates, nan where nobody is there to take a rate of, and the calibration."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, mean_prediction, true_positive_rate

    levels = blind.levels[group]
    rows = pd.DataFrame(
        {
            "level": levels.codes,
            "truth": blind.favourable.astype(int),
            "selected": blind.selected.astype(int),
            "weight": blind.weights,
            "scores": blind.scores * blind.weights,
        }
    )
    # Rows alike in all that counts are one, as heavy as they are together: at most four a level.
    cells = rows[rows["level"] >= 0].groupby(["level", "truth", "selected"], as_index=False).sum()
    cells["level"] = [levels.names[code] for code in cells["level"]]

    def by_group(predicted: pd.Series, **metrics: Callable[..., float]) -> pd.DataFrame:
        frame = MetricFrame(
            metrics=metrics,
            y_true=cells["truth"],
            y_pred=predicted,
            sensitive_features=cells["level"],
            sample_params={name: {"sample_weight": cells["weight"]} for name in metrics},
        )
        of: pd.DataFrame = frame.by_group
        return of

    rates = by_group(
        cells["selected"],
        selection_rate=mean_prediction,  # of 0 and 1; selection_rate is an array for one cell, before fairlearn 0.15
        true_positive_rate=_at(true_positive_rate),
        false_positive_rate=_at(false_positive_rate),
    )
    observed = by_group(cells["truth"], mean=mean_prediction)["mean"]
    rates["true_positive_rate"] = rates["true_positive_rate"].where(observed > 0)
    rates["false_positive_rate"] = rates["false_positive_rate"].where(observed < 1)
    rates["observed_rate"] = observed
    rates["calibration"] = by_group(cells["scores"] / cells["weight"], mean=mean_prediction)["mean"] - observed
    return rates


def _at(rate: Callable[..., float]) -> Callable[..., float]:
    """Return a rate with 1 as its favourable label, whichever labels a group holds."""
    fixed = partial(rate, pos_label=1)
    update_wrapper(fixed, rate)
    return fixed


def _of(blind: Blind, group: str, level: str, favourable: bool | None = None) -> tuple[float, float]:
    """Return (selected, rows) of a level, or of its rows with one outcome, in rows of effective size."""
    rows = blind.among(group, level, favourable)
    return effective(blind.selected[rows], blind.weights[rows], taken(blind.ways, rows))


@dataclass(frozen=True)
class _Amplified:
    """The model's impact ratio over the data's own, which is `observed`; None where a rate is 0, and p is then 1."""

    observed: float
    value: float | None = None
    low: float | None = None
    high: float | None = None
    p: float = 1.0
    n: int = 0


def _amplification(blind: Blind, group: str, level: str, reference: str) -> _Amplified:
    """Return the model's impact ratio over the data's, with a delta-method interval and test on the logarithm.

    Model and data are about the same people, so the error is that of a person's selection less their outcome, each over
    its rate.
    """
    logarithm, variance, n, own = 0.0, 0.0, 0, 0.0
    for sign, name in ((1, level), (-1, reference)):
        rows = blind.among(group, name)
        weights, selected, favourable = blind.weights[rows], blind.selected[rows], blind.favourable[rows]
        rate, observed = np.average(selected, weights=weights), np.average(favourable, weights=weights)
        if not rate or not observed:
            return _Amplified(math.nan)
        logarithm += sign * math.log(rate / observed)
        own += sign * math.log(observed)
        deviations = weights * (selected / rate - favourable / observed) / weights.sum()
        variance += linearised(deviations, taken(blind.ways, rows))
        n += int(rows.sum())
    error = math.sqrt(variance)
    low, high = (math.exp(logarithm + sign * normal(0.975) * error) for sign in (-1, 1))
    p = two_sided(logarithm / error) if error else 1.0
    return _Amplified(math.exp(own), math.exp(logarithm), low, high, p, n)


def _judged(
    gap: Gap, group: str, rates: pd.DataFrame, models: Models, blind: Blind, use: UseCase, amplified: _Amplified
) -> Finding:
    limit = float(use.limits.impact_ratio)
    pair, level, reference = gap.pair, gap.level, gap.reference
    hits = {name: _of(blind, group, name, favourable=True) for name in (level, reference)}
    measures = {
        "selection_rate": Measure(pair.rate, *wilson(pair.x, pair.n), n=pair.n),
        "reference_rate": Measure(pair.rate_ref, *wilson(pair.x_ref, pair.n_ref), n=pair.n_ref),
        "impact_ratio": Measure(pair.ratio, *gap.interval, n=pair.n + pair.n_ref, limit=limit),
        "blind_gap": Measure(pair.rate - pair.rate_ref, *newcombe(pair), n=pair.n + pair.n_ref),
        "p_adjusted": Measure(gap.p_adjusted, n=pair.n + pair.n_ref, limit=use.limits.alpha),
        "amplification": Measure(amplified.value, amplified.low, amplified.high, n=amplified.n, limit=limit),
        "tpr_difference": _difference(hits[level], hits[reference]),
        "calibration": Measure(rates["calibration"][level], n=pair.n),
        "auc": Measure(blind.aucs[blind.learner].value, *blind.aucs[blind.learner].interval, n=models.rows),
    }
    made = SAYS(
        "gap",
        learner=blind.learner,
        group=group,
        columns=len(models.names),
        rate=pair.rate,
        level=level,
        rate_ref=pair.rate_ref,
        reference=reference,
        impact_ratio=pair.ratio,
        bounds=gap.interval,
        limit=limit,
        p=gap.p_adjusted,
    )
    auc = SAYS("auc", auc=blind.aucs[blind.learner].value, tried=len(blind.favourable))
    return Finding(
        gap.state,
        {"target": use.label.column or "", "group": group, "level": level, "reference": reference},
        together(made, _beside(amplified, limit, use.limits.alpha), auc),
        measures,
        remedy=SAYS("no_decisions", group=group, level=level) if gap.state.found else None,
    )


def _difference(hits: tuple[float, float], theirs: tuple[float, float]) -> Measure:
    if not hits[1] or not theirs[1]:
        return Measure(None)
    pair = Pair(*hits, *theirs)
    return Measure(pair.rate - pair.rate_ref, *newcombe(pair), n=pair.n + pair.n_ref)


BESIDE = {
    Course.WIDER: "the model widens the gap",
    Course.NARROWER: "the model narrows the gap",
    Course.REVERSED: "the model reverses the gap",
    Course.WITHIN: "the difference is significant but within the threshold",
    Course.NOT_SHOWN: "the difference is not significant",
}


def _beside(amplified: _Amplified, limit: float, alpha: float) -> Sentence:
    """Compare the model's gap with the data's own; it is called wider only with size and evidence."""
    if amplified.value is None:
        return SAYS("unbounded")
    return SAYS(
        "beside",
        amplification=amplified.value,
        amplification_bounds=(amplified.low, amplified.high),
        course=BESIDE[course(amplified.observed, amplified.value, amplified.p, limit, alpha)],
        amplification_p=amplified.p,
    )
