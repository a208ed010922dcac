"""A seeded data set of any size: `python -m tests.benchmarks.generate FILE ROWS [--text] [--score]`, FILE as .parquet or .csv.

Applications with a known truth: women and one university are hired less often, `c0` stands in for gender, the rest
is noise. 27 columns, a text of 30 to 80 tokens and a model's score where asked. The rows are the same in every format, and the first
rows of a larger data set are those of a smaller one, in parts of PART.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

PART = 100_000
UNIVERSITIES = 500
WORDS = 20_000
RACES = np.array(["Asian", "Black", "Hispanic", "Other", "White"])
REGIONS = np.array(["east", "middle", "north", "south", "west"])
GENDERS = np.array(["female", "male", "other"])


def parts(rows: int, text: bool = False, seed: int = 0, *, score: bool = False) -> Iterator[pa.Table]:
    """Yield the data set in tables of at most PART rows."""
    for part, start in enumerate(range(0, rows, PART)):
        table = _part(min(PART, rows - start), np.random.default_rng([seed, part]), text)
        yield _scored(table, np.random.default_rng([seed, part, 1])) if score else table


def _part(n: int, rng: np.random.Generator, text: bool) -> pa.Table:
    gender = rng.choice(3, PART, p=[0.38, 0.60, 0.02])
    race = rng.choice(5, PART, p=[0.08, 0.13, 0.17, 0.03, 0.59])
    university = np.minimum(rng.zipf(1.3, PART) - 1, UNIVERSITIES - 1)
    columns: dict[str, object] = {
        "gender": GENDERS[gender],
        "race": RACES[race],
        "age": np.clip(rng.normal(38, 11, PART).round(), 18, 80).astype(np.int16),
        "region": REGIONS[rng.choice(5, PART)],
        "university": np.array([f"university {i:03}" for i in range(UNIVERSITIES)])[university],
        "year": rng.integers(2015, 2025, PART).astype(np.int16),
    }
    for i in range(10):
        values = rng.normal(0, 1, PART)
        if i < 5:
            columns[f"n{i}"] = np.where(rng.random(PART) < 0.02, np.nan, values.round(4))
        else:
            columns[f"n{i}"] = np.exp(values * 0.6 + i).round().astype(np.int32)
    for i in range(10):
        levels = np.array([f"v{j}" for j in range(3 + 4 * i)])
        chosen = rng.integers(0, len(levels), PART)
        if i == 0:  # stands in for gender, nine times in ten
            chosen = np.where(rng.random(PART) < 0.9, gender, chosen)
        columns[f"c{i}"] = levels[chosen]
    chance = 0.35 - 0.10 * (gender == 0) - 0.08 * (university == 3) + 0.05 * np.tanh(np.nan_to_num(columns["n0"]))  # type: ignore[call-overload]
    columns["hired"] = np.where(rng.random(PART) < chance, "yes", "no")
    if text:
        columns["text"] = _texts(rng, gender)
    return pa.table({name: pa.array(values, from_pandas=True).slice(0, n) for name, values in columns.items()})


def _scored(table: pa.Table, rng: np.random.Generator) -> pa.Table:
    """Return the table with a score from 0 to 1 with many digits: higher for who was hired, lower for women."""
    hired = np.array(table["hired"].to_pylist()) == "yes"
    women = np.array(table["gender"].to_pylist()) == "female"
    value = 1 / (1 + np.exp(-(rng.normal(0, 1, len(table)) + hired - 0.3 * women)))
    return table.append_column(
        "score", pa.array(np.where(rng.random(len(table)) < 0.02, np.nan, value), from_pandas=True)
    )


def _texts(rng: np.random.Generator, gender: np.ndarray) -> list[str]:
    """Return documents of words by Zipf's law; one in five of those of women holds "women's"."""
    chances = np.cumsum(1 / np.arange(5, WORDS + 5))
    words = np.array([f"w{i:x}" for i in range(WORDS)])
    lengths = rng.integers(30, 80, PART)
    tokens = words[np.searchsorted(chances / chances[-1], rng.random(lengths.sum()))].tolist()
    ends = np.cumsum(lengths).tolist()
    marked = ((gender == 0) & (rng.random(PART) < 0.2)).tolist()
    return [
        " ".join([*tokens[end - length : end], *(["women's"] if mark else [])])
        for end, length, mark in zip(ends, lengths.tolist(), marked, strict=True)
    ]


def write(path: Path, rows: int, text: bool = False, seed: int = 0, *, score: bool = False) -> None:
    """Write the data set as Parquet or as CSV, by the suffix."""
    writer: pa.parquet.ParquetWriter | pa.csv.CSVWriter | None = None
    for table in parts(rows, text, seed, score=score):
        if writer is None:
            open_writer = pa.csv.CSVWriter if path.suffix == ".csv" else pa.parquet.ParquetWriter
            writer = open_writer(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]), "--text" in sys.argv, score="--score" in sys.argv)
