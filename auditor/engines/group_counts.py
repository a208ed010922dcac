"""Groups and outcomes of a source, by SQL: how many rows of each, and what else is asked of few columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from auditor.counts.names import DERIVED
from auditor.engines.assemble import Entries, unfolded
from auditor.engines.plans import Plan
from auditor.engines.sql import group_key, outcome_sql
from auditor.loaders.source import Source, quoted
from auditor.use.roles import Roles, Seen

if TYPE_CHECKING:
    import pyarrow as pa

ASKED = 50  # of one group-by: with more, DuckDB makes its hash table anew time and again


class Head:
    """What a source has of each group and outcome: `table` is what `assemble` takes, less the counts of columns."""

    def __init__(self, source: Source, roles: Roles, seen: Mapping[str, Seen], sets: Sequence[tuple[int, ...]]) -> None:
        self.source, self.roles, self.sets = source, roles, sets
        keys = [group_key(group, roles, seen) for group in roles.groups]
        # Named as no column is: in a group-by a column's name goes before that of an expression.
        self._names = [f"(key {i})" for i in range(len(keys))]
        named = [
            f"{sql} AS {quoted(name)}"
            for sql, name in zip((*keys, outcome_sql(roles, seen)), (*self._names, "(outcome)"), strict=True)
        ]
        self._rows = f"(SELECT *, {', '.join(named)} FROM {source.relation})"
        self.table = self._grouped(["count(*) AS n", *self._sums()])

    def ask(self, plans: Sequence[Plan]) -> dict[int, Entries]:
        """Add what is asked of these plans beside levels and bins; return the counts of those that are derived."""
        asked = []
        for i, plan in enumerate(plans):
            if not plan.counted or plan.name in DERIVED:
                asked.append(f"{plan.missing} AS missing{i}")
            if plan.number:
                asked += [f"min({plan.number}) AS low{i}", f"max({plan.number}) AS high{i}"]
            if plan.counted and plan.name in DERIVED:
                asked.append(f"histogram({plan.sql}) AS counts{i}")
        self._add(asked)
        names = {i: f"counts{i}" for i in range(len(plans))}
        return {i: unfolded(self.table[name]) for i, name in names.items() if name in self.table.column_names}

    def missing(self, plans: Mapping[int, Plan]) -> dict[int, np.ndarray]:
        """Add the missing values of these plans, where they have some; return them by the rows of the table."""
        if not plans:
            return {}
        asked = ", ".join(plan.missing for plan in plans.values())
        in_all = self.source.connection.execute(f"SELECT {asked} FROM {self.source.relation}").fetchall()[0]
        some = {i: plan for (i, plan), n in zip(plans.items(), in_all, strict=True) if n}
        self._add([f"{plan.missing} AS missing{i}" for i, plan in some.items()])
        none = np.zeros(len(self.table), np.int64)
        return {i: self.table[f"missing{i}"].to_numpy().astype(np.int64) if i in some else none for i in plans}

    def levels(self, plan: Plan, test: str) -> Entries:
        """Return the counts of a column's levels in the rows that pass a test."""
        names = [*self._names, "(outcome)", "(level)"]
        sets = ", ".join(f"({', '.join(quoted(name) for name in (*self._of(key), '(level)'))})" for key in self.sets)
        query = (
            f"SELECT {', '.join(map(quoted, names))}, {self._which()}, count(*) AS n "
            f"FROM (SELECT *, {plan.sql} AS {quoted('(level)')} FROM {self._rows} WHERE {test}) "
            f"GROUP BY GROUPING SETS ({sets}) ORDER BY ALL"
        )
        places = {row: i for i, row in enumerate(zip(*(self.table[n].to_pylist() for n in self._keyed()), strict=True))}
        found = self.source.connection.execute(query).fetchall()
        rows = [places[(*keys, which)] for *keys, _, which, _ in found]
        return Entries(
            np.array([level for *_, level, _, _ in found], dtype=object),
            np.array(rows, dtype=np.int64),
            np.array([n for *_, n in found], dtype=np.int64),
        )

    def _add(self, asked: Sequence[str]) -> None:
        for at in range(0, len(asked), ASKED):
            part = self._grouped(asked[at : at + ASKED])
            for name in part.column_names:
                if name not in self.table.column_names:
                    self.table = self.table.append_column(name, part[name])

    def _grouped(self, asked: Sequence[str]) -> pa.Table:
        """Return what is asked by groups and outcome, always in the same order."""
        keys = [f"{quoted(name)} AS k{i}" for i, name in enumerate(self._names)]
        sets = ", ".join(f"({', '.join(map(quoted, self._of(key)))})" for key in self.sets)
        chosen = ", ".join([*keys, '"(outcome)" AS outcome', self._which(), *asked])
        order = ", ".join(str(i + 1) for i in range(len(keys) + 2))
        query = f"SELECT {chosen} FROM {self._rows} GROUP BY GROUPING SETS ({sets}) ORDER BY {order}"
        return self.source.connection.sql(query).to_arrow_table()

    def _of(self, key: Sequence[int]) -> list[str]:
        return [*(self._names[i] for i in key), "(outcome)"]

    def _keyed(self) -> list[str]:
        return [*(f"k{i}" for i in range(len(self._names))), "outcome", "which"]

    def _which(self) -> str:
        return f"grouping_id({', '.join(map(quoted, self._names))}) AS which" if len(self.sets) > 1 else "0 AS which"

    def _sums(self) -> Iterator[str]:
        """Yield the weights and the moments of a numeric outcome."""
        roles = self.roles
        if roles.weight:
            weight = f"CAST({quoted(roles.weight)} AS DOUBLE)"
            yield from (f"coalesce(sum({weight}), 0) AS weight", f"coalesce(sum({weight} * {weight}), 0) AS squares")
        if roles.cut and roles.target:
            number = f"CAST({quoted(roles.target)} AS DOUBLE)"
            yield from (f"count({number}) AS known", f"avg({number}) AS mean", f"var_pop({number}) AS variance")
