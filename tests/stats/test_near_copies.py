"""Near copies of a text: edited templates are joined, and independent documents are not, however few their words."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.stats.near_copies import ALIKE, ALIKE_ALL, common_pairs, common_words, minima, near_copies, pair_counts


def _sets(documents: np.ndarray, words: int) -> np.ndarray:
    """Return the sets of near copies of documents of one length; shape (documents, length) of word numbers."""
    n, length = documents.shape
    flat, document = documents.ravel(), np.repeat(np.arange(n), length)
    common = common_words(np.bincount(flat, minlength=words), n)
    if common is None:
        pairs = common_pairs(pair_counts(flat, document), n)
        return near_copies(minima(flat, document, n, pairs), ALIKE_ALL)
    kept = ~common[flat]
    return near_copies(minima(flat[kept], document[kept], n))


def _edited(rng: np.random.Generator, templates: int, share: float, words: int = 2000) -> tuple[np.ndarray, np.ndarray]:
    """Return 800 documents of 40 words, each a template with a share of its words replaced, and which one."""
    which = rng.integers(0, templates, 800)
    documents = rng.integers(0, words, (templates, 40))[which]
    edited = rng.random(documents.shape) < share
    documents[edited] = rng.integers(0, words, edited.sum())
    return documents, which


@pytest.mark.parametrize("share", [0.0, 0.05, 0.1])
def test_edited_templates_are_joined_and_never_with_others(share: float) -> None:
    documents, which = _edited(np.random.default_rng(1), 40, share)
    found = _sets(documents, 2000)
    assert len({*zip(found.tolist(), which.tolist(), strict=True)}) == len({*found.tolist()})
    assert len({*which.tolist()}) == 40
    assert 40 <= len({*found.tolist()}) <= 46  # a document that was edited much may stay by itself


def test_templates_of_a_small_vocabulary_are_joined_too() -> None:
    """Of 140 words most are in a fifth of the documents: neighbours identify a template, where words do not."""
    rng = np.random.default_rng(6)
    share = 1 / np.arange(1, 141) ** 0.8
    which = np.repeat(np.arange(40), 10)
    documents = rng.choice(140, (40, 40), p=share / share.sum())[which]
    for row in documents:
        row[rng.choice(40, 2, replace=False)] = rng.choice(140, 2)
    found = _sets(documents, 140)
    assert len({*zip(found.tolist(), which.tolist(), strict=True)}) == len({*found.tolist()}) <= 44


@pytest.mark.parametrize(("words", "length"), [(2000, 40), (100, 40), (300, 20), (60, 12)])
def test_independent_documents_stay_apart(words: int, length: int) -> None:
    documents = np.random.default_rng(2).integers(0, words, (2000, length))
    assert len({*_sets(documents, words).tolist()}) >= 0.99 * 2000


def test_a_form_that_all_share_joins_nobody() -> None:
    rng = np.random.default_rng(3)
    form = np.tile(np.arange(60), (500, 1))
    filled = rng.integers(100, 3000, (500, 15))
    assert len({*_sets(np.column_stack([form, filled]), 3000).tolist()}) == 500


def test_equal_minima_estimate_the_jaccard_index() -> None:
    """Two documents that share 60 of 100 pairs: 60 / 140; the mean of 200 such estimates."""
    rng = np.random.default_rng(4)
    shares = []
    for _ in range(200):
        words = rng.integers(0, 10**6, 200)
        one, other = words[:101], np.concatenate([words[:61], words[101:141]])
        both = minima(np.concatenate([one, other]), np.repeat([0, 1], 101), 2)
        shares.append((both[0] == both[1]).mean())
    assert np.mean(shares) == pytest.approx(60 / 140, abs=0.02)
    assert ALIKE < 60 / 140


def test_the_parts_that_pairs_are_hashed_in_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    document = np.sort(rng.integers(0, 300, 9_000))  # of about 30 words; some of none, some too short
    words = rng.integers(0, 500, 9_000)
    whole = minima(words, document, 310)
    for size in (1, 37, 1_000):
        monkeypatch.setattr("auditor.stats.near_copies.AT_ONCE", size)
        assert (minima(words, document, 310) == whole).all()


def test_short_documents_are_not_compared() -> None:
    assert not minima(np.arange(5), np.zeros(5, dtype=int), 2).any()
    assert near_copies(np.zeros((4, 36), dtype=np.uint32)).tolist() == [0, 1, 2, 3]
