"""Audits of vectors of 384 numbers: `python -m tests.benchmarks.vectors [rows]`.

A generated table with vectors (100,000 rows unless said) as Parquet, as a NumPy file beside a table, and as numbered
columns. Each audit runs in a process of its own, by the default rules; so does the drawing of the sample that rules on
vectors judge. Seconds by the clock and of the processor and peak memory are printed; the exit code is 1 where an audit
of 100,000 rows in Parquet takes 10 seconds or 600 MiB.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS, WIDTH, PART = 100_000, 384, 50_000
MOST_SECONDS, MOST_MIB = 10.0, 600.0


def generate(folder: Path, rows: int, seed: int = 0) -> None:
    """Write people whose vectors tell nothing of them: people.parquet, plain.parquet beside plain.npy, wide.parquet.

    Of more than ROWS, numbered columns are left out.
    """
    rng = np.random.default_rng(seed)
    writers: dict[str, pq.ParquetWriter] = {}
    beside = np.lib.format.open_memmap(folder / "plain.npy", "w+", np.float32, (rows, WIDTH))
    for at in range(0, rows, PART):
        n = min(PART, rows - at)
        numbers = rng.standard_normal((n, WIDTH), np.float32)
        beside[at : at + n] = numbers
        people = {
            "sex": np.where(rng.random(n) < 0.4, "f", "m"),
            "hired": np.where(rng.random(n) < 0.3, "yes", "no"),
            "age": rng.integers(18, 70, n),
            "score": rng.normal(size=n).round(3),
            "dept": rng.choice(np.array(list("abcde")), n),
        }
        emb = pa.FixedSizeListArray.from_arrays(pa.array(numbers.ravel()), WIDTH)
        tables = {"people": pa.table({**people, "emb": emb}), "plain": pa.table(people)}
        if rows <= ROWS:
            tables["wide"] = pa.table({**people, **{f"emb_{i}": numbers[:, i] for i in range(WIDTH)}})
        for name, table in tables.items():
            if name not in writers:
                writers[name] = pq.ParquetWriter(folder / f"{name}.parquet", table.schema)
            writers[name].write_table(table)
    for writer in writers.values():
        writer.close()


def _audited(path: str, **options: Any) -> int:
    import auditor

    audit = auditor.check(path, target="hired", groups="sex", **options)
    return sum(column.role == "vector" for column in audit.dataset.columns)


def _drawn(path: str) -> int:
    from auditor.audit.preparing import prepared
    from auditor.engines.open import opened
    from auditor.use.usecase import UseCase

    use = UseCase.model_validate({"label": {"column": "hired"}, "groups": {"columns": ["sex"]}})
    with opened(path) as rows:
        ready = prepared(rows, use)
        tally = ready.rows.tally(ready.roles, ready.seen, False, lambda said: None)
        return len(ready.rows.vectors(tally, ready.seen, 0)["emb"].values)


RUNS: dict[str, Callable[[str], int]] = {
    "without vectors": lambda folder: _audited(f"{folder}/plain.parquet"),
    "in Parquet": lambda folder: _audited(f"{folder}/people.parquet"),
    "NumPy file beside": lambda folder: _audited(f"{folder}/plain.parquet", vector=f"emb={folder}/plain.npy"),
    "numbered columns": lambda folder: _audited(f"{folder}/wide.parquet"),
    "counted and drawn": lambda folder: _drawn(f"{folder}/people.parquet"),
}


def _run(*arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.vectors", *arguments]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main(arguments: list[str]) -> int:
    """Measure every run and print; or be one of them."""
    if arguments and arguments[0] in RUNS:
        start = time.perf_counter()
        RUNS[arguments[0]](arguments[1])
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds, processor = time.perf_counter() - start, used.ru_utime + used.ru_stime
        print(json.dumps({"seconds": seconds, "processor": processor, "mib": used.ru_maxrss / 1024}))
        return 0
    if arguments[:1] == ["generate"]:  # in a process of its own, whose peak would be taken for that of its children
        generate(Path(arguments[1]), int(arguments[2]))
        print("{}")
        return 0
    rows = int(arguments[0]) if arguments else ROWS
    with tempfile.TemporaryDirectory() as folder:
        _run("generate", folder, str(rows))
        found = {name: _run(name, folder) for name in RUNS if rows <= ROWS or name != "numbered columns"}
    for name, of in found.items():
        print(
            f"{name}: {of['seconds']:.1f} s, {of['processor']:.1f} s of the processor, {of['mib']:,.0f} MiB at the peak"
        )
    held = found["in Parquet"]
    print(f"{rows:,} rows of {WIDTH} numbers; in Parquet under {MOST_SECONDS:g} s and {MOST_MIB:g} MiB for {ROWS:,}")
    return int(rows <= ROWS and (held["seconds"] >= MOST_SECONDS or held["mib"] >= MOST_MIB))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
