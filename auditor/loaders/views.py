"""Views of a DuckDB file -> a table, made by a process of its own that may end for want of memory or time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.loaders import limits, view_reader
from auditor.loaders.source import literal

if TYPE_CHECKING:
    from auditor.loaders.files import File
    from auditor.loaders.store import Store

ADVICE = "write what it gives into a table"
WRITTEN = "viewed"


class Failed(Exception):
    """The engine refused a query; its text says why."""


def stored(store: Store, file: File, query: str, what: str) -> str:
    """Store what a view gives, and return what to put behind FROM; `what` is what to call it.

    Raises:
        SourceError: It takes more memory, time or disk than a file of that size may take.
        Failed: It is no query that can be run.
    """
    size = file.path.stat().st_size
    path = store.temporary(".duckdb")
    path.unlink()  # the engine takes no file that is empty
    asked = {
        "given": str(file.path),
        "into": str(path),
        "query": f"SELECT * FROM ({query}) LIMIT {limits.most_rows(size) + 1}",
        "settings": store.settings(),
        "locks": store.locks([file.path, Path(f"{file.path}.wal")]),
        "memory": view_reader.MEMORY,
        "seconds": limits.seconds(size),
        "written": limits.most_unpacked(size),
        "path": list(filter(None, sys.path)),
    }
    _made(asked, what, size)
    store.run(f"ATTACH {literal(str(path))} AS {WRITTEN} (READ_ONLY)")
    ((rows,),) = store.run(f"SELECT count(*) FROM {WRITTEN}.rows")
    limits.refuse_rows(rows, size, what)
    return f"{WRITTEN}.rows"


def _made(asked: dict[str, object], what: str, size: int) -> None:
    command = [sys.executable, "-I", "-S", view_reader.__file__]
    try:
        done = subprocess.run(
            command,
            input=json.dumps(asked).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=3 * limits.seconds(size),  # of the clock, if it waits for something
        )
    except subprocess.TimeoutExpired:
        raise SourceError(f"{what} takes too long; {ADVICE}") from None
    if done.returncode == view_reader.FAILED:
        raise Failed(json.loads(done.stdout))
    if done.returncode:
        raise SourceError(
            f"{what} takes more than {limits.amount(view_reader.MEMORY)} of memory, {limits.seconds(size):.0f} seconds "
            f"or {limits.amount(limits.most_unpacked(size))} of disk, the limits for a view in a file of its size; "
            f"{ADVICE}"
        )
