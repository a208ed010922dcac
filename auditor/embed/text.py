"""Text models in ONNX: tokens in, a vector for each token or for the text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Literal

import numpy as np

from auditor.embed.embedder import Kind, Tick, finite, silent, unit
from auditor.embed.folders import LONGEST, Folder
from auditor.embed.session import Network

IDS, MASK, TYPE_IDS, POSITIONS = "input_ids", "attention_mask", "token_type_ids", "position_ids"
KNOWN = (IDS, MASK, TYPE_IDS, POSITIONS)
OF_TEXT = ("sentence_embedding", "sentence_embeddings", "text_embeds")  # outputs that are pooled already
AT_ONCE = 32  # texts
DEFAULT_LIMIT = 512
Pooling = Literal["mean", "cls", "max", "by the model"]


class Text:
    """A folder with `model.onnx` or `onnx/model.onnx`, and `tokenizer.json`.

    Pooling, length of vectors and limit of tokens are those of sentence-transformers' files where they are there:
    `modules.json`, `1_Pooling/config.json`, `sentence_bert_config.json`. Without them tokens are averaged by the
    attention mask, and vectors are left as long as they are. Texts of as many tokens are run together and none is
    padded, so that a text's vector does not depend on its neighbours' lengths.
    """

    kind: Kind = "text"
    slow = True

    def __init__(self, folder: Folder, network: Network) -> None:
        self._folder, self._network = folder, network
        if strange := [name for name in network.inputs if name not in KNOWN]:
            raise folder.error(f"its input '{strange[0]}' is not known (known: {', '.join(KNOWN)})")
        self._tokenizer = folder.tokenizer()
        modules = folder.listed("modules.json")
        self._output = _output(folder, network)
        self._pooling = _pooling(folder, network.outputs[self._output], modules)
        self._normalised = any(_module(of) == "Normalize" for of in modules)
        self._fixed = _fixed(network)
        self._limit = min(_limit(folder), self._fixed or LONGEST)
        self._tokenizer.enable_truncation(self._limit)
        bert = folder.settings("sentence_bert_config.json")
        self._lower = bool(bert.get("do_lower_case", False))
        self._prompt = _prompt(folder)
        self._digest = network.digest()
        self._documents = self._cut = 0
        self._width = len(self._run([""])[0])

    @property
    def dimension(self) -> int:
        """Numbers of a vector."""
        return self._width

    @property
    def provenance(self) -> Mapping[str, object]:
        """The model, and how many documents of the last call were cut."""
        return {
            "model": self._folder.name,
            "format": "ONNX text model",
            **self._digest,
            "dimension": self.dimension,
            "pooling": self._pooling,
            "normalised": self._normalised,
            "tokens": self._limit,
            "documents": self._documents,
            "cut_share": self._cut / self._documents if self._documents else 0.0,
            **({"prompt": self._prompt} if self._prompt else {}),
        }

    def embed(self, items: Sequence[str] | Sequence[bytes], tick: Tick = silent) -> np.ndarray:
        """Return the vectors of texts."""
        self._documents, self._cut = len(items), 0
        return self._run([str(item) for item in items], tick)

    def _run(self, texts: list[str], tick: Tick = silent) -> np.ndarray:
        if self._lower:
            texts = [text.lower() for text in texts]
        encodings = self._tokenizer.encode_batch([self._prompt + text for text in texts])
        self._cut += sum(bool(of.overflowing) for of in encodings)
        sizes = [len(of.ids) for of in encodings]
        order = sorted(range(len(texts)), key=lambda i: sizes[i])
        found: dict[int, np.ndarray] = {}
        for _, same in groupby(order, key=lambda i: sizes[i]):
            places = list(same)
            step = 1 if self._single() else AT_ONCE
            for start in range(0, len(places), step):
                batch = places[start : start + step]
                rows = self._pooled(np.array([encodings[i].ids for i in batch], dtype=np.int64))
                found.update(zip(batch, rows, strict=True))
                tick(len(found))
        rows = np.stack([found[i] for i in range(len(texts))]) if texts else np.zeros((0, self.dimension))
        rows = finite(rows, f"the model in '{self._folder.path}'")
        return unit(rows) if self._normalised else rows

    def _single(self) -> bool:
        """Whether the network takes one text at a time."""
        return bool(self._network.inputs[IDS][0][0] == 1)

    def _pooled(self, ids: np.ndarray) -> np.ndarray:
        """Return the vectors of texts of as many tokens; `ids` has shape (texts, tokens)."""
        n, tokens = ids.shape
        width = self._fixed or max(1, tokens)
        padded, mask = np.zeros((n, width), dtype=np.int64), np.zeros((n, width), dtype=np.int64)
        padded[:, :tokens], mask[:, :tokens] = ids, 1
        positions = np.broadcast_to(np.arange(width), (n, width))
        feeds = {IDS: padded, MASK: mask, TYPE_IDS: np.zeros_like(padded), POSITIONS: positions}
        network = self._network
        out = network.run(self._output, {name: network.cast(name, feeds[name]) for name in network.inputs})
        if self._pooling == "by the model":
            if out.ndim != 2 or len(out) != n:
                raise self._folder.error(f"its output '{self._output}' has the shape {out.shape} for {n} texts")
            return out
        if out.ndim != 3 or out.shape[:2] != (n, width):
            raise self._folder.error(f"its output '{self._output}' has the shape {out.shape} for {n} × {width} tokens")
        if not tokens:
            return np.zeros((n, out.shape[2]), dtype=np.float32)
        own = out[:, :tokens]
        if self._pooling == "cls":
            return own[:, 0]
        pooled: np.ndarray = own.max(axis=1) if self._pooling == "max" else own.mean(axis=1)
        return pooled


def _output(folder: Folder, network: Network) -> str:
    """Return the output that is used: a text's vector by its name, else the tokens' vectors, else what is there."""
    ranks = {name: len(shape) for name, shape in network.outputs.items()}
    named = [name for name in OF_TEXT if name in ranks]
    of_tokens = [name for name, rank in ranks.items() if rank == 3]
    pooled = [name for name, rank in ranks.items() if rank == 2]
    found: str | None = next(iter([*named, *of_tokens, *pooled]), None)
    if found is None or IDS not in network.inputs:
        raise folder.error(f"{network.path.name} is no text model: it needs an input '{IDS}' and an output of vectors")
    return found


def _pooling(folder: Folder, shape: tuple[object, ...], modules: list[Mapping[str, Any]]) -> Pooling:
    """Return how the vectors of tokens become one."""
    if len(shape) == 2:
        return "by the model"
    if other := [_module(of) for of in modules if _module(of) not in ("Transformer", "Pooling", "Normalize")]:
        raise folder.error(f"modules.json names a part that {folder.name} has outside its ONNX file: {other[0]}")
    where = next((str(of.get("path")) for of in modules if _module(of) == "Pooling"), "1_Pooling")
    settings = folder.settings(f"{where}/config.json")
    flags = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max"}
    modes = [flags.get(key, key) for key, on in settings.items() if key.startswith("pooling_mode_") and on is True]
    if isinstance(mode := settings.get("pooling_mode"), str):
        modes = [mode]
    if modes in (["cls"], ["max"]):
        return "cls" if modes == ["cls"] else "max"
    if modes not in ([], ["mean"]):
        raise folder.error(f"its pooling is {' and '.join(modes)}; known are mean, cls and max")
    return "mean"


def _module(of: Mapping[str, Any]) -> str:
    return str(of.get("type", "")).rsplit(".", 1)[-1]


def _fixed(network: Network) -> int | None:
    """Return the number of tokens that the network always takes, None if it takes any."""
    shape = network.inputs[IDS][0]
    return shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None


def _limit(folder: Folder) -> int:
    """Return how many tokens of a text are kept."""
    stated = folder.settings("sentence_bert_config.json").get("max_seq_length")
    if stated is None:
        stated = min(
            (
                of
                for of in (
                    folder.settings("tokenizer_config.json").get("model_max_length"),
                    folder.settings("config.json").get("max_position_embeddings"),
                )
                if isinstance(of, int | float) and 0 < of <= LONGEST
            ),
            default=DEFAULT_LIMIT,
        )
    if not isinstance(stated, int | float) or not 3 <= stated <= LONGEST:
        raise folder.error(f"its limit of tokens is {stated!r}")
    return int(stated)


def _prompt(folder: Folder) -> str:
    """Return what the model wants before every text, by its own settings."""
    settings = folder.settings("config_sentence_transformers.json")
    name, prompts = settings.get("default_prompt_name"), settings.get("prompts")
    found = prompts.get(name) if isinstance(prompts, dict) and name else None
    return found if isinstance(found, str) else ""
