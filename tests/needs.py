"""Programs and packages that tests use for real: without one they skip, unless DATAUDIT_NEEDS_<WHAT> is set, as in CI."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
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


def package(name: str) -> Path:
    """Return the folder of an installed package, which is not imported: many of them hold only data for us."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        absent("MODELS", f"{name} is not installed")
    return Path(found.submodule_search_locations[0])


def index(output: str) -> None:
    """Skip where pip could not get what builds this project, as its output states: no package index is reached."""
    if "No matching distribution found for hatchling" in output:
        absent("INDEX", "no package index is reached")
