"""Roots by Brent's method are those that scipy finds, to the last bit."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from scipy import optimize, special

from auditor.stats.counts import Pair
from auditor.stats.proportions import ratio_z
from auditor.stats.roots import root

Function = Callable[[float], float]
BOUNDED: list[tuple[Function, float, float]] = [
    (lambda x: x * x - 2, 0.0, 2.0),
    (lambda x: x**3 + x / 8, -1.0, 3.0),
    (lambda x: math.cos(x) - x, 0.0, 1.0),
    (lambda x: math.copysign(1.0, x - 0.3), 0.0, 1.0),
    (lambda x: math.copysign(math.inf, x - 0.3), 0.0, 1.0),
    (lambda x: 0.0 if x <= 0.25 else x - 0.25, -1.0, 1.0),
    (lambda x: -1.0 if x < 700 else math.expm1(x - 705), 0.0, 709.0),
    (lambda x: float(special.betainc(3.5, 90.0, x)) - 0.025, 0.0, 1.0),
    (lambda x: float(special.betainc(0.01, 400.0, x)) - 0.975, 0.0, 1.0),
    (lambda x: 1e-200 * (x - 1 / 3), 0.0, 1.0),
    (lambda x: math.log(x) - 20, 1.0, 1e12),
]


@pytest.mark.parametrize("absolute", [1e-13, 1e-9])
@pytest.mark.parametrize("case", range(len(BOUNDED)))
def test_roots_are_those_of_scipy(case: int, absolute: float) -> None:
    function, low, high = BOUNDED[case]
    assert root(function, low, high, absolute=absolute) == optimize.brentq(function, low, high, xtol=absolute)


def test_bounds_of_ratios_are_those_of_scipy() -> None:
    compared = 0
    for x, n, x_ref, n_ref in [(0, 9, 4, 12), (9, 9, 4, 12), (1, 30, 29, 30), (310, 4_000, 900, 9_000), (5, 5, 5, 5)]:
        pair = Pair(x, n, x_ref, n_ref)
        for target in (-1.96, 1.96, 3.3):

            def excess(log_ratio: float, pair: Pair = pair, z: float = target) -> float:
                return ratio_z(pair, math.exp(log_ratio)) - z

            if (excess(-40) < 0) != (excess(40) < 0):
                assert root(excess, -40, 40, absolute=1e-13) == optimize.brentq(excess, -40, 40, xtol=1e-13)
                compared += 1
    assert compared >= 12


def test_relative_accuracy_is_that_of_scipy() -> None:
    found = root(lambda x: x - 123_456.789, 1.0, 1e12, relative=1e-3)
    assert found == optimize.brentq(lambda x: x - 123_456.789, 1.0, 1e12, rtol=1e-3)


def test_a_root_at_an_end_is_returned() -> None:
    assert root(lambda x: x, 0.0, 5.0) == 0.0
    assert root(lambda x: x - 5, 0.0, 5.0) == 5.0


@pytest.mark.parametrize("function", [lambda x: x + 10, lambda x: math.nan, lambda x: x if abs(x) > 0.9 else math.nan])
def test_functions_without_a_bracketed_root_are_refused(function: Function) -> None:
    with pytest.raises(ValueError, match="ends"):
        root(function, -1.0, 1.0)
