"""The reference, the five states and the adjustment, against published cases and a simulation of known truth."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.analyzers.comparing import compare
from auditor.analyzers.states import ratio_gap
from auditor.model import State
from auditor.stats.counts import Pair
from auditor.stats.gaps import Terms, choose_reference
from auditor.stats.proportions import equal_rates, ratio_interval

LIMIT = Fraction(4, 5)


def _state(x: int, n: int, x_ref: int, n_ref: int) -> State:
    pair = Pair(x, n, x_ref, n_ref)
    return ratio_gap(pair, ratio_interval(pair), equal_rates(pair).p, LIMIT, 0.05)


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ((1769, 16192, 9918, 32650), State.SHOWN_STRONG),  # Adult, women against men
        ((157, 2435, 235, 2435), State.SHOWN),  # callbacks, black against white
        ((83, 1124, 309, 3746), State.UNDETERMINED),  # callbacks, men against women
        ((201, 310, 499, 690), State.CLEAR),  # German credit: significant, and within the limit
        ((800, 2000, 950, 2000), State.BORDERLINE),  # ratio 0.842, lower bound below 0.8
        ((60, 100, 75, 100), State.BORDERLINE),  # exactly four fifths is not below
        ((3, 8, 16, 25), State.UNDETERMINED),  # Ricci, captains: ratio 0.586 of few people
    ],
)
def test_state_of_known_tables(counts: tuple[int, int, int, int], state: State) -> None:
    assert _state(*counts) is state


def test_one_person_guards_small_numbers() -> None:
    pair = Pair(0, 30, 1, 2)  # one selection moved: 1/30 against 0/2
    assert ratio_gap(pair, ratio_interval(pair), 0.001, LIMIT, 0.05) is State.UNDETERMINED


def test_the_reference_is_the_highest_rate_among_the_large_enough() -> None:
    counts = {"big": (500, 1000), "best": (300, 500), "tiny": (20, 20)}
    assert choose_reference(counts, 1520, 30, 0.02)[0] == "best"


def test_where_nobody_is_large_enough_the_largest_is_the_reference_and_that_is_said() -> None:
    counts = {"W": (16, 25), "B": (3, 8), "H": (3, 8)}
    reference, chosen = choose_reference(counts, 41, 30, 0.02)
    assert reference == "W"
    assert "no group has 30 rows" in chosen


def test_holm_runs_over_all_pairs_unless_the_reference_is_fixed() -> None:
    counts = {"W": (16, 25), "B": (3, 8), "H": (3, 8)}
    free = compare(counts)
    fixed = compare(counts, Terms(reference="W"))
    assert (free.pairs, fixed.pairs) == (3, 2)
    black = next(gap for gap in free.gaps if gap.level == "B")
    assert black.evidence.p == pytest.approx(0.2379, abs=5e-5)
    assert black.pair.ratio == pytest.approx(0.585938, abs=1e-6)
    assert black.state is State.UNDETERMINED
    assert black.p_adjusted == pytest.approx(3 * black.evidence.p)


def test_a_gap_of_the_fixed_reference_itself_is_not_hidden() -> None:
    (gap,) = compare({"m": (100, 1000), "f": (300, 1000)}, Terms(reference="m")).gaps
    assert gap.state is State.SHOWN_STRONG
    assert gap.reverse


@given(st.lists(st.tuples(st.integers(1, 300), st.floats(0, 1)), min_size=2, max_size=5))
def test_compare_never_fails_and_is_clear_only_with_its_whole_interval(groups: list[tuple[int, float]]) -> None:
    counts = {str(i): (int(share * n), n) for i, (n, share) in enumerate(groups)}
    for gap in compare(counts).gaps:
        if gap.state is State.CLEAR:
            assert gap.interval.low >= 0.8
        if gap.state.found:
            assert gap.p_adjusted < 0.05
            assert gap.pair.below(LIMIT)


def test_false_alarms_with_a_reference_chosen_from_the_data_stay_below_five_percent() -> None:
    """Five groups of 200 with equal rates of 0.1; four fifths alone would fire in over 90% of them."""
    rng = np.random.default_rng(11)
    alarms = four_fifths = 0
    rounds = 400
    for _ in range(rounds):
        counts = {str(i): (int(x), 200) for i, x in enumerate(rng.binomial(200, 0.1, 5))}
        gaps = compare(counts).gaps
        alarms += any(gap.state.found for gap in gaps)
        four_fifths += any(gap.pair.below(LIMIT) for gap in gaps)
    assert alarms / rounds <= 0.06  # 0.037 simulated over many more rounds
    assert four_fifths / rounds >= 0.9
