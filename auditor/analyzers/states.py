"""What the data show: the one place where a state is decided, from numbers and thresholds alone.

Two rules hold here. A state is clear only where a condition for it is met; and every condition is one that a missing
number (nan) fails, so that what is not known is undetermined. Facts that need no number have their own names.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from auditor.model import ProxyKind, State
from auditor.stats.counts import Contrast, Interval, Pair
from auditor.stats.gaps import Terms, turned_interval

if TYPE_CHECKING:  # the numbers come from rules that have loaded what makes them
    from auditor.stats.numeric import Delta
    from auditor.stats.roc import Auc
    from auditor.stats.shares import Share

Compared = TypeVar("Compared", bound=Contrast)

# Facts that are states by themselves.
NOTHING_TO_JUDGE = State.NOT_RUN  # there is nobody to compare, or nothing to look at
NOT_KNOWN = State.UNDETERMINED  # what would decide is not in the data: it is suppressed, or was not read
ABSENT = State.SHOWN_STRONG  # what the use asks for is not there at all
PRESENT = State.SHOWN  # what must not be there is
STRONG = State.SHOWN_STRONG  # it holds whatever the unknown outcomes are
NEAR = State.BORDERLINE
DESCRIBED = State.CLEAR  # a number without a threshold
NOT_PRESENT = State.CLEAR  # what must not be there is not

SMALL, MEDIUM = 0.11, 0.28  # of a Cliff's delta: those of Cohen's d of 0.2 and 0.5
NOTICED, NOTABLE = 0.05, 0.1  # of a total variation distance


def within_limits(
    interval: Interval | None, low: float | Fraction | None = None, high: float | Fraction | None = None
) -> bool:
    """Whether a whole interval lies from `low` to `high`, ends included: the basis of a claim that there is no fault.

    An unknown end (nan), or a missing interval, lies within nothing.

    >>> within_limits(Interval(0.8, 1.3), low=0.8)
    True
    >>> within_limits(Interval(math.nan, 1.3), high=2.0)
    False
    """
    if interval is None or not interval.low <= interval.high:
        return False
    return (low is None or interval.low >= low) and (high is None or interval.high <= high)


def ratio_gap(contrast: Contrast, interval: Interval, p: float, limit: Fraction, alpha: float) -> State:
    """Judge a ratio of rates by its threshold: a gap needs size and evidence, and its absence needs evidence too.

    Where moving one selection would give the group the higher rate, a gap is not reported. Nor is one whose size the
    data do not bound: the point estimate alone decides nothing.
    """
    if within_limits(interval, low=limit):
        return State.CLEAR
    if not p < alpha or contrast.flips() or not math.isfinite(interval.high):
        return State.UNDETERMINED
    if interval.high < limit:
        return State.SHOWN_STRONG
    return State.SHOWN if contrast.below(limit) else State.BORDERLINE


def directed(
    terms: Terms,
    contrast: Compared,
    bounds: Interval,
    p: float,
    names: tuple[str, str],
    large: Collection[str],
    enough: Collection[str] = (),
) -> tuple[Compared, State, bool]:
    """Return the contrast in the direction that matters, its state, and whether it was turned round.

    The gap may be the reference's own: where the use fixed it, or within strata. A level too small to be a reference
    shows nothing about those compared with it; one of `enough` rows, which is only a small part of the data, shows at
    most what is near the threshold.
    """

    def judged(one: Contrast, interval: Interval, against: str) -> State:
        state = ratio_gap(one, interval, p, terms.limit, terms.alpha)
        if against in large or state is State.CLEAR:
            return state
        return State.BORDERLINE if state.found and against in enough else State.UNDETERMINED

    level, reference = names
    state, turned = judged(contrast, bounds, reference), contrast.swapped
    if level not in {*large, *enough} or not turned.below(Fraction(1)):
        return contrast, state, False
    other = judged(turned, turned_interval(bounds), level)
    if is_gap(other):
        return turned, other, True
    return contrast, worst((state, other)), False


def refusals(pair: Pair, bounds: Interval, p: float, limit: Fraction, alpha: float) -> State:
    """Judge a ratio of rates that is clear by that of the unfavourable outcomes, `bounds` its interval, group first.

    Where these differ significantly by more than the threshold, it is near the threshold.
    """
    turned = pair.unfavourable.swapped
    found = ratio_gap(turned, turned_interval(bounds), p, limit, alpha).found
    return State.BORDERLINE if found else State.CLEAR


def despite_unknown(state: State, worst: float, limit: Fraction, *, matters: bool) -> State:
    """Judge a ratio of rates by its worst case given what is not recorded, where that matters."""
    return State.UNDETERMINED if state is State.CLEAR and matters and not worst >= limit else state


def is_gap(state: State) -> bool:
    """Whether a gap is shown, within its threshold or beyond."""
    return state.found or state is State.BORDERLINE


def worst(states: Iterable[State]) -> State:
    """Return the worst of several states; clear for an empty list."""
    return min(states, key=list(State).index, default=State.CLEAR)


def within_strata(state: State, *, agree: bool, covered: bool) -> State:
    """Judge a gap within pooled strata: inconclusive where they differ; clear only where they cover most rows.

    `agree`: the strata do. `covered`: enough of the rows lie in strata that could show a gap. A stratum in which nobody
    varies is the outcome itself, and would explain any gap.
    """
    if not agree or (not covered and state is State.CLEAR):
        return State.UNDETERMINED
    return state


def near_match(state: State) -> State:
    """Judge a gap between records that are alike in part only: near the threshold at most."""
    return State.BORDERLINE if state.found else state


def joint_group(
    pair: Pair, p: float, alpha: float, limit: Fraction, least: int, *, likely: bool, strong: bool
) -> State:
    """Judge a joint group against all others: with evidence, where its ratio or its shrunk rate is below the threshold.

    `likely`: the shrunk rate is, with the required certainty; `strong`: its whole interval is. A ratio by itself needs
    `least` rows, and must not be reversed by moving one selection.
    """
    if not (p < alpha and (likely or (pair.n >= least and pair.below(limit) and not pair.flips()))):
        return State.UNDETERMINED
    return State.SHOWN_STRONG if strong else State.SHOWN


def unshown(*, all_known: bool) -> State:
    """Judge that nothing was shown: clear where every group was known and large enough to show it."""
    return State.CLEAR if all_known else State.UNDETERMINED


def lower_slice(pair: Pair, units: Pair, high: float, p: float, limit: Fraction, alpha: float, least: int) -> State:
    """Judge the rate of a slice against all other rows: shown, or nothing; absence is not asked here."""
    if not (p < alpha and units.n >= least and not units.flips() and pair.below(limit)):
        return State.UNDETERMINED
    return State.SHOWN_STRONG if high < limit else State.SHOWN


def share_gap(share: Share, limit: Fraction, alpha: float) -> State:
    """Judge a share against the stated one, by the joint bounds of all groups' shares."""
    if share.joint.low / share.stated >= limit:
        return State.CLEAR
    if not share.p_adjusted < alpha:
        return State.UNDETERMINED
    if share.joint.high / share.stated < limit:
        return State.SHOWN_STRONG
    return State.SHOWN if share.below else State.BORDERLINE


def distance(value: float, interval: Interval, p: float, alpha: float) -> State:
    """Judge a total variation distance from stated shares: found where it is significant and notable.

    Clear where the whole interval lies below what is notable, and no smaller distance that counts is significant.
    """
    if p < alpha and value >= NOTICED:
        return State.SHOWN if value >= NOTABLE else State.BORDERLINE
    return State.CLEAR if within_limits(interval, high=NOTABLE) and not math.isnan(p) else State.UNDETERMINED


def part(value: float, most: float) -> State:
    """Judge a counted share that may be at most `most`: a fact about these rows, which has no interval."""
    return State.SHOWN if value > most else State.CLEAR if value <= most else State.UNDETERMINED


def amount(value: float, few: float, many: float) -> State:
    """Judge a counted share, a fact about these rows: up to `few` is clear, above `many` too much."""
    if value > many:
        return State.SHOWN
    return State.BORDERLINE if value > few else State.CLEAR if value <= few else State.UNDETERMINED


def part_or_tilt(value: float, most: float, tilt: State) -> State:
    """Judge a counted share, a fact about these rows, which may also be spread unevenly; `tilt` is the state of that.

    >>> part_or_tilt(0.01, 0.05, State.UNDETERMINED)
    <State.UNDETERMINED: 'undetermined'>
    """
    return worst((part(value, most), tilt))


def differs(difference: float, interval: Interval | None, p: float, least: float, alpha: float) -> State:
    """Judge a difference of shares: shown from `least` with evidence, clear where the interval lies within it."""
    if abs(difference) >= least and p < alpha:
        return State.SHOWN
    inside = within_limits(interval, math.nextafter(-least, 0), math.nextafter(least, 0))
    return State.CLEAR if inside else State.UNDETERMINED


def rate_gap(difference: float, interval: Interval | None, p: float, most: float, alpha: float) -> State:
    """Judge a difference of rates in either direction: a gap needs size and evidence, and its absence evidence too.

    Clear where the whole interval is under `most`; strong where it is beyond; a significant smaller one is near it.
    """
    inside = within_limits(interval, math.nextafter(-most, 0), math.nextafter(most, 0))
    if inside:
        return State.CLEAR
    if interval is None or not p < alpha:
        return State.UNDETERMINED
    if interval.low >= most or interval.high <= -most:
        return State.SHOWN_STRONG
    return (
        State.SHOWN if abs(difference) >= most else State.BORDERLINE if abs(difference) < most else State.UNDETERMINED
    )


def drift(
    courses: Iterable[tuple[float, float]], differ_p: float, intervals: Collection[Interval], least: float, alpha: float
) -> State:
    """Judge a drift over time: `courses` have each its change and adjusted p; `least` is the change that counts.

    Shown where a course is large and significant; clear where every interval, of the change and of each period less the
    others, lies within; near where the periods differ significantly, but no course is significant.
    """
    if any(p < alpha and abs(change) >= least for change, p in courses):
        return State.SHOWN
    within = math.nextafter(-least, 0), math.nextafter(least, 0)
    if intervals and all(within_limits(interval, *within) for interval in intervals):
        return State.CLEAR
    return State.BORDERLINE if differ_p < alpha else State.UNDETERMINED


def area(aucs: Mapping[str, Auc], alpha: float, leak: float, strong: float) -> State:
    """Judge AUCs: shown at `leak` with a bound above a half, clear with all upper bounds below it.

    With one learner alone nothing is clear: it does not find relations of another form.
    """
    best = max(aucs.values(), key=lambda auc: auc.value)
    low = best.at(alpha).low
    if len(aucs) > 1 and all(auc.at(alpha).high < leak for auc in aucs.values()):
        return State.CLEAR
    if not low > 0.5:
        return State.UNDETERMINED
    if low >= strong:
        return State.SHOWN_STRONG
    return State.SHOWN if best.value >= leak else State.BORDERLINE


def shortcut(area: float, bounds: Interval, p: float, alpha: float, limits: tuple[float, float]) -> State:
    """Judge the AUC of a column that should not matter; `limits` are those of a finding and of strong evidence.

    A finding needs the test of independence too: the interval of an area whose rates come from the same rows is a rough
    one near chance.
    """
    leak, strong = limits
    if within_limits(bounds, high=leak) and bounds.high < leak:
        return State.CLEAR
    if not (p < alpha and bounds.low > 0.5):
        return State.UNDETERMINED
    if bounds.low >= strong:
        return State.SHOWN_STRONG
    return State.SHOWN if area >= leak else State.BORDERLINE


def with_rows(state: State, rows: float, needed: float) -> State:
    """Judge models that saw nothing by the rows that they learned from: too few rule nothing out."""
    return State.UNDETERMINED if state is State.CLEAR and not rows >= needed else state


def beyond_floors(state: State, aucs: Mapping[str, Auc], alpha: float, floors: Mapping[str, float]) -> State:
    """Judge models of erased vectors by what an eraser of so few rows leaves: no more than that shows nothing."""
    if state in (State.CLEAR, State.UNDETERMINED):
        return state
    return state if any(auc.at(alpha).low > floors[name] for name, auc in aucs.items()) else State.UNDETERMINED


def delta_gap(delta: Delta, p: float, alpha: float, *, firm: bool) -> State:
    """Judge what a delta below 0 shows against a group; `firm`: the other one is large enough to be a reference."""
    if within_limits(delta.interval, low=-SMALL):
        return State.CLEAR
    if not (p < alpha and delta.value + delta.open_by < 0 and firm):
        return State.UNDETERMINED
    if delta.interval.high < -MEDIUM:
        return State.SHOWN_STRONG
    return State.SHOWN if delta.value + delta.open_by < -MEDIUM else State.BORDERLINE


def amount_ratio(value: float, interval: Interval, p: float, limit: float, alpha: float, *, firm: bool) -> State:
    """Judge a ratio of amounts, of means or quantiles, which is under 1 against a group, as a ratio of rates is judged.

    `firm`: the other group is large enough to be a reference.
    """
    if within_limits(interval, low=limit):
        return State.CLEAR
    if not (p < alpha and firm):
        return State.UNDETERMINED
    if interval.high < limit:
        return State.SHOWN_STRONG
    return State.SHOWN if value < limit else State.BORDERLINE if value >= limit else State.UNDETERMINED


def adjusted_gap(
    value: float,
    interval: Interval,
    p: float,
    limit: float,
    alpha: float,
    *,
    firm: bool,
    alike: float = math.inf,
) -> State:
    """Judge a gap in either direction, on a scale where equality is 0 and `limit` is the largest gap that passes.

    `firm`: both groups are large enough to be compared. `alike` is the largest gap that can be clear, if it is less.
    """
    least = min(limit, alike)
    if within_limits(interval, low=-least, high=least):
        return State.CLEAR
    if not (p < alpha and firm):
        return State.UNDETERMINED
    if interval.high < -limit or interval.low > limit:
        return State.SHOWN_STRONG
    return State.SHOWN if abs(value) > limit else State.BORDERLINE


def with_overlap(state: State, covered: float, clear_from: float, found_from: float) -> State:
    """Judge a gap by a model by the share of the group that has comparable people: without them it is extrapolated."""
    if state is State.CLEAR:
        return state if covered >= clear_from else State.UNDETERMINED
    return state if covered >= found_from else State.UNDETERMINED


def beside_leaks(state: State, leaking: Sequence[str]) -> State:
    """Judge a gap by a model that has columns that are almost the outcome: nothing is left that a gap could be in."""
    return State.UNDETERMINED if state is State.CLEAR and leaking else state


def pay_gap(
    gap: float, interval: Interval, joint: Interval, p: float, line: float, alpha: float, *, enough: bool
) -> State:
    """Judge a gap of pay by a line that is about the figure itself, in either direction.

    A figure that reaches the line is at least near the threshold, whatever its uncertainty; found with evidence; strong
    where its whole `joint` interval is beyond. `enough`: both groups are large enough for interval and test.
    """
    if abs(gap) >= line:
        if not (enough and p < alpha):
            return State.BORDERLINE
        return State.SHOWN_STRONG if joint.low >= line or joint.high <= -line else State.SHOWN
    inside = math.nextafter(-line, 0), math.nextafter(line, 0)
    if enough and abs(gap) < line and within_limits(interval, *inside):
        return State.CLEAR
    return State.BORDERLINE if enough and p < alpha else State.UNDETERMINED


def estimated_gap(value: float, interval: Interval, p: float, limit: float, alpha: float, *, enough: bool) -> State:
    """Judge a ratio of estimated rates; never clear, for the estimate may be biased either way.

    `enough`: both groups are large enough to be judged.
    """
    if not (enough and p < alpha and value < 1):
        return State.UNDETERMINED
    if interval.high < limit:
        return State.SHOWN_STRONG
    return State.SHOWN if value < limit else State.BORDERLINE


def alternative(narrower: float, by: Interval, change: Interval, least: float, loss: float) -> State:
    """Judge a model without some columns: `by` how much its gap is narrower, and how its area changes.

    Found where it is surely narrower, by `least` or more, and surely loses no more than `loss`; clear where it surely
    is not narrower by `least`, or surely loses more.
    """
    if narrower >= least and by.low > 0 and change.low > -loss:
        return State.SHOWN
    return State.CLEAR if by.high < least or change.high < -loss else State.UNDETERMINED


def whole_interval(state: State) -> State:
    """Judge by a number that jumps, such as a quantile: shown only where its whole interval shows it."""
    return state if state in (State.SHOWN_STRONG, State.CLEAR) else State.UNDETERMINED


def proxy(kind: ProxyKind, carried: Interval, least: float) -> State:
    """Judge a column by its kind of proxy: strong evidence where the whole interval transmits `least` or more."""
    if kind is ProxyKind.CARRIER:
        strong = min(abs(carried.low), abs(carried.high)) >= least
        return State.SHOWN_STRONG if strong else State.SHOWN
    return {ProxyKind.ALIAS: State.SHOWN, ProxyKind.LEAK: State.BORDERLINE}.get(kind, State.CLEAR)


def carries_nothing(carried: Interval, limit: float) -> bool:
    """Whether the whole interval of a transmitted gap is within a threshold in both directions."""
    return within_limits(carried, -limit, limit)


def tells_little(area: Interval, limit: float, n: int, least: int) -> bool:
    """Whether the whole interval of an AUC lies below a threshold, with enough rows to decide."""
    return n >= least and within_limits(area, high=limit) and area.high < limit


def penalty(*, direct: bool) -> State:
    """Judge a term that transmits a gap: strong evidence where it does so within the groups too."""
    return State.SHOWN_STRONG if direct else State.SHOWN


def terms_found(found: int, detectable: float, ratio: float) -> State:
    """Judge how many terms mark a group: clear without any, if odds of `ratio` would surely have been shown.

    `detectable` are the odds that would have been shown in all but 2.5% of samples: a bound of what is not shown.
    """
    return State.SHOWN if found else State.CLEAR if detectable <= ratio else State.UNDETERMINED


def enough_rows(n: float, least: int) -> State:
    """Judge the size of a group by itself."""
    return State.CLEAR if n >= least else State.SHOWN_STRONG


def enough_power(n: float, least: int, *, settled: bool, small: bool) -> State:
    """Judge the size of a group by the gap that it could show: `small`: only one wider than the threshold."""
    if n < least:
        return State.SHOWN_STRONG
    return State.SHOWN if small and not settled else State.CLEAR


def none_of(tried: Sequence[State]) -> State:
    """Judge a search that found nothing: clear only where each of what was tried is."""
    return State.CLEAR if all(state is State.CLEAR for state in tried) else State.UNDETERMINED


def lacks(anything: object) -> State:
    """Judge by whether something is lacking."""
    return State.SHOWN if anything else State.CLEAR


def uncovered(rows: float, hidden: float, expected: float, least: int) -> State:
    """Judge a combination of groups with few rows: a fault where many were expected."""
    if rows + hidden >= least:
        return State.UNDETERMINED
    return State.SHOWN if expected >= least else State.BORDERLINE


def inside(share: float, at_most: float, least: float) -> State:
    """Judge the share of rows that the stated population names; `at_most` includes those not counted by value."""
    if share >= least:
        return State.CLEAR
    return State.UNDETERMINED if at_most >= least else State.BORDERLINE


def absent(chance: float, alpha: float) -> State:
    """Judge that a stated group is absent, by the probability that as many rows would include nobody of it."""
    return ABSENT if chance < alpha else State.BORDERLINE if chance >= alpha else State.UNDETERMINED


def in_period(share: float, recent: float, least: float) -> State:
    """Judge the share of rows of a stated period, and of its last years."""
    if share >= least and recent > 0:
        return State.CLEAR
    return State.SHOWN_STRONG if share < 0.5 or not recent > 0 else State.SHOWN


def filled(missing: float | None, most: float) -> State:
    """Judge a required column by its missing share; None where there is no such column."""
    return ABSENT if missing is None else part(missing, most)
