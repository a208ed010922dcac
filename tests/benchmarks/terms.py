"""Counting terms against scikit-learn's CountVectorizer: `python -m tests.benchmarks.terms [documents]`.

A generated Parquet file of 30 to 80 tokens a document (a million of them unless said), words and pairs of words, the
same bound on the vocabulary. Each side runs in a process of its own; seconds, peak memory and the ratio are printed, and
the exit code is 1 when the ratio is over 0.25 or the peak over 4 GB.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DOCUMENTS = 1_000_000
WORDS = 20_000
MOST_RATIO, MOST_GB = 0.25, 4.0
PART = 50_000


def generate(path: Path, documents: int, seed: int = 0) -> None:
    """Write documents of words by Zipf's law, with a group and an outcome that they tell nothing of."""
    rng = np.random.default_rng(seed)
    words = np.array(
        ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), rng.integers(3, 9))) for _ in range(WORDS)]
    )
    chances = np.cumsum(1 / np.arange(5, WORDS + 5))
    chances /= chances[-1]
    writer = None
    for start in range(0, documents, PART):
        n = min(PART, documents - start)
        lengths = rng.integers(30, 81, n)
        tokens = words[np.minimum(np.searchsorted(chances, rng.random(lengths.sum())), WORDS - 1)].tolist()
        ends = np.cumsum(lengths)
        texts = [" ".join(tokens[end - length : end]) for end, length in zip(ends, lengths, strict=True)]
        table = pa.table(
            {
                "gender": np.where(rng.random(n) < 0.4, "female", "male"),
                "hired": np.where(rng.random(n) < 0.3, "yes", "no"),
                "text": texts,
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def ours(path: str) -> int:
    """Count with the engine; return the number of terms kept."""
    import auditor
    from auditor.engines import duckdb as engine
    from auditor.engines.corpus import counted
    from auditor.loaders import open_source
    from auditor.use.assign import assign

    use = auditor.UseCase.model_validate(
        {
            "label": {"column": "hired", "positive": "yes"},
            "groups": {"columns": ["gender"]},
            "features": {"text": ["text"]},
        }
    )
    with open_source(path) as source:
        seen = engine.peek(source)
        tally = engine.tally(source, assign(seen, use, source.name), seen)
        return len(counted(source, tally, seen, ()).documents["text"].terms)


def theirs(path: str) -> int:
    """Count with scikit-learn; return the number of terms kept."""
    from sklearn.feature_extraction.text import CountVectorizer

    from auditor.engines.terms import LEAST_SHARE, MOST_TERMS

    texts = pq.read_table(path, columns=["text"])["text"].to_pylist()
    least = max(10, int(LEAST_SHARE * len(texts)))
    vectors = CountVectorizer(ngram_range=(1, 2), binary=True, min_df=least, max_features=MOST_TERMS)
    return int(vectors.fit_transform(texts).shape[1])


def _run(side: str, path: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.terms", side, str(path)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main(arguments: list[str]) -> int:
    """Measure both sides and print; or be one of them."""
    if arguments[:1] in (["ours"], ["theirs"]):
        start = time.perf_counter()
        terms = {"ours": ours, "theirs": theirs}[arguments[0]](arguments[1])
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        print(json.dumps({"seconds": time.perf_counter() - start, "gigabytes": peak, "terms": terms}))
        return 0
    documents = int(arguments[0]) if arguments else DOCUMENTS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "documents.parquet"
        generate(path, documents)
        sides = {side: _run(side, path) for side in ("ours", "theirs")}
    for side, found in sides.items():
        print(f"{side}: {found['seconds']:.1f} s, {found['gigabytes']:.2f} GB at the peak, {found['terms']:.0f} terms")
    ratio = sides["ours"]["seconds"] / sides["theirs"]["seconds"]
    print(f"{documents:,} documents: ratio {ratio:.3f} (at most {MOST_RATIO}), at most {MOST_GB:g} GB")
    return int(ratio > MOST_RATIO or sides["ours"]["gigabytes"] > MOST_GB)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
