"""People who occur more than once, and records that are identical except for the group: what rows hide."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from auditor.engines.sql import group_key, outcome_sql
from auditor.loaders.source import Source, columns, quoted
from auditor.stats.clusters import Clusters
from auditor.use.roles import Ignored, Roles, Seen

if TYPE_CHECKING:
    from auditor.counts.tally import Tally

MOST_TWINS = 20_000  # sets of twins that are looked at, those of lowest hash
QUARTER = 5  # a peek's cuts are twentieths
BLOCKS = 1_000  # sampled at least, where near-twins are sampled by the few-levelled columns that they share
BLOCK, EXACT = "(hash of a block)", "(hash of a record)"
BROAD = 50  # levels of a column from which near-twins do not ask for it


def clusters(source: Source, tally: Tally, seen: Mapping[str, Seen]) -> dict[str, dict[str, Clusters]]:
    """Return group column -> level -> its units: people, or clusters; empty where each is one row.

    Where both are named, each level uses those with the larger variance: a person may be in several clusters.
    """
    roles = tally.roles
    names = unit_columns(tally)
    if roles.target is None or not names:
        return {}
    found: dict[str, dict[str, Clusters]] = {}
    weight = f"coalesce(CAST({quoted(roles.weight)} AS DOUBLE), 0)" if roles.weight else "1"
    total = "sum(n)" if roles.weight else "0"
    for group in roles.groups:
        for name in names:
            unit = f"coalesce(CAST({quoted(name)} AS VARCHAR), chr(30) || row_number() OVER ())"
            inner = (
                f"SELECT {unit} AS unit, {group_key(group, roles, seen)} AS g, {outcome_sql(roles, seen)} AS y, "
                f"{weight} AS w FROM {source.relation}"
            )
            per_unit = (
                "SELECT unit, g, count(*) AS rows, sum(w) AS n, coalesce(sum(w) FILTER (y = 1), 0) AS x "
                f"FROM ({inner}) WHERE y >= 0 AND g IS NOT NULL GROUP BY unit, g"
            )
            sums = f"g, count(*), sum(rows), sum(x), sum(n * n), sum(x * x), sum(n * x), {total}"
            rows = source.connection.execute(f"SELECT {sums} FROM ({per_unit}) GROUP BY g ORDER BY g").fetchall()
            found[group] = larger(found.get(group, {}), {level: units_of(*of) for level, *of in rows})
    return found


def unit_columns(tally: Tally) -> list[str]:
    """Return the columns that name units of several rows: a person's only where somebody recurs."""
    roles = tally.roles
    recur = tally.repeated_ids is not None and tally.repeated_ids.extra > 0
    return [] if tally.aggregated else [name for name in roles.units if name != roles.id or recur]


def units_of(people: int, rows: int, x: float, nn: float, xx: float, nx: float, weight: float) -> Clusters:
    """Return the sums over units as an engine gives them; whole numbers of rows stay whole."""
    kind = float if weight else int
    return Clusters(int(people), int(rows), kind(x), kind(nn), kind(xx), kind(nx), float(weight))


def larger(one: Mapping[str, Clusters], other: Mapping[str, Clusters]) -> dict[str, Clusters]:
    """Return of each level the units of the larger variance."""
    return {
        level: max((of[level] for of in (one, other) if level in of), key=lambda of: of.effect)
        for level in {**one, **other}
    }


@dataclass(frozen=True)
class Alike:
    """The columns that identify twins: `whole` records share them all, near ones `few` and the quarters of numbers.

    Of each kind, those are kept whose hash is divisible by `modulus`; near ones, where `by_block`, by the hash of the
    few. The SQL is DuckDB's: BLOCK and EXACT are columns of `hashed`.
    """

    whole: tuple[str, ...]
    few: tuple[str, ...]
    quarters: Mapping[str, tuple[float, ...]]
    by_block: bool
    modulus: int

    @property
    def rest(self) -> tuple[str, ...]:
        """The columns of whole records that are not among the few."""
        return tuple(name for name in self.whole if name not in self.few)

    @property
    def shared(self) -> tuple[str, ...]:
        """The columns that near twins share, whole or by quarters."""
        return tuple(name for name in self.whole if name in self.few or name in self.quarters)

    @property
    def exact(self) -> str:
        """The SQL of a whole record's hash."""
        return quoted(EXACT)

    @property
    def near(self) -> str:
        """The SQL of a near one's hash."""
        return f"CASE WHEN {quoted(BLOCK)} % {self.modulus} = 0 THEN {self._near} END" if self.by_block else self._near

    @property
    def chosen(self) -> str:
        """The SQL of the hash by which near ones are kept."""
        return quoted(BLOCK) if self.by_block else self._near

    @property
    def _near(self) -> str:
        return f"hash({', '.join([quoted(BLOCK), *(_quarter(name, cuts) for name, cuts in self.quarters.items())])})"

    def hashed(self, relation: str) -> str:
        """Return the SQL of the relation with columns BLOCK and EXACT: each is used several times, and hashed once."""
        inner = f"SELECT *, hash({columns(self.few) or 0}) AS {quoted(BLOCK)} FROM {relation}"
        exact = f"hash({', '.join([quoted(BLOCK), *map(quoted, self.rest)])})"
        return f"(SELECT *, {exact} AS {quoted(EXACT)} FROM ({inner}))"


def alike(roles: Roles, seen: Mapping[str, Seen], modulus: int, aggregated: bool) -> Alike | None:
    """Return how twins are recognised: near ones share columns with few levels, and numbers by quarters."""
    # What a row is about (an advertisement, a case) is no feature, and still a part of what it is; so is what no rule
    # reads: people with other vectors or images are not alike.
    keys = [name for name, why in roles.ignored.items() if why in (Ignored.KEY, Ignored.RECURRING)]
    keys += [roles.cluster] if roles.cluster else []
    known = roles.features or roles.opaque or keys
    if roles.target is None or aggregated or roles.weight or not roles.groups or not known:
        return None
    whole = (*roles.features, *keys, *roles.opaque, *roles.text, *([roles.time] if roles.time else []))
    quarters = {name: cuts for name in roles.features if (cuts := _quarters(seen[name]))}
    few = tuple(name for name in roles.features if name not in quarters and seen[name].distinct <= BROAD)
    few += tuple(roles.opaque)
    # Recognised by what is cheap to hash, so that numbers are put into quarters only where they may be needed.
    by_block = modulus > 1 and math.prod(max(1, seen[name].distinct) for name in few) >= BLOCKS * modulus
    return Alike(whole, few, quarters, by_block, modulus)


def _quarters(seen: Seen) -> tuple[float, ...]:
    cuts = sorted({float(cut) for cut in seen.cuts[QUARTER - 1 :: QUARTER]})
    return tuple(cuts) if seen.distinct > BROAD else ()


def _quarter(name: str, cuts: Sequence[float]) -> str:
    above = " + ".join(f"CAST({quoted(name)} > {cut!r} AS TINYINT)" for cut in cuts)
    return f"coalesce({above}, -1)"


def twin_sets(
    hashes: np.ndarray, levels: np.ndarray, outcomes: np.ndarray
) -> tuple[Mapping[str, tuple[int, int]], ...]:
    """Return the sets of rows of one hash with several levels in them; at most MOST_TWINS, those of lowest hash.

    Three arrays of one length: hash, level (None: not recorded), and outcome of each row; of rows that share their
    hash, because all others take time for nothing.
    """
    at = np.argsort(hashes, kind="stable")
    sets: dict[int, dict[str, tuple[int, int]]] = {}
    for h, level, outcome in zip(hashes[at].tolist(), levels[at].tolist(), outcomes[at].tolist(), strict=True):
        if level is not None and outcome >= 0:
            of = sets.setdefault(h, {})
            x, n = of.get(level, (0, 0))
            of[level] = (x + (outcome == 1), n + 1)
    return tuple([of for of in sets.values() if len(of) > 1][:MOST_TWINS])
