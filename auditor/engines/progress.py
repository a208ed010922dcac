"""How far a scan is: rows read and an estimate, for whoever waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from auditor.source import Source

EVERY = 0.5  # seconds
LEAST = 0.02  # share of the rows from which an estimate means something


@contextmanager
def watched(
    source: Source, said: Callable[[str], None], doing: str, rows: int, part: int = 0, parts: int = 1
) -> Iterator[None]:
    """Say, twice a second, how many of the rows the running statement has read and how long the rest may take.

    It is one of several statements where `parts` is over 1: its rows are a part of the work.
    """
    done, start = Event(), time.monotonic()

    def watch() -> None:
        while not done.wait(EVERY):
            share = source.connection.query_progress() / 100
            if LEAST < share <= 1:
                said(told(doing, share, rows, time.monotonic() - start, part, parts))

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


def told(doing: str, share: float, rows: int, seconds: float, part: int = 0, parts: int = 1) -> str:
    """Return the words for a share of rows read in some seconds.

    >>> told("counting", 0.25, 10_000_000, 2.0)
    'counting: 2,500,000 of 10,000,000 rows, about 6 s left'
    """
    left = seconds / share * (parts - part) - seconds
    which = f", part {part + 1} of {parts}" if parts > 1 else ""
    return f"{doing}{which}: {int(share * rows):,} of {rows:,} rows, about {max(1, round(left)):,} s left"
