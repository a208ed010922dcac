"""Folders that hold no model that can be used: each is refused in one line that says why."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from auditor.embed.opening import open_embedder
from auditor.errors import SourceError
from tests.embed.models import TABLE, image_network, minilm, network, static, text_network, tokenizer, write


def _nothing(folder: Path) -> None:
    write(folder, "config.json", {})


def _pickle(folder: Path) -> None:
    tokenizer(folder)
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04")


def _without_tokenizer(folder: Path) -> None:
    (static(folder, {"embeddings": TABLE}) / "tokenizer.json").unlink()


def _text_without_tokenizer(folder: Path) -> None:
    (text_network(folder) / "tokenizer.json").unlink()


def _broken_tokenizer(folder: Path) -> None:
    (static(folder, {"embeddings": TABLE}) / "tokenizer.json").write_text("{}", encoding="utf-8")


def _other_tensors(folder: Path) -> None:
    static(folder, {"encoder.layer.0": TABLE})


def _broken_weights(folder: Path) -> None:
    (static(folder, {"embeddings": TABLE}) / "model.safetensors").write_bytes(b"no tensors")


def _few_rows(folder: Path) -> None:
    static(folder, {"embeddings": TABLE[:3]})


def _far_mapping(folder: Path) -> None:
    static(folder, {"embeddings": TABLE, "mapping": np.array([0, 1, 2, 3, 9])})


def _short_weights(folder: Path) -> None:
    static(folder, {"embeddings": TABLE, "weights": np.ones(2, dtype=np.float32)})


def _flat(folder: Path) -> None:
    static(folder, {"embeddings": TABLE[0]})


def _no_limit(folder: Path) -> None:
    static(folder, {"embeddings": TABLE}, max_length="long")


def _broken_settings(folder: Path) -> None:
    (static(folder, {"embeddings": TABLE}) / "config.json").write_text("{", encoding="utf-8")


def _settings_of_a_list(folder: Path) -> None:
    write(static(folder, {"embeddings": TABLE}), "config.json", [1])


def _broken_network(folder: Path) -> None:
    tokenizer(folder)
    (folder / "model.onnx").write_bytes(b"no network")


def _strange_input(folder: Path) -> None:
    text_network(folder, names=("input_ids", "pixel_values"))


def _no_ids(folder: Path) -> None:
    text_network(folder, names=("tokens",))


def _no_settings(folder: Path) -> None:
    (image_network(folder) / "preprocessor_config.json").unlink()


def _scalar_output(folder: Path) -> None:
    out: tuple[str, list[str | int | None]] = ("sum", ["n"])
    nodes = [("ReduceSum", ["input_ids", "axis"], "whole", {"keepdims": 0}), ("Cast", ["whole"], "sum", {"to": 1})]
    network(folder / "model.onnx", {"input_ids": (("n", "s"), "INT64")}, nodes, out, {"axis": np.array([1])})
    tokenizer(folder)


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (_nothing, "it has neither model.safetensors nor model.onnx"),
        (_pickle, "weights like pytorch_model.bin are not read, since reading them may run code"),
        (_without_tokenizer, "it has no tokenizer.json"),
        (_text_without_tokenizer, "it has no tokenizer.json"),
        (_broken_tokenizer, "tokenizer.json cannot be read"),
        (_other_tensors, "model.safetensors has no tensor 'embeddings', so it is no static model"),
        (_broken_weights, "model.safetensors cannot be read"),
        (_few_rows, "'embeddings' has 3 rows, and there are 5 tokens"),
        (_far_mapping, "'mapping' points outside 'embeddings'"),
        (_short_weights, r"'weights' has the shape \(2,\), and there are 5 tokens"),
        (_flat, r"'embeddings' is float32 of the shape \(2,\)"),
        (_no_limit, "config.json gives max_length 'long'"),
        (_broken_settings, "config.json is not JSON"),
        (_settings_of_a_list, "config.json is not a JSON object"),
        (_broken_network, "model.onnx cannot be opened by onnxruntime"),
        (_strange_input, "its input 'pixel_values' is not known"),
        (_no_ids, r"model.onnx has no input 'input_ids' \(it has: tokens\)"),
        (_no_settings, "it has neither tokenizer.json, for texts, nor preprocessor_config.json, for images"),
        (_scalar_output, "model.onnx is no text model"),
    ],
)
def test_a_malformed_folder_is_refused_in_a_line(tmp_path: Path, make: Callable[[Path], None], why: str) -> None:
    make(tmp_path)
    with pytest.raises(SourceError, match=f"^the model in '{tmp_path}' cannot be used: .*{why}") as caught:
        open_embedder(tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["sentence-transformers/all-MiniLM-L6-v2", "minishlab/potion-base-8M", ""])
def test_a_name_is_never_looked_up(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    if name:
        with pytest.raises(SourceError, match="never looked up by its name or downloaded"):
            open_embedder(Path(name))
    else:
        (tmp_path / "file").touch()
        with pytest.raises(SourceError, match="there is no folder"):
            open_embedder(tmp_path / "file")


@pytest.mark.parametrize("module", ["onnxruntime", "tokenizers", "safetensors"])
def test_without_the_extra_a_line_says_what_to_install(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = static(tmp_path, {"embeddings": TABLE}) if module == "safetensors" else text_network(tmp_path)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(SourceError, match=rf"^embedding [a-z ]+ needs {module}: pip install 'dataudit\[embed\]'$"):
        open_embedder(folder)


def test_a_text_network_beside_static_vectors_is_not_asked(tmp_path: Path) -> None:
    """Folders of model2vec often have their network in ONNX as well."""
    text_network(tmp_path, TABLE + 1)
    static(tmp_path, {"embeddings": TABLE})
    assert open_embedder(tmp_path).embed(["red"]).tolist() == [[1, 0]]


def test_a_network_beside_weights_of_a_network_is_taken(tmp_path: Path) -> None:
    static(tmp_path, {"encoder.layer.0": TABLE})
    assert open_embedder(text_network(tmp_path, TABLE + 1)).embed(["red"]).tolist() == [[2, 1]]


def test_settings_that_are_very_large_are_not_read(tmp_path: Path) -> None:
    static(tmp_path, {"embeddings": TABLE})
    (tmp_path / "config.json").write_text(json.dumps({"x": "y" * 2**20}), encoding="utf-8")
    with pytest.raises(SourceError, match=r"config\.json is larger than 1 MiB"):
        open_embedder(tmp_path)


def test_nothing_of_a_hub_is_loaded(tmp_path: Path) -> None:
    """In a process of its own: the libraries that could download are not even imported."""
    import subprocess

    minilm(tmp_path)
    program = (
        "import sys; from pathlib import Path; from auditor.embed.opening import open_embedder\n"
        f"open_embedder(Path({str(tmp_path)!r})).embed(['James'])\n"
        "print(sorted({'huggingface_hub', 'requests', 'httpx', 'urllib.request', 'http.client'} & {*sys.modules}))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
