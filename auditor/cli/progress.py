"""What is being done, shown on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def status() -> Iterator[Callable[[str], None]]:
    """Show what is being done on stderr, after two seconds, when it is a terminal."""
    if not sys.stderr.isatty():
        yield lambda message: None
        return
    from threading import Timer

    from rich.console import Console

    console = Console(stderr=True)
    shown = console.status("working", spinner="dots" if console.encoding.startswith("utf") else "line")
    timer = Timer(2.0, shown.start)
    timer.daemon = True
    timer.start()
    try:
        yield shown.update
    finally:
        timer.cancel()
        shown.stop()
