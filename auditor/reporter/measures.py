"""Measures as readers see them: their names in words, and each in its unit, as the rule documents them in the audit."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from auditor.format import interval, p_alone, people, percent, ratio, signed
from auditor.model import Measure, Quantity, Unit


def words(name: str, quantities: Mapping[str, Quantity]) -> str:
    """Return what a measure is called, and that it only describes; its name where the audit does not document it."""
    known = quantities.get(name)
    if known is None:
        return name.replace("_", " ")
    return f"{known.words} (descriptive)" if known.descriptive else known.words


def measure_text(name: str, measure: Measure, quantities: Mapping[str, Quantity]) -> str:
    """Return a measure with its interval, in its unit; a plain number where the audit does not document it."""
    quantity = quantities.get(name) or Quantity(name)
    if measure.value is None:
        if quantity.unknown:
            return quantity.unknown
        return "cannot be known" if measure.low is None else interval(measure.low, measure.high, measure.limit)
    return _WRITTEN[quantity.unit](measure.value, measure)


def _share(value: float, measure: Measure) -> str:
    return _between(percent(value), measure, percent)


def _points(value: float, measure: Measure) -> str:
    return _between(f"{signed(100 * value)} points", measure, lambda end: signed(100 * end))


def _ratio(value: float, measure: Measure) -> str:
    text = ratio(value, measure.limit)
    has = measure.low is not None or measure.high is not None
    return f"{text} {interval(measure.low, measure.high, measure.limit)}" if has else text


def _number(value: float, measure: Measure) -> str:
    return _between(f"{value:,.4g}", measure, lambda end: f"{end:,.4g}")


def _people(value: float, measure: Measure) -> str:
    """Write a number of people, at least 0: older audits have negative ones."""
    return _between(people(max(0.0, value)), measure, lambda end: people(max(0.0, end)))


def _between(text: str, measure: Measure, written: Callable[[float], str]) -> str:
    """Return a number with its interval, where both ends are known; a share of the rows at hand has none."""
    if measure.low is None or measure.high is None or measure.low == measure.value == measure.high:
        return text
    return f"{text} [{written(measure.low)}, {written(measure.high)}]"


_WRITTEN: Mapping[Unit, Callable[[float, Measure], str]] = {
    Unit.SHARE: _share,
    Unit.POINTS: _points,
    Unit.RATIO: _ratio,
    Unit.NUMBER: _number,
    Unit.PEOPLE: _people,
    Unit.P: lambda value, _: p_alone(value),
    Unit.DEVIATIONS: lambda value, _: signed(value, 2),
}
