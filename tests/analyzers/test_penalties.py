"""TXT002: words that cost the group that uses them, on the hiring sample and on one word that decides alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.demo.hiring import PENALISED_TERMS
from auditor.model import State
from tests.analyzers.samples import table_of
from tests.conftest import SAMPLES
from tests.golden import kept

COSTS = "TXT002"


def test_penalised_words_are_found_with_a_direct_penalty() -> None:
    found = table_of(kept("hiring"), COSTS)
    for term in PENALISED_TERMS:
        assert (found[term]["kind"], found[term]["direct"]) == ("penalised", True), term
    assert (found["executed"]["kind"], found["executed"]["direct"]) == ("favours_reference", True)
    first = next(kept("hiring").findings(COSTS))
    assert first.subject["term"] == "women's"
    assert first.state is State.SHOWN_STRONG


def test_shares_and_rates_are_those_of_the_rows() -> None:
    """Of each applicant the first application alone, so that no document is left aside and rows can be counted."""
    frame = pd.read_csv(SAMPLES / "hiring.csv").drop_duplicates("applicant_id")
    use = SAMPLES / "hiring.use_case.toml"
    row = table_of(auditor.check(frame, use_case=use, only=[COSTS], no_models=True), COSTS)["women's"]
    holds = frame["resume_text"].str.lower().str.contains(r"\bwomen's\b")
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


def test_of_each_applicant_one_document_counts_whichever_it_is() -> None:
    """Those that hold the term are between applicants of whom every document does, and of whom any does."""
    frame = pd.read_csv(SAMPLES / "hiring.csv")
    holds = frame["resume_text"].str.lower().str.contains(r"\bwomen's\b")
    row = table_of(kept("hiring"), COSTS)["women's"]
    for side, level in (("", "female"), ("_reference", "male")):
        per = holds[frame["gender"] == level].groupby(frame["applicant_id"])
        assert per.min().sum() <= row[f"documents{side}"] <= per.max().sum()
    counted = [frame["applicant_id"][frame["gender"] == level].nunique() for level in ("female", "male")]
    said = next(kept("hiring").findings("TXT001")).message
    assert f" {counted[0]:,} documents of 'female' and {counted[1]:,} of 'male'" in said


def test_taking_a_term_out_closes_the_gap_that_it_opens() -> None:
    """Only one word decides: without it the model of the outcome makes no gap, so that the word's is the whole gap."""
    rng = np.random.default_rng(0)
    sex = rng.choice(["f", "m"], 4000)
    holds = rng.random(4000) < np.where(sex == "f", 0.6, 0.1)
    words = rng.choice([f"filler{i}" for i in range(50)], (4000, 6))
    texts = [" ".join([*row, "zeta"] if held else row) for row, held in zip(words, holds, strict=True)]
    hired = np.where(rng.random(4000) < np.where(holds, 0.2, 0.6), "yes", "no")
    frame = pd.DataFrame({"sex": sex, "text": texts, "hired": hired})
    audit = auditor.check(frame, target="hired", groups=["sex"], text="text", only=[COSTS, "TXT003"])
    finding = next(audit.findings(COSTS))
    assert finding.subject["term"] == "zeta"
    truth = 0.5 * 0.4  # shares differ by 0.5, rates by 0.4
    carried = finding.measures["carried_gap"]
    assert carried.low is not None and carried.high is not None
    assert carried.low < -truth < carried.high
    closed = finding.measures["gap_without_term"].value
    assert closed == pytest.approx(truth, abs=0.03)
    assert "not shown within the groups" not in finding.message
