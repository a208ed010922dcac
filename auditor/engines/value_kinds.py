"""What the values of a column are, where no rule reads them: by their type or by their text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from auditor.loaders.source import literal, quoted
from auditor.use.opaque import MARK
from auditor.use.roles import Opaque

MOST = 0.9  # of the values, from which on a column is of their kind, and of the vectors, from which on they are even
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


class Held(NamedTuple):
    """What all but a few of a column's values are; of vectors the least and the most numbers, and the commonest.

    `even`: nine vectors of ten have the commonest.
    """

    what: Opaque | None = None
    width: tuple[int, int] | None = None
    dimension: int | None = None
    even: bool = False


def held(run: Run, table: str, name: str, kind: str, samples: Sequence[object]) -> Held:
    """Return what all but a few of a column's values are.

    `samples` are a few of its values, by which most columns of text are seen to hold nothing of the kind.
    """
    column = quoted(name)
    if is_list(kind):
        return _vectors(run, f"SELECT len({column}) AS d FROM {table} WHERE {column} IS NOT NULL", kind)
    if kind != "VARCHAR" or not any(isinstance(value, str) and _LOOKS.match(value) for value in samples):
        return Held()
    found = _most(run, table, _texts(column))
    if found is not Opaque.VECTOR:
        return Held(found)
    return _vectors(run, f"SELECT len({numbers_in(column)}) AS d FROM {table} WHERE {is_written(column)}", kind)


def is_written(column: str) -> str:
    """Return the SQL of whether a text is all of a vector, as JSON, Python or NumPy write one."""
    return f"({_matches(column, _VECTOR)} AND NOT contains({column}, '...'))"


def numbers_in(column: str) -> str:
    """Return the SQL of the numbers of a vector that a text spells, each as a text."""
    return f"regexp_extract_all(regexp_replace({column}, 'dtype=\\w+', ''), {literal(_NUMBER)})"


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


def _vectors(run: Run, sql: str, kind: str) -> Held:
    """Return what is known of vectors by their lengths `d`; nothing of lists in lists, and without any."""
    found = {int(d): int(n) for d, n in run(f"SELECT d, count(*) FROM ({sql}) GROUP BY d")}
    if not found or kind.count("[") > 1:
        return Held(Opaque.VECTOR)
    d = max(found, key=lambda length: (found[length], length))
    return Held(Opaque.VECTOR, (min(found), max(found)), d, found[d] >= MOST * sum(found.values()))
