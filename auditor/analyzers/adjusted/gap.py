"""Gaps between groups by a regression with stated controls: ADJ001."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from auditor.analyzers import states
from auditor.analyzers.adjusted.refused import refuse_unscaled
from auditor.analyzers.adjusted.words import COVERED, HALF, Gap, message, ratios, remedy, robustness, settle
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import CONTROLLED, CONTROLS, TARGET, TWO_GROUPS, UNWEIGHTED
from auditor.counts.controlled import Controlled
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity
from auditor.stats.adjusted import Adjusted, Estimate, Scale, adjusted, shaped
from auditor.stats.standardised import e_value, e_value_of_interval
from auditor.stats.tails import holm
from auditor.use.policy import Limits
from auditor.use.says import Says
from auditor.use.usecase import UseCase

PAY_GAP = 0.05
SMALL = 0.2  # standard deviations
LEAST_FREEDOM = 5.0
LARGER = 0.01  # of a log ratio, or of standard deviations: so much larger is a gap without a tainted control

SAYS = Says(
    raw="no controls",
    whole="all controls",
    less="all but '{column}'",
)


@dataclass(frozen=True)
class _Pair:
    group: str
    level: str
    reference: str
    of: Adjusted


@rule(
    "ADJ001",
    "adjusted-gap",
    asks=Ask(
        "Explain or correct the gap that remains with the controls",
        "decision owner",
        "no gap is found for people with equal controls, or it is justified in writing",
        ("level",),
    ),
    headlines=Headlines(
        found=(
            "'{target}' of '{level}' is on average {size:percent} {direction} than that of '{reference}', with equal "
            "controls",
            "With equal controls, '{level}' is at {adjusted_ratio:fixed 2} times the rate of '{reference}'",
            "With equal controls, '{target}' of '{level}' is on average {adjusted_amount:higher_or_lower} compared "
            "with '{reference}'",
        ),
        near=(
            "'{target}' of '{level}' is on average {size:percent} {direction} than that of '{reference}', with equal "
            "controls: near the threshold",
            "With equal controls, '{level}' is at {adjusted_ratio:fixed 2} times the rate of '{reference}': near the "
            "threshold",
            "With equal controls, '{target}' of '{level}' is on average {adjusted_amount:higher_or_lower} compared "
            "with '{reference}': near the threshold",
        ),
        open="With the controls it is inconclusive whether '{level}' and '{reference}' differ",
        clear=(
            "With equal controls, '{level}' and '{reference}' are alike: ratio {adjusted_ratio:fixed 2}",
            "With equal controls, '{level}' and '{reference}' are alike",
        ),
    ),
    compares=True,
    needs=(TARGET, TWO_GROUPS, UNWEIGHTED, CONTROLLED),
    about=CONTROLS,
    units="models",
    severity=Severity.CONDITION,
    suppressed="whole",
    measures=quantities(
        "raw_ratio",
        "adjusted_ratio",
        "adjusted_difference",
        "adjusted_rate",
        "adjusted_reference_rate",
        "raw_amount",
        "adjusted_amount",
        "p_adjusted",
        "comparable",
        "robustness_value",
        "robustness_of_interval",
        "e_value",
        "e_value_of_interval",
    ),
    leading={"adjusted_ratio": "Ratio of a group to its reference, for people with equal controls"},
)
def adjusted_gap(
    evidence: Evidence, use: UseCase, *, pay_gap: float = PAY_GAP, small_gap: float = SMALL
) -> Iterator[Finding | Record]:
    """A group has a worse outcome than the reference among people with equal controls.

    How it is measured: Each group is compared with the reference of OUT001 in a regression of its own, on the rows of
    these two groups. Controls enter by main effects: levels by themselves, a number with its square, a missing value as
    a level. A rate is fitted by a logistic regression. Its result is the average rate if everybody were of one group,
    and of the other, their difference and their ratio (delta method). A number is fitted by least squares: its
    logarithm where all values are positive, so that geometric means are compared, in percent, else the number itself
    ([label] scale). Standard errors are HC3, or of people or clusters where these are larger. Student's t has as many
    degrees of freedom as the estimate rests on rows or clusters. Intervals are wider for few clusters, and on the side
    of a long tail. Alpha is shared by Holm over all comparisons. The report gives the gap without controls, with them,
    and without each in turn. The thresholds are the impact ratio's for rates, `pay_gap` for logarithms (5%), and
    `small_gap` standard deviations (0.2) for plain numbers, in both directions. A gap is found when it is beyond the
    threshold with an adjusted p below 0.05, with strong evidence when the whole interval is. It is near the threshold
    when it is significant but within it. No issue is found when the whole interval is within the threshold and 80% of
    the group have comparable people in the reference: in their cell of the controls, or, where cells are small, in
    their twentieth of a linear propensity. Under 50% nothing is found either. Where some amounts are 0 or less, so that
    they have no logarithm, none is clear either unless it is within `pay_gap` of the reference's mean. Beside a control
    that LAB003 finds to be almost the outcome, no gap is ever clear. Levels of a control with one outcome only are left
    out of a logistic regression, up to 20% of a group. A control that differs between the groups (p below 0.05,
    Cramér's V of 0.1 or 0.2 standard deviations) and without which the gap is larger is named as possibly tainted. The
    robustness value is the share of the remaining variation, of outcome and group alike, that a missing factor must
    explain to remove the gap. For ratios of rates it is the E-value.

    Why it matters: Groups may differ in grade or experience, so that a raw gap shows no unequal treatment, or none
    shows where there is some. But a control that the same decisions shaped hides the gap that it should measure.

    What to do: State every control with its reason in the use case ([features] controls). Leave out what the employer
    or lender decides, such as a rating, or show the gap without it too.

    Source: MacKinnon and White 1985 (HC3); Bell and McCaffrey 2002 (degrees of freedom); Goldsmith-Pinkham, Hull and
    Kolesár 2024 (one comparison in each regression); Cinelli and Hazlett 2020 (robustness value); VanderWeele and Ding
    2017 (E-value); Directive (EU) 2023/970, Article 10 (5%); Cohen 1988 (0.1 and 0.2).
    """
    rows, tally = evidence.controlled, evidence.tally
    assert rows is not None
    refuse_unscaled(rows, tally, evidence.target)
    pairs, untested = _pairs(rows, tally, use)
    if not pairs:
        raise NotRun("no control is left beside the groups themselves")
    tested = [pair.of.adjusted.effect.p if pair.of.adjusted else 1.0 for pair in pairs]
    known = [1.0 if math.isnan(p) else p for p in tested]
    for pair, p in zip(pairs, holm([*known, *[1.0] * untested]), strict=False):
        yield from _records(pair, use.limits.alpha)
        gap = _judged(pair, p, len(pairs) + untested, rows, tally, use, (pay_gap, small_gap))
        yield _finding(gap, evidence.target, use.limits)


def _pairs(rows: Controlled, tally: Tally, use: UseCase) -> tuple[list[_Pair], int]:
    """Return each group against its reference, and how many pairs the reference was chosen from besides."""
    found, untested = [], 0
    for group, counts, reference in tally.comparable(use):
        if not [of for of in rows.controls if of.name != group]:
            continue
        own = [level for level in counts if level != reference and {level, reference} <= {*rows.levels(group)}]
        untested += len(use.terms(group).family(counts)) - len(own)
        for level in own:
            of = adjusted(rows.scale, *rows.pair(group, level, reference))
            found.append(_Pair(group, level, reference, of))
    return found, max(0, untested)


def _judged(
    pair: _Pair, p: float, comparisons: int, rows: Controlled, tally: Tally, use: UseCase, own: tuple[float, float]
) -> Gap:
    of, limits = pair.of, use.limits
    limit = threshold(of, float(limits.impact_ratio), *own)
    state, firm, worse, tainted = states.NOT_KNOWN, False, pair.level, []
    amounts = of.scale is Scale.PLAIN and not use.label.scale and _are_amounts(of, tally)
    leaking = [one.name for one in rows.asked if one.name != pair.group and one.name in tally.roles.leaks]
    if of.adjusted is not None and of.raw is not None and limit > 0:
        effect = of.adjusted.effect
        people = of.adjusted.difference
        firm = (
            min(of.n, of.n_ref) >= limits.min_n
            and effect.freedom >= LEAST_FREEDOM
            and (people is None or abs(people.value) * of.n >= 1)
        )
        alike = own[0] * of.mean_ref if amounts else math.inf
        bounds = effect.at(limits.alpha)
        state = states.adjusted_gap(effect.value, bounds, p, limit, limits.alpha, firm=firm, alike=alike)
        state = states.with_overlap(state, of.covered, COVERED, HALF)
        state = states.beside_leaks(state, leaking)
        low_is_good = of.scale is not Scale.RATE and str(tally.roles.cut).startswith("<")
        worse = pair.level if (effect.value > 0) is low_is_good else pair.reference
        tainted = [name for name in shaped(of, limits.alpha) if _hides(of, name)]
    return Gap(
        of, pair.group, pair.level, pair.reference, p, comparisons, state, limit, worse, firm, rows.asked, tainted,
        leaking, amounts, rows.modulus,
    )  # fmt: skip


def _are_amounts(of: Adjusted, tally: Tally) -> bool:
    """Whether numbers are amounts, so that a gap is a share of their mean, though some of them are 0 or less."""
    low = tally.columns[str(tally.roles.target)].low
    return of.mean_ref > (0 if low is not None and low >= 0 else of.spread)


def _hides(of: Adjusted, name: str) -> bool:
    """Whether the gap is larger without a control."""
    if of.adjusted is None or name not in of.without:
        return False
    unit = of.spread if of.scale is Scale.PLAIN else 1.0
    gap, less = of.adjusted.effect.value, of.without[name].effect.value
    return abs(less) - abs(gap) > LARGER * unit and less * gap > 0


def threshold(of: Adjusted, impact_ratio: float, pay_gap: float, small_gap: float) -> float:
    """Return the largest gap that passes, on the scale of the effect."""
    if of.scale is Scale.PLAIN:
        return small_gap * of.spread if math.isfinite(of.spread) else 0.0
    least = impact_ratio if of.scale is Scale.RATE else 1 - pay_gap
    return -math.log(least) if 0 < least < 1 else 0.0


def _finding(gap: Gap, column: str, limits: Limits) -> Finding:
    subject = {"target": column, "group": gap.group, "level": gap.level, "reference": gap.reference}
    return Finding(
        gap.state,
        subject,
        message(gap, column, limits),
        _measures(gap, limits),
        remedy=remedy(gap, column),
        settle=settle(gap),
    )


def _measures(gap: Gap, limits: Limits) -> dict[str, Measure]:
    of, alpha = gap.of, limits.alpha
    n = of.n + of.n_ref
    if of.adjusted is None or of.raw is None:
        return {}
    effect, raw = of.adjusted.effect, of.raw.effect
    bounds = effect.at(alpha)
    measures = {
        "p_adjusted": Measure(gap.p, n=n, limit=alpha),
        "comparable": Measure(of.covered, n=of.n, limit=COVERED),
    }
    if of.scale is Scale.PLAIN:
        measures["raw_amount"] = Measure(raw.value, *raw.at(alpha), n=n)
        measures["adjusted_amount"] = Measure(effect.value, *bounds, n=n, limit=math.copysign(gap.limit, effect.value))
    else:
        limit = math.exp(math.copysign(gap.limit, effect.value))
        measures["raw_ratio"] = Measure(math.exp(raw.value), *ratios(raw.at(alpha)), n=n)
        measures["adjusted_ratio"] = Measure(math.exp(effect.value), *ratios(bounds), n=n, limit=limit)
    if of.adjusted.difference is not None:
        difference = of.adjusted.difference
        measures["adjusted_difference"] = Measure(difference.value, *difference.at(alpha), n=n)
        measures["adjusted_rate"] = Measure(of.adjusted.rate, n=of.n)
        measures["adjusted_reference_rate"] = Measure(of.adjusted.reference_rate, n=of.n_ref)
    if not bounds.low <= 0 <= bounds.high:
        if of.scale is Scale.RATE:
            measures["e_value"] = Measure(e_value(math.exp(effect.value)), n=n)
            measures["e_value_of_interval"] = Measure(e_value_of_interval(ratios(bounds)), n=n)
        else:
            value, least = robustness(of, alpha)
            measures["robustness_value"] = Measure(value, n=n)
            measures["robustness_of_interval"] = Measure(least, n=n)
    return measures


def _records(pair: _Pair, alpha: float) -> Iterator[Record]:
    """Yield a row of each model: without controls, with all of them, and without each in turn."""
    of = pair.of
    models = {SAYS("raw"): ("raw", of.raw), SAYS("whole"): ("adjusted", of.adjusted)}
    models |= {SAYS("less", column=name): ("without", one) for name, one in of.without.items()}
    for words, (kind, one) in models.items():
        if one is not None:
            n, n_ref = one.sizes or (of.n, of.n_ref)
            yield {
                "kind": kind,
                "group": pair.group,
                "level": pair.level,
                "reference": pair.reference,
                "model": str(words),
                "n": n,
                "reference_n": n_ref,
                **_row(of.scale, one, alpha),
            }


def _row(scale: Scale, of: Estimate, alpha: float) -> dict[str, float | None]:
    effect, bounds = of.effect, of.effect.at(alpha)
    if scale is Scale.PLAIN:
        return {"amount": effect.value, "amount_low": bounds.low, "amount_high": bounds.high}
    low, high = ratios(bounds)
    row: dict[str, float | None] = {"ratio": math.exp(effect.value), "ratio_low": low, "ratio_high": high}
    if of.difference is not None:
        points = of.difference.at(alpha)
        row |= {"difference": of.difference.value, "difference_low": points.low, "difference_high": points.high}
    return row
