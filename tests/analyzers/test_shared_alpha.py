"""Words, pairs and the comparisons of one text share alpha: q-values against statsmodels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import hypergeom, norm
from statsmodels.stats.multitest import multipletests

import auditor

WORDS = [f"{a}{b}" for a in ("bra", "cle", "dro", "fli") for b in ("mi", "no", "pe", "ta", "so")]


def _frame(rows: int = 900) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    group = rng.choice(["f", "m", "x"], rows)
    texts = []
    for level in group:
        words = list(rng.choice(WORDS, 12))
        if rng.random() < (0.4 if level == "f" else 0.1):
            words[4] = "zither"
        texts.append(" ".join(words))
    return pd.DataFrame({"group": group, "cv": texts, "hired": rng.choice(["yes", "no"], rows)})


def test_the_q_of_a_term_is_statsmodels_times_the_comparisons_over_its_part_of_alpha() -> None:
    frame = _frame()
    audit = auditor.check(
        frame, target="hired", positive="yes", groups=["group"], text="cv", id="none", time="none", only=["TXT001"]
    )
    records = [record for record in audit.result("TXT001").table if record["kind"] == "marks"]
    assert {record["level"] for record in records} | {records[0]["reference"]} >= {"f"}
    for level in {record["level"] for record in records}:
        words = [record for record in records if record["level"] == level and " " not in record["term"]]
        assert [record["term"] for record in words] == ["zither"]
        reference = words[0]["reference"]
        documents = {
            name: [set(text.split()) for text in frame.loc[frame["group"] == name, "cv"]] for name in (level, reference)
        }
        p = []
        for term in [*WORDS, "zither"]:
            (a, n), (b, m) = ((sum(term in text for text in of), len(of)) for of in documents.values())
            if min(held * size / (n + m) for held in (a + b, n + m - a - b) for size in (n, m)) >= 100:
                pooled = (a + b) / (n + m)
                z = abs(a / n - b / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
                p.append(2 * norm.sf(z))
            else:
                law = hypergeom(n + m, a + b, n)
                lower, upper = law.cdf(a) - law.pmf(a) / 2, law.sf(a) + law.pmf(a) / 2
                p.append(min(1.0, 2 * min(lower, upper)))
        adjusted = multipletests(p, method="fdr_bh")[1][-1]
        # Two comparisons share alpha; words have four fifths of it.
        assert words[0]["q"] == pytest.approx(min(1, adjusted * 2 / 0.8), rel=1e-6)
