"""Documents and the terms they hold: scikit-learn's counts, every script, masks, units, HTML and e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer

import auditor
from auditor.counts.extras import Documents
from auditor.engines import duckdb as engine
from auditor.engines import terms as counting
from auditor.engines.corpus import counted, plain_text
from auditor.engines.document_units import counted_once
from auditor.engines.masking import masker
from auditor.loaders import open_source
from auditor.use.assign import assign
from tests.conftest import SAMPLES

FAVOURABLE = 2


def _documents(texts: Sequence[str | None], masks: Sequence[str] = (), **columns: object) -> Documents:
    frame = pd.DataFrame({"text": texts, "sex": ["f", "m"] * (len(texts) // 2) + ["f"] * (len(texts) % 2)})
    frame["hired"] = np.where(np.arange(len(texts)) % 3 == 0, "yes", "no")
    frame = frame.assign(n=range(len(texts)), **columns)  # type: ignore[arg-type] # test's own
    return _of(frame, masks)


def _of(frame: pd.DataFrame, masks: Sequence[str] = ()) -> Documents:
    use = auditor.UseCase.model_validate(
        {
            "label": {"column": "hired", "positive": "yes"},
            "groups": {"columns": ["sex"]},
            "features": {"text": ["text"]},
        }
    )
    with open_source(frame) as source:
        seen = engine.peek(source)
        tally = engine.tally(source, assign(seen, use, source.name), seen)
        return counted(source, tally, seen, masks).documents["text"]


def _counts(documents: Documents) -> dict[str, int]:
    held = documents.held["sex"].sum(axis=(1, 2))
    return dict(zip(documents.terms, held.tolist(), strict=True))


def test_counts_are_those_of_scikit_learn_by_group_and_outcome() -> None:
    frame = pd.read_csv(SAMPLES / "hiring.csv", usecols=["gender", "resume_text", "hired"]).dropna()
    frame = frame.rename(columns={"gender": "sex", "resume_text": "text"}).drop_duplicates()
    documents = _of(frame)
    theirs = CountVectorizer(ngram_range=(1, 2), binary=True, min_df=documents.guard, token_pattern=r"[\w]+(?:'\w+)*")
    held = theirs.fit_transform(frame["text"])
    assert set(documents.terms) == set(theirs.get_feature_names_out())
    places = [theirs.vocabulary_[term] for term in documents.terms]
    for level in ("female", "male"):
        for outcome, at in (("no", 1), ("yes", FAVOURABLE)):
            rows = ((frame["sex"] == level) & (frame["hired"] == outcome)).to_numpy()
            terms, size = documents.of("sex", level)
            assert size[at] == rows.sum()
            assert terms[:, at].tolist() == np.asarray(held[rows].sum(axis=0)).ravel()[places].tolist()


def test_small_batches_count_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.read_csv(SAMPLES / "hiring.csv", usecols=["gender", "resume_text", "hired"], nrows=3000)
    frame = frame.rename(columns={"gender": "sex", "resume_text": "text"})
    whole = _of(frame)
    monkeypatch.setattr(counting, "MOST_BATCH", 100)
    monkeypatch.setattr(counting._Sums, "PILE", 1000)
    monkeypatch.setattr(counting, "BUCKETS", 16)  # so that none is rare
    parts = _of(frame)
    assert _counts(whole) == _counts(parts)
    assert (whole.held["sex"][:, 1:].sum(), whole.documents) == (parts.held["sex"][:, 1:].sum(), parts.documents)


def test_words_of_every_script() -> None:
    texts = {
        "She led the women’s team": ["she", "led", "the", "women's", "team", "women's team"],
        "caf\u0065\u0301 na\u00efve": ["caf\u00e9", "na\u00efve"],
        "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645": ["\u0645\u0631\u062d\u0628\u0627"],
        "\u5979\u662f\u5de5\u7a0b\u5e08": ["\u5979", "\u662f", "\u5979 \u662f"],
        "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e": ["\u0928\u092e\u0938\u094d\u0924\u0947"],
        "rocket \U0001f680\U0001f469\u200d\U0001f680 science": ["rocket", "science"],
        "tab\tbell\x07null\x00end": ["tab", "bell", "null", "end"],
        "abc\u6f22\u5b57def": ["abc", "\u6f22", "\u5b57", "def"],
        "2019 3.14 1,000": ["2019", "3", "14", "1", "000"],
        "ROCK'N'ROLL don't 'quoted'": ["rock'n'roll", "don't", "quoted"],
    }  # fmt: skip
    for text, expected in texts.items():
        # Copies count once, so each document has a number of its own.
        documents = _documents([f"{text} x{i}" for i in range(12)])
        found = _counts(documents)
        assert all(found.get(term) == 12 for term in expected), (text, found)


def test_copies_count_once_and_empty_texts_are_said() -> None:
    documents = _documents(["the same text"] * 40 + [f"another text {i}" for i in range(20)] + ["...", None])
    found = _counts(documents)
    # Once for f and once for m, whatever their outcomes.
    assert (documents.documents, documents.repeated, documents.empty) == (23, 38, 1)
    assert found["text"] == 22


def test_a_rare_term_is_not_counted() -> None:
    texts = [f"common word{' rare' if i < 9 else ''}{' seldom' if i < 10 else ''} d{i}" for i in range(50)]
    found = _counts(_documents(texts))
    assert "rare" not in found
    assert found["seldom"] == 10


def test_masked_terms_are_gone_with_their_possessives_and_join_nothing() -> None:
    texts = [f"Alder's chess club, not alders; she and she-wolf n{i}" for i in range(12)]
    found = _counts(_documents(texts, masks=("alder", "chess club", "she")))
    assert not {"alder's", "alder", "chess", "club", "she", "chess club"} & set(found)
    assert {"alders", "not", "wolf", "not alders"} <= set(found)
    assert "and wolf" not in found


def test_a_long_document_and_a_column_of_numbers() -> None:
    long = "word " * 2_000_000  # ten megabytes
    documents = _documents([long, *[f"word number{i}" for i in range(20)]])
    assert _counts(documents)["word"] == 21
    numbers = _of(
        pd.DataFrame({"text": [str(i % 4) for i in range(80)], "sex": ["f", "m"] * 40, "hired": ["yes", "no", "no", "yes"] * 20})
        .assign(n=range(80))
    )  # fmt: skip
    assert set(numbers.terms) <= {"0", "1", "2", "3"}


def test_html_and_mail_are_read_as_a_reader_reads_them() -> None:
    html = [f"<html><style>p {{}}</style><p>She led &amp; <b>won</b> n{i}</p></html>" for i in range(12)]
    documents = _documents(html)
    assert {"she", "led", "won"} <= set(documents.terms)
    assert not {"p", "b", "html", "amp", "style"} & set(documents.terms)
    assert "'text' looks like HTML" in documents.notes[0]
    mail = "From: a@example.org\nSubject: hello\nContent-Type: text/plain; charset=utf-8\n\nShe wrote this n{}"
    documents = _documents([mail.format(i) for i in range(12)])
    assert {"she", "wrote", "this"} <= set(documents.terms)
    assert not {"subject", "example", "charset"} & set(documents.terms)
    assert plain_text("2 < 3 and 5 > 4") == "2 < 3 and 5 > 4"


def test_the_engine_masks_what_the_copy_masks() -> None:
    """Two implementations: the counts with masks are those of the copy whose texts were masked."""
    texts = pd.read_csv(SAMPLES / "hiring.csv", usecols=["resume_text"], nrows=400)["resume_text"].tolist()
    terms = ("women's", "chess club", "executed", "alder")
    mask = masker(terms)
    found = _counts(_documents(texts, masks=terms))
    assert (
        _counts(_documents([mask(text) for text in texts])) == found
    )  # pairs too: the mask keeps its neighbours apart


def _false_finds(frame: pd.DataFrame, **roles: Any) -> list[str]:
    """Return the rules that show something of texts where there is nothing to find."""
    asked: dict[str, Any] = {"target": "hired", "groups": "sex", "text": "text", "only": "TXT", "no_models": True}
    audit = auditor.check(frame, **asked, **roles)
    return [result.rule for result in audit.results if any(of.state.found for of in result.findings)]


def test_people_who_wrote_several_documents_count_once() -> None:
    """Four documents a person, from a vocabulary of the person's own: counted apart, many terms mark the group."""
    rng = np.random.default_rng(5)
    own = rng.integers(0, 400, (200, 20))
    person = np.repeat(np.arange(200), 4)
    texts = [" ".join(f"word{i}" for i in rng.choice(own[who], 15)) for who in person]
    sex, hired = (rng.choice(of, 200)[person] for of in (["f", "m"], ["no", "yes"]))
    frame = pd.DataFrame({"who": [f"p{i}" for i in person], "text": texts, "sex": sex, "hired": hired})
    assert "TXT001" in _false_finds(frame.drop(columns="who"))
    assert _false_finds(frame, id="who") == []
    assert _false_finds(frame, cluster="who") == []


def test_edited_templates_count_once() -> None:
    """30 templates, each of one group for the most part."""
    rng = np.random.default_rng(6)
    which = rng.integers(0, 30, 900)
    words = rng.integers(0, 400, (30, 30))[which]
    edited = rng.random(words.shape) < 0.05
    words[edited] = rng.integers(0, 400, edited.sum())
    texts = [" ".join(f"word{i}" for i in row) for row in words]
    sex = np.where(rng.random(900) < rng.beta(1, 1, 30)[which], "f", "m")
    frame = pd.DataFrame({"text": texts, "sex": sex, "hired": rng.choice(["no", "yes"], 900)})
    assert _false_finds(frame) == []
    documents = _of(frame)
    assert 30 <= documents.documents <= 70 and documents.documents + documents.repeated == 900


def test_which_document_of_a_person_counts_knows_nothing_of_the_outcome() -> None:
    """Two documents a person, one with each outcome, in the order of the outcome: half of those counted have either."""
    n = 400
    cells = np.column_stack([np.repeat([2, 1], n) + 3])
    kept = counted_once([np.tile(np.arange(n), 2)], cells)
    assert kept.sum() == n
    assert abs(kept[:n].sum() / n - 0.5) < 4 * 0.5 / np.sqrt(n)
    unknown = np.where(np.arange(2 * n) < n, 3, 5)[:, None]
    assert not counted_once([np.tile(np.arange(n), 2)], unknown)[:n].any()
