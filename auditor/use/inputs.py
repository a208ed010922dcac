"""The files that a command reads, known by what they are on the disk, so that none of them is written over."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from auditor.errors import OutputError

WRITTEN = 2**22  # bytes of what people write: use cases, policies, populations, terms
SAVED = 2**26  # bytes of audits and tallies

# Device and inode -> the output as it was given. A name may be typed in many ways, through links, folders, patterns.
_outputs: ContextVar[Mapping[tuple[int, int], str]] = ContextVar("outputs", default={})  # noqa: B039 # never changed


@contextmanager
def guarded(outputs: Iterable[str]) -> Iterator[None]:
    """Refuse, while a command runs, to read what it is to write over; `outputs` are paths that may exist."""
    known = {there: path for path in outputs if (there := _identity(path)) is not None}
    token = _outputs.set({**_outputs.get(), **known})
    try:
        yield
    finally:
        _outputs.reset(token)


def reading(path: str | os.PathLike[str]) -> None:
    """Say that a file is about to be read; OutputError where the running command would replace it."""
    outputs = _outputs.get()
    there = _identity(path) if outputs else None
    if there is not None and there in outputs:
        raise OutputError(f"'{outputs[there]}' is also an input of this command; give the output another path")


def too_large(path: str | os.PathLike[str], most: int) -> bool:
    """Whether a file has more than `most` bytes: what is read into memory whole has a limit."""
    try:
        return os.stat(path).st_size > most
    except (OSError, ValueError):  # reading it will show why
        return False


def _identity(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return found.st_dev, found.st_ino
