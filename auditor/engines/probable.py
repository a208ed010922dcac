"""The probabilities of groups, added up in one scan by blocks of units, in whole numbers: the same sum in any order."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from auditor.counts.names import NO_OUTCOME
from auditor.counts.probable import BLOCKS, ROOM, ProbableSums
from auditor.counts.tally import Tally
from auditor.engines.sql import outcome_sql
from auditor.loaders.source import Source, columns, quoted
from auditor.use.roles import Seen

PARTS = 10**9  # that a probability is counted in


def probable(source: Source, tally: Tally, seen: Mapping[str, Seen]) -> dict[str, ProbableSums]:
    """Return the sums of each group that has probabilities."""
    return {group: _sums(source, tally, seen, of) for group, of in tally.roles.probabilities.items()}


def _sums(source: Source, tally: Tally, seen: Mapping[str, Seen], of: Mapping[str, str]) -> ProbableSums:
    roles, levels = tally.roles, tuple(of)
    unit = quoted(roles.unit) if roles.unit else None
    record = f"hash({columns(source.record)})"
    # A row without a unit is one by itself.
    block = f"CASE WHEN {unit} IS NULL THEN {record} ELSE hash({unit}) END" if unit else record
    asked = [f"{block} % {BLOCKS} AS block", f"{outcome_sql(roles, seen)} AS y"]
    asked += [f"CAST({quoted(name)} AS DOUBLE) AS p{i}" for i, name in enumerate(of.values())]
    names = [f"p{i}" for i in range(len(levels))]
    inside = " AND ".join(f"{name} BETWEEN 0 AND 1" for name in names)
    usable = f"coalesce({inside} AND {' + '.join(names)} <= {1 + ROOM!r}, false)"
    parts = [f"CAST(round({name} * {PARTS}) AS BIGINT)" for name in names]
    sums = [f"coalesce(sum({part}) FILTER (ok), 0)" for part in parts]
    sums += [f"coalesce(sum({part}) FILTER (ok AND y = 1), 0)" for part in parts]
    inner = f"SELECT *, {usable} AS ok FROM (SELECT {', '.join(asked)} FROM {source.relation}) WHERE y <> {NO_OUTCOME}"
    query = f"SELECT block, count(*) FILTER (ok), count(*) FILTER (NOT ok), {', '.join(sums)} FROM ({inner}) GROUP BY 1"
    found = np.zeros((BLOCKS, 2 * len(levels)))
    rows = unusable = 0
    for place, good, bad, *values in source.connection.execute(query).fetchall():
        rows, unusable = rows + good, unusable + bad
        found[place] = [value / PARTS for value in values]
    return ProbableSums(levels, found[:, : len(levels)], found[:, len(levels) :], rows, unusable)
