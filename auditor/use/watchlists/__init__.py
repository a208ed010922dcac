"""Watch lists: terms that are shown whatever their numbers are; one language per file, yours beside ours."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from auditor.errors import UseCaseError
from auditor.use.toml import read_toml

LANGUAGES = ("english",)


def watch_list(own: Sequence[str] = ()) -> dict[str, str]:
    """Return term -> the list it is on, from the shipped files and from TOML files of one's own.

    A file has tables with `terms`, a list of texts in lower case, and `source`, where they come from.
    """
    import tomllib

    found: dict[str, str] = {}
    folder = resources.files("auditor.use.watchlists")
    for language in LANGUAGES:
        found |= _listed(tomllib.loads((folder / f"{language}.toml").read_text(encoding="utf-8")), language)
    for path in own:
        data, _ = read_toml(Path(path), "watch list")
        found |= _listed(data, path)
    return found


def _listed(tables: dict[str, Any], where: str) -> dict[str, str]:
    found = {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise UseCaseError(f"watch list '{where}': '{name}' must be a table with terms and a source")
        terms = table.get("terms")
        if not isinstance(terms, list) or not all(isinstance(term, str) and term.strip() for term in terms):
            raise UseCaseError(f"watch list '{where}': [{name}] needs terms = [\"…\"], a list of texts")
        if not isinstance(table.get("source"), str):
            raise UseCaseError(f"watch list '{where}': [{name}] needs a source, in words")
        for term in terms:
            found[" ".join(term.lower().replace("\u2019", "'").split())] = name.replace("_", " ")
    return found
