"""Documents that are nearly the same: one text, lightly edited (a template, a letter that is sent again).

They are found by MinHash. The share of equal minima of two documents estimates the Jaccard index of their sets of word
pairs, which are neighbours after the common words are removed. Words in more than a fifth of the documents show only
what all have in common, a form or a language. Documents with the same words in another order are not copies. With one
word in ten replaced in both, two copies of a text share about half of the pairs of either.

Source: Broder 1997 (resemblance by minima); Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3
(bands).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from auditor.stats.units import sharing

COMMON = 0.2  # share of the documents from which a word identifies no template
COMMON_PAIR = 0.05  # the same of two neighbours, where words alone would leave too little
BUCKETS = 1 << 20  # that pairs are counted in
AT_ONCE = 1 << 15  # pairs that are hashed at once, with what a processor has near
LEAST_PAIRS = 12  # of a document that is looked at: fewer agree by chance
BANDS, DEEP = 18, 2  # two documents are compared where one of so many bands of so many minima agrees
ALIKE = 0.3  # share of equal minima from which two documents are near copies
ALIKE_ALL = 0.4  # the same where no word is left out as common
MOST_ALIKE = 0.2  # share of the documents in one set of near copies, from which words must be alike by chance
SEED = 0x9E3779B9


def common_words(occurrences: np.ndarray, documents: int) -> np.ndarray | None:
    """Return which words are too common to identify a template, by how often they occur; boolean, shape (words,).

    None where documents would keep too few words (short ones, or a small vocabulary): then it is `common_pairs` that
    are too common.
    """
    common: np.ndarray = occurrences > COMMON * documents
    return common if occurrences[~common].sum() >= 2 * LEAST_PAIRS * documents else None


def pair_counts(words: np.ndarray, document: np.ndarray) -> np.ndarray:
    """Return how many pairs of neighbours fall into each bucket, shape (BUCKETS,); arguments as of `minima`."""
    return np.bincount(_bucket(_pairs(words, document)[0]), minlength=BUCKETS)


def common_pairs(counts: np.ndarray, documents: int) -> np.ndarray:
    """Return the buckets of pairs that are too common to identify a template, by their counts; boolean."""
    common: np.ndarray = counts > COMMON_PAIR * documents + counts.mean()
    return common


def _bucket(pairs: np.ndarray) -> np.ndarray:
    bucket: np.ndarray = pairs & np.uint32(BUCKETS - 1)
    return bucket


def minima(words: np.ndarray, document: np.ndarray, documents: int, common: np.ndarray | None = None) -> np.ndarray:
    """Return the smallest hashes of every document's pairs, shape (documents, BANDS * DEEP); 0 where pairs are few.

    `words` are whole numbers in the order of the text, without the common ones, `document` is the place of the document
    that each is in, rising; both of shape (n,). Pairs of the buckets `common` are left out.
    """
    pairs, document = _pairs(words, document)
    if common is not None:
        rare = ~common[_bucket(pairs)]
        pairs, document = pairs[rare], document[rare]
    found = np.zeros((documents, BANDS * DEEP), dtype=np.uint32)
    sizes = np.bincount(document, minlength=documents)
    there = sizes >= LEAST_PAIRS
    if not there.any():
        return found
    kept = there[document]
    starts = np.concatenate([[0], np.cumsum(sizes[there])])
    found[there] = _smallest(pairs[kept], starts)
    return found


def _smallest(pairs: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the smallest of each hash of the pairs of every document, which lie between two of `starts`."""
    seeds = np.random.default_rng(SEED).integers(1, 2**32, BANDS * DEEP, dtype=np.uint32) | np.uint32(1)
    found = np.empty((len(starts) - 1, BANDS * DEEP), dtype=np.uint32)
    firsts = np.unique(np.searchsorted(starts, np.arange(0, starts[-1], AT_ONCE), side="right") - 1)
    for first, last in pairwise([*firsts.tolist(), len(found)]):
        part, inside = pairs[starts[first] : starts[last]], starts[first:last] - starts[first]
        values, shifted = np.empty_like(part), np.empty_like(part)
        for i, seed in enumerate(seeds):
            np.bitwise_xor(part, seed, out=values)
            values *= seed
            values ^= np.right_shift(values, np.uint32(15), out=shifted)
            values *= np.uint32(0x2C1B3C6D)
            found[first:last, i] = np.minimum.reduceat(values, inside)
    return np.maximum(found, 1, out=found)


def _pairs(words: np.ndarray, document: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a hash of 32 bits for every pair of neighbours in a document, and the document of each."""
    inside = document[1:] == document[:-1]
    values = (words[:-1].astype(np.uint32) * np.uint32(0x9E3779B1) ^ words[1:].astype(np.uint32))[inside]
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        values ^= values >> np.uint32(shift)
        values *= np.uint32(factor)
    values ^= values >> np.uint32(16)
    return values, document[:-1][inside]


def near_copies(smallest: np.ndarray, alike: float = ALIKE) -> np.ndarray:
    """Return a whole number per document, the same for near copies.

    `smallest` are the minima, shape (documents, BANDS * DEEP), `alike` the share of equal ones from which they are.
    Where one set would hold more than a fifth of the documents each is by itself: their words are so few that they
    agree by chance.
    """
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    n = len(smallest)
    alone = np.arange(n)
    links = list(_links(smallest, alike))
    if not links:
        return alone
    one, other = (np.concatenate(part) for part in zip(*links, strict=True))
    graph = sparse.coo_matrix((np.ones(len(one), dtype=np.int8), (one, other)), shape=(n, n))
    sets: np.ndarray = connected_components(graph, directed=False)[1]
    return alone if np.bincount(sets).max() > MOST_ALIKE * n else sets


def _links(smallest: np.ndarray, least: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield documents that agree in a band, each with the first such one, where both are near copies."""
    compared = np.flatnonzero(smallest.any(axis=1))
    if not len(compared):
        return
    for band in range(BANDS):
        own = smallest[compared, band * DEEP : (band + 1) * DEEP].astype(np.uint64)
        key = own[:, 0] << np.uint64(32) | own[:, 1]
        at = sharing(key)  # most documents are like no other
        order = at[np.argsort(key[at], kind="stable")]
        starts = np.flatnonzero(np.concatenate([[True], key[order][1:] != key[order][:-1]])[: len(order)])
        first = np.repeat(order[starts], np.diff(np.append(starts, len(order))))
        rest = first != order
        one, other = compared[order[rest]], compared[first[rest]]
        alike = (smallest[one] == smallest[other]).mean(axis=1) >= least
        yield one[alike], other[alike]
