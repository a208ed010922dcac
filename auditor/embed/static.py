"""Static models (model2vec): the vector of a text is the mean of the vectors of its tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from auditor.embed.embedder import Kind, Tick, finite, needed, silent, unit
from auditor.embed.folders import Folder

WEIGHTS = "model.safetensors"
MAX_LENGTH = 512  # tokens, where the settings give no limit, as in model2vec 0.10
AT_ONCE = 128  # texts


class Static:
    """A model2vec folder: `model.safetensors` with `embeddings`, `tokenizer.json`, `config.json`.

    As the library (model2vec 0.10) does it: `weights` scale tokens, `mapping` gives several tokens one vector, unknown
    tokens are left out, a text without a token is a zero vector.
    """

    kind: Kind = "text"
    slow = False

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._sha256 = folder.sha256(folder.path / WEIGHTS)
        self._tokenizer = folder.tokenizer()
        self._vectors, self._weights, self._mapping = _tensors(folder)
        settings = folder.settings("config.json")
        self._normalised = bool(settings.get("normalize", False))
        self._limit = _limit(folder, settings)
        vocabulary = self._tokenizer.get_vocab()
        self._check_sizes(max(vocabulary.values(), default=-1) + 1)
        self._unknown = _unknown_of(self._tokenizer)
        if self._limit is not None:
            self._tokenizer.enable_truncation(self._limit)
            self._characters = self._limit * int(np.median([len(token) for token in vocabulary]))
        else:
            self._tokenizer.no_truncation()
        self._documents = self._cut = 0

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return int(self._vectors.shape[1])

    @property
    def provenance(self) -> Mapping[str, object]:
        """The model, and how many documents of the last call were cut."""
        return {
            "model": self._folder.name,
            "format": "model2vec",
            "sha256": self._sha256,
            "dimension": self.dimension,
            "pooling": "mean",
            "normalised": self._normalised,
            "tokens": self._limit,
            "documents": self._documents,
            "cut_share": self._cut / self._documents if self._documents else 0.0,
        }

    def embed(self, items: Sequence[str] | Sequence[bytes], tick: Tick = silent) -> np.ndarray:
        """Return the vectors of texts."""
        self._documents, self._cut = len(items), 0
        vectors = np.zeros((len(items), self.dimension), dtype=np.float32)
        for start in range(0, len(items), AT_ONCE):
            texts = [str(item) for item in items[start : start + AT_ONCE]]
            vectors[start : start + len(texts)] = self._means(texts)
            tick(start + len(texts))
        return finite(unit(vectors) if self._normalised else vectors, f"the model in '{self._folder.path}'")

    def _means(self, texts: list[str]) -> np.ndarray:
        long = [False] * len(texts)
        if self._limit is not None:
            long = [len(text) > self._characters for text in texts]
            texts = [text[: self._characters] for text in texts]
        encodings = self._tokenizer.encode_batch(texts, add_special_tokens=False)
        self._cut += sum(bool(of.overflowing) or cut for of, cut in zip(encodings, long, strict=True))
        tokens = [[token for token in of.ids if token != self._unknown] for of in encodings]
        sizes = np.array([len(of) for of in tokens])
        means = np.zeros((len(texts), self.dimension), dtype=np.float32)
        if sizes.sum():
            ids = np.array([token for of in tokens for token in of], dtype=np.int64)
            rows = self._vectors[ids if self._mapping is None else self._mapping[ids]].astype(np.float32)
            if self._weights is not None:
                rows *= self._weights[ids][:, None]
            some = sizes > 0
            starts = np.concatenate([[0], np.cumsum(sizes[some])[:-1]])
            means[some] = np.add.reduceat(rows, starts, axis=0) / sizes[some][:, None]
        return means

    def _check_sizes(self, tokens: int) -> None:
        """Refuse tensors that do not have a row for every token."""
        for name, of in (("mapping", self._mapping), ("weights", self._weights)):
            if of is not None and (of.ndim != 1 or len(of) < tokens):
                raise self._folder.error(f"'{name}' has the shape {of.shape}, and there are {tokens:,} tokens")
        if self._mapping is None and len(self._vectors) < tokens:
            raise self._folder.error(f"'embeddings' has {len(self._vectors):,} rows, and there are {tokens:,} tokens")
        if self._mapping is not None and not 0 <= self._mapping.min() <= self._mapping.max() < len(self._vectors):
            raise self._folder.error("'mapping' points outside 'embeddings'")


def is_static(path: Path) -> bool:
    """Whether a safetensors file has the tensor of a model2vec folder; its header alone is read."""
    safetensors = needed("safetensors", "text")
    try:
        with safetensors.safe_open(str(path), framework="numpy") as file:
            return "embeddings" in file.keys()  # noqa: SIM118 # no mapping
    except Exception:  # not of this format; its reader gives the error
        return False


def _tensors(folder: Folder) -> tuple[np.ndarray, np.ndarray | None, np.ndarray | None]:
    """Return the vectors of the tokens, their weights and the mapping."""
    found: dict[str, np.ndarray] = {}
    try:
        with needed("safetensors", "text").safe_open(str(folder.path / WEIGHTS), framework="numpy") as file:
            for name in {*file.keys()} & {"embeddings", "weights", "mapping"}:
                found[name] = file.get_tensor(name)
    except Exception as error:  # the library has no class for its errors
        raise folder.error(f"{WEIGHTS} cannot be read: {error}") from None
    if "embeddings" not in found:
        raise folder.error(
            f"{WEIGHTS} has no tensor 'embeddings', so it is no static model; export the network to model.onnx"
        )
    vectors, weights, mapping = found["embeddings"], found.get("weights"), found.get("mapping")
    if vectors.ndim != 2 or not vectors.size or not (vectors.dtype.kind == "f" or vectors.dtype == np.int8):
        raise folder.error(f"'embeddings' is {vectors.dtype} of the shape {vectors.shape}")
    if mapping is not None and mapping.dtype.kind not in "iu":
        raise folder.error(f"'mapping' is {mapping.dtype}, not whole numbers")
    if weights is not None:
        weights = weights.astype(np.float32)
    return vectors, weights, mapping


def _limit(folder: Folder, settings: Mapping[str, Any]) -> int | None:
    """Return how many tokens of a text are kept, None for all."""
    limit = settings.get("max_length", MAX_LENGTH)
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise folder.error(f"config.json gives max_length {limit!r}")
    return limit


def _unknown_of(tokenizer: Any) -> int | None:
    """Return the token that marks an unknown word."""
    if hasattr(tokenizer.model, "unk_token"):
        token = tokenizer.model.unk_token
        return None if token is None else tokenizer.token_to_id(token)
    import json

    found: int | None = json.loads(tokenizer.to_str())["model"].get("unk_id")
    return found
