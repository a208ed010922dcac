"""Where an audit's findings are in files: the paths of data and use case, and the lines of the use case."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor.model import Audit
from auditor.use.places import places


def located(audit: Audit, use_case: str | None, data: str | None) -> Audit:
    """Return an audit with the paths of its use-case file and of its data, and the lines of the former.

    Paths are relative to the working folder. Of a file elsewhere only the name is kept, and of data that are no file
    (a database, standard input) nothing, so that a report shows no folder of a machine.
    """
    files: dict[str, Any] = {}
    if use_case and (path := _within(use_case)):
        files |= {"use_case": path, "lines": _lines(use_case)}
    if data and (path := _within(data)):
        files["data"] = path
    if not files:
        return audit
    stated: Mapping[str, Any] = {**audit.use_case, "files": files}
    return replace(audit, use_case=stated)


def _within(written: str) -> str | None:
    """Return a path relative to the working folder, with slashes; its name where it leads elsewhere."""
    try:
        path = Path(written)
        if not path.is_file():
            return None
        here, real = Path.cwd(), Path(os.path.abspath(path))
    except (OSError, ValueError):  # a path that no system can have
        return None
    return real.relative_to(here).as_posix() if real.is_relative_to(here) else real.name


def _lines(use_case: str) -> dict[str, int]:
    try:
        return places(Path(use_case).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeError):  # it was readable a moment ago; the lines are no reason to lose the audit
        return {}
