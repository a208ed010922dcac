"""What several test folders share: paths, and small frames of counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
DATA = ROOT / "tests" / "data"
SAMPLES = ROOT / "sample_data"

Counts = Mapping[str, tuple[int, int]]


def rows_of(counts: Counts, group: str = "group", target: str = "hired") -> pd.DataFrame:
    """Return a frame with `x` yes and `n - x` no rows for each level's (x, n), and a column that tells rows apart."""
    parts = [pd.DataFrame({group: level, target: ["yes"] * x + ["no"] * (n - x)}) for level, (x, n) in counts.items()]
    frame = pd.concat(parts, ignore_index=True)
    frame["score"] = [i * 7919 % len(frame) + 0.5 for i in range(len(frame))]  # tells nothing about the outcome
    return frame


@pytest.fixture
def frame_of() -> Callable[..., pd.DataFrame]:
    """The function `rows_of`."""
    return rows_of
