"""ONNX networks: opened on a bounded number of threads, and run with errors in a line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from auditor.embed.embedder import needed
from auditor.embed.folders import Folder
from auditor.errors import SourceError

THREADS = 4  # at most
FILES = ("model.onnx", "onnx/model.onnx")
TYPES = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
}


class Network:
    """An ONNX network. `inputs` are name -> (shape, type); a dimension that may vary is a text or None."""

    def __init__(self, folder: Folder, path: Path) -> None:
        onnxruntime = needed("onnxruntime", "text or images")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = min(
            THREADS, len(os.sched_getaffinity(0)) if _is_linux() else os.cpu_count() or 1
        )
        options.inter_op_num_threads = 1
        options.use_deterministic_compute = True
        options.log_severity_level = 4  # errors come back as exceptions
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._folder, self.path = folder, path
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the library has a class for each of its codes
            raise folder.error(f"{path.name} cannot be opened by onnxruntime: {_short(error)}") from None
        self.inputs = {of.name: (tuple(of.shape), of.type) for of in self._session.get_inputs()}
        self.outputs = {of.name: tuple(of.shape or ()) for of in self._session.get_outputs()}

    def digest(self) -> Mapping[str, str]:
        """Return the hash of the network's file, and of the file beside it that holds large weights."""
        found = {"sha256": self._folder.sha256(self.path)}
        for name in (f"{self.path.name}_data", f"{self.path.name}.data"):
            if (beside := self.path.parent / name).is_file():
                found["sha256_data"] = self._folder.sha256(beside)
        return found

    def cast(self, name: str, values: np.ndarray) -> np.ndarray:
        """Return values in the type of an input."""
        kind = TYPES.get(self.inputs[name][1])
        if kind is None:
            raise self._folder.error(f"its input '{name}' is of the type {self.inputs[name][1]}")
        return values.astype(kind)

    def run(self, output: str, feeds: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return an output as float32."""
        try:
            (found,) = self._session.run([output], dict(feeds))
        except Exception as error:  # as above
            raise self.failed(error) from None
        if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiu":
            raise self._folder.error(f"its output '{output}' is no array of numbers")
        return found.astype(np.float32)

    def failed(self, error: Exception) -> SourceError:
        """Return the error of a network that does not run."""
        return self._folder.error(f"{self.path.name} failed: {_short(error)}")


def _is_linux() -> bool:
    return hasattr(os, "sched_getaffinity")


def _short(error: Exception) -> str:
    """Return an error's first words: the library's messages go on for lines."""
    return " ".join(str(error).split())[:200]
