"""Vectors that are nearly equal: copies of one text or image, lightly edited, that must not be on both sides of a fold.

Two are near copies where the cosine of both, less the mean of all, is ALIKE or more. Up to EXACT rows all pairs are
compared; of more, those that random hyperplanes leave on one side in one of TABLES draws. A pair at the limit is then
missed in under 1% of draws, a closer one less often.

Source: Charikar 2002 (random hyperplanes).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from auditor.stats.moments import BATCH, Vectors

ALIKE = 0.995
FEWEST = 8  # dimensions: in fewer, vectors point the same way by chance
EXACT = 8_000  # rows up to which all pairs are compared
BLOCK = 1_000
TABLES = 12
WINDOW = 24  # of rows on the same side of all hyperplanes, each is compared with so many
AXES = 64  # principal components whose signs hyperplanes are drawn in
TURNED = 20_000  # rows from which the components are computed, at most
SHORT = 16  # components by which most pairs are seen to differ
MOST_ALIKE = 0.2  # share of the rows in one set, from which vectors must be alike by chance


def near_vectors(vectors: Vectors) -> np.ndarray:
    """Return a whole number per vector from 0, the same for equal ones and for near copies, linked by pairs; (n,)."""
    equal = _numbered(_hashes(vectors.values))
    first = np.unique(equal, return_index=True)[1]
    if vectors.width < FEWEST or len(first) < 2:
        return equal
    linked = _components(len(first), _pairs(vectors, first))
    # A chain of near copies through much of the data shows a form that all share, not copies.
    return equal if np.bincount(linked).max(initial=0) > max(1, MOST_ALIKE * len(first)) else _numbered(linked[equal])


def _numbered(values: np.ndarray) -> np.ndarray:
    """Return equal values as the same whole number, from 0 in the order in which they first occur; shape (n,)."""
    first, numbers = np.unique(values, return_index=True, return_inverse=True)[1:]
    order: np.ndarray = np.argsort(np.argsort(first))[numbers.reshape(-1)]
    return order


def _hashes(values: np.ndarray) -> np.ndarray:
    """Return a 64-bit hash per vector, equal where all bytes are; shape (n,)."""
    odd = np.random.default_rng(0).integers(0, 1 << 63, values.shape[1], dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    found = np.empty(len(values), dtype=np.uint64)
    for start in range(0, len(values), BATCH):
        block = values[start : start + BATCH].astype(np.float64) + 0.0  # one zero, not two
        bits = block.view(np.uint64)
        found[start : start + BATCH] = ((bits ^ (bits >> np.uint64(29))) * odd).sum(axis=1, dtype=np.uint64)
    return found


def _components(count: int, pairs: Iterator[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    found = [np.concatenate(of) for of in zip(*pairs, strict=True)] or [np.empty(0, dtype=int)] * 2
    graph = sparse.coo_matrix((np.ones(len(found[0]), dtype=np.int8), (found[0], found[1])), shape=(count, count))
    parts: np.ndarray = connected_components(graph, directed=False)[1]
    return parts


def _pairs(vectors: Vectors, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs of places in `rows` that are near copies."""
    if len(rows) <= EXACT:
        unit = _unit(vectors.less_origin(rows))
        for start in range(0, len(unit), BLOCK):
            own, other = np.nonzero(unit[start : start + BLOCK] @ unit[start:].T >= ALIKE)
            yield own[own < other] + start, other[own < other] + start
        return
    order, sides = _sides(vectors, rows)
    tables = np.random.default_rng(0)
    bits = int(np.log2(len(rows)))
    for _ in range(TABLES):
        chosen = tables.normal(size=(sides.shape[1], bits)).astype(np.float32)
        code = ((sides @ chosen) > 0) @ (1 << np.arange(bits, dtype=np.int64))
        by_code = order[np.argsort(code[order], kind="stable")]
        for step in range(1, WINDOW):
            own, other = by_code[:-step], by_code[step:]
            same = code[own] == code[other]
            if not same.any():
                break
            own, other = own[same], other[same]
            # A part of the distance is no more than the whole, which is 2 - 2 cosine.
            near = ((sides[own, :SHORT] - sides[other, :SHORT]) ** 2).sum(axis=1) <= 2.001 - 2 * ALIKE
            yield _verified(vectors, rows, own[near], other[near])


def _sides(vectors: Vectors, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an order of the rows, and their principal components, which turn with the vectors; (n,), (n, d)."""
    width = vectors.width
    square = np.zeros((width, width))
    for _, block in vectors.batches(rows[:: len(rows) // TURNED + 1]):
        unit = _unit(block)
        square += unit.T @ unit
    axes = np.linalg.eigh(square)[1][:, ::-1][:, : min(AXES, width)]
    parts, skew, start = np.empty((len(rows), axes.shape[1]), np.float32), np.zeros(axes.shape[1]), 0
    for _, block in vectors.batches(rows):
        turned = _unit(block) @ axes
        skew += (turned * turned * turned).sum(axis=0)
        parts[start : start + len(block)] = turned
        start += len(block)
    parts *= np.where(skew < 0, -1, 1).astype(np.float32)  # either direction is an axis: the skewed one is chosen
    return np.argsort(parts[:, 0], kind="stable"), parts


def _verified(vectors: Vectors, rows: np.ndarray, own: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return those of the pairs (places in `rows`) whose cosine is ALIKE or more."""
    near = np.zeros(len(own), dtype=bool)
    for start in range(0, len(own), BATCH):
        part = slice(start, start + BATCH)
        one, two = (_unit(vectors.values[rows[of[part]]] - vectors.origin) for of in (own, other))
        near[part] = np.einsum("ij,ij->i", one, two) >= ALIKE
    return own[near], other[near]


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    unit: np.ndarray = vectors / np.where(lengths > 0, lengths, 1)
    return unit
