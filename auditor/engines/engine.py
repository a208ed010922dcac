"""What an audit asks of an engine, and how DuckDB answers it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, Self

from auditor.counts.columns import Column
from auditor.counts.tally import Tally
from auditor.engines import duckdb
from auditor.engines.derivations import derive
from auditor.engines.people import clusters
from auditor.engines.ranked import ranked
from auditor.engines.recode import Asked, levels, recoded
from auditor.engines.recompute import statements
from auditor.engines.sample import Sample, TextSample, draw
from auditor.engines.slice_rows import Drawn
from auditor.engines.slices import search
from auditor.engines.units import units, weighed
from auditor.engines.vectors import VectorSample, with_vectors
from auditor.engines.vectors import sampled as sampled_vectors
from auditor.loaders.finish import counted
from auditor.loaders.source import Source
from auditor.model import Decision, Recompute
from auditor.use.derivations import Derivation, are_read
from auditor.use.levels.column import Recoding
from auditor.use.ranking import Ranking
from auditor.use.roles import Roles, Seen
from auditor.use.vectors import Vectored

if TYPE_CHECKING:
    from auditor.counts.controlled import Controlled
    from auditor.counts.pay import PayRows
    from auditor.counts.probable import ProbableSums
    from auditor.engines.contents import Contents
    from auditor.use.usecase import UseCase

Said = Callable[[str], None]


class Engine(Protocol):
    """Rows somewhere, and what counts them there."""

    @property
    def engine(self) -> str:
        """What counts, for the provenance."""

    @property
    def name(self) -> str:
        """What reports call the data."""

    @property
    def reading(self) -> tuple[Decision, ...]:
        """What was decided on reading; some of it only once it was needed."""

    @property
    def sha256(self) -> str | None:
        """The hash of the data, where they are a file."""

    @property
    def images(self) -> Collection[str]:
        """The columns of images whose files can be read once more."""

    @property
    def fields(self) -> Mapping[str, str]:
        """Column -> type."""

    def without(self, names: Sequence[str]) -> Self:
        """Return the rows as if they had no columns of these names."""

    def counted(self, count: str, decision: Decision) -> Self:
        """Return the rows with each as often as a column says; `decision` says why."""

    def peek(self, names: Collection[str] | None = None) -> dict[str, Seen]:
        """Look at some rows; of columns of these names alone, where some are given."""

    def levels(self, asked: Asked) -> Mapping[str, Mapping[str, int]]:
        """Return column -> value as text -> rows, over all rows: of all values, or of those outside a range."""

    def recoded(self, recoding: Recoding) -> Self:
        """Return the rows with the words of a recoding for their values."""

    def vectored(self, found: Vectored) -> Self:
        """Return the rows with each vector as one column of lists of 32-bit numbers."""

    def ranked(self, by: Ranking) -> Self:
        """Return the rows with their places by a score, as a column that is no part of a record."""

    def derived(self, asked: Sequence[Derivation], seen: Mapping[str, Seen]) -> Self:
        """Return the rows with features derived from their columns, those that vary; `reading` lists them."""

    def tally(
        self,
        roles: Roles,
        seen: Mapping[str, Seen],
        aggregated: bool,
        progress: Said,
        seed: int = 0,
        agreed: Mapping[str, Column] | None = None,
    ) -> Tally:
        """Count all rows; with how often people recur. `seed` chooses rows that are looked at later.

        `agreed` columns have the edges and the kept levels to be used, of another tally with the same roles.
        """

    def matched(self, tally: Tally, seen: Mapping[str, Seen]) -> Tally:
        """Return the tally with its sets of matched records made anew, by the features that its roles have."""

    def sliced(self, tally: Tally, seen: Mapping[str, Seen], seed: int) -> Tally:
        """Return the tally with the slices that were found."""

    def worded(self, tally: Tally, seen: Mapping[str, Seen], masks: Sequence[str], seed: int) -> Tally:
        """Return the tally with the terms of its texts, but for the masked ones."""

    def texts(
        self, tally: Tally, seen: Mapping[str, Seen], masks: Sequence[str], seed: int
    ) -> Mapping[str, TextSample]:
        """Draw the documents that models are fitted to, of each text column that was counted."""

    def contents(
        self, tally: Tally, seen: Mapping[str, Seen], column: str, masks: Sequence[str], seed: int, most: int
    ) -> Contents:
        """Draw at most `most` rows with a value in a column that models embed; of texts, without the masked terms."""

    def vectors(self, tally: Tally, seen: Mapping[str, Seen], seed: int) -> Mapping[str, VectorSample]:
        """Draw rows with a usable vector, of each column of vectors."""

    def sample(self, tally: Tally, seen: Mapping[str, Seen], seed: int) -> Sample:
        """Draw the rows that models are fitted to."""

    def controlled(self, tally: Tally, seen: Mapping[str, Seen], use: UseCase) -> Controlled:
        """Return outcomes by groups and the controls that the use states, of all rows."""

    def pay(self, roles: Roles, seen: Mapping[str, Seen], *, blank_is_none: bool) -> PayRows:
        """Read the pay of all rows; `blank_is_none`: an empty cell of variable pay means no such pay."""

    def probable(self, tally: Tally, seen: Mapping[str, Seen]) -> Mapping[str, ProbableSums] | None:
        """Add up the probabilities of groups, by group; None where this engine cannot."""

    def recompute(self, tally: Tally, seen: Mapping[str, Seen]) -> Mapping[str, Recompute]:
        """Return, by group column, the SQL that gives its counts from the data."""


class OnDuckDB:
    """Rows on this machine, counted by DuckDB."""

    engine = "duckdb"

    def __init__(
        self, source: Source, derivations: Sequence[Derivation] = (), beside: Mapping[str, Seen] | None = None
    ) -> None:
        self.source = source
        self.name, self.fields = source.name, source.fields
        self.reading = (*source.reading, *([are_read(derivations)] if derivations else []))
        self._derivations, self._beside = derivations, beside or {}  # what a peek saw of derived features
        self._drawn: Drawn | None = None

    @property
    def sha256(self) -> str | None:
        """The hash of the data, where they are a file."""
        return self.source.sha256

    @property
    def images(self) -> Collection[str]:
        """The columns of images whose files can be read once more."""
        return self.source.images

    def without(self, names: Sequence[str]) -> Self:
        """Return the rows as if they had no columns of these names."""
        return type(self)(self.source.without(names))

    def counted(self, count: str, decision: Decision) -> Self:
        """Return the rows with each as often as a column says."""
        return type(self)(counted(self.source, count, decision))

    def peek(self, names: Collection[str] | None = None) -> dict[str, Seen]:
        """Look at some rows; of columns of these names alone, where some are given."""
        return duckdb.peek(self.source, names)

    def levels(self, asked: Asked) -> Mapping[str, Mapping[str, int]]:
        """Return column -> value as text -> rows, over all rows: of all values, or of those outside a range."""
        return levels(self.source, asked)

    def recoded(self, recoding: Recoding) -> Self:
        """Return the rows with the words of a recoding for their values."""
        return type(self)(recoded(self.source, recoding))

    def vectored(self, found: Vectored) -> Self:
        """Return the rows with each vector as one column of lists of 32-bit numbers."""
        return type(self)(with_vectors(self.source, found))

    def ranked(self, by: Ranking) -> Self:
        """Return the rows with their places by a score, as a column that is no part of a record."""
        return type(self)(ranked(self.source, by))

    def derived(self, asked: Sequence[Derivation], seen: Mapping[str, Seen]) -> Self:
        """Return the rows with features derived from their columns, those that vary; `reading` lists them."""
        return type(self)(*derive(self.source, asked, seen))

    def tally(
        self,
        roles: Roles,
        seen: Mapping[str, Seen],
        aggregated: bool,
        progress: Said,
        seed: int = 0,
        agreed: Mapping[str, Column] | None = None,
    ) -> Tally:
        """Count all rows; with how often people recur. `seed` chooses rows that are searched for slices."""
        self._drawn = None if agreed else Drawn(seed)
        seen = {**seen, **self._beside}
        tally = duckdb.tally(
            self.source, roles, seen, aggregated, progress, agreed, self._drawn, () if agreed else self._derivations
        )
        tally = replace(tally, clusters=clusters(self.source, tally, seen))
        tally = weighed(self.source, tally, seen)
        return replace(tally, units=units(self.source, tally, seen))

    def matched(self, tally: Tally, seen: Mapping[str, Seen]) -> Tally:
        """Return the tally with its sets of matched records made anew, by the features that its roles have."""
        return replace(tally, twins=duckdb.matched(self.source, tally.roles, seen))

    def sliced(self, tally: Tally, seen: Mapping[str, Seen], seed: int) -> Tally:
        """Return the tally with the slices that were found."""
        return replace(tally, slices=search(self.source, tally, seen, seed, self._drawn))

    def worded(self, tally: Tally, seen: Mapping[str, Seen], masks: Sequence[str], seed: int) -> Tally:
        """Return the tally with the terms of its texts, but for the masked ones."""
        from auditor.engines.corpus import counted

        return counted(self.source, tally, seen, masks)

    def texts(
        self, tally: Tally, seen: Mapping[str, Seen], masks: Sequence[str], seed: int
    ) -> Mapping[str, TextSample]:
        """Draw the documents that models are fitted to, of each text column that was counted."""
        from auditor.engines.corpus import sampled

        return sampled(self.source, tally, seen, masks, seed)

    def contents(
        self, tally: Tally, seen: Mapping[str, Seen], column: str, masks: Sequence[str], seed: int, most: int
    ) -> Contents:
        """Draw at most `most` rows with a value in a column that models embed; of texts, without the masked terms."""
        from auditor.engines.contents import contents

        return contents(self.source, tally, seen, column, masks, seed, most)

    def vectors(self, tally: Tally, seen: Mapping[str, Seen], seed: int) -> Mapping[str, VectorSample]:
        """Draw rows with a usable vector, of each column of vectors."""
        return sampled_vectors(self.source, tally, seen, seed)

    def sample(self, tally: Tally, seen: Mapping[str, Seen], seed: int) -> Sample:
        """Draw the rows that models are fitted to."""
        return draw(self.source, tally, {**seen, **self._beside}, seed)

    def controlled(self, tally: Tally, seen: Mapping[str, Seen], use: UseCase) -> Controlled:
        """Return outcomes by groups and the controls that the use states, of all rows."""
        from auditor.engines.controlled import controlled

        return controlled(self.source, tally, seen, use)

    def pay(self, roles: Roles, seen: Mapping[str, Seen], *, blank_is_none: bool) -> PayRows:
        """Read the pay of all rows; `blank_is_none`: an empty cell of variable pay means no such pay."""
        from auditor.engines.pay import pay_rows

        return pay_rows(self.source, roles, seen, blank_is_none=blank_is_none)

    def probable(self, tally: Tally, seen: Mapping[str, Seen]) -> Mapping[str, ProbableSums] | None:
        """Add up the probabilities of groups, by group."""
        from auditor.engines.probable import probable

        return probable(self.source, tally, seen)

    def recompute(self, tally: Tally, seen: Mapping[str, Seen]) -> Mapping[str, Recompute]:
        """Return, by group column, the SQL that gives its counts from the data."""
        return statements(self.source.recipe, tally, seen)
