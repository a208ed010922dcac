"""Known figures of real vectors, and the error rates of their rules: `python -m tests.benchmarks.vectors_known`.

The first names of the US census of 1990 by WordLlama and by MiniLM (four minutes of one processor), and sets of vectors
that follow nothing. Each figure is printed beside what it is to be; the exit code is 1 when one lies outside.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pandas as pd

import auditor
from auditor.model import State
from tests import vectors_data as data

KNOWN = {
    "WordLlama": {"auc_linear": (0.913, 0.01), "left_linear": (0.647, 0.02), "left_neighbours": (0.88, 0.05)},
    "MiniLM": {"auc_linear": (0.959, 0.01), "left_linear": (0.679, 0.02), "left_neighbours": (0.93, 0.03)},
}
MOST_SHOWN = 0.05
NULLS = ((200, 100), (500, 60), (2_000, 25))


def names() -> Iterator[tuple[str, float, float, float]]:
    """Yield figure, value, what it is to be, and by how much it may differ, for either model."""
    frame = data.people(2)
    texts = [*frame["name"]]
    for model, embed in (("WordLlama", data.embedded), ("MiniLM", data.minilm)):
        audit = auditor.check(
            frame[["sex", "hired"]].assign(emb=[*embed(texts)]),
            target="hired",
            groups=["sex"],
            only=["EMB001", "EMB002"],
            vector="emb",
        )
        (raw,), (left,) = audit.findings("EMB001"), audit.findings("EMB002")
        found = {"auc_linear": raw.measures["auc_linear"].value}
        found |= {f"left_{kind}": left.measures[f"auc_{kind}"].value for kind in ("linear", "neighbours")}
        for figure, value in found.items():
            yield f"{model}, {figure}", float(value or 0), *KNOWN[model][figure]


def nulls() -> Iterator[tuple[str, float, float, float]]:
    """Yield the share of data sets without a link in which either rule shows one, 384 dimensions."""
    for rows, rounds in NULLS:
        shown = 0
        for seed in range(rounds):
            rng = np.random.default_rng(seed)
            sex = np.where(rng.permutation(rows) < 0.3 * rows, "f", "m")
            vectors = rng.normal(size=(rows, 384)).astype(np.float32)
            audit = auditor.check(
                pd.DataFrame({"sex": sex, "emb": [*vectors]}), groups=["sex"], only=["EMB001"], vector="emb"
            )
            shown += any(finding.state.found and finding.state is not State.CLEAR for finding in audit.findings())
        error = float(np.sqrt(MOST_SHOWN * (1 - MOST_SHOWN) / rounds))
        yield f"{rows:,} rows that follow nothing, shown", shown / rounds, 0.0, MOST_SHOWN + 2 * error


def main() -> int:
    """Print the figures; 1 where one is not as it is known."""
    wrong = 0
    for figures in (names(), nulls()):
        for name, value, known, within in figures:
            fits = abs(value - known) <= within
            wrong += not fits
            print(f"{name}: {value:.3f} (to be {known:g} ± {within:.3f}){'' if fits else ' NOT'}", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
