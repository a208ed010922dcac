"""What OUT005 says without a gap and with a planted one, and what its search costs: `python -m tests.benchmarks.slices`.

The cost is held against counting the same lattice by pandas' groupby in the same run, so that the machine cancels out.
"""

from __future__ import annotations

import sys
import time
from itertools import combinations

import numpy as np
import pandas as pd

from auditor.analyzers.catalog import Record, Rule
from auditor.analyzers.evidence import Evidence
from auditor.analyzers.outcomes.subgroups import subgroup_gap
from auditor.counts.tally import Tally
from auditor.engines.engine import OnDuckDB
from auditor.loaders import open_source
from auditor.model import Finding
from auditor.stats.slices import candidates
from auditor.use.assign import assign
from auditor.use.usecase import UseCase

NULL_SETS, NULL_LIMIT = 200, 0.05
PLANTED_SETS = 20
TIME_LIMIT = 0.4
PLANTED = "shift = a and town = a and unit = a"

USE = UseCase.model_validate({"label": {"column": "hired", "positive": "yes"}, "groups": {"columns": ["sex"]}})
RULE: Rule = subgroup_gap.rule  # type: ignore[attr-defined] # the mark of a rule


def searched(frame: pd.DataFrame, use: UseCase = USE, seed: int = 0, count: str | None = None) -> Tally:
    """Return the tally of a frame with its slices."""
    with open_source(frame, count=count) as source:
        engine = OnDuckDB(source)
        seen = engine.peek()
        tally = engine.tally(assign(seen, use, "frame"), seen, count is not None, lambda message: None, seed)
        return engine.sliced(tally, seen, seed)


def judged(
    frame: pd.DataFrame, use: UseCase = USE, seed: int = 0
) -> tuple[tuple[Finding, ...], tuple[Record, ...], str | None]:
    """Return what the rule makes of a frame."""
    return RULE.run(Evidence(searched(frame, use, seed), use))


def null_frame(seed: int) -> pd.DataFrame:
    """Return rows whose outcome depends on nothing: all distinct, some equal, or few distinct."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([1_000, 3_000, 8_000]))
    sex = rng.choice(["f", "m"], n)
    shift = np.where((sex == "f") & (rng.random(n) < 0.5), "night", rng.choice(["day", "late"], n))
    columns = {"sex": sex, "shift": shift, "town": rng.choice(list("abcde"), n, p=[0.4, 0.3, 0.2, 0.08, 0.02])}
    kind = seed % 3
    if kind == 0:
        columns |= {"age": rng.integers(18, 70, n), "pay": rng.lognormal(size=n).round(2)}
        columns |= {
            "visa": rng.choice(np.array(["no", "yes", None], dtype=object), n, p=[0.7, 0.2, 0.1]),
            "unit": rng.choice(list("abc"), n),
        }
    elif kind == 1:
        columns |= {"unit": rng.choice(list("abcd"), n), "desk": rng.integers(0, 60, n)}
    return pd.DataFrame({**columns, "hired": np.where(rng.random(n) < rng.choice([0.1, 0.3, 0.6]), "yes", "no")})


def planted_frame(seed: int, rows: int = 50_000) -> pd.DataFrame:
    """Return rows of eight columns where one slice of three conditions, 3% of the rows, is hired 20 points less."""
    rng = np.random.default_rng(seed)
    names = ("sex", "shift", "town", "unit", "visa", "desk", "team", "floor")
    frame = pd.DataFrame({name: rng.choice(list("abcd"), rows, p=[0.31, 0.29, 0.25, 0.15]) for name in names})
    low = (frame["shift"] == "a") & (frame["town"] == "a") & (frame["unit"] == "a")
    return frame.assign(hired=np.where(rng.random(rows) < np.where(low, 0.3, 0.5), "yes", "no"))


def alarms(sets: int) -> int:
    """Return how many of `sets` data sets without a gap have a finding."""
    return sum(any(finding.state.found for finding in judged(null_frame(seed))[0]) for seed in range(sets))


def named(seed: int) -> list[str]:
    """Return the slices told of a planted frame, in their order."""
    findings, _, _ = judged(planted_frame(seed))
    return [finding.subject["slice"] for finding in findings if finding.state.found]


def seconds(rows: int = 100_000) -> tuple[float, float]:
    """Return the seconds of the search in numpy, and of the same lattice counted by pandas; the best of three each."""
    frame = planted_frame(0, rows)
    columns = [name for name in frame if name != "hired"]
    known = frame[columns].astype("category").assign(y=frame["hired"] == "yes")
    codes = [known[name].cat.codes.to_numpy() for name in columns]
    favourable = known["y"].to_numpy()

    def groupby() -> None:
        for depth in (1, 2, 3):
            for chosen in combinations(columns, depth):
                known.groupby(list(chosen), observed=False)["y"].agg(["sum", "size"])

    own, pandas = [], []
    for _ in range(3):
        start = time.perf_counter()
        candidates(codes, [4] * len(columns), favourable)
        middle = time.perf_counter()
        groupby()
        own.append(middle - start)
        pandas.append(time.perf_counter() - middle)
    return min(own), min(pandas)


def main() -> int:
    """Print the numbers; 1 when one is over its limit."""
    own, pandas = seconds()
    print(f"search of 100,000 rows {own:.3f} s, pandas {pandas:.3f} s, ratio {own / pandas:.3f} (at most {TIME_LIMIT})")
    told = [named(seed) for seed in range(PLANTED_SETS)]
    first, exactly = sum(one[:1] == [PLANTED] for one in told), sum(one == [PLANTED] for one in told)
    print(f"planted slice: first in {first}, alone in {exactly} of {PLANTED_SETS} sets")
    false = alarms(NULL_SETS)
    print(f"no gap: a finding in {false} of {NULL_SETS} sets (at most {NULL_LIMIT:.0%})")
    return int(own / pandas > TIME_LIMIT or first < PLANTED_SETS or false > NULL_LIMIT * NULL_SETS)


if __name__ == "__main__":
    sys.exit(main())
