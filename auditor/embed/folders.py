"""A model's folder: that it is there, its settings, its hash, its tokenizer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditor.embed.embedder import needed
from auditor.errors import SourceError

PICKLED = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt", "*.h5", "*.npy")
LARGEST_SETTINGS = 2**20  # bytes of a file of settings; the tokenizer's is read by its library
LONGEST = 100_000  # tokens: a larger limit stands for no limit


class Folder:
    """The folder of a model. `name` is its last part: reports need not show where it lies."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            raise SourceError(
                f"there is no folder '{path}': a model is read from a folder, never looked up by its name or downloaded"
            )
        self.path = path
        self.name = path.resolve().name

    def error(self, why: str) -> SourceError:
        """Return the error of this folder."""
        return SourceError(f"the model in '{self.path}' cannot be used: {why}")

    def file(self, *names: str) -> Path | None:
        """Return the first of these files that is there."""
        return next((self.path / name for name in names if (self.path / name).is_file()), None)

    def settings(self, name: str) -> Mapping[str, Any]:
        """Return what a file of settings holds; nothing where it is not there."""
        found = self._json(name)
        if not isinstance(found, dict):
            raise self.error(f"{name} is not a JSON object")
        return found

    def listed(self, name: str) -> list[Mapping[str, Any]]:
        """Return the objects that a JSON file lists; none where it is not there."""
        found = self._json(name) or []
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise self.error(f"{name} is not a list of JSON objects")
        return found

    def _json(self, name: str) -> Any:
        path = self.file(name)
        if path is None:
            return {}
        if path.stat().st_size > LARGEST_SETTINGS:
            raise self.error(f"{name} is larger than 1 MiB")
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError, OSError):
            raise self.error(f"{name} is not JSON") from None

    def sha256(self, path: Path) -> str:
        """Return the hash of a file."""
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise self.error(f"{path.name} cannot be read: {error.strerror}") from None

    def tokenizer(self) -> Any:
        """Return the tokenizer, which pads nothing."""
        path = self.file("tokenizer.json")
        if path is None:
            raise self.error("it has no tokenizer.json")
        tokenizers = needed("tokenizers", "text")
        try:
            found = tokenizers.Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises plain Exceptions
            raise self.error(f"tokenizer.json cannot be read: {error}") from None
        found.no_padding()
        return found

    def refuse_pickle(self) -> None:
        """Refuse a folder that has only weights that are programs at once, or of another library."""
        found = next((path.name for pattern in PICKLED for path in sorted(self.path.glob(pattern))), None)
        if found:
            raise self.error(
                f"weights like {found} are not read, since reading them may run code; export the model to model.onnx"
            )
