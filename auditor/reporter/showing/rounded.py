"""Numbers of a group that, to the last digit, would give a smaller one back: shown as roughly as hides it.

The total less all groups but one is that one. Where a group is too small to be shown, another one's numbers are
therefore known only to within twice the least cell: a rate of 500 of 3,000 is given as 17 %. What is printed fits
counts that differ by so much that the smaller group may have had any outcome.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from auditor.format import interval, people, percent, ratio
from auditor.model import Finding, Measure

ROUGHEST = 0.1  # of itself: what would have to be rounded to more is not shown
RULE = "OUT001"


def step(least: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that is no less than `least`.

    >>> step(0.0033), step(7), step(0.02)
    (0.005, 10.0, 0.02)
    """
    power = 10.0 ** math.floor(math.log10(least))
    return next(round(of * power, 12) for of in (1, 2, 5, 10) if of * power >= least * (1 - 1e-9))


def to(value: float | None, unit: float) -> float | None:
    """Return a value as a multiple of a unit."""
    return value if value is None or not math.isfinite(value) else round(round(value / unit) * unit, 12)


def gap(finding: Finding, beside: Collection[str], least: int, about: str) -> Finding | None:
    """Return an outcome gap in rough numbers, where one level is of `beside`; None where they say too little."""
    rates = {
        "level": finding.measures.get("selection_rate"),
        "reference": finding.measures.get("reference_rate"),
    }
    times = finding.measures.get("impact_ratio")
    sides = [key for key in rates if finding.subject.get(key) in beside]
    unknown = any(rate is None or not rate.n or not rate.value for rate in rates.values())
    if len(sides) != 1 or unknown or times is None or times.value is None:
        return None
    if times.n is None:  # it is rounded
        return finding
    (side,) = sides
    hidden = rates[side]
    assert hidden is not None and hidden.n and hidden.value
    count = hidden.n * min(hidden.value, 1 - hidden.value)
    if 2 * least > ROUGHEST * count:
        return None
    rough = {
        "selection_rate": _roughly(rates["level"], least, round_n=side == "level"),
        "reference_rate": _roughly(rates["reference"], least, round_n=side == "reference"),
        "impact_ratio": replace(_to(times, step(2 * least / count * times.value)), n=None),
    }
    own, other, rounded = (rough[name] for name in ("selection_rate", "reference_rate", "impact_ratio"))
    within = interval(rounded.low, rounded.high, None)
    message = (
        f"{about}: {percent(own.value or 0)} of {people(own.n or 0)} against {percent(other.value or 0)} of "
        f"{people(other.n or 0)}, impact ratio {ratio(rounded.value, None)} {within}. "
        f"These are rounded: exact numbers would disclose those of another group of under {least} rows."
    )
    return replace(finding, message=message, measures=rough)


def size(finding: Finding, least: int, about: str) -> Finding | None:
    """Return a finding about the number of rows with it alone, in tens; None where that says too little."""
    n = finding.measures.get("n")
    if n is not None and n.n is None:
        return finding
    if n is None or not n.value or 2 * least > ROUGHEST * n.value:
        return None
    rough = replace(_to(n, step(2 * least)), n=None)
    message = f"{about}: about {people(rough.value or 0)} rows, rounded for another group of under {least} rows."
    return replace(finding, message=message, measures={"n": rough})


def record(of: Mapping[str, Any], least: int) -> Mapping[str, Any] | None:
    """Return the record of a group's outcomes in rough numbers; None where they say too little."""
    n, rate = of.get("n"), of.get("selection_rate")
    if of.get("favourable") is None:
        return of
    if not n or not rate or 2 * least > ROUGHEST * n * min(rate, 1 - rate):
        return None
    unit = step(2 * least / n)
    return {
        **of,
        **{name: to(of.get(name), unit) for name in ("selection_rate", "low", "high")},
        **{name: int(to(of[name], step(2 * least)) or 0) if of.get(name) else None for name in ("n", "rows")},
        "favourable": None,
        "no_outcome": None,
    }


def _roughly(rate: Measure | None, least: int, round_n: bool) -> Measure:
    assert rate is not None and rate.n
    if not round_n:
        return rate
    rough = _to(rate, step(2 * least / rate.n))
    return replace(rough, n=int(to(rate.n, step(2 * least)) or 0))


def _to(measure: Measure, unit: float) -> Measure:
    return replace(
        measure, value=to(measure.value, unit), low=to(measure.low, unit), high=to(measure.high, unit), n=measure.n
    )
