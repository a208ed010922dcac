"""A few cases of a fixed seed, as a guard; the fuzzer itself is run by command: `python -m tests.fuzz --cases 20000`."""

from __future__ import annotations

from pathlib import Path

from tests.fuzz.case import Broken
from tests.fuzz.pool import run_all

CASES = 120


def test_cases_of_a_fixed_seed_hold(tmp_path: Path) -> None:
    found = [each for _, _, of, _ in run_all("ordinary", range(CASES), (), tmp_path, workers=1) for each in of]
    assert not found, "\n".join(map(Broken.line, found))
