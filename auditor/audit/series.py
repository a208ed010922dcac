"""Several audits in a row: their order, the numbers of their groups in each, and how these moved since the first."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from auditor.errors import ArgumentError, hint
from auditor.model import Audit, Finding, Measure, Order, Series, Track, Trend
from auditor.stats.changes import Estimate, Moved, moved, moved_ratio
from auditor.stats.tails import distinct_tests, holm
from auditor.use.says import Says

RATIO, RATE, SHARE = "impact_ratio", "selection_rate", "share"
ALPHA = 0.05
SAYS = Says(
    given="The audits are in the order in which they were given.",
    period="The audits are in the order of their stated periods.",
    made="The audits are in the order in which they were made.",
    otherwise="The audits were made in another order than they are given; changes follow the order given.",
    same="{names:listed} are audits of the same data.",
    differ="The audits differ: {what}.",
    reference="The reference of {group} is not the same in all audits; ratios are to '{last}', that of the last audit.",
    no_period="an order by period needs a stated period ([population] period) in each audit; {name} has none",
    no_moment="an order by when audits were made needs that moment in each audit; {name} has none",
)
_Key = tuple[str, str, str | None]  # group column, level, reference
_Numbers = Mapping[tuple[str, _Key], Measure]


def ordered(audits: Sequence[Audit], by: str) -> list[int]:
    """Return the places of audits in the order that is asked for; ArgumentError where one lacks what decides it."""
    if by not in set(Order):
        raise ArgumentError(f"order '{by}' is not one of {', '.join(Order)}{hint(by, Order)}")
    keys = {Order.PERIOD: _period, Order.MADE: _made}
    if by not in keys:
        return list(range(len(audits)))
    found = [keys[Order(by)](audit) for audit in audits]
    for audit, key in zip(audits, found, strict=True):
        if key is None:
            raise ArgumentError(SAYS("no_period" if by == Order.PERIOD else "no_moment", name=audit.dataset.name))
    known: list[Any] = found
    return sorted(range(len(audits)), key=known.__getitem__)


def series(audits: Sequence[Audit], names: Sequence[str] | None, order: str) -> Series:
    """Return several audits in a row, in this order; numbers that small groups suppress are not among theirs."""
    titles = tuple(names or _titles(audits))
    return Series(
        titles,
        tuple(audit.verdict.level for audit in audits),
        tuple(audit.dataset.rows for audit in audits),
        tuple(_period(audit) for audit in audits),
        Order(order),
        tuple(_tracks(audits)),
        tuple(_notes(audits, titles, Order(order))),
    )


def _tracks(audits: Sequence[Audit]) -> Iterator[Track]:
    """Yield the numbers that at least two audits have, those of a group column together, its changes adjusted."""
    last = _pairs(audits)
    held = [_numbers(audit, last) for audit in audits]
    keys = dict.fromkeys(key for numbers in reversed(held) for key in numbers)
    families: dict[tuple[str, str], list[Track]] = {}
    for measure, about in keys:
        values = tuple(numbers.get((measure, about)) for numbers in held)
        if sum(value is not None and value.value is not None for value in values) > 1:
            families.setdefault((about[0], measure), []).append(_track(measure, about, values))
    groups = dict.fromkeys(group for group, _ in families)
    for group in groups:
        for measure in (RATIO, RATE, SHARE):
            yield from _adjusted(measure, families.get((group, measure), []))


def _numbers(audit: Audit, pairs: Mapping[str, str]) -> _Numbers:
    """Return shares, rates and impact ratios of an audit; ratios to the reference that `pairs` names."""
    found: dict[tuple[str, _Key], Measure] = {}
    for code, measure, value in (("OUT001", RATE, "selection_rate"), ("REP001", SHARE, "share")):
        for row in _table(audit, code):
            if isinstance(row.get("level"), str) and isinstance(row.get(value), int | float):
                n = row.get("n", row.get("rows"))
                about = (str(row["group"]), row["level"], None)
                found[measure, about] = Measure(row[value], row.get("low"), row.get("high"), n)
    for finding in _findings(audit):
        subject, ratio = finding.subject, finding.measures.get(RATIO)
        group, level, other = subject.get("group", ""), subject.get("level", ""), subject.get("reference", "")
        if ratio is None or ratio.value is None or pairs.get(group) not in (level, other):
            continue
        if pairs[group] == level:
            level, other, ratio = other, level, ratio.turned
        found.setdefault((RATIO, (group, level, other)), ratio)
    return found


def _track(measure: str, about: _Key, values: tuple[Measure | None, ...]) -> Track:
    """Return a number in each audit with its changes since the first that has it, their p-values not yet adjusted."""
    first = next(value for value in values if value is not None and value.value is not None)
    change: Callable[[Estimate, Estimate], Moved] = moved_ratio if measure == RATIO else moved
    changes: list[Measure | None] = []
    p_values: list[float | None] = []
    for value in values:
        known = None not in (_estimate(first), value and _estimate(value)) and value is not first
        found = change(_estimate(first), _estimate(value)) if known else None  # type: ignore[arg-type] # both are known
        if found is None or math.isnan(found.p):
            changes.append(None)
            p_values.append(None)
        else:
            changes.append(Measure(found.value, _finite(found.interval.low), _finite(found.interval.high)))
            p_values.append(found.p)
    return Track(measure, *about, values, tuple(changes), tuple(p_values), Trend.UNTESTED)


def _estimate(of: Measure | None) -> Estimate | None:
    """Return a number with its interval, an end without a bound infinite; None where it has no interval."""
    if of is None or of.value is None or (of.low is None and of.high is None):
        return None
    return Estimate(of.value, -math.inf if of.low is None else of.low, math.inf if of.high is None else of.high)


def _finite(end: float) -> float | None:
    return end if math.isfinite(end) else None


def _adjusted(measure: str, tracks: Sequence[Track]) -> Iterator[Track]:
    """Yield the tracks of a family with Holm's p-values; of two shares, which sum to 1, each is its own family."""
    alone = measure == SHARE and distinct_tests(len(tracks)) == 1
    for family in [[track] for track in tracks] if alone else [tracks]:
        adjusted = iter(holm([p for track in family for p in track.p_adjusted if p is not None]))
        for track in family:
            p_values = tuple(None if p is None else next(adjusted) for p in track.p_adjusted)
            yield replace(track, p_adjusted=p_values, trend=_trend(track, p_values[-1]))


def _trend(track: Track, p: float | None) -> Trend:
    change = track.changes[-1]
    if p is None or change is None or change.value is None:
        return Trend.UNTESTED
    if p >= ALPHA:
        return Trend.NOT_SHOWN
    return Trend.ROSE if change.value > (1 if track.measure == RATIO else 0) else Trend.FELL


def _pairs(audits: Sequence[Audit]) -> dict[str, str]:
    """Return the reference of each group column in the last audit that compared it."""
    found: dict[str, str] = {}
    for audit in audits:
        found |= _references(audit)
    return found


def _references(audit: Audit) -> dict[str, str]:
    """Return the reference of each group column: the level that most of its others were compared with."""
    held: dict[str, list[str]] = {}
    for finding in _findings(audit):
        if "reference" in finding.subject and "group" in finding.subject:
            held.setdefault(finding.subject["group"], []).append(finding.subject["reference"])
    return {group: max(dict.fromkeys(levels), key=levels.count) for group, levels in held.items()}


def _findings(audit: Audit) -> Sequence[Finding]:
    return next((result.findings for result in audit.results if result.rule == "OUT001"), ())


def _table(audit: Audit, code: str) -> Sequence[Mapping[str, Any]]:
    return next((result.table for result in audit.results if result.rule == code), ())


def _period(audit: Audit) -> tuple[int, int] | None:
    stated = (audit.use_case.get("population") or {}).get("period")
    return (int(stated[0]), int(stated[1])) if stated else None


def _made(audit: Audit) -> datetime | None:
    try:
        found = datetime.fromisoformat(audit.provenance.created or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _titles(audits: Sequence[Audit]) -> list[str]:
    """Return names that differ: of the data, else their periods, the days or moments of the audits, or places."""
    periods = [_period(audit) for audit in audits]
    made = [audit.provenance.created or "" for audit in audits]
    for names in (
        [audit.dataset.name for audit in audits],
        [f"{of[0]}–{of[1]}" if of else "" for of in periods],
        [moment[:10] for moment in made],
        made,
    ):
        if all(names) and len(set(names)) == len(names):
            return names
    return [f"audit {i + 1}" for i in range(len(audits))]


def _notes(audits: Sequence[Audit], names: Sequence[str], order: Order) -> Iterator[str]:
    """Yield what decides the order, and what makes the audits hard to compare."""
    yield SAYS(str(order))
    made = [_made(audit) for audit in audits]
    dated = [moment for moment in made if moment is not None]
    if order is Order.GIVEN and len(dated) == len(made) and dated != sorted(dated):
        yield SAYS("otherwise")
    by_hash: dict[str, list[str]] = {}
    for audit, name in zip(audits, names, strict=True):
        if audit.dataset.sha256:
            by_hash.setdefault(audit.dataset.sha256, []).append(name)
    yield from (SAYS("same", names=of) for of in by_hash.values() if len(of) > 1)
    for what, place, keys in (
        ("they use different policies", "policy", ("name",)),
        ("they have different outcomes", "label", ("column", "positive")),
        ("they have different groups", "groups", ("columns",)),
    ):
        if len({repr([(audit.use_case.get(place) or {}).get(key) for key in keys]) for audit in audits}) > 1:
            yield SAYS("differ", what=what)
    held = [_references(audit) for audit in audits]
    for group, last in _pairs(audits).items():
        if len({of[group] for of in held if group in of}) > 1:
            yield SAYS("reference", group=group, last=last)
