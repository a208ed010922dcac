"""How much of one thing data may hold: a small file can spell what no memory holds.

Each limit is far above what data have. Where one is exceeded, the message names it and a way around it.
"""

from __future__ import annotations

from auditor.errors import SourceError

LINE = 2**24  # bytes of a line of text, or of a record of several lines
UNPACKED = 2**28  # bytes that any file may unpack to; beyond them,
RATIO = 100  # so many times its size
OBJECT = 2**26  # bytes of an object in JSON
CELL = 2**24  # bytes of a value that a query makes
SECONDS = 10  # that a file's own query may take, and
SECONDS_PER_BYTE = 1e-6
ROWS = 10_000_000  # that any file may hold; beyond them,
PER_BYTE = 10  # so many for each of its bytes
COLUMNS = 3_000  # an audit of so many takes most of a minute
UNPACK = "unpack it before, and give what it unpacks to"


def refuse_wide(columns: int, label: str) -> None:
    """Refuse a table of more columns than can be audited."""
    if columns > COLUMNS:
        raise SourceError(
            f"{label} has {columns:,} columns, and {COLUMNS:,} is the limit; leave out those that are not to be audited"
        )


def most_unpacked(size: int) -> int:
    """Return how many bytes a file of `size` bytes may unpack to.

    >>> most_unpacked(1_000), most_unpacked(10_000_000)
    (268435456, 1000000000)
    """
    return max(UNPACKED, RATIO * size)


def refuse_unpacked(unpacked: int, size: int, label: str, advice: str = UNPACK) -> None:
    """Refuse a file of `size` bytes that unpacks to too many; `advice`: what to do if that is right."""
    if unpacked > most_unpacked(size):
        raise SourceError(
            f"{label} unpacks to over {amount(most_unpacked(size))}, more than {RATIO} times its size; "
            f"if that is right, {advice}"
        )


def most_rows(size: int) -> int:
    """Return how many rows a file of `size` bytes may hold."""
    return max(ROWS, PER_BYTE * size)


def refuse_rows(rows: int, size: int, label: str) -> None:
    """Refuse a file of `size` bytes that holds, or makes up, too many rows."""
    if not 0 <= rows <= most_rows(size):
        raise SourceError(
            f"{label} has {rows:,} rows in {size:,} bytes, over {PER_BYTE} for each; if that is right, audit a sample"
        )


def seconds(size: int) -> float:
    """Return how long a query that is stored in a file of `size` bytes may take."""
    return SECONDS + SECONDS_PER_BYTE * size


def amount(size: int) -> str:
    """Return a number of bytes in words.

    >>> amount(LINE), amount(3 * 2**30), amount(1_000_000_000)
    ('16 MiB', '3 GiB', '953 MiB')
    """
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if size >= unit and (size % unit == 0 or size >= 10 * unit or unit <= 2**20):
            return f"{size // unit:,} {name}"
    return f"{size:,} bytes"
