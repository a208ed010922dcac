"""What the values of a column are, where no rule reads them: by their type or by their text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from auditor.loaders.source import literal, quoted
from auditor.use.opaque import MARK
from auditor.use.roles import Opaque

MOST = 0.9  # of the values, from which on a column is of their kind
LISTED = 16  # numbers without brackets around them that make a vector
ENCODED = 256  # characters without a space that are bytes written as text

_NUMBER = r"(?:[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|NaN|inf|Infinity)|null|None)"
_BRACKETED = (
    rf"(?:array|tensor)?\(?[\[(][\[(\s]*{_NUMBER}(?:[\s,;\[\]()]+(?:{_NUMBER}|\.\.\.))*[\s,\])]*[\])](?:, dtype=\w+\))?"
)
_BARE = rf"{_NUMBER}(?:[\s,;|]+{_NUMBER}){{{LISTED - 1},}}"
_VECTOR = rf"\s*(?:{_BRACKETED}|{_BARE})\s*"
_NESTED = r"\s*(?:\{.*\}|\[\s*[\[{'\"].*\])\s*"
_FILE = r"(?i)\S.*\.(?:png|jpe?g|gif|bmp|webp|tiff?|heic|avif|dcm)(?:\?\S*)?"
# The first bytes of PNG, JPEG, GIF, BMP, TIFF, WebP, and of AVIF and HEIC: in hexadecimal, and in base 64.
_BYTES = "(?:89504E47|FFD8FF|47494638|424D|49492A00|4D4D002A|52494646.{8}57454250|.{8}66747970(?:6176|6865)).*"
_BASE_64 = r"(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR|SUkqA|TU0AK)[A-Za-z0-9+/=\s]{60,}"

_ENCODED = r"[A-Za-z0-9+/_=-]+"
# What none of a few values looks like: the column needs no test.
_LOOKS = re.compile(r"\s*[\[({0-9+.-]|array|tensor|data:image|[A-Za-z0-9+/_=-]{60}|.*\.\w{3,4}(\?|$)", re.DOTALL)

Run = Callable[[str], list[tuple[Any, ...]]]


def is_list(kind: str) -> bool:
    """Whether a DuckDB type is that of lists; loaders leave those of numbers alone.

    >>> is_list("FLOAT[384]"), is_list("DOUBLE[][]"), is_list("DOUBLE")
    (True, True, False)
    """
    return kind.endswith("]")


def held(
    run: Run, table: str, name: str, kind: str, samples: Sequence[object]
) -> tuple[Opaque | None, tuple[int, int] | None]:
    """Return what all but a few of a column's values are, and the least and the most numbers of a vector.

    `samples` are a few of its values, by which most columns of text are seen to hold nothing of the kind.
    """
    column = quoted(name)
    if is_list(kind):
        return Opaque.VECTOR, _width(run, f"SELECT min(len({column})), max(len({column})) FROM {table}", kind)
    if kind != "VARCHAR" or not any(isinstance(value, str) and _LOOKS.match(value) for value in samples):
        return None, None
    found = _most(run, table, _texts(column))
    if found is not Opaque.VECTOR:
        return found, None
    numbers = f"len(regexp_extract_all({column}, {literal(_NUMBER)}))"
    whole = f"{_matches(column, _VECTOR)} AND NOT contains({column}, '...')"
    return found, _width(run, f"SELECT min({numbers}), max({numbers}) FROM {table} WHERE {whole}", kind)


def _texts(column: str) -> list[tuple[Opaque, str]]:
    """Return what a text can stand for, each with the SQL of a test; the first that most values pass holds."""
    return [
        (Opaque.VECTOR, _matches(column, _VECTOR)),
        (Opaque.NESTED, _matches(column, _NESTED)),
        (Opaque.IMAGE, _matches(column, _marked(_BYTES))),
        (Opaque.BINARY, _matches(column, _marked(".*"))),
        (Opaque.IMAGE, f"(starts_with({column}, 'data:image/') OR {_matches(column, _BASE_64)})"),
        (Opaque.IMAGE_FILE, _matches(column, _FILE)),
        (Opaque.BINARY, f"(length({column}) >= {ENCODED} AND {_matches(column, _ENCODED)})"),
    ]


def _marked(head: str) -> str:
    """Return the pattern of the marks of bytes that begin so."""
    start, middle, end = map(re.escape, MARK)
    return f"{start}(?:{head}){middle}-?[0-9]+{end}"


def _matches(value: str, pattern: str) -> str:
    return f"regexp_full_match({value}, {literal(pattern)}, 's')"


def _most(run: Run, table: str, tests: Sequence[tuple[Opaque, str]]) -> Opaque | None:
    shares = run(f"SELECT {', '.join(f'avg(({test})::INT)' for _, test in tests)} FROM {table}")[0]
    return next((what for (what, _), share in zip(tests, shares, strict=True) if (share or 0) >= MOST), None)


def _width(run: Run, sql: str, kind: str) -> tuple[int, int] | None:
    """Return the least and the most numbers; None for lists in lists, and without numbers."""
    ((least, most),) = run(sql)
    return None if least is None or kind.count("[") > 1 else (int(least), int(most))
