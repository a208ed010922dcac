"""TOML files that people write: read, with errors that name key and line."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import date, time
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from auditor.errors import UseCaseError, hint
from auditor.format import printable
from auditor.use.inputs import WRITTEN, reading, too_large
from auditor.use.says import Says

MOST_WRITTEN = 120  # characters of a wrong value that an error repeats
SAYS = Says(
    at="{>line_of}: {fault}",
    line_of=", line {line}",
    no_key="{where} is not a key{hint} (known: {known:each})",
    missing="{where} is missing (needed: {needed:each})",
    wrong="{where} {why}, got {got}",
)


def read_toml(path: Path, kind: str) -> tuple[dict[str, Any], str]:
    """Return a file's tables and its text; UseCaseError in one line, calling it `kind`."""
    reading(path)
    if too_large(path, WRITTEN):
        raise UseCaseError(f"{kind} '{path}' cannot be read: it is larger than {WRITTEN // 2**20} MiB, the limit")
    try:
        text = path.read_text(encoding="utf-8-sig")
        return tomllib.loads(text), text
    except tomllib.TOMLDecodeError as error:
        raise UseCaseError(f"{path} is not valid TOML: {error}") from None
    except (OSError, ValueError) as error:  # not text, or a path with a character that none can have
        raise UseCaseError(f"{kind} '{path}' cannot be read: {reason(error)}") from None
    except RecursionError:
        raise UseCaseError(f"{kind} '{path}' cannot be read: it is nested too deeply") from None


def reason(error: Exception) -> str:
    """Return why a file cannot be read, in a few words."""
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _got(value: object) -> str:
    """Return a value as it was written; of what holds much, or is no text or number, its type, for it may be data."""
    plain = value is None or isinstance(value, str | int | float | date | time | list | tuple | dict)
    written = repr(value) if plain else ""
    return written if 0 < len(written) <= MOST_WRITTEN else f"a value of type {type(value).__name__}"


def explain(error: ValidationError, text: str, model: type[BaseModel]) -> str:
    """Return `, line 7: [use] decison is not a key; did you mean 'decision'?` for the first fault."""
    faults = error.errors()
    # A misspelt key is the cause where another is missed.
    fault = next((each for each in faults if each["type"] == "extra_forbidden"), faults[0])
    path = [str(part) for part in fault["loc"] if not str(part).startswith("function-")]
    if path and path[0] == "accept":
        return _of_list(fault, text, path)
    path = [part for part in path if not part.isdigit()]  # the place in a list is on the line of its key
    where = f"[{'.'.join(path[:-1])}] {path[-1]}" if len(path) > 1 else "".join(f"[{part}]" for part in path)
    if fault["type"] == "extra_forbidden":
        known = list(_keys(model, path[:-1]))
        said: str = SAYS("no_key", where=where, hint=hint(path[-1], known), known=known)
    elif fault["type"] == "value_error":
        said = f"{where} {fault['msg'].removeprefix('Value error, ')}".strip()
    else:
        why = f"{fault['msg'][0].lower()}{fault['msg'][1:]}"
        said = SAYS("wrong", where=f"{where}:", why=why, got=_got(fault["input"]))
    return SAYS("at", line=line_of(text, path) or None, fault=said)


def lines_of(text: str, table: str, key: str) -> list[int]:
    """Return the line of `key` in each [[table]], or of the table's head where it has none."""
    found: list[int] = []
    inside = False
    for number, line in enumerate(text.splitlines(), start=1):
        bare = line.strip()
        if bare.startswith("["):
            inside = bare == f"[[{table}]]"
            if inside:
                found.append(number)
        elif inside and bare.split("=")[0].strip() == key:
            found[-1] = number
    return found


def _of_list(fault: Any, text: str, path: list[str]) -> str:
    """Describe what is wrong in one of several [[accept]] tables, counted from 1."""
    at = int(path[1]) if len(path) > 1 and path[1].isdigit() else 0
    key = path[2] if len(path) > 2 else ""
    named = next(iter(lines_of(text, "accept", key)[at : at + 1]), None)
    message = fault["msg"].removeprefix("Value error, ")
    known = ["rule", "subject", "reason", "by", "until"]
    said = SAYS(
        {"extra_forbidden": "no_key", "missing": "missing"}.get(fault["type"], "wrong"),
        where=f"[[accept]] {key}",
        hint=hint(key, known),
        known=known,
        needed=known[:-1],
        why=f"{message[:1].lower()}{message[1:]}",
        got=_got(fault["input"]),
    )
    return SAYS("at", line=named, fault=said)


def written(tables: Mapping[str, Any]) -> str:
    """Return tables as TOML: one level of tables, lists of tables as [[name]], and values in a line."""
    parts = []
    for name, table in tables.items():
        if isinstance(table, list):
            parts += [f"[[{name}]]\n{_lines(row)}" for row in table]
        elif any(isinstance(value, Mapping) for value in table.values()) and name == "rules":
            parts += [f"[{name}.{key}]\n{_lines(value)}" for key, value in table.items()]
        elif table:
            parts.append(f"[{name}]\n{_lines(table)}")
    return "\n".join(parts)


def _lines(table: Mapping[str, Any]) -> str:
    return "".join(f"{key_text(key)} = {value_text(value)}\n" for key, value in table.items() if value is not None)


def key_text(name: str) -> str:
    """Return a key as TOML writes it: bare, or quoted where it must be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _quoted(name)


def _quoted(text: str) -> str:
    r"""Return a text in quotes; what drives a terminal or turns the reading order is escaped, as TOML escapes it.

    >>> print(_quoted("a\x7fb \U000e0001"))
    "a\u007Fb \U000E0001"
    """

    def shown(char: str) -> str:
        code = ord(char)
        if printable(char) == char or 0xD800 <= code < 0xE000:  # half a character has no escape: it cannot be written
            return char
        return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"

    return "".join(map(shown, json.dumps(text, ensure_ascii=False)))


def value_text(value: Any) -> str:
    """Return a value as TOML, in a line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key_text(key)} = {value_text(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(value_text, value)) + "]"
    return str(value)


def _keys(model: type[BaseModel], path: list[str]) -> Mapping[str, Any]:
    for part in path:
        field = model.model_fields.get(part)
        if field is None or not isinstance(field.annotation, type) or not issubclass(field.annotation, BaseModel):
            return {}
        model = field.annotation
    return {name: field for name, field in model.model_fields.items() if not field.exclude}


def line_of(text: str, path: list[str]) -> int | None:
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
