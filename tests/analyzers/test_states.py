"""The laws of states: a state is chosen in one place, what is not known is undetermined, and clear needs its evidence."""

from __future__ import annotations

import ast
import inspect
import math
from collections.abc import Iterator
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.analyzers import states
from auditor.model import State
from auditor.stats.counts import Interval, Pair
from auditor.stats.proportions import equal_rates, ratio_interval
from auditor.stats.roc import Auc
from auditor.stats.shares import Share
from tests.conftest import ROOT

LIMIT = Fraction(4, 5)
NAN = math.nan


def _chosen(tree: ast.AST) -> Iterator[str]:
    """Yield each state that is named but in a comparison, a test of membership or a case."""
    compared = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare | ast.MatchValue)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        named = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "State"
        if named and id(node) not in compared:
            yield ast.unparse(node)


def test_no_state_is_chosen_outside_of_the_one_place() -> None:
    for folder in ("analyzers", "stats", "learn"):
        for path in sorted((ROOT / "auditor" / folder).rglob("*.py")):
            if path.name != "states.py":
                found = list(_chosen(ast.parse(path.read_text(encoding="utf-8"))))
                assert not found, f"{path}: {found}"


def test_the_search_for_chosen_states_finds_one() -> None:
    assert [*_chosen(ast.parse("x = State.CLEAR if a is State.SHOWN else b"))] == ["State.CLEAR"]


counts = st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_a_ratio_is_clear_only_where_its_interval_lies_within_the_limit(
    own: tuple[int, int], theirs: tuple[int, int]
) -> None:
    pair = Pair(*own, *theirs)
    interval, p = ratio_interval(pair), equal_rates(pair).p
    state = states.ratio_gap(pair, interval, p, LIMIT, 0.05)
    assert (state is State.CLEAR) == (interval.low >= LIMIT)
    assert not state.found or (p < 0.05 and pair.below(LIMIT))
    assert state is not State.SHOWN_STRONG or interval.high < LIMIT
    assert states.ratio_gap(pair, Interval(NAN, NAN), NAN, LIMIT, 0.05) is State.UNDETERMINED


def _share(low: float, high: float, p: float) -> Share:
    return Share("x", 10, 100, 0.2, Interval(low, high), Interval(low, high), 0.0, p, p, below=True)


def _auc(value: float, error: float) -> Auc:
    return Auc(value, error, Interval(NAN, NAN))


UNKNOWN = {
    "share": lambda: states.share_gap(_share(NAN, NAN, NAN), LIMIT, 0.05),
    "share without a test": lambda: states.share_gap(_share(0.01, 0.5, NAN), LIMIT, 0.05),
    "distance": lambda: states.distance(0.2, Interval(0.1, 0.3), NAN, 0.05),
    "part": lambda: states.part(NAN, 0.05),
    "part or tilt": lambda: states.part_or_tilt(NAN, 0.05, State.CLEAR),
    "filled": lambda: states.filled(NAN, 0.5),
    "difference": lambda: states.differs(NAN, Interval(NAN, NAN), NAN, 0.05, 0.05),
    "difference without an interval": lambda: states.differs(0.0, None, 1.0, 0.05, 0.05),
    "part, of which the spread is open": lambda: states.part_or_tilt(0.01, 0.05, State.UNDETERMINED),
    "distance without a test": lambda: states.distance(0.01, Interval(0.0, 0.02), NAN, 0.05),
    "distance without an interval": lambda: states.distance(0.01, Interval(NAN, NAN), 0.5, 0.05),
    "absent": lambda: states.absent(NAN, 0.05),
    "amount": lambda: states.amount(NAN, 0.05, 0.2),
    "drift": lambda: states.drift([(NAN, NAN)], NAN, [Interval(NAN, NAN)], 0.05, 0.05),
    "drift without an interval": lambda: states.drift([(0.0, 1.0)], 1.0, [], 0.05, 0.05),
    "area": lambda: states.area({"a": _auc(0.5, 0.01), "b": _auc(NAN, NAN)}, 0.05, 0.556, 0.638),
    "area of one learner": lambda: states.area({"a": _auc(0.5, 0.001)}, 0.05, 0.556, 0.638),
    "inside": lambda: states.inside(0.5, 0.95, 0.9),
    "terms": lambda: states.terms_found(0, NAN, 2.0),
    "nothing found": lambda: states.unshown(all_known=False),
}  # fmt: skip


def test_areas_are_clear_where_the_intervals_of_both_learners_lie_below_the_limit() -> None:
    """0.5 and 1.96 errors: 0.5196 is under 0.556, and 0.5588 is not."""
    for error, state in ((0.01, State.CLEAR), (0.03, State.UNDETERMINED)):
        assert states.area({"a": _auc(0.5, 0.01), "b": _auc(0.5, error)}, 0.05, 0.556, 0.638) is state


def test_a_column_carries_nothing_where_its_whole_interval_lies_within_the_limit() -> None:
    assert states.carries_nothing(Interval(-0.009, 0.01), 0.01)
    assert not states.carries_nothing(Interval(-0.011, 0.001), 0.01)
    assert not states.carries_nothing(Interval(NAN, NAN), 0.01)


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_is_not_known_is_undetermined(what: str) -> None:
    assert UNKNOWN[what]() is State.UNDETERMINED


# Value, limit and state at the edge itself, from the wording of each rule: "at least" and "at most" hold with equality.
EDGES = [
    (states.part(0.05, 0.05), State.CLEAR),  # at most
    (states.enough_rows(30, 30), State.CLEAR),  # at least
    (states.enough_rows(29.9, 30), State.SHOWN_STRONG),
    (states.inside(0.9, 0.9, 0.9), State.CLEAR),
    (states.inside(0.89, 0.89, 0.9), State.BORDERLINE),
    (states.in_period(0.9, 0.1, 0.9), State.CLEAR),
    (states.in_period(0.9, 0.0, 0.9), State.SHOWN_STRONG),  # nothing recent
    (states.in_period(0.5, 0.1, 0.9), State.SHOWN),
    (states.in_period(0.49, 0.1, 0.9), State.SHOWN_STRONG),
    (states.distance(0.1, Interval(0.01, 0.2), 0.049, 0.05), State.SHOWN),
    (states.distance(0.1, Interval(0.0, 0.2), 0.05, 0.05), State.UNDETERMINED),  # no evidence of anything
    (states.distance(0.099, Interval(0.02, 0.19), 0.01, 0.05), State.BORDERLINE),
    (states.distance(0.04, Interval(0.0, 0.1), 0.5, 0.05), State.CLEAR),
    (states.distance(0.04, Interval(0.0, 0.1001), 0.5, 0.05), State.UNDETERMINED),  # it may be notable
    (states.amount(0.05, 0.05, 0.2), State.CLEAR),
    (states.amount(0.2, 0.05, 0.2), State.BORDERLINE),
    (states.amount(0.2001, 0.05, 0.2), State.SHOWN),
    (states.absent(0.049, 0.05), State.SHOWN_STRONG),
    (states.absent(0.05, 0.05), State.BORDERLINE),
    (states.part_or_tilt(0.06, 0.05, State.UNDETERMINED), State.SHOWN),
    (states.part_or_tilt(0.01, 0.05, State.SHOWN), State.SHOWN),
    (states.drift([(0.05, 0.049)], 0.5, [Interval(0.01, 0.09)], 0.05, 0.05), State.SHOWN),
    (states.drift([(-0.05, 0.05)], 0.5, [Interval(-0.1, 0.0)], 0.05, 0.05), State.UNDETERMINED),  # perhaps chance
    (states.drift([(-0.05, 0.05)], 0.049, [Interval(-0.1, 0.0)], 0.05, 0.05), State.BORDERLINE),
    (states.drift([(0.01, 0.01)], 0.01, [Interval(-0.049, 0.049)], 0.05, 0.05), State.CLEAR),
    (states.drift([(0.01, 0.5)], 0.5, [Interval(-0.04, 0.04), Interval(-0.04, 0.05)], 0.05, 0.05), State.UNDETERMINED),
    (states.differs(0.05, Interval(0.01, 0.09), 0.01, 0.05, 0.05), State.SHOWN),
    (states.differs(0.01, Interval(-0.04, 0.05), 0.5, 0.05, 0.05), State.UNDETERMINED),
    (states.differs(0.01, Interval(-0.04, 0.049), 0.5, 0.05, 0.05), State.CLEAR),
    (states.uncovered(29, 0, 30, 30), State.SHOWN),
    (states.uncovered(29, 1, 30, 30), State.UNDETERMINED),
    (states.uncovered(29, 0, 29, 30), State.BORDERLINE),
    (states.enough_power(30, 30, settled=False, small=True), State.SHOWN),
    (states.enough_power(30, 30, settled=True, small=True), State.CLEAR),
    (states.within_strata(State.CLEAR, agree=True, covered=False), State.UNDETERMINED),
    (states.within_strata(State.SHOWN, agree=True, covered=False), State.SHOWN),
    (states.near_match(State.SHOWN_STRONG), State.BORDERLINE),
]


@pytest.mark.parametrize(("got", "right"), EDGES)
def test_states_at_their_edges(got: State, right: State) -> None:
    assert got is right


def test_every_function_that_decides_says_what_it_judges() -> None:
    for name, function in inspect.getmembers(states, inspect.isfunction):
        assert function.__module__ != states.__name__ or inspect.getdoc(function), name


@pytest.mark.parametrize(
    ("interval", "low", "high", "within"),
    [
        (Interval(0.8, 1.3), 0.8, None, True),
        (Interval(0.7999, 1.3), 0.8, None, False),
        (Interval(-0.05, 0.05), -0.05, 0.05, True),
        (Interval(-0.04, 0.0501), -0.05, 0.05, False),
        (Interval(0.9, math.inf), 0.8, None, True),
        (Interval(0.9, math.inf), 0.8, 1.25, False),
        (Interval(NAN, 1.0), 0.8, None, False),
        (Interval(0.9, NAN), 0.8, None, False),
        (Interval(NAN, NAN), None, None, False),
        (None, 0.0, 1.0, False),
    ],
)
def test_an_interval_lies_within_limits_with_both_its_ends_known(
    interval: Interval | None, low: float | None, high: float | None, within: bool
) -> None:
    assert states.within_limits(interval, low, high) is within
