"""Folders for what must be kept on disk while data are read: private, and gone with the process that made them."""

from __future__ import annotations

import os
import re
import shutil
import socket
import tempfile
from pathlib import Path

from auditor import signals
from auditor.errors import AuditError

PREFIX = "dataudit-"


def own_folder() -> Path:
    """Make a private folder in the temporary one, and sweep those whose process ended without doing so.

    Raises:
        AuditError: TMPDIR names a folder that cannot be used; another one is not taken in its place.
    """
    parent = _parent()
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{_host()}-{os.getpid()}-", dir=parent))
    signals.begin(folder)
    return folder


def remove(folder: Path) -> None:
    """Remove a folder that was made here."""
    shutil.rmtree(folder, ignore_errors=True)
    signals.end(folder)


def _parent() -> Path:
    asked = os.environ.get("TMPDIR")
    if asked is None:
        return Path(tempfile.gettempdir())
    if not os.path.isdir(asked) or not os.access(asked, os.W_OK | os.X_OK):
        raise AuditError(f"TMPDIR is '{asked}', which is no folder that can be written to; name another one")
    return Path(asked)


def _sweep(parent: Path) -> None:
    """Remove what this user's processes on this machine left: a killed one could not."""
    for folder in parent.glob(f"{PREFIX}{_host()}-*"):
        found = re.fullmatch(rf"{PREFIX}{_host()}-(\d+)-\w+", folder.name)
        try:
            if found and folder.stat().st_uid == os.getuid() and not _alive(int(found[1])):
                shutil.rmtree(folder, ignore_errors=True)
        except (OSError, AttributeError):  # gone meanwhile; a system without users of numbers
            continue


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _host() -> str:
    """Return the machine's name in letters and digits: a temporary folder may be shared."""
    return re.sub(r"\W", "", socket.gethostname()) or "host"
