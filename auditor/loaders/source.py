"""Where rows come from: what a loader hands to an engine."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from auditor.errors import AuditError, SourceError
from auditor.format import listed
from auditor.loaders.quoting import columns as columns
from auditor.loaders.quoting import literal as literal
from auditor.loaders.quoting import quoted as quoted
from auditor.loaders.recipe import Recipe
from auditor.model import Decision

if TYPE_CHECKING:
    from types import TracebackType

    import duckdb

    from auditor.loaders.images.again import Images


FULL = ("No space left on device", "Disk quota exceeded", "File too large")


def no_room(error: BaseException | None) -> str | None:
    """Return the words for an error, or a cause of it, that is due to a full disk; None for all others."""
    seen: set[int] = set()  # causes may go round in a circle: an error that is raised again while its effect is handled
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if any(words in str(error) for words in FULL):
            folder = tempfile.gettempdir()
            return f"there is no room for temporary files in '{folder}'; make some, or let TMPDIR name another folder"
        error = error.__cause__ or error.__context__
    return None


@dataclass(frozen=True)
class Source:
    """Rows that DuckDB can scan, as often as it likes, in one order.

    `relation` follows FROM; `fields` maps column names to DuckDB types, in order; `reading` lists what was
    decided on reading; `whole` names all columns where some are left out; `close` frees the connection and the
    temporary files; `hashing` waits for the hash of what are files. `drawn`: these are not all rows, but enough of each
    joint group to draw a sample from. `recipe`: how anyone reads the same rows again. `images` has the columns of
    images whose files can be read once more.
    """

    name: str
    connection: duckdb.DuckDBPyConnection
    relation: str
    fields: Mapping[str, str]
    reading: tuple[Decision, ...] = ()
    close: Callable[[], None] = field(default=lambda: None, compare=False)
    whole: tuple[str, ...] = ()
    drawn: bool = False
    hashing: Callable[[], str] | None = field(default=None, compare=False)
    recipe: Recipe | None = field(default=None, compare=False)
    images: Mapping[str, Images] = field(default_factory=dict, compare=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences of what was decided on reading."""
        return tuple(decision.text for decision in self.reading)

    @property
    def sha256(self) -> str | None:
        """The hash of the data, where they are files; made while they are read, and waited for here."""
        try:
            return self.hashing() if self.hashing else None
        except OSError as error:
            raise SourceError(f"{self.name} cannot be read to its end: {error.strerror or error}") from error

    @property
    def record(self) -> tuple[str, ...]:
        """The columns that make a record what it is, those left out among them.

        Leaving a column out makes no two records one, and the same rows are sampled with it and without.
        """
        return self.whole or tuple(self.fields)

    def without(self, names: Collection[str]) -> Source:
        """Return the source as if it had no columns of these names."""
        fields = {name: kind for name, kind in self.fields.items() if name not in names}
        left = f"Left out of this audit, as asked: {listed(list(names))}."
        decision = Decision(left, "columns left out", tuple(names))
        return replace(self, fields=fields, reading=(*self.reading, decision), whole=self.record)

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is not None and not isinstance(error, AuditError):
                self._explain(error)
        finally:
            self.close()

    def _explain(self, error: BaseException) -> None:
        """Raise one clear line where memory or the data, not the program, are at fault."""
        if why := no_room(error):
            raise SourceError(f"{self.name} cannot be read to its end: {why}") from error
        # A stream raises Arrow's errors, with DuckDB's words.
        if isinstance(error, MemoryError) or "Out of Memory Error" in str(error):
            raise SourceError(
                f"{self.name} needs more memory or temporary disk than there is; raise --memory-limit, or let TMPDIR "
                "name a folder with more room"
            ) from error
        if isinstance(error, Exception) and (fault := self._fault()):
            raise SourceError(f"{self.name} cannot be read to its end: {fault}") from error

    def _fault(self) -> str | None:
        """Return what hinders from reading every value, in one line; None if nothing does."""
        import duckdb

        read = ", ".join(f"max(hash({quoted(name)}))" for name in self.fields)
        try:
            self.connection.execute(f"SELECT {read} FROM {self.relation}").fetchall()
        except duckdb.Error as error:
            return " ".join(str(error).split())
        return None
