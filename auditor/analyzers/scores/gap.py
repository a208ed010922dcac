"""How a score is distributed: SCO001."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, SCORE
from auditor.analyzers.scores.unscored import without_scores
from auditor.counts.score_effects import ranked_effect
from auditor.counts.scores import Scores, scores
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.stats.numeric import Delta, cliffs_delta
from auditor.stats.proportions import ratio_interval, wilson
from auditor.stats.tails import holm
from auditor.use.says import Says, together
from auditor.use.usecase import UseCase

SAYS = Says(
    delta="A random person of {group} '{level}' has a better score than one of '{reference}' with a probability of "
    "{area:fixed 3}, ties halved (0.5 is alike; Cliff's delta {delta:signed 3} [{low:signed 3}, {high:signed 3}], "
    "{p:p}).",
    rate="{rate:percent} of {n:people} and {rate_ref:percent} of {n_ref:people} score {side} the median of all rows. "
    "The ratio of these scoring rates is {ratio:ratio limit} {bounds:interval limit}.",
    above="above",
    below="below",
    about="The median lies within a bin of the score, so these rates are approximate.",
    open="The two groups share bins, so the delta is uncertain by a further {open_by:fixed 3} in either direction.",
    lost="Rows of these two groups without a score: {missing:people} ({missing_own:percent} of '{level}', "
    "{missing_theirs:percent} of '{reference}').",
    inconclusive="Inconclusive at this size.",
    find="Find out why the scores of '{level}' ({group}) are worse, before the score is used.",
    watch="Monitor the scores of '{level}' ({group}). They are worse, but by less than the threshold.",
    more_rows="Score more people of '{level}' and '{reference}' ({group}).",
)
OPEN = 0.02  # of a delta, from which the report states that bins leave it uncertain


@dataclass(frozen=True)
class _Compared:
    """Two levels; the first has the worse scores."""

    group: str
    level: str
    reference: str
    delta: Delta
    pair: Pair


@rule(
    "SCO001",
    "score-gap",
    about=SCORE,
    asks=Ask(
        "Explain or correct the gap in the score before it is used",
        "model team",
        "no gap is found, or it is justified in writing",
        ("level",),
    ),
    headlines=Headlines(
        found="'{level}' has worse scores than '{reference}' (Cliff's delta {cliffs_delta:signed 2})",
        near="'{level}' has worse scores than '{reference}', near the threshold",
        open="Too little data to compare the scores of '{level}' and '{reference}'",
        clear="The scores of '{level}' and '{reference}' are alike",
    ),
    needs=(GROUPS,),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="rest",
    measures=quantities("cliffs_delta", "scoring_rate", "impact_ratio", "p_adjusted", "missing_share"),
    leading={"cliffs_delta": "Cliff's delta of the score"},
)
def score_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """The scores of a group are worse than those of another.

    How it is measured: Each group is compared with the one that has the highest scoring rate, among those large enough,
    unless the use fixes another. The probability that a random person of one group has a better score than one of the
    other is judged as Cliff's delta (twice that less one), from counts in bins of the score: a bin for each value, up
    to about 1,000, else quantiles. Its interval and the Brunner-Munzel test are those of OUT002, Holm over all groups
    and group columns. A gap is found when the delta is beyond 0.28 (medium) with p below 0.05, and strong when its
    whole interval is. It is near the threshold beyond 0.11 (small). No issue is found when the interval is within 0.11
    in both directions. The scoring rate is the share above the median of all rows (below it, where low scores are
    better), with its impact ratio and interval. It is reported and not judged, as SCO002 judges the cut. A policy that
    asks for tables publishes it (POL001). Rows without a score are counted by group.

    Why it matters: A score that is worse for a group selects fewer of it at most cuts.

    What to do: Find which inputs of the score differ between the groups, and whether they measure what the score is
    for.

    Source: 6 RCNY 5-301(c) (scoring rate); Cliff 1993; Brunner and Munzel 2000; the thresholds are Cohen's d of 0.2 and
    0.5.
    """
    tally = evidence.tally
    found: list[tuple[_Compared, Scores]] = []
    for group in tally.roles.groups:
        scored = scores(tally, group)
        levels = [level for level, of in scored.levels.items() if of.sum() > 1] if scored else []
        if scored is None or len(levels) < 2:
            continue
        yield from _records(scored, group, levels, tally)
        yield from without_scores(tally, group, scored.column.name)
        found += [(each, scored) for each in _compared(scored, group, levels, tally, use)]
    if not found:
        raise NotRun("no group column has two groups with scores, or the bins of the score are suppressed")
    for (each, scored), p in zip(found, holm([of.delta.p for of, _ in found]), strict=True):
        yield _finding(each, scored, p, tally, use)


def better(scored: Scores, lower: bool) -> np.ndarray:
    """Return which bins lie beyond the median of all rows, on the better side."""
    place = np.arange(len(scored.edges) + 1)
    return place < scored.upper_median if lower else place > scored.median


def _records(scored: Scores, group: str, levels: list[str], tally: Tally) -> Iterator[Record]:
    beyond = better(scored, tally.roles.scoring.lower)
    for level in levels:
        rows = scored.levels[level].sum(axis=1)
        n, x = float(rows.sum()), float(rows[beyond].sum())
        by = ranked_effect(tally, group, level)
        bounds = wilson(x / by, n / by)
        lost = float(scored.missing[level].sum())
        yield {
            "group": group,
            "level": level,
            "n": n,
            "missing": lost,
            "selection_rate": x / n,
            "low": bounds.low,
            "high": bounds.high,
            "quantiles": [_quantile(scored, rows, share) for share in (0.1, 0.25, 0.5, 0.75, 0.9)],
        }


def _quantile(scored: Scores, rows: np.ndarray, share: float) -> float | None:
    at = int(np.searchsorted(np.cumsum(rows), share * rows.sum() - 1e-9))
    value = float(scored.values[min(at, len(rows) - 1)])
    return value if np.isfinite(value) else None


def _compared(scored: Scores, group: str, levels: list[str], tally: Tally, use: UseCase) -> Iterator[_Compared]:
    """Yield each level against the reference, in the direction in which the first has the worse scores."""
    lower = tally.roles.scoring.lower
    beyond = better(scored, lower)
    rows = {level: scored.levels[level].sum(axis=1) for level in levels}
    counts = {level: (float(of[beyond].sum()), float(of.sum())) for level, of in rows.items()}
    reference = use.terms(group).choose(counts)[0]
    by = {level: ranked_effect(tally, group, level) for level in levels}
    for level in levels:
        if level != reference:
            own, theirs = (rows[name] / by[name] for name in (level, reference))
            delta = cliffs_delta(own, theirs, use.limits.alpha, scored.single)
            delta = delta.turned if lower else delta
            names = (level, reference) if delta.value <= 0 else (reference, level)
            delta = delta if delta.value <= 0 else delta.turned
            sizes = (by[names[0]], by[names[1]])
            yield _Compared(group, *names, delta, Pair(*counts[names[0]], *counts[names[1]], *sizes))


def _finding(of: _Compared, scored: Scores, p: float, tally: Tally, use: UseCase) -> Finding:
    limits, pair, delta = use.limits, of.pair, of.delta
    terms = use.terms(of.group)
    sizes = {level: (0.0, float(rows.sum())) for level, rows in scored.levels.items()}
    state = states.delta_gap(delta, p, limits.alpha, firm=of.reference in terms.large(sizes))
    if state is State.CLEAR and delta.interval.high > states.SMALL:
        state = states.NOT_KNOWN  # the other group's scores may be worse
    missing = {level: float(scored.missing[level].sum()) for level in (of.level, of.reference)}
    shares = {level: lost / (lost + sizes[level][1]) for level, lost in missing.items()}
    ratio, bounds, n = pair.ratio, ratio_interval(pair, limits.alpha), pair.n + pair.n_ref
    facts = {
        "group": of.group,
        "level": of.level,
        "reference": of.reference,
        "area": (delta.value + 1) / 2,
        "delta": delta.value,
        "low": delta.interval.low,
        "high": delta.interval.high,
        "p": p,
        "rate": pair.rate,
        "n": pair.n,
        "rate_ref": pair.rate_ref,
        "n_ref": pair.n_ref,
        "side": SAYS("below" if tally.roles.scoring.lower else "above"),
        "ratio": ratio,
        "bounds": bounds,
        "limit": float(limits.impact_ratio),
        "open_by": delta.open_by,
        "missing": sum(missing.values()),
        "missing_own": shares[of.level],
        "missing_theirs": shares[of.reference],
    }
    key = "find" if state.found else "watch" if state is State.BORDERLINE else ""
    return Finding(
        state,
        {"column": scored.column.name, "group": of.group, "level": of.level, "reference": of.reference},
        together(
            SAYS("delta", **facts),
            SAYS("rate", **facts),
            SAYS("about") if not scored.median_known else "",
            SAYS("open", **facts) if delta.open_by >= OPEN else "",
            SAYS("inconclusive") if state is State.UNDETERMINED else "",
            SAYS("lost", **facts) if facts["missing"] else "",
        ),
        {
            "cliffs_delta": Measure(delta.value, *delta.interval, n=n, limit=-states.MEDIUM),
            "scoring_rate": Measure(pair.rate, *wilson(pair.sized.x, pair.sized.n, limits.alpha), n=pair.n),
            "impact_ratio": Measure(ratio, *bounds, n=n, limit=float(limits.impact_ratio)),
            "p_adjusted": Measure(p, n=n, limit=limits.alpha),
            "missing_share": Measure(shares[of.level], n=pair.n + missing[of.level]),
        },
        remedy=SAYS(key, **facts) or None,
        settle=SAYS("more_rows", **facts) if state is State.UNDETERMINED else None,
    )
