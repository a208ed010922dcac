"""Records of tables as they may be shown."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from auditor.reporter.showing.few import closed, few_share, is_few

Record = Mapping[str, Any]
COUNTS = ("n", "rows", "reference_n")
OUTCOMES = ("favourable", "selected")
OF_SHARES = {"selection_rate": "n", "reference_rate": "reference_n", "share": "n", "missing_share": "n"}
FINE = (
    "period",
    "stratum",
    "slice",
    "class",
    "stage",
    "cut",
    "bin",
)  # of a part of a group, whose outcomes are those of few
# Numbers of one joint group that rest on all others, and their decimals where one of these is hidden.
SHRUNK = {"shrunk_rate": 2, "shrunk_low": 2, "shrunk_high": 2, "probability_below_limit": 1}


def small_places(records: Sequence[Record], place: str, least: int) -> Collection[str]:
    """Return the periods or strata with a small cell, and more where the rest of the totals would disclose them."""
    left_out = {str(record[place]) for record in records if small(record, least)}
    if not left_out:
        return ()
    rows: dict[str, dict[str, float]] = {}
    for record in records:
        for level, n in _sizes(record):
            rows.setdefault(level, {})[str(record[place])] = n
    changed = True
    while changed:
        now = set(left_out)
        for of in rows.values():
            now = closed(of, now & {*of}, least) | now
        changed, left_out = now != left_out, now
    return left_out


def _sizes(record: Record) -> Iterator[tuple[str, float]]:
    for level, n in (("level", record.get("n", record.get("rows"))), ("reference", record.get("reference_n"))):
        if n is not None and record.get(level) is not None:
            yield str(record[level]), n


def small(record: Record, least: int) -> bool:
    """Whether a record is about few rows; of a part of a group, also about few of one outcome."""
    if any(is_few(record.get(name), least) for name in COUNTS):
        return True
    if not any(name in record for name in FINE):
        return False
    return any(is_few(record.get(name), least) for name in OUTCOMES) or any(
        isinstance(share := record.get(name), int | float)
        and isinstance(n := record.get(of), int | float)
        and few_share(share, n, least)
        for name, of in OF_SHARES.items()
    )


def without_a_level(record: Record, least: int) -> Record:
    """Return a record of a policy's table with the name of its category alone."""
    none = dict.fromkeys(("n", "selected", "selection_rate", "impact_ratio"))
    why = f"suppressed: a count of under {least} people, or one that would disclose it"
    return {**record, **none, "excluded": why}


def coarser(record: Record) -> Record:
    """Return a record of a joint group with fewer decimals of what a model of all joint groups gives it."""
    rounded = {name: round(record[name], digits) for name, digits in SHRUNK.items() if record.get(name) is not None}
    return {**record, **rounded} if any(record[name] != value for name, value in rounded.items()) else record


def of_term(about: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the term and the groups that a record or a subject is about."""
    return tuple(str(about.get(key)) for key in ("column", "group", "level", "reference", "term"))


def coarse_term(record: Record, least: int) -> Record:
    """Return the record of a term without the documents of a group that are few, and what is computed from them."""
    none: dict[str, Any] = {}
    for side in ("", "_reference"):
        n = record.get(f"documents{side}")
        rate = record.get(f"group_rate_with{side}")
        few = is_few(n, least)
        if few:
            none |= dict.fromkeys((f"documents{side}", f"share{side}"))
        if rate is not None and n is not None and (few or few_share(rate, n, least)):
            none |= dict.fromkeys((f"group_rate_with{side}", f"group_rate_without{side}"))
    held = [n for n in (record.get("documents"), record.get("documents_reference")) if n is not None]
    if (rate := record.get("rate_with")) is not None and len(held) == 2 and few_share(rate, sum(held), least):
        none |= dict.fromkeys(("rate_with", "rate_without"))
    none = {key: value for key, value in none.items() if record.get(key) is not None}
    if not none:
        return record
    rounded = {
        key: round(float(record[key]), 1)
        for key in ("log_odds", "low", "high", "z")
        if isinstance(record.get(key), float) and "share" in record and math.isfinite(record[key])
    }
    return {**record, **rounded, **none}


def small_stages(records: Sequence[Record], least: int) -> Collection[str]:
    """Return the stages with a small cell, with one more beside each: a single one could be computed from those.

    Those who pass a stage enter the next.
    """
    order = list(dict.fromkeys(str(record["stage"]) for record in records))
    few = {str(record["stage"]) for record in records if small(record, least)}
    at = {i for i, stage in enumerate(order) if stage in few}
    return {order[i] for i in at | {i - 1 if i else 1 for i in at} if i < len(order)}


def split_stages(records: Sequence[Record], least: int) -> Collection[str]:
    """Return the stages at which few of a group withdrew or are not known: neither is shown there, of any group."""

    def is_small(record: Record) -> bool:
        lost = [record.get(name) or 0 for name in ("withdrawn", "unknown")]
        return any(is_few(n, least) for n in (*lost, sum(lost)))

    return {str(record["stage"]) for record in records if is_small(record)}
