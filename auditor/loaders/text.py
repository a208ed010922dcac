"""Bytes -> text: any text file as a plain UTF-8 file, unpacked and transcoded where it must be."""

from __future__ import annotations

import codecs
import mmap
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from auditor.errors import SourceError
from auditor.loaders import kinds, limits
from auditor.loaders.options import check_encoding
from auditor.use.says import Says

if TYPE_CHECKING:
    from auditor.loaders.files import File
    from auditor.loaders.store import Store

CHUNK = 2**20
AROUND = 2**18  # bytes on each side of the first fault that the encoding is judged on
MARKS = {
    codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16",
}  # fmt: skip
CONTROL = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a\x1b"})
WIDE = ["utf_16", "utf_16_le", "utf_16_be", "utf_32", "utf_32_le", "utf_32_be", "utf_7"]
SAYS = Says(
    guessed="Encoding {encoding} ({file} is not UTF-8).",
    stated="Encoding {encoding}, as stated.",
    stated_though="Encoding {encoding}, as stated, though {file} is valid UTF-8.",
)


def plain(store: Store, file: File) -> tuple[Path, bool]:
    """Return a plain UTF-8 file with the text of `file`, and whether the text was UTF-8 to begin with.

    It is the file itself where that is one, without compression and with one byte order mark at most.
    """
    path = file.path
    if kinds.by_content(path)[1]:
        path = _unpacked(store, file)
    stated = store.options.encoding
    fault = _first_fault(path)
    encoding = check_encoding(stated) if stated is not None else "utf-8" if fault is None else None
    if encoding in ("utf-8", "utf-8-sig"):
        if fault is not None:
            raise SourceError(f"{file.label}, line {_line(path, fault)}: not UTF-8, though that encoding was stated")
        return (_transcoded(store, path, "utf-8", file.label) if _marks(path) > 1 else path), True
    if encoding is None:
        assert fault is not None
        encoding = _encoding(path, fault, file.label)
        store.note(SAYS("guessed", encoding=encoding, file=file.label), "encoding", (), "--encoding")
    elif fault is None and not _is_ascii(path):
        text = SAYS("stated_though", encoding=encoding, file=file.label)
        store.note(text, "encoding", (), "--encoding", warning=True)
    else:
        store.note(SAYS("stated", encoding=encoding), "encoding", (), "--encoding")
    return _transcoded(store, path, encoding, file.label), False


def refuse_long_lines(path: Path, label: str) -> None:
    """Refuse a text with a line of more than `limits.LINE` bytes, reading little of it."""
    if path.stat().st_size <= limits.LINE:
        return
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        start = 0  # of a line; the last one that ends within the limit is looked for from there
        while len(content) - start > limits.LINE:
            ends = (content.rfind(mark, start, start + limits.LINE) for mark in (b"\n", b"\r"))
            end = next((at for at in ends if at >= 0), None)
            if end is None:
                raise SourceError(
                    f"{label}, line {_line(path, start)}: longer than {limits.amount(limits.LINE)}, the limit for a "
                    "line; is it a table in lines?"
                )
            start = end + 1


def _marks(path: Path) -> int:
    """Return how many byte order marks a file begins with; each program that adds one may add another."""
    with path.open("rb") as stream:
        head = stream.read(48)
    rest = head
    while rest.startswith(codecs.BOM_UTF8):
        rest = rest.removeprefix(codecs.BOM_UTF8)
    return (len(head) - len(rest)) // len(codecs.BOM_UTF8)


def _is_ascii(path: Path) -> bool:
    with path.open("rb") as stream:
        return all(chunk.isascii() for chunk in _chunks(stream))


def _unpacked(store: Store, file: File) -> Path:
    path = store.temporary()
    try:
        with kinds.unpacked(file.path) as packed, path.open("wb") as copy:
            size, written = file.path.stat().st_size, 0
            for chunk in _chunks(packed):
                written += len(chunk)
                limits.refuse_unpacked(written, size, file.label)
                copy.write(chunk)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{file.label} cannot be unpacked: {error}; the file is cut off or damaged") from error
    return path


def _first_fault(path: Path) -> int | None:
    """Return where the first byte stands that is not UTF-8 text, if one is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = 0
    with path.open("rb") as stream:
        for chunk in _chunks(stream):
            if (zero := chunk.find(0)) >= 0:
                return before + zero
            try:
                if decoder.getstate()[0] or not chunk.isascii():
                    decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return before + len(chunk) - len(error.object) + error.start
            before += len(chunk)
    return None if not decoder.getstate()[0] else before - len(decoder.getstate()[0])


def _encoding(path: Path, fault: int, label: str) -> str:
    with path.open("rb") as stream:
        head = stream.read(AROUND)
        stream.seek(max(0, fault - AROUND))
        sample = stream.read(2 * AROUND)
    for mark, encoding in MARKS.items():
        if head.startswith(mark):
            return encoding
    wide = _unmarked_wide(head)
    if wide:
        return wide
    if 0 in sample or len(sample.translate(None, CONTROL)) < 0.99 * len(sample):
        raise SourceError(f"{label}, line {_line(path, fault)}: binary data, not text")
    text = sample.decode(errors="replace")
    broken = text.count("\ufffd")
    if sum(not char.isascii() for char in text) - broken > broken:
        raise SourceError(f"{label}, line {_line(path, fault)}: a byte that is not UTF-8, though the text around it is")
    return _guess(sample, label)


def _unmarked_wide(head: bytes) -> str | None:
    """Recognise UTF-16 without a byte order mark by the zeros beside its ASCII characters."""
    half = max(1, len(head) // 2)
    even, odd = head[::2].count(0) / half, head[1::2].count(0) / half
    if odd > 0.4 > 0.05 > even:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 > 0.05 > odd else None


def _guess(sample: bytes, label: str) -> str:
    from charset_normalizer import from_bytes

    sample = b"\n".join(line for line in sample.splitlines() if not line.isascii())[:32768]
    matches = from_bytes(sample, cp_exclusion=WIDE)
    best = matches.best()
    if best is None:
        raise SourceError(f"{label} is text in an unknown encoding; save it as UTF-8, or name its --encoding")
    # Short samples fit many single-byte encodings equally well; of those, cp1252 is by far the most common.
    for match in matches:
        usual = "cp1252" in match.could_be_from_charset
        if usual and match.chaos <= best.chaos + 0.02 and match.coherence >= best.coherence - 0.1:
            return "cp1252"
    return best.encoding


def _transcoded(store: Store, path: Path, encoding: str, label: str) -> Path:
    copy = store.temporary()
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as stream, copy.open("w", encoding="utf-8", newline="") as written:
        before, begun = 0, False
        try:
            for chunk in _chunks(stream):
                text = decoder.decode(chunk)
                if not begun:
                    text = text.lstrip("\ufeff")
                    begun = bool(text)
                if "\0" in text:
                    line = _line(path, before) + text[: text.index("\0")].count("\n")
                    raise SourceError(f"{label}, line {line}: binary data, or text in another encoding than {encoding}")
                written.write(text)
                before += len(chunk)
            written.write(decoder.decode(b"", final=True))
        except UnicodeError as error:
            line = _line(path, before)
            which = "stated" if store.options.encoding is not None else "its first part is"
            why = getattr(error, "reason", error)
            raise SourceError(
                f"{label}: not all of it is {encoding}, as {which} ({why}, after line {line}); "
                "save it as UTF-8, or name its --encoding"
            ) from error
    return copy


def _line(path: Path, offset: int) -> int:
    with path.open("rb") as stream:
        line = 1
        for chunk in _chunks(stream):
            line += chunk[:offset].count(b"\n")
            offset -= len(chunk)
            if offset <= 0:
                break
    return line


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk
