"""Each state at its own lines: what the documentation of a rule says of a number that stands exactly on one.

Four fifths is not under four fifths (29 CFR 1607.4(D)); a p of alpha is no evidence; a bound on the line is within it.
"""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from auditor.analyzers import states
from auditor.model import ProxyKind, State
from auditor.stats.counts import Interval, Pair
from auditor.stats.gaps import Terms
from auditor.stats.numeric import Delta
from auditor.stats.roc import Auc
from auditor.stats.shares import Share

STRONG, SHOWN, NEAR, OPEN, CLEAR = (
    State.SHOWN_STRONG, State.SHOWN, State.BORDERLINE, State.UNDETERMINED, State.CLEAR,
)  # fmt: skip
LIMIT, ALPHA = Fraction(4, 5), 0.05
UNDER, ON = Pair(790, 1000, 1000, 1000), Pair(800, 1000, 1000, 1000)  # ratios 0.79 and exactly 0.80


@pytest.mark.parametrize(
    ("pair", "interval", "p", "state"),
    [
        (UNDER, (0.8, 0.9), 0.001, CLEAR),  # the lower bound on the limit is within it
        (UNDER, (0.7, 0.8), 0.001, SHOWN),  # the upper bound on the limit is not below it
        (UNDER, (0.7, 0.7999), 0.001, STRONG),
        (UNDER, (0.7, 0.9), ALPHA, OPEN),
        (UNDER, (0.7, 0.9), 0.0499, SHOWN),
        (ON, (0.7, 0.9), 0.001, NEAR),
        (UNDER, (0.0, math.inf), 0.001, OPEN),
    ],
)
def test_a_ratio(pair: Pair, interval: tuple[float, float], p: float, state: State) -> None:
    assert states.ratio_gap(pair, Interval(*interval), p, LIMIT, ALPHA) is state


def test_a_bound_on_a_limit_that_floats_hold_exactly() -> None:
    """Half is a float, four fifths is not: a bound on half is within it, and is not below it."""
    half, pair = Fraction(1, 2), Pair(490, 1000, 1000, 1000)
    assert states.ratio_gap(pair, Interval(0.5, 0.9), 0.001, half, ALPHA) is CLEAR
    assert states.ratio_gap(pair, Interval(0.3, 0.5), 0.001, half, ALPHA) is SHOWN
    assert states.lower_slice(pair, pair, 0.5, 0.001, half, ALPHA, 1) is SHOWN
    for joint, state in (((0.25, 0.3), CLEAR), ((0.1, 0.25), SHOWN), ((0.1, 0.24), STRONG)):
        bounds = Interval(*joint)
        share = Share("a", 230, 1000, 0.5, bounds, bounds, -7.0, 0.001, 0.001, below=True)
        assert states.share_gap(share, half, ALPHA) is state


@pytest.mark.parametrize(
    ("value", "high", "p", "state"),
    [
        (0.05, 0.09, 0.01, NEAR),  # from 5 points on, with evidence
        (0.0499, 0.09, 0.01, CLEAR),
        (0.1, 0.12, 0.01, SHOWN),
        (0.0999, 0.12, 0.01, NEAR),
        (0.05, 0.1, ALPHA, CLEAR),  # no evidence, and the whole interval within 10 points
        (0.05, 0.1001, ALPHA, OPEN),
    ],
)
def test_a_distance(value: float, high: float, p: float, state: State) -> None:
    assert states.distance(value, Interval(0.0, high), p, ALPHA) is state


@pytest.mark.parametrize(
    ("large", "state", "turned"),
    [
        ({"a", "r"}, STRONG, False),
        ({"a"}, OPEN, False),  # the reference is too small for anybody to be held against it
        ({"r"}, STRONG, False),
        (set(), OPEN, False),
    ],
)
def test_whom_a_gap_may_be_held_against(large: set[str], state: State, turned: bool) -> None:
    pair, bounds = Pair(300, 1000, 600, 1000), Interval(0.45, 0.55)
    found = states.directed(Terms(), pair, bounds, 0.001, ("a", "r"), large)
    assert found == (pair, state, turned)
    # Seen from the other side it is the reference's own gap, if the level is large enough.
    (own, other, reverse) = states.directed(
        Terms(), pair.swapped, Interval(1 / 0.55, 1 / 0.45), 0.001, ("r", "a"), large
    )
    assert (own, other, reverse) == ((pair, STRONG, True) if "r" in large else (pair.swapped, CLEAR, False))


def test_equal_rates_are_turned_round_for_nobody() -> None:
    pair = Pair(500, 1000, 500, 1000)
    assert states.directed(Terms(), pair, Interval(0.9, 1.1), 1.0, ("a", "r"), {"a", "r"}) == (pair, CLEAR, False)


def test_a_group_that_is_no_better_off_is_not_held_to_the_other_side() -> None:
    """0.99 [0.85, 1.4]: the reference is the better off, so that nothing need be clear for it."""
    pair = Pair(495, 1000, 500, 1000)
    assert states.directed(Terms(), pair, Interval(0.85, 1.4), 0.9, ("a", "r"), {"a", "r"}) == (pair, CLEAR, False)
    better, bounds = pair.swapped, Interval(1 / 1.4, 1 / 0.85)
    assert states.directed(Terms(), better, bounds, 0.9, ("r", "a"), {"a", "r"}) == (better, OPEN, False)
    better, bounds = pair.swapped, Interval(0.85, 1.4)  # clear for it, and not for the reference, which has less
    assert states.directed(Terms(), better, bounds, 0.9, ("r", "a"), {"a", "r"}) == (better, OPEN, False)


def test_of_several_states_the_worst() -> None:
    ordered = [STRONG, SHOWN, NEAR, OPEN, CLEAR]
    for i, state in enumerate(ordered):
        assert states.worst(ordered[i:][::-1]) is state
        assert states.is_gap(state) is (i < 3)
    assert states.worst([]) is CLEAR


@pytest.mark.parametrize("state", [STRONG, SHOWN, NEAR, OPEN, CLEAR])
def test_pooled_strata_and_partial_matches(state: State) -> None:
    assert states.within_strata(state, agree=True, covered=True) is state
    assert states.within_strata(state, agree=False, covered=True) is OPEN
    assert states.within_strata(state, agree=True, covered=False) is (OPEN if state is CLEAR else state)
    assert states.near_match(state) is (NEAR if state in (STRONG, SHOWN) else state)


def test_nothing_shown() -> None:
    assert (states.unshown(all_known=True), states.unshown(all_known=False)) == (CLEAR, OPEN)


@pytest.mark.parametrize(
    ("pair", "high", "p", "least", "state"),
    [
        (UNDER, 0.79, 0.01, 1000, STRONG),
        (UNDER, 0.8, 0.01, 1000, SHOWN),
        (UNDER, 0.79, 0.01, 1001, OPEN),
        (UNDER, 0.79, ALPHA, 1000, OPEN),
        (ON, 0.79, 0.01, 1000, OPEN),
    ],
)
def test_a_slice(pair: Pair, high: float, p: float, least: int, state: State) -> None:
    assert states.lower_slice(pair, pair, high, p, LIMIT, ALPHA, least) is state


def test_a_slice_of_few_people_rests_on_no_single_one() -> None:
    """1,000 rows at 0.79 of two people: moving one selection turns it."""
    assert states.lower_slice(UNDER, Pair(1, 2, 2, 2), 0.79, 0.01, LIMIT, ALPHA, 2) is OPEN


@pytest.mark.parametrize(
    ("joint", "below", "p", "state"),
    [
        ((0.4, 0.5), True, 0.001, CLEAR),  # 0.4 of a stated half is four fifths
        ((0.3, 0.4), True, 0.001, SHOWN),
        ((0.3, 0.39), True, 0.001, STRONG),
        ((0.3, 0.5), True, ALPHA, OPEN),
        ((0.3, 0.5), False, 0.001, NEAR),
    ],
)
def test_a_share(joint: tuple[float, float], below: bool, p: float, state: State) -> None:
    bounds = Interval(*joint)
    share = Share("a", 380, 1000, 0.5, bounds, bounds, -7.0, p, p, below)
    assert states.share_gap(share, LIMIT, ALPHA) is state


@pytest.mark.parametrize(
    ("difference", "interval", "p", "state"),
    [
        (0.05, (0.03, 0.07), 0.01, SHOWN),
        (-0.05, (-0.07, -0.03), 0.01, SHOWN),
        (0.05, (0.03, 0.07), ALPHA, OPEN),
        (0.049, (0.01, 0.049), 0.01, CLEAR),
        (0.03, (0.01, 0.05), 0.01, OPEN),  # a bound on the line does not lie within it
        (-0.03, (-0.05, -0.01), 0.01, OPEN),
        (-0.03, (-0.0499, -0.01), 0.01, CLEAR),
        (0.0, None, 1.0, OPEN),
    ],
)
def test_a_difference(difference: float, interval: tuple[float, float] | None, p: float, state: State) -> None:
    bounds = None if interval is None else Interval(*interval)
    assert states.differs(difference, bounds, p, 0.05, ALPHA) is state


def _auc(value: float, error: float) -> Auc:
    z = 1.959963984540054
    return Auc(value, error, Interval(value - z * error, value + z * error))


@pytest.mark.parametrize(
    ("aucs", "state"),
    [
        ([_auc(0.5, 0.01), _auc(0.49, 0.01)], CLEAR),
        ([_auc(0.5, 0.01)], OPEN),  # of one learner alone nothing is clear
        ([_auc(0.5, 0.1)], OPEN),
        ([_auc(0.62, 0.05)], SHOWN),
        ([_auc(0.58, 0.03)], NEAR),
        ([_auc(0.8, 0.01)], STRONG),
        ([_auc(0.5, 0.01), _auc(0.62, 0.02)], SHOWN),  # the best learner counts
        ([_auc(0.5, 0.1), _auc(0.52, 0.001)], NEAR),  # and no upper bound may reach the line
    ],
)
def test_an_area(aucs: list[Auc], state: State) -> None:
    assert states.area({str(i): auc for i, auc in enumerate(aucs)}, ALPHA, 0.6, 0.7) is state


@pytest.mark.parametrize(
    ("value", "open_by", "interval", "p", "firm", "state"),
    [
        (-0.05, 0.0, (-0.11, 0.0), 0.01, True, CLEAR),  # a bound on the line is within it
        (-0.2, 0.0, (-0.3, -0.1), 0.01, True, NEAR),
        (-0.3, 0.0, (-0.4, -0.2), 0.01, True, SHOWN),
        (-0.28, 0.0, (-0.4, -0.2), 0.01, True, NEAR),
        (-0.3, 0.03, (-0.4, -0.2), 0.01, True, NEAR),  # what bins leave open may bring it over the line
        (-0.4, 0.0, (-0.5, -0.29), 0.01, True, STRONG),
        (-0.4, 0.0, (-0.5, -0.28), 0.01, True, SHOWN),
        (-0.4, 0.0, (-0.5, -0.29), ALPHA, True, OPEN),
        (-0.4, 0.0, (-0.5, -0.29), 0.01, False, OPEN),
        (-0.2, 0.2, (-0.5, 0.1), 0.01, True, OPEN),
    ],
)
def test_a_delta(
    value: float, open_by: float, interval: tuple[float, float], p: float, firm: bool, state: State
) -> None:
    assert states.delta_gap(Delta(value, open_by, Interval(*interval), p), p, ALPHA, firm=firm) is state


@pytest.mark.parametrize(
    ("kind", "carried", "state"),
    [
        (ProxyKind.CARRIER, (-0.03, -0.01), STRONG),  # the end nearer to 0 carries the least that counts
        (ProxyKind.CARRIER, (0.01, 0.03), STRONG),
        (ProxyKind.CARRIER, (-0.03, -0.009), SHOWN),
        (ProxyKind.ALIAS, (0.0, 0.0), SHOWN),
        (ProxyKind.LEAK, (0.0, 0.0), NEAR),
    ],
)
def test_a_proxy(kind: ProxyKind, carried: tuple[float, float], state: State) -> None:
    assert states.proxy(kind, Interval(*carried), 0.01) is state


def test_counts_and_shares_on_their_lines() -> None:
    assert [states.part(value, 0.05) for value in (0.05, 0.0501, math.nan)] == [CLEAR, SHOWN, OPEN]
    assert [states.filled(value, 0.05) for value in (0.05, 0.0501, None)] == [CLEAR, SHOWN, STRONG]
    assert [states.enough_rows(n, 30) for n in (29, 29.9, 30, 31)] == [STRONG, STRONG, CLEAR, CLEAR]
    assert [states.terms_found(0, odds, 2.0) for odds in (1.9, 2.0, 2.1)] == [CLEAR, CLEAR, OPEN]
    assert [states.terms_found(n, 1.5, 2.0) for n in (1, 2)] == [SHOWN, SHOWN]
    assert [states.penalty(direct=direct) for direct in (True, False)] == [STRONG, SHOWN]
    assert [states.lacks(of) for of in ((), ["x"])] == [CLEAR, SHOWN]
    assert [states.inside(share, most, 0.9) for share, most in ((0.9, 0.9), (0.8, 0.9), (0.8, 0.85))] == [
        CLEAR,
        OPEN,
        NEAR,
    ]


@pytest.mark.parametrize(
    ("n", "settled", "small", "state"),
    [(29, True, False, STRONG), (30, False, True, SHOWN), (30, True, True, CLEAR), (30, False, False, CLEAR)],
)
def test_enough_rows_to_see_a_gap(n: int, settled: bool, small: bool, state: State) -> None:
    assert states.enough_power(n, 30, settled=settled, small=small) is state


@pytest.mark.parametrize(
    ("rows", "hidden", "expected", "state"),
    [(29, 0, 30, SHOWN), (29, 0, 29.9, NEAR), (29, 1, 100, OPEN), (0, 29, 100, SHOWN)],
)
def test_a_combination_of_few_rows(rows: int, hidden: int, expected: float, state: State) -> None:
    assert states.uncovered(rows, hidden, expected, 30) is state


@pytest.mark.parametrize(
    ("share", "recent", "state"),
    [(0.9, 0.1, CLEAR), (0.9, 0.0, STRONG), (0.89, 0.1, SHOWN), (0.5, 0.1, SHOWN), (0.49, 0.1, STRONG)],
)
def test_a_period(share: float, recent: float, state: State) -> None:
    assert states.in_period(share, recent, 0.9) is state


def test_facts_that_are_states_by_themselves() -> None:
    """As the rules document them: an absent column blocks strongly, one that must not be there is shown."""
    assert (states.ABSENT, states.PRESENT, states.NOT_PRESENT) == (STRONG, SHOWN, CLEAR)
    assert (states.NOTHING_TO_JUDGE, states.NOT_KNOWN, states.DESCRIBED) == (State.NOT_RUN, OPEN, CLEAR)
    assert (states.STRONG, states.NEAR) == (STRONG, NEAR)
    assert (states.SMALL, states.MEDIUM) == (0.11, 0.28)  # of a delta: Cohen's d of 0.2 and 0.5
    assert (states.NOTICED, states.NOTABLE) == (0.05, 0.1)
