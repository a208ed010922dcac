"""The settings of a project: `[tool.dataudit]` of the nearest pyproject.toml that has it, for what was not typed."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditor.errors import UseCaseError, hint

TABLE = "[tool.dataudit]"
# Key -> the parameter of the command that it is the default of.
KEYS = {"use-case": "use_case", "policy": "policy", "reports": "reports", "fail-on": "fail_on"}
LISTS = ("reports", "fail-on")


def defaults(here: Path | None = None) -> dict[str, Any]:
    """Return parameter -> default, as the project of the working directory states them; paths are from its file.

    Raises:
        UseCaseError: The table has an unknown key, or a value of another type.
    """
    start = here or Path.cwd()
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        if path.is_file() and (stated := _stated(path)) is not None:
            return dict(_read(key, value, path) for key, value in stated.items())
    return {}


def _stated(path: Path) -> Mapping[str, Any] | None:
    """Return the table of a file; None where it has no such table, so that one further up may."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        tool = tomllib.loads(text).get("tool", {})
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, tomllib.TOMLDecodeError) and "tool.dataudit" in text:
            raise UseCaseError(f"{path} is not valid TOML: {error}") from None
        return None  # somebody else's file, which is no concern of this
    stated = tool.get("dataudit") if isinstance(tool, dict) else None
    if stated is not None and not isinstance(stated, dict):
        raise UseCaseError(f"{path}: {TABLE} must be a table")
    return stated


def _read(key: str, value: object, path: Path) -> tuple[str, str | list[str]]:
    """Return the parameter and its default."""
    if key not in KEYS:
        raise UseCaseError(f"{path}: {TABLE} {key} is not a key{hint(key, KEYS)} (known: {', '.join(KEYS)})")
    kinds = "a text, or a list of texts" if key in LISTS else "a text"
    several = value if isinstance(value, list) and key in LISTS else [value]
    texts = [each for each in several if isinstance(each, str) and each]
    if len(texts) < len(several):
        raise UseCaseError(f"{path}: {TABLE} {key} must be {kinds}")
    if key in ("use-case", "reports") or (key == "policy" and texts[0].endswith(".toml")):
        texts = [_beside(text, path.parent) for text in texts]
    return KEYS[key], texts if key == "reports" else ",".join(texts)


def _beside(text: str, folder: Path) -> str:
    """Return a path from a project's file as it is from here; what ends in a slash keeps it."""
    joined = os.path.relpath(folder / text)
    return f"{joined}{os.sep}" if text.endswith(("/", os.sep)) else joined
