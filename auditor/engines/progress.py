"""How far a scan is: rows read and an estimate of the time left."""

from __future__ import annotations

import time
from collections.abc import Callable

from auditor.use.says import Says

EVERY = 0.5  # seconds
LEAST = 0.02  # share of the rows from which an estimate means something
SAYS = Says(
    far="{doing}{>which}: {done:whole} of {rows:whole} row{rows:s}, about {left:whole} s left",
    which=", part {part} of {parts}",
)


def saying(
    report: Callable[[str], None], doing: str, rows: int, part: int = 0, parts: int = 1
) -> Callable[[int], None]:
    """Return a function that is called with the rows read so far, and reports, twice a second, how far that is.

    It is one of several scans where `parts` is over 1: its rows are a part of the work.
    """
    start = last = time.monotonic()

    def say(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY and LEAST < done / max(1, rows) <= 1:
            last = now
            report(progress(doing, done / rows, rows, now - start, part, parts))

    return say


def progress(doing: str, share: float, rows: int, seconds: float, part: int = 0, parts: int = 1) -> str:
    """Return the words for a share of rows read in some seconds.

    >>> progress("counting", 0.25, 10_000_000, 2.0)
    'counting: 2,500,000 of 10,000,000 rows, about 6 s left'
    """
    left = seconds / share * (parts - part) - seconds
    return SAYS(
        "far",
        doing=doing,
        part=part + 1 if parts > 1 else None,
        parts=parts,
        done=int(share * rows),
        rows=rows,
        left=max(1, round(left)),
    )
