"""What an audit asks of an engine, answered by Spark."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from auditor.counts.columns import Column as Counted
from auditor.counts.edges import Values
from auditor.counts.tally import Tally
from auditor.engines.assemble import assemble, unfolded
from auditor.engines.contents import Contents, contents
from auditor.engines.corpus import counted, sampled
from auditor.engines.derivations import beside, with_derivations
from auditor.engines.duckdb import Numbers, by_level
from auditor.engines.duckdb import tally as tally_here
from auditor.engines.outcome_bins import Binned, settle
from auditor.engines.people import alike
from auditor.engines.plans import HASHED_ROWS, TWIN_ROWS, agreed_plan, bounded, derived, key_sets, modulus_for, plan_of
from auditor.engines.recode import Asked
from auditor.engines.sample import Sample, TextSample, draw
from auditor.engines.score_bins import score_edges
from auditor.engines.slices import search
from auditor.engines.spark.count import Counter
from auditor.engines.spark.derived import with_derived
from auditor.engines.spark.draw import drawn
from auditor.engines.spark.expressions import band, code, named, number
from auditor.engines.spark.pay import pay_there
from auditor.engines.spark.ranked import ranked
from auditor.engines.spark.recode import levels, recoded
from auditor.engines.spark.recurring import PERSON, ROW, clusters, hashes
from auditor.engines.spark.rows import SparkRows, arrow, opened
from auditor.engines.spark.units import with_units
from auditor.engines.spark.vectors import vectored
from auditor.engines.vectors import VectorSample
from auditor.engines.vectors import sampled as sampled_vectors
from auditor.loaders.source import Source
from auditor.model import Decision, Recompute
from auditor.use.derivations import Derivation, are_read
from auditor.use.levels.column import Recoding
from auditor.use.ranking import Ranking
from auditor.use.roles import Roles, Seen, is_dated
from auditor.use.says import Says
from auditor.use.vectors import Vectored

if TYPE_CHECKING:
    from pyspark.sql import Column

    from auditor.counts.controlled import Controlled
    from auditor.counts.pay import PayRows
    from auditor.counts.probable import ProbableSums
    from auditor.engines.engine import Said
    from auditor.use.usecase import UseCase

SAYS = Says(
    tested="{rows:people} of those not searched, chosen by a hash",
    words="Words were counted in {drawn:people} of {rows:people} row{rows:s}, chosen by a hash in Spark.",
    no_statement="The rows were counted by Spark; no SQL for DuckDB gives these counts.",
)


class NumbersThere(Numbers):
    """What Spark says of the numbers in a column; of the peeked ones DuckDB does, they are here."""

    def __init__(self, rows: SparkRows, roles: Roles, seen: Mapping[str, Seen], column: str | None = None) -> None:
        super().__init__(rows.local, roles, seen, column)
        self.rows, self.name = rows, column or roles.target or ""

    def _level(self, group: str) -> Column:
        bands = self.roles.bands
        dated = is_dated(self.rows.local.fields[group])
        return (band(group, bands[group], dated) if group in bands else named(group)).cast("string")

    def binned(self, edges: Sequence[float], groups: Sequence[str]) -> Sequence[Binned]:
        """Return the rows with a number in each bin, for each combination of these groups that has some."""
        from pyspark.sql import functions as F

        value = number(self.name)
        keys = [self._level(group).alias(f"k{i}") for i, group in enumerate(groups)]
        frame = self.rows.frame.where(value.isNotNull()).groupBy(*keys, code(self.name, edges).alias("c"))
        counts = frame.agg(F.count(F.lit(1)).alias("n"), F.min(value).alias("low"), F.max(value).alias("high"))
        found: dict[tuple[str | None, ...], Binned] = {}
        for *found_keys, place, n, low, high in zip(*(of.to_pylist() for of in arrow(counts).columns), strict=True):
            bins = {(edges[place] if place < len(edges) else float("inf")): n}
            old = found.get(of := tuple(found_keys), Binned(of, low, high, {}))
            found[of] = Binned(old.levels, min(low, old.low), max(high, old.high), {**old.bins, **bins})
        return [of for _, of in sorted(found.items(), key=lambda item: [(level is None, level) for level in item[0]])]

    def ranked(self, low: float | None, high: float, rank: int) -> float:
        """Return the value of a rank among those above `low` and up to `high`."""
        from pyspark.sql import functions as F

        value = number(self.name)
        within = value <= F.lit(high) if low is None else (value <= F.lit(high)) & (value > F.lit(low))
        table = arrow(self.rows.frame.where(within).groupBy(value.alias("v")).count())
        self.rows.local.connection.register("ranked", table)
        sums = 'SELECT v, sum("count") OVER (ORDER BY v) AS upto FROM ranked'
        found = self.rows.local.connection.execute(f"SELECT min(v) FROM ({sums}) WHERE upto >= {rank}")
        return float(found.fetchall()[0][0])

    def within(
        self, group: str, ranges: Sequence[tuple[float, float]], moduli: Mapping[str, int]
    ) -> Mapping[str, Values]:
        """Return a group's level -> its values in some ranges: of as many values as its modulus says, one."""
        from pyspark.sql import functions as F

        value, level = number(self.name), self._level(group)
        inside, chosen = F.lit(False), F.lit(False)
        for low, high in ranges:
            inside |= (value > F.lit(low)) & (value <= F.lit(high))
        for one, modulus in moduli.items():
            chosen |= (level == F.lit(one)) & (F.pmod(F.xxhash64(value), F.lit(modulus)) == 0)
        rows = self.rows.frame.where(inside & chosen).groupBy(level.alias("k"), value.alias("v")).count()
        return by_level(zip(*(of.to_pylist() for of in arrow(rows).columns), strict=True))


class OnSpark:
    """Rows in a Spark DataFrame, counted there."""

    sha256 = None
    images: Collection[str] = ()  # bytes of images stay in Spark

    def __init__(self, rows: SparkRows, opened: list[Source] | None = None) -> None:
        self.rows, self.name, self.fields = rows, rows.local.name, rows.local.fields
        self.engine = f"spark {rows.frame.sparkSession.version}"
        self._said: list[str] = []
        self._drawn: tuple[Source, Source] | None = None
        self._evenly: tuple[Source, Tally] | None = None
        self._counter: Counter | None = None
        self._opened = [rows.local] if opened is None else opened

    @property
    def reading(self) -> tuple[Decision, ...]:
        """What was decided on reading, and what was looked for in a sample."""
        said = (Decision(text, "sample") for text in dict.fromkeys(self._said))
        derived_ = [are_read(self.rows.derivations)] if self.rows.derivations else []
        return (*self.rows.reading, *self.rows.local.reading, *derived_, *said)

    def without(self, names: Sequence[str]) -> Self:
        """Return the rows as if they had no columns of these names."""
        return type(self)(self.rows.without(names), self._opened)

    def counted(self, count: str, decision: Decision) -> Self:
        """Return the rows with each as often as a column says."""
        rows = opened(self.rows.frame, self.rows.here, self.name, (*self.rows.reading, decision), count)
        self._opened.append(rows.local)
        return type(self)(replace(rows, reading=(*self.rows.reading, decision)), self._opened)

    def close(self) -> None:
        """Free what is held on this machine."""
        for source in self._opened:
            source.close()

    def peek(self, names: Collection[str] | None = None) -> dict[str, Seen]:
        """Look at some rows; of columns of these names alone, where some are given."""
        return self.rows.peek(names)

    def levels(self, asked: Asked) -> Mapping[str, Mapping[str, int]]:
        """Return column -> value as text -> rows, over all rows: of all values, or of those outside a range."""
        return levels(self.rows, asked)

    def recoded(self, recoding: Recoding) -> Self:
        """Return the rows with the words of a recoding for their values."""
        return type(self)(recoded(self.rows, recoding), self._opened)

    def vectored(self, found: Vectored) -> Self:
        """Return the rows with each vector as one column of lists of 32-bit numbers."""
        return type(self)(vectored(self.rows, found), self._opened)

    def ranked(self, by: Ranking) -> Self:
        """Return the rows with their places by a score, as a column that is no part of a record."""
        return type(self)(ranked(self.rows, by), self._opened)

    def derived(self, asked: Sequence[Derivation], seen: Mapping[str, Seen]) -> Self:
        """Return the rows with features derived from their columns, those that vary; `reading` lists them."""
        return type(self)(with_derived(self.rows, asked, seen), self._opened)

    def tally(
        self,
        roles: Roles,
        seen: Mapping[str, Seen],
        aggregated: bool = False,
        progress: Said = lambda message: None,
        seed: int = 0,
        agreed: Mapping[str, Counted] | None = None,
    ) -> Tally:
        """Count all rows; with how often people recur. Rows are drawn later, by the seed that is given then."""
        sets = key_sets(roles, seen)
        derivations = () if agreed else self.rows.derivations
        if agreed:
            single = [agreed_plan(agreed[name], seen[name], roles, len(sets) == 1) for name in self.rows.local.fields]
        else:
            roles, fine = settle(NumbersThere(self.rows, roles, seen), roles, seen)
            scores = score_edges(NumbersThere(self.rows, roles, seen, roles.scoring.score), roles, seen)
            single = [plan_of(name, seen[name], roles, fine, len(sets) == 1, scores) for name in self.rows.local.fields]
            single += beside(derivations, self.rows.beside, roles, len(sets) == 1)
        plans = [*bounded(single, self._estimated), *derived(roles, seen)]
        counter = self._counter = Counter(self.rows, roles, seen, progress)
        scanned = counter.scanned(plans, sets)
        progress("comparing records")
        by = alike(roles, seen, modulus_for(self.rows.rows, TWIN_ROWS), aggregated)
        kept = hashes(counter, modulus_for(self.rows.rows, HASHED_ROWS), by)
        names = {i: f"counts{i}" for i in range(len(plans))}
        tally = assemble(
            scanned,
            {i: unfolded(scanned[name]) for i, name in names.items() if name in scanned.column_names},
            plans,
            roles,
            sets,
            kept.repeats(ROW),
            kept.repeats(PERSON) if roles.id else None,
            kept.twins(),
            aggregated,
            {of.name: of.source for of in derivations},
        )
        tally = replace(tally, clusters=clusters(counter, tally))
        return with_units(counter, tally, seen)

    def matched(self, tally: Tally, seen: Mapping[str, Seen]) -> Tally:
        """Return the tally with its sets of matched records made anew, by the features that its roles have."""
        counter = Counter(self.rows, tally.roles, seen, lambda message: None)
        by = alike(tally.roles, seen, modulus_for(self.rows.rows, TWIN_ROWS), tally.aggregated)
        kept = hashes(counter, modulus_for(self.rows.rows, HASHED_ROWS), by)
        return replace(tally, twins=kept.twins())

    def _estimated(self, names: Sequence[str]) -> tuple[int, ...]:
        from pyspark.sql import functions as F

        (found,) = self.rows.frame.agg(*(F.approx_count_distinct(named(name)) for name in names)).collect()
        return tuple(found)

    def sliced(self, tally: Tally, seen: Mapping[str, Seen], seed: int) -> Tally:
        """Return the tally with the slices that were found, in rows drawn evenly."""
        source, here = self._even(tally, seen, seed)
        found = search(source, here, seen, seed)
        if found and source.drawn:
            found = replace(found, tested=SAYS("tested", rows=found.n))
        return replace(tally, slices=found)

    def worded(self, tally: Tally, seen: Mapping[str, Seen], masks: Sequence[str], seed: int) -> Tally:
        """Return the tally with the terms of its texts, in rows drawn evenly."""
        source, here = self._even(tally, seen, seed)
        if source.drawn:
            self._said.append(SAYS("words", drawn=here.rows, rows=tally.rows))
        return replace(tally, documents=counted(source, here, seen, masks).documents)

    def texts(
        self, tally: Tally, seen: Mapping[str, Seen], masks: Sequence[str], seed: int
    ) -> Mapping[str, TextSample]:
        """Draw the documents that models are fitted to, of those whose words were counted."""
        source, here = self._even(tally, seen, seed)
        return sampled(source, replace(here, documents=tally.documents), seen, masks, seed)

    def contents(
        self, tally: Tally, seen: Mapping[str, Seen], column: str, masks: Sequence[str], seed: int, most: int
    ) -> Contents:
        """Draw at most `most` rows with a value in a column that models embed, of those drawn for models."""
        return contents(self._local(tally, seed)[1], tally, seen, column, masks, seed, most)

    def vectors(self, tally: Tally, seen: Mapping[str, Seen], seed: int) -> Mapping[str, VectorSample]:
        """Draw rows with a usable vector, of each column of vectors."""
        return sampled_vectors(self._local(tally, seed)[1], tally, seen, seed)

    def sample(self, tally: Tally, seen: Mapping[str, Seen], seed: int) -> Sample:
        """Draw the rows that models are fitted to."""
        source = with_derivations(self._local(tally, seed)[1], self.rows.derivations)
        return draw(source, tally, {**seen, **self.rows.beside}, seed)

    def controlled(self, tally: Tally, seen: Mapping[str, Seen], use: UseCase) -> Controlled:
        """Return outcomes by groups and the controls that the use states, of all rows."""
        from auditor.engines.spark.controlled import controlled

        return controlled(self.rows, tally, seen, use)

    def pay(self, roles: Roles, seen: Mapping[str, Seen], *, blank_is_none: bool) -> PayRows:
        """Read the pay of all rows; `blank_is_none`: an empty cell of variable pay means no such pay."""
        return pay_there(self.rows, roles, seen, blank_is_none=blank_is_none)

    def probable(self, tally: Tally, seen: Mapping[str, Seen]) -> Mapping[str, ProbableSums] | None:
        """Return None: probabilities are added up on one machine only."""
        return None

    def recompute(self, tally: Tally, seen: Mapping[str, Seen]) -> Mapping[str, Recompute]:
        """Return, by group column, why there is no SQL: the rows are a frame of Spark."""
        return dict.fromkeys(tally.roles.groups, Recompute(None, SAYS("no_statement")))

    def _even(self, tally: Tally, seen: Mapping[str, Seen], seed: int) -> tuple[Source, Tally]:
        """Return the source of evenly drawn rows with the tally that they have."""
        source = self._local(tally, seed)[0]
        if not source.drawn:
            return source, tally
        if self._evenly is None:
            some = {name: replace(of, complete=False) for name, of in seen.items()}
            self._evenly = source, tally_here(source, tally.roles, some, tally.aggregated)
        return self._evenly

    def _local(self, tally: Tally, seed: int) -> tuple[Source, Source]:
        if self._drawn is None:
            assert self._counter is not None  # rows are drawn after they were counted
            self._drawn = drawn(self._counter, tally, seed)
            self._opened.append(self._drawn[0])
        return self._drawn
