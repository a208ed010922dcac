"""Perceptual hashes -> sets of nearly equal images."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

BITS = 4  # by which the hashes of near copies differ at most
PARTS = BITS + 1  # of a hash: of two that differ in so few bits, one part at least is equal
MOST = 2_000  # hashes with one equal part that are compared with each other: beyond them, only equal ones are joined


def near_copies(hashes: Sequence[int | None]) -> list[int | None]:
    """Return for each image the place of the first one of its set; None for an image without a near copy.

    Two images are near copies where at most BITS of the 64 bits of their hashes differ. A set is an image with those
    that are near it: near copies of near copies do not join further, so that no chain makes one set of all images.
    """
    known = [i for i, each in enumerate(hashes) if each is not None]
    values, inverse = np.unique(np.array([hashes[i] for i in known], dtype=np.uint64), return_inverse=True)
    first = np.full(len(values), len(hashes))
    np.minimum.at(first, inverse, known)
    near = _near(values)
    head = np.full(len(values), -1)
    for i in np.argsort(first):  # each set is headed by the image that comes first
        if head[i] < 0:
            head[i] = i
            for j in near.get(int(i), ()):
                if head[j] < 0:
                    head[j] = i
    sizes = np.bincount(head[inverse], minlength=len(values)) if known else np.empty(0, int)
    found: list[int | None] = [None] * len(hashes)
    for i, value in zip(known, inverse, strict=True):
        if sizes[head[value]] > 1:
            found[i] = int(first[head[value]])
    return found


def _near(values: np.ndarray) -> dict[int, set[int]]:
    """Return for each of different hashes the places of those near it; shape (n,) in 64 bits."""
    found: dict[int, set[int]] = {}
    edges = np.linspace(0, 64, PARTS + 1).astype(int)
    for low, high in itertools.pairwise(edges):
        part = (values >> np.uint64(low)) & np.uint64(2 ** int(high - low) - 1)
        order = np.argsort(part, kind="stable")
        for bucket in np.split(order, np.flatnonzero(np.diff(part[order])) + 1):
            if not 1 < len(bucket) <= MOST:
                continue
            differing = np.bitwise_count(values[bucket][:, None] ^ values[bucket][None, :])
            for a, b in zip(*np.nonzero(np.triu(differing <= BITS, 1)), strict=True):
                i, j = int(bucket[a]), int(bucket[b])
                found.setdefault(i, set()).add(j)
                found.setdefault(j, set()).add(i)
    return found
