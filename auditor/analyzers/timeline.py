"""The periods of a tally in the order of time, and how that order was decided."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from auditor.counts.columns import plain_number
from auditor.counts.effects import of_period
from auditor.counts.names import COUNT, LEVEL, PERIOD
from auditor.counts.tally import Tally
from auditor.errors import RoleError
from auditor.model import Decision
from auditor.stats.counts import Pair
from auditor.use.periods.days import OTHERS
from auditor.use.periods.order import NUMBER, Order, order_of, order_of_dates, order_of_steps
from auditor.use.periods.spans import NAMES
from auditor.use.roles import is_numeric
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.use.usecase import UseCase

KEY = "[features] time_order"
SECONDS = {1.0: "seconds", 1e3: "milliseconds", 1e6: "microseconds", 1e9: "nanoseconds"}

SAYS = Says(
    since="as {unit} since 1970, ",
    unordered="The periods of '{column}' have no known order, so trends were not examined.",
    taken="Time '{column}' is taken {how}.{>caveat}",
    caveat=" {caveat}",
    no_place="{rows:people} row{rows:s} of '{column}' cannot be placed in time and are excluded from trends: "
    "{values:listed 3}.",
)


def timeline(tally: Tally, use: UseCase) -> Order:
    """Return the order of the values of the tally's time column; the tally must have periods.

    It is decided from all values that were counted, so that it does not depend on the engine or on what a peek saw.
    """
    clock, name = tally.roles.period, tally.roles.time
    assert clock is not None and name is not None  # it has periods
    rows, stated = rows_by_value(tally), use.features.time_order
    if stated and (clock.unit in NAMES or (clock.unit == "step" and stated != (NUMBER,))):
        counted = "as dates" if clock.unit in NAMES else f"{clock.width:g} at a time"
        raise RoleError(f"{KEY} is given, but '{name}' was counted {counted}")
    if clock.unit in NAMES:
        counted = SAYS("since", unit=SECONDS[clock.ticks]) if clock.ticks else ""
        order = order_of_dates(name, rows, clock.unit, counted)
        return replace(order, caveat=OTHERS) if clock.ticks and not order.reason else order
    if clock.unit == "step":
        return order_of_steps(name, rows, clock.width, clock.whole)
    return order_of(name, rows, stated, clock.of_numbers or is_numeric(tally.columns[name].type))


def rows_by_value(tally: Tally) -> dict[str, int]:
    """Return the rows of each value of the time column; missing left out."""
    table = tally.derived[PERIOD].table
    sums: dict[str, int] = {}
    for level, n in zip(table[LEVEL], table[COUNT], strict=True):
        if isinstance(level, str):
            sums[level] = sums.get(level, 0) + plain_number(n)
    return sums


def time_order(tally: Tally, use: UseCase) -> Iterator[Decision]:
    """State how time was taken, and which values cannot be placed."""
    name = tally.roles.time
    if name is None or PERIOD not in tally.derived or not (rows := rows_by_value(tally)):
        return
    order, about, key = timeline(tally, use), "time order", KEY
    if order.reason:
        yield Decision(SAYS("unordered", column=name), about, (name,), key)
        return
    dated = bool(tally.roles.period and tally.roles.period.unit in NAMES and not tally.roles.period.ticks)
    text = SAYS("taken", column=name, how=order.how, caveat=order.caveat or None)
    yield Decision(text, about, (name,), "--time" if dated else key, warning=bool(order.caveat))
    if order.unread:
        n = sum(rows[level] for level in order.unread)
        text = SAYS("no_place", rows=n, column=name, values=order.unread)
        yield Decision(text, about, (name,), key)


def rows_by_period(tally: Tally, order: Order, group: str) -> dict[str, dict[str, int]]:
    """Return period -> level of a group -> rows, earliest first; periods without rows left out."""
    counted = tally.rows_by(PERIOD, group)
    found: dict[str, dict[str, int]] = {}
    for value, period in order.places.items():
        for level, n in counted.get(value, {}).items():
            of = found.setdefault(period, {})
            of[level] = of.get(level, 0) + n
    return found


def pairs_by_period(tally: Tally, order: Order, group: str, level: str, reference: str) -> dict[str, Pair | None]:
    """Return every period, earliest first, with the counts of a level against the reference where it holds both."""
    counted = tally.counts(PERIOD, group)
    sums = {period: {level: (0, 0), reference: (0, 0)} for period in order.periods}
    for value, period in order.places.items():
        for of, (x, n) in counted.get(value, {}).items():
            if of in sums[period]:
                before = sums[period][of]
                sums[period][of] = (before[0] + x, before[1] + n)
    values: dict[str, list[str]] = {}
    for value, period in order.places.items():
        values.setdefault(period, []).append(value)
    return {
        period: Pair(*of[level], *of[reference], *(of_period(tally, group, one, values[period]) for one in of))
        if of[level][1] and of[reference][1]
        else None
        for period, of in sums.items()
    }
