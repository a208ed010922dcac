"""Who is in the data, compared with the population of the use: REP001, REP005."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import confidence
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, POPULATION
from auditor.counts.effects import of_missing_by_outcome, of_shares
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.stats.proportions import equal_rates, goodman, newcombe, rows_to_bound
from auditor.stats.shares import (
    Share,
    against_population,
    goodness_of_fit,
    rows_for_distance,
    rows_for_share,
    total_variation,
    total_variation_interval,
)
from auditor.stats.tails import distinct_tests, holm
from auditor.use.needs import needed
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

SAYS = Says(
    no_population="no population is stated for '{group}', though one is for another group.",
    no_group_column="a population is stated for '{group}', which is not a group column of this audit (--group).",
    none_named="no row of '{group}' has a level that the population names ({stated:listed}); the data have "
    "{unnamed:listed}.",
    whole="Across all groups of '{group}', {distance:percent} {bounds:percents} of the rows would have to change to "
    "match the stated shares (total variation distance, threshold {notable:percent}). Chi-square is "
    "{chi_square:fixed 1}, {p:p}.",
    in_all=", about {rows:people} in all",
    narrower="Collect more rows{>in_all}. The distance of the shares of '{group}' from the population is uncertain.",
    left_out="Excluded, because the population does not name them: {unnamed:listed} ({rows_unnamed:people} "
    "row{rows_unnamed:s}).",
    bring="Bring the shares of '{group}' nearer to the stated population, or restate it.",
    unsure="'{level}' makes up between {share:percent} and {most:percent} of the rows; its stated share is "
    "{stated:percent}. It is not known to which groups {uncounted:people} suppressed row{uncounted:s} belong.",
    how_many="Provide the number of rows of '{level}' ({group}) that were suppressed.",
    makes_up="'{level}' makes up {share:percent} of the data ({count:people} of {n:people} row{n:s}); its stated share "
    "is {stated:percent}.",
    under_half="That is less than half.",
    ratio="The representation ratio is {ratio:ratio limit} ({confidence} interval {bounds:interval limit}).",
    significant="The difference is statistically significant ({>evidence}).",
    not_significant="The difference is not statistically significant ({>evidence}).",
    evidence="{p:p}, {test}{>survey}{>family}",
    survey=", the stated share from {surveyed:people} surveyed",
    family=", Holm over {tests} tests",
    absent="The group is absent from the data.",
    short="Shortfall: {lacking:people} fewer than proportional representation.",
    purpose="to reach its stated share of {stated:percent}",
    more_rows="Collect more rows{>in_all}. The share of '{level}' ({group}) is too uncertain to compare with the "
    "population.",
    unknown="'{group}' is not recorded in {unknown:people} of {n:people} row{n:s} ({share:percent limit}).",
    unknown_of="It is missing for {rate:percent} of those with the favourable outcome and {rate_ref:percent} of the "
    "others ({difference:points} points {bounds:points_interval}, {p:p}).",
    more_unknown="Record '{group}' for the rows without it, or collect about {rows:people} more rows. This shows to "
    "{most:number} points whether it is missing more for one outcome.",
    record="Record '{group}' for the rows without it, or state beside every rate how many are unknown.",
)


@rule(
    "REP001",
    "group-under-represented",
    asks=Ask(
        "Bring the shares of groups nearer to the population, or restate the population",
        "data owner",
        "the shares are within the threshold of the stated population",
        ("group",),
    ),
    headlines=Headlines(
        found=(
            "'{level}' is under-represented: {share:percent} of the data, {reference_share:percent} of the population",
            "The groups' shares differ from the population's by {total_variation:percent} of the rows",
        ),
        near=(
            "'{level}' is {share:percent} of the data, {reference_share:percent} of the population",
            "The groups' shares differ from the population's by {total_variation:percent} of the rows",
        ),
        open=(
            "Too little data to compare the share of '{level}' with the population's",
            "Too little data to compare the shares of '{group}' with the population's",
        ),
        clear=(
            "'{level}' is represented: {share:percent} of the data, {reference_share:percent} of the population",
            "The shares of '{group}' are close to the population's",
        ),
    ),
    needs=(GROUPS,),
    units="sums",
    severity=Severity.CONDITION,
    suppressed="whole",
    absence=Severity.BLOCK,
    measures=quantities(
        "share",
        "reference_share",
        "representation_ratio",
        "z",
        "p_value",
        "p_adjusted",
        "shortfall",
        "total_variation",
        "chi_square",
    ),
)
def group_under_represented(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A group's share of the data is under four fifths of its share of the stated population.

    How it is measured: The representation ratio is the share in the data over the stated share, with Goodman's joint
    95% interval. The test is the exact binomial test; where the stated shares are estimates of a survey, test and
    interval are those of two shares. A chi-square test covers all groups together. All tests of all group columns share
    alpha (Holm); with two groups there is one test. Under-representation is found when the ratio is below the threshold
    and the adjusted p is below 0.05. The evidence is strong when the whole interval is below. No issue is found only
    when the whole interval is at or above the threshold. The total variation distance is the share of rows that would
    have to change. With significant evidence it is found from 10% and near the threshold from 5%. No issue is found
    only where its whole interval lies under 10%; the interval is that of the largest gap of any set of groups (Wilson).
    Rows of groups that the population does not name are excluded from the shares, and reported.

    Why it matters: A model learns little about people it seldom sees, and an overall accuracy then does not describe
    them.

    What to do: Collect rows of the missing people, or state that the use excludes this group. Weighting corrects
    averages but adds no information.

    Source: The population is the user's own statement. The four fifths mirrors 29 CFR 1607.4(D) by analogy; the exact
    binomial test against availability is the "pools" analysis of employment statistics.
    """
    tally = evidence.tally
    yield from _shares_table(tally, use)
    if not use.population.groups:
        raise NotRun(str(POPULATION.why))
    stated = {group: use.population.shares(group) for group in tally.roles.groups}
    counts = {group: tally.shares(group) for group, of in stated.items() if of is not None}
    effects = _effects(tally, stated)
    held = _held(counts, use, effects)
    for group, of in stated.items():
        if of is None:
            yield Finding(states.NOTHING_TO_JUDGE, {"group": group}, SAYS("no_population", group=group))
        elif group not in held:
            unnamed = [level for level in counts[group] if level not in of]
            said = SAYS("none_named", group=group, stated=list(of), unnamed=unnamed)
            yield Finding(states.NOTHING_TO_JUDGE, {"group": group}, said)
        else:
            yield from _against(held, counts, group, use, tally.left_out, effects)
    for group in use.population.groups:
        if group not in tally.roles.groups:
            yield Finding(states.NOTHING_TO_JUDGE, {"group": group}, SAYS("no_group_column", group=group))


def _shares_table(tally: Tally, use: UseCase) -> Iterator[Record]:
    for group in tally.roles.groups:
        stated = use.population.shares(group) or {}
        counts = tally.shares(group)
        counts |= {level: 0 for level in stated if level not in counts}
        total = sum(counts.values())
        by = of_shares(tally, group, list(counts)) if tally.recurs and not tally.copied else {}
        effects = [by.get(level, 1.0) for level in counts]
        joint = goodman(list(counts.values()), effects=effects) if len(counts) > 1 and total else [None] * len(counts)
        for (level, n), bounds in zip(counts.items(), joint, strict=True):
            yield {
                "group": group,
                "level": level,
                "rows": n,
                "share": n / total if total else None,
                "low": bounds.low if bounds else None,
                "high": bounds.high if bounds else None,
                "stated_share": stated.get(level),
            }


@dataclass(frozen=True)
class _Held:
    """The shares of a column beside the stated ones; `statistic` and `p` are of all of them together, `p_adjusted` too.

    `tests` is how many share alpha, those of all columns.
    """

    shares: tuple[Share, ...]
    statistic: float
    p: float
    p_adjusted: float = math.nan
    tests: int = 1

    @property
    def p_values(self) -> list[float]:
        """Those of its tests: one per level and one of all together; of two levels all three are one."""
        if distinct_tests(len(self.shares)) < 2:
            return [self.shares[0].p]
        return [*(share.p for share in self.shares), self.p]


def _effects(tally: Tally, stated: Mapping[str, Mapping[str, float] | None]) -> dict[str, dict[str, float]]:
    """Return the design effects of the shares of each column that has a population; empty if nobody recurs.

    Copies are counted once already, weighted rows in rows of Kish's size.
    """
    if tally.copied or not (tally.recurs or (tally.roles.weight and tally.units)):
        return {}
    return {
        group: of_shares(tally, group, [level for level, q in of.items() if q > 0])
        for group, of in stated.items()
        if of
    }


def _held(
    counts: Mapping[str, Mapping[str, float]], use: UseCase, effects: Mapping[str, Mapping[str, float]]
) -> dict[str, _Held]:
    """Compare each column in which a stated level occurs with the population; all their tests share alpha (Holm)."""
    limits, found = use.limits, {}
    for group, of in counts.items():
        stated, surveyed = use.population.shares(group) or {}, use.population.survey.get(group)
        if any(of.get(level) for level in stated):
            by = effects.get(group)
            shares = against_population(of, stated, limits.representation_ratio, limits.alpha, surveyed, by)
            found[group] = _Held(tuple(shares), *goodness_of_fit(of, stated, surveyed=surveyed, effects=by))
    adjusted = iter(holm([p for held in found.values() for p in held.p_values]))
    tests = sum(len(held.p_values) for held in found.values())
    return {group: _adjusted(held, [next(adjusted) for _ in held.p_values], tests) for group, held in found.items()}


def _adjusted(held: _Held, p_values: Sequence[float], tests: int) -> _Held:
    *levels, whole = p_values if len(p_values) > 1 else [p_values[0]] * (len(held.shares) + 1)
    shares = tuple(replace(share, p_adjusted=p) for share, p in zip(held.shares, levels, strict=True))
    return replace(held, shares=shares, p_adjusted=whole, tests=tests)


def _against(
    held: Mapping[str, _Held],
    counts: Mapping[str, Mapping[str, float]],
    group: str,
    use: UseCase,
    uncounted: int,
    effects: Mapping[str, Mapping[str, float]],
) -> Iterator[Finding]:
    for share in held[group].shares:
        most = share
        if uncounted:
            more = {**counts[group], share.level: counts[group].get(share.level, 0) + uncounted}
            others = _held({**counts, group: more}, use, effects)[group].shares
            most = next(each for each in others if each.level == share.level)
        alike = _state(most, use) is _state(share, use)
        yield _share_finding(share, held[group], group, use) if alike else _unsure(share, most, group)
    yield _over_all(held[group], counts[group], group, use)


def _over_all(held: _Held, counts: Mapping[str, float], group: str, use: UseCase) -> Finding:
    """Judge the shares of all groups together."""
    stated, p, limits = use.population.shares(group) or {}, held.p_adjusted, use.limits
    distance, n = total_variation(counts, stated), sum(counts.get(level, 0) for level in stated)
    effect = max((share.effect for share in held.shares), default=1.0)
    sized = {level: n / effect for level, n in counts.items()}  # in rows of effective size
    bounds = total_variation_interval(sized, stated, limits.alpha, use.population.survey.get(group))
    rows = rows_for_distance(stated, states.NOTABLE, limits.alpha, limits.power)
    state = states.distance(distance, bounds, p, limits.alpha)
    unnamed = [level for level in counts if level not in stated]
    return Finding(
        state,
        {"group": group},
        SAYS(
            "whole",
            "left_out" if unnamed else "",
            group=group,
            distance=distance,
            bounds=bounds,
            notable=states.NOTABLE,
            chi_square=held.statistic,
            p=p,
            rows_unnamed=sum(counts[level] for level in unnamed),
            unnamed=unnamed,
        ),
        {
            "total_variation": Measure(distance, *bounds, n=n, limit=states.NOTABLE),
            "chi_square": Measure(held.statistic, n=n),
            "p_value": Measure(held.p, n=n),
            "p_adjusted": Measure(p, n=n, limit=use.limits.alpha),
        },
        remedy=SAYS("bring", group=group),
        settle=SAYS("narrower", group=group, rows=_in_all(rows, n)) if state is State.UNDETERMINED else None,
    )


def _state(share: Share, use: UseCase) -> State:
    return states.share_gap(share, use.limits.representation_ratio, use.limits.alpha)


def _unsure(share: Share, most: Share, group: str) -> Finding:
    """State that the suppressed rows, if all of them were of this group, would change the result."""
    return Finding(
        states.NOT_KNOWN,
        {"group": group, "level": share.level},
        SAYS(
            "unsure",
            level=share.level,
            share=share.count / share.n,
            most=most.count / most.n,
            stated=share.stated,
            uncounted=most.count - share.count,
        ),
        {"share": Measure(None, share.count / share.n, most.count / most.n), "reference_share": Measure(share.stated)},
        settle=SAYS("how_many", level=share.level, group=group),
    )


def _in_all(rows: int | None, n: float) -> int | None:
    """Return the rows that would settle it, if there are fewer."""
    return rows if rows is not None and rows > n else None


def _share_finding(share: Share, held: _Held, group: str, use: UseCase) -> Finding:
    limit = float(use.limits.representation_ratio)
    bounds = share.joint.low / share.stated, share.joint.high / share.stated
    to_collect = share.shortfall / (1 - share.stated) if share.stated < 1 else share.shortfall
    state = _state(share, use)
    undetermined = state is State.UNDETERMINED
    rows = rows_for_share(share.stated, limit, len(held.shares), use.limits.alpha, use.limits.power)
    purpose = SAYS("purpose", stated=share.stated)
    return Finding(
        state,
        {"group": group, "level": share.level},
        _share(share, bounds, state, held.tests, group, use),
        {
            "share": Measure(share.count / share.n, *share.interval, n=share.n),
            "reference_share": Measure(share.stated),
            "representation_ratio": Measure(share.ratio, *bounds, n=share.n, limit=limit),
            "z": Measure(share.z, n=share.n),
            "p_value": Measure(share.p, n=share.n),
            "p_adjusted": Measure(share.p_adjusted, n=share.n, limit=use.limits.alpha),
            "shortfall": Measure(share.shortfall, *share.shortfall_interval, n=share.n),
        },
        needs=() if undetermined else needed(group, share.level, to_collect, purpose),
        settle=SAYS("more_rows", level=share.level, group=group, rows=_in_all(rows, share.n)) if undetermined else None,
    )


def _share(share: Share, bounds: tuple[float, float], state: State, tests: int, group: str, use: UseCase) -> Sentence:
    """State the numbers of a group."""
    surveyed = use.population.survey.get(group)
    return SAYS(
        "makes_up",
        "under_half" if state.found and share.ratio < 0.5 else "",
        "ratio",
        "significant" if share.p_adjusted < use.limits.alpha else "not_significant",
        "" if share.count else "absent",
        "short" if share.shortfall else "",
        level=share.level,
        share=share.count / share.n,
        count=share.count,
        n=share.n,
        stated=share.stated,
        ratio=share.ratio,
        bounds=bounds,
        limit=float(use.limits.representation_ratio),
        confidence=confidence(use.limits.alpha),
        p=share.p_adjusted,
        test="two shares" if surveyed else "exact binomial",
        surveyed=surveyed or None,
        tests=tests if tests > 1 else None,
        lacking=share.shortfall,
    )


@rule(
    "REP005",
    "group-unknown",
    asks=Ask(
        "Find out why the group is not recorded, and record it",
        "data owner",
        "the group is recorded for all outcomes alike",
        ("group",),
    ),
    headlines=Headlines(
        found="'{group}' is not recorded for {missing_share:percent} of the rows",
        near="'{group}' is not recorded for {missing_share:percent} of the rows",
        open="Too little data to determine whether '{group}' is missing by outcome",
        clear="'{group}' is recorded for all outcomes alike",
    ),
    needs=(GROUPS,),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="bounds",
    measures=quantities("missing_share", "missing_difference", "p_adjusted"),
)
def group_unknown(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """Membership in a group is not recorded for too many rows, or more for one outcome than for the other.

    How it is measured: The share of rows without a value in the group column is counted, and found above 5% of rows.
    The share among rows with the favourable outcome minus the share among the others has Newcombe's interval. It is
    found at 5 points or more with p below 0.05 (Holm over the group columns). No issue is found only where the whole
    interval lies within 5 points. Where every row has a value there is no difference.

    Why it matters: People whose group is not recorded are in no comparison. Where that depends on the outcome, every
    comparison is biased.

    What to do: Record the group, or ask the people. State how many are unknown wherever a rate is quoted. Do not guess
    membership from names.

    Source: 6 RCNY 5-301 asks for the number of people of unknown category; the 5% and 5 points are judgement.
    """
    tally = evidence.tally
    pairs = {group: _missing_by_outcome(tally, group) for group in tally.roles.groups}
    p_values = holm([equal_rates(pair).p if pair else 1.0 for pair in pairs.values()])
    for group, p in zip(pairs, p_values, strict=True):
        yield _unknown(tally, group, pairs[group], p, use.limits)


def _unknown(tally: Tally, group: str, pair: Pair | None, p: float, limits: Limits) -> Finding:
    """Judge how many rows lack a group, and whether those of one outcome lack it more: `pair` of them, if there are."""
    unknown, n, limit = tally.missing(group), tally.grouped, limits.missing_share
    share, tilt, settle = unknown / n, states.NOT_PRESENT, None
    measures = {"missing_share": Measure(share, share, share, n=n, limit=limit)}
    facts = {"group": group, "unknown": unknown, "n": n, "share": share, "limit": limit, "p": p}
    if pair is not None and unknown:
        difference, bounds, rows = pair.rate - pair.rate_ref, newcombe(pair, limits.alpha), pair.n + pair.n_ref
        tilt = states.differs(difference, bounds, p, limit, limits.alpha)
        measures["missing_difference"] = Measure(difference, *bounds, n=rows, limit=limit)
        measures["p_adjusted"] = Measure(p, n=rows, limit=limits.alpha)
        facts |= {"rate": pair.rate, "rate_ref": pair.rate_ref, "difference": difference, "bounds": bounds}
        more = max(1, sum(rows_to_bound(pair, limit, limits.alpha, limits.power)))
        settle = SAYS("more_unknown", group=group, rows=more, most=100 * limit)
    return Finding(
        states.part_or_tilt(share, limit, tilt),
        {"group": group},
        SAYS("unknown", "unknown_of" if "bounds" in facts else "", **facts),
        measures,
        remedy=SAYS("record", group=group),
        settle=settle if tilt is State.UNDETERMINED else None,
    )


def _missing_by_outcome(tally: Tally, group: str) -> Pair | None:
    cells = tally.cells(group)
    unknown = [cell for cell in cells if cell.level is None]
    favourable, others = sum(cell.favourable for cell in cells), sum(cell.unfavourable for cell in cells)
    if not favourable or not others:
        return None
    return Pair(
        sum(cell.favourable for cell in unknown),
        favourable,
        sum(cell.unfavourable for cell in unknown),
        others,
        *of_missing_by_outcome(tally, group),
    )
