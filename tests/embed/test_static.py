"""model2vec folders: the vectors are those of the library that made the format."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from auditor.embed.opening import open_embedder
from tests.embed.models import TABLE, first_names, static, wordllama
from tests.needs import package

TEXTS = ["red", "green blue", "red red grey", "unknown red", "unknown", "", "blue " * 9]


def _library(folder: Path, texts: list[str]) -> np.ndarray:
    package("model2vec")
    from model2vec import StaticModel

    found: np.ndarray = StaticModel.from_pretrained(folder, force_download=False).encode(texts)
    return found


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize(("kind", "off"), [(np.float32, 1e-6), (np.float16, 5e-4)])  # the library rounds to float16
def test_wordllama_has_the_librarys_vectors(tmp_path: Path, normalize: bool, kind: type, off: float) -> None:
    folder = wordllama(tmp_path, kind, normalize=normalize)
    texts = [*first_names()["first_name"].head(500), "", "a longer text, " * 300, "ünïcode 日本", "▮"]
    model = open_embedder(folder)
    vectors = model.embed(texts)
    assert (str(vectors.dtype), vectors.shape, model.dimension) == ("float32", (504, 256), 256)
    np.testing.assert_allclose(vectors, _library(folder, texts), atol=off * (1 if normalize else 10))


@pytest.mark.parametrize("max_length", [2, 4, None])
@pytest.mark.parametrize("more", ["weights", "mapping", "both", "int8", "neither"])
def test_every_form_of_a_folder_has_the_librarys_vectors(tmp_path: Path, more: str, max_length: int | None) -> None:
    tensors: dict[str, np.ndarray] = {"embeddings": TABLE.astype(np.int8) if more == "int8" else TABLE}
    if more in ("weights", "both"):
        tensors["weights"] = np.array([1, 0.5, 2, 1, 0.25], dtype=np.float32)
    if more in ("mapping", "both"):
        tensors["mapping"] = np.array([0, 1, 1, 4, 3])
    folder = static(tmp_path, tensors, normalize=True, max_length=max_length)
    np.testing.assert_allclose(open_embedder(folder).embed(TEXTS), _library(folder, TEXTS), atol=1e-6)


def test_a_vector_is_the_mean_of_its_words_and_none_is_zero(tmp_path: Path) -> None:
    model = open_embedder(static(tmp_path, {"embeddings": TABLE}, max_length=3))
    expected = np.array([[1, 0], [-0.5, 2.5], [2, 4 / 3], [1, 0], [0, 0], [0, 0], [-1, 3]])
    np.testing.assert_allclose(model.embed(TEXTS), expected, atol=1e-6)


def test_provenance_has_the_hash_and_the_share_that_was_cut(tmp_path: Path) -> None:
    model = open_embedder(static(tmp_path, {"embeddings": TABLE}, normalize=True, max_length=3))
    model.embed(TEXTS)
    assert dict(model.provenance) == {
        "model": tmp_path.name,
        "format": "model2vec",
        "sha256": hashlib.sha256((tmp_path / "model.safetensors").read_bytes()).hexdigest(),
        "dimension": 2,
        "pooling": "mean",
        "normalised": True,
        "tokens": 3,
        "documents": 7,
        "cut_share": 1 / 7,  # the nine words of the last
    }
    model.embed(["red"])
    assert model.provenance["cut_share"] == 0


def test_the_same_texts_have_the_same_vectors_in_any_company(tmp_path: Path) -> None:
    model = open_embedder(wordllama(tmp_path, normalize=True))
    texts = [f"{a} {b}" for a in TEXTS for b in TEXTS] * 5
    whole = model.embed(texts)
    assert np.array_equal(whole, model.embed(texts))
    assert np.array_equal(whole[7], model.embed(texts[7:8])[0])
