"""What is being done, shown where an audit runs: on a terminal, or below the cell of a notebook."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Timer
from typing import Any

Report = Callable[[str], None]
AFTER = 2.0  # seconds: what takes less needs no words


def silent(message: str) -> None:
    """Report no progress."""


@contextmanager
def followed(asked: Report | bool | None, *, given: bool) -> Iterator[Report]:
    """Give the function that reports progress: one's own, or one that shows it where True asks for it.

    A library is silent, and so is this where nothing was asked for: but in a notebook, whose reader waits for a cell.
    """
    if callable(asked):
        yield asked
    elif asked or (not given and in_notebook()):
        with status() as report:
            yield report
    else:
        yield silent


@contextmanager
def status() -> Iterator[Report]:
    """Show what is being done, after two seconds: in a notebook below the cell, else on stderr if it is a terminal."""
    if in_notebook():
        with _Line() as line:
            yield line
        return
    if not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console

    console = Console(stderr=True)
    shown = console.status("working", spinner="dots" if console.encoding.startswith("utf") else "line")
    timer = Timer(AFTER, shown.start)
    timer.daemon = True
    timer.start()
    try:
        yield shown.update
    finally:
        timer.cancel()
        shown.stop()


def in_notebook() -> bool:
    """Whether this is the kernel of a notebook; nothing is imported to find out."""
    made = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(made, "kernel")


class _Line:
    """A line below the cell, replaced by each message and empty at the end."""

    def __init__(self) -> None:
        self._text = "working"
        self._line: Any = None  # a handle of IPython's, once it is shown
        self._ended = False
        self._lock = Lock()
        self._timer = Timer(AFTER, self._start)
        self._timer.daemon = True

    def __enter__(self) -> _Line:
        self._timer.start()
        return self

    def __call__(self, message: str) -> None:
        """Replace the line."""
        with self._lock:
            self._text = message
            self._update()

    def __exit__(self, *error: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._text, self._ended = "", True
            self._update()

    def _start(self) -> None:
        from importlib import import_module

        with self._lock:
            if not self._ended:
                show = import_module("IPython.display").display
                self._line = show({"text/plain": self._text}, raw=True, display_id=True)

    def _update(self) -> None:
        if self._line is not None:
            self._line.update({"text/plain": self._text}, raw=True)
