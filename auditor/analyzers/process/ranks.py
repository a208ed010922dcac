"""Who is in the top places of lists, and how much attention groups get there: RNK001."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from auditor.analyzers import states
from auditor.analyzers.catalog import NotRun, Record, rule
from auditor.analyzers.comparing import confidence, threshold
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.headlines import Ask, Headlines
from auditor.analyzers.measures import quantities
from auditor.analyzers.preconditions import GROUPS, RANKED, UNWEIGHTED, WHOLE_PLACES
from auditor.counts.places import Places, exposure_effect, places, top_effect
from auditor.counts.tally import Tally
from auditor.counts.units import Mask
from auditor.model import Finding, Measure, Severity, State
from auditor.stats.counts import Interval
from auditor.stats.exposure import Exposure, compared
from auditor.stats.gaps import Terms
from auditor.stats.proportions import Evidence as Test
from auditor.stats.tails import holm
from auditor.stats.within import Within, equal_within, ratio_within_interval
from auditor.use.policy import Limits
from auditor.use.says import Says, Sentence
from auditor.use.usecase import UseCase

COVERED = 0.8  # the share of a group that must be on lists with the reference for a claim about the group
SAYS = Says(
    top="In the top {k:people} of {lists:people} list{lists:s} are {share:percent} of {group} '{level}' ({x:people} of "
    "{n:people}) and {share_ref:percent} of '{reference}' ({x_ref:people} of {n_ref:people}). Within lists the ratio "
    "is {ratio:ratio limit} ({confidence} band {bounds:interval limit}, joint over {cuts} values of k; {p:p}, {test}).",
    exposure="Mean exposure, at 1/log2(1 + place) for a place, is {exposure:ratio limit} times that of '{reference}' "
    "{exposure_bounds:interval limit}.",
    no_cut="No list has more than one place beyond the first, so only exposure is compared.",
    family="All p are Holm's over {tests} tests.",
    found="It is below {threshold} in the top {found:each}.",
    near="It differs significantly in the top {near:each}, but may be within {threshold}.",
    exposed="The exposure itself is below {threshold}.",
    clear="The ratio and the exposure are within {threshold} over their whole bands, for every k.",
    covers="Only {covered:percent} of '{level}' are on lists that hold '{reference}' too.",
    in_part="The result is inconclusive for the rest.",
    open="Inconclusive for the top {open:each}.",
    open_exposure="Inconclusive for the exposure.",
    single="{single:people} list{single:s} with one of the two groups only cannot be compared.",
    shared="People who share a place with others of their list all count as being there ({shared:people}).",
    headless="{headless:people} list{headless:s} without a first place: their places may be those of longer lists.",
    unplaced="{unplaced:people} row{unplaced:s} without a place or a list are left out.",
    many="Inconclusive, because these are more than {most:percent} of the rows.",
    apart="No list holds '{level}' ({group}) and '{reference}' at different places, so the two are not compared.",
    find="Find what puts '{level}' ({group}) lower on the lists than '{reference}': the score, its inputs, or a boost.",
    watch="Monitor the places of '{level}' ({group}). The ratio is near the threshold.",
    more="Collect more lists that hold '{level}' ({group}) and '{reference}'.",
    record="Record the missing places, or state why these rows have none.",
)


@dataclass(frozen=True)
class _Cut:
    """A pair of groups in the top k: the counts within lists with the group first, band, test, p and state."""

    k: int
    within: Within
    bounds: Interval
    test: Test
    p: float
    state: State


@dataclass(frozen=True)
class _Judged:
    """A level against the reference, at every k and by exposure; `rows` are the places of both in `found`."""

    group: str
    level: str
    reference: str
    found: Places
    cuts: tuple[_Cut, ...]
    exposure: Exposure
    exposure_p: float
    exposure_state: State
    tests: int
    limits: Limits

    @property
    def states(self) -> list[State]:
        """The states of all cuts, and of the exposure."""
        return [*(cut.state for cut in self.cuts), self.exposure_state]

    @property
    def worst(self) -> _Cut | None:
        """The cut that shows most: of the worst state, the one with the lowest ratio."""
        order = list(State)
        return min(self.cuts, key=lambda cut: (order.index(cut.state), cut.within.ratio), default=None)

    def people(self, level: str) -> int:
        """Return the people of a level on the lists that hold both groups."""
        return int(self.found.n[self.found.levels.index(level)][self._shared].sum())

    def count(self, k: int, level: str) -> tuple[int, int]:
        """Return the people of a level in the top k of the lists that hold both groups, and all on these lists."""
        return int(self.found.within[k][self.found.levels.index(level)][self._shared].sum()), self.people(level)

    @property
    def covered(self) -> float:
        """The share of the group's people who are on lists with the reference."""
        return round(self.people(self.level) / int(self.found.n[self.found.levels.index(self.level)].sum()), 12)

    @property
    def both(self) -> tuple[int, int]:
        """The lists that hold both groups, and those that hold one of them only."""
        n = self._there
        return int(n.all(axis=0).sum()), int((n.any(axis=0) & ~n.all(axis=0)).sum())

    @property
    def _there(self) -> Mask:
        n: Mask = self.found.n[[self.found.levels.index(of) for of in (self.level, self.reference)]] > 0
        return n

    @property
    def _shared(self) -> Mask:
        both: Mask = np.logical_and(*self._there)
        return both


@rule(
    "RNK001",
    "rank-gap",
    about=RANKED,
    asks=Ask(
        "Explain or correct the lower places on the lists",
        "decision owner",
        "no gap is found at any top k, or it is justified in writing",
        ("level",),
    ),
    headlines=Headlines(
        found=(
            "In the top {places:people}, '{level}' has {top_ratio:fixed 2} times the share of '{reference}'",
            "'{level}' gets {exposure_ratio:fixed 2} times the exposure of '{reference}'",
        ),
        near="In the top {places:people}, '{level}' has {top_ratio:fixed 2} times the share of '{reference}'",
        open="Too little data to compare the places of '{level}' and '{reference}' at every top k",
        clear="The places of '{level}' and '{reference}' are alike at every top k",
    ),
    needs=(GROUPS, UNWEIGHTED, WHOLE_PLACES),
    units="counts",
    severity=Severity.CONDITION,
    suppressed="not_run",
    measures=quantities(
        "top_ratio",
        "top_share",
        "reference_top_share",
        "places",
        "p_value",
        "p_adjusted",
        "exposure_ratio",
        "exposure_p",
    ),
    leading={"exposure_ratio": "Ratio of mean exposure"},
)
def rank_gap(evidence: Evidence, use: UseCase) -> Iterator[Finding | Record]:
    """On the same lists, a group is in the top places at under four fifths of the reference's rate, or less exposed.

    How it is measured: A list has places from 1; without a column of lists all rows are one list. For each k of 1, 3,
    5, 10, 20, 50 and so on, up to the longest list, the share of a group in the top k is compared within lists, with
    lists as strata: Mantel-Haenszel ratio, stratified Miettinen-Nurminen interval, Cochran-Mantel-Haenszel test or the
    exact conditional one. The intervals of all k share alpha, so that the band holds for all k jointly. Exposure gives
    a place 1/log2(1 + place). The mean exposure of the groups is compared within lists, with the variance of lists in
    random order; the places beyond 20 are in bins that grow by a tenth. The tests of all k, of the exposure and of all
    pairs of groups are one family (Holm). The threshold and the states are OUT001's. The reference is that of OUT001;
    without an outcome, the group with the highest share in the top of the lists. People who share a place are all
    there, so that a top k may hold more than k; they are counted. So are rows without a place, lists that hold one
    group only, and lists without a first place. Shares are of the people on lists that hold both groups. A claim that
    there is no gap needs 80% of the group on these lists.

    Why it matters: Who is low on a list is hardly seen, whatever the scores say. A small difference of scores can be a
    large one of places, and a recruiter who reads the first ten meets the top ten only.

    What to do: Find what sorts the lists. Change the score, or the order of those with nearly equal scores, and audit
    again.

    Source: Singh and Joachims 2018, KDD (exposure); Järvelin and Kekäläinen 2002 (discount); van Elteren 1960; Mantel
    and Haenszel 1959; Miettinen and Nurminen 1985; Holm 1979.
    """
    tally = evidence.tally
    made = [
        of
        for group in tally.roles.groups
        for of in _compared(tally, group, use.terms(group), _reference(evidence, group, use))
    ]
    if not made:
        raise NotRun("no list holds two groups to compare")
    for group in tally.roles.groups:
        yield from _apart(tally, group, use.terms(group), _reference(evidence, group, use), made)
    adjusted = iter(holm([p for of in made for p in of.p_values]))
    for of in made:
        judged = of.judged([next(adjusted) for _ in of.p_values], sum(len(each.p_values) for each in made), use.limits)
        if judged is not None:
            yield from _records(judged)
            yield _finding(judged)


def _reference(evidence: Evidence, group: str, use: UseCase) -> str | None:
    """Return the reference that OUT001 has; None without an outcome."""
    return evidence.tally.reference(group, use)[0] if evidence.tally.outcomes(group) else None


def _chosen(totals: Mapping[str, tuple[float, float]], terms: Terms, reference: str | None) -> str:
    """Return the group that the others are compared with."""
    return reference if reference is not None and reference in totals else terms.choose(totals)[0]


def _apart(tally: Tally, group: str, terms: Terms, reference: str | None, made: Sequence[_Pair]) -> Iterator[Finding]:
    """Yield the levels with places that are on no list with the reference, where others are compared."""
    totals = places(tally, group).totals
    pairs = {frozenset((of.level, of.reference)) for of in made if of.group == group and of.reported}
    if not pairs:
        return
    chosen = _chosen(totals, terms, reference)
    for level in totals:
        if level != chosen and frozenset((level, chosen)) not in pairs:
            facts = {"group": group, "level": level, "reference": chosen}
            yield Finding(states.NOT_KNOWN, facts, SAYS("apart", **facts), settle=SAYS("more", **facts))


@dataclass(frozen=True)
class _Pair:
    """Two levels as tested, not yet judged; `reported`: the second is the reference."""

    group: str
    level: str
    reference: str
    found: Places
    cuts: tuple[tuple[int, Within, Test], ...]
    exposure: Exposure
    alpha: float
    terms: Terms
    reported: bool

    @property
    def p_values(self) -> list[float]:
        return [*(test.p for *_, test in self.cuts), self.exposure.p]

    def judged(self, p_values: Sequence[float], tests: int, limits: Limits) -> _Judged | None:
        """Return the pair with states, by adjusted p; None for a pair that only shares alpha."""
        if not self.reported:
            return None
        large, names = self.terms.large(self.found.totals), (self.level, self.reference)
        cuts = []
        for (k, within, test), p in zip(self.cuts, p_values, strict=False):
            bounds = ratio_within_interval(within, self.alpha)
            _, state, _ = states.directed(self.terms, within, bounds, p, names, large)
            cuts.append(_Cut(k, within, bounds, test, p, state))
        seen = _Seen(self.exposure.ratio)
        _, state, _ = states.directed(self.terms, seen, self.exposure.interval, p_values[-1], names, large)
        names_ = (self.group, self.level, self.reference)
        return _Judged(*names_, self.found, tuple(cuts), self.exposure, p_values[-1], state, tests, limits)


@dataclass(frozen=True)
class _Seen:
    """A ratio of exposures, as states are decided from."""

    ratio: float

    @property
    def swapped(self) -> _Seen:
        return _Seen(1 / self.ratio if self.ratio else math.inf)

    def below(self, limit: Fraction) -> bool:
        return self.ratio < limit

    def flips(self) -> bool:
        return False


def _compared(tally: Tally, group: str, terms: Terms, reference: str | None) -> Iterator[_Pair]:
    """Yield the pairs of levels that share alpha, those with the reference to be reported."""
    found = places(tally, group)
    totals = found.totals
    if len(totals) < 2:
        return
    chosen = _chosen(totals, terms, reference)
    alpha = terms.alpha / max(1, len(found.cuts) + 1)  # the band holds for all k and the exposure
    for one, other in terms.family(totals):
        level, against = (other, one) if one == chosen else (one, other)
        at = [found.levels.index(of) for of in (level, against)]
        n = found.n[at]
        effect = exposure_effect(tally, group, (level, against))
        exposed = compared(n, found.sums[at], found.all_n, found.all_sums, found.squares, alpha, effect)
        if exposed is None or math.isnan(exposed.z):
            continue
        both = (n > 0).all(axis=0)
        cuts = []
        for k in found.cuts:
            x = found.within[k][at]
            counts = np.stack([x[0], n[0], x[1], n[1]], axis=1)[both]
            within = Within.of(counts, top_effect(tally, group, (level, against), k))
            cuts.append((k, within, equal_within(within)))
        reported = chosen in (level, against)
        yield _Pair(group, level, against, found, tuple(cuts), exposed, alpha, terms, reported)


def _records(one: _Judged) -> Iterator[Record]:
    """Yield the shares and the ratio at each k, and the exposure."""
    names = {"group": one.group, "level": one.level, "reference": one.reference}
    for cut in one.cuts:
        (x, n), (x_ref, n_ref) = one.count(cut.k, one.level), one.count(cut.k, one.reference)
        yield {
            **names,
            "top": f"top {cut.k:,}",
            "k": cut.k,
            "n": n,
            "selected": x,
            "selection_rate": x / n,
            "reference_n": n_ref,
            "reference_rate": x_ref / n_ref,
            "impact_ratio": cut.within.ratio,
            "low": cut.bounds.low,
            "high": cut.bounds.high,
            "p_adjusted": cut.p,
        }
    yield {
        **names,
        "kind": "exposure",
        "top": "mean exposure",
        "n": one.people(one.level),
        "reference_n": one.people(one.reference),
        "impact_ratio": one.exposure.ratio,
        "low": one.exposure.interval.low,
        "high": one.exposure.interval.high,
        "p_adjusted": one.exposure_p,
    }


def _finding(one: _Judged) -> Finding:
    state = states.worst(one.states)
    lost = one.found.unplaced
    total = int(one.found.all_n.sum()) + lost
    many = state is State.CLEAR and lost > one.limits.missing_share * total
    state = states.within_strata(states.NOT_KNOWN if many else state, agree=True, covered=one.covered >= COVERED)
    facts = {"group": one.group, "level": one.level, "reference": one.reference}
    key = "watch" if state is State.BORDERLINE else "find" if state.found else ""
    settle = "record" if many else "more" if state is State.UNDETERMINED else ""
    return Finding(
        state,
        facts,
        _message(one, many),
        _measures(one),
        remedy=SAYS(key, **facts) or None,
        settle=SAYS(settle, **facts) or None,
    )


def _message(one: _Judged, many: bool) -> Sentence:
    limits, cut, (lists, single) = one.limits, one.worst, one.both

    found = [f"{each.k:,}" for each in one.cuts if each.state.found]
    near = [f"{each.k:,}" for each in one.cuts if each.state is State.BORDERLINE]
    open_ = [f"{each.k:,}" for each in one.cuts if each.state is State.UNDETERMINED]
    exposed = one.exposure_state
    facts: dict[str, object] = {}
    if cut is not None:
        (x, n), (x_ref, n_ref) = one.count(cut.k, one.level), one.count(cut.k, one.reference)
        facts = {"k": cut.k, "x": x, "n": n, "x_ref": x_ref, "n_ref": n_ref, "share": x / n, "share_ref": x_ref / n_ref}
        facts |= {"ratio": cut.within.ratio, "bounds": cut.bounds, "p": cut.p, "test": cut.test.test}
    return SAYS(
        "top" if cut else "no_cut",
        "exposure",
        "family",
        "found" if found else "",
        "near" if near else "",
        "exposed" if exposed.found else "",
        "clear" if states.worst(one.states) is State.CLEAR else "",
        "covers" if one.covered < 1 else "",
        "in_part" if one.covered < COVERED and states.worst(one.states) is State.CLEAR else "",
        "open" if open_ else "",
        "open_exposure" if exposed is State.UNDETERMINED else "",
        "single" if single else "",
        "shared" if one.found.shared else "",
        "headless" if one.found.headless else "",
        "unplaced" if one.found.unplaced else "",
        "many" if many else "",
        group=one.group,
        level=one.level,
        reference=one.reference,
        lists=lists,
        single=single,
        covered=one.covered,
        limit=float(limits.impact_ratio),
        threshold=threshold(limits.impact_ratio),
        confidence=confidence(limits.alpha),
        cuts=len(one.cuts),
        exposure=one.exposure.ratio,
        exposure_bounds=one.exposure.interval,
        tests=one.tests,
        found=found,
        near=near,
        open=open_,
        shared=one.found.shared,
        headless=one.found.headless,
        unplaced=one.found.unplaced,
        most=limits.missing_share,
        **facts,
    )


def _measures(one: _Judged) -> dict[str, Measure]:
    limit, cut = float(one.limits.impact_ratio), one.worst
    measures = {}
    if cut is not None:
        (x, n), (x_ref, n_ref) = one.count(cut.k, one.level), one.count(cut.k, one.reference)
        measures = {
            "top_ratio": Measure(cut.within.ratio, *cut.bounds, n=n + n_ref, limit=limit),
            "top_share": Measure(x / n, n=n),
            "reference_top_share": Measure(x_ref / n_ref, n=n_ref),
            "places": Measure(cut.k),
            "p_value": Measure(cut.test.p, n=n + n_ref),
            "p_adjusted": Measure(cut.p, n=n + n_ref, limit=one.limits.alpha),
        }
    both = sum(map(one.people, (one.level, one.reference)))
    measures["exposure_ratio"] = Measure(one.exposure.ratio, *one.exposure.interval, n=both, limit=limit)
    measures["exposure_p"] = Measure(one.exposure_p, n=both, limit=one.limits.alpha)
    return measures
