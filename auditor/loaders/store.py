"""One DuckDB connection per source, with a folder for what it must keep."""

from __future__ import annotations

import glob
import os
import re
import tempfile
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.errors import AuditError
from auditor.loaders.folders import own_folder, remove
from auditor.loaders.options import ReadOptions
from auditor.loaders.source import literal
from auditor.model import Decision

if TYPE_CHECKING:
    import duckdb

    from auditor.loaders.images.again import Images
    from auditor.loaders.recipe import Recipe

GIGABYTE = 2**30
LEAST_MEMORY = 2**27
MOST_MEMORY = 2**60


class Store:
    """A connection of its own, a folder that goes with it, and the notes taken while reading.

    `kept` is a database in a file of that folder: columns are compressed there, and rows larger than memory fit.
    """

    def __init__(
        self,
        memory_limit: str | None = None,
        options: ReadOptions | None = None,
        progress: Callable[[str], None] = lambda message: None,
    ) -> None:
        self.memory_limit = _bytes(memory_limit) if memory_limit is not None else _memory()
        self.folder = own_folder()
        self._remove = weakref.finalize(self, remove, self.folder)
        self.options = options or ReadOptions()
        self.progress = progress
        self.reading: list[Decision] = []
        self.missing: dict[tuple[str, str], int] = {}  # column and value stated to mean none -> how often there
        self.fault: AuditError | None = None  # of a stream that the engine was reading, which takes only its text
        self.recipe: Recipe | None = None  # how anyone reads the same rows again, where the loader knows
        self.spelled = False  # NA, null and the like were read as missing in texts of what is no text file
        self.images: dict[str, Images] = {}  # by column: how the files of its images are read once more
        self.before_closing: list[Callable[[], None]] = []

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection, made when it is first needed: many faults show before."""
        import duckdb

        connection = duckdb.connect()
        for name, value in self.settings().items():
            # In a notebook DuckDB refuses to count without a package that draws bars. Then nothing is counted.
            with suppress(duckdb.InvalidInputException) if name.startswith("enable_progress_bar") else nullcontext():
                connection.execute(f"SET {name} = {literal(value)}").fetchall()
        # What is kept goes with its folder: to compress and write it on closing would be for nothing.
        connection.execute("PRAGMA disable_checkpoint_on_shutdown").fetchall()
        connection.execute(f"ATTACH {literal(str(self.folder / 'kept.duckdb'))} AS kept").fetchall()
        return connection

    def settings(self) -> dict[str, str]:
        """Return the engine's settings, by their names."""
        return {
            "memory_limit": f"{self.memory_limit // 2**20}MiB",
            "temp_directory": str(self.folder / "spilled"),
            # Counted for the progress of a scan; not printed.
            "enable_progress_bar": "true",
            "enable_progress_bar_print": "false",
            # What has been scanned once stays in the system's cache of files, and need not be in ours.
            "enable_external_file_cache": "false",
            # Of what is read in many queries, a file's own directory need be read only once.
            "parquet_metadata_cache": "true",
            # A column of vectors of 150 MB would be held in memory whole, per scan, to be read no quicker from a disk.
            "disable_parquet_prefetching": "true",
            # A missing extension is an error to report, not a reason to go to the network.
            "autoinstall_known_extensions": "false",
            # A name in SQL must never be looked up among the caller's Python variables.
            "python_enable_replacements": "false",
            # Times with a zone become plain times in UTC, on every machine alike.
            "TimeZone": "UTC",
        }

    def lock(self, files: Iterable[Path] = ()) -> None:
        """Let no later statement reach another file, a network or an extension: a view or a query may name any."""
        for setting in self.locks(files):
            self.connection.execute(f"SET {setting}").fetchall()

    def locks(self, files: Iterable[Path]) -> list[str]:
        """Return the settings that lock a connection in, so that it reaches these files and the folder alone."""
        # DuckDB takes no path that is not Unicode: such a file is copied before it is read.
        whole = [path for path in map(os.path.abspath, files) if _is_unicode(path)]
        paths = dict.fromkeys([*whole, *map(glob.escape, whole)])  # as they are read: no name is taken for a pattern
        return [
            f"allowed_paths = [{', '.join(map(literal, paths))}]",
            f"allowed_directories = [{literal(str(self.folder))}]",
            "enable_external_access = false",
        ]

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Run a statement and fetch all of its rows."""
        import duckdb

        try:
            return self.connection.execute(sql).fetchall()
        except duckdb.Error:
            self.connection.abort()  # a result that broke midway would block the next statement
            raise

    def temporary(self, suffix: str = "") -> Path:
        """Return a path in the folder that nothing uses yet."""
        handle, path = tempfile.mkstemp(suffix=suffix, dir=self.folder)
        os.close(handle)
        return Path(path)

    def note(
        self,
        text: str,
        about: str = "",
        columns: Sequence[str] = (),
        overrule: str | None = None,
        *,
        warning: bool = False,
    ) -> None:
        """Say, once, what was decided on reading; the arguments are a Decision's."""
        decision = Decision(text, about, tuple(columns), overrule, warning)
        if decision not in self.reading:
            self.reading.append(decision)

    def close(self) -> None:
        """Close the connection and remove the folder; may be called twice."""
        for last in self.before_closing:
            last()
        if "connection" in self.__dict__:
            self.connection.close()
        self._remove()


def _is_unicode(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def reason(error: BaseException, store: Store, label: str) -> str:
    """Return the first line of an error, without DuckDB's class name, folders, or a length that nobody reads.

    A file of our own is called by the name of what it was made from, `label`.
    """

    def named(match: re.Match[str]) -> str:
        quote, path = match.groups()
        name = label if path.startswith(str(store.folder)) else re.split(r"[\\/]", path)[-1]
        return f"{quote}{name}{quote}"

    line = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
    line = re.sub(r"^([A-Z]\w+ )+Error: ", "", line.strip())
    line = line.partition(" Detail: Python exception:")[0]  # Arrow's: the head of a traceback
    line = re.sub(r"""(['"])((?:[A-Za-z]:)?[\\/][^'"]+)\1""", named, line)
    return (line[:199] + "…" if len(line) > 200 else line).rstrip(". ")


def _bytes(written: str) -> int:
    """Return a size like 512MB or 2GiB in bytes.

    >>> _bytes("1.5 GB")
    1500000000
    """
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)(i?)B?\s*", written, re.IGNORECASE)
    if not found:
        raise AuditError(f"memory limit '{written}' is not a size; write 512MB or 2GiB")
    number, unit, binary = found.groups()
    asked = float(number) * (1024 if binary else 1000) ** " KMGT".index(unit.upper() or " ")
    size = int(min(asked, MOST_MEMORY))
    if size < LEAST_MEMORY:
        raise AuditError(f"memory limit '{written}' is too small; at least {LEAST_MEMORY // 2**20}MiB are needed")
    return size


def _memory() -> int:
    try:
        installed = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return 2 * GIGABYTE
    return min(2 * GIGABYTE, installed // 2)
