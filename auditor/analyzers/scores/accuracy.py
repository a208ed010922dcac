"""How well a score predicts the outcome of each group: SCO004."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, SCORE, TARGET
from auditor.analyzers.scores.unscored import without_scores
from auditor.counts.score_effects import area_effect
from auditor.counts.scores import FAVOURABLE, OTHER, Scores, scores
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.binned import Area, area, area_gap
from auditor.stats.changes import Moved
from auditor.stats.counts import Interval
from auditor.stats.tails import holm
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

LEAST_GAP = 0.05  # a difference of areas that counts
LEAST_ROWS = 10  # of either outcome
SAYS = Says(
    gap="The score ranks a favourable row of {group} '{level}' above another one of it with a probability of "
    "{own:fixed 3} [{own_low:fixed 3}, {own_high:fixed 3}] (AUC), and of '{reference}' with {theirs:fixed 3} "
    "[{theirs_low:fixed 3}, {theirs_high:fixed 3}]. The difference is {difference:signed 3} [{low:signed 3}, "
    "{high:signed 3}], {p:p} (Holm).",
    bins="Scores that share a bin count as equal.",
    against="Better scores go with the unfavourable outcome in both. Check which end of the score is the better one "
    "([label] score_higher_is_better), and which outcome is the favourable one.",
    agreement="Outcomes are past decisions, so the AUC is agreement with these decisions, not merit.",
    inconclusive="Inconclusive at this size.",
    few="'{level}' ({group}) has {favourable:people} favourable and {others:people} other rows with a score. With "
    "fewer than {least} of either it is not judged.",
    more_rows="Collect outcomes of more people of '{level}' ({group}) who have a score.",
    watch="Monitor how well the score predicts the outcome of '{level}' ({group}).",
    find="Find out why the score predicts the outcome of '{level}' ({group}) less well. Look for columns that are "
    "missing or mean less for this group.",
)


@rule(
    "SCO004",
    "accuracy-gap",
    about=SCORE,
    asks=Ask(
        "Improve the score for the group that it predicts less well",
        "model team",
        "the AUC of each group differs from the reference's by under 0.05",
        ("level",),
    ),
    headlines=Headlines(
        found="The score predicts the outcome of '{level}' less well than that of '{reference}' (AUC difference "
        "{auc_difference:fixed 2})",
        near="The score predicts the outcome of '{level}' slightly less well than that of '{reference}'",
        open="Too little data to compare how well the score predicts the outcomes of '{level}'",
        clear="The score predicts the outcomes of '{level}' and '{reference}' equally well",
    ),
    needs=(TARGET, GROUPS),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="rest",
    measures=quantities("auc", "auc_difference", "p_adjusted"),
    leading={"auc_difference": "AUC of the score, less the reference's"},
)
def accuracy_gap(evidence: Evidence, use: UseCase, *, least_gap: float = LEAST_GAP) -> Iterator[Finding | Record]:
    """A score ranks the people of one group less well than those of another.

    How it is measured: Within each group the AUC is the probability that a random favourable row has a better score
    than a random other one, ties counting half. It is computed from counts in bins of the score: a bin for each value,
    up to about 1,000, else quantiles. Variances are DeLong's, wider where people recur. Groups are different people, so
    that the variance of the difference to the reference of the outcomes (OUT001) is the sum. Its interval is made of
    the two areas' own, on the logit scale (MOVER). The test has the same error, Holm-adjusted over all groups and group
    columns. A gap in either direction is found when the difference is `least_gap` or more with p below 0.05, and strong
    when its whole interval is. A smaller significant one is near the threshold. No issue is found when the interval
    lies within `least_gap`. Groups with fewer than 10 rows of either outcome are not judged.

    Why it matters: A score that predicts little for a group selects from it nearly by chance, whatever its rate.

    What to do: Look for columns that are missing or mean less for the group, and for outcomes that are recorded less
    reliably.

    Source: DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44; Zou and Donner 2008; Holm 1979; 0.05 is a judgement.
    """
    tally = evidence.tally
    compared: list[tuple[Scores, str, str, str, dict[str, Area], Moved]] = []
    seen = False
    for group in tally.roles.groups:
        scored = scores(tally, group)
        if scored is None or len(scored.levels) < 2:
            continue
        areas = {}
        yield from without_scores(tally, group, scored.column.name, tally.roles.target)
        for level in scored.levels:
            own, others = counts(scored, level, lower=tally.roles.scoring.lower)
            if min(own.sum(), others.sum()) < LEAST_ROWS:
                seen = True
                yield _few(scored, group, level, tally)
                continue
            areas[level] = area(own, others, use.limits.alpha, area_effect(tally, group, level))
            yield _record(group, level, areas[level])
        if len(areas) < 2:
            continue
        reference = tally.reference(group, use)[0]
        if reference not in areas:
            reference = max(areas, key=lambda level: areas[level].own + areas[level].others)
        for level in areas:
            if level != reference:
                gap = area_gap(areas[level], areas[reference], use.limits.alpha)
                compared.append((scored, group, level, reference, areas, gap))
    if not compared:
        if not seen:
            raise NotRun("no group column has two groups with scores and both outcomes, or bins are suppressed")
        return
    adjusted = holm([gap.p for *_, gap in compared])
    for (scored, group, level, reference, areas, gap), p in zip(compared, adjusted, strict=True):
        yield _finding(scored, group, (level, reference), areas, gap, p, tally, use, least_gap)


def counts(scored: Scores, level: str, *, lower: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return the favourable and the other rows of a level by bin, the worst bin first."""
    order = slice(None, None, -1) if lower else slice(None)
    rows = scored.levels[level][order]
    return rows[:, FAVOURABLE], rows[:, OTHER]


def _few(scored: Scores, group: str, level: str, tally: Tally) -> Finding:
    own, others = counts(scored, level, lower=False)
    said = SAYS("few", level=level, group=group, favourable=own.sum(), others=others.sum(), least=LEAST_ROWS)
    subject = {"target": tally.roles.target or "", "column": scored.column.name, "group": group, "level": level}
    return Finding(states.NOT_KNOWN, subject, said, settle=SAYS("more_rows", level=level, group=group))


def _record(group: str, level: str, of: Area) -> Record:
    return {
        "group": group,
        "level": level,
        "n": of.own + of.others,
        "favourable": of.own,
        "auc": of.value,
        "low": of.interval.low,
        "high": of.interval.high,
    }


def _finding(
    scored: Scores,
    group: str,
    names: tuple[str, str],
    areas: Mapping[str, Area],
    gap: Moved,
    p: float,
    tally: Tally,
    use: UseCase,
    least: float,
) -> Finding:
    level, reference = names
    state = states.rate_gap(gap.value, gap.interval, p, least, use.limits.alpha)
    if gap.value > 0:  # the reference is predicted less well
        level, reference = reference, level
        gap = Moved(-gap.value, Interval(-gap.interval.high, -gap.interval.low), gap.p)
    own, theirs = areas[level], areas[reference]
    n = own.own + own.others
    key = "find" if state.found else "watch" if state is State.BORDERLINE else ""
    said = SAYS(
        "gap",
        group=group,
        level=level,
        reference=reference,
        own=own.value,
        own_low=own.interval.low,
        own_high=own.interval.high,
        theirs=theirs.value,
        theirs_low=theirs.interval.low,
        theirs_high=theirs.interval.high,
        difference=gap.value,
        low=gap.interval.low,
        high=gap.interval.high,
        p=p,
    )
    subject = {
        "target": tally.roles.target or "",
        "column": scored.column.name,
        "group": group,
        "level": level,
        "reference": reference,
    }
    return Finding(
        state,
        subject,
        together(
            said,
            SAYS("bins") if not scored.exact else "",
            SAYS("against") if max(own.interval.high, theirs.interval.high) < 0.5 else "",
            SAYS("inconclusive") if state is State.UNDETERMINED else "",
            SAYS("agreement") if use.label.kind in (None, "past_decision") else "",
        ),
        {
            "auc": Measure(own.value, *own.interval, n=n),
            "auc_difference": Measure(gap.value, *gap.interval, n=n + theirs.own + theirs.others, limit=-least),
            "p_adjusted": Measure(p, n=n, limit=use.limits.alpha),
        },
        remedy=SAYS(key, level=level, group=group) or None,
        settle=SAYS("more_rows", level=level, group=group) if state is State.UNDETERMINED else None,
    )
