"""Which documents count as one: copies and near copies of a text, and what one person or one cluster wrote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from auditor.stats.near_copies import ALIKE, ALIKE_ALL, common_pairs, common_words, minima, near_copies, pair_counts
from auditor.stats.units import linked
from auditor.use.roles import Roles

if TYPE_CHECKING:
    import pyarrow as pa

MOST_COMPARED = 1_000_000  # documents that are looked at for near copies: their minima are held in memory
OUTCOMES = 3  # none recorded, unfavourable, favourable
NOT_COUNTED = -1


def ways(
    hashes: np.ndarray, smallest: np.ndarray | None, named: Sequence[np.ndarray] = (), alike: float = ALIKE
) -> list[np.ndarray]:
    """Return the units that documents belong to, in each way, as whole numbers from 0; all arrays have a row for each.

    `hashes` are those of the texts, `smallest` the minima of `auditor.stats.near_copies` (None: near copies are not
    looked for), `named` the hashes of the persons or clusters, in which 0 says that none is named.
    """
    copies = [_numbered(hashes), *([] if smallest is None else [near_copies(smallest, alike)])]
    return [*copies, *(_numbered(of, alone=of == 0) for of in named)]


def texts_of(words: pa.ListArray, hashes: np.ndarray) -> np.ndarray:
    """Return a whole number per sampled document, the same for copies and near copies.

    They are found by the words of each, and by the hashes of the texts, shape (n,).
    """
    flat = words.flatten().dictionary_encode()
    numbers = flat.indices.to_numpy(zero_copy_only=False)
    document = np.repeat(np.arange(len(words)), np.diff(words.offsets.to_numpy()))
    common = common_words(np.bincount(numbers, minlength=len(flat.dictionary)), len(words))
    pairs = None
    if common is None:
        pairs = common_pairs(pair_counts(numbers, document), len(words))
    else:
        rare = ~common[numbers]
        numbers, document = numbers[rare], document[rare]
    smallest = minima(numbers, document, len(words), pairs)
    found = linked(ways(hashes, smallest, alike=ALIKE if pairs is None else ALIKE_ALL))
    assert found is not None  # there is a way
    return found


def counted_once(ways: Sequence[np.ndarray], cells: np.ndarray) -> np.ndarray:
    """Return which documents count: of every unit, in every way, one in each level of a group column at most.

    `cells`, shape (documents, columns), are OUTCOMES times the level, plus the outcome; so has what is returned. Which
    one counts is left to chance, so that the outcome has no part in it; one whose outcome is known goes first.
    """
    kept = np.ones(cells.shape, dtype=bool)
    turn = np.random.default_rng(0).permutation(len(cells))
    for i in range(cells.shape[1]):
        order = np.lexsort([turn, cells[:, i] % OUTCOMES == 0])
        level = cells[:, i].astype(np.int64) // OUTCOMES
        for unit in ways:
            order = order[np.unique((unit * (level.max(initial=0) + 1) + level)[order], return_index=True)[1]]
            order = order[np.lexsort([turn[order], cells[order, i] % OUTCOMES == 0])]
        kept[:, i] = False
        kept[order, i] = True
    return kept


def set_aside(roles: Roles, documents: int) -> tuple[str, ...]:
    """Say as what documents were left aside."""
    found = ["copies", *(["near copies"] if documents <= MOST_COMPARED else [])]
    found += ["further documents of one person"] if roles.id else []
    found += [f"further documents of one '{roles.cluster}'"] if roles.cluster else []
    return tuple(found)


def _numbered(values: np.ndarray, alone: np.ndarray | None = None) -> np.ndarray:
    """Return equal values as the same whole number from 0, shape (n,); those that stand `alone` each as another."""
    numbers: np.ndarray = np.unique(values, return_inverse=True)[1].reshape(-1)
    if alone is not None:
        numbers[alone] = numbers.max(initial=-1) + 1 + np.arange(alone.sum())
    return numbers
