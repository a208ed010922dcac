"""Words, pairs and the comparisons of one text share alpha: q-values against statsmodels."""

from __future__ import annotations

import itertools

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


def _checked(frame: pd.DataFrame, groups: list[str]) -> auditor.Audit:
    return auditor.check(
        frame, target="hired", positive="yes", groups=groups, text="cv", id="none", time="none", only=["TXT001"]
    )


def test_another_group_column_takes_its_share_of_alpha() -> None:
    """A column of two levels by lot makes three comparisons of two: q grows by half."""
    frame = _frame()
    other = frame.assign(shift=np.random.default_rng(1).choice(["early", "late"], len(frame)))
    alone, both = _checked(frame, ["group"]), _checked(other, ["group", "shift"])
    q = [
        {
            of["level"]: of["q"]
            for of in audit.result("TXT001").table
            if of["term"] == "zither" and of["group"] == "group"
        }
        for audit in (alone, both)
    ]
    assert q[0] and q[1] == pytest.approx({level: min(1, 1.5 * value) for level, value in q[0].items()})


def test_pairs_of_innocent_words_have_a_fifth_of_alpha() -> None:
    """Two words that all use alike, side by side in one group's texts only: the pair marks, and neither word does."""
    rng = np.random.default_rng(6)
    group = rng.choice(["f", "m"], 600)
    texts = []
    for level in group:
        words = list(rng.choice(WORDS, 12))
        at = (2, 3) if level == "f" else (2, 9)
        if rng.random() < 0.3:
            words[at[0]], words[at[1]] = "alpha", "omega"
        texts.append(" ".join(words))
    frame = pd.DataFrame({"group": group, "cv": texts, "hired": rng.choice(["yes", "no"], 600)})
    (pair,) = [of for of in _checked(frame, ["group"]).result("TXT001").table if of["kind"] == "marks"]
    assert pair["term"] == "alpha omega"
    tokens = [text.split() for text in texts]
    pairs = [set(itertools.pairwise(words)) for words in tokens]
    women, men = (int((group == level).sum()) for level in ("f", "m"))
    p = []
    for term in {each for held in pairs for each in held}:
        a, b = (sum(term in held for held, of in zip(pairs, group, strict=True) if of == level) for level in ("f", "m"))
        if a + b < 10:
            continue
        law = hypergeom(600, a + b, women)
        lower, upper = law.cdf(a) - law.pmf(a) / 2, law.sf(a) + law.pmf(a) / 2
        p.append(
            (
                term == ("alpha", "omega"),
                min(1.0, 2 * min(lower, upper)),
                min(a + b, 600 - a - b) * min(women, men) / 600,
            )
        )
    assert all(expected < 100 for _, _, expected in p)  # so that each is Fisher's mid-p
    adjusted = multipletests([each[1] for each in p], method="fdr_bh")[1]
    (own,) = [value for value, each in zip(adjusted, p, strict=True) if each[0]]
    assert pair["q"] == pytest.approx(min(1, own / 0.2), rel=1e-6)
