"""On which line of a use-case file each key is, and each column that a key names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

_KEY = re.compile(r"""\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_.\-\s])+?)\s*=""")
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"|\'([^\']*)\'|#.*')  # or what is behind the values of a line
_LONG = re.compile(r'"""|\'\'\'')
NAMING = re.compile(r"label\.column|groups\.columns|features\.\w+")  # keys whose values are names of columns


def places(text: str) -> dict[str, int]:
    r"""Return the line, from 1, of each table and key of a TOML text, and of each column that it names.

    A key is written `table.key`, a column `table.key/column`; of several [[accept]] the nth is `accept.n`, from 0.
    Text that is not TOML has no places.

    >>> places('[groups]\ncolumns = [\n  "age:25,40",\n  "sex",\n]')
    {'groups': 1, 'groups.columns': 2, 'groups.columns/age': 3, 'groups.columns/sex': 4}
    """
    try:
        there = set(_paths(tomllib.loads(text)))
    except tomllib.TOMLDecodeError:
        return {}
    found: dict[str, int] = {}
    for number, path, line in _lines(text):
        if path in there:
            found.setdefault(path, number)
        if NAMING.fullmatch(path):
            for string in _STRING.finditer(line):
                name = re.split(r"[:=]", string[1] or string[2] or "")[0]
                if name:
                    found.setdefault(f"{path}/{name}", number)
    return found


def _lines(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield each line that is no part of a long string: its number, the key that it belongs to, and its value."""
    table, path, counted, within = "", "", dict[str, int](), False
    for number, line in enumerate(text.splitlines(), start=1):
        quotes = len(_LONG.findall(line))
        was_within, within = within, within ^ (quotes % 2 == 1)
        bare = line.strip()
        if was_within or not bare or bare.startswith("#"):
            continue
        if bare.startswith("[") and (head := _read(bare)) is not None:
            table = path = head
            if bare.startswith("[["):
                at = counted[head] = counted.get(head, -1) + 1
                table = path = f"{head}.{at}"
            yield number, path, ""
        elif (key := _KEY.match(line)) and (name := _read(f"{key[1]} = 0")) is not None:
            path = f"{table}.{name}" if table else name
            yield number, path, line[key.end() :]
        else:
            yield number, path, line


def _read(line: str) -> str | None:
    """Return the path that a head or an assignment of TOML leads to; None for another line."""
    try:
        parts, value = [], tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    while isinstance(value, dict) and value:
        ((name, value),) = value.items()
        parts.append(name)
        if isinstance(value, list):
            break
    return ".".join(parts)


def _paths(tables: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in tables.items():
        path = f"{above}.{name}" if above else name
        yield path
        if isinstance(value, Mapping):
            yield from _paths(value, path)
        elif isinstance(value, list):
            for i, item in enumerate(value):
                if isinstance(item, Mapping):
                    yield f"{path}.{i}"
                    yield from _paths(item, f"{path}.{i}")
