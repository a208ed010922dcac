"""A class predicted from the nearest vectors: it finds what no linear model does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NEAREST = "nearest neighbours"
NEIGHBOURS = 25
BLOCK = 2_000  # rows whose similarities to all others are held at a time
DECIMALS = 12  # of a share: rounding must not part rows whose neighbours are all of one class
LEAST = 1e-3  # weight of a neighbour


class Near(NamedTuple):
    """The nearest of other vectors for each of some: their places and weights, both of shape (m, NEIGHBOURS)."""

    places: np.ndarray
    weights: np.ndarray

    def shares(self, classes: np.ndarray) -> np.ndarray:
        """Return the weighted share of each class among the neighbours, shape (m, k).

        `classes` (others, k) is 1 where another vector is of a class. Those whose class is unknown, nan, have no part;
        without a known one it is nan.
        """
        known = ~np.isnan(classes).any(axis=1)
        weights = self.weights * known[self.places]
        filled = np.where(known[:, None], classes, 0.0)
        with np.errstate(invalid="ignore", divide="ignore"):
            shares: np.ndarray = np.einsum("ij,ijk->ik", weights, filled[self.places]) / weights.sum(axis=1)[:, None]
        return shares.round(DECIMALS)


def nearest(others: np.ndarray, vectors: np.ndarray, k: int = NEIGHBOURS) -> Near:
    """Return the `k` of `others` (n, d) with the largest cosine to each of `vectors` (m, d), weighted by it.

    Cosines are of vectors less the mean of the others. Equal turns and shifts of both change nothing.
    """
    mean = others.mean(axis=0)
    base, k = _unit(others - mean), min(k, len(others))
    places, weights = np.empty((len(vectors), k), dtype=np.int64), np.empty((len(vectors), k))
    for start in range(0, len(vectors), BLOCK):
        alike = _unit(vectors[start : start + BLOCK] - mean) @ base.T
        found = np.argpartition(alike, len(others) - k, axis=1)[:, len(others) - k :]
        places[start : start + BLOCK] = found
        weights[start : start + BLOCK] = np.maximum(np.take_along_axis(alike, found, axis=1), LEAST)
    return Near(places, weights)


def _unit(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: np.ndarray = vectors / np.where(lengths > 0, lengths, 1)
    return unit
