"""What a killed process left behind: named so that the next one can find it, and remove it."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
from pathlib import Path

from auditor.loaders import signals

PREFIX = "dataudit-"
HIDDEN = ".dataudit-"


def own_folder(parent: Path) -> Path:
    """Make a private folder, removed when the process is stopped, and sweep those of killed processes."""
    sweep(parent, PREFIX)
    folder = _named(parent, PREFIX)
    try:
        folder.mkdir(mode=0o700)
    except OSError:
        signals.end(folder)
        raise
    return folder


def own_draft(parent: Path) -> tuple[int, Path]:
    """Make a hidden file, private until it is whole, and sweep the drafts of processes that were killed.

    Returns its descriptor and its path. OSError where the folder cannot be written to.
    """
    sweep(parent, HIDDEN)
    draft = _named(parent, HIDDEN)
    try:
        return os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), draft
    except OSError:
        signals.end(draft)
        raise


def sweep(parent: Path, prefix: str) -> None:
    """Remove what this user's processes on this machine left: a killed one could not."""
    for path in parent.glob(f"{prefix}{_host()}-*"):
        found = re.fullmatch(rf"{re.escape(prefix)}{_host()}-(\d+)-\w+", path.name)
        try:
            if not found or path.lstat().st_uid != os.getuid() or _alive(int(found[1])):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        except (OSError, AttributeError):  # removed meanwhile; a system without numeric users
            continue


def _named(parent: Path, prefix: str) -> Path:
    """Return a path that no other process has, known to the end of this one before it exists: no moment is between."""
    path = parent / f"{prefix}{_host()}-{os.getpid()}-{secrets.token_hex(8)}"
    signals.begin(path)
    return path


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _host() -> str:
    """Return the machine's name in letters and digits: a folder may be shared by several."""
    return re.sub(r"\W", "", socket.gethostname()) or "host"
