"""TOML files that people write: read, and what is wrong with them said with key and line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from auditor.errors import UseCaseError, hint


def read_toml(path: Path, kind: str) -> tuple[dict[str, Any], str]:
    """Return a file's tables and its text; UseCaseError in one line, calling it `kind`."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text
    except (OSError, UnicodeDecodeError) as error:
        raise UseCaseError(f"{kind} '{path}' cannot be read: {reason(error)}") from None
    except tomllib.TOMLDecodeError as error:
        raise UseCaseError(f"{path} is not valid TOML: {error}") from None


def reason(error: Exception) -> str:
    """Return why a file cannot be read, in a few words."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def explain(error: ValidationError, text: str, model: type[BaseModel]) -> str:
    """Return `, line 7: [use] decison is not a key; did you mean 'decision'?` for the first fault."""
    fault = error.errors()[0]
    path = [str(part) for part in fault["loc"] if not str(part).startswith("function-")]
    where = f"[{'.'.join(path[:-1])}] {path[-1]}" if len(path) > 1 else "".join(f"[{part}]" for part in path)
    if fault["type"] == "extra_forbidden":
        known = list(_keys(model, path[:-1]))
        said = f"{where} is not a key{hint(path[-1], known)} (known: {', '.join(known)})"
    elif fault["type"] == "value_error":
        said = f"{where} {fault['msg'].removeprefix('Value error, ')}".strip()
    else:
        said = f"{where}: {fault['msg'][0].lower()}{fault['msg'][1:]}, got {fault['input']!r}"
    line = _line(text, path)
    return f"{f', line {line}' if line else ''}: {said}"


def _keys(model: type[BaseModel], path: list[str]) -> Mapping[str, Any]:
    for part in path:
        field = model.model_fields.get(part)
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            return {}
        model = field.annotation
    return {name: field for name, field in model.model_fields.items() if not field.exclude}


def _line(text: str, path: list[str]) -> int | None:
    """Return the line of a key in TOML text: the last part of `path` after the header of its table."""
    inside = len(path) == 1
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#")[0].strip()
        if bare.startswith("["):
            inside = bare.strip("[] ") == ".".join(path[:-1])
            if bare.strip("[] ") == ".".join(path):
                return number
        elif inside and path and bare.split("=")[0].strip(" \"'") == path[-1]:
            return number
    return None
