"""Paths that data name -> the bytes of files below one folder; what lies elsewhere is not read."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

LARGEST = 2**28  # bytes of one image


class Unread(StrEnum):
    """Why there is no property of an image; the value is the reason in words, after "1 image" or "5 images"."""

    NONE = "without a path or bytes"
    OUTSIDE = "outside of the folder"
    ADDRESS = "at an address, as nothing is downloaded"
    MISSING = "that cannot be found"
    LARGE = "too large to be read"
    BROKEN = "broken, or of a format that is not read"


@dataclass
class Folder:
    """A folder whose files may be read; `real` is where it lies when links are followed."""

    path: Path
    real: Path = field(init=False)

    def __post_init__(self) -> None:
        self.real = self.path.resolve()

    def holds(self, path: Path) -> bool:
        """Whether a path is that of a file within the folder, links followed; of a pipe or a device it is not."""
        try:
            return path.is_file() and path.resolve().is_relative_to(self.real)
        except (OSError, ValueError, RuntimeError):
            return False

    def read(self, name: str) -> bytes | Unread:
        """Return the bytes of a file that the data name, relative to the folder; or why they are not read."""
        if "://" in name:
            return Unread.ADDRESS
        if not name or "\0" in name:
            return Unread.MISSING
        try:
            real = (self.path / name).resolve()
            if not real.is_relative_to(self.real):
                return Unread.OUTSIDE
            if not real.is_file():  # among them pipes and devices
                return Unread.MISSING
            with real.open("rb") as stream:
                if os.fstat(stream.fileno()).st_size > LARGEST:
                    return Unread.LARGE
                return stream.read()
        except (OSError, ValueError, RuntimeError):  # among them links in a circle
            return Unread.MISSING
