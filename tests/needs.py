"""Programs that tests run for real: without one they skip, unless DATAUDIT_NEEDS_<WHAT> is set, as in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from typing import NoReturn

import pytest


def absent(what: str, message: str) -> NoReturn:
    """Skip, or fail where the program is needed."""
    if os.environ.get(f"DATAUDIT_NEEDS_{what}"):
        pytest.fail(message)
    pytest.skip(message)


def program(what: str, names: Sequence[str], path: str | None = None) -> str:
    """Return the path of the first program found."""
    found = next(filter(None, (shutil.which(name, path=path) for name in names)), None)
    return found or absent(what, f"there is no {names[0]} here")
