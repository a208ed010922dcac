"""The designs that measure error rates: the registry is sound, and figures are judged as is promised."""

from __future__ import annotations

import pytest

from auditor.analyzers.catalog import all_rules
from tests.benchmarks.calibration.design import Design, Kind, all_designs, register
from tests.benchmarks.calibration.making import counts
from tests.benchmarks.calibration.reporting import Saved, markdown, newest
from tests.benchmarks.calibration.running import Figure, Row, run


def test_every_design_says_what_is_true_and_looks_at_rules_that_there_are() -> None:
    designs = all_designs()
    assert len(designs) > 100 and sum(of.short > 0 for of in designs.values()) > 10
    for of in designs.values():
        assert of.true and of.rounds >= 200, of.name
        named = {word for _, look in of.looks for word in look.split() if word[:3].isupper() and word[3:].isdigit()}
        assert named <= set(all_rules()), of.name


def test_two_far_rates_are_found_and_never_called_clear() -> None:
    """Of .3 and .5 of 750 each, the z of a round is 8 and more: every audit shows it."""
    of = all_designs()["two rates, 1,500 rows"]
    ((rows, _),) = run([of], {of.name: 20}, 0)
    assert {row.kind: row.figure for row in rows} == {Kind.POWER: Figure(20, 20), Kind.FALSE_CLEAR: Figure(0, 20)}
    assert [row.verdict() for row in rows if row.kind is Kind.FALSE_CLEAR] == ["kept"]


@pytest.mark.parametrize(
    ("kind", "hits", "verdict"),
    [
        # 5% and two errors, 2 times sqrt(.05 times .95 / 400) = 2.18%: at most 28.7 of 400.
        (Kind.FALSE_FINDING, 28, "kept"),
        (Kind.FALSE_FINDING, 29, "broken"),
        # 3% and 2 times sqrt(.03 times .97 / 400) = 1.71%: at most 18.8.
        (Kind.FALSE_CLEAR, 18, "kept"),
        (Kind.FALSE_CLEAR, 19, "broken"),
        # 94% less 2 times sqrt(.94 times .06 / 400) = 2.37%: at least 366.5.
        (Kind.COVERAGE, 367, "kept"),
        (Kind.COVERAGE, 366, "broken"),
    ],
)
def test_a_promise_is_kept_within_two_standard_errors(kind: Kind, hits: int, verdict: str) -> None:
    of = all_designs()["two rates, 1,500 rows"]
    row = Row(of, kind, "OUT001", Figure(hits, 400))
    assert (row.verdict(), row.fails()) == (verdict, verdict == "broken")


def test_an_interval_that_is_not_there_covers_nothing_and_a_fault_found_less_often_is_said() -> None:
    of = all_designs()["two rates, 1,500 rows"]
    assert Row(of, Kind.COVERAGE, "OUT001", Figure(10, 10, 390)).fails()
    assert not Row(of, Kind.FALSE_FINDING, "OUT001", Figure(0, 0, 400)).fails()
    power = Row(of, Kind.POWER, "OUT001", Figure(200, 400))
    # The difference of two halves of 400 has the error sqrt(2 times .25 / 400) = 3.5%.
    assert power.verdict(Figure(227, 400)) == "same"
    assert power.verdict(Figure(229, 400)) == "less" and power.fails(Figure(229, 400))
    assert power.verdict(Figure(171, 400)) == "more"


def test_a_name_is_given_once() -> None:
    of = all_designs()["two rates, 1,500 rows"]
    with pytest.raises(ValueError, match="two rates, 1,500 rows"):
        register(of)
    with pytest.raises(ValueError, match="nothing is looked at"):
        register(Design("new", "nothing", lambda rng: counts({"a": (1, 2)}, only=["OUT001"]), {}))


def test_of_several_measurements_each_design_is_from_the_last_that_has_it() -> None:
    designs = list(all_designs().values())[:3]
    first, second, third = (of.name for of in designs)
    key = {of.name: "{}: {}".format(*next(iter(of.looks))) for of in designs}
    older = Saved("a1", "2026-01-01", {first: {key[first]: [1, 10, 0]}, second: {key[second]: [2, 10, 0]}})
    newer = Saved("b2", "2026-01-02", {second: {key[second]: [3, 20, 0]}, third: {key[third]: [4, 20, 0]}})
    rows = newest([older, newer], designs)
    assert [row.figure for row in rows] == [Figure(1, 10), Figure(3, 20), Figure(4, 20)]
    page = markdown(rows, [older, newer], Saved(), {})
    assert "a1 (2026-01-01, 2 designs), b2 (2026-01-02, 2 designs)" in page
