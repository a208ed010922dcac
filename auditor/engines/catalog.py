"""The engines: a module and an entry each. Nothing here imports one, so that their names cost nothing to list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING

from auditor.errors import AuditError, hint

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.engines.engine import Engine
    from auditor.loaders.options import ReadOptions


def silent(message: str) -> None:
    """Report no progress."""


@dataclass(frozen=True)
class Asked:
    """How the data are to be opened; see `auditor.engines.open.opened`, whose arguments these are."""

    name: str | None = None
    count: str | None = None
    memory_limit: str | None = None
    table: str | None = None
    sql: str | None = None
    master: str | None = None
    options: ReadOptions | None = None
    progress: Callable[[str], None] = silent
    vectors: Mapping[str, Path] = field(default_factory=dict)


Opened = Callable[[object, Asked], AbstractContextManager["Engine"]]


@dataclass(frozen=True)
class Entry:
    """An engine: its name, the module whose `opened(data, asked)` gives rows on it, and where it counts.

    `frames`: library and class of the frames that are its own, counted there without being asked. `remote`: whether it
    takes an address to count at (`master`).
    """

    name: str
    module: str
    description: str
    frames: tuple[tuple[str, str], ...] = ()
    remote: bool = False

    def owns(self, data: object) -> bool:
        """Return whether data are a frame of this engine, without importing its library."""
        return any(
            kind.__name__ == name and f"{kind.__module__}.".startswith(f"{library}.")
            for kind in type(data).__mro__
            for library, name in self.frames
        )

    def load(self) -> Opened:
        """Import the engine, and return what opens data on it."""
        opened: Opened = import_module(self.module).opened
        return opened


# The first is the one that counts where none is asked for. A new one is a module with `opened`, and a line here.
ENGINES = (
    Entry("duckdb", "auditor.engines.here", "this machine"),
    Entry(
        "spark",
        "auditor.engines.spark.there",
        "many machines, or a session that is running; reads s3:// and the like",
        frames=(("pyspark.sql", "DataFrame"),),
        remote=True,
    ),
)


def names() -> tuple[str, ...]:
    """Return the names of the engines.

    >>> names()
    ('duckdb', 'spark')
    """
    return tuple(entry.name for entry in ENGINES)


def engine_for(data: object, asked: str | None) -> Entry:
    """Return the engine that was asked for, else the one whose own frame the data are, else the first; AuditError."""
    if asked is None:
        return next((entry for entry in ENGINES if entry.owns(data)), ENGINES[0])
    for entry in ENGINES:
        if entry.name == asked:
            return entry
    raise AuditError(f"engine '{asked}' is not one of {', '.join(names())}{hint(asked, names())}")
