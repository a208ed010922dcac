"""The gap within declared strata, and Simpson's paradox: OUT003."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction

from auditor.behind import ASK, rows_behind
from auditor.engines.tally import STRATA, Tally
from auditor.model import Finding, Measure, State
from auditor.policy import Limits
from auditor.rules import NotRun, Record, rule
from auditor.stats.counts import Pair
from auditor.stats.gaps import state_of
from auditor.stats.proportions import equal_rates, ratio_interval
from auditor.stats.strata import Stratified, stratify
from auditor.stats.tails import holm
from auditor.usecase import UseCase
from auditor.words import interval, p_value, people, percent, ratio, signed

Strata = Mapping[str, Pair]


@rule("OUT003", "conditional-gap")
def conditional_gap(tally: Tally, use: UseCase) -> Iterator[Finding | Record]:
    """A group gets the favourable outcome less often than the reference within the same stratum.

    How it is measured: Within the declared strata, the Mantel-Haenszel odds ratio (the reference's odds over the
    group's) with its interval, the Cochran-Mantel-Haenszel test without correction, and the Mantel-Haenszel risk
    difference. The pooled claim is the Mantel-Haenszel ratio of rates, held against the limit. Where the
    Breslow-Day test finds that the strata differ (p below 0.05), no pooled claim is made and every stratum is judged by
    itself, Holm-adjusted over the strata. Simpson's paradox is flagged where the crude gap and the pooled one point in
    opposite directions, or the crude gap is shown and the pooled odds ratio cannot be told from 1. Kitagawa's split
    says how much of the gap comes from where people are (composition) and how much from within.

    Why it matters: Groups may differ in what they apply for. A gap may vanish within strata, or hide there. But a
    stratum is a claim: one that the same bias has shaped launders the gap instead of explaining it.

    What to do: Justify every stratum in the use ([features] strata, with its reason): is it chosen by the people
    themselves, before any decision? Then judge the gap within it.

    Source: Mantel and Haenszel 1959; Greenland and Robins 1985 (ratio of rates); Breslow and Day 1980; Kitagawa 1955;
    Bickel, Hammel and O'Connell 1975, Science 187; conditional demographic disparity as in Amazon SageMaker Clarify.
    """
    if not tally.roles.strata:
        raise NotRun("no stratum is declared (--within, or [features] strata in the use case)")
    if tally.roles.target is None:
        raise NotRun("no outcome column is named (--target)")
    if tally.roles.weight:
        raise NotRun("strata are not weighted, and the use names survey weights")
    compared = False
    for group, totals, reference in tally.comparable(use):
        for level in totals:
            strata = tally.pairs(STRATA, group, level, reference)
            if level == reference or not strata:
                continue
            compared = True
            crude = Pair(*totals[level], *totals[reference])
            subject = {"target": tally.roles.target, "group": group, "level": level, "reference": reference}
            coarse = tally.derived[STRATA].coarse or rows_behind(tally, group, level, reference) > 0
            yield from _judge(subject, strata, crude, use, tally.roles.strata, coarse)
    if not compared:
        left = " that left its site" if tally.derived[STRATA].coarse else ""
        raise NotRun(f"no stratum{left} holds two groups with outcomes to compare")


def _judge(
    subject: dict[str, str], strata: Strata, crude: Pair, use: UseCase, columns: tuple[str, ...], coarse: bool
) -> Iterator[Finding | Record]:
    found = stratify(strata)
    assert found is not None  # there is a stratum
    for stratum, pair in strata.items():
        yield _row(subject, stratum, pair, (pair.rate, pair.rate_ref), "stratum")
    yield _row(subject, "all (crude)", crude, (crude.rate, crude.rate_ref), "crude")
    yield _row(subject, "all (standardised)", crude, found.standardised, "standardised")
    reason = "; ".join(f"{name}: {use.features.strata.get(name) or 'no reason was given'}" for name in columns)
    reasoned = all(use.features.strata.get(name, "").strip() for name in columns)
    claim = f"A stratum is a claim that the user must justify ({reason})."
    differ = found.breslow_day_p < use.limits.alpha
    simpson = _simpson(found, crude, use.limits)
    state = State.UNDETERMINED if differ or coarse else _pooled_state(found, use.limits)
    part = " What had too few rows in a cell did not leave its site: it is so in the rest." if coarse else ""
    yield Finding(
        state,
        {**subject, "stratum": ", ".join(columns)},
        f"{_message(subject, found, len(strata), differ, simpson)}{part} {claim}",
        _measures(found, crude, strata, simpson),
        remedy=f"{'Have the reason given for' if reasoned else 'Justify'} {', '.join(columns)} as a stratum"
        f"{' checked' if reasoned else ', in writing,'} before the gap within it is used in place of the crude gap of "
        f"'{subject['level']}'.",
        settle=f"The counts of the other rows within the strata, {ASK}." if coarse else _settle(subject, differ, state),
    )
    if differ:
        yield from _one_by_one(subject, strata, use.limits)


def _settle(subject: dict[str, str], differ: bool, state: State) -> str | None:
    who = f"'{subject['level']}' ({subject['group']})"
    if differ:
        return f"A judgement of {who} stratum by stratum: the strata differ, so that no one number holds for all."
    return f"More rows of {who} within the strata." if state is State.UNDETERMINED else None


def _row(subject: dict[str, str], stratum: str, pair: Pair, rates: tuple[float, float], kind: str) -> Record:
    return {
        "kind": kind,
        "group": subject["group"],
        "level": subject["level"],
        "reference": subject["reference"],
        "stratum": stratum,
        "n": pair.n,
        "selection_rate": rates[0],
        "reference_n": pair.n_ref,
        "reference_rate": rates[1],
    }


def _simpson(found: Stratified, crude: Pair, limits: Limits) -> bool:
    """Whether crude and pooled disagree in direction, or the crude gap is shown and the pooled one is not."""
    reversed_ = (found.crude_odds_ratio - 1) * (found.odds_ratio - 1) < 0
    state = state_of(
        crude, ratio_interval(crude, limits.alpha), equal_rates(crude).p, limits.impact_ratio, limits.alpha
    )
    vanished = state.found and found.odds_interval.low <= 1 <= found.odds_interval.high
    return bool(reversed_ or vanished)


def _pooled_state(found: Stratified, limits: Limits) -> State:
    value, bounds = found.risk_ratio, found.risk_interval
    limit = float(limits.impact_ratio)
    if math.isnan(value):
        return State.UNDETERMINED
    if bounds.low >= limit:
        return State.CLEAR
    if found.cmh_p >= limits.alpha:
        return State.UNDETERMINED
    if bounds.high < limit:
        return State.SHOWN_STRONG
    return State.SHOWN if value < limit else State.BORDERLINE


def _message(subject: dict[str, str], found: Stratified, strata: int, differ: bool, simpson: bool) -> str:
    who = f"{subject['group']} '{subject['level']}' against '{subject['reference']}', within {strata} strata"
    rate, rate_ref = found.standardised
    numbers = (
        f"{who}: Mantel-Haenszel odds ratio {ratio(found.odds_ratio, 1)} {interval(*found.odds_interval, 1)} "
        f"(crude {ratio(found.crude_odds_ratio, 1)}; the reference's odds over the group's), "
        f"{p_value(found.cmh_p)} (CMH); ratio of rates {ratio(found.risk_ratio)} {interval(*found.risk_interval)}. "
        f"Rates as if everybody were spread over the strata as all together are: {percent(rate)} for "
        f"'{subject['level']}', {percent(rate_ref)} for '{subject['reference']}'. Of the crude gap of "
        f"{signed(100 * found.gap)} points, {signed(100 * found.composition)} come from where people are and "
        f"{signed(100 * found.within)} from within (Kitagawa's split, which weights the strata by the mean of both "
        "spreads)."
    )
    paradox = " Simpson's paradox: the crude gap is not what the strata show." if simpson else ""
    if differ:
        heterogeneity = f"The strata differ ({p_value(found.breslow_day_p)}, Breslow-Day): no claim over all of them."
        return f"{numbers}{paradox} {heterogeneity}"
    return f"{numbers}{paradox}"


def _measures(found: Stratified, crude: Pair, strata: Strata, simpson: bool) -> dict[str, Measure]:
    n = sum(pair.n + pair.n_ref for pair in strata.values())
    return {
        "crude_odds_ratio": Measure(found.crude_odds_ratio, n=n),
        "mh_odds_ratio": Measure(found.odds_ratio, *found.odds_interval, n=n),
        "cmh_p": Measure(found.cmh_p, n=n),
        "breslow_day_p": Measure(found.breslow_day_p, n=n),
        "mh_risk_difference": Measure(found.risk_difference, n=n),
        "standardised_rate": Measure(found.standardised[0], n=n),
        "standardised_reference_rate": Measure(found.standardised[1], n=n),
        "mh_risk_ratio": Measure(found.risk_ratio, *found.risk_interval, n=n, limit=0.8),
        "composition": Measure(found.composition, n=n),
        "within": Measure(found.within, n=n),
        "cdd": Measure(found.cdd, n=n),
        "simpson": Measure(float(simpson), n=n),
    }


def _one_by_one(subject: dict[str, str], strata: Strata, limits: Limits) -> Iterator[Finding]:
    """Judge every stratum by itself, whichever of the two has the lower rate there."""
    p_values = holm([equal_rates(pair).p for pair in strata.values()])
    for (stratum, pair), p in zip(strata.items(), p_values, strict=True):
        turned = pair.swapped.below(Fraction(1))
        low, high = (subject["reference"], subject["level"]) if turned else (subject["level"], subject["reference"])
        seen = pair.swapped if turned else pair
        bounds = ratio_interval(seen, limits.alpha)
        state = state_of(seen, bounds, p, limits.impact_ratio, limits.alpha)
        limit = float(limits.impact_ratio)
        yield Finding(
            state,
            {**subject, "level": low, "reference": high, "stratum": stratum},
            f"In {stratum}: '{low}' {percent(seen.rate)} of {people(seen.n)} against '{high}' "
            f"{percent(seen.rate_ref)} of {people(seen.n_ref)}: impact ratio {ratio(seen.ratio, limit)} "
            f"{interval(*bounds, limit)}, {p_value(p)} (Holm over {len(strata)} strata).",
            {
                "selection_rate": Measure(seen.rate, n=seen.n),
                "reference_rate": Measure(seen.rate_ref, n=seen.n_ref),
                "impact_ratio": Measure(seen.ratio, *bounds, n=seen.n + seen.n_ref, limit=limit),
                "p_adjusted": Measure(p, n=seen.n + seen.n_ref, limit=limits.alpha),
            },
            remedy=f"Find where the gap of '{low}' within {stratum} arises before these outcomes are used.",
            settle=f"More rows in {stratum}, or no claim about '{low}' there." if state is State.UNDETERMINED else None,
        )
