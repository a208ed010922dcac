"""The words of a text column as numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

MOST_WORDS = 2_000_000  # distinct words followed at once


class Vocabulary:
    """Words and their numbers, in the order in which they are met; `occurrences` counts each."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.full = False
        self.occurrences = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._numbers)

    def place(self, word: str) -> int:
        """Return the number of a word; -1 for one not met."""
        return self._numbers.get(word, -1)

    def names(self) -> list[str]:
        """Return all words, by their numbers."""
        return list(self._numbers)

    def numbers(self, words: pa.Array) -> np.ndarray:
        """Return the numbers of words, giving new ones to those not met before; -1 when there is no room left."""
        encoded = words.dictionary_encode()
        found = []
        known = self._numbers
        for word in encoded.dictionary.to_pylist():
            if word not in known and len(known) >= MOST_WORDS:
                self.full = True
                found.append(-1)
            else:
                found.append(known.setdefault(word, len(known)))
        places: np.ndarray = np.asarray([*found, -1], dtype=np.int32)[encoded.indices.to_numpy(zero_copy_only=False)]
        occurrences = np.bincount(places + 1, minlength=len(known) + 1)[1:]
        occurrences[: len(self.occurrences)] += self.occurrences
        self.occurrences = occurrences
        return places
