"""TXT001 on the hiring sample, whose planted words are known, and on texts made to hold nothing."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer

import auditor
from auditor.demo.hiring import INNOCENT_TERMS, PENALISED_TERMS, SUBTLE_TERMS
from auditor.errors import UseCaseError
from auditor.model import State
from tests.analyzers.samples import innocent_texts, table_of
from tests.conftest import SAMPLES
from tests.golden import kept
from tests.tallies import run_rule, tally_of

MARKS, COSTS, REVEALS, REMAINING_TERMS = "TXT001", "TXT002", "TXT003", "TXT004"


def test_no_innocent_word_is_flagged() -> None:
    flagged = {term for term, row in table_of(kept("hiring"), MARKS).items() if row["kind"] == "marks"}
    assert {*PENALISED_TERMS, *SUBTLE_TERMS} <= flagged
    assert not flagged & set(INNOCENT_TERMS)
    assert not set(table_of(kept("hiring"), COSTS)) & set(INNOCENT_TERMS)


def test_the_ranking_is_that_of_a_computation_by_hand() -> None:
    """Log-odds with a prior of ten documents and four terms of variance, over scikit-learn's counts of the same words.

    Of each applicant the first application alone: of several, chance would say which one counts.
    """
    frame = pd.read_csv(SAMPLES / "hiring.csv").drop_duplicates("applicant_id")
    vectors = CountVectorizer(ngram_range=(1, 2), binary=True, min_df=10, token_pattern=r"\w+(?:'\w+)*")
    held = vectors.fit_transform(frame["resume_text"])
    names = vectors.get_feature_names_out()
    rows = [(frame["gender"] == level).to_numpy() for level in ("female", "male")]
    (a, b), (n_a, n_b) = [np.asarray(held[of].sum(axis=0)).ravel() for of in rows], [of.sum() for of in rows]
    pi = (a + b) / (n_a + n_b)
    parts = a + 10 * pi, n_a - a + 10 * (1 - pi), b + 10 * pi, n_b - b + 10 * (1 - pi)
    with np.errstate(invalid="ignore", divide="ignore"):  # a term of all documents
        delta = np.log(parts[0] * parts[3] / parts[1] / parts[2])
        z = np.nan_to_num(delta / np.sqrt(sum(1 / part for part in parts)))
    z[np.abs(delta) < np.log(2)] = 0  # terms of smaller odds are not listed
    audit = auditor.check(frame, use_case=SAMPLES / "hiring.use_case.toml", only=[MARKS])
    ours = {term: row["z"] for term, row in table_of(audit, MARKS).items()}
    for order in (np.argsort(-z)[:20], np.argsort(z)[:20]):
        top = [str(names[i]) for i in order]
        assert [ours[term] for term in top] == pytest.approx([z[i] for i in order])


def test_where_nothing_leans_it_is_clear_and_few_documents_cannot_tell() -> None:
    large = auditor.check(innocent_texts(8000, 1), target="hired", groups=["sex"], text="text", only="TXT")
    assert [next(large.findings(rule)).state for rule in (MARKS, COSTS, REVEALS, REMAINING_TERMS)] == [State.CLEAR] * 4
    small = auditor.check(innocent_texts(240, 2), target="hired", groups=["sex"], text="text", only=MARKS)
    assert next(small.findings(MARKS)).state is State.UNDETERMINED
    assert "would be found in 97.5% of samples if its odds differ" in next(small.findings(MARKS)).message


def test_watched_terms_are_shown_whatever_the_numbers(tmp_path: Path) -> None:
    frame = innocent_texts(1000, 3)
    frame["text"] += np.where(np.arange(1000) % 5 == 0, " chairman", "")
    own = tmp_path / "own.toml"
    own.write_text('[slang]\nsource = "ours"\nterms = ["Word7"]\n', encoding="utf-8")
    use = auditor.UseCase.model_validate({"features": {"watchlists": [str(own)]}})
    rows = table_of(auditor.check(frame, target="hired", groups=["sex"], text="text", only=MARKS, use_case=use), MARKS)
    assert (rows["chairman"]["kind"], rows["chairman"]["watched"]) == ("watched", "gendered nouns")
    assert rows["word7"]["watched"] == "slang"
    own.write_text('[slang]\nterms = ["x"]\n', encoding="utf-8")
    with pytest.raises(UseCaseError, match="needs a source"):
        auditor.check(frame, target="hired", groups=["sex"], text="text", only=MARKS, use_case=use)


def test_a_group_made_of_the_text_is_said_to_be_a_stand_in_and_its_terms_are_masked() -> None:
    frame = innocent_texts(1200, 4).drop(columns="sex")
    frame["text"] = np.where(np.arange(1200) % 3 == 0, "She led. ", "") + frame["text"]
    frame["hired"] = np.where((np.arange(1200) % 3 == 0) & (np.arange(1200) % 2 == 0), "no", frame["hired"])
    audit = auditor.check(frame, target="hired", text="text", group_from_terms=["she", "her"], no_models=True)
    gap = next(audit.findings("OUT001"))
    assert gap.subject["level"] == "with the terms"
    assert gap.measures["selection_rate"].n == 400
    assert "only a proxy" in " ".join(audit.dataset.notes)
    rows = table_of(audit, MARKS)
    assert "led" in rows and "she" not in rows


def test_several_texts_and_what_does_not_run() -> None:
    frame = innocent_texts(600, 5)
    frame["second"] = frame["text"].str[::-1]
    audit = auditor.check(frame, target="hired", groups=["sex"], text=["text", "second"], only=MARKS)
    assert {finding.subject["column"] for finding in audit.findings(MARKS)} == {"text", "second"}
    counts = {"f": (150, 300), "m": (150, 300)}
    written = {"text": ("text",)}
    assert "no text column" in str(run_rule(MARKS, tally_of(counts)).reason)
    assert "no group column" in str(run_rule(MARKS, tally_of({(): (300, 600)}, groups=(), roles=written)).reason)
    aimless = tally_of({"f": 300, "m": 300}, target=None, roles=written)
    assert "no outcome column" in str(run_rule(COSTS, aimless).reason)
    few = auditor.check(frame.head(40), target="hired", groups=["sex"], text="text", only=MARKS).result(MARKS)
    assert "two groups of 30" in str(few.reason)
    without = auditor.check(frame, target="hired", groups=["sex"], text="text", only=REVEALS, no_models=True).result(
        REVEALS
    )
    assert "--no-models" in str(without.reason)


def test_no_text_of_a_document_is_in_a_report() -> None:
    """Terms in fewer documents than the guard are not reported, and neither is any run of three words."""
    frame = innocent_texts(800, 6)
    frame.loc[3, "text"] = "peculiar individual sentence about zebras"
    audit = auditor.check(frame, target="hired", groups=["sex"], text="text", only="TXT")
    saved = str(audit.to_dict())
    assert "peculiar" not in saved and "zebras" not in saved
    assert all(len(term.split(" ")) <= 2 for term in table_of(audit, MARKS))
    assert not math.isnan(next(audit.findings(MARKS)).measures["marked_terms"].value or 0)
