"""Gaps at the stages of a process: STG001."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import Column, Comparison, Gap, compare_all
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.gap_facts import facts_of
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, STAGES, WHOLE_STAGES
from auditor.analyzers.unrecorded import Unrecorded, unrecorded
from auditor.counts.funnel import At, Stage, funnel
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Interval, Pair
from auditor.stats.gaps import turned_interval
from auditor.stats.products import Product, product
from auditor.stats.proportions import equal_rates, wilson
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence, together
from auditor.use.usecase import UseCase

WHOLE = "(whole process)"

SAYS = Says(
    gap="Stage '{stage}' is passed by {rate:percent} of {group} '{level}' ({x:people} of {n:people}) and "
    "{rate_ref:percent} of '{reference}' ({x_ref:people} of {n_ref:people}), conditional on having come so far. The "
    "impact ratio is {impact_ratio:ratio limit} ({confidence} interval {bounds:interval limit}).",
    significant="The difference is statistically significant ({p:p}, {test}, Holm over {pairs} tests of all stages).",
    not_significant="The difference is not statistically significant ({p:p}, {test}, Holm over {pairs} tests of all "
    "stages).",
    beside="This is the widest gap at the stage between two groups other than the fixed reference.",
    shown_strong="The ratio is below {threshold} even at the upper end of the {confidence} confidence interval.",
    shown="The ratio is below {limit:number} and statistically significant, but the confidence interval includes "
    "{limit:number}.",
    borderline="The ratio is not below {limit:number}, but the confidence interval reaches below it.",
    small_reference="'{reference}' is too small a part of those at the stage to be a reference.",
    refused="Those who do not pass are {unfavourable:ratio refusal_limit} times as frequent for '{level}'.",
    short="Shortfall: {lacking:people} who would have passed.",
    clear="The ratio is within {threshold} over the whole {confidence} confidence interval.",
    flipped="Inconclusive, because the numbers are small. One person moved from one group to the other would reverse "
    "the order.",
    could_show="Inconclusive. Groups of this size would reliably show only ratios of {detectable:ratio limit} or less.",
    could_show_nothing="Inconclusive. Groups of this size would not reliably show any gap, however large.",
    whole="Over the whole process the ratio is {process:ratio limit} {process_bounds:interval limit}.",
    part="This stage makes {part:percent} {part_bounds:percents} of that gap{>most}.",
    most=", more than any other",
    withdrawn="Those who withdrew at this stage are not in its rates.",
    uneven="'{more}' withdrew significantly more often at this stage than '{less}' ({>shares}{p_uneven:p}), and may "
    "have had a reason to. They could change the ratio as people without a recorded outcome could.",
    shares="{share_more:percent} against {share_less:percent}, ",
    contradicted="Some did not pass by their record but passed a later stage. They are not in the rates.",
    one_group="'{group}' has only one group at stage '{stage}', '{only}', so there is nothing to compare.",
    nobody="Nobody of '{level}' ({group}) came to a decision at stage '{stage}', so there is nothing to compare.",
    no_group="'{group}' has no group at stage '{stage}', so there is nothing to compare.",
    find="Find why '{level}' ({group}) pass stage '{stage}' less often than '{reference}': who decides, by which test "
    "or criterion, and whether it belongs to the job.",
    watch="Monitor stage '{stage}' for '{level}' ({group}). The ratio is near the threshold.",
    more_rows="Collect more decisions about '{level}' ({group}) at stage '{stage}', for example those of further "
    "years.",
)


@dataclass(frozen=True)
class _Judged:
    """What was found at one stage of a group column, and over all stages: level -> the product of the ratios.

    `least`: fewer rows are in no number that is shown.
    """

    group: str
    stage: Stage
    comparison: Comparison
    whole: Mapping[str, Product]
    place: int
    limits: Limits
    least: int

    def part(self, level: str) -> tuple[float, Interval] | None:
        """Return the stage's part of the gap of the whole process of a level, where there is one."""
        return self.whole[level].parts[self.place] if level in self.whole else None


@rule(
    "STG001",
    "stage-gap",
    about=STAGES,
    asks=Ask(
        "Explain or correct the gap at the stages where it arises",
        "decision owner",
        "no gap is found at the stage, or it is justified in writing",
        ("stage", "level"),
    ),
    headlines=Headlines(
        found="Stage '{stage}' is passed by {selection_rate:percent} of '{level}' and {reference_rate:percent} of "
        "'{reference}': impact ratio {impact_ratio:fixed 2}",
        near="Stage '{stage}' is passed by {selection_rate:percent} of '{level}' and {reference_rate:percent} of "
        "'{reference}': near the threshold",
        open="Too little data at stage '{stage}' to compare '{level}' and '{reference}'",
        clear="Stage '{stage}' is passed by {selection_rate:percent} of '{level}' and {reference_rate:percent} of "
        "'{reference}': within the threshold",
    ),
    needs=(GROUPS, WHOLE_STAGES),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="rest",
    measures=quantities(
        "selection_rate",
        "reference_rate",
        "impact_ratio",
        "rate_difference",
        "z",
        "p_value",
        "p_adjusted",
        "shortfall",
        "detectable_ratio",
        "impact_ratio_bounds",
        "process_ratio",
        "part_of_gap",
    ),
    leading={"impact_ratio": "Impact ratio at a stage"},
)
def stage_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A group passes a stage of the process at under four fifths of the reference group's rate.

    How it is measured: Each stage is judged among those who passed all stages before it, so every rate is conditional
    on having come so far. The ratio, its interval, the test, the threshold, the reference and the states are OUT001's;
    the tests of all stages and of all pairs of groups are one family (Holm). The reference is the same at every stage.
    People who withdrew before the decision at a stage are not in its rate, nor in a later one; they are taken to be
    like those who stayed, unless one group withdrew significantly more often. Nor are people whose entry is missing, or
    who passed a later stage without this one by their record. The report gives the lowest and highest ratio that these
    entries allow; where they are many, a ratio that could be below the threshold is inconclusive. The ratios of the
    stages multiply to the ratio of the whole process. Its interval is by Greenwood's variance. Where it excludes 1, the
    logarithm of each stage's ratio, over that of the whole, is the part of the gap that the stage makes, with an
    interval by the delta method. A part above 1 or below 0 means that another stage works the other way. Late stages
    have few people; where these are too few, the stage is inconclusive.

    Why it matters: A gap of a whole process has to be found at the stage where it arises before it can be corrected.
    Equal rates over the whole process may hide a stage that filters a group out, and another that makes up for it. But
    those who reach a late stage were selected: equal rates there are no evidence of equal treatment before.

    What to do: Judge the whole process first (OUT001), then the stages. At the stage that makes most of the gap, find
    out who decides, by what, and whether that belongs to the job.

    Source: 29 CFR 1607.4(C) (the total process first, then its components) and 1607.16(Q) (selection rate); Questions
    and Answers 15, 44 FR 11996 (those who withdraw are not rejected); Kaplan and Meier 1958 and Greenwood 1926
    (product of rates); Holm 1979.
    """
    columns: dict[str, Column] = {}
    found: dict[str, list[Stage]] = {}
    for group in evidence.tally.roles.groups:
        found[group] = list(funnel(evidence.tally, group))
        against = evidence.tally.reference(group, use) if evidence.tally.outcomes(group) else None
        for i, stage in enumerate(found[group]):
            if len(stage.counts) > 1:
                terms = use.terms(group)
                columns[_key(group, i)] = Column(stage.counts, terms, stage.effects, against=against)
    if not columns:
        raise NotRun("no stage has two groups to compare")
    compared = compare_all(columns, evidence.beside)
    for group, stages in found.items():
        there = [compared.get(_key(group, i)) for i in range(len(stages))]
        whole = _whole(stages, there, use.limits.alpha)
        yield from _processes(group, stages, there, whole)
        for i, (stage, comparison) in enumerate(zip(stages, there, strict=True)):
            if comparison is None:
                only = next(iter(stage.counts), None)
                said = SAYS("one_group" if only else "no_group", group=group, stage=stage.name, only=only)
                yield Finding(states.NOTHING_TO_JUDGE, {"group": group, "stage": stage.name}, said)
                continue
            judged = _Judged(group, stage, comparison, whole, i, use.limits, use.groups.min_report_cell)
            yield from _records(judged)
            yield from _findings(judged, evidence.tally)
            for level in stages[0].counts:
                if level not in stage.counts:
                    subject = {"group": group, "stage": stage.name, "level": level}
                    yield Finding(states.NOTHING_TO_JUDGE, subject, SAYS("nobody", **subject))


def _key(group: str, stage: int) -> str:
    return f"{stage} {group}"


def _whole(stages: Sequence[Stage], compared: Sequence[Comparison | None], alpha: float) -> dict[str, Product]:
    """Return the product of the ratios of every level that was compared with one reference at every stage."""
    references = {one.reference for one in compared if one}
    reference = next(iter(references), None)
    if len(references) != 1 or reference is None or any(reference not in stage.counts for stage in stages):
        return {}
    made = {}
    for level in stages[0].counts:
        came = [stage for stage in stages if level in stage.counts]
        # Where nobody of a level passed a stage, nobody came to the next one, and the rate of the whole is 0.
        if level == reference or came != stages[: len(came)] or (len(came) < len(stages) and came[-1].counts[level][0]):
            continue
        pairs = [_pair(stage, level, reference) for stage in came]
        made[level] = product([*pairs, *(Pair(0, 1, *of.counts[reference]) for of in stages[len(came) :])], alpha)
    return made


def _pair(stage: Stage, level: str, reference: str) -> Pair:
    effects = (stage.effects.get(of, 1.0) for of in (level, reference))
    return Pair(*stage.counts[level], *stage.counts[reference], *effects)


def _processes(
    group: str, stages: Sequence[Stage], compared: Sequence[Comparison | None], whole: Mapping[str, Product]
) -> Iterator[Record]:
    """Yield a record of the whole process for each level, the reference first."""
    if not whole:
        return
    reference = next(one.reference for one in compared if one)
    rates = {reference: next(iter(whole.values())).rate_ref, **{level: of.rate for level, of in whole.items()}}
    entered = {of.level: of.entered for of in stages[0].at}
    for level in rates:
        of = whole.get(level)
        yield {
            "kind": "process",
            "group": group,
            "stage": WHOLE,
            "level": level,
            "reference": reference,
            "entered": entered[level],
            "selection_rate": rates[level],
            "impact_ratio": of.ratio if of else None,
            "ratio_low": of.interval.low if of else None,
            "ratio_high": of.interval.high if of else None,
        }


def _records(judged: _Judged) -> Iterator[Record]:
    """Yield a record for each level at a stage, the reference first, those without a recorded group last."""
    comparison = judged.comparison
    gaps = {frozenset((gap.level, gap.reference)): gap for gap in comparison.gaps}

    def order(of: At) -> tuple[bool, bool, float]:
        return of.level is None, of.level != comparison.reference, -of.entered

    for of in sorted(judged.stage.at, key=order):
        gap = gaps.get(frozenset((of.level or "", comparison.reference)))
        part = judged.part(of.level) if of.level else None
        by = judged.stage.effects.get(of.level or "", 1.0)
        bounds = wilson(of.passed / by, of.decided / by) if of.decided else None
        pair = _pair(judged.stage, str(of.level), comparison.reference) if gap else None
        bounds_of_ratio = gap.interval if gap else None
        if gap and gap.level != of.level:
            bounds_of_ratio = turned_interval(gap.interval)
        yield {
            "group": judged.group,
            "stage": judged.stage.name,
            "level": of.level,
            "reference": comparison.reference,
            "entered": of.entered,
            "n": of.decided,
            "selected": of.passed,
            "withdrawn": of.withdrawn,
            "unknown": of.unknown + of.contradicted,
            "selection_rate": of.passed / of.decided if of.decided else None,
            "low": bounds.low if bounds else None,
            "high": bounds.high if bounds else None,
            "impact_ratio": pair.ratio if pair else None,
            "ratio_low": bounds_of_ratio.low if bounds_of_ratio else None,
            "ratio_high": bounds_of_ratio.high if bounds_of_ratio else None,
            "p_adjusted": gap.p_adjusted if gap else None,
            "part": part[0] if part else None,
            "part_low": part[1].low if part else None,
            "part_high": part[1].high if part else None,
        }


def _findings(judged: _Judged, tally: Tally) -> Iterator[Finding]:
    comparison, limits = judged.comparison, judged.limits
    for gap in (*comparison.gaps, *([comparison.widest] if comparison.widest else [])):
        uneven = _uneven(judged, gap)
        missing = unrecorded([of.cell(withdrawn=uneven is not None) for of in judged.stage.at], gap, limits)
        state = gap.state
        if missing is not None:
            state = states.despite_unknown(state, missing.worst, limits.impact_ratio, matters=missing.matters)
        lost = missing if state is not gap.state else None
        subject = {"group": judged.group, "stage": judged.stage.name, "level": gap.level, "reference": gap.reference}
        yield Finding(
            state,
            {**({"target": tally.roles.target} if tally.roles.target else {}), **subject},
            together(
                SAYS("beside") if gap is comparison.widest else "",
                _message(judged, gap),
                uneven or "",
                missing.said(limits, lost=lost is not None) if missing else "",
            ),
            _measures(judged, gap) | ({"impact_ratio_bounds": missing.measure} if missing else {}),
            remedy=_remedy(state, subject),
            settle=_settle(state, subject, lost),
        )


def _uneven(judged: _Judged, gap: Gap) -> Sentence | None:
    """State that significantly more of one group withdrew at the stage; None where that is not so."""
    pair = sorted(_of_both(judged, gap), key=lambda of: -of.withdrawn / of.entered)
    more, less = pair
    test = equal_rates(Pair(more.withdrawn, more.entered, less.withdrawn, less.entered))
    if not test.p < judged.limits.alpha:
        return None
    shown = all(of.withdrawn == 0 or of.withdrawn >= judged.least for of in pair)  # a share of few gives their number
    shares = {"share_more": more.withdrawn / more.entered, "share_less": less.withdrawn / less.entered} if shown else {}
    return SAYS("uneven", more=more.level, less=less.level, p_uneven=test.p, **shares)


def _of_both(judged: _Judged, gap: Gap) -> list[At]:
    return [of for of in judged.stage.at if of.level in (gap.level, gap.reference)]


def _message(judged: _Judged, gap: Gap) -> Sentence:
    """State the rates at the stage, the evidence, the result, and what the stage adds to the whole."""
    pair, limits, of = gap.pair, judged.limits, _of_both(judged, gap)
    level = gap.level if gap.level != judged.comparison.reference else gap.reference
    whole = judged.whole.get(level) if judged.comparison.reference in (gap.level, gap.reference) else None
    part = judged.part(level) if whole else None
    matters = states.is_gap(gap.state) and whole is not None
    return SAYS(
        "gap",
        "significant" if gap.evident else "not_significant",
        _reading(gap),
        "short" if states.is_gap(gap.state) and not gap.refused else "",
        "whole" if matters else "",
        "part" if matters and part else "",
        "withdrawn" if any(each.withdrawn for each in of) else "",
        "contradicted" if any(each.contradicted for each in of) else "",
        stage=judged.stage.name,
        group=judged.group,
        pairs=judged.comparison.pairs,
        lacking=pair.shortfall(),
        detectable=gap.detectable,
        unfavourable=pair.unfavourable.ratio,
        refusal_limit=float(1 / limits.impact_ratio),
        process=whole.ratio if whole else None,
        process_bounds=whole.interval if whole else None,
        part=part[0] if part else None,
        part_bounds=part[1] if part else None,
        most="yes" if whole and part and part[0] == max(each[0] for each in whole.parts if each) else None,
        **facts_of(gap, limits),
    )


def _reading(gap: Gap) -> str:
    """Return the key of what the numbers mean."""
    if gap.refused or (gap.small and gap.state is State.BORDERLINE):
        return "refused" if gap.refused else "small_reference"
    if gap.state is not State.UNDETERMINED:
        return str(gap.state)
    if gap.flipped:
        return "flipped"
    return "could_show_nothing" if gap.detectable is None else "could_show"


def _measures(judged: _Judged, gap: Gap) -> dict[str, Measure]:
    pair, limits, total = gap.pair, judged.limits, gap.pair.n + gap.pair.n_ref
    sized, limit = pair.sized, float(limits.impact_ratio)
    lacking = Interval(*(max(0.0, -pair.n * end) for end in reversed(gap.difference)))
    found = {
        "selection_rate": Measure(pair.rate, *wilson(sized.x, sized.n, limits.alpha), n=pair.n),
        "reference_rate": Measure(pair.rate_ref, *wilson(sized.x_ref, sized.n_ref, limits.alpha), n=pair.n_ref),
        "impact_ratio": Measure(pair.ratio, *gap.interval, n=total, limit=limit),
        "rate_difference": Measure(pair.rate - pair.rate_ref, *gap.difference, n=total),
        "z": Measure(gap.evidence.z, n=total),
        "p_value": Measure(gap.evidence.p, n=total),
        "p_adjusted": Measure(gap.p_adjusted, n=total, limit=limits.alpha),
        "shortfall": Measure(pair.shortfall(), *lacking, n=pair.n),
        "detectable_ratio": Measure(gap.detectable, n=total, limit=limit),
    }
    reference = judged.comparison.reference
    level = gap.reference if gap.level == reference else gap.level
    if (whole := judged.whole.get(level)) and reference in (gap.level, gap.reference):
        found["process_ratio"] = Measure(whole.ratio, *whole.interval, n=total, limit=limit)
        if part := judged.part(level):
            found["part_of_gap"] = Measure(part[0], *part[1], n=total)
    return found


def _remedy(state: State, subject: Mapping[str, str]) -> str | None:
    key = "watch" if state is State.BORDERLINE else "find" if state.found else ""
    return SAYS(key, **subject) or None


def _settle(state: State, subject: Mapping[str, str], lost: Unrecorded | None) -> str | None:
    if lost:
        return lost.settle(subject["group"], subject["level"], subject["reference"])
    return SAYS("more_rows", **subject) if state is State.UNDETERMINED else None
