"""Cases that crash and hang, to see that both are found; by themselves, so that a process has little to import."""

from __future__ import annotations

import os
from pathlib import Path

from tests.fuzz.case import Broken


def faulty(seed: str, number: int, kinds: tuple[str, ...], keep: Path | None) -> tuple[list[Broken], list[int]]:
    """Run the case of this number: the first crashes, the second never ends."""
    if number == 1:
        os.abort()
    while number == 2:
        pass
    return [], [number]
