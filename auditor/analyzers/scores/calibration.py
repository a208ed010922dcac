"""Whether a score means the same in each group: SCO005."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, SCORE, TARGET
from auditor.analyzers.scores.unscored import without_scores
from auditor.counts.score_effects import ranked_effect, within_effect
from auditor.counts.scores import FAVOURABLE, OTHER, Scores, scores
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.binned import InTheLarge, in_the_large, joined
from auditor.stats.counts import Pair
from auditor.stats.proportions import Evidence as Tested
from auditor.stats.proportions import equal_rates, wilson
from auditor.stats.standardised import Estimate, pooled_difference
from auditor.stats.tails import holm
from auditor.stats.within import Within, equal_within
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

LEAST_GAP = 0.05  # a difference of rates at equal scores that counts
SHOWN_BINS = 10  # of the table and the chart
ROWS_OF_A_BIN = 20  # people on average, of those that are compared
LEAST_COVERED = 0.8  # of a group's rows, that must lie in bins with the reference
SAYS = Says(
    gap="At equal scores {group} '{level}' has the favourable outcome {side} '{reference}'. The difference is "
    "{points:points} points {bounds:points_interval}, {p:p} (Mantel-Haenszel over {bins:people} bin{bins:s} of the "
    "score).",
    more="more often than",
    less="less often than",
    as_often="as often as",
    harsh="So the score is too low for '{level}', beside '{reference}'.",
    mild="So the score is too high for '{level}', beside '{reference}'.",
    harsh_decided="So the score is too low for '{level}', beside '{reference}', or past decisions favoured this group.",
    mild_decided="So past decisions went against '{level}', or the score is too high for this group.",
    large="The mean score is {mean:percent} and the observed rate {rate:percent} of '{level}' (difference "
    "{large:points} points {large_bounds:points_interval}), and {mean_ref:percent} and {rate_ref:percent} of "
    "'{reference}' ({large_ref:points} points {large_bounds_ref:points_interval}).",
    uncovered="Only {covered:percent} of '{level}' lie in bins that hold both groups.",
    excludes="The favourable outcome is recorded for {rate:percent} and {rate_ref:percent}. Where such rates differ, a "
    "score that means the same in both groups cannot have equal error rates as well (SCO003), unless it is perfect.",
    agreement="Outcomes are past decisions: the score is compared with these, not with merit.",
    inconclusive="Inconclusive at this size.",
    more_rows="Collect outcomes of more people of '{level}' and '{reference}' ({group}) at equal scores.",
    watch="Monitor the outcomes of '{level}' ({group}) at equal scores.",
    find_decided="Find out whether past decisions or the score treat '{level}' and '{reference}' ({group}) "
    "differently. Do not fit the score to these decisions before that.",
    find="Find out why equal scores of '{level}' and '{reference}' ({group}) go with different outcomes. Recalibrate "
    "the score, or state in writing why the outcomes are not comparable.",
)


@dataclass(frozen=True)
class _Compared:
    """A level against the reference at equal scores."""

    group: str
    level: str
    reference: str
    within: Within
    difference: Estimate
    tested: Tested
    covered: float


@rule(
    "SCO005",
    "calibration-gap",
    about=SCORE,
    asks=Ask(
        "Explain why outcomes differ at equal scores, then correct the outcomes or the score",
        "model team",
        "outcomes at equal scores differ by under 5 points",
        ("level",),
    ),
    headlines=Headlines(
        found="Equal scores mean different outcomes for '{level}' and '{reference}'",
        near="Equal scores mean slightly different outcomes for '{level}' and '{reference}'",
        open="Too little data to compare what equal scores mean for '{level}' and '{reference}'",
        clear="Equal scores mean the same for '{level}' and '{reference}'",
    ),
    needs=(TARGET, GROUPS),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="rest",
    measures=quantities("calibration_difference", "calibration", "p_adjusted", "covered"),
    leading={"calibration_difference": "Difference of outcomes at equal scores"},
)
def calibration_gap(evidence: Evidence, use: UseCase, *, least_gap: float = LEAST_GAP) -> Iterator[Finding | Record]:
    """At equal scores the people of one group have the favourable outcome more often than those of another.

    How it is measured: Each group is compared with the reference of the outcomes (OUT001) within bins of the score,
    about 20 people to a bin, so that both have nearly equal scores. The difference of the favourable rates is
    Mantel-Haenszel's, with Sato's interval, which also holds for many small bins. The test is Cochran, Mantel and
    Haenszel's, Holm-adjusted over all groups and group columns. A gap in either direction is found when the difference
    is `least_gap` or more with p below 0.05, and strong when its whole interval is. A smaller significant one is near
    the threshold. No issue is found when the interval lies within `least_gap` and at least four fifths of the group lie
    in bins with the reference. Where all scores are from 0 to 1 they may be probabilities: then the mean score is
    compared with the observed rate of each group (calibration in the large), with intervals. This is reported and not
    judged, as a score need not be a probability. A table has the observed rate in ten bins with as many rows.

    Why it matters: If the same score means less for one group, a cut treats unequal people as equal.

    What to do: Find out first why outcomes differ. Where they are past decisions, these may be what is wrong: a score
    that is fitted to them repeats their gap. Recalibrate only to outcomes that measure what the score is for.
    Calibration and equal error rates exclude each other where base rates differ: choose in writing which of them the
    purpose needs.

    Source: Mantel and Haenszel 1959; Sato 1989, Biometrics 45; Kleinberg, Mullainathan and Raghavan 2017; Chouldechova
    2017; 5 points are a judgement.
    """
    tally = evidence.tally
    found: list[tuple[_Compared, Scores, dict[str, InTheLarge]]] = []
    for group in tally.roles.groups:
        scored = scores(tally, group)
        known = {level: of[:, :2] for level, of in scored.levels.items() if of[:, :2].sum()} if scored else {}
        if scored is None or len(known) < 2:
            continue
        large = _in_the_large(scored, known, tally, group, use)
        yield from _records(scored, group, known)
        yield from without_scores(tally, group, scored.column.name, tally.roles.target)
        reference = tally.reference(group, use)[0]
        if reference not in known:
            reference = max(known, key=lambda level: float(known[level].sum()))
        others = (level for level in known if level != reference)
        made = (_compared(known, group, (level, reference), tally, use) for level in others)
        found += [(one, scored, large) for one in made if one]
    if not found:
        raise NotRun("no two groups have an outcome at equal scores, or the bins of the score are suppressed")
    for (one, scored, large), p in zip(found, holm([of.tested.p for of, *_ in found]), strict=True):
        yield _finding(one, scored, large, p, tally, use, least_gap)


def _compared(
    known: Mapping[str, np.ndarray], group: str, names: tuple[str, str], tally: Tally, use: UseCase
) -> _Compared | None:
    """Compare two levels within bins that hold both; None where no bin does."""
    own, theirs = (known[name] for name in names)
    rows = (own + theirs).sum(axis=1)
    recur = max(1.0, *(ranked_effect(tally, group, level) for level in names))  # a bin needs as many people
    parts = joined(rows, max(SHOWN_BINS, int(rows.sum() // (ROWS_OF_A_BIN * recur))))
    counts = np.array(
        [
            (own[a:b, FAVOURABLE].sum(), own[a:b].sum(), theirs[a:b, FAVOURABLE].sum(), theirs[a:b].sum())
            for a, b in parts
        ]
    )
    both = (counts[:, 1] > 0) & (counts[:, 3] > 0)
    if not both.any():
        return None
    within = Within.of(counts[both], within_effect(tally, group, names, parts))
    difference = pooled_difference(within, use.limits.alpha)
    covered = float(counts[both, 1].sum() / counts[:, 1].sum())
    return _Compared(group, *names, within, difference, equal_within(within), covered)


def _in_the_large(
    scored: Scores, known: Mapping[str, np.ndarray], tally: Tally, group: str, use: UseCase
) -> dict[str, InTheLarge]:
    """Return the calibration in the large of each level; nothing where scores are no probabilities."""
    held = scored.all_rows.sum(axis=1) > 0
    values = scored.values
    if tally.roles.scoring.lower or not np.isfinite(values[held]).all() or values[held].min() < 0:
        return {}
    if values[held].max() > 1 or not tally.columns[scored.column.name].type.startswith(("DOUBLE", "FLOAT", "DECIMAL")):
        return {}
    values = np.where(held, values, 0.0)
    effects = {level: (tally.effects(group) or {}).get(level, 1.0) for level in known}
    return {
        level: in_the_large(values, of[:, FAVOURABLE], of[:, OTHER], use.limits.alpha, effects[level])
        for level, of in known.items()
    }


def _records(scored: Scores, group: str, known: Mapping[str, np.ndarray]) -> Iterator[Record]:
    """Yield the observed rate of each level in bins with as many rows, the lowest scores first."""
    rows = scored.all_rows.sum(axis=1)
    for at, (a, b) in enumerate(joined(rows, SHOWN_BINS)):
        for level, of in known.items():
            n, x = float(of[a:b].sum()), float(of[a:b, FAVOURABLE].sum())
            if n:
                bounds = wilson(x, n)
                yield {
                    "group": group,
                    "level": level,
                    "bin": scored.between(a, b),
                    "place": at,
                    "n": n,
                    "favourable": x,
                    "selection_rate": x / n,
                    "low": bounds.low,
                    "high": bounds.high,
                }


def _finding(
    of: _Compared,
    scored: Scores,
    large: Mapping[str, InTheLarge],
    p: float,
    tally: Tally,
    use: UseCase,
    least: float,
) -> Finding:
    value, bounds = of.difference
    n = float(of.within.rows)
    state = states.rate_gap(value, bounds, p, least, use.limits.alpha)
    state = states.within_strata(state, agree=True, covered=of.covered >= LEAST_COVERED)
    outcomes = tally.outcomes(of.group)
    effects = tally.effects(of.group)
    base = Pair(
        *outcomes[of.level], *outcomes[of.reference], effects.get(of.level, 1.0), effects.get(of.reference, 1.0)
    )
    facts: dict[str, object] = {
        "group": of.group,
        "level": of.level,
        "reference": of.reference,
        "points": value,
        "bounds": bounds,
        "p": p,
        "bins": of.within.strata,
        "side": SAYS("as_often" if not value else "more" if value > 0 else "less"),
        "covered": of.covered,
        "rate": base.rate,
        "rate_ref": base.rate_ref,
    }
    measures = {
        "calibration_difference": Measure(value, *bounds, n=n, limit=least),
        "p_adjusted": Measure(p, n=n, limit=use.limits.alpha),
        "covered": Measure(of.covered, n=n),
    }
    said_large = ""
    if {of.level, of.reference} <= {*large}:
        own, theirs = large[of.level], large[of.reference]
        measures["calibration"] = Measure(own.difference, *own.interval, n=n)
        said_large = SAYS(
            "large",
            level=of.level,
            reference=of.reference,
            mean=own.mean,
            rate=own.rate,
            large=own.difference,
            large_bounds=own.interval,
            mean_ref=theirs.mean,
            rate_ref=theirs.rate,
            large_ref=theirs.difference,
            large_bounds_ref=theirs.interval,
        )
    decided = "_decided" if use.label.kind in (None, "past_decision") else ""
    key = f"find{decided}" if state.found else "watch" if state is State.BORDERLINE else ""
    side = "harsh" if (value > 0) is not tally.roles.scoring.lower else "mild"
    return Finding(
        state,
        {
            "target": tally.roles.target or "",
            "column": scored.column.name,
            "group": of.group,
            "level": of.level,
            "reference": of.reference,
        },
        together(
            SAYS("gap", **facts),
            SAYS(f"{side}{decided}", **facts) if state.found else "",
            said_large,
            SAYS("uncovered", **facts) if of.covered < LEAST_COVERED else "",
            SAYS("inconclusive") if state is State.UNDETERMINED else "",
            SAYS("agreement") if decided else "",
            SAYS("excludes", **facts) if equal_rates(base).p < use.limits.alpha else "",
        ),
        measures,
        remedy=SAYS(key, **facts) or None,
        settle=SAYS("more_rows", **facts) if state is State.UNDETERMINED else None,
    )
