"""The gap within declared strata, and Simpson's paradox: OUT003."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.analyzers import states
from auditor.analyzers.behind import ASK, rows_behind
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import GapWithin, compare_within
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import TARGET, UNWEIGHTED, WITHIN
from auditor.counts.tally import STRATA, Tally
from auditor.format import interval, p_value, people, percent, ratio, signed
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.stats.gaps import Terms, turned_interval
from auditor.stats.proportions import equal_rates, ratio_interval
from auditor.stats.strata import Stratified, stratify
from auditor.stats.stratified_gaps import tested_within
from auditor.stats.tails import holm
from auditor.stats.within import CMH
from auditor.use.policy import Limits
from auditor.use.usecase import UseCase

COVERED = 0.8  # the share of a group that must be in strata with the reference for a claim about the group
# The part of alpha at which strata are judged one by one. The test over all strata spends the rest: by simulation
# without a gap, both together then show one in 5 % of data sets, and in 7 % at full alpha each.
ONE_BY_ONE = 0.1


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
        """P of the test that the strata agree; None where none could contradict another, or all are too small."""
        return self.found.heterogeneity.fair if self.found.heterogeneity else None

    @property
    def covered(self) -> float:
        """The share of the group's rows that are in strata with the reference."""
        return sum(pair.n for pair in self.pairs.values()) / self.crude.n

    @property
    def computable(self) -> bool:
        """Whether anybody's outcome varies within the strata, so that there is something to test."""
        return not math.isnan(self.gap.evidence.z)


@rule(
    "OUT003",
    "conditional-gap",
    needs=(WITHIN, TARGET, UNWEIGHTED),
    severity=Severity.BLOCK,
    crude="OUT001",
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
        "selection_rate",
        "reference_rate",
        "impact_ratio",
    ),
)
def conditional_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A group gets the favourable outcome less often than the reference within the same stratum.

    How it is measured: The ratio of rates within the declared strata (Mantel-Haenszel), with the stratified
    Miettinen-Nurminen 95 % interval. Evidence is the Cochran-Mantel-Haenszel test without correction, or the exact
    conditional test where few outcomes vary within the strata, Holm-adjusted over all pairs of groups. The limit, the
    guard against small numbers and the states are OUT001's; a gap may also be the reference's own. Where the
    Breslow-Day test finds that the strata differ (p below 0.05), no claim is made over all of them and each stratum is
    judged by itself at a tenth of alpha, Holm-adjusted over strata and pairs of groups. A claim that there is no gap
    needs 80 % of the group in strata that hold the reference too. Simpson's paradox is flagged where the strata rule
    out the crude odds ratio, and the gap within them is reversed or not shown. Kitagawa's decomposition says how much
    of the crude gap comes from composition and how much from within the strata.

    Why it matters: Groups may differ in what they apply for. A gap may vanish within strata, or hide there. But a
    stratum is a claim: one that the same bias has shaped launders the gap instead of explaining it.

    What to do: Justify every stratum in the use ([features] strata, with its reason): is it chosen by the people
    themselves, before any decision? Then judge the gap within it.

    Source: Mantel and Haenszel 1959; Miettinen and Nurminen 1985 (interval); Mantel and Fleiss 1980 (when the exact
    test is used); Jung 2014 (exact test); Breslow and Day 1980; Kitagawa 1955; Bickel, Hammel and O'Connell 1975,
    Science 187; conditional demographic disparity as in Amazon SageMaker Clarify.
    """
    tally = evidence.tally
    compared = False
    for group, totals, reference in tally.comparable(use):
        strata = dict(sorted(tally.counts(STRATA, group).items()))
        terms = use.terms(group)
        tested = tested_within(strata.values(), totals, terms)
        adjusted = dict(zip(tested, holm([one.evidence.p for one in tested.values()]), strict=True))
        apart = []
        for gap in compare_within(tested, adjusted, totals, terms):
            compared = True
            one = _judged(gap, tally, group, totals, len(tested))
            level = gap.reference if gap.reverse else gap.level
            yield from _table(one, group, level, reference)
            yield _finding(one, tally, group, use)
            if one.differ is not None and one.differ < use.limits.alpha:
                apart.append(one)
        tests = sum(one.within.strata for one in tested.values())
        yield from _one_by_one(apart, tests, tally, group, terms, terms.large(totals))
    if not compared:
        left = " that left its site" if tally.derived[STRATA].coarse else ""
        raise NotRun(f"no stratum{left} holds two groups with outcomes to compare")


def _judged(
    gap: GapWithin, tally: Tally, group: str, totals: Mapping[str, tuple[float, float]], family: int
) -> _Judged:
    pairs = tally.pairs(STRATA, group, gap.level, gap.reference)
    found = stratify(pairs)
    assert found is not None  # there is a stratum
    return _Judged(gap, pairs, Pair(*totals[gap.level], *totals[gap.reference]), found, family)


def _table(one: _Judged, group: str, level: str, reference: str) -> Iterator[Record]:
    """Yield the rates per stratum and over all, as seen from the reference of all rows."""
    turned = one.gap.level != level
    names = {"group": group, "level": level, "reference": reference}
    for stratum, pair in one.pairs.items():
        seen = pair.swapped if turned else pair
        yield _row(names, stratum, seen, (seen.rate, seen.rate_ref), "stratum")
    crude = one.crude.swapped if turned else one.crude
    own, theirs = one.found.standardised
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
    coarse = tally.derived[STRATA].coarse or rows_behind(tally, group, gap.level, gap.reference) > 0
    few = one.covered < COVERED
    settled, covered = not (differ or coarse), not few and one.computable
    state = states.within_strata(gap.state, settled=settled, covered=covered)
    simpson = not few and one.computable and _simpson(one, limits)
    reason = "; ".join(f"{name}: {use.features.strata.get(name) or 'no reason was given'}" for name in columns)
    part = " Strata with too few rows in a cell did not leave their site: this is about the rest." if coarse else ""
    claim = f"A stratum is a claim that the user must justify ({reason})."
    return Finding(
        state,
        {
            "target": str(tally.roles.target),
            "group": group,
            "level": gap.level,
            "reference": gap.reference,
            "stratum": ", ".join(columns),
        },
        f"{_message(one, group, columns, differ, simpson, limits)}{part} {claim}",
        _measures(one, simpson, limits),
        remedy=_remedy(state, gap.level, group, columns),
        settle=f"The counts of the other rows within the strata, {ASK}."
        if coarse
        else _settle(one, group, state, differ),
    )


def _remedy(state: State, level: str, group: str, columns: Sequence[str]) -> str | None:
    within = ", ".join(columns)
    if state.found:
        return f"Find where the gap of '{level}' ({group}) within {within} arises before these outcomes are used."
    if state is State.BORDERLINE:
        return f"Watch the rate of '{level}' ({group}) within {within} in use: the ratio is near the limit."
    return None


def _settle(one: _Judged, group: str, state: State, differ: bool) -> str | None:
    who = f"'{one.gap.level}' ({group})"
    if differ:
        return f"A judgement of {who} stratum by stratum: the strata differ, so that no one number holds for all."
    return f"More rows of {who} within the strata." if state is State.UNDETERMINED else None


def _simpson(one: _Judged, limits: Limits) -> bool:
    """Whether the strata rule out the crude odds ratio, and reverse the gap or show none where the crude one is shown.

    An interval that holds both the crude odds ratio and 1 is no paradox: there the strata only say little.
    """
    found, crude = one.found, one.crude
    low, high = found.odds_interval
    if low <= found.crude_odds_ratio <= high or math.isnan(found.odds_ratio):
        return False
    if (found.crude_odds_ratio - 1) * (found.odds_ratio - 1) < 0:
        return True
    shown = any(
        states.ratio_gap(of, bounds, equal_rates(of).p, limits.impact_ratio, limits.alpha).found
        for of, bounds in (
            (crude, ratio_interval(crude, limits.alpha)),
            (crude.swapped, turned_interval(ratio_interval(crude, limits.alpha))),
        )
    )
    return shown and low <= 1 <= high


def _message(one: _Judged, group: str, columns: Sequence[str], differ: bool, simpson: bool, limits: Limits) -> str:
    gap, found, limit = one.gap, one.found, float(limits.impact_ratio)
    rate, rate_ref = found.standardised
    family = f", Holm over {one.family} pairs" if one.family > 1 else ""
    evidence = (
        f"{p_value(gap.p_adjusted)} ({gap.evidence.test}{family})"
        if one.computable
        else "p not computable, for nobody's outcome varies within the strata"
    )
    strata = f"{len(one.pairs)} strat{'a' if len(one.pairs) > 1 else 'um'}"
    paradox = " Simpson's paradox: the crude gap is not what the strata show." if simpson else ""
    covers = (
        f" Only {percent(one.covered)} of '{gap.level}' are in strata that hold '{gap.reference}' too."
        if one.covered < 1
        else ""
    )
    return (
        f"{group} '{gap.level}' against '{gap.reference}' within {strata} of {', '.join(columns)}: ratio of rates "
        f"{ratio(gap.within.ratio, limit)} {interval(*gap.interval, limit)} (Mantel-Haenszel), {evidence}. "
        f"{_reading(one, differ, limit)} Odds ratio {ratio(found.odds_ratio, 1)} {interval(*found.odds_interval, 1)} "
        f"(crude {ratio(found.crude_odds_ratio, 1)}), the reference's odds over the group's. Rates standardised to the "
        f"pooled distribution over strata: {percent(rate)} for '{gap.level}', {percent(rate_ref)} for "
        f"'{gap.reference}'. Within these strata the crude gap is {signed(100 * found.gap)} points: "
        f"{signed(100 * found.composition)} due to composition, {signed(100 * found.within)} within strata (Kitagawa "
        f"decomposition).{covers}{paradox}"
    )


def _reading(one: _Judged, differ: bool, limit: float) -> str:
    """Say in a sentence what the numbers mean."""
    gap = one.gap
    if differ and one.differ is not None:
        test = f"{p_value(one.differ)}, Breslow-Day, of the strata with enough rows"
        return f"The strata differ ({test}): no claim over all of them."
    if not one.computable:
        return "Inconclusive: the strata decide the outcome by themselves."
    if one.covered < COVERED and gap.state is State.CLEAR:
        return f"The whole interval is at or above {limit:g}, for a part of the group only: inconclusive for the rest."
    own = " It is the gap of the reference group itself." if gap.reverse else ""
    match gap.state:
        case State.SHOWN_STRONG:
            return f"The gap is below {limit:g} even at the upper end of the interval.{own}"
        case State.SHOWN:
            return (
                f"The gap is below {limit:g} and statistically significant, but the interval includes {limit:g}.{own}"
            )
        case State.BORDERLINE:
            return f"A difference is shown, at or above {limit:g}; the true ratio may be below.{own}"
        case State.CLEAR:
            return f"The whole interval is at or above {limit:g}."
    if gap.flipped:
        return "Small numbers: one selection moved from one group to the other would reverse the order. Inconclusive."
    return "Inconclusive."


def _measures(one: _Judged, simpson: bool, limits: Limits) -> dict[str, Measure]:
    gap, found = one.gap, one.found
    n = gap.within.rows
    p = gap.evidence.p if one.computable else None
    measures = {
        "crude_odds_ratio": Measure(found.crude_odds_ratio, n=n),
        "mh_odds_ratio": Measure(found.odds_ratio, *found.odds_interval, n=n),
        "mh_risk_ratio": Measure(gap.within.ratio, *gap.interval, n=n, limit=float(limits.impact_ratio)),
        "p_value": Measure(p, n=n),
        "p_adjusted": Measure(gap.p_adjusted if one.computable else None, n=n, limit=limits.alpha),
        "mh_risk_difference": Measure(found.risk_difference, n=n),
        "standardised_rate": Measure(found.standardised[0], n=n),
        "standardised_reference_rate": Measure(found.standardised[1], n=n),
        "composition": Measure(found.composition, n=n),
        "within": Measure(found.within, n=n),
        "cdd": Measure(found.cdd, n=n),
        "covered": Measure(one.covered, n=one.crude.n, limit=COVERED),
        "simpson": Measure(float(simpson), n=n),
    }
    if gap.evidence.test == CMH:
        measures["cmh_p"] = Measure(p, n=n)
    if found.heterogeneity:
        measures["breslow_day_p"] = Measure(found.heterogeneity.p, n=n)
        measures["tarone_p"] = Measure(found.heterogeneity.tarone, n=n)
    return measures


def _one_by_one(
    apart: Sequence[_Judged], tests: int, tally: Tally, group: str, terms: Terms, large: set[str]
) -> Iterator[Finding]:
    """Judge every stratum by itself where the strata differ; the tests of all strata and pairs share their alpha."""
    strict, limit = replace(terms, alpha=ONE_BY_ONE * terms.alpha), float(terms.limit)
    each = [(one.gap, stratum, pair) for one in apart for stratum, pair in one.pairs.items()]
    p_values = [equal_rates(pair).p for *_, pair in each]
    # The strata of groups that agree are tested too, by what is pooled there: as if each had shown nothing.
    adjusted = holm([*p_values, *[1.0] * (tests - len(each))])
    for (gap, stratum, straight), p in zip(each, adjusted, strict=False):
        bounds = ratio_interval(straight, terms.alpha)
        pair, state, turned = states.directed(strict, straight, bounds, p, (gap.level, gap.reference), large)
        level, reference = (gap.reference, gap.level) if turned else (gap.level, gap.reference)
        bounds = turned_interval(bounds) if turned else bounds
        yield Finding(
            state,
            {
                "target": str(tally.roles.target),
                "group": group,
                "level": level,
                "reference": reference,
                "stratum": stratum,
            },
            f"In {stratum}: '{level}' {percent(pair.rate)} of {people(pair.n)} against '{reference}' "
            f"{percent(pair.rate_ref)} of {people(pair.n_ref)}: impact ratio {ratio(pair.ratio, limit)} "
            f"{interval(*bounds, limit)}, {p_value(p)} (Holm over {tests} tests, held to {strict.alpha:g}).",
            {
                "selection_rate": Measure(pair.rate, n=pair.n),
                "reference_rate": Measure(pair.rate_ref, n=pair.n_ref),
                "impact_ratio": Measure(pair.ratio, *bounds, n=pair.n + pair.n_ref, limit=limit),
                "p_adjusted": Measure(p, n=pair.n + pair.n_ref, limit=strict.alpha),
            },
            remedy=f"Find where the gap of '{level}' within {stratum} arises before these outcomes are used.",
            settle=f"More rows in {stratum}, or no claim about '{level}' there."
            if state is State.UNDETERMINED
            else None,
        )
