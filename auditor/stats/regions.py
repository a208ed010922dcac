"""Regions of vectors: clusters found on some rows, into which others are sorted, so that they can be tested there."""

from __future__ import annotations

import numpy as np

from auditor.stats.moments import Vectors

COMPONENTS = 10
FITTED = 10_000  # rows that components and clusters are found on: more move the clusters little
MANY = 5_000  # rows from which on there are more clusters
FEW_CLUSTERS, MANY_CLUSTERS = 12, 20


def regions(vectors: Vectors, searched: np.ndarray, seed: int = 0) -> np.ndarray:
    """Return the cluster of every row, shape (n,): k-means of the main components, both fitted to `searched` alone.

    `searched` is boolean, shape (n,). Fewer rows than clusters are one cluster. Of more than FITTED rows, as many are
    drawn.
    """
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits

    rows = np.flatnonzero(searched)
    clusters = MANY_CLUSTERS if len(rows) >= MANY else FEW_CLUSTERS
    if len(rows) < clusters:
        return np.zeros(len(searched), dtype=int)
    if len(rows) > FITTED:
        rows = np.sort(np.random.default_rng(seed).choice(rows, FITTED, replace=False))
    total, square = np.zeros(vectors.width), np.zeros((vectors.width, vectors.width))
    for _, block in vectors.batches(rows):
        total += block.sum(axis=0)
        square += block.T @ block
    mean = total / len(rows)
    axes = np.linalg.eigh(square / len(rows) - np.outer(mean, mean))[1][:, ::-1][:, :COMPONENTS]
    parts = vectors.along(axes, np.arange(len(searched)))
    different = len(np.unique(parts[rows].round(9), axis=0))
    with threadpool_limits(limits=1):  # rows are too few for threads, which would wait for each other
        model = KMeans(min(clusters, different), n_init=2, random_state=seed).fit(parts[rows])
        labels: np.ndarray = model.predict(parts)
    return labels
