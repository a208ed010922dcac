"""What is known of records beside their columns: repeats, twins, people who recur; by hashes made in Spark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.counts.extras import Repeats, Twins
from auditor.counts.tally import Tally
from auditor.engines.assemble import repeats
from auditor.engines.people import Alike, larger, twin_sets, unit_columns, units_of
from auditor.engines.spark.count import Counter
from auditor.engines.spark.expressions import hashed, named, number, quarter
from auditor.engines.spark.rows import arrow
from auditor.loaders.source import columns
from auditor.stats.clusters import Clusters

if TYPE_CHECKING:
    from pyspark.sql import Column

ROW, PERSON, EXACT, NEAR = range(4)


@dataclass(frozen=True)
class Hashes:
    """The hashes that are kept of records, one in `modulus`, and of twins: each with its kind, groups and outcome."""

    counter: Counter
    modulus: int
    alike: Alike | None

    def repeats(self, kind: int) -> Repeats:
        """Return how often records, or people, recur."""
        return repeats(self._of(f"SELECT h FROM hashes WHERE kind = {kind}")["h"].to_numpy(), self.modulus)

    def twins(self) -> dict[str, tuple[Twins, Twins]] | None:
        """Return group column -> sets of identical and of near-identical records."""
        if self.alike is None:
            return None
        asked, of = (self.alike.whole, self.alike.shared), self.alike.modulus
        return {
            group: (Twins(self._sets(i, EXACT), asked[0], of), Twins(self._sets(i, NEAR), asked[1], of))
            for i, group in enumerate(self.counter.roles.groups)
        }

    def _sets(self, i: int, kind: int) -> tuple[Mapping[str, tuple[int, int]], ...]:
        """Return the sets of rows that share one hash."""
        level = self.counter.spelled([i])[0]
        of_kind = f"FROM hashes WHERE kind = {kind}"
        several = f"SELECT h {of_kind} GROUP BY h HAVING count(*) > 1"
        found = self._of(f"SELECT h, outcome, {level} {of_kind} AND h IN ({several})")
        levels = np.asarray(found[f"k{i}"].to_pylist(), dtype=object)
        return twin_sets(found["h"].to_numpy().view(np.uint64), levels, found["outcome"].to_numpy())

    def _of(self, sql: str) -> Any:
        return self.counter.rows.local.connection.sql(sql).to_arrow_table()


def hashes(counter: Counter, modulus: int, alike: Alike | None) -> Hashes:
    """Hash every record in one scan, and bring here those hashes that are kept: about a million at most."""
    from pyspark.sql import functions as F

    rows, roles = counter.rows, counter.roles
    made = {"row": hashed(rows.kinds, rows.record)}
    kept = [(ROW, "row", "row", modulus)]
    if roles.id:
        made["person"] = F.when(named(roles.id).isNotNull(), hashed(rows.kinds, [roles.id]))
        kept.append((PERSON, "person", "person", modulus))
    if alike:
        fields = rows.kinds
        block = hashed(fields, alike.few)
        made["exact"] = hashed(fields, alike.rest, [block])
        others = [name for name in rows.record if name not in alike.whole]
        made["row"] = hashed(fields, others, [made["exact"]])
        made["near"] = hashed(fields, (), [block, *(quarter(name, cuts) for name, cuts in alike.quarters.items())])
        made["chosen"] = block if alike.by_block else made["near"]
        kept.append((EXACT, "exact", "exact", alike.modulus))
        if alike.shared:
            kept.append((NEAR, "near", "chosen", alike.modulus))
    keys = counter.keys(range(len(roles.groups)))
    frame = rows.frame.select(
        *(column.alias(name) for name, column in made.items()),
        *(column.alias(name) for name, column in keys.items()),
        counter.outcome.alias("outcome"),
    )

    def one(kind: int, name: str, chosen: str, divisor: int) -> Column:
        beside = [F.col(key).alias(key) for key in (*keys, "outcome")]
        entry = F.struct(F.lit(kind).alias("kind"), F.col(name).alias("h"), *beside)
        return F.when(F.pmod(F.col(chosen), F.lit(divisor)) == 0, entry)

    # An array, not a filter: Spark would move a filter below, and hash every record twice.
    entries = F.explode(F.array_compact(F.array(*(one(*each) for each in kept))))
    rows.local.connection.register("hashes", arrow(frame.select(entries.alias("one")).select("one.*")))
    return Hashes(counter, modulus, alike)


def clusters(counter: Counter, tally: Tally) -> dict[str, dict[str, Clusters]]:
    """Return group column -> level -> its units: people, or clusters; empty where each is one row."""
    roles, names = counter.roles, unit_columns(tally)
    if roles.target is None or not names:
        return {}
    found: dict[str, dict[str, Clusters]] = {}
    for i, group in enumerate(roles.groups):
        for name in names:
            found[group] = larger(found.get(group, {}), _units(counter, i, name))
    return found


def _units(counter: Counter, i: int, name: str) -> dict[str, Clusters]:
    """Return the levels of a group column with the sums over the units that a column names."""
    from pyspark.sql import functions as F

    place = F.monotonically_increasing_id()
    unit = F.struct(named(name).alias("id"), F.when(named(name).isNull(), place).alias("place"))
    weight = counter.roles.weight
    w = F.coalesce(number(weight), F.lit(0.0)) if weight else F.lit(1)
    raw = counter.keys([i])[f"k{i}"].alias(f"k{i}")
    rows = counter.rows.frame.select(unit.alias("unit"), raw, counter.outcome.alias("y"), w.alias("w"))
    rows = rows.where((F.col("y") >= 0) & F.col(f"k{i}").isNotNull())
    x = F.sum(F.when(F.col("y") == 1, F.col("w")).otherwise(F.lit(0)))
    per_unit = rows.groupBy("unit", f"k{i}").agg(F.count(F.lit(1)).alias("rows"), F.sum("w").alias("n"), x.alias("x"))
    pairs = (("n", "n"), ("x", "x"), ("n", "x"))
    sums = [F.sum("rows"), F.sum("x"), *(F.sum(F.col(a) * F.col(b)) for a, b in pairs)]
    sums.append(F.sum("n") if weight else F.lit(0))
    levels = per_unit.groupBy(f"k{i}").agg(
        F.count(F.lit(1)).alias("s"), *(c.alias(f"s{j}") for j, c in enumerate(sums))
    )
    counter.rows.local.connection.register("recurring", arrow(levels))
    spelled = ", ".join(counter.spelled([i]))
    found = counter.run(f"SELECT {spelled}, * EXCLUDE ({columns([f'k{i}'])}) FROM recurring ORDER BY 1").fetchall()
    return {level: units_of(*of) for level, *of in found}
