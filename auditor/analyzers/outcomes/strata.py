"""The gap within declared strata, and Simpson's paradox: OUT003."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import GapWithin, compare_within, confidence, never_together, threshold
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.gap_facts import WITHIN_STRATA, p_values_of
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.outcomes.simpson import paradox
from auditor.analyzers.outcomes.single_strata import ONE_BY_ONE, Apart, each_stratum
from auditor.analyzers.preconditions import TARGET, WITHIN
from auditor.analyzers.suppressed import OF_STRATA
from auditor.counts.effects import of_rates, of_strata, of_within
from auditor.counts.names import STRATA
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.stats.standardised import Estimate, e_value, e_value_of_interval
from auditor.stats.strata import Stratified, stratify
from auditor.stats.stratified_gaps import tested_within
from auditor.stats.tails import holm
from auditor.stats.within import CMH
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

OF_ALL = 1 - ONE_BY_ONE  # the part of alpha that the tests over all strata use

COVERED = 0.8  # the share of a group that must be in strata with the reference for a claim about the group

SAYS = Says(
    **WITHIN_STRATA,
    within="Within {strata:strata} of {columns:each}, the rate of {group} '{level}' is {ratio:ratio limit} times that "
    "of '{reference}' ({confidence} interval {bounds:interval limit}, Mantel-Haenszel).",
    tested="The test gives {p:p} ({test}{>family}; significance level {alpha:number}).",
    family=", Holm over {pairs} pairs of all group columns",
    untested="p is not computable, because nobody's outcome varies within the strata.",
    numbers="The odds ratio, of the reference to the group, is {odds_ratio:ratio 1} {odds_bounds:interval 1}; crude "
    "{crude_odds_ratio:ratio 1}. Rates standardised to the pooled distribution over strata are {rate:percent} for "
    "'{level}' and {rate_ref:percent} for '{reference}'. The crude gap in these strata is {crude_gap:points} points. "
    "Of this, {composition:points} {composition_bounds:points_interval} are due to composition and "
    "{within_strata:points} {within_bounds:points_interval} are within strata (Kitagawa decomposition).",
    e_value="An unrecorded factor could explain this ratio only if it had a ratio of at least {e_value:fixed 2} with "
    "both the group and the outcome (E-value). To bring the interval to 1, {e_value_of_end:fixed 2} would suffice.",
    covers="Only {covered:percent} of '{level}' are in strata that hold '{reference}' too.",
    simpson="This is Simpson's paradox: the strata contradict the crude gap.",
    claim="The choice of strata is a claim that the user must justify ({strata_reasons:reasons}).",
    differ="The strata differ ({p_differ:p}, Breslow-Day, strata with enough rows), so no single ratio holds for all.",
    sparse="It is inconclusive whether the strata differ; they are too small for the Breslow-Day test to have power.",
    decided="Inconclusive, because the strata alone determine the outcome.",
    never="No stratum holds '{level}' ({group}) and '{reference}' with outcomes, so the two are not compared.",
    find="Find where the gap of '{level}' ({group}) within {columns:each} arises before these outcomes are used.",
    watch="Monitor the rate of '{level}' ({group}) within {columns:each} in use. The ratio is near the threshold.",
    by_stratum="Judge '{level}' ({group}) stratum by stratum. The strata differ, so no single ratio holds for all.",
    more_rows="Collect more rows of '{level}' ({group}) within the strata.",
)


@dataclass(frozen=True)
class _Judged:
    """A group against the reference within strata: the gap, its counts per stratum and over all rows, and a summary.

    `pairs` and `crude` have the group first that the gap is of. `family`: how many pairs of groups share alpha.
    """

    gap: GapWithin
    pairs: Mapping[str, Pair]
    crude: Pair
    found: Stratified
    family: int

    @property
    def differ(self) -> float | None:
        """P of the test that the strata agree; None where no two could contradict each other, or all are too small."""
        return self.found.heterogeneity.fair if self.found.heterogeneity else None

    @property
    def covered(self) -> float:
        """The share of the group's rows that are in strata with the reference."""
        return round(sum(pair.n for pair in self.pairs.values()) / self.crude.n, 12)  # weights are no whole numbers

    @property
    def evident(self) -> bool:
        """Whether the interval of the ratio within the strata excludes 1, so that there is a gap to explain."""
        return not self.gap.interval.low <= 1 <= self.gap.interval.high

    @property
    def computable(self) -> bool:
        """Whether anybody's outcome varies within the strata, so that there is something to test."""
        return not math.isnan(self.gap.evidence.z)


@rule(
    "OUT003",
    "conditional-gap",
    asks=Ask(
        "Explain or correct the gap within strata, and justify the strata",
        "decision owner",
        "no gap is found within strata, or it is justified in writing",
        ("level",),
    ),
    headlines=Headlines(
        found=(
            "Within {stratum}, '{level}' is selected less often than '{reference}': ratio {mh_risk_ratio:fixed 2}",
            "In {place}, '{level}' is selected at {selection_rate:percent}, '{reference}' at {reference_rate:percent}",
        ),
        near=(
            "Within {stratum}, '{level}' is selected less often than '{reference}': ratio {mh_risk_ratio:fixed 2}",
            "In {place}, '{level}' is selected at {selection_rate:percent}, '{reference}' at {reference_rate:percent}",
        ),
        open=(
            "Too little data in {place} to compare '{level}' with '{reference}'",
            "Within {reversed}, the gap of '{level}' and '{reference}' reverses or vanishes (Simpson's paradox)",
            "Within {stratum}, no single ratio holds for '{level}' and '{reference}', or the data are too few",
        ),
        clear=(
            "Within {reversed}, the gap of '{level}' and '{reference}' reverses or vanishes (Simpson's paradox)",
            "Within {stratum}, '{level}' and '{reference}' are selected alike: ratio {mh_risk_ratio:fixed 2}",
            "In {place}, '{level}' and '{reference}' are selected alike",
        ),
    ),
    compares=True,
    needs=(WITHIN, TARGET),
    units="counts",
    severity=Severity.BLOCK,
    crude="OUT001",
    suppressed="bounds",
    columns=OF_STRATA,
    measures=quantities(
        "crude_odds_ratio",
        "mh_odds_ratio",
        "mh_risk_ratio",
        "p_value",
        "p_adjusted",
        "mh_risk_difference",
        "standardised_rate",
        "standardised_reference_rate",
        "composition",
        "within",
        "cdd",
        "covered",
        "simpson",
        "cmh_p",
        "breslow_day_p",
        "tarone_p",
        "e_value",
        "e_value_of_interval",
        "selection_rate",
        "reference_rate",
        "impact_ratio",
    ),
)
def conditional_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A group gets the favourable outcome less often than the reference within the same stratum.

    How it is measured: The ratio of rates within the declared strata (Mantel-Haenszel), with the stratified Miettinen-
    Nurminen 95% interval. Evidence is the Cochran-Mantel-Haenszel test without correction, or the exact conditional
    test where few outcomes vary within the strata, Holm-adjusted over the pairs of all group columns and tested at nine
    tenths of alpha. The threshold, the guard against small numbers and the states are OUT001's; a gap may also be the
    reference's own. Where the Breslow-Day test finds that the strata differ (p below 0.05), no claim is made over all
    of them. Each stratum is then judged by itself at the last tenth of alpha, Holm-adjusted over the strata of all
    pairs. The report states where the strata are too small for that test to have power. A claim that there is no gap
    needs 80% of the group in strata that hold the reference too. Simpson's paradox is flagged where the strata rule out
    the crude odds ratio, and either the stratified one lies wholly on the other side of 1, or the crude gap is found
    and the ratio within the strata lies wholly within the threshold. Kitagawa's decomposition splits the crude gap into
    a part due to composition and a part within the strata. Where the interval excludes 1, the E-value is the strength
    that an unrecorded factor would need, with group and outcome, to explain the gap. It is no evidence that there is
    such a factor. CDD, the E-value and the share covered describe these rows.

    Why it matters: Groups may differ in what they apply for. A gap may vanish within strata, or appear only there. But
    the choice of strata is a claim: strata shaped by the same bias hide the gap instead of explaining it.

    What to do: Justify every stratum in the use case ([features] strata, with its reason). Do the people themselves
    choose it, before any decision? Then judge the gap within it.

    Source: Mantel and Haenszel 1959; Miettinen and Nurminen 1985 (interval); Mantel and Fleiss 1980 (when the exact
    test is used); Jung 2014 (exact test); Breslow and Day 1980; Tarone 1985; Sato 1989 (risk difference); Kitagawa
    1955; VanderWeele and Ding 2017 (E-value); Bickel, Hammel and O'Connell 1975, Science 187; conditional demographic
    disparity as in Amazon SageMaker Clarify.
    """
    tally = evidence.tally
    columns = [
        (
            group,
            totals,
            tested_within(
                of.values(),
                totals,
                use.terms(group),
                beside=compared.beside,
                effect=partial(of_within, tally, group),
            ),
        )
        for group, totals, _ in tally.comparable(use)
        for of, compared in [(tally.counts(STRATA, group), evidence.comparisons[group])]
    ]
    family = [one for *_, tested in columns for one in tested.values()]  # the pairs of all group columns share alpha
    p_values = iter(
        holm([p for group, *_, tested in columns for p in p_values_of(tested, evidence.comparisons[group])])
    )
    compared, apart = False, []
    for group, totals, tested in columns:
        adjusted, terms = dict(zip(tested, p_values, strict=False)), use.terms(group)
        for gap in compare_within(tested, adjusted, totals, terms, evidence.comparisons[group].beside, OF_ALL):
            compared = True
            one = _judged(gap, tally, group, totals, len(family), use.limits.alpha)
            level, against = (gap.reference, gap.level) if gap.reverse else (gap.level, gap.reference)
            yield from _table(one, group, level, against)
            yield _finding(one, tally, group, use)
            if one.differ is not None and one.differ < use.limits.alpha:
                apart += [Apart(group, terms, terms.large(totals), gap, at, pair) for at, pair in one.pairs.items()]
    yield from each_stratum(apart, sum(one.within.strata for one in family), evidence.target, tally.roles.strata)
    if not compared:
        raise NotRun("no stratum holds two groups with outcomes to compare")
    for group, totals, tested in columns:
        for level, reference in never_together(tested, totals, use.terms(group)):
            facts = {"level": level, "reference": reference, "group": group}
            subject = {"target": evidence.target, **facts, "stratum": ", ".join(tally.roles.strata)}
            yield Finding(states.NOT_KNOWN, subject, SAYS("never", **facts))


def _judged(
    gap: GapWithin, tally: Tally, group: str, totals: Mapping[str, tuple[float, float]], family: int, alpha: float
) -> _Judged:
    pairs = of_strata(tally, group, tally.pairs(STRATA, group, gap.level, gap.reference), gap.level, gap.reference)
    found = stratify(pairs, alpha, gap.within.effect)
    assert found is not None  # there is a stratum
    return _Judged(gap, pairs, _crude(tally, group, gap, totals), found, family)


def _crude(tally: Tally, group: str, gap: GapWithin, totals: Mapping[str, tuple[float, float]]) -> Pair:
    by = [of_rates(tally, {group: level}) for level in (gap.level, gap.reference)]
    return Pair(*totals[gap.level], *totals[gap.reference], *by)


def _table(one: _Judged, group: str, level: str, reference: str) -> Iterator[Record]:
    """Yield the rates per stratum and over all, as seen from the reference of all rows."""
    turned = one.gap.level != level
    names = {"group": group, "level": level, "reference": reference}
    for stratum, pair in one.pairs.items():
        seen = pair.swapped if turned else pair
        yield _row(names, stratum, seen, (seen.rate, seen.rate_ref), "stratum")
    crude = one.crude.swapped if turned else one.crude
    own, theirs = (rate.value for rate in one.found.standardised)
    yield _row(names, "all (crude)", crude, (crude.rate, crude.rate_ref), "crude")
    yield _row(names, "all (standardised)", crude, (theirs, own) if turned else (own, theirs), "standardised")


def _row(names: Mapping[str, str], stratum: str, pair: Pair, rates: tuple[float, float], kind: str) -> Record:
    return {
        "kind": kind,
        **names,
        "stratum": stratum,
        "n": pair.n,
        "selection_rate": rates[0],
        "reference_n": pair.n_ref,
        "reference_rate": rates[1],
    }


def _finding(one: _Judged, tally: Tally, group: str, use: UseCase) -> Finding:
    gap, limits, columns = one.gap, use.limits, tally.roles.strata
    differ = one.differ is not None and one.differ < limits.alpha
    few = one.covered < COVERED
    state = states.within_strata(gap.state, agree=not differ, covered=not few and one.computable)
    simpson = not few and one.computable and paradox(one.found, one.crude, gap.interval, limits)
    reasons = {name: use.features.strata.get(name) for name in columns}
    subject = {"group": group, "level": gap.level, "reference": gap.reference, "stratum": ", ".join(columns)}
    return Finding(
        state,
        {"target": str(tally.roles.target), **subject},
        _message(one, group, reasons, limits, differ=differ, simpson=simpson),
        _measures(one, simpson, limits),
        remedy=_remedy(state, gap.level, group, columns),
        settle=_settle(one, group, state, differ),
    )


def _remedy(state: State, level: str, group: str, columns: Sequence[str]) -> str | None:
    key = "watch" if state is State.BORDERLINE else "find" if state.found else ""
    return SAYS(key, level=level, group=group, columns=columns) or None


def _settle(one: _Judged, group: str, state: State, differ: bool) -> str | None:
    key = "by_stratum" if differ else "more_rows" if state is State.UNDETERMINED else ""
    return SAYS(key, level=one.gap.level, group=group) or None


def _message(
    one: _Judged,
    group: str,
    reasons: Mapping[str, str | None],
    limits: Limits,
    *,
    differ: bool,
    simpson: bool,
) -> Sentence:
    """State the numbers within the strata, the result, and its limitations."""
    gap, found = one.gap, one.found
    return SAYS(
        "within",
        "tested" if one.computable else "untested",
        *_reading(one, differ),
        "sparse" if one.found.heterogeneity and one.differ is None else "",
        "numbers",
        "e_value" if one.evident else "",
        "covers" if one.covered < 1 else "",
        "simpson" if simpson else "",
        "claim",
        group=group,
        level=gap.level,
        reference=gap.reference,
        strata=len(one.pairs),
        columns=tuple(reasons),
        ratio=gap.within.ratio,
        bounds=gap.interval,
        limit=float(limits.impact_ratio),
        threshold=threshold(limits.impact_ratio),
        confidence=confidence(limits.alpha),
        p=gap.p_adjusted if one.computable else None,
        test=gap.evidence.test,
        pairs=one.family if one.family > 1 else None,
        alpha=round(OF_ALL * limits.alpha, 12),
        p_differ=one.differ,
        odds_ratio=found.odds_ratio,
        odds_bounds=found.odds_interval,
        crude_odds_ratio=found.crude_odds_ratio,
        rate=found.standardised[0].value,
        rate_ref=found.standardised[1].value,
        crude_gap=found.gap,
        composition=found.composition.value,
        composition_bounds=found.composition.interval,
        within_strata=found.within.value,
        within_bounds=found.within.interval,
        e_value=e_value(gap.within.ratio),
        e_value_of_end=e_value_of_interval(gap.interval),
        covered=one.covered,
        strata_reasons=reasons,
        reversed=", ".join(reasons) if simpson else None,
    )


def _reading(one: _Judged, differ: bool) -> tuple[str, ...]:
    """Return the keys of what the numbers mean."""
    gap = one.gap
    if differ:
        return ("differ",)
    if not one.computable:
        return ("decided",)
    if gap.state is State.CLEAR:
        return ("clear" if one.covered >= COVERED else "clear_in_part",)
    if gap.state is State.UNDETERMINED:
        return ("flipped" if gap.flipped else "undetermined",)
    return (str(gap.state), "own" if gap.reverse else "")


def _measure(of: Estimate, n: int) -> Measure:
    return Measure(of.value, *of.interval, n=n)


def _measures(one: _Judged, simpson: bool, limits: Limits) -> dict[str, Measure]:
    gap, found = one.gap, one.found
    n = gap.within.rows
    p = gap.evidence.p if one.computable else None
    measures = {
        "crude_odds_ratio": Measure(found.crude_odds_ratio, *found.crude_odds_interval, n=n),
        "mh_odds_ratio": Measure(found.odds_ratio, *found.odds_interval, n=n),
        "mh_risk_ratio": Measure(gap.within.ratio, *gap.interval, n=n, limit=float(limits.impact_ratio)),
        "p_value": Measure(p, n=n),
        "p_adjusted": Measure(gap.p_adjusted if one.computable else None, n=n, limit=round(OF_ALL * limits.alpha, 12)),
        "mh_risk_difference": _measure(found.risk_difference, n),
        "standardised_rate": _measure(found.standardised[0], n),
        "standardised_reference_rate": _measure(found.standardised[1], n),
        "composition": _measure(found.composition, n),
        "within": _measure(found.within, n),
        "cdd": Measure(found.cdd, n=n),
        "covered": Measure(one.covered, n=one.crude.n, limit=COVERED),
        "simpson": Measure(float(simpson), n=n),
    }
    if one.evident:
        measures["e_value"] = Measure(e_value(gap.within.ratio), n=n)
        measures["e_value_of_interval"] = Measure(e_value_of_interval(gap.interval), n=n)
    if gap.evidence.test == CMH:
        measures["cmh_p"] = Measure(p, n=n)
    if found.heterogeneity:
        measures["breslow_day_p"] = Measure(found.heterogeneity.p, n=n)
        measures["tarone_p"] = Measure(found.heterogeneity.tarone, n=n)
    return measures
