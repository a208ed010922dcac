"""What turns texts or images into vectors, and the checks that every model's vectors pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from auditor.errors import ArgumentError, AuditError, SourceError

if TYPE_CHECKING:
    from PIL.Image import Image

Kind = Literal["text", "image"]
Tick = Callable[[int], None]  # called with how many items are done
IMAGES_AT_ONCE = 64  # given to a function: decoded, they are large


def silent(done: int) -> None:
    """Report no progress."""


class Embedder(Protocol):
    """A model that is ready to embed. `slow`: it takes milliseconds an item, so fewer rows are embedded."""

    kind: Kind
    slow: bool

    @property
    def dimension(self) -> int:
        """Numbers of a vector; 0 of a function that was not called yet."""

    @property
    def provenance(self) -> Mapping[str, object]:
        """Which model it is, how it pools, and how many documents of the last call were cut."""

    def embed(self, items: Sequence[str] | Sequence[bytes], tick: Tick = silent) -> np.ndarray:
        """Return the vectors of texts, or of files of images; float32, finite, shape (n, dimension).

        Raises:
            AuditError: The model's vectors cannot be used, or an image cannot be read.
        """


class Function:
    """A Python function that embeds: it gets a list of texts, or lists of images (Pillow), and returns rows of numbers.

    Texts come in one list, images in lists of up to 64.
    """

    slow = True

    def __init__(self, function: Callable[[list[Any]], Any], kind: Kind, column: str) -> None:
        self._function, self.kind, self._column = function, kind, column
        self.dimension = 0

    @property
    def provenance(self) -> Mapping[str, object]:
        """Which function it is; what it computes is not known."""
        name = getattr(self._function, "__qualname__", type(self._function).__name__)
        return {"model": name, "format": "Python function", "dimension": self.dimension}

    def embed(self, items: Sequence[str] | Sequence[bytes], tick: Tick = silent) -> np.ndarray:
        """Return what the function gives."""
        step = IMAGES_AT_ONCE if self.kind == "image" else max(1, len(items))
        parts: list[np.ndarray] = []
        for start in range(0, len(items), step):
            batch = items[start : start + step]
            parts.append(self._called([decoded(each) if isinstance(each, bytes) else each for each in batch]))
            tick(start + len(batch))
        if len(widths := {part.shape[1] for part in parts}) > 1:
            raise ArgumentError(f"embed of '{self._column}' gave vectors of different lengths: {sorted(widths)}")
        whole = np.concatenate(parts) if parts else np.zeros((0, 0), dtype=np.float32)
        self.dimension = whole.shape[1]
        return whole

    def _called(self, batch: list[Any]) -> np.ndarray:
        name = f"embed of '{self._column}'"
        try:
            given = self._function(batch)
        except AuditError:
            raise
        except Exception as error:  # the user's own code: anything can come out of it
            raise ArgumentError(f"{name} failed: {type(error).__name__}: {error}") from error
        try:
            rows = np.asarray(given)
        except Exception as error:  # ragged lists; tensors that are not on this processor
            raise ArgumentError(f"{name} must return rows of numbers, one for each item: {error}") from error
        if rows.dtype.kind not in "fiu":
            raise ArgumentError(f"{name} must return numbers; it returned {rows.dtype}")
        if rows.ndim != 2 or len(rows) != len(batch) or rows.shape[1] < 1:
            raise ArgumentError(f"{name} must return a row for each of {len(batch):,} items; its shape is {rows.shape}")
        return finite(rows, name, ArgumentError)


def finite(rows: np.ndarray, name: str, error: type[AuditError] = SourceError) -> np.ndarray:
    """Return vectors as float32; an error where some number is not finite, in float32 either."""
    with np.errstate(over="ignore"):
        vectors = rows.astype(np.float32)
    bad = int((~np.isfinite(vectors).all(axis=1)).sum())
    if bad:
        raise error(f"{name} gave numbers that are not finite for {bad:,} of {len(vectors):,} items")
    return vectors


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors of length 1; a zero vector stays as it is.

    >>> unit(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32)).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: np.ndarray = vectors / np.where(lengths > 0, lengths, 1)
    return scaled


def decoded(file: bytes) -> Image:
    """Return the image in a file; SourceError for one that cannot be decoded."""
    import io
    import warnings

    image_of = needed("PIL.Image", "images").open
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of strange metadata; too large an image is an error
            image: Image = image_of(io.BytesIO(file))
            image.load()
    except Exception as error:  # decoders raise errors of many kinds
        raise SourceError(f"an image cannot be decoded: {error}") from None
    return image


def needed(module: str, what: str) -> Any:
    """Import a library of the extra; SourceError with what to install."""
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError:
        raise SourceError(f"embedding {what} needs {module.split('.')[0]}: pip install 'dataudit[embed]'") from None
