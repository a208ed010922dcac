"""The shares of groups in the data, compared with the population of the use: REP001."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import confidence
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, POPULATION
from auditor.analyzers.representation.population import ColumnShares, compared_shares, share_effects
from auditor.counts.effects import of_shares
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.proportions import goodman
from auditor.stats.shares import (
    Share,
    rows_for_distance,
    rows_for_share,
    total_variation,
    total_variation_interval,
)
from auditor.use.needs import needed
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

SAYS = Says(
    no_population="No population is stated for '{group}', though one is for another group.",
    no_group_column="A population is stated for '{group}', which is not a group column of this audit (--group).",
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
    effects = share_effects(tally, stated)
    held = compared_shares(counts, use, effects)
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


def _against(
    held: Mapping[str, ColumnShares],
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
            others = compared_shares({**counts, group: more}, use, effects)[group].shares
            most = next(each for each in others if each.level == share.level)
        alike = _state(most, use) is _state(share, use)
        yield _share_finding(share, held[group], group, use) if alike else _unsure(share, most, group)
    yield _over_all(held[group], counts[group], group, use)


def _over_all(held: ColumnShares, counts: Mapping[str, float], group: str, use: UseCase) -> Finding:
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


def _share_finding(share: Share, held: ColumnShares, group: str, use: UseCase) -> Finding:
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
