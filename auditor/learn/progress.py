"""How far the fits of models are, and how long the rest will take."""

from __future__ import annotations

import time
from collections.abc import Callable

from auditor.use.says import Says

EVERY = 0.5  # seconds
SAYS = Says(
    far="fitting models of {what}: {done:whole} of {of:whole}{>left}",
    left=", about {seconds:whole} s left",
)


def of_fits(report: Callable[[str], None], what: str) -> Callable[[int, int], None]:
    """Return a function that is called with the fits done and all fits, and reports twice a second.

    `what` names what the models are of. A new series of fits begins where none is done.
    """
    start = last = time.monotonic()

    def say(done: int, of: int) -> None:
        nonlocal start, last
        now = time.monotonic()
        if not done:
            start = now
        if not done or now - last >= EVERY:
            last = now
            report(in_words(what, done, of, now - start))

    return say


def in_words(what: str, done: int, of: int, seconds: float) -> str:
    """Return the words for some fits done in some seconds.

    >>> in_words("columns", 15, 60, 2.0)
    'fitting models of columns: 15 of 60, about 6 s left'
    """
    left = max(1, round(seconds / done * (of - done))) if done else None
    return SAYS("far", what=what, done=done, of=of, seconds=left)
