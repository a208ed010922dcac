"""Rows counted in Spark: group-bys over few columns at a time, each with the groups and the outcome.

A group-by of two or three columns together costs hardly more than one of a single column, as long as their combinations
fit the processor's cache; the counts of each are summed out on this machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor.counts.names import DERIVED, OTHER, PERIOD, PLACES, STAGES, STRATA
from auditor.engines.assemble import mask
from auditor.engines.plans import KEYED, Plan, of_process
from auditor.engines.process import process_sql
from auditor.engines.spark.expressions import band, code, levelled, moment, named, number, outcome
from auditor.engines.spark.rows import SparkRows, arrow
from auditor.engines.spark.vectors import state
from auditor.engines.sql import THERE, as_text, period_sql
from auditor.loaders.source import columns, quoted
from auditor.stats.exposure import EDGES
from auditor.use.roles import Clock, Roles, Seen
from auditor.use.says import Says

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column

COMBINATIONS = 50_000  # of keys and columns that are counted together
Counts = dict[tuple[Any, ...], dict[Any, int]]
SAYS = Says(job="counting: job {job} of {jobs}")


@dataclass(frozen=True)
class Counted:
    """A column as Spark groups by it: the raw values, and the SQL that spells them on this machine."""

    plan: Plan
    raw: Mapping[str, Column]
    sql: str
    kinds: int


class Counter:
    """The jobs of one tally."""

    def __init__(
        self, rows: SparkRows, roles: Roles, seen: Mapping[str, Seen], progress: Callable[[str], None]
    ) -> None:
        self.rows, self.roles, self.seen, self.progress = rows, roles, seen, progress
        self.run = rows.local.connection.execute
        self.outcome = outcome(roles, rows.values(roles.target, roles.positive) if roles.target else ())

    def keys(self, key: Sequence[int]) -> dict[str, Column]:
        """Return the raw columns of a key."""
        return {f"k{i}": self._grouped(self.roles.groups[i]) for i in key}

    def spelled(self, key: Sequence[int]) -> list[str]:
        """Return the SQL of a key's levels."""
        return [f"{self._text(f'k{i}', self.roles.groups[i])} AS k{i}" for i in key]

    def scanned(self, plans: Sequence[Plan], sets: Sequence[tuple[int, ...]]) -> pa.Table:
        """Return what `assemble` takes: a row per key and outcome, with the counts of each plan."""
        import pyarrow as pa

        parts = []
        for key in sets:
            base = self._base(plans, key)
            rows = zip(*(base[name].to_pylist() for name in self._by(key)), strict=True)
            places = {row: i for i, row in enumerate(rows)}
            maps = self._maps(plans, key, len(places), base)
            for i, counts in maps.items():
                keyed = [sorted(counts.get(row, {}).items()) for row in places]
                kind = pa.float64() if plans[i].edges else pa.string()
                base = base.append_column(f"counts{i}", pa.array(keyed, pa.map_(kind, pa.int64())))
            which = mask(key, len(self.roles.groups), len(sets))
            base = base.append_column("which", pa.array([which] * len(base), pa.int64()))
            for i in range(len(self.roles.groups)):
                if i not in key:
                    base = base.append_column(f"k{i}", pa.nulls(len(base), pa.string()))
            parts.append(base)
        whole = pa.concat_tables(part.select(parts[0].column_names) for part in parts)
        order = [(f"k{i}", "ascending") for i in range(len(self.roles.groups))]
        return whole.sort_by([*order, ("outcome", "ascending"), ("which", "ascending")])

    def _by(self, key: Sequence[int]) -> list[str]:
        return [*(f"k{i}" for i in key), "outcome"]

    def _grouped(self, name: str) -> Column:
        bands = self.roles.bands.get(name)
        return band(name, bands, self.seen[name].dated) if bands else named(name)

    def _text(self, alias: str, name: str) -> str:
        return quoted(alias) if name in self.roles.bands else as_text(alias, self.seen[name].type)

    def _base(self, plans: Sequence[Plan], key: Sequence[int]) -> pa.Table:
        """Return rows, missing values and whatever is no count of levels, by key and outcome."""
        from pyspark.sql import functions as F

        asked = [F.count(F.lit(1)).alias("n")]
        for i, plan in enumerate(plans):
            if not plan.counted or plan.kept or plan.name in DERIVED:
                asked.append(F.sum(self._lost(plan)).alias(f"missing{i}"))
            if plan.number:
                asked += [F.min(number(plan.name)).alias(f"low{i}"), F.max(number(plan.name)).alias(f"high{i}")]
        if self.roles.weight:
            weight = number(self.roles.weight)
            asked += [F.coalesce(F.sum(weight), F.lit(0.0)).alias("weight")]
            asked += [F.coalesce(F.sum(weight * weight), F.lit(0.0)).alias("squares")]
        if self.roles.cut and self.roles.target:
            value = number(self.roles.target)
            asked += [F.count(value).alias("known"), F.avg(value).alias("mean"), F.var_pop(value).alias("variance")]
        self.progress("counting")
        raw = {**self.keys(key), "outcome": self.outcome}
        kept = self.rows.frame.groupBy(*(column.alias(name) for name, column in raw.items())).agg(*asked)
        names = ", ".join([*self.spelled(key), f"* EXCLUDE ({columns(raw)})", "outcome"])
        return self._sql(f"SELECT {names} FROM counted", arrow(kept))

    def _lost(self, plan: Plan) -> Column:
        """Return 1 for a row in which a plan's column is missing, else 0."""
        from pyspark.sql import functions as F

        names = () if plan.name == STRATA else of_process(self.roles).get(plan.name, (self._of(plan),))
        lost = F.lit(False)
        for name in names:
            lost |= F.isnull(named(name))
        return lost.cast("bigint")

    def _maps(self, plans: Sequence[Plan], key: Sequence[int], cells: int, base: pa.Table) -> dict[int, Counts]:
        """Return plan -> (levels of the key, outcome) -> level -> rows, job by job."""
        asked = {i: self._counted(i, plan) for i, plan in enumerate(plans) if plan.counted and plan.sql != KEYED}
        found: dict[int, Counts] = {}
        jobs = list(_jobs(asked, cells))
        for at, job in enumerate(jobs):
            self.progress(SAYS("job", job=at + 1, jobs=len(jobs)))
            raw = {**self.keys(key), "outcome": self.outcome}
            for i in job:
                raw.update(asked[i].raw)
            frame = self.rows.frame.select(*(column.alias(name) for name, column in raw.items()))
            table = arrow(frame.groupBy(*raw).count())
            for i in job:
                found[i] = self._summed(asked[i], key, table)
        for i, one in asked.items():
            if one.plan.kept:
                self._add_others(found[i], key, base, f"missing{i}")
            elif one.plan.edges:
                found[i] = {row: {_edge(one.plan, at): n for at, n in of.items()} for row, of in found[i].items()}
        return found

    def _counted(self, i: int, plan: Plan) -> Counted:
        from pyspark.sql import functions as F

        if plan.name == STRATA:
            return self._strata(i, plan)
        if plan.name == PERIOD:
            return self._period(i, plan)
        if plan.name in DERIVED:
            return self._process(i, plan)
        if plan.name in self.roles.vectors:
            return Counted(plan, {f"v{i}": state(plan.name, plan.seen.dimension or 0)}, f"v{i}", len(plan.seen.levels))
        if plan.unread:
            there = F.when(named(plan.name).isNotNull(), F.lit(THERE))
            return Counted(plan, {f"v{i}": there}, f"v{i}", 2)
        if plan.edges:
            return Counted(plan, {f"v{i}": code(plan.name, plan.edges)}, f"v{i}", len(plan.edges) + 2)
        if plan.name in self.roles.groups:
            return Counted(plan, {f"v{i}": named(plan.name)}, as_text(f"v{i}", plan.seen.type), plan.seen.distinct + 1)
        values = self.rows.values(plan.name, plan.kept) if plan.kept else None
        kinds = len(plan.kept) + 1 if plan.kept else plan.seen.distinct + 1
        raw = {f"v{i}": levelled(plan.name, values)}
        return Counted(plan, raw, as_text(f"v{i}", plan.seen.type), kinds)

    def _strata(self, i: int, plan: Plan) -> Counted:
        names = {f"v{i}_{j}": name for j, name in enumerate(self.roles.strata)}
        texts = [f"coalesce({self._text(alias, name)}, '(missing)')" for alias, name in names.items()]
        return Counted(
            plan,
            {alias: self._grouped(name) for alias, name in names.items()},
            f"concat_ws(' · ', {', '.join(texts)})",
            math.prod(self.seen[name].distinct + 1 for name in names.values()),
        )

    def _process(self, i: int, plan: Plan) -> Counted:
        """Count by the values of the columns that it is made of; places by their bins."""
        roles = self.roles
        columns = list(dict.fromkeys(roles.stages.read if roles.stages and plan.name == STAGES else ()))
        if plan.name != STAGES:
            columns += [roles.list_column] if roles.list_column else []
        names = {name: f"v{i}_{j}" for j, name in enumerate(columns)}
        raw = {alias: named(name) for name, alias in names.items()}
        kinds = math.prod(self.seen[name].distinct + 1 for name in names)
        if plan.name == PLACES:
            raw[f"v{i}_place"] = code(str(roles.rank), [float(edge) for edge in EDGES])
            kinds *= len(EDGES) + 2
        text = process_sql(plan.name, roles, lambda name: self._text(names[name], name), lambda name: f"v{i}_place")
        return Counted(plan, raw, text, kinds)

    def _period(self, i: int, plan: Plan) -> Counted:
        """Count by days, or by the value: every period is made of those."""
        name, clock = self._of(plan), self.roles.period or Clock("value")
        kind = self.seen[name].type
        text = period_sql(clock, f"v{i}", "DOUBLE" if clock.ticks else kind)
        column = moment(name, kind, clock)
        return Counted(plan, {f"v{i}": column}, f"CAST({text} AS VARCHAR)", self.seen[name].distinct + 1)

    def _of(self, plan: Plan) -> str:
        return (self.roles.time or "") if plan.name == PERIOD else plan.name

    def _summed(self, one: Counted, key: Sequence[int], table: pa.Table) -> Counts:
        """Sum the other columns of a job out."""
        by = ", ".join(self._by(key))
        inner = ", ".join([*self.spelled(key), "outcome", f"{one.sql} AS level", '"count" AS n'])
        sql = f"SELECT {by}, level, CAST(sum(n) AS BIGINT) FROM (SELECT {inner} FROM counted)"
        found: Counts = {}
        self.rows.local.connection.register("counted", table)
        for *row, level, n in self.run(f"{sql} WHERE level IS NOT NULL GROUP BY ALL").fetchall():
            found.setdefault(tuple(row), {})[level] = n
        return found

    def _add_others(self, found: Counts, key: Sequence[int], base: pa.Table, missing: str) -> None:
        """Count as OTHER what is neither kept apart nor missing."""
        for *row, n, lost in zip(*(base[name].to_pylist() for name in (*self._by(key), "n", missing)), strict=True):
            of = found.setdefault(tuple(row), {})
            if (rest := n - lost - sum(of.values())) > 0:
                of[OTHER] = rest

    def _sql(self, sql: str, table: pa.Table) -> pa.Table:
        self.rows.local.connection.register("counted", table)
        return self.rows.local.connection.sql(sql).to_arrow_table()


def _jobs(asked: Mapping[int, Counted], cells: int) -> Iterator[list[int]]:
    """Yield the plans that are counted together: few combinations, smallest first."""
    job: list[int] = []
    size = cells
    for i, one in sorted(asked.items(), key=lambda item: item[1].kinds):
        if job and size * one.kinds > COMBINATIONS:
            yield job
            job, size = [], cells
        job.append(i)
        size *= one.kinds
    if job:
        yield job


def _edge(plan: Plan, place: int) -> float:
    return plan.edges[place] if place < len(plan.edges) else float("inf")
