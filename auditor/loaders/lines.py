"""Lines of a delimited file that are no rows: those that repeat the header or hold nothing, and notes."""

from __future__ import annotations

import codecs
from dataclasses import replace
from pathlib import Path

from auditor.loaders.dialect import Broken, Dialect, Record
from auditor.loaders.header import MOST_NOTES, notes

PIECE = 2**22  # bytes of a file that are looked at together
BELOW = 2**16  # bytes in which notes below the table are looked for


def repeats_of(path: Path, line: int) -> int:
    """Return how often the line of the header stands again, as where files were put one behind the other.

    Read in pieces: to look into a mapped file that is cut off meanwhile would end the process.
    """
    with path.open("rb") as stream:
        for _ in range(line):
            header = stream.readline()
        header = header.rstrip(b"\r\n").removeprefix(codecs.BOM_UTF8)
        found, rest = 0, b""
        while header and (chunk := stream.read(PIECE)):
            piece = rest + chunk
            cut = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1 if len(chunk) == PIECE else len(piece)
            found += _like(header, piece[:cut])
            rest = piece[cut:]
            if len(rest) > len(header) + len(codecs.BOM_UTF8):  # a longer line; what follows of it is no line's begin
                rest = b"?"
        return found + _like(header, rest)


def has_line(path: Path, text: str) -> bool:
    """Return whether a text stands alone in a line below the first."""
    wanted = [f"{begin}{text}{end}".encode() for begin in "\n\r" for end in "\n\r"]
    rest = b""
    with path.open("rb") as stream:
        while chunk := stream.read(PIECE):
            piece = rest + chunk
            if any(each in piece for each in wanted):
                return True
            rest = piece[-len(wanted[0]) :]
    return rest.endswith((f"\n{text}".encode(), f"\r{text}".encode()))


def notes_below(path: Path, dialect: Dialect, width: int) -> tuple[tuple[int, str], ...]:
    """Return the notes below a table: of each the field that holds it, and its text."""
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - BELOW))
        text = stream.read().decode(errors="replace")
    lines = text.splitlines()[-2 * MOST_NOTES :]
    records: list[Record] = []
    try:
        for line in lines:  # one within quotes that spans lines breaks off
            _, record = next(replace(dialect, skip=0).records(iter([line])), (0, []))
            records.append([field.strip() for field in record] or [""] * width)
    except Broken:
        return ()
    found = records[len(records) - notes(records) :]
    texts = (next((i, field) for i, field in enumerate(record) if field) for record in found if len(record) == width)
    return tuple(texts)


def _like(header: bytes, lines: bytes) -> int:
    """Return how many of some whole lines are the header's, with or without a byte order mark."""
    found, at = 0, -1
    while (at := lines.find(header, at + 1)) >= 0:
        before, after = lines[max(0, at - 4) : at], lines[at + len(header) : at + len(header) + 1]
        found += before.removesuffix(codecs.BOM_UTF8)[-1:] in (b"\n", b"\r", b"") and after in (b"\n", b"\r", b"")
    return found
