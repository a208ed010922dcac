"""A case: files in a folder, and commands (or calls) on them, all of it made from a seed and a number."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

VERDICTS = frozenset((0, 1, 2, 3))
DONE = frozenset((0, 2))  # of commands that give no verdict


@dataclass
class Step:
    """A command line, or a call that returns an exit code as the command line would.

    `outputs` are the files that it is to write, relative to the case's folder; `codes` are the exit codes it may have.
    """

    words: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    codes: frozenset[int] = VERDICTS
    stdin: bytes = b""
    call: Callable[[], int] | None = None
    data: tuple[str, ...] = ()  # outputs that are data, not text for people

    def shown(self) -> str:
        """Return what was run, as a person would type it."""
        return "python: a frame" if self.call else " ".join(["dataudit", *map(ascii, self.words)])


@dataclass
class Case:
    """What a kind makes; `relation` returns what is wrong between the outputs of its steps, which are all run."""

    folder: Path
    number: int = 0
    steps: list[Step] = field(default_factory=list)
    relation: Callable[[list[int]], list[str]] | None = None

    def put(self, name: str, content: bytes | str) -> str:
        """Write an input; return its name, for paths are relative to the folder."""
        data = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
        (self.folder / name).write_bytes(data)
        return name


@dataclass(frozen=True)
class Broken:
    """An invariant that did not hold."""

    seed: str
    number: int
    kind: str
    invariant: str
    detail: str
    command: str = ""

    def line(self) -> str:
        """Return it as one line of text."""
        return (
            f"{self.seed}:{self.number} [{self.kind}] {self.invariant}: {self.detail[:2500]}\n    {self.command[:1500]}"
        )


def random_of(seed: str, number: int) -> random.Random:
    """Return the source of all chance in a case."""
    return random.Random(f"{seed}:{number}")
