"""Who gets the favourable outcome: OUT001."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import Comparison, Gap
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.gap_facts import facts_of
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, TARGET
from auditor.analyzers.unrecorded import Unrecorded, unrecorded
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Need, Severity, State
from auditor.stats.counts import Interval
from auditor.stats.proportions import rows_to_collect, wilson
from auditor.use.needs import needed, to_see
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase

if TYPE_CHECKING:
    from auditor.stats.clusters import Clusters

SAYS = Says(
    gap="{outcome} for {rate:percent} of {group} '{level}' ({x:people} of {n:people}) and {rate_ref:percent} of "
    "'{reference}' ({x_ref:people} of {n_ref:people}). The impact ratio is {impact_ratio:ratio limit} "
    "({confidence} interval {bounds:interval limit}).",
    significant="The difference is statistically significant ({>evidence}).",
    not_significant="The difference is not statistically significant ({>evidence}).",
    evidence="{>deviations}{p:p}, {test}{>family}",
    deviations="z = {z:signed}, ",
    family=", Holm over {pairs} pairs of all group columns",
    beside="This is the widest gap between two groups other than the fixed reference.",
    refused="Unfavourable outcomes are {unfavourable:ratio refusal_limit} times as frequent for '{level}' "
    "{refusals:interval refusal_limit}. That is significantly more often, and above {refusal_limit:number} times.",
    small_reference="'{reference}' has the higher rate, but is too small a part of the data to be a reference "
    "({share_ref:percent}). No other group shows this gap. {>short}",
    short="Shortfall: {lacking:people} favourable outcome{lacking:s}.",
    reverse="The gap is the reference's own. '{level}', fixed as the reference, has the lower rate. {>short}",
    shown_strong="The ratio is below {threshold} even at the upper end of the {confidence} confidence interval. "
    "{>short}",
    shown="The ratio is below {limit:number} and statistically significant, but the confidence interval includes "
    "{limit:number}. {>short}",
    borderline="The ratio is not below {limit:number}, but the confidence interval reaches below it. {>short}",
    in_favour="'{level}' has the higher rate.",
    within="The ratio is within {threshold} over the whole {confidence} confidence interval.",
    clear="The ratio is within {threshold} over the whole {confidence} confidence interval.",
    flipped="Inconclusive, because the numbers are small. One selection moved from one group to the other would "
    "reverse the order.",
    could_show="Inconclusive. Groups of this size would reliably show only ratios of {detectable:ratio limit} or less.",
    could_show_nothing="Inconclusive. Groups of this size would not reliably show any gap, however large.",
    clustered="Rows come in clusters ('{cluster}'). Statistics treat clusters as independent, not rows, or people "
    "where that gives the larger variance. {>units}{>naive}",
    recurring="Some people appear more than once; statistics treat people, not rows, as independent. {>units}{>naive}",
    units="'{level}' has {own_rows:people} row{own_rows:s} from {own_people:people} individual{own_people:s}, "
    "'{reference}' {their_rows:people} from {their_people:people}.",
    naive=" With rows treated as independent, {naive_p:p}.",
    one_group="'{group}' has only one group with outcomes, '{only}', so there is nothing to compare.",
    no_group="'{group}' has no group with outcomes, so there is nothing to compare.",
    no_reference="the reference '{reference}' of '{group}' has no rows with an outcome, so no group can be compared "
    "with it.",
    watch="Monitor the rate of '{level}' ({group}) in use. The ratio is near the threshold.",
    ask="Find out why '{level}' ({group}) has the unfavourable outcome more often than '{reference}'.",
    look="Find out why '{reference}', a small part of the data, has a higher rate than '{level}' ({group}).",
    find="Find where the gap of '{level}' ({group}) arises. Do not train on these outcomes until it is justified or "
    "removed.",
    more_rows="Collect more rows of '{level}' ({group}). Its ratio is too near the threshold for this many rows to "
    "decide.",
)


@rule(
    "OUT001",
    "outcome-gap",
    asks=Ask(
        "Explain or correct the selection gap before these outcomes are used",
        "decision owner",
        "no gap is found, or it is justified in writing",
        ("level",),
    ),
    headlines=Headlines(
        found="'{level}' is selected at {selection_rate:percent}, '{reference}' at "
        "{reference_rate:percent}: impact ratio {impact_ratio:fixed 2}",
        near="'{level}' is selected at {selection_rate:percent}, '{reference}' at "
        "{reference_rate:percent}: near the threshold",
        open="Too little data to compare the selection of '{level}' and '{reference}'",
        clear="'{level}' is selected at {selection_rate:percent}, '{reference}' at "
        "{reference_rate:percent}: within the threshold",
    ),
    compares=True,
    needs=(TARGET, GROUPS),
    units="sums",
    severity=Severity.BLOCK,
    pooled=True,
    suppressed="bounds",
    measures=quantities(
        "selection_rate",
        "reference_rate",
        "impact_ratio",
        "unfavourable_ratio",
        "rate_difference",
        "z",
        "p_value",
        "p_adjusted",
        "shortfall",
        "shortfall_to_limit",
        "detectable_ratio",
        "outcomes_withheld",
        "impact_ratio_bounds",
    ),
    leading={"impact_ratio": "Impact ratio in the data"},
)
def outcome_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A group gets the favourable outcome at under four fifths of the reference group's rate.

    How it is measured: The impact ratio is the group's rate of favourable outcomes over the reference group's, with
    its Miettinen-Nurminen 95% interval; the rate difference has Newcombe's. The reference is the group with the
    highest rate among those with at least 30 rows and 2% of the data (half an even share, with more than 25 groups),
    unless the use case or the policy fixes another. It is the same in all rules, and named under "How the data were
    read". Where the reference is fixed, the widest gap between two other groups is judged too. The test is the pooled Z
    test, or Fisher's exact test where an expected cell is below 5, Holm-adjusted over all pairs of all group columns.
    Where the reference is fixed, the other pairs share one test. A gap is found when the ratio is below the threshold
    (decided in whole numbers) and the adjusted p is below 0.05. The evidence is strong when the whole interval is below
    the threshold. No issue is found only when the whole interval is at or above the threshold. Where moving one
    selection would reverse the order, no gap is reported. Where no group is large enough to be a reference, the largest
    is shown as one, but no gap is reported. A gap against a group of 30 rows that is too small a part of the data to be
    a reference counts as near the threshold. So does a ratio within the threshold whose unfavourable rates differ
    significantly by more than the threshold (above 1.25). Rows without a group or an outcome are excluded and counted
    (REP005, LAB004). The report gives the lowest and highest ratio that they allow. Where they are more than 5% of the
    rows, or significantly uneven over groups or outcomes, a ratio that could be below the threshold is inconclusive.
    A group none of whose outcomes is recorded makes the result inconclusive.

    Why it matters: A model trained to repeat these outcomes repeats the gap. One regulator takes a ratio below four
    fifths as evidence of adverse impact. That is a rule of thumb, not a line between lawful and unlawful.

    What to do: Find where the gap arises (which stage, which column, which words) before using the outcome as a
    label. If it cannot be justified, do not train on it.

    Source: 29 CFR 1607.4(D) (four fifths, highest rate, small numbers); Miettinen and Nurminen 1985; Newcombe 1998;
    Holm 1979; Castaneda v. Partida, 430 U.S. 482, note 17 (standard deviations).
    """
    tally = evidence.tally
    compared = False
    for group in tally.roles.groups:
        yield from _rates(tally, group)
        counts = tally.outcomes(group)
        if len(counts) < 2:
            said = SAYS("one_group" if counts else "no_group", group=group, only=next(iter(counts), None))
            yield Finding(states.NOTHING_TO_JUDGE, {"group": group}, said)
            continue
        compared = True
        yield from _judged(counts, group, evidence)
    if not compared:
        raise NotRun("one group only: no column has two groups with outcomes to compare")


def _rates(tally: Tally, group: str) -> Iterator[Record]:
    """Yield a row per level for the table and the chart; unknown membership is a level too."""
    effects = tally.effects(group)
    for cell in tally.cells(group):
        by = effects.get(cell.level or "", 1.0)
        bounds = wilson(cell.favourable / by, cell.n / by) if cell.n else None
        yield {
            "group": group,
            "level": cell.level,
            "rows": cell.rows,
            "n": cell.n,
            "favourable": cell.favourable,
            "no_outcome": cell.no_outcome,
            "selection_rate": cell.favourable / cell.n if cell.n else None,
            "low": bounds.low if bounds else None,
            "high": bounds.high if bounds else None,
        }


def _judged(counts: dict[str, tuple[float, float]], group: str, evidence: Evidence) -> Iterator[Finding]:
    tally, use = evidence.tally, evidence.use
    limits, outcome = use.limits, tally.roles.favourable
    reference = use.groups.reference.get(group)
    if reference is not None and reference not in counts:
        said = SAYS("no_reference", group=group, reference=reference)
        yield Finding(states.NOTHING_TO_JUDGE, {"group": group}, said)
        return
    clusters = tally.clusters.get(group, {})
    comparison = evidence.comparisons[group]
    by_rows = evidence.compared(by_rows=True)[group].gaps if clusters else ()
    naive = {(gap.level, gap.reference): gap for gap in by_rows}
    total, cells = sum(n for _, n in counts.values()), tally.cells(group)
    rate = sum(x for x, _ in counts.values()) / total
    for gap in (*comparison.gaps, *([comparison.widest] if comparison.widest else [])):
        subject = {"target": evidence.target, "group": group, "level": gap.level, "reference": gap.reference}
        needs = _needs(gap, comparison, group, rate, limits)
        missing = unrecorded(cells, gap, limits)
        state = _despite(missing, gap, limits)
        lost = missing if state is not gap.state else None
        yield Finding(
            state,
            subject,
            together(
                SAYS("beside") if gap is comparison.widest else "",
                _gap(gap, comparison, group, outcome, limits, total),
                missing.said(limits, lost=lost is not None) if missing else "",
                _recurring(gap, clusters, naive, tally.roles.cluster),
            ),
            _measures(gap, limits) | ({"impact_ratio_bounds": missing.measure} if missing else {}),
            remedy=_remedy(gap, group),
            settle=lost.settle(group, gap.level, gap.reference) if lost else _settle(gap, group, bool(needs)),
            needs=needs,
        )


def _despite(missing: Unrecorded | None, gap: Gap, limits: Limits) -> State:
    """Return the state of a gap, given what is not recorded."""
    if missing is None:
        return gap.state
    return states.despite_unknown(gap.state, missing.worst, limits.impact_ratio, matters=missing.matters)


def _recurring(
    gap: Gap, clusters: Mapping[str, Clusters], naive: Mapping[tuple[str, str], Gap], cluster: str | None
) -> str:
    """State, where people appear more than once, how many there are, and the p that rows would have given."""
    of = [clusters[level] for level in (gap.level, gap.reference) if level in clusters]
    plain = naive.get((gap.level, gap.reference))
    if len(of) < 2 or plain is None or all(each.people == each.rows for each in of):
        return ""
    same = plain.p_adjusted == gap.p_adjusted or max(plain.p_adjusted, gap.p_adjusted) < 0.0001
    return SAYS(
        "clustered" if cluster else "recurring",
        cluster=cluster,
        level=gap.level,
        reference=gap.reference,
        own_rows=of[0].rows,
        own_people=of[0].people,
        their_rows=of[1].rows,
        their_people=of[1].people,
        naive_p=None if same else plain.p_adjusted,
    )


def _measures(gap: Gap, limits: Limits) -> dict[str, Measure]:
    pair, total = gap.pair, gap.pair.n + gap.pair.n_ref
    refusals, lacking = pair.unfavourable, Interval(*(max(0.0, -pair.n * end) for end in reversed(gap.difference)))
    sized = pair.sized
    own = wilson(sized.x, sized.n, limits.alpha)
    theirs = wilson(sized.x_ref, sized.n_ref, limits.alpha)
    return {
        "selection_rate": Measure(pair.rate, *own, n=pair.n),
        "reference_rate": Measure(pair.rate_ref, *theirs, n=pair.n_ref),
        "impact_ratio": Measure(pair.ratio, *gap.interval, n=total, limit=float(limits.impact_ratio)),
        "unfavourable_ratio": Measure(refusals.ratio, *gap.refusals, n=total, limit=float(1 / limits.impact_ratio)),
        "rate_difference": Measure(pair.rate - pair.rate_ref, *gap.difference, n=total),
        "z": Measure(gap.evidence.z, n=total),
        "p_value": Measure(gap.evidence.p, n=total),
        "p_adjusted": Measure(gap.p_adjusted, n=total, limit=limits.alpha),
        "shortfall": Measure(pair.shortfall(), *lacking, n=pair.n),
        "shortfall_to_limit": Measure(pair.shortfall_to(limits.impact_ratio), n=pair.n),
        "detectable_ratio": Measure(gap.detectable, n=total, limit=float(limits.impact_ratio)),
    }


def _gap(gap: Gap, comparison: Comparison, group: str, outcome: str, limits: Limits, total: float) -> Sentence:
    """State the rates, the evidence, and the result."""
    pair, evidence = gap.pair, gap.evidence
    return SAYS(
        "gap",
        "significant" if gap.evident else "not_significant",
        _reading(gap),
        group=group,
        outcome=outcome,
        z=evidence.z if evidence.z == evidence.z else None,
        pairs=comparison.pairs if comparison.pairs > 1 else None,
        lacking=max(0.0, pair.shortfall()),
        detectable=gap.detectable,
        unfavourable=pair.unfavourable.ratio,
        refusals=gap.refusals,
        refusal_limit=float(1 / limits.impact_ratio),
        share_ref=pair.n_ref / total,
        **facts_of(gap, limits),
    )


def _reading(gap: Gap) -> str:
    """Return the key of what the numbers mean."""
    if gap.refused or (gap.small and gap.state is State.BORDERLINE):
        return "refused" if gap.refused else "small_reference"
    if gap.reverse:
        return "reverse"
    if gap.state is State.CLEAR and gap.evident:
        return "in_favour" if gap.pair.rate > gap.pair.rate_ref else "within"
    if gap.state is not State.UNDETERMINED:
        return str(gap.state)
    if gap.flipped:
        return "flipped"
    return "could_show_nothing" if gap.detectable is None else "could_show"


def _remedy(gap: Gap, group: str) -> str | None:
    near = "ask" if gap.refused else "look" if gap.small else "watch"
    key = near if gap.state is State.BORDERLINE else "find" if gap.state.found else ""
    return SAYS(key, level=gap.level, group=group, reference=gap.reference) or None


def _needs(gap: Gap, comparison: Comparison, group: str, rate: float, limits: Limits) -> tuple[Need, ...]:
    """Return how many more rows would show a gap at the threshold, from the sizes and the overall rate alone."""
    if gap.state is not State.UNDETERMINED:
        return ()
    limit = float(limits.impact_ratio)
    own, theirs = rows_to_collect(rate, limit, gap.pair.n, gap.pair.n_ref, comparison.alpha, limits.power)
    purpose = to_see(limit, limits.power)
    return (*needed(group, gap.level, own, purpose), *needed(group, gap.reference, theirs, purpose))


def _settle(gap: Gap, group: str, counted: bool) -> str | None:
    if gap.state is not State.UNDETERMINED or counted:
        return None
    return SAYS("more_rows", level=gap.level, group=group)
