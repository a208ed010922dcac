"""Subgroups defined by several columns, with low selection rates: OUT005."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import SLICES, TARGET, UNWEIGHTED
from auditor.counts.extras import Slice, Slices
from auditor.counts.tally import Tally
from auditor.model import Finding, Measure, Severity, State
from auditor.stats import proportions
from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import equal_rates, newcombe, ratio_interval, wilson
from auditor.stats.slices import is_low
from auditor.stats.tails import benjamini_hochberg
from auditor.use.nameable import value_text
from auditor.use.policy import Limits
from auditor.use.roles import Roles
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

MOST = 20  # findings; the table has every slice that was tested

SAYS = Says(
    gap="{slice}: {outcome} for {rate:percent} of {n:people}, and for {rate_ref:percent} of all {n_ref:people} other "
    "rows. The impact ratio is {impact_ratio:ratio limit} {bounds:interval limit} (z = {z:signed}, {p:p}, "
    "{test}{>family}).",
    family=", Benjamini-Hochberg over {slices} subgroups",
    shown_strong="The ratio is below {limit:number} even at the upper end of the confidence interval.",
    shown="The ratio is below {limit:number} and statistically significant, but the confidence interval includes "
    "{limit:number}.",
    tested="The subgroup was found on some rows and tested on {rows:people} held-out rows with an outcome ({parts}).",
    recurring="Some people appear more than once; statistics treat people, not rows, as independent.",
    clustered="Rows come in clusters ('{cluster}'); statistics treat clusters, not rows, as independent.",
    lacking="Shortfall: {lacking:people} favourable outcome{lacking:s}.",
    find="Find out who is in the subgroup '{slice}' and why its selection rate is lower before the outcomes are used.",
    one_not="The one subgroup with a low rate in the search was not found {>below_threshold}{>below_one}.",
    none_of="Of the {slices} subgroups with low rates in the search, not one was found {>below_threshold}{>below}.",
    below_threshold="below {limit:number} times the rate of all other rows",
    held_out="The test used {rows:people} held-out row{rows:s} with an outcome ({parts}).",
    below="; {low} of them {low:are} below it, but not significantly",
    below_one="; it is below it, but not significantly",
    lowest="The subgroup whose interval reaches lowest has a ratio of {ratio:ratio limit} {bounds:interval limit}.",
    settle="Collect more rows. The smallest subgroups have too few for a result.",
    unsearched="Subgroups with under 1% of the rows, more than three conditions or finer bins were not searched, so a "
    "gap in a small subgroup may be missed.",
)


@dataclass(frozen=True)
class _Tested:
    """A subgroup against all other tested rows; `slices` is how many were tested.

    `units` are the independent rows where people recur, fewer than in `pair`.
    """

    conditions: frozenset[tuple[str, str]]
    name: str
    pair: Pair
    units: Pair
    interval: Interval
    evidence: proportions.Evidence
    p_adjusted: float
    slices: int

    def state(self, limits: Limits) -> State:
        """Decide as OUT001 does, at half of alpha."""
        limit, alpha = limits.impact_ratio, limits.alpha / 2
        return states.lower_slice(
            self.pair, self.units, self.interval.high, self.p_adjusted, limit, alpha, limits.min_n
        )


@rule(
    "OUT005",
    "subgroup-gap",
    asks=Ask("Review the subgroups with low selection rates", "decision owner", "the gaps are explained", ("slice",)),
    headlines=Headlines(
        found="{slice}: selected at {selection_rate:percent}, all others at {reference_rate:percent}",
        open="No subgroup defined by several columns could be shown or ruled out",
        clear="No subgroup defined by several columns falls below the threshold",
    ),
    needs=(TARGET, UNWEIGHTED, SLICES),
    units="models",
    severity=Severity.NOTE,
    measures=quantities(
        "selection_rate", "reference_rate", "support", "impact_ratio", "rate_difference", "z", "p_adjusted"
    ),
)
def subgroup_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """A subgroup defined by several columns is selected at less than four fifths of the rate of all others.

    How it is measured: A subgroup (slice) is one to three levels of as many columns, with at least 1% of the rows. The
    columns are groups and features; numbers are in quarters, and a missing value is a level. Subgroups are found on one
    part of the rows (at most 50,000, and at most half) and tested on the held-out part (at most 500,000), so that the
    search does not bias the test. All rows of a cluster, of a person, or all equal rows, are in one part. Up to 50
    subgroups of lowest rate are tested against all other rows together, as OUT001 tests a group: ratio with its
    Miettinen-Nurminen interval, pooled Z or Fisher's exact test. A finding needs a ratio below the threshold, and a p,
    adjusted by Benjamini and Hochberg, below half of alpha; OUT004 uses the other half. A subgroup within another is
    reported only where its rate is clearly lower still, and a wider one only where the rest of it without the narrower
    is low too. No issue is found only where the interval of every subgroup tested lies within the threshold. The
    subgroup with the most extreme z comes first: a wider one with the same gap has the same shortfall with weaker
    evidence. With over 25 columns, single levels of all are searched, and combinations of the 25 that differ most.

    Why it matters: A gap may be absent in every named group and appear in the night shift of one town.

    What to do: Find out who is in the subgroup and why; treat it as any group with a gap before using the outcome.

    Source: Chung et al. 2019, Slice Finder, arXiv:1807.06068; Pastor, de Alfaro and Baralis 2021, DivExplorer; held-out
    testing after selection: Cox 1975, Biometrika 62; Benjamini and Hochberg 1995.
    """
    tally = evidence.tally
    slices = tally.slices
    assert slices is not None  # they are needed
    tested = _tested(tally, slices, use.limits)
    if not tested:
        raise NotRun("no subgroup of at least 1% of the rows had a low rate among the rows that were searched")
    reported, within = _reported(tested, use.limits)
    for slice_ in tested:
        yield _row(slice_, within.get(slice_.name), use.limits)
    for slice_ in reported:
        yield _finding(slice_, tally.roles, slices, use.limits)
    if not reported:
        yield _none_shown(tested, slices, evidence.target, use.limits)


def _tested(tally: Tally, slices: Slices, limits: Limits) -> list[_Tested]:
    """Test every candidate that has rows and leaves rows, most standard deviations below the others first."""
    held = [found for found in slices.candidates if 0 < found.n < slices.n]
    if not held:
        return []
    pairs = [
        Pair(found.favourable, found.n, slices.favourable - found.favourable, slices.n - found.n) for found in held
    ]
    units = [
        Pair(pair.x / of.effect, pair.n / of.effect, pair.x_ref / of.effect_rest, pair.n_ref / of.effect_rest)
        for pair, of in zip(pairs, held, strict=True)
    ]
    evidence = [equal_rates(pair) for pair in units]
    adjusted = benjamini_hochberg([each.p for each in evidence])
    tested = [
        _Tested(
            frozenset(found.conditions),
            _name(tally, found),
            pair,
            fewer,
            ratio_interval(fewer, limits.alpha),
            each,
            float(p),
            len(held),
        )
        for found, pair, fewer, each, p in zip(held, pairs, units, evidence, adjusted, strict=True)
    ]
    return sorted(tested, key=lambda one: (one.evidence.z if one.evidence.z == one.evidence.z else 0.0, one.name))


def _name(tally: Tally, found: Slice) -> str:
    """Spell the conditions: a bin's label has its own sign.

    The level of a number in bins is '> 3 to 7', and of everything else a name.
    """
    binned = {name for name, column in tally.columns.items() if column.edges and name not in tally.roles.bands}
    return " and ".join(
        f"{column} {level}" if column in binned and level[:1] in "≤>" else f"{column} = {value_text(level)}"
        for column, level in found.conditions
    )


def _reported(tested: Sequence[_Tested], limits: Limits) -> tuple[list[_Tested], dict[str, str]]:
    """Return the slices to report, and for those that a reported one explains, which it is."""
    reported: list[_Tested] = []
    within: dict[str, str] = {}
    for one in tested:
        if not one.state(limits).found:
            continue
        explained = next((other.name for other in reported if _explains(other, one, limits)), None)
        if explained:
            within[one.name] = explained
        elif len(reported) < MOST:
            reported.append(one)
    return reported, within


def _explains(worse: _Tested, one: _Tested, limits: Limits) -> bool:
    """Whether a slice adds nothing to a worse one that it lies within, or that lies within it."""
    x, n = abs(one.pair.x - worse.pair.x), abs(one.pair.n - worse.pair.n)
    if worse.conditions < one.conditions:
        return not is_low(one.pair.x, one.pair.n, x, n)
    if one.conditions < worse.conditions:
        rest = Pair(x, n, one.pair.x_ref, one.pair.n_ref) if n else None
        return not (rest and rest.below(limits.impact_ratio) and is_low(rest.x, rest.n, rest.x_ref, rest.n_ref))
    return False


def _row(one: _Tested, within: str | None, limits: Limits) -> Record:
    pair, total = one.pair, one.pair.n + one.pair.n_ref
    low, high = wilson(one.units.x, one.units.n, limits.alpha)
    return {
        "slice": one.name,
        "n": pair.n,
        "favourable": pair.x,
        "selection_rate": pair.rate,
        "low": low,
        "high": high,
        "support": pair.n / total,
        "impact_ratio": pair.ratio if pair.x_ref else None,
        "z": one.evidence.z if one.evidence.z == one.evidence.z else None,
        "p_adjusted": one.p_adjusted,
        "shown": one.state(limits).found,
        "explained_by": within,
    }


def _finding(one: _Tested, roles: Roles, slices: Slices, limits: Limits) -> Finding:
    pair, total, limit = one.pair, one.pair.n + one.pair.n_ref, float(limits.impact_ratio)
    own, theirs = (wilson(*of, limits.alpha) for of in ((one.units.x, one.units.n), (one.units.x_ref, one.units.n_ref)))
    state = one.state(limits)
    return Finding(
        state,
        {"target": str(roles.target), "slice": one.name},
        _said(one, state, roles, slices, limit),
        {
            "selection_rate": Measure(pair.rate, *own, n=pair.n),
            "reference_rate": Measure(pair.rate_ref, *theirs, n=pair.n_ref),
            "support": Measure(pair.n / total, n=total),
            "impact_ratio": Measure(pair.ratio, *one.interval, n=total, limit=limit),
            "rate_difference": Measure(pair.rate - pair.rate_ref, *newcombe(one.units, limits.alpha), n=total),
            "z": Measure(one.evidence.z, n=total),
            "p_adjusted": Measure(one.p_adjusted, n=total, limit=limits.alpha / 2),
        },
        remedy=SAYS("find", slice=one.name),
    )


def _said(one: _Tested, state: State, roles: Roles, slices: Slices, limit: float) -> Sentence:
    pair, units = one.pair, "clustered" if roles.cluster else "recurring"
    return SAYS(
        "gap",
        str(state),
        "tested",
        units if one.units.n < pair.n or one.units.n_ref < pair.n_ref else "",
        "lacking",
        slice=one.name,
        cluster=roles.cluster,
        outcome=roles.favourable,
        rate=pair.rate,
        n=pair.n,
        rate_ref=pair.rate_ref,
        n_ref=pair.n_ref,
        impact_ratio=pair.ratio,
        bounds=one.interval,
        limit=limit,
        z=one.evidence.z,
        p=one.p_adjusted,
        test=one.evidence.test,
        slices=one.slices if one.slices > 1 else None,
        rows=pair.n + pair.n_ref,
        parts=slices.tested,
        lacking=pair.shortfall(),
    )


def _none_shown(tested: Sequence[_Tested], slices: Slices, target: str, limits: Limits) -> Finding:
    """Return the finding where no gap was found: clear only if the interval of each slice lies within the threshold."""
    limit = float(limits.impact_ratio)
    below = sum(one.pair.below(limits.impact_ratio) for one in tested)
    lowest = min(tested, key=lambda one: one.interval.low)
    total = lowest.pair.n + lowest.pair.n_ref
    clear = all(states.within_limits(one.interval, low=limit) for one in tested)
    said = SAYS(
        "one_not" if len(tested) == 1 else "none_of",
        "held_out",
        "lowest",
        "unsearched",
        slices=len(tested),
        ratio=lowest.pair.ratio,
        bounds=lowest.interval,
        limit=limit,
        rows=slices.n,
        parts=slices.tested,
        low=below or None,
    )
    return Finding(
        states.unshown(all_known=clear),
        {"target": target},
        said,
        {"impact_ratio": Measure(lowest.pair.ratio, *lowest.interval, n=total, limit=limit)},
        settle=None if clear else SAYS("settle"),
    )
