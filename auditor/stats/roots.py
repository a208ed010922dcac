"""The root of a function between two points, without scipy.optimize: to import that takes longer than all searches."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable

MOST_STEPS = 100
RELATIVE = 4 * sys.float_info.epsilon


def root(
    function: Callable[[float], float], low: float, high: float, *, absolute: float = 2e-12, relative: float = RELATIVE
) -> float:
    """Return where a continuous function is 0, by Brent's method; its signs at `low` and `high` must differ.

    The result is within `absolute + relative * |root|` of the root, and equals that of scipy.optimize.brentq.
    Source: Brent 1973, Algorithms for Minimization without Derivatives, chapter 4.

    Raises:
        ValueError: The signs are the same, or a value is nan.
    """
    before, now = low, high
    f_before, f_now = function(before), function(now)
    if f_before == 0 or f_now == 0:
        return before if f_before == 0 else now
    if math.isnan(f_before) or math.isnan(f_now) or (f_before < 0) == (f_now < 0):
        raise ValueError("the function must have different signs at the two ends")
    beyond = f_beyond = step = last_step = 0.0
    for _ in range(MOST_STEPS):
        if f_before and f_now and (f_before < 0) != (f_now < 0):
            beyond, f_beyond, step = before, f_before, now - before
            last_step = step
        if abs(f_beyond) < abs(f_now):  # the best point is the one from which a step is taken
            before, now, beyond = now, beyond, now
            f_before, f_now, f_beyond = f_now, f_beyond, f_now
        near = (absolute + relative * abs(now)) / 2
        half = (beyond - now) / 2
        if f_now == 0 or abs(half) < near:
            return now
        tried = math.inf
        if abs(last_step) > near and abs(f_now) < abs(f_before):
            tried = _interpolated((before, f_before), (now, f_now), (beyond, f_beyond))
        if 2 * abs(tried) < min(abs(last_step), 3 * abs(half) - near):
            last_step, step = step, tried
        else:
            last_step = step = half
        before, f_before = now, f_now
        now += step if abs(step) > near else math.copysign(near, half)
        f_now = function(now)
        if math.isnan(f_now):
            raise ValueError("the function has no value between the two ends")
    raise ArithmeticError("no root was found in so many steps")


def _interpolated(before: tuple[float, float], now: tuple[float, float], beyond: tuple[float, float]) -> float:
    """Return the step from `now` to where a curve through the points is 0; inf without one.

    The curve is a line where two of the points are one, else the inverse quadratic.
    """
    (x0, f0), (x, f), (x1, f1) = before, now, beyond
    try:
        if x0 == x1:
            return -f * (x - x0) / (f - f0)
        slope, other = (f0 - f) / (x0 - x), (f1 - f) / (x1 - x)
        return -f * (f1 * other - f0 * slope) / (other * slope * (f1 - f0))
    except ZeroDivisionError:
        return math.inf
