"""What a killed process left behind: named so that the next one can find it, and remove it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
from pathlib import Path

from auditor.loaders import signals

PREFIX = "dataudit-"
HIDDEN = ".dataudit-"


def own_folder(parent: Path) -> Path:
    """Make a private folder, removed when the process is stopped, and sweep those of killed processes."""
    sweep(parent, PREFIX)
    folder = Path(tempfile.mkdtemp(prefix=_start(PREFIX), dir=parent))
    signals.begin(folder)
    return folder


def own_draft(parent: Path) -> tuple[int, Path]:
    """Make a hidden file, private until it is whole, and sweep the drafts of processes that were killed.

    Returns its descriptor and its path. OSError where the folder cannot be written to.
    """
    sweep(parent, HIDDEN)
    descriptor, name = tempfile.mkstemp(prefix=_start(HIDDEN), dir=parent)
    signals.begin(Path(name))
    return descriptor, Path(name)


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


def _start(prefix: str) -> str:
    return f"{prefix}{_host()}-{os.getpid()}-"


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
