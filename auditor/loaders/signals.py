"""Being asked to stop: what is unfinished is removed, and the process ends at once with that signal's exit code."""

from __future__ import annotations

import os
import shutil
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

STOPPING = ("SIGINT", "SIGTERM", "SIGHUP")
TRIES = 20  # threads of the engine write on while the main thread removes
_unfinished: set[Path] = set()


def begin(path: Path) -> None:
    """Name a file or folder that must not outlive this process."""
    _unfinished.add(path)


def end(path: Path) -> None:
    """Record that it is removed, or complete."""
    _unfinished.discard(path)


def mode_of(target: Path) -> int:
    """Return the rights of a file to be written: those it has, or what the user's umask leaves of 0666."""
    if target.exists():
        return target.stat().st_mode & 0o777
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask


def end_on_signals() -> None:
    """Let what stops a program end it, with the exit code that a shell gives to that signal: 128 and its number.

    Nothing is unwound: an exception that strikes while a module is imported leaves its lock held, and the thread that
    loads the rules beside would wait for it for ever.
    """
    for name in STOPPING:
        if number := getattr(signal, name, None):  # Windows has no SIGHUP
            signal.signal(number, _end)


def _end(number: int, frame: FrameType | None) -> None:
    for path in list(_unfinished):
        _remove(path)
    with suppress(OSError):
        os.write(2, f"dataudit: stopped by {signal.Signals(number).name}\n".encode())
    os._exit(128 + number)


def _remove(path: Path) -> None:
    """Remove a file or folder, and what other threads put into the folder meanwhile.

    The folder is renamed first: a thread that makes a file by the old path fails, instead of leaving it behind. The
    new name still begins as the old one does, so that the next process sweeps what this one could not remove.
    """
    with suppress(OSError):
        if path.is_dir():
            path = path.rename(f"{path}_")
    for _ in range(TRIES):
        with suppress(OSError):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        if not path.exists():
            return
        time.sleep(0.01)
