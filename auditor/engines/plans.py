"""How each column is counted: by levels, by bins, or not; the same for every engine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from auditor.counts.columns import Column
from auditor.counts.extras import UNUSABLE
from auditor.counts.names import LEVEL, LISTS, OTHER, PERIOD, PLACES, STAGES, STRATA
from auditor.engines.peek import KEPT_LEVELS, NUMERIC_LEVELS
from auditor.engines.process import place_sql, process_sql
from auditor.engines.sql import THERE, as_text, group_key, period_sql, there_sql, vector_sql
from auditor.loaders.source import quoted
from auditor.use.roles import Roles, Seen

MAX_JOINT = 5_000
HASHED_ROWS = 1 << 20
TWIN_ROWS = 1 << 18  # rows whose likeness to others is looked at


KEYED = "(keyed)"


@dataclass(frozen=True)
class Plan:
    """How a column is counted: by its levels, whose text is `sql`, or by bins with these edges.

    NULL: it is not counted. KEYED: its levels are the keys of the scan.

    `missing` counts its missing values, `number` is the column whose lowest and highest value are asked for, `kept` are
    the levels that are distinguished, where not all are. `unread`: no rule reads its values; who has one is counted.
    """

    name: str
    seen: Seen
    missing: str
    sql: str = "NULL"
    edges: tuple[float, ...] = ()
    number: str | None = None
    kept: tuple[str, ...] = ()
    unread: bool = False

    @property
    def counted(self) -> bool:
        """Whether its levels are counted."""
        return self.sql != "NULL"

    @property
    def by_levels(self) -> bool:
        """Whether its levels are counted beside the keys."""
        return self.sql not in ("NULL", KEYED) and not self.edges


def plan_of(
    name: str, seen: Seen, roles: Roles, fine: tuple[float, ...], joint: bool, scores: tuple[float, ...] = ()
) -> Plan:
    """Return how a column is to be counted: by bins, by levels, or not but for what is missing.

    `fine` are the edges of a numeric outcome's bins, `scores` those of a score's.
    """
    column = quoted(name)
    plan = Plan(name, seen, f"count(*) - count({column})", number=column if name == roles.weight else None)
    if name in roles.units or name in roles.survey.columns or (name in roles.amounts and name != roles.target):
        return plan
    if name in roles.opaque:
        # Why a vector cannot be used is counted apart, and folded into the missing values later.
        sql = vector_sql(name, seen) if name in roles.vectors else there_sql(name, roles, {name: seen})
        levels = {THERE: seen.known} | (dict.fromkeys(UNUSABLE, 0) if name in roles.vectors else {})
        return replace(plan, sql=sql, unread=True, seen=replace(seen, levels=levels))
    if name == roles.scoring.score and scores:
        return replace(plan, edges=scores, sql=column)
    many = seen.distinct > NUMERIC_LEVELS and name not in roles.codes
    if seen.numeric and (many or (name == roles.target and fine)):
        edges = fine if name == roles.target and fine else _edges(seen)
        return replace(plan, edges=edges, sql=column, number=column if name == roles.target else plan.number)
    idle = name in roles.text or (name in roles.ignored and seen.distinct > NUMERIC_LEVELS)
    if idle or not (seen.levels or seen.complete):
        return plan
    if joint and name in roles.groups and (name not in roles.bands or seen.dated):
        return replace(plan, sql=KEYED)
    if seen.dated and name in roles.bands:  # its bands are in the keys; no single date need be counted
        return plan
    return replace(plan, sql=as_text(name, seen.type))


def _edges(seen: Seen) -> tuple[float, ...]:
    edges = tuple(sorted({float(cut) for cut in seen.cuts if cut < (seen.high or 0)}))
    return edges or (float(seen.low or 0),)


def bounded(plans: Sequence[Plan], estimated: Callable[[Sequence[str]], Sequence[int]]) -> Iterator[Plan]:
    """Yield the plans, with those changed that would hold more levels than KEPT_LEVELS: they keep the peek's.

    `estimated` gives the number of levels of columns over all rows, about.
    """
    levelled = [plan for plan in plans if plan.by_levels and not plan.unread]
    asked = [plan for plan in levelled if not plan.seen.complete and not plan.kept]
    numbers = estimated([plan.name for plan in asked]) if asked else ()
    many = {plan.name for plan, n in zip(asked, numbers, strict=True) if n > KEPT_LEVELS}
    many |= {plan.name for plan in levelled if plan.seen.complete and plan.seen.distinct > KEPT_LEVELS}
    for plan in plans:
        yield replace(plan, kept=tuple(plan.seen.levels)) if plan.name in many else plan


def agreed_plan(column: Column, seen: Seen, roles: Roles, joint: bool) -> Plan:
    """Return how a column is to be counted so that its counts can be added to those of another tally."""
    levels = {level: 1 for level in column.table[LEVEL] if isinstance(level, str) and level != OTHER}
    by_levels = seen.numeric and levels and not column.edges  # there, and so here, however many they are
    seen = replace(seen, distinct=min(column.levels, NUMERIC_LEVELS) if by_levels else column.levels, levels=levels)
    plan = plan_of(column.name, seen, roles, column.edges, joint)
    if column.edges:
        return replace(plan, edges=column.edges, sql=quoted(column.name))
    if not levels:
        return replace(plan, sql="NULL")
    return replace(plan, kept=column.kept) if plan.by_levels else plan


def derived(roles: Roles, seen: Mapping[str, Seen]) -> Iterator[Plan]:
    """Yield the plans of joined strata, of the period, of stages, lists and places; their levels are all kept."""
    if roles.strata:
        parts = [f"coalesce({group_key(name, roles, seen)}, '(missing)')" for name in roles.strata]
        yield Plan(STRATA, Seen("VARCHAR", 0, 0, 0, True, {}), "0", f"concat_ws(' · ', {', '.join(parts)})")
    if roles.time and roles.period:
        column = quoted(roles.time)
        period = period_sql(roles.period, roles.time, seen[roles.time].type)
        missing = f"count(*) - count({column})"
        yield Plan(PERIOD, Seen("VARCHAR", 0, 0, 0, True, {}), missing, period)
    for name, columns in of_process(roles).items():
        lost = " OR ".join(f"{quoted(column)} IS NULL" for column in columns)
        sql = process_sql(
            name, roles, lambda column: as_text(column, seen[column].type), lambda column: place_sql(quoted(column))
        )
        missing = f"count(*) FILTER (WHERE {lost})" if lost else "0"
        yield Plan(name, Seen("VARCHAR", 0, 0, 0, True, {}), missing, sql)


def of_process(roles: Roles) -> dict[str, tuple[str, ...]]:
    """Return the derived columns of a process, each with the columns without whose values it is missing."""
    found: dict[str, tuple[str, ...]] = {STAGES: ()} if roles.stages else {}
    if roles.list_column:
        found[LISTS] = (roles.list_column,)
    if roles.rank:
        found[PLACES] = tuple(name for name in (roles.list_column, roles.rank) if name)
    return found


def modulus_for(rows: int, kept: int) -> int:
    """Return the power of two by which about `kept` of `rows` hashes, or up to half of them, are left."""
    return 1 << max(0, math.ceil(math.log2(max(1, rows) / kept)))


def joint(key: tuple[int, ...], roles: Roles, seen: Mapping[str, Seen]) -> int:
    """Return how many joint groups and outcomes a key can have."""
    names = [roles.groups[i] for i in key]
    levels = (len(roles.bands[name].labels) if name in roles.bands else seen[name].distinct + 1 for name in names)
    return 3 * math.prod(levels)


def key_sets(roles: Roles, seen: Mapping[str, Seen]) -> list[tuple[int, ...]]:
    """Return the joint of all groups as one key, or each group by itself where the joint could be too large."""
    whole = tuple(range(len(roles.groups)))
    return [whole] if joint(whole, roles, seen) <= 3 * MAX_JOINT else [(i,) for i in whole]
