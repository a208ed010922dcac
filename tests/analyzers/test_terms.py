"""TXT001 to TXT004 on the hiring sample, whose planted words are known, and on texts made to hold nothing."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer

import auditor
from auditor.audit.redact import suggestions
from auditor.errors import UseCaseError
from auditor.model import Audit, State
from sample_data.make_hiring import INNOCENT_TERMS, PENALISED_TERMS, SUBTLE_TERMS
from tests.conftest import SAMPLES

MARKS, COSTS, TOLD, LEFT = "TXT001", "TXT002", "TXT003", "TXT004"


@functools.cache
def _hiring() -> Audit:
    return auditor.check(SAMPLES / "hiring.csv", use_case=SAMPLES / "hiring.use_case.toml", only="TXT")


def _table(audit: Audit, rule: str) -> dict[str, Any]:
    return {str(row["term"]): row for row in audit.result(rule).table}


def test_penalised_words_are_found_with_a_direct_penalty() -> None:
    found = _table(_hiring(), COSTS)
    for term in PENALISED_TERMS:
        assert (found[term]["kind"], found[term]["direct"]) == ("penalised", True), term
    assert (found["executed"]["kind"], found["executed"]["direct"]) == ("favours_reference", True)
    first = next(_hiring().findings(COSTS))
    assert first.subject["term"] == "women's"
    assert first.state is State.SHOWN_STRONG


def test_shares_and_rates_are_those_of_the_rows() -> None:
    frame = pd.read_csv(SAMPLES / "hiring.csv").drop_duplicates(["gender", "resume_text", "hired"])
    holds = frame["resume_text"].str.lower().str.contains(r"\bwomen's\b")
    row = _table(_hiring(), COSTS)["women's"]
    for side, level in (("", "female"), ("_reference", "male")):
        of = frame["gender"] == level
        hired = frame["hired"] == "yes"
        assert row[f"documents{side}"] == (holds & of).sum()
        assert row[f"group_rate_with{side}"] == pytest.approx(hired[holds & of].mean())
        assert row[f"group_rate_without{side}"] == pytest.approx(hired[~holds & of].mean())
    known = frame["gender"].notna()
    shares = [holds[frame["gender"] == level].mean() for level in ("female", "male")]
    rates = [(frame["hired"] == "yes")[known & (holds == held)].mean() for held in (True, False)]
    assert row["carried_gap"] == pytest.approx((shares[0] - shares[1]) * (rates[0] - rates[1]), rel=0.01)


def test_no_innocent_word_is_flagged() -> None:
    flagged = {term for term, row in _table(_hiring(), MARKS).items() if row["kind"] == "marks"}
    assert {*PENALISED_TERMS, *SUBTLE_TERMS} <= flagged
    assert not flagged & set(INNOCENT_TERMS)
    assert not set(_table(_hiring(), COSTS)) & set(INNOCENT_TERMS)


def test_the_ranking_is_that_of_a_computation_by_hand() -> None:
    """Log-odds with a prior of ten documents and four terms of variance, over scikit-learn's counts of the same words."""
    frame = pd.read_csv(SAMPLES / "hiring.csv").drop_duplicates(["gender", "resume_text", "hired"])
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
    ours = {term: row["z"] for term, row in _table(_hiring(), MARKS).items()}
    for order in (np.argsort(-z)[:20], np.argsort(z)[:20]):
        top = [str(names[i]) for i in order]
        assert [ours[term] for term in top] == pytest.approx([z[i] for i in order])


def test_masking_what_is_suggested_brings_the_text_down_to_what_is_left(tmp_path: Path) -> None:
    terms = tmp_path / "terms.txt"
    terms.write_text(suggestions(_hiring()), encoding="utf-8")
    text = terms.read_text(encoding="utf-8")
    assert "women's  # gender: in 21.3 % of 'female', 1.3 % of 'male'" in text
    assert "penalised proxy, also within the groups" in text
    assert "women's college" not in text  # the word masks the pair
    only_plain = [line for line in text.splitlines() if line.split("  #")[0] not in SUBTLE_TERMS]
    terms.write_text("\n".join(only_plain), encoding="utf-8")
    audit = auditor.check(
        SAMPLES / "hiring.csv", use_case=SAMPLES / "hiring.use_case.toml", only="TXT", redact=str(terms)
    )
    assert audit.compared is not None
    shift = next(s for s in audit.compared.shifts if (s.rule, s.measure) == (TOLD, "auc"))
    assert shift.beyond
    # The subtle words are what is left, by name, and still tell.
    left = next(audit.findings(TOLD))
    assert left.measures["auc"].low is not None and left.measures["auc"].low > 0.5
    curve = {row["k"]: row for row in audit.result(LEFT).table}
    assert set(SUBTLE_TERMS) & set(curve[0]["left"])
    assert set(SUBTLE_TERMS) <= set(_table(audit, MARKS))


def test_the_peel_goes_down_and_takes_the_gap_with_it() -> None:
    curve = {row["k"]: row for row in _hiring().result(LEFT).table}
    assert curve[0]["low"] > 0.75
    assert curve[100]["low"] < 0.5 < curve[100]["high"]
    assert curve[0]["gap_high"] < -0.1
    assert curve[100]["gap_low"] < 0 < curve[100]["gap_high"]


def test_taking_a_term_out_closes_the_gap_that_it_opens() -> None:
    """Only one word decides: without it the model of the outcome makes no gap, so that the word's is the whole gap."""
    rng = np.random.default_rng(0)
    sex = rng.choice(["f", "m"], 4000)
    holds = rng.random(4000) < np.where(sex == "f", 0.6, 0.1)
    words = rng.choice([f"filler{i}" for i in range(50)], (4000, 6))
    texts = [" ".join([*row, "zeta"] if held else row) for row, held in zip(words, holds, strict=True)]
    hired = np.where(rng.random(4000) < np.where(holds, 0.2, 0.6), "yes", "no")
    frame = pd.DataFrame({"sex": sex, "text": texts, "hired": hired})
    audit = auditor.check(frame, target="hired", groups=["sex"], text="text", only="TXT")
    finding = next(audit.findings(COSTS))
    assert finding.subject["term"] == "zeta"
    truth = 0.5 * 0.4  # shares differ by 0.5, rates by 0.4
    carried = finding.measures["carried_gap"]
    assert carried.low is not None and carried.high is not None
    assert carried.low < -truth < carried.high
    closed = finding.measures["gap_without_term"].value
    assert closed == pytest.approx(truth, abs=0.03)
    assert "not shown within the groups" not in finding.message


def _innocent(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    words = rng.choice([f"word{i}" for i in range(300)], (rows, 20))
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], rows), "text": [" ".join(row) for row in words]})
    return frame.assign(hired=rng.choice(["yes", "no"], rows))


def test_where_nothing_leans_it_is_clear_and_few_documents_cannot_tell() -> None:
    large = auditor.check(_innocent(8000, 1), target="hired", groups=["sex"], text="text", only="TXT")
    assert [next(large.findings(rule)).state for rule in (MARKS, COSTS, TOLD, LEFT)] == [State.CLEAR] * 4
    small = auditor.check(_innocent(240, 2), target="hired", groups=["sex"], text="text", only="TXT")
    assert next(small.findings(MARKS)).state is State.UNDETERMINED
    assert "could have been found if its odds differ" in next(small.findings(MARKS)).message


def test_watched_terms_are_shown_whatever_the_numbers(tmp_path: Path) -> None:
    frame = _innocent(1000, 3)
    frame["text"] += np.where(np.arange(1000) % 5 == 0, " chairman", "")
    own = tmp_path / "own.toml"
    own.write_text('[slang]\nsource = "ours"\nterms = ["Word7"]\n', encoding="utf-8")
    use = auditor.UseCase.model_validate({"features": {"watchlists": [str(own)]}})
    rows = _table(auditor.check(frame, target="hired", groups=["sex"], text="text", only=MARKS, use_case=use), MARKS)
    assert (rows["chairman"]["kind"], rows["chairman"]["watched"]) == ("watched", "gendered nouns")
    assert rows["word7"]["watched"] == "slang"
    own.write_text('[slang]\nterms = ["x"]\n', encoding="utf-8")
    with pytest.raises(UseCaseError, match="needs a source"):
        auditor.check(frame, target="hired", groups=["sex"], text="text", only=MARKS, use_case=use)


def test_a_group_made_of_the_text_is_said_to_be_a_stand_in_and_its_terms_are_masked() -> None:
    frame = _innocent(1200, 4).drop(columns="sex")
    frame["text"] = np.where(np.arange(1200) % 3 == 0, "She led. ", "") + frame["text"]
    frame["hired"] = np.where((np.arange(1200) % 3 == 0) & (np.arange(1200) % 2 == 0), "no", frame["hired"])
    audit = auditor.check(frame, target="hired", text="text", group_from_terms=["she", "her"], no_models=True)
    gap = next(audit.findings("OUT001"))
    assert gap.subject["level"] == "with the terms"
    assert gap.measures["selection_rate"].n == 400
    assert "only a stand-in" in " ".join(audit.dataset.notes)
    rows = _table(audit, MARKS)
    assert "led" in rows and "she" not in rows


def test_several_texts_and_what_does_not_run() -> None:
    frame = _innocent(600, 5)
    frame["second"] = frame["text"].str[::-1]
    audit = auditor.check(frame, target="hired", groups=["sex"], text=["text", "second"], only="TXT")
    assert {finding.subject["column"] for finding in audit.findings(MARKS)} == {"text", "second"}
    reasons = {
        "no text column": auditor.check(
            frame[["sex", "hired"]].assign(x="a"), target="hired", groups=["sex"], only="TXT"
        ),
        "no group column": auditor.check(frame[["text", "hired"]], target="hired", text="text", only="TXT"),
        "no outcome column": auditor.check(frame[["text", "sex"]], groups=["sex"], text="text", only="TXT"),
        "two groups of 30": auditor.check(frame.head(40), target="hired", groups=["sex"], text="text", only="TXT"),
        "--no-models": auditor.check(frame, target="hired", groups=["sex"], text="text", no_models=True),
    }
    for said, result in reasons.items():
        assert any(said in (r.reason or "") for r in result.results if r.rule.startswith("TXT")), said


def test_no_text_of_a_document_is_in_a_report() -> None:
    """Terms in fewer documents than the guard stay unsaid, and no run of three words is told."""
    frame = _innocent(800, 6)
    frame.loc[3, "text"] = "peculiar individual sentence about somebody"
    audit = auditor.check(frame, target="hired", groups=["sex"], text="text", only="TXT")
    saved = str(audit.to_dict())
    assert "peculiar" not in saved and "somebody" not in saved
    assert all(len(term.split(" ")) <= 2 for term in _table(audit, MARKS))
    assert not math.isnan(next(audit.findings(MARKS)).measures["marked_terms"].value or 0)
