"""People who stand in the data more than once, and records that are the same but for the group: what rows hide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from auditor.engines.duckdb import group_key, outcome_sql
from auditor.engines.tally import Tally
from auditor.roles import Seen
from auditor.source import Source, columns, quoted
from auditor.stats.proportions import Pair

MOST_TWINS = 20_000  # sets of twins that are looked at, by their hash
QUARTER = 5  # a peek's cuts are twentieths
BROAD = 50  # levels of a column from which near-twins do not ask for it


@dataclass(frozen=True)
class Clusters:
    """How often people of a level recur: sums over people of squared rows, squared favourable, and their product."""

    people: int
    rows: int
    favourable: int
    rows_squared: int
    favourable_squared: int
    product: int

    @property
    def effect(self) -> float:
        """Variance of the favourable rate with people as units over that with rows as units; never under 1.

        Source: the ratio estimator of a cluster sample, Cochran 1977, Sampling Techniques, chapter 9.
        """
        n, rate = self.rows, self.favourable / self.rows if self.rows else 0.0
        plain = n * rate * (1 - rate)
        if plain <= 0:
            return max(1.0, self.rows_squared / n) if n else 1.0
        clustered = self.favourable_squared - 2 * rate * self.product + rate**2 * self.rows_squared
        return max(1.0, clustered / plain)


def clusters(source: Source, tally: Tally, seen: Mapping[str, Seen]) -> dict[str, dict[str, Clusters]]:
    """Return group column -> level -> how its people recur; empty without an identifier, or when nobody recurs."""
    roles = tally.roles
    if roles.id is None or roles.target is None or not tally.repeated_ids or not tally.repeated_ids.extra:
        return {}
    if roles.weight or tally.aggregated:  # weighted rows have an effective size of their own; counts are of people
        return {}
    found: dict[str, dict[str, Clusters]] = {}
    for group in roles.groups:
        person = f"coalesce(CAST({quoted(roles.id)} AS VARCHAR), chr(30) || row_number() OVER ())"
        inner = (
            f"SELECT {person} AS person, {group_key(group, roles, seen)} AS g, {outcome_sql(roles, seen)} AS y "
            f"FROM {source.relation}"
        )
        per_person = (
            f"SELECT person, g, count(*) AS n, count(*) FILTER (y = 1) AS x FROM ({inner}) "
            "WHERE y >= 0 AND g IS NOT NULL GROUP BY person, g"
        )
        sums = "g, count(*), sum(n), sum(x), sum(n * n), sum(x * x), sum(n * x)"
        rows = source.connection.execute(f"SELECT {sums} FROM ({per_person}) GROUP BY g ORDER BY g").fetchall()
        found[group] = {level: Clusters(*map(int, of)) for level, *of in rows}
    return found


@dataclass(frozen=True)
class Twins:
    """Sets of records that are the same but for the group: per set, level -> (favourable, rows)."""

    sets: tuple[Mapping[str, tuple[int, int]], ...]
    asked: tuple[str, ...]

    def pairs(self, level: str, reference: str) -> dict[str, Pair]:
        """Return the sets that hold both levels, as strata."""
        return {
            str(i): Pair(*of[level], *of[reference])
            for i, of in enumerate(self.sets)
            if level in of and reference in of
        }


def twins(source: Source, tally: Tally, seen: Mapping[str, Seen]) -> dict[str, tuple[Twins, Twins]]:
    """Return group column -> sets of identical records, and of near ones (numbers in quarters, broad columns aside)."""
    roles = tally.roles
    if roles.target is None or tally.aggregated or roles.weight or not roles.features:
        return {}
    whole = [*roles.features, *roles.text, *([roles.time] if roles.time else [])]
    near = list(_near(tally, seen))

    def alike(group: str, names: list[str], asked: str) -> Twins:
        return Twins(_sets(source, tally, seen, group, asked) if asked else (), tuple(names))

    return {
        group: (
            alike(group, whole, columns(whole)),
            alike(group, [name for name, _ in near], ", ".join(sql for _, sql in near)),
        )
        for group in roles.groups
    }


def _near(tally: Tally, seen: Mapping[str, Seen]) -> Iterator[tuple[str, str]]:
    """Yield the columns that near-twins share, and the SQL of what they share."""
    for name in tally.roles.features:
        cuts = sorted({float(cut) for cut in seen[name].cuts[QUARTER - 1 :: QUARTER]})
        if cuts and seen[name].distinct > BROAD:
            cases = " ".join(f"WHEN {quoted(name)} <= {cut!r} THEN {i}" for i, cut in enumerate(cuts))
            yield name, f"CASE WHEN {quoted(name)} IS NULL THEN -1 {cases} ELSE {len(cuts)} END"
        elif seen[name].distinct <= BROAD:
            yield name, quoted(name)


def _sets(
    source: Source, tally: Tally, seen: Mapping[str, Seen], group: str, asked: str
) -> tuple[Mapping[str, tuple[int, int]], ...]:
    """Return the sets of records with the same `asked` and several levels of the group; at most MOST_TWINS of them."""
    roles = tally.roles
    rows = (
        f"SELECT hash({asked}) AS h, {group_key(group, roles, seen)} AS g, {outcome_sql(roles, seen)} AS y "
        f"FROM {source.relation}"
    )
    cells = (
        f"SELECT h, g, count(*) FILTER (y = 1) AS x, count(*) AS n FROM ({rows}) WHERE y >= 0 AND g IS NOT NULL "
        "GROUP BY h, g QUALIFY count(*) OVER (PARTITION BY h) > 1"
    )
    # By the hash of the hash, so that which sets are kept has nothing to do with what is in them.
    chosen = f"SELECT h, g, x, n, dense_rank() OVER (ORDER BY hash(h), h) AS place FROM ({cells})"
    query = f"SELECT h, g, x, n FROM ({chosen}) WHERE place <= {MOST_TWINS} ORDER BY place, g"
    sets: dict[int, dict[str, tuple[int, int]]] = {}
    for h, level, x, n in source.connection.execute(query).fetchall():
        sets.setdefault(h, {})[level] = (int(x), int(n))
    return tuple(sets.values())
