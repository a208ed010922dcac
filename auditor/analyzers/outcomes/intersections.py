"""Joint groups: who gets less in combination (OUT004), and who is hardly there at all (REP003)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import JOINT, TARGET, TWO_COLUMNS, UNWEIGHTED
from auditor.counts.effects import of_rates, of_rest
from auditor.counts.names import COUNT, NO_OUTCOME, OUTCOME
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Pair
from auditor.stats.patterns import uncovered
from auditor.stats.proportions import equal_rates, ratio_interval, wilson
from auditor.stats.shrink import Shrunk, shrink
from auditor.stats.tails import holm
from auditor.use.needs import at_least, needed
from auditor.use.policy import Limits
from auditor.use.says import Says
from auditor.use.usecase import UseCase

SAYS = Says(
    gap="The favourable outcome goes to {rate:percent} of '{level}' ({favourable:people} of {n:people}), compared with "
    "a mean of {mean:percent}. Shrunk towards the other groups, the rate is {shrunk:percent} {bounds:percents}. It is "
    "below {limit:number} of the mean with probability {below:fixed 3}. The impact ratio against all others is "
    "{ratio:ratio limit} {interval:interval limit} ({p:p}, Holm over {cells} groups).",
    find="Find where the gap of '{level}' arises before these outcomes are used.",
    none_shown="No gap (below {limit:number} of the mean rate of {mean:percent}) is shown for {cells} joint groups; "
    "{thin} have under {least} rows, too few to show a gap.{>open}",
    open=" A gap cannot be ruled out for {open} of them, especially '{level}'. Its ratio to all others may be as low "
    "as {low:ratio limit}; its shrunk rate is below with probability {below:fixed 3}.",
    more_rows="Collect more rows of the joint groups that may be below {limit:number} of the mean rate, '{level}' "
    "first, or make no claim about them.",
    missing="{named} has {rows:people} row{rows:s}, fewer than {least}. If the groups were independent, "
    "{expected:people} would be expected.",
    missing_perhaps="{named} has {rows:people} to {most:people} row{most:s}. If the groups were independent, "
    "{expected:people} would be expected.",
    level="{group} '{level}'",
)


@dataclass(frozen=True)
class _Cell:
    """One joint group with its counts."""

    levels: tuple[str, ...]
    favourable: float
    n: float
    rows: float

    @property
    def name(self) -> str:
        return " · ".join(self.levels)


def _cells(tally: Tally) -> list[_Cell]:
    """Return the joint groups of all group columns, memberships all recorded, largest first."""
    groups = tally.roles.groups
    counts: dict[tuple[str, ...], list[float]] = {}
    frame = tally.tables[groups]
    for *levels, outcome, n in frame[[*groups, OUTCOME, COUNT]].itertuples(index=False):
        if all(isinstance(level, str) for level in levels):
            cell = counts.setdefault(tuple(levels), [0, 0, 0])
            cell[0] += n * int(outcome == 1)
            cell[1] += n * int(outcome != NO_OUTCOME)
            cell[2] += n
    if groups in tally.withheld:  # of these the outcomes are not known
        frame = tally.withheld[groups]
        for *levels, n in frame[[*groups, COUNT]].itertuples(index=False):
            if all(isinstance(level, str) for level in levels):
                counts.setdefault(tuple(levels), [0, 0, 0])[2] += int(n)
    cells = [_Cell(levels, *found) for levels, found in counts.items()]
    return sorted(cells, key=lambda cell: (-cell.rows, cell.levels))


@rule(
    "OUT004",
    "intersection-gap",
    asks=Ask(
        "Explain or correct the gap of joint groups",
        "decision owner",
        "no joint group is below the threshold",
        ("level",),
    ),
    headlines=Headlines(
        found="'{level}' is selected at {rate:percent}, all joint groups at {mean:percent}",
        near="'{level}' is selected at {rate:percent}, near the threshold",
        open=("Too little data to rule out a gap of a joint group",),
        clear="No joint group is below the threshold",
    ),
    needs=(TARGET, TWO_COLUMNS, JOINT),
    units="counts",
    severity=Severity.CONDITION,
    pooled=True,
    suppressed="rest",
    measures=quantities("rate", "shrunk_rate", "probability_below_limit", "p_adjusted", "impact_ratio"),
)
def intersection_gap(evidence: Evidence, use: UseCase, *, certainty: float = 0.95) -> Iterator[Finding | Record]:
    """A joint group (say, women over forty) gets the favourable outcome at under four fifths of the others' rate.

    How it is measured: The rates of all joint groups are shrunk towards their common mean by a beta-binomial model,
    fully Bayesian on a grid, so that small groups are not over-interpreted. One group in twenty is assumed to be unlike
    the others, so that an exceptional group keeps its own rate. The report shows raw and shrunk rates side by side. A
    gap is found when the group differs from all other rows together with p below 0.025 after Holm's adjustment over the
    groups, and one of two conditions holds. Either its ratio to their rate is below the threshold (30 rows, and not
    because of one selection), or the probability that its rate lies below the threshold times the mean rate is above
    `certainty`. No issue is found only where every group has 30 rows, the interval of that ratio is at or above the
    threshold, and that probability is under 0.025.

    Why it matters: A gap may affect neither women nor older people in general, but older women.

    What to do: Examine the joint groups named as you would any group. A small one needs more rows before any claim.

    Source: Beta-binomial shrinkage with uniform priors on mean and shrinkage, mixed with a uniform prior for
    exceptional groups (a prior with heavy tails: Dawid 1973, Biometrika 60); Miettinen and Nurminen 1985; Holm 1979.
    The threshold is 29 CFR 1607.4(D)'s four fifths, compared here with all other groups together and not with the
    highest rate, which is picked by chance.
    """
    tally = evidence.tally
    cells = [cell for cell in _cells(tally) if cell.n]
    if len(cells) < 3:
        raise NotRun("fewer than three joint groups have outcomes")
    limit = float(use.limits.impact_ratio)
    of = [dict(zip(tally.roles.groups, cell.levels, strict=True)) for cell in cells]
    by = [(of_rates(tally, levels), of_rest(tally, levels)) for levels in of]
    own = [(cell.favourable / one, cell.n / one) for cell, (one, _) in zip(cells, by, strict=True)]
    shrunk = shrink([x for x, _ in own], [n for _, n in own], limit, use.limits.alpha)
    x, n = sum(cell.favourable for cell in cells), sum(cell.n for cell in cells)
    pairs = [Pair(c.favourable, c.n, x - c.favourable, n - c.n, *each) for c, each in zip(cells, by, strict=True)]
    p_values = holm([equal_rates(pair).p for pair in pairs])
    limits, shown = use.limits, 0
    alpha = limits.alpha / 2  # the slices of OUT005 spend the other half
    for cell, rate, pair, p in zip(cells, shrunk, pairs, p_values, strict=True):
        yield _row(tally, cell, rate, x / n, pair.effect)
        likely, strong = rate.below > certainty, rate.high < limit * x / n
        state = states.joint_group(pair, p, alpha, limits.impact_ratio, limits.min_n, likely=likely, strong=strong)
        if state.found:
            shown += 1
            yield _finding(tally, cell, rate, pair, p, (state, x / n, limits, len(cells)))
    if not shown:
        yield _none_shown(tally, list(zip(cells, shrunk, pairs, strict=True)), x / n, limits)


def _none_shown(tally: Tally, judged: Sequence[tuple[_Cell, Shrunk, Pair]], mean: float, limits: Limits) -> Finding:
    """State that no joint group is shown to have a gap, and for how many it cannot be ruled out.

    That is where the group's own ratio to all others lies within the limit with its whole interval, and its shrunk
    rate too: shrinkage alone would clear one group in three that lies just below the limit.
    """
    limit, share = limits.impact_ratio, limits.alpha / 2
    lows = [ratio_interval(pair, limits.alpha) for *_, pair in judged]
    possible = [
        (rate.below, cell.name, bounds.low)
        for (cell, rate, _), bounds in zip(judged, lows, strict=True)
        if not (rate.below < share and states.within_limits(bounds, low=limit))
    ]
    below, level, low = max(possible, default=(None, None, None))
    thin = sum(cell.n < limits.min_n for cell, *_ in judged)
    said = SAYS(
        "none_shown",
        cells=len(judged),
        limit=float(limit),
        mean=mean,
        thin=thin,
        least=limits.min_n,
        open=len(possible) or None,
        level=level,
        low=low,
        below=below,
        withheld=tally.outcomes_unknown,  # in no sentence here; saved audits have it among the facts
    )
    settle = SAYS("more_rows", limit=float(limit), level=level) if possible else None
    state = states.unshown(all_known=not thin and not possible)
    return Finding(state, {"group": " · ".join(tally.roles.groups)}, said, settle=settle)


def _row(tally: Tally, cell: _Cell, rate: Shrunk, mean: float, effect: float) -> Record:
    low, high = wilson(cell.favourable / effect, cell.n / effect)
    return {
        "group": " · ".join(tally.roles.groups),
        "level": cell.name,
        "levels": list(cell.levels),
        "n": cell.n,
        "selection_rate": cell.favourable / cell.n,
        "low": low,
        "high": high,
        "shrunk_rate": rate.rate,
        "shrunk_low": rate.low,
        "shrunk_high": rate.high,
        "probability_below_limit": rate.below,
        "mean_rate": mean,
    }


def _finding(
    tally: Tally, cell: _Cell, rate: Shrunk, pair: Pair, p: float, judged: tuple[State, float, Limits, int]
) -> Finding:
    state, mean, limits, cells = judged
    limit, raw = float(limits.impact_ratio), wilson(cell.favourable, cell.n, limits.alpha)
    bounds = ratio_interval(pair, limits.alpha)
    said = SAYS(
        "gap",
        level=cell.name,
        rate=cell.favourable / cell.n,
        favourable=cell.favourable,
        n=cell.n,
        shrunk=rate.rate,
        bounds=(rate.low, rate.high),
        mean=mean,
        limit=limit,
        below=rate.below,
        ratio=pair.ratio,
        interval=bounds,
        p=p,
        cells=cells,
    )
    return Finding(
        state,
        {"target": str(tally.roles.target), "group": " · ".join(tally.roles.groups), "level": cell.name},
        said,
        {
            "rate": Measure(cell.favourable / cell.n, *raw, n=cell.n),
            "shrunk_rate": Measure(rate.rate, rate.low, rate.high, n=cell.n, limit=limit * mean),
            "probability_below_limit": Measure(rate.below, n=cell.n),
            "p_adjusted": Measure(p, n=cell.n),
            "impact_ratio": Measure(pair.ratio, *bounds, n=pair.n + pair.n_ref, limit=limit),
        },
        remedy=SAYS("find", level=cell.name),
    )


@rule(
    "REP003",
    "intersection-missing",
    asks=Ask(
        "Collect rows of missing combinations, or exclude them from the use",
        "data owner",
        "every combination has the least number of rows",
        ("level",),
    ),
    headlines=Headlines(
        found="'{level}' is hardly in the data: {n:people} rows, {expected:people} expected",
        near="'{level}' is hardly in the data: {n:people} rows, as few as expected",
    ),
    needs=(TWO_COLUMNS, JOINT, UNWEIGHTED),
    units="facts",
    severity=Severity.NOTE,
    suppressed="bounds",
    measures=quantities("n", "expected"),
)
def intersection_missing(evidence: Evidence, use: UseCase, *, depth: int = 3) -> Iterator[Finding | Record]:
    """A combination of groups is hardly in the data although each of its groups is.

    How it is measured: Maximal uncovered patterns are combinations of up to `depth` group columns with fewer rows than
    the policy's least (30), all of whose generalisations have as many. The report gives the number expected if the
    columns were independent. Where that is small too, the combination is rare in itself.

    Why it matters: Results for women and for older people do not hold for older women who are not in the data.

    What to do: Collect rows of the combination, or state that the use makes no claim about it.

    Source: Asudeh, Jin and Jagadish 2019, arXiv:1810.06742.
    """
    tally = evidence.tally
    cells = _cells(tally)
    groups = tally.roles.groups
    axes = [sorted({cell.levels[i] for cell in cells}) for i in range(len(groups))]
    counts = np.zeros([len(axis) for axis in axes], dtype=np.int64)
    for cell in cells:
        counts[tuple(axis.index(level) for axis, level in zip(axes, cell.levels, strict=True))] += cell.rows
    least, more = use.limits.min_n, tally.left_out  # rows whose groups are not known
    total = int(counts.sum())
    for pattern in uncovered(counts, least, depth):
        named = [(group, axis[at]) for group, axis, at in zip(groups, axes, pattern, strict=True) if at is not None]
        if len(named) < 2:
            continue  # one group by itself is REP002's
        at = tuple(slice(None) if i is None else i for i in pattern)
        rows = int(counts[at].sum())
        shares = [counts.take(i, axis=axis).sum() / total for axis, i in enumerate(pattern) if i is not None]
        expected = total * float(np.prod(shares))
        joint = " · ".join(group for group, _ in named), " · ".join(level for _, level in named)
        said = SAYS(
            "missing_perhaps" if more else "missing",
            named=" and ".join(SAYS("level", group=group, level=level) for group, level in named),
            rows=rows,
            most=rows + more,
            least=least,
            expected=expected,
        )
        yield Finding(
            states.uncovered(rows, more, expected, least),
            {"group": joint[0], "level": joint[1]},
            said,
            {"n": Measure(rows, n=total, limit=least), "expected": Measure(expected, n=total)},
            needs=needed(*joint, least - rows - more, at_least(least)),
        )
