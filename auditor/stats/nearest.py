"""A class predicted from the nearest vectors: it finds what no linear model does."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NEAREST = "nearest neighbours"
NEIGHBOURS = 25
BLOCK = 125  # rows whose similarities to all others are held at a time
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


def nearest(others: np.ndarray, vectors: np.ndarray, k: int = NEIGHBOURS, *, spent: bool = False) -> Near:
    """Return the `k` of `others` (n, d) with the largest cosine to each of `vectors` (m, d), weighted by it.

    Cosines are of vectors less the mean of the others. Equal turns and shifts of both change nothing. `spent`: both are
    needed no more, and are overwritten, which saves a copy.
    """
    mean, k = others.mean(axis=0), min(k, len(others))
    base = np.subtract(others, mean, out=others if spent else None)
    own = np.subtract(vectors, mean, out=vectors if spent else None)
    _shorten(base)
    _shorten(own)
    places, weights = np.empty((len(own), k), dtype=np.int64), np.empty((len(own), k))
    for start in range(0, len(own), BLOCK):
        alike = own[start : start + BLOCK] @ base.T
        found = np.argpartition(alike, len(base) - k, axis=1)[:, len(base) - k :]
        places[start : start + BLOCK] = found
        weights[start : start + BLOCK] = np.maximum(np.take_along_axis(alike, found, axis=1), LEAST)
    return Near(places, weights)


def _shorten(vectors: np.ndarray) -> None:
    """Divide vectors by their length, but those of zeros."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    vectors /= np.where(lengths > 0, lengths, 1)
