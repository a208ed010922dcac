"""Folders for what must be kept on disk while data are read: private, and removed with the process that made them."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from auditor.errors import AuditError
from auditor.loaders import leftovers, signals


def own_folder() -> Path:
    """Make a private folder in the temporary one.

    Raises:
        AuditError: TMPDIR names a folder that cannot be used; another one is not taken in its place.
    """
    asked = os.environ.get("TMPDIR")
    if asked is None:
        return leftovers.own_folder(Path(tempfile.gettempdir()))
    if not os.path.isdir(asked) or not os.access(asked, os.W_OK | os.X_OK):
        raise AuditError(f"TMPDIR is '{asked}', which is not a writable folder; name another one")
    return leftovers.own_folder(Path(asked))


def remove(folder: Path) -> None:
    """Remove a folder that was made here."""
    shutil.rmtree(folder, ignore_errors=True)
    signals.end(folder)
