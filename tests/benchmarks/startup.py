"""What one audit of the hiring sample costs, against importing its libraries: `python -m tests.benchmarks.startup`.

Whole processes, in turn, so that the machine's speed cancels out; the ratio of the medians is held under 2.5 without
models, for which the bound was set, and printed with them. Help is held under 0.2 seconds of the processor.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

from tests.conftest import ROOT

ROUNDS = 5
LIMIT = 2.5
LIMIT_OF_HELP = 0.2
IMPORTS = [sys.executable, "-c", "import pandas, sklearn.linear_model, statsmodels.stats.proportion"]
AUDIT = [
    *(sys.executable, "-m", "auditor", "check", "sample_data/hiring.csv"),
    *("--use-case", "sample_data/hiring.use_case.toml", "--fail-on", "never"),
]
COUNTS_ALONE = [*AUDIT, "--no-models"]
HELP = [sys.executable, "-m", "auditor", "check", "--help"]


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def _of_the_processor(command: list[str]) -> float:
    """The seconds of the processor that a command takes; others that run at the time do not count."""
    before = os.times()
    _seconds(command)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def main() -> int:
    """Print the medians and their ratio; 1 when it is over the limit."""
    commands = (COUNTS_ALONE, AUDIT, IMPORTS)
    for command in commands:  # warm the disk
        _seconds(command)
    rounds = [[_seconds(command) for command in commands] for _ in range(ROUNDS)]
    alone, whole, imports = (statistics.median(column) for column in zip(*rounds, strict=True))
    print(f"audit without models {alone:.2f} s, imports {imports:.2f} s, ratio {alone / imports:.2f} (at most {LIMIT})")
    print(f"audit with models {whole:.2f} s, ratio {whole / imports:.2f}")
    help_ = statistics.median(_of_the_processor(HELP) for _ in range(ROUNDS))
    print(f"help {help_:.2f} s of the processor (under {LIMIT_OF_HELP})")
    return int(alone / imports > LIMIT or help_ >= LIMIT_OF_HELP)


if __name__ == "__main__":
    sys.exit(main())
