"""Being asked to stop: the program ends as it would on its own, so that nothing is left behind."""

from __future__ import annotations

import signal
import sys
from types import FrameType

STOPPING = ("SIGTERM", "SIGHUP")


def end_on_signals() -> None:
    """Let what stops a program unwind it, with the exit code that a shell gives to that signal: 128 and its number."""
    for name in STOPPING:
        if number := getattr(signal, name, None):  # Windows has no SIGHUP
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
