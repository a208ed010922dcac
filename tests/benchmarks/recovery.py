"""What stand-ins cost: PRX001 to PRX003 on Adult against five fits of the same gradient boosting on the same sample.

`python -m tests.benchmarks.recovery` prints the medians, and exits with 1 when the ratio is over 2.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from sklearn.model_selection import PredefinedSplit, cross_val_predict

import auditor
from auditor.engines import duckdb as engine
from auditor.engines.sample import draw
from auditor.learn.models import Models
from auditor.loaders import open_source
from auditor.stats.matrices import Matrix
from auditor.stats.recovery import boosting
from auditor.use.assign import assign
from tests.conftest import DATA

ROUNDS = 5
MOST = 2.0
RULES = ["PRX001", "PRX002", "PRX003"]
FLAGS: dict[str, Any] = {"target": "income", "positive": ">50K", "groups": "sex"}


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _models() -> Models:
    use = auditor.UseCase.model_validate(
        {"label": {"column": "income", "positive": ">50K"}, "groups": {"columns": ["sex"]}}
    )
    with open_source(DATA / "adult.parquet") as source:
        seen = engine.peek(source)
        tally = engine.tally(source, assign(seen, use, source.name), seen)
        return Models(draw(source, tally, seen), tally, use)


def main() -> int:
    """Print seconds and ratio; 1 when the ratio is over MOST."""
    path = DATA / "adult.parquet"
    told = _models().targets("sex")["Female"]
    assert isinstance(told.matrix, Matrix)
    numbers = told.matrix.numbers
    learner, split = boosting(told.matrix.coded), PredefinedSplit(told.matrix.fold)
    rounds = []
    for _ in range(ROUNDS + 1):
        without = _seconds(lambda: auditor.check(path, skip=[*RULES, "MDL001"], **FLAGS))
        whole = _seconds(lambda: auditor.check(path, skip=["MDL001"], **FLAGS))
        fits = _seconds(lambda: cross_val_predict(learner, numbers, told.positive, cv=split, method="predict_proba"))
        rounds.append((whole - without, fits, (whole - without) / fits))
    added, fits, ratio = (statistics.median(part) for part in zip(*rounds[1:], strict=True))
    print(f"{', '.join(RULES)} add {added:.2f} s; five fits take {fits:.2f} s; ratio {ratio:.2f} (at most {MOST:g})")
    return int(ratio > MOST)


if __name__ == "__main__":
    sys.exit(main())
