"""What the batches of an Arrow file unpack to, and how many rows they claim, determined before any is read.

A reader sets aside what a batch claims, and a batch of a few bytes may claim any number.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

Bytes = bytes | memoryview
FILE, STREAM = b"ARROW1", b"\xff\xff\xff\xff"
DICTIONARY, BATCH = 2, 3  # kinds of messages with a body


class Malformed(ValueError):
    """Arrow data whose directory points beyond their end."""


@dataclass(frozen=True)
class Size:
    """What a batch has: rows, bytes that it unpacks to, and whether it is packed at all."""

    rows: int
    unpacked: int
    packed: bool


def sizes(content: Bytes) -> Iterator[Size]:
    """Yield the size of each batch, of dictionaries and rows, of a file or a stream; Malformed for anything else."""
    try:
        starts = _blocks(content) if bytes(content[:6]) == FILE else _messages(content)
        for start in starts:
            yield from _size(content, start)
    except (struct.error, RecursionError) as error:
        raise Malformed("it ends before it should, or its directory points beyond its end") from error


class _Table:
    """A table as FlatBuffers lay it out; each read is checked against the end of the content."""

    def __init__(self, content: Bytes, at: int) -> None:
        self.content, self.at = content, at
        self.directory = at - number(content, at, "<i")

    def place(self, field: int) -> int | None:
        """Return where a field stands, None where it is left out."""
        entry = 4 + 2 * field
        if entry + 2 > number(self.content, self.directory, "<H"):
            return None
        offset = number(self.content, self.directory + entry, "<H")
        return self.at + offset if offset else None

    def number(self, field: int, form: str) -> int:
        at = self.place(field)
        return 0 if at is None else number(self.content, at, form)

    def table(self, field: int) -> _Table | None:
        at = self.place(field)
        return None if at is None else _Table(self.content, at + number(self.content, at, "<I"))

    def structs(self, field: int, size: int) -> Iterator[int]:
        """Yield where each struct of a vector stands."""
        at = self.place(field)
        if at is None:
            return
        start = at + number(self.content, at, "<I")
        n = number(self.content, start, "<I")
        if start + 4 + n * size > len(self.content):
            raise struct.error("a vector beyond the end")
        yield from range(start + 4, start + 4 + n * size, size)


def number(content: Bytes, at: int, form: str) -> int:
    """Return the number that stands at a place."""
    if at < 0:
        raise struct.error("a place before the start")
    found: int = struct.unpack_from(form, content, at)[0]
    return found


def _blocks(content: Bytes) -> Iterator[int]:
    """Yield where the messages of a file stand, by its footer."""
    end = len(content) - 10
    footer_size = number(content, end, "<i")
    start = end - footer_size
    if footer_size <= 0 or start < 0 or bytes(content[-6:]) != FILE:
        raise struct.error("no footer")
    footer = _Table(content, start + number(content, start, "<I"))
    for field in (2, 3):
        for block in footer.structs(field, 24):
            yield number(content, block, "<q")


def _messages(content: Bytes) -> Iterator[int]:
    """Yield where the messages of a stream stand."""
    at = 0
    while at + 8 <= len(content):
        size = number(content, at + 4, "<i")
        if number(content, at, "<I") != 0xFFFFFFFF or size == 0:
            return
        yield at
        body = _Table(content, at + 8 + number(content, at + 8, "<I")).number(3, "<q")
        if size < 0 or body < 0:
            raise struct.error("a negative size")
        at += 8 + size + body


def _size(content: Bytes, start: int) -> Iterator[Size]:
    before = 8 if number(content, start, "<I") == 0xFFFFFFFF else 4
    metadata = start + before
    message = _Table(content, metadata + number(content, metadata, "<I"))
    batch = message.table(2)
    kind = message.number(1, "<B")
    if kind == DICTIONARY and batch is not None:
        batch = batch.table(1)
    if batch is None or kind not in (DICTIONARY, BATCH):
        return
    body = metadata + number(content, start + before - 4, "<i")
    packed = batch.place(3) is not None
    unpacked = 0
    for buffer in batch.structs(2, 16):
        offset, length = number(content, buffer, "<q"), number(content, buffer + 8, "<q")
        claimed = number(content, body + offset, "<q") if packed and length >= 8 else length
        unpacked += length if claimed == -1 else max(0, claimed)
    yield Size(batch.number(0, "<q") if kind == BATCH else 0, unpacked, packed)
