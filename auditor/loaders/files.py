"""Paths -> files of one kind: a file, a folder, a glob or standard input, with their labels and their hash."""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import IO, TYPE_CHECKING

from auditor.errors import SourceError, hint
from auditor.loaders import kinds
from auditor.loaders.catalog import addresses_in_words, files_in_words
from auditor.loaders.credentials import shown
from auditor.use.inputs import reading

if TYPE_CHECKING:
    from auditor.loaders.store import Store

STDIN = "stdin"
CHUNK = 1 << 22  # bytes hashed at a time: between chunks other threads have their turn at Python
HIDDEN = (".", "_", "~$")  # bookkeeping of file systems, of writers like Spark, and of open spreadsheets


@dataclass(frozen=True)
class File:
    """One file, and what to call it in errors, notes and hashes."""

    path: Path
    label: str


@dataclass(frozen=True)
class Found:
    """The files behind one path given by the user, all of one kind."""

    label: str
    kind: str
    files: tuple[File, ...]


def find(store: Store, path: str) -> Found:
    """Return the files that a path names; SourceError in one line where there is no such file."""
    if path == "-":
        return _single(_copied(store, _stdin(), STDIN))
    if "://" in path:
        raise SourceError(
            f"{shown(path)} is an address that cannot be read; download it first, or give {addresses_in_words()}"
        )
    if not path or "\0" in path:  # an empty one would be the folder one is in
        raise SourceError("the data's path is empty" if not path else "the data's path holds a character that none can")
    given = Path(path)
    if given.is_dir():
        return _several(store, path, _below(given), "folder")
    if given.is_file():
        reading(given)
        return _single(File(given, given.name))
    if given.exists():  # a pipe can be read only once
        with given.open("rb") as stream:
            return _single(_copied(store, stream, given.name))
    if glob.has_magic(path):
        return _several(store, path, _matching(path), "pattern")
    raise _missing(given, path)


class Hashing:
    """The hash of files, made while they are read."""

    def __init__(self, found: Found) -> None:
        self._given_up = Event()
        self._aside = ThreadPoolExecutor(1)
        self._made = self._aside.submit(_sha256, found, self._given_up)

    def result(self) -> str:
        """Wait for the hash, and return it; OSError where a file cannot be read to its end."""
        return self._made.result()

    def stop(self) -> None:
        """Give up, if it is not made."""
        self._given_up.set()
        self._aside.shutdown()


def _sha256(found: Found, given_up: Event) -> str:
    """Return the hash of a single file's bytes, or of the sorted lines `hash  name` of several."""
    hashes = []
    for file in found.files:
        with file.path.open("rb") as stream:
            digest = hashlib.sha256()
            while not given_up.is_set() and (chunk := stream.read(CHUNK)):
                digest.update(chunk)
            hashes.append(digest.hexdigest())
    if len(hashes) == 1:
        return hashes[0]
    lines = sorted(f"{digest}  {file.label}\n" for digest, file in zip(hashes, found.files, strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _single(file: File) -> Found:
    if file.path.stat().st_size == 0:
        raise SourceError(f"{file.label} is empty")
    return Found(file.label, kinds.kind_of(file.path, file.label), (file,))


def _several(store: Store, given: str, files: Iterable[File], what: str) -> Found:
    listed = tuple(sorted(files, key=lambda file: file.label))
    if not listed:
        raise SourceError(f"{given}: no readable file in this {what}; {files_in_words()}")
    found = Counter(kinds.by_suffix(file.path)[0] or kinds.kind_of(file.path, file.label) for file in listed)
    if len(found) > 1:
        counts = ", ".join(f"{kind} {n}" for kind, n in sorted(found.items()))
        raise SourceError(f"{given}: files of several kinds in this {what} ({counts}); name those of one kind")
    filled = tuple(file for file in listed if file.path.stat().st_size)
    if not filled:
        raise SourceError(f"{given}: all files in this {what} are empty")
    for file in listed:
        reading(file.path)
        if file in filled:
            kinds.kind_of(file.path, file.label)
        else:
            store.note(f"{file.label} is empty")
    return Found(given, next(iter(found)), filled)


def _below(folder: Path) -> Iterable[File]:
    for path in folder.rglob("*"):
        inner = path.relative_to(folder)
        hidden = any(part.startswith(HIDDEN) for part in inner.parts)
        if not hidden and kinds.by_suffix(path)[0] and path.is_file():
            yield File(path, inner.as_posix())


def _matching(pattern: str) -> Iterable[File]:
    fixed = Path(*_before_magic(Path(pattern).parts[:-1]))
    for name in glob.glob(pattern, recursive=True):
        path = Path(name)
        if path.is_file() and not path.name.startswith(HIDDEN):
            yield File(path, Path(os.path.relpath(path, fixed)).as_posix())


def _before_magic(parts: Iterable[str]) -> Iterable[str]:
    for part in parts:
        if glob.has_magic(part):
            return
        yield part


def _stdin() -> IO[bytes]:
    if sys.stdin is None or sys.stdin.isatty():
        raise SourceError("standard input holds no data; pipe a file into it, or name a file in place of '-'")
    return sys.stdin.buffer


def rereadable(store: Store, path: str) -> str:
    """Return a path that can be read more than once: of standard input, or of a pipe, that of a copy in the store."""
    given = Path(path)
    if path != "-" and ("\0" in path or not given.exists() or given.is_dir() or given.is_file()):
        return path
    copy = store.folder / (STDIN if path == "-" else given.name)
    with _stdin() if path == "-" else given.open("rb") as stream, copy.open("wb") as written:
        shutil.copyfileobj(stream, written, 2**20)
    return str(copy)


def _copied(store: Store, stream: IO[bytes], label: str) -> File:
    path = store.temporary()
    with path.open("wb") as copy:
        shutil.copyfileobj(stream, copy, 2**20)
    return File(path, label)


def _missing(path: Path, given: str) -> SourceError:
    given = shown(given)
    if not path.parent.is_dir():
        return SourceError(f"{given}: no such file, nor a folder '{shown(str(path.parent))}'")
    known = [entry.name for entry in path.parent.iterdir()]
    return SourceError(f"{given}: no such file{hint(path.name, known)}")
