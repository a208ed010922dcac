"""The figures of pay as they may be shown: none of few people, and none that would disclose how few there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from auditor.model import Few
from auditor.reporter.showing.few import few_share, names
from auditor.reporter.showing.records import Record, small, small_places

FIGURES = "PAY001"
VARIABLE = ("(b)", "(d)", "(e)")
QUARTERS, CATEGORIES = "(f)", "(g)"
SIZES = ("n", "reference_n", "receiving", "reference_receiving")
NUMBERS = ("n", "reference_n", "gap", "low", "high", "share", "reference_share")


def shown_figures(table: Sequence[Record], few: Few) -> tuple[Record, ...]:
    """Return the records of the figures, those that may not be shown by name only.

    Hidden are the figures of a small group; those of variable pay where few receive some, or do not; quarters and
    categories with few of either group, and as many more as keep totals from giving these away.
    """
    parts: dict[str, list[Record]] = {}
    for record in table:
        parts.setdefault(str(record.get("pair")), []).append(record)
    hidden = {id(record) for records in parts.values() for record in _hidden(records, few)}
    return tuple(
        _without(record, few.least) if id(record) in hidden else without_sizes(record, few) for record in table
    )


def without_sizes(record: Record, few: Few) -> Record:
    """Return a record without numbers of workers where they, less the total, would give those of a small group.

    A gap or a share of two large groups gives no such number.
    """
    if not names(record, few.beside):
        return record
    return {**record, **{key: None for key in SIZES if key in record}}


def without_few_receiving(records: Sequence[Record], least: int) -> set[str]:
    """Return the categories in whose records variable pay is not shown: few receive some there, or few do not."""
    receiving = [
        {**of, "of": of["category"], "n": of.get("receiving"), "reference_n": of.get("reference_receiving")}
        for of in records
        if of.get("receiving") is not None
    ]
    whole = [{**of, "of": of["category"]} for of in records]
    return {*small_places(receiving, "of", least), *_few_others(receiving, whole, least)}


def without_variable(record: Record) -> Record:
    """Return the record of a category without what it states of variable pay."""
    return {**record, **dict.fromkeys(("variable_gap", "receiving", "reference_receiving"))}


def _hidden(records: Sequence[Record], few: Few) -> Iterator[Record]:
    by_point: dict[str, list[Record]] = {}
    for record in records:
        by_point.setdefault(str(record["point"]), []).append(record)
    if any(names(record, few.few) for record in records):
        yield from records
        return
    least = few.least
    yield from (of for point in ("(a)", "(c)") for of in by_point.get(point, ()) if small(of, least))
    variable = [of for point in VARIABLE for of in by_point.get(point, ())]
    if any(small(of, least) or _few_receive(of, least) for of in variable):
        yield from variable
    quarters = by_point.get(QUARTERS, [])
    hidden_quarters = small_places(quarters, "of", least)
    yield from (of for of in quarters if of["of"] in hidden_quarters)
    yield from _hidden_categories(by_point.get(CATEGORIES, []), least)


def _few_receive(record: Record, least: int) -> bool:
    """Whether few of either group receive variable pay, or few of it do not."""
    return any(
        record.get(share) is not None and record.get(n) is not None and few_share(record[share], record[n], least)
        for share, n in (("share", "n"), ("reference_share", "reference_n"))
    )


def _hidden_categories(records: Sequence[Record], least: int) -> Iterator[Record]:
    """Yield the records of small categories, and those of variable pay that few receive there."""
    by_figure: dict[str, list[Record]] = {}
    for record in records:
        by_figure.setdefault(str(record["figure"]), []).append(record)
    if not by_figure:
        return
    basic, *others = by_figure.values()  # everybody in a category, and those who receive variable pay
    small_ones = {*small_places(basic, "of", least)}
    yield from (record for record in basic if record["of"] in small_ones)
    for of in others:
        places = {*small_ones, *small_places(of, "of", least), *_few_others(of, basic, least)}
        yield from (record for record in of if record["of"] in places)


def _few_others(receiving: Sequence[Record], everybody: Sequence[Record], least: int) -> Iterator[str]:
    """Yield the categories in which few of a group receive no variable pay: they are all less those who do."""
    of_all: Mapping[Any, Record] = {record["of"]: record for record in everybody}
    for record in receiving:
        whole = of_all.get(record["of"], record)
        for key in ("n", "reference_n"):
            if 0 < (whole[key] or 0) - (record[key] or 0) < least:
                yield str(record["of"])


def _without(record: Record, least: int) -> Record:
    none = {key: None for key in NUMBERS if key in record}
    return {**record, **none, "why": f"suppressed: a count of under {least} people, or one that would disclose it"}
