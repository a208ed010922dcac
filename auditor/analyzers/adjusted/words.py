"""What a gap adjusted for controls is, in words: the sentences of ADJ001 and their facts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.counts.controlled import Control
from auditor.model import State
from auditor.stats.adjusted import Adjusted, Estimate, Scale, Why
from auditor.stats.counts import Interval
from auditor.stats.sensitivity import robustness_value
from auditor.stats.standardised import e_value, e_value_of_interval
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence

# Shares of a group with comparable people, for a claim that there is no gap, and for a finding.
COVERED, HALF = 0.8, 0.5

SAYS = Says(
    log="For people with equal {controls:listed}, the geometric mean of '{column}' of {group} '{level}' is "
    "{size:percent} {direction} than that of '{reference}' (interval of the difference {bounds:percents}, "
    "{p:p}{>family}). Without controls it is {raw_size:percent} {raw_direction} {raw_bounds:percents}.",
    rate="For people with equal {controls:listed}, the rate of {group} '{level}' is {rate:percent}, and that of "
    "'{reference}' is {rate_ref:percent}. The ratio is {ratio:ratio limit} {ratio_bounds:interval limit} "
    "({p:p}{>family}). Without controls it is {raw_ratio:ratio limit} {raw_ratio_bounds:interval limit}.",
    plain="For people with equal {controls:listed}, the mean of '{column}' of {group} '{level}' is "
    "{amount:higher_or_lower} compared with '{reference}' (interval of the difference [{amount_low:amount}, "
    "{amount_high:amount}], {p:p}{>family}). This is {sizes:signed 2} standard deviations{>of_mean}. Without controls "
    "it is {raw_amount:higher_or_lower}.",
    of_mean=", or {relative:percent} of the mean of '{reference}'",
    amounts="Some values of '{column}' are 0 or less, so that numbers are compared and not their logarithms. Leave "
    "these rows out if they are no amounts.",
    family=", Holm over {comparisons} comparisons",
    without="Without one control in turn the {measured} is: {without:clauses}.",
    ratio="ratio",
    difference="difference",
    without_log="{value:points}% without '{column}'",
    without_rate="{value:fixed 3} without '{column}'",
    without_plain="{value:amount} without '{column}'",
    shaped="Possibly tainted: {tainted:listed}. The groups differ in {tainted:them}, and the gap is larger without "
    "{tainted:them}. If the decisions under audit shaped {tainted:them}, a part of the gap is hidden.",
    covers="{covered:percent} of '{level}' have comparable people in '{reference}' ({how}).",
    cells="by cells of the controls",
    propensity="by their propensity to be in the group",
    left_out="{left_out:percent} of the rows are left out, because a level of a control determines their outcome.",
    robustness="A missing factor would have to explain {robustness:percent} of what the model leaves unexplained, of "
    "both '{column}' and the group, to bring this gap to zero. {least:percent} would make it not significant.",
    strongest="The strongest control by this measure, '{strongest}', explains {of_outcome:percent} and "
    "{of_group:percent} of what the other controls leave.",
    leaking="Almost the outcome itself (LAB003): {leaking:listed}. With {leaking:them} among the controls hardly any "
    "gap could show.",
    e_value="A missing factor could explain this ratio only if it had a ratio of at least {e_value:fixed 2} with both "
    "the group and the outcome (E-value). To bring the interval to 1, {e_value_of_end:fixed 2} would suffice.",
    own="The gap is the reference's own.",
    extrapolated="Inconclusive, because too few of the group have comparable people.",
    undetermined="Inconclusive.",
    few="Inconclusive, because a group has fewer than {min_n:people} row{min_n:s}, or the gap is less than one person.",
    no_reason="No reason is stated for {unreasoned:listed} as a control, so this result changes no verdict.",
    reasons="Reasons stated for the controls: {reasons:reasons}.",
    some="The models use one row in {modulus:people}, chosen by a hash.",
    none="{group} '{level}' cannot be compared with '{reference}' with these controls: {why}",
    determined="levels of the controls determine the outcome of more than {most:percent} of a group.",
    separated="the controls together determine the outcome of some rows.",
    one_outcome="one of the two groups has one outcome only. OUT001 shows both rates.",
    same="the controls determine who is in the group, so nobody of the other group is comparable.",
    few_rows="there are too few rows, or rows of the rarer outcome, for {columns:people} column{columns:s}.",
    find="Find where the gap of '{worse}' ({group}) for equal {controls:listed} arises before '{column}' is used.",
    watch="Monitor the gap of '{worse}' ({group}) for equal {controls:listed}. It is near the threshold.",
    coarser="State fewer or coarser controls, or collect more rows of '{level}' ({group}).",
    fewer="State fewer or coarser controls: none that determine the group.",
    leave="Leave {leaking:listed} out of the controls, or name {leaking:them} under [features] not_leaks, if known "
    "before the decision.",
    more_rows="Collect more rows of '{level}' ({group}).",
)
OF_WHY = {Why.FEW: "few_rows"}


@dataclass(frozen=True)
class Gap:
    """A comparison with its p-value, adjusted over all of them, and its state.

    `worse` is the group that the gap is against; `better_low` where low numbers are favourable. `limit` is the largest
    gap that passes, on the scale of the effect. `firm`: both groups are large enough. `leaking` are controls that are
    almost the outcome itself; `amounts`: plain numbers whose mean a gap is a share of, with some of 0 or less.
    """

    of: Adjusted
    group: str
    level: str
    reference: str
    p: float
    comparisons: int
    state: State
    limit: float
    worse: str
    firm: bool
    asked: Sequence[Control]
    tainted: Sequence[str]
    leaking: Sequence[str]
    amounts: bool
    modulus: int

    @property
    def controls(self) -> list[Control]:
        """The controls of this comparison: all that were asked for, but the group itself."""
        return [of for of in self.asked if of.name != self.group]

    @property
    def bare(self) -> list[str]:
        """The controls without a reason, of whatever comparison: none of them moves the verdict then."""
        return [of.name for of in self.asked if not of.reason.strip()]


def message(gap: Gap, column: str, limits: Limits) -> Sentence:
    """State the gap with its controls, without each of them, and what could explain it."""
    of, bounds = gap.of, gap.of.adjusted.effect.at(limits.alpha) if gap.of.adjusted else None
    if of.adjusted is None or of.raw is None or bounds is None:
        return SAYS(
            "none",
            *_reasons(gap),
            group=gap.group,
            level=gap.level,
            reference=gap.reference,
            why=SAYS(OF_WHY.get(of.why, str(of.why)) if of.why else "separated", most=0.2, columns=of.columns),
            **_of_reasons(gap),
        )
    evident = not bounds.low <= 0 <= bounds.high
    return SAYS(
        str(of.scale),
        "amounts" if gap.amounts else "",
        "without" if of.without else "",
        "shaped" if gap.tainted else "",
        "leaking" if gap.leaking else "",
        "covers",
        "left_out" if of.left_out > 0 else "",
        *(_sensitivity(gap) if evident else ()),
        *_reading(gap),
        *_reasons(gap),
        "some" if gap.modulus > 1 else "",
        **_numbers(of, bounds, limits.alpha),
        **_of_reasons(gap),
        controls=[one.name for one in gap.controls],
        measured=SAYS("ratio" if of.scale is Scale.RATE else "difference"),
        leaking=list(gap.leaking),
        relative=of.adjusted.effect.value / of.mean_ref if gap.amounts else None,
        column=column,
        group=gap.group,
        level=gap.level,
        reference=gap.reference,
        p=gap.p,
        comparisons=gap.comparisons if gap.comparisons > 1 else None,
        limit=float(limits.impact_ratio),
        without=[
            SAYS(f"without_{of.scale}", column=name, value=_shown(of.scale, one)) for name, one in of.without.items()
        ],
        tainted=list(gap.tainted),
        covered=of.covered,
        how=SAYS("cells" if of.by_cells else "propensity"),
        left_out=of.left_out,
        min_n=limits.min_n,
        modulus=gap.modulus,
        **(_of_sensitivity(of, bounds, limits.alpha) if evident else {}),
    )


def _numbers(of: Adjusted, bounds: Interval, alpha: float) -> dict[str, Any]:
    """Return the facts of a scale."""
    assert of.adjusted is not None and of.raw is not None
    raw, around = of.raw.effect.value, of.raw.effect.at(alpha)
    if of.scale is Scale.PLAIN:
        value = of.adjusted.effect.value
        sizes = value / of.spread if of.spread > 0 else math.nan
        return {
            "amount": value,
            "amount_low": bounds.low,
            "amount_high": bounds.high,
            "sizes": sizes,
            "raw_amount": raw,
        }
    if of.scale is Scale.LOG:
        gap, between, before, about = (
            math.expm1(of.adjusted.effect.value),
            [math.expm1(end) for end in bounds],
            math.expm1(raw),
            [math.expm1(end) for end in around],
        )
        return {
            "size": abs(gap),
            "direction": _direction(gap),
            "bounds": between,
            "raw_size": abs(before),
            "raw_direction": _direction(before),
            "raw_bounds": about,
        }
    return {
        "rate": of.adjusted.rate,
        "rate_ref": of.adjusted.reference_rate,
        "ratio": math.exp(of.adjusted.effect.value),
        "ratio_bounds": ratios(bounds),
        "raw_ratio": math.exp(raw),
        "raw_ratio_bounds": ratios(around),
    }


def _direction(difference: float) -> str:
    return "lower" if difference < 0 else "higher"


def ratios(bounds: Interval) -> Interval:
    """Return an interval of logarithms as one of ratios."""
    low, high = (math.exp(min(end, 700.0)) for end in bounds)
    return Interval(low, high)


def _shown(scale: Scale, of: Estimate) -> float:
    value = of.effect.value
    return value if scale is Scale.PLAIN else math.expm1(value) if scale is Scale.LOG else math.exp(value)


def _sensitivity(gap: Gap) -> tuple[str, ...]:
    if gap.of.scale is Scale.RATE:
        return ("e_value",)
    if gap.of.sensitivity is None:
        return ()
    return ("robustness", "strongest" if gap.of.sensitivity.of_outcome else "")


def robustness(of: Adjusted, alpha: float) -> tuple[float, float]:
    """Return the robustness value of a gap of numbers, and that of its interval's end."""
    found = of.sensitivity
    if found is None:
        return math.nan, math.nan
    return robustness_value(found.t, found.freedom), robustness_value(found.t, found.freedom, alpha, found.wider)


def _of_sensitivity(of: Adjusted, bounds: Interval, alpha: float) -> dict[str, Any]:
    """Return the facts of what could explain the gap."""
    if of.scale is Scale.RATE:
        assert of.adjusted is not None
        ratio = math.exp(of.adjusted.effect.value)
        return {"e_value": e_value(ratio), "e_value_of_end": e_value_of_interval(ratios(bounds))}
    if of.sensitivity is None:
        return {}
    value, least = robustness(of, alpha)
    explains: Mapping[str, float] = of.sensitivity.of_outcome
    other: Mapping[str, float] = of.sensitivity.of_group
    facts: dict[str, Any] = {"robustness": value, "least": least}
    if explains:
        strongest = max(explains, key=lambda name: min(explains[name], other.get(name, 0.0)))
        facts |= {"strongest": strongest, "of_outcome": explains[strongest], "of_group": other.get(strongest, math.nan)}
    return facts


def _reading(gap: Gap) -> tuple[str, ...]:
    """Return the keys of what the numbers mean."""
    if gap.state is State.UNDETERMINED:
        if gap.leaking:
            return ("undetermined",)
        few = gap.of.covered < HALF or (gap.of.covered < COVERED and not gap.p < 1)
        return ("extrapolated" if few else "undetermined" if gap.firm else "few",)
    turned = gap.worse == gap.reference and gap.state is not State.CLEAR
    return ("own",) if turned else ()


def _reasons(gap: Gap) -> tuple[str, ...]:
    return ("no_reason",) if gap.bare else ("reasons",)


def _of_reasons(gap: Gap) -> dict[str, Any]:
    return {"unreasoned": gap.bare, "reasons": {of.name: of.reason for of in gap.controls}}


def remedy(gap: Gap, column: str) -> str | None:
    """Return what to do about a gap."""
    key = "watch" if gap.state is State.BORDERLINE else "find" if gap.state.found else ""
    controls = [of.name for of in gap.controls]
    return SAYS(key, worse=gap.worse, group=gap.group, controls=controls, column=column) or None


def settle(gap: Gap) -> str | None:
    """Return what would decide an open question."""
    if gap.state is not State.UNDETERMINED:
        return None
    key = "coarser" if gap.of.adjusted is None or gap.of.covered < COVERED else "more_rows"
    key = "leave" if gap.leaking else "fewer" if gap.of.why is Why.SAME else key
    return SAYS(key, level=gap.level, group=gap.group, leaking=list(gap.leaking))
